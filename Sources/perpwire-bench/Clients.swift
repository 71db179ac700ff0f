import ArgumentParser
import Glibc

/// Many clients of one gateway: what each of them costs, and whether those that misbehave cost the
/// others anything (`reliability.md` X45, X47, X48).
struct Clients: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve 1, 8 and 64 clients, with and without some that stall, flap and are hostile.",
    discussion: """
      Starts `perpwire sim` and `perpwire serve` as processes of their own. Each healthy client
      reads the quotes of BTC and ETH on all venues, one reads everything there is. Latency is from
      the socket of the venue (recv_ts) to the client's; "inside" is what the gateway itself counts,
      to the end of its writes. Of the 64, 17 misbehave in the last row: 8 never read, 8 read as
      the others and come back every 50 ms, one sends garbage as fast as it is taken; the rows
      before have one kind each. Those run only where a processor is idle: what is measured is what
      they cost the gateway. With "recorded" the gateway keeps all of it in SQLite as well.
      """)

  private static let trouble: [(String, Trouble.Kinds)] = [
    ("47, 8 stalled", .init(stalled: 8)), ("47, 8 flapping", .init(flapping: 8)),
    ("47, 1 hostile", .init(hostile: 1)),
    ("47, all 17", .init(stalled: 8, flapping: 8, hostile: 1)),
  ]

  @Option(help: "Order events of each venue, a second; 4500 make about 10,000 messages in.")
  var rate = 4_500

  @Option(help: "Seconds of each measurement.")
  var seconds = 5

  @Option(help: "How often each is measured; the table has the medians.")
  var rounds = 3

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
    /// A gateway of its own for each measurement, so that what it counts is of that alone.
    func measure(
      _ healthy: Int, bad: Trouble.Kinds = .init(), recording: Bool = false
    ) throws -> Crowd.Result {
      let record = recording ? ["--record", folder + "/r.sqlite"] : []
      defer {
        if recording { for end in ["", "-wal", "-shm"] { unlink("\(folder)/r.sqlite\(end)") } }
      }
      let gateway = try Candidate(
        "serve", [program, "serve", "--socket", path, "--log-level", "error"] + endpoints + record)
      defer { gateway.end() }
      let wide = try CrowdMember(path, channels: #""bbo","trade","book","funding""#, symbols: "*")
      let crowd = Crowd(path: path, gateway: gateway, wide: wide)
      _ = try crowd.measure(healthy: 1, seconds: 2)
      let trouble = try Trouble(path: path, bad)
      let result = try crowd.measure(healthy: healthy, seconds: seconds)
      try trouble.end()
      return result
    }
    var table = TextTable([
      "clients", "events in/s", "lines out/s", "p50 us", "p99", "p99.9", "inside p50", "p99",
      "gateway CPU %", "RSS KB",
    ])
    var rows: [String: [Crowd.Result]] = [:]
    for round in 1...rounds {
      tell("round \(round) of \(rounds)")
      for count in [1, 8, 64] { rows["\(count)", default: []].append(try measure(count)) }
      rows["8, recorded", default: []].append(try measure(8, recording: true))
      rows["47", default: []].append(try measure(47))
      for (name, kinds) in Self.trouble {
        rows[name, default: []].append(try measure(47, bad: kinds))
      }
    }
    for name in ["1", "8", "8, recorded", "64", "47"] + Self.trouble.map(\.0) {
      let results = rows[name] ?? []
      func median(_ value: (Crowd.Result) -> UInt64) -> String {
        "\(results.map(value).median ?? 0)"
      }
      table.add([
        name, median(\.eventsIn), median(\.linesOut), median(\.latency.p50), median(\.latency.p99),
        median(\.latency.p999), median(\.inside.p50), median(\.inside.p99), median(\.busy),
        median(\.memory),
      ])
    }
    print(table.text)
    for (name, _) in Self.trouble {
      let ratios = zip(rows[name] ?? [], rows["47"] ?? []).map { bad, good in
        bad.latency.p99 * 100 / max(1, good.latency.p99)
      }
      print("\(name): p99 is \(ratios.median ?? 0) % of that of 47 alone, by the median round")
    }
    print(try JournalCost.measure())
  }
}
