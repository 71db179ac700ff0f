import CPerpIO
import Glibc
import PerpCore
import PerpIO

/// The healthy clients, read by one thread.
final class Crowd {
  struct Result {
    var eventsIn: UInt64
    var linesOut: UInt64
    /// Microseconds.
    var latency: Percentiles
    var inside: (p50: UInt64, p99: UInt64)
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
      try CrowdMember(path)
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
      latency: Percentiles(latencies), inside: try wide.stages(),
      busy: (gateway.processorTime - busy) * 100 / elapsed,
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

  /// Microseconds from receiving to having written, by the gateway's own count since it began.
  func stages() throws -> (p50: UInt64, p99: UInt64) {
    rest = []
    say(#"{"id":9,"method":"stats"}"#)
    let deadline = Clock.now().monotonic + Nanoseconds.seconds(5)
    while Clock.now().monotonic < deadline {
      let count = recv(descriptor, &chunk, chunk.count, 0)
      guard count > 0 else { break }
      rest += chunk[..<count]
      let lines = rest.split(separator: UInt8(ascii: "\n")).map {
        String(decoding: $0, as: UTF8.self)
      }
      guard let reply = lines.first(where: { $0.hasPrefix(#"{"id":9,"#) }),
        let found = reply.firstMatch(of: Self.stage),
        let p50 = UInt64(found.output.1), let p99 = UInt64(found.output.2)
      else { continue }
      return (p50 / 1_000, p99 / 1_000)
    }
    throw Unmeasurable("the gateway does not say how long its lines take")
  }

  nonisolated(unsafe) private static let stage =
    /"recv_to_write_ns":\{"count":\d+,"p50":(\d+),"p99":(\d+)/

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
