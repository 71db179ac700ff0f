import CPerpIO
import PerpVenue

/// The opening handshake of RFC 6455, section 4, both sides of it.
enum WebSocketHandshake {
  enum Verdict: Equatable {
    case accepted
    case refused(status: Int)
    case malformed(String)
  }

  /// A key nobody can foretell.
  static func makeKey() -> String {
    var generator = SystemRandomNumberGenerator()
    return base64((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
  }

  /// Nil when a field could not be written as one line.
  static func request(_ url: WebURL, fields: [HTTPField], key: String) -> String? {
    guard fields.allSatisfy(\.isWritable) else { return nil }
    var text = "GET \(url.target) HTTP/1.1\r\nHost: \(url.authority)\r\n"
    text += "Upgrade: websocket\r\nConnection: Upgrade\r\n"
    text += "Sec-WebSocket-Key: \(key)\r\nSec-WebSocket-Version: 13\r\n"
    for field in fields { text += "\(field.name): \(field.value)\r\n" }
    return text + "\r\n"
  }

  /// Judges the answer to a request with `key`.
  static func judge(_ head: HTTPHead, key: String) -> Verdict {
    let words = head.firstLine.split(separator: " ", maxSplits: 2)
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
      return .malformed("not an HTTP answer")
    }
    guard status == 101 else { return .refused(status: status) }
    guard head.field("Upgrade", has: "websocket"), head.field("Connection", has: "upgrade") else {
      return .malformed("an upgrade to something else")
    }
    guard head.field("Sec-WebSocket-Accept") == acceptance(of: key) else {
      return .malformed("an upgrade with the wrong key")
    }
    guard head.field("Sec-WebSocket-Extensions") == nil else {
      return .malformed("an upgrade with an extension we did not offer")
    }
    return .accepted
  }

  /// The answer that a server gives to a client's key.
  static func acceptance(of key: String) -> String {
    let bytes = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
    var digest = [UInt8](repeating: 0, count: 20)
    perp_sha1(bytes, bytes.count, &digest)
    return base64(digest)
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for place in 0..<4 {
        let isPadding = place > group.count
        let index = Int(bits >> UInt32(18 - 6 * place)) & 63
        text.append(isPadding ? UInt8(ascii: "=") : alphabet[index])
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
