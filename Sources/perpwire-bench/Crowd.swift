import CPerpIO
import Glibc
import PerpCore
import PerpIO

/// The healthy clients of a gateway, read by one thread, and one more that reads everything.
final class Crowd {
  /// What one turn has seen, or several together.
  struct Result {
    var eventsIn = 0
    var linesOut = 0
    /// Microseconds, of each line.
    var latencies: [UInt64] = []
    /// Nanoseconds: of processor time, and of time.
    var (busy, elapsed): (UInt64, UInt64) = (0, 0)
    /// Kilobytes, the most seen.
    var memory = 0

    var latency: Percentiles { Percentiles(latencies) }

    mutating func add(_ other: Result) {
      eventsIn += other.eventsIn
      linesOut += other.linesOut
      latencies += other.latencies
      busy += other.busy
      elapsed += other.elapsed
      memory = max(memory, other.memory)
    }

    static let table = TextTable([
      "clients", "events in/s", "lines out/s", "p50 us", "p99", "p99.9", "gateway CPU %", "RSS KB",
    ])

    func row(_ name: String) -> [String] {
      let latency = latency
      let seconds = max(1, Int(elapsed / 1_000_000_000))
      return [
        name, "\(eventsIn / seconds)", "\(linesOut / seconds)", "\(latency.p50)", "\(latency.p99)",
        "\(latency.p999)", "\(busy * 100 / max(1, elapsed))", "\(memory)",
      ]
    }
  }

  private let gateway: Candidate
  private let members: [CrowdMember]
  private let wide: CrowdMember

  init(path: String, gateway: Candidate, healthy: Int) throws {
    self.gateway = gateway
    members = try (0..<healthy).map { _ in try CrowdMember(path) }
    wide = try CrowdMember(path, channels: #""bbo","trade","book","funding""#, symbols: "*")
  }

  /// What has come before is read first.
  func measure(seconds: Int) throws -> Result {
    try read(for: Nanoseconds.milliseconds(500))
    for member in members + [wide] { member.lines = 0 }
    var result = Result()
    let (start, busy) = (Clock.now().monotonic, gateway.processorTime)
    try read(for: Nanoseconds.seconds(seconds)) { result.latencies.append($0) }
    result.elapsed = Clock.now().monotonic - start
    result.busy = gateway.processorTime - busy
    result.eventsIn = wide.lines
    result.linesOut = members.reduce(wide.lines) { $0 + $1.lines }
    result.memory = gateway.memory
    return result
  }

  /// For so many nanoseconds; `note` is told the age of each line in microseconds.
  func read(for time: UInt64, into note: ((UInt64) -> Void)? = nil) throws {
    let end = Clock.now().monotonic + time
    try Self.read(members + [wide], while: Clock.now().monotonic < end) { index in
      // Everything is the load, the quotes of the others are what is timed.
      index < members.count ? note : nil
    }
  }

  /// Each of them as soon as there is something; `note` as for `CrowdMember.read`.
  static func read(
    _ members: [CrowdMember], while isWanted: @autoclosure () -> Bool,
    note: (Int) -> ((UInt64) -> Void)? = { _ in nil }
  ) throws {
    var entries = members.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
    while isWanted() {
      guard poll(&entries, nfds_t(entries.count), 20) > 0 else { continue }
      for (index, entry) in entries.enumerated() where entry.revents != 0 {
        try members[index].read(note(index))
      }
    }
  }
}

/// One client that reads as fast as it can.
final class CrowdMember {
  let descriptor: Int32
  var lines = 0
  private var rest: [UInt8] = []
  private var chunk = [UInt8](repeating: 0, count: 1 << 18)

  init(
    _ path: String, channels: String = #""bbo""#, symbols: String = #"BTC","ETH"#
  ) throws {
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
