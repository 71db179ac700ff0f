import ArgumentParser
import CPerpIO
import Glibc
import PerpCore
import PerpGateway
import PerpIO
import PerpVenues
import Synchronization

/// Many clients of one gateway: what each of them costs, and whether those that misbehave cost the
/// others anything (`reliability.md` X45, X47, X48).
struct Clients: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve 1, 8 and 64 clients, with and without some that stall, flap and are hostile.",
    discussion: """
      Starts `perpwire sim` and `perpwire serve` as processes of their own. Each healthy client
      reads the quotes of BTC and ETH on all venues, one reads everything there is. Latency is from
      the socket of the venue (recv_ts) to the client's. Of the 64, 17 misbehave in the last row:
      8 never read, 8 come and go, one sends garbage as fast as it is taken.
      """)

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
    let gateway = try Candidate(
      "serve",
      [program, "serve", "--socket", path, "--log-level", "error"]
        + (try simulator.endpoints()).flatMap { ["--endpoint", $0] })
    defer { gateway.end() }
    let wide = try CrowdMember(path, channels: #""bbo","trade","book","funding""#, symbols: "*")
    let crowd = Crowd(path: path, gateway: gateway, wide: wide)
    _ = try crowd.measure(healthy: 1, seconds: 2)

    var table = TextTable([
      "clients", "events in/s", "lines out/s", "p50 us", "p99", "p99.9", "gateway CPU %", "RSS KB",
    ])
    var rows: [String: [Crowd.Result]] = [:]
    for round in 1...rounds {
      tell("round \(round) of \(rounds)")
      for count in [1, 8, 64] {
        rows["\(count)", default: []].append(try crowd.measure(healthy: count, seconds: seconds))
      }
      rows["47 of 64", default: []].append(try crowd.measure(healthy: 47, seconds: seconds))
      let trouble = try Trouble(path: path)
      rows["47, 17 bad", default: []].append(try crowd.measure(healthy: 47, seconds: seconds))
      try trouble.end()
    }
    for name in ["1", "8", "64", "47 of 64", "47, 17 bad"] {
      let results = rows[name] ?? []
      func median(_ value: (Crowd.Result) -> UInt64) -> String {
        "\(results.map(value).median ?? 0)"
      }
      table.add([
        name, median(\.eventsIn), median(\.linesOut), median(\.latency.p50), median(\.latency.p99),
        median(\.latency.p999), median(\.busy), median(\.memory),
      ])
    }
    print(table.text)
    print(try JournalCost.measure())
  }
}

/// What a lossless line costs before it may be told.
enum JournalCost {
  static func measure() throws -> String {
    let path = "/tmp/perpwire-bench-\(getpid()).sqlite"
    defer { for end in ["", "-wal", "-shm", ".lock"] { unlink(path + end) } }
    let journal = try Journal(path, id: "bench")
    let line = [UInt8](repeating: UInt8(ascii: "x"), count: 250)
    var times: [UInt64] = []
    for number in 1...50_000 {
      let start = Clock.now().monotonic
      try journal.append(UInt64(number), line)
      try journal.commit()
      times.append(Clock.now().monotonic - start)
    }
    journal.close()
    let all = Percentiles(times)
    return "journal, a line a commit: p50 \((Float(all.p50) / 1_000).text(1)) us, p99 "
      + "\((Float(all.p99) / 1_000).text(1)), p99.9 \((Float(all.p999) / 1_000).text(1))"
  }
}

/// The healthy clients, read by one thread.
final class Crowd {
  struct Result {
    var eventsIn: UInt64
    var linesOut: UInt64
    /// Microseconds.
    var latency: Percentiles
    var busy: UInt64
    var memory: UInt64
  }

  private let path: String
  private let gateway: Candidate
  private let wide: CrowdMember

  init(path: String, gateway: Candidate, wide: CrowdMember) {
    (self.path, self.gateway, self.wide) = (path, gateway, wide)
  }

  func measure(healthy: Int, seconds: Int) throws -> Result {
    let members = try (0..<healthy).map { _ in
      try CrowdMember(path, channels: #""bbo""#, symbols: #"BTC","ETH"#)
    }
    try read(members, for: Nanoseconds.milliseconds(500), into: nil)
    for member in members + [wide] { member.lines = 0 }
    var latencies: [UInt64] = []
    let (start, busy) = (Clock.now().monotonic, gateway.processorTime)
    try read(members, for: Nanoseconds.seconds(seconds)) { latencies.append($0) }
    let elapsed = Clock.now().monotonic - start
    let lines = members.reduce(0) { $0 + $1.lines }
    return Result(
      eventsIn: UInt64(wide.lines) * 1_000_000_000 / elapsed,
      linesOut: UInt64(lines + wide.lines) * 1_000_000_000 / elapsed,
      latency: Percentiles(latencies), busy: (gateway.processorTime - busy) * 100 / elapsed,
      memory: UInt64(gateway.memory))
  }

  private func read(
    _ members: [CrowdMember], for time: UInt64, into note: ((UInt64) -> Void)?
  ) throws {
    let end = Clock.now().monotonic + time
    let all = members + [wide]
    var entries = all.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
    while Clock.now().monotonic < end {
      guard poll(&entries, nfds_t(entries.count), 20) > 0 else { continue }
      for (index, entry) in entries.enumerated() where entry.revents != 0 {
        // Everything is the load, the quotes of the others are what is timed.
        try all[index].read(index < members.count ? note : nil)
      }
    }
  }

  private func read(
    _ members: [CrowdMember], for time: UInt64, _ note: @escaping (UInt64) -> Void
  ) throws {
    try read(members, for: time, into: note)
  }
}

/// One client that reads as fast as it can.
final class CrowdMember {
  let descriptor: Int32
  var lines = 0
  private var rest: [UInt8] = []
  private var chunk = [UInt8](repeating: 0, count: 1 << 18)

  init(_ path: String, channels: String, symbols: String) throws {
    let deadline = Clock.now().monotonic + Nanoseconds.seconds(5)
    var descriptor = perp_unix_connect(path)
    while descriptor < 0, Clock.now().monotonic < deadline {
      usleep(10_000)
      descriptor = perp_unix_connect(path)
    }
    guard descriptor >= 0 else { throw Unmeasurable("nobody listens at \(path)") }
    self.descriptor = descriptor
    say(
      #"{"id":1,"method":"subscribe","params":{"channels":[\#(channels)],"#
        + #""symbols":["\#(symbols)"]}}"#)
  }

  deinit { close(descriptor) }

  func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// Reads what there is; tells `note` the age of each line in microseconds.
  func read(_ note: ((UInt64) -> Void)?) throws {
    let count = recv(descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
    guard count > 0 else { throw Unmeasurable("the gateway has closed a healthy client") }
    let now = Clock.now().wall
    rest += chunk[..<count]
    var start = 0
    while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
      lines += 1
      if let note, let received = Self.received(rest[start..<end]) {
        note(UInt64(max(0, now - received)))
      }
      start = end + 1
    }
    rest.removeFirst(start)
  }

  private static let key = Array(#""recv_ts":"#.utf8)

  /// It is the last but one of the line's members.
  private static func received(_ line: ArraySlice<UInt8>) -> Int64? {
    let tail = line.suffix(60)
    for start in tail.indices.dropLast(key.count) where tail[start...].starts(with: key) {
      var value: Int64 = 0
      for byte in tail[(start + key.count)...] {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { break }
        value = value * 10 + Int64(byte - UInt8(ascii: "0"))
      }
      return value
    }
    return nil
  }
}

/// 8 clients that never read, 8 that come and go, one that is hostile, each on its own thread.
final class Trouble {
  private let stalled: [CrowdMember]
  private let flag: StopFlag
  private var workers: [Worker] = []

  init(path: String) throws {
    stalled = try (0..<8).map { _ in
      try CrowdMember(path, channels: #""bbo","trade","book","funding""#, symbols: "*")
    }
    let flag = StopFlag()
    self.flag = flag
    for _ in 0..<8 {
      workers.append(
        Worker("flapping") {
          while !flag.isSet {
            guard let member = try? CrowdMember(path, channels: #""bbo""#, symbols: "*") else {
              return
            }
            usleep(50_000)
            try? member.read(nil)
          }
        })
    }
    workers.append(Worker("hostile") { Self.attack(path, flag) })
  }

  /// What the stalled ones have missed must have been counted for them, or they were cut off.
  func end() throws {
    flag.set()
    for worker in workers { worker.join() }
    for member in stalled { try CheckedRest(member.descriptor).check() }
  }

  private static func attack(_ path: String, _ flag: StopFlag) {
    let garbage = Array(#"{"id":1,"method":"nonsense"}"#.utf8) + [10] + [0, 255, 10, 123, 10]
    let endless = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
    var descriptor = perp_unix_connect(path)
    // A hostile client does not wait for ever either.
    var limit = timeval(tv_sec: 0, tv_usec: 200_000)
    var round = 0
    while !flag.isSet {
      setsockopt(
        descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
      let bytes = round % 100 < 50 ? garbage : endless
      round += 1
      if send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) < 0, errno == EPIPE {
        close(descriptor)
        descriptor = perp_unix_connect(path)
      }
    }
    close(descriptor)
  }
}

private final class StopFlag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .relaxed) }
  func set() { value.store(true, ordering: .relaxed) }
}

/// What a client that did not read finds in its socket at last: a true story, with what is left
/// out counted.
private struct CheckedRest {
  private let descriptor: Int32

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  func check() throws {
    var checker = try LineChecker()
    var (bytes, problems): ([UInt8], [LineProblem]) = ([], [])
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    let deadline = Clock.now().monotonic + Nanoseconds.milliseconds(500)
    while Clock.now().monotonic < deadline {
      let count = recv(descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
      if count == 0 { break }
      if count < 0 { usleep(1_000) }
      bytes += chunk[..<max(0, count)]
    }
    for line in bytes.split(separator: UInt8(ascii: "\n")).dropLast() {
      let line = Array(line)
      checker.check(line.span.bytes, into: &problems)
    }
    if let problem = problems.first(where: { $0.severity == .error }) {
      throw Unmeasurable("a stalled client was told something wrong: \(problem)")
    }
    guard checker.lines > 0 else { throw Unmeasurable("a stalled client was told nothing") }
  }
}
