import ArgumentParser
import Glibc
import PerpCore
import PerpIO
import PerpSim
import PerpVenue
import PerpVenues

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure speed, or run many seeded simulations of sessions under faults.",
    discussion: """
      EXAMPLES
        perpwire bench
        perpwire bench in-process
        perpwire bench --simulate 1000
        perpwire bench --simulate 1 --seed 4711 --fault 'stall:bbo@5s+10s'

      Without --simulate it hands over to perpwire-bench, which must have been
      built beside it; see perpwire-bench --help.

      Each simulation joins the venue's session and its simulator on a virtual
      clock and holds what the session tells against what the simulator knows.
      A run that fails prints its seed.
      """)

  @Option(help: "How many simulations.")
  var simulate: Int?

  @Option(help: "Simulate this venue only.")
  var venue: String?

  @Option(help: "The first seed.")
  var seed: UInt64 = 1

  @Option(help: "Steps of trouble in each run.")
  var steps = 2_000

  @Option(help: "This plan of faults instead of a random one; see perpwire sim --help.")
  var fault: String?

  @Flag(help: "Show what the session does, except market data.")
  var trace = false

  @Argument(
    parsing: .allUnrecognized,
    help: ArgumentHelp("Arguments for perpwire-bench.", visibility: .hidden))
  var handedOver: [String] = []

  func validate() throws {
    guard simulate ?? 1 >= 1, steps >= 1 else {
      throw ValidationError("--simulate and --steps must be 1 or more")
    }
    if simulate != nil, let stranger = handedOver.first {
      throw ValidationError("--simulate has no use for '\(stranger)'")
    }
    if let venue { _ = try Registry.required(venue) }
    if let fault {
      do { _ = try FaultPlan(fault) } catch { throw ValidationError("--fault: \(error)") }
    }
  }

  func run() throws {
    guard let simulate else { return try Self.handOver(handedOver) }
    var tally = Tally()
    let plan = try fault.map { try FaultPlan($0) }
    let show: (UInt64, VenueAction) -> Void = { Self.show($0, $1) }
    let onAction = trace ? show : nil
    let start = Clock.now().monotonic
    for venue in try self.venue.map({ [try Registry.required($0)] }) ?? Registry.venues {
      let run = SeededRun(venue: venue, steps: steps)
      for seed in self.seed..<self.seed + UInt64(simulate) {
        let report = run.run(seed: seed, plan: plan, onAction: onAction)
        tally.add(report)
        guard !report.violations.isEmpty else { continue }
        try Output.write(
          "\(venue.id) seed \(seed) faults '\(report.plan)': "
            + report.violations.prefix(3).joined(separator: "; ")
            + "\n  perpwire bench --simulate 1 --venue \(venue.id) --seed \(seed) "
            + "--steps \(steps)\n"
        )
      }
    }
    try Output.write(tally.line(milliseconds: (Clock.now().monotonic - start) / 1_000_000))
    if tally.failed > 0 { throw ExitCode(1) }
  }

  /// Becomes `perpwire-bench`; returns only by throwing.
  private static func handOver(_ arguments: [String]) throws {
    var room = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let length = readlink("/proc/self/exe", &room, room.count)
    let program = String(decoding: room.prefix(max(length, 0)), as: UTF8.self) + "-bench"
    var pointers = ([program] + arguments).map { strdup($0) }
    pointers.append(nil)
    execv(program, pointers)
    throw Failure(
      .ioError,
      "cannot run \(program): \(String(cString: strerror(errno))); build it with "
        + "`swift build -c release --product perpwire-bench`")
  }

  private static func show(_ elapsed: UInt64, _ action: VenueAction) {
    let text: String
    switch action {
    case .emit(.bbo), .emit(.trade), .emit(.book), .emit(.funding), .markets: return
    case .emit(.stream(let status)):
      text = "\(status.topic) \(status.state) \(status.cause) epoch \(status.epoch)"
    case .emit(.error(let report)): text = "error: \(report.message)"
    case .send(_, let bytes): text = "send " + String(decoding: bytes, as: UTF8.self)
    case .request(_, let request): text = "request \(request.url)"
    default: text = "\(action)"
    }
    _ = try? Output.write("\(elapsed / 1_000_000) ms  \(text)\n")
  }

  private struct Tally {
    var runs = 0
    var steps = 0
    var books = 0
    var seconds: UInt64 = 0
    var failed = 0
    var entered: [StreamStatus.State: Int] = [:]

    mutating func add(_ report: SeededRun.Report) {
      runs += 1
      steps += report.steps
      books += report.booksCompared
      seconds += report.virtualSeconds
      if !report.violations.isEmpty { failed += 1 }
      entered.merge(report.entered, uniquingKeysWith: +)
    }

    func line(milliseconds: UInt64) -> String {
      let states = entered.map { "\($0) \($1)" }.sorted().joined(separator: ", ")
      return "\(runs) runs, \(steps) steps, \(seconds) virtual seconds in \(milliseconds) ms; "
        + "\(books) books equal; \(states); \(failed) failed\n"
    }
  }
}
