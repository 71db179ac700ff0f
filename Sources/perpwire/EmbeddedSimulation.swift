import PerpIO
import PerpVenue

/// Simulated venues on a loop and thread of their own inside this process.
final class EmbeddedSimulation {
  private let loop = EventLoop()
  private let simulation: Simulation
  private let stopping: Mailbox<Void>
  private var worker: Worker?

  init(venues: [VenueDescriptor], options: SimulationOptions, log: Log) throws {
    let loop = loop
    simulation = try Simulation(
      venues: venues, options: options, loop: loop,
      onNote: { log.write($0, at: loop.now()) })
    stopping = loop.mailbox("stop", limit: 1) { loop.stop() }
  }

  func endpoints(of venue: VenueDescriptor) -> Endpoints? { simulation.endpoints(of: venue) }

  func start() {
    // From here on the loop belongs to the worker.
    nonisolated(unsafe) let loop = loop
    worker = Worker("simulation") { loop.run() }
  }

  func stop() {
    guard let worker else { return }
    _ = stopping.post(())
    worker.join()
    self.worker = nil
    simulation.stop()
  }
}
