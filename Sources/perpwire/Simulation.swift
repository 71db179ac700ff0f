import ArgumentParser
import PerpCore
import PerpIO
import PerpSim
import PerpVenue
import PerpVenues

/// Simulated venues on loopback ports, each speaking its own wire protocol.
///
/// `perpwire sim` runs them on its loop; `perpwire stream --sim` on a thread of their own, so that
/// what it streams has come through real sockets.
final class Simulation {
  private var servers: [(venue: VenueDescriptor, server: SimulatorServer)] = []

  init(
    venues: [VenueDescriptor], options: SimulationOptions, loop: EventLoop, firstPort: Int = 0,
    onNote: @escaping (Note) -> Void
  ) throws {
    for (index, venue) in venues.enumerated() {
      let simulator = venue.makeSimulator(
        SimulatorOptions(
          seed: options.seed, eventsPerSecond: options.rate, settings: options.settings(of: venue)))
      let faulty = try options.fault.map { try FaultPlan($0) }.map {
        FaultySimulator(simulator, plan: $0, seed: options.seed) as any VenueSimulator
      }
      let port = firstPort == 0 ? 0 : firstPort + index
      let server = try SimulatorServer(
        faulty ?? simulator, loop: loop, port: port, onNote: onNote)
      servers.append((venue, server))
    }
  }

  func endpoints(of venue: VenueDescriptor) -> Endpoints? {
    servers.first { $0.venue.id == venue.id }
      .map { venue.simulatorEndpoints("127.0.0.1:\($0.server.port)") }
  }

  func stop() {
    for (_, server) in servers { server.stop() }
  }
}

/// What the simulated market is like, and what goes wrong in it.
struct SimulationOptions: ParsableArguments {
  @Option(help: "Seed of the simulated market; the same seed repeats it.")
  var seed: UInt64 = 1

  @Option(help: "Order events of all markets together, a second.")
  var rate = 200

  @Option(
    help: ArgumentHelp(
      "Faults to inject, such as stall:bbo@5s+10s; see perpwire sim --help.", valueName: "plan"))
  var fault: String?

  @Option(
    name: .customLong("sim-set"),
    help: ArgumentHelp(
      "A setting of a simulator: VENUE.NAME=VALUE, such as paradex.encoding=json.",
      valueName: "venue.name=value"))
  var simulatorSettings: [String] = []

  func validate() throws {
    guard (1...1_000_000).contains(rate) else {
      throw ValidationError("--rate must be 1 to 1000000")
    }
    if let fault {
      do { _ = try FaultPlan(fault) } catch { throw ValidationError("--fault: \(error)") }
    }
    for text in simulatorSettings {
      guard let (venue, name, value) = Self.parse(text) else {
        throw ValidationError("'\(text)' does not look like VENUE.NAME=VALUE")
      }
      let known = try Registry.required(venue).simulatorSettings.map(\.name)
      guard known.contains(name) else {
        throw ValidationError(
          "the simulator of \(venue) has no setting '\(name)'; it has "
            + known.joined(separator: ", "))
      }
      // Every simulator that has the setting reads it alike.
      guard name == "order_faults" else { continue }
      do { _ = try OrderFaults(value, seed: seed) } catch {
        throw ValidationError("--sim-set \(text): \(error)")
      }
    }
  }

  func settings(of venue: VenueDescriptor) -> [String: String] {
    var settings: [String: String] = [:]
    for case (let name, let key, let value)? in simulatorSettings.map(Self.parse)
    where name == venue.id.description {
      settings[key] = value
    }
    return settings
  }

  private static func parse(_ text: String) -> (String, String, String)? {
    let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
    let names = sides.first?.split(separator: ".", maxSplits: 1).map(String.init) ?? []
    guard sides.count == 2, names.count == 2 else { return nil }
    return (names[0], names[1], sides[1])
  }
}
