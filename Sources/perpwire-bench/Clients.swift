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

      What bad clients cost the others is measured with one gateway and the same 47 healthy
      clients, in short turns with and without the bad, as the machine's mood changes within a
      minute: 8 never read, 8 read as the others and come back every 50 ms, one sends garbage as
      fast as it is taken. Those run only where a processor is idle: what is measured is what they
      cost the gateway.
      """)

  private static let company: [(name: String, bad: [String])] = [
    ("47", []), ("47, 8 stalled", ["--stalled", "8"]), ("47, 8 flapping", ["--flapping", "8"]),
    ("47, 1 hostile", ["--hostile", "1"]),
    ("47, all 17", ["--stalled", "8", "--flapping", "8", "--hostile", "1"]),
  ]

  @Option(help: "Order events of each venue, a second; 4500 make about 10,000 messages in.")
  var rate = 4_500

  @Option(help: "Seconds of each turn.")
  var seconds = 2

  @Option(help: "How many turns there are of each row; the table has them together.")
  var rounds = 8

  func run() throws {
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
      let gateway = try Candidate(
        "serve", [program, "serve", "--socket", path, "--log-level", "error"] + endpoints + options)
      defer { gateway.end() }
      let crowd = try Crowd(path: path, gateway: gateway, healthy: healthy)
      try crowd.read(for: Nanoseconds.seconds(2))
      try body(crowd)
    }
    func alone(_ healthy: Int, options: [String] = []) throws -> Crowd.Result {
      var result = Crowd.Result()
      try crowd(healthy, options: options) { result.add(try $0.measure(seconds: seconds * rounds)) }
      return result
    }
    let recording = folder + "/r.sqlite"
    defer { for end in ["", "-wal", "-shm"] { unlink(recording + end) } }
    var table = Crowd.Result.table
    for count in [1, 8, 64] { table.add(try alone(count).row("\(count)")) }
    table.add(try alone(8, options: ["--record", recording]).row("8, recorded"))
    let results = try beside(Self.company.map(\.bad), rounds, path, crowd)
    for (company, result) in zip(Self.company, results) { table.add(result.row(company.name)) }
    print(table.text)
    for (company, result) in zip(Self.company, results).dropFirst() {
      let ratio = result.latency.p99 * 100 / max(1, results[0].latency.p99)
      print("\(company.name): p99 is \(ratio) % of that of 47 alone")
    }
    print(try JournalCost.measure())
  }

  /// 47 healthy clients of one gateway beside each kind of the bad in turn, again and again.
  private func beside(
    _ bad: [[String]], _ rounds: Int, _ path: String,
    _ crowd: (Int, [String], (Crowd) throws -> Void) throws -> Void
  ) throws -> [Crowd.Result] {
    var results = bad.map { _ in Crowd.Result() }
    try crowd(47, []) { crowd in
      for round in 1...rounds {
        tell("round \(round) of \(rounds)")
        for (place, kinds) in bad.enumerated() {
          let trouble = try Candidate(
            "trouble",
            [ownProgram(), "trouble", "--path", path, "--seconds", "\(seconds + 1)"] + kinds)
          results[place].add(try crowd.measure(seconds: seconds))
          try crowd.read(for: Nanoseconds.milliseconds(1_500))
          guard Trouble.wasSound(trouble) else {
            throw Unmeasurable("those who misbehave were treated wrongly: \(kinds)")
          }
          trouble.end()
        }
      }
    }
    return results
  }
}
