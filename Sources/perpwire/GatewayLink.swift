import Glibc
import PerpCore
import PerpIO

/// A gateway that one command talks to, in the same lines as any program does: one that serves a
/// socket already, or one of our own, a child that ends with us.
final class GatewayLink {
  private let reading: Int32
  private let writing: Int32
  private let child: GatewayProcess?
  private var unread: [UInt8] = []
  private var lastID: Int64 = 0
  /// Events that came while an answer was waited for.
  private var events: [JSONFields] = []

  /// Connects to a gateway that runs.
  init(socket path: String) throws {
    let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Self.closeOnExec, 0)
    guard descriptor >= 0 else { throw Failure(.ioError, "no socket for \(path)") }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
      Glibc.close(descriptor)
      throw Failure(.usage, "\(path) is too long for a socket's path")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let isConnected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, size) == 0
      }
    }
    guard isConnected else {
      let cause = String(cString: strerror(errno))
      Glibc.close(descriptor)
      throw Failure(.venueUnavailable, "no gateway serves \(path): \(cause)")
    }
    (reading, writing, child) = (descriptor, descriptor, nil)
  }

  /// Starts a gateway that serves us alone.
  init(serving arguments: [String]) throws {
    let process = try GatewayProcess(arguments)
    (reading, writing, child) = (process.reading, process.writing, process)
  }

  private static let closeOnExec = Int32(SOCK_CLOEXEC.rawValue)

  /// Ends a gateway of our own, and passes on how it ended.
  func close() throws {
    Glibc.close(writing)
    guard let child else { return }
    // Its last lines are read, or it would wait for us to take them.
    let deadline = Clock.now().monotonic + Nanoseconds.seconds(12)
    while try nextLine(until: deadline) != nil {}
    _ = child.wait()
    Glibc.close(reading)
  }

  // MARK: Lines

  /// Says a command and returns the `result` of its answer; a refusal is a `Failure`.
  @discardableResult
  func ask(_ method: String, _ params: String = "{}", seconds: Int = 15) throws -> JSONFields {
    lastID += 1
    try write("{\"id\":\(lastID),\"method\":\"\(method)\",\"params\":\(params)}\n")
    let deadline = Clock.now().monotonic + Nanoseconds.seconds(seconds)
    while let line = try nextLine(until: deadline) {
      guard let fields = try? JSONFields(line.span.bytes) else { continue }
      guard fields.integer("id") == lastID else {
        events.append(fields)
        continue
      }
      if let error = fields.object("error") {
        let reason = error.object("data")?.text("reason") ?? "internal"
        throw Failure(
          .refused(by: reason), "\(reason): \(error.text("message") ?? "no message")")
      }
      if let result = fields.object("result") { return result }
      return try JSONFields(Array("{}".utf8).span.bytes)
    }
    throw Failure(.venueUnavailable, "the gateway did not answer \(method) within \(seconds) s")
  }

  /// The next event that is `wanted`; nil when there is none in time.
  func event(
    seconds: Int, where isWanted: (JSONFields) -> Bool
  ) throws -> JSONFields? {
    while !events.isEmpty {
      let event = events.removeFirst()
      if isWanted(event) { return event }
    }
    let deadline = Clock.now().monotonic + Nanoseconds.seconds(seconds)
    while let line = try nextLine(until: deadline) {
      guard let fields = try? JSONFields(line.span.bytes), fields.text("type") != nil else {
        continue
      }
      if isWanted(fields) { return fields }
    }
    return nil
  }

  private func write(_ text: String) throws {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(writing, $0.baseAddress, $0.count) }
      if count > 0 {
        bytes = bytes.dropFirst(count)
      } else if errno != EINTR {
        throw Failure(.ioError, "the gateway has ended: \(String(cString: strerror(errno)))")
      }
    }
  }

  /// Nil at the end, or when it takes too long.
  private func nextLine(until deadline: UInt64) throws -> [UInt8]? {
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(unread[..<end])
        unread.removeSubrange(...end)
        return line
      }
      let now = Clock.now().monotonic
      guard now < deadline else { return nil }
      var entry = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, Int32((deadline - now) / 1_000_000 + 1)) > 0 else { continue }
      let count = Glibc.read(reading, &chunk, chunk.count)
      if count > 0 {
        unread += chunk[..<count]
      } else if count == 0 || errno != EINTR {
        return nil
      }
    }
  }
}

extension Failure.Code {
  /// As a shell script wants to tell them apart.
  fileprivate static func refused(by reason: String) -> Failure.Code {
    switch reason {
    case "venue_down", "stale_market", "rate_limited": .venueUnavailable
    case "auth", "not_armed": .permission
    case "malformed", "unsupported", "unknown_symbol", "unknown_order": .usage
    default: .badInput
    }
  }
}
