import ArgumentParser
import Glibc
import PerpCore

/// Many clients of one gateway: what each of them costs, and whether those that misbehave cost the
/// others anything (`reliability.md` X45, X47, X48).
struct Clients: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve 1, 8 and 64 clients, with and without some that stall, flap and are hostile.",
    discussion: """
      Starts `perpwire sim` and `perpwire serve` as processes of their own. Each healthy client
      reads the quotes of BTC and ETH on all venues, one reads everything there is. Latency is from
      the socket of the venue (recv_ts) to the client's. With "recorded" the gateway keeps all of it
      in SQLite as well.

      The gateway has a processor of its own, and the reader, in real time where that is permitted,
      comes before the simulator: what is timed is the gateway, not who of the three waits for whom.

      What bad clients cost the others is measured with one gateway and the same 47 healthy
      clients, in short turns: each turn with some bad ones follows a turn without, as the machine's
      mood changes within a minute. What is compared is the middle of the turns' p99. 8 never read,
      8 read as the others and come back every 50 ms, one sends garbage as fast as it is taken.
      Those run only where a processor is idle: what is measured is what they cost the gateway.
      "47 again" is the same without them, so that what differs there is the machine, and "17 more"
      are harmless clients in their place.
      """)

  private static let company: [(name: String, others: [String])] = [
    ("47 again", []), ("47, 17 more", ["--harmless", "17"]), ("47, 8 stalled", ["--stalled", "8"]),
    ("47, 8 flapping", ["--flapping", "8"]), ("47, 1 hostile", ["--hostile", "1"]),
    ("47, all bad", ["--stalled", "8", "--flapping", "8", "--hostile", "1"]),
  ]

  /// Seconds that the others have been there when they are measured.
  private static let settling = 2

  @Option(help: "Order events of each venue, a second; 4500 make about 10,000 messages in.")
  var rate = 4_500

  @Option(help: "Seconds of each turn.")
  var seconds = 1

  @Option(help: "How many turns there are of each row; the table has them together.")
  var rounds = 16

  @Option(help: "Only rows that have this in their name.")
  var only: String?

  func run() throws {
    let placement = Placement()
    let program = String(ownProgram().dropLast("-bench".count))
    let simulator = try Candidate(
      "sim", [program, "sim", "--print-endpoints", "--rate", "\(rate)", "--log-level", "error"])
    defer { simulator.end() }
    let folder = "/tmp/perpwire-bench-\(getpid())"
    mkdir(folder, 0o700)
    let path = folder + "/s"
    defer {
      unlink(path + ".lock")
      rmdir(folder)
    }
    let endpoints = try simulator.endpoints().flatMap { ["--endpoint", $0] }
    /// The healthy clients of a gateway of their own.
    func crowd(_ healthy: Int, options: [String] = [], _ body: (Crowd) throws -> Void) throws {
      let gateway = try placement.gateway {
        try Candidate(
          "serve",
          [program, "serve", "--socket", path, "--log-level", "error"] + endpoints + options)
      }
      defer { gateway.end() }
      let crowd = try Crowd(path: path, gateway: gateway, healthy: healthy)
      try crowd.read(for: Nanoseconds.seconds(2))
      try body(crowd)
    }
    let recording = folder + "/r.sqlite"
    defer { for end in ["", "-wal", "-shm"] { unlink(recording + end) } }
    var table = Crowd.Result.table
    for (healthy, name, options) in [
      (1, "1", []), (8, "8", []), (64, "64", []), (8, "8, recorded", ["--record", recording]),
    ] where isWanted(name) {
      try crowd(healthy, options: options) {
        table.add(try $0.measure(seconds: seconds * rounds).row(name))
      }
    }
    let company = Self.company.filter { isWanted($0.name) }
    var (alone, beside) = (Crowd.Result(), company.map { _ in Comparison() })
    if !company.isEmpty {
      try crowd(47) { try compare($0, path, company.map(\.others), &alone, &beside) }
      table.add(alone.row("47"))
    }
    for (company, comparison) in zip(company, beside) {
      table.add(comparison.together.row(company.name))
    }
    print(table.text)
    print(placement)
    for (company, comparison) in zip(company, beside) {
      print("\(company.name): p99 is \(comparison.ratio) % of that of 47 alone")
    }
    print(try JournalCost.measure())
  }

  private func isWanted(_ row: String) -> Bool { only.map { row.contains($0) } ?? true }

  /// The same healthy clients without and beside each company in turn, again and again.
  private func compare(
    _ crowd: Crowd, _ path: String, _ company: [[String]], _ alone: inout Crowd.Result,
    _ beside: inout [Comparison]
  ) throws {
    for round in 1...rounds {
      tell("round \(round) of \(rounds)")
      for (place, others) in company.enumerated() {
        let before = try crowd.measure(seconds: seconds)
        let trouble = try Candidate(
          "trouble",
          [ownProgram(), "trouble", "--path", path, "--seconds", "\(seconds + Self.settling + 1)"]
            + others)
        // That they come is another matter than that they are there.
        try crowd.read(for: Nanoseconds.seconds(Self.settling))
        beside[place].add(try crowd.measure(seconds: seconds), after: before)
        alone.add(before)
        try crowd.read(for: Nanoseconds.milliseconds(1_500))
        guard Trouble.wasSound(trouble) else {
          throw Unmeasurable("those who misbehave were treated wrongly: \(others)")
        }
        trouble.end()
      }
    }
  }
}

/// Turns beside others, each with the turn before it, alone.
private struct Comparison {
  private(set) var together = Crowd.Result()
  /// The p99 of each turn.
  private var (beside, alone): ([UInt64], [UInt64]) = ([], [])

  /// Per cent: of the middle ones, as turns that the machine has spoilt say nothing.
  var ratio: UInt64 { (beside.median ?? 0) * 100 / max(1, alone.median ?? 0) }

  mutating func add(_ turn: Crowd.Result, after before: Crowd.Result) {
    together.add(turn)
    beside.append(turn.latency.p99)
    alone.append(before.latency.p99)
  }
}
