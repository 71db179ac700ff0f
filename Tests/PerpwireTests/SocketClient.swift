import Foundation
import Testing

/// A client of the gateway's socket that has nothing of perpwire: blocking, line by line.
final class SocketClient {
  struct Gone: Error {}

  let descriptor: Int32
  private var bytes: [UInt8] = []
  private var start = 0

  /// Waits for the gateway to listen.
  init(_ path: String, within seconds: Double = 10) throws {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while true {
      let descriptor = Self.connect(path)
      if descriptor >= 0 {
        self.descriptor = descriptor
        break
      }
      guard Date() < deadline else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
      usleep(2_000)
    }
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { Foundation.close(descriptor) }

  static func connect(_ path: String) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    if result == 0 { return descriptor }
    let reason = errno
    Foundation.close(descriptor)
    errno = reason
    return -1
  }

  /// False when the gateway has gone.
  @discardableResult
  func say(_ line: String) -> Bool {
    let bytes = Array((line + "\n").utf8)
    return send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }

  /// The next line, without its LF; nil when there is none any more.
  func next() -> String? {
    while true {
      if let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { start = end + 1 }
        return String(decoding: bytes[start..<end], as: UTF8.self)
      }
      bytes.removeFirst(start)
      start = 0
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      let count = recv(descriptor, &chunk, chunk.count, 0)
      guard count > 0 else { return nil }
      bytes += chunk[..<count]
    }
  }

  /// The same, but nil as well when none has come within so many seconds.
  func next(patience: Double) -> String? {
    if bytes[start...].contains(UInt8(ascii: "\n")) { return next() }
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, Int32(patience * 1_000)) > 0 ? next() : nil
  }

  /// Reads on to the line that this is true of.
  func line(where isWanted: (Line) -> Bool) throws -> Line {
    while let text = next() {
      let line = try Line(text)
      if isWanted(line) { return line }
    }
    throw Gone()
  }

  /// The reply to a command.
  func ask(_ id: Int, _ method: String, _ params: String = "{}") throws -> Line {
    guard say(#"{"id":\#(id),"method":"\#(method)","params":\#(params)}"#) else { throw Gone() }
    return try line { $0[number: "id"] == id }
  }
}
