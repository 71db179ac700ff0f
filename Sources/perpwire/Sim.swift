import ArgumentParser
import PerpCore
import PerpGateway
import PerpIO
import PerpSetup
import PerpSim
import PerpVenue
import PerpVenues

struct Sim: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run simulated venues on local ports, with their real wire protocols.",
    discussion: """
      EXAMPLES
        perpwire sim --print-endpoints
        perpwire sim --venues paradex --port 8100 --fault 'stall:bbo@10s+30s'
        perpwire stream paradex:BTC --endpoint paradex.ws=ws://127.0.0.1:8100/v1 \\
          --endpoint paradex.rest=http://127.0.0.1:8100/v1

      Runs until it is interrupted.

      FAULTS
      \(FaultPlan.help)
      """)

  @Option(help: "Comma-separated; all by default.")
  var venues: String?

  @Option(help: "Where to listen; only loopback addresses are allowed.")
  var listen = "127.0.0.1"

  @Option(help: "Port of the first venue; the next ones follow. 0 takes free ones.")
  var port = 0

  @Flag(help: "Print one JSON line per venue with its endpoints to stdout.")
  var printEndpoints = false

  @OptionGroup var simulation: SimulationOptions
  @OptionGroup var files: ConfigurationOptions
  @OptionGroup var logging: LogOptions

  func validate() throws {
    _ = try chosen()
    guard listen == "127.0.0.1" || listen == "localhost" else {
      throw ValidationError("--listen \(listen): simulated venues listen on 127.0.0.1 only")
    }
    guard (0...65_000).contains(port) else { throw ValidationError("--port must be 0 to 65000") }
  }

  private func chosen() throws -> [VenueDescriptor] {
    guard let venues else { return Registry.venues }
    return try venues.split(separator: ",").map { try Registry.required(String($0)) }
  }

  func run() throws {
    let descriptor = StandardOutput.takeOver()
    let log = try files.load(logging.flags).log()
    let loop = EventLoop()
    let simulation: Simulation
    do {
      simulation = try Simulation(
        venues: chosen(), options: self.simulation, loop: loop, firstPort: port,
        onNote: { log.write($0, at: loop.now()) })
    } catch let error as TCPListener.Problem {
      throw Failure(
        .ioError, "cannot listen on \(error.text); --port 0 takes a port that is free")
    }
    let signals = Signals(loop: loop) { _ in loop.stop() }
    if printEndpoints {
      guard let descriptor else { throw Failure(.ioError, "stdout is closed") }
      try print(chosen(), simulation, descriptor, loop)
    } else {
      for venue in try chosen() {
        guard let endpoints = simulation.endpoints(of: venue) else { continue }
        log.write(.notice, "\(venue.id): \(endpoints.ws) \(endpoints.rest)", at: loop.now())
      }
    }
    loop.run()
    withExtendedLifetime(signals) { simulation.stop() }
    log.finish(at: loop.now())
  }

  private func print(
    _ venues: [VenueDescriptor], _ simulation: Simulation, _ descriptor: Int32, _ loop: EventLoop
  ) throws {
    var text = ByteBuffer()
    for venue in venues {
      guard let endpoints = simulation.endpoints(of: venue) else { continue }
      text.append(#"{"venue":"#)
      text.append(json: venue.id.description)
      text.append(#","ws":"#)
      text.append(json: endpoints.ws)
      text.append(#","rest":"#)
      text.append(json: endpoints.rest)
      if let account = venue.trading?.simulatedAccount {
        text.put("account")
        text.append("{")
        for (name, value) in account.sorted(by: { $0.key < $1.key }) {
          if account.keys.min() != name { text.append(",") }
          text.append(json: name)
          text.append(":")
          text.append(json: value)
        }
        text.append("}")
      }
      text.append("}\n")
    }
    let output = StandardOutput(descriptor, loop: loop, onWritable: {}, onHangUp: {})
    let outcome = output.flush(&text, until: loop.now().monotonic + Nanoseconds.seconds(5))
    if case .failed(let cause) = outcome { throw Failure(.ioError, "stdout: \(cause)") }
  }
}
