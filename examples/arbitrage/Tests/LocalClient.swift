import Foundation

/// Bytes to and from a server on this machine.
final class LocalClient {
  private let peer: Int32

  /// Nil where nobody listens.
  init?(port: UInt16) {
    peer = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(
      peer, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(peer, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { return nil }
  }

  deinit { close(peer) }

  func send(_ text: String) {
    _ = Array(text.utf8).withUnsafeBytes { write(peer, $0.baseAddress, $0.count) }
  }

  /// What comes until `isEnough` says so, or the other side has said all.
  func read(until isEnough: (String) -> Bool) -> String {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while !isEnough(String(decoding: bytes, as: UTF8.self)) {
      let count = Foundation.read(peer, &piece, piece.count)
      guard count > 0 else { break }
      bytes += piece.prefix(count)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The whole answer to one request, head included.
  static func ask(
    _ port: UInt16, _ method: String, _ path: String, token: String? = nil, body: String? = nil,
    headers: [String] = []
  ) -> String {
    guard let client = LocalClient(port: port) else { return "nobody listens" }
    var lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close"]
    if let token { lines.append("Authorization: Bearer \(token)") }
    if let body { lines.append("Content-Length: \(body.utf8.count)") }
    client.send((lines + headers).joined(separator: "\r\n") + "\r\n\r\n" + (body ?? ""))
    return client.read { _ in false }
  }

  /// A port that is free now.
  static func freePort() throws -> UInt16 {
    let service = try LocalService()
    defer { service.stop() }
    return service.port
  }
}
