import Foundation
import Synchronization

/// An HTTP service on this machine that takes whatever is posted to it.
final class LocalService: Sendable {
  let port: UInt16
  private let listener: Int32
  private let requests = Mutex<[(path: String, body: String)]>([])

  init() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(listener, generic, length) == 0 && listen(listener, 8) == 0
          && getsockname(listener, generic, &length) == 0
      }
    }
    guard listener >= 0, result else { throw CocoaError(.fileReadUnknown) }
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
    Thread { [self] in
      while true {
        let peer = accept(listener, nil, nil)
        guard peer >= 0 else { return }
        serve(peer)
      }
    }.start()
  }

  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  var received: [(path: String, body: String)] { requests.withLock { $0 } }

  private func serve(_ peer: Int32) {
    defer { close(peer) }
    var text = ""
    var piece = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      if let end = text.range(of: "\r\n\r\n") {
        let head = text[..<end.lowerBound]
        let length =
          head.lowercased().firstMatch(of: /content-length: (\d+)/).flatMap { Int($0.output.1) }
          ?? 0
        let body = text[end.upperBound...]
        if body.utf8.count >= length {
          let path = head.split(separator: " ").dropFirst().first.map(String.init) ?? ""
          requests.withLock { $0.append((path, String(body))) }
          break
        }
      }
      let count = read(peer, &piece, piece.count)
      guard count > 0 else { return }
      text += String(decoding: piece.prefix(count), as: UTF8.self)
    }
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n{\"code\":0}"
    _ = write(peer, answer, answer.utf8.count)
  }
}
