import PerpCore

/// Takes the WebSocket frames of a server apart (RFC 6455, section 5), as strictly as the real
/// transport: for simulators that write bytes of their own making.
struct FrameDecoder: Sendable {
  enum Item: Equatable, Sendable {
    case text([UInt8])
    case binary([UInt8])
    case ping
    case pong
    /// Code 1005 stands for none given.
    case close(code: Int, reason: String)
    /// The last item there is: the connection cannot go on.
    case violation(String)
    /// The last item there is: a message longer than allowed.
    case tooLong
  }

  private struct Header {
    var isFinal: Bool
    var opcode: UInt8
    var length: Int
    /// Of the header itself, in bytes.
    var size: Int

    var isControl: Bool { opcode >= 8 }
  }

  private let maxMessageBytes: Int
  private var bytes: [UInt8] = []
  /// Where the next frame begins in `bytes`.
  private var start = 0
  /// The message that is being joined, and its opcode; nil between messages.
  private var message: [UInt8] = []
  private var messageOpcode: UInt8?
  private var isOver = false

  init(maxMessageBytes: Int) { self.maxMessageBytes = maxMessageBytes }

  /// Between two messages, with no byte waiting.
  var isIdle: Bool { start == bytes.count && messageOpcode == nil && !isOver }

  mutating func append(_ more: [UInt8]) {
    if start == bytes.count {
      bytes = more
      start = 0
    } else {
      if start > bytes.count / 2 {
        bytes.removeFirst(start)
        start = 0
      }
      bytes += more
    }
  }

  /// The next whole message or control frame; nil until there are more bytes.
  mutating func next() -> Item? {
    while !isOver {
      let header: Header
      switch readHeader() {
      case .success(let found?): header = found
      case .success(nil): return nil
      case .failure(let violation): return end(.violation(violation.text))
      }
      if !header.isControl, message.count + header.length > maxMessageBytes {
        return end(.tooLong)
      }
      let payloadStart = start + header.size
      guard bytes.count - payloadStart >= header.length else { return nil }
      let payload = bytes[payloadStart..<payloadStart + header.length]
      start = payloadStart + header.length
      if let item = take(payload, header) { return item }
    }
    return nil
  }

  private struct Violation: Error {
    let text: String
  }

  /// Success with nil: the header is not complete.
  private func readHeader() -> Result<Header?, Violation> {
    let available = bytes.count - start
    guard available >= 2 else { return .success(nil) }
    let (first, second) = (bytes[start], bytes[start + 1])
    guard first & 0x70 == 0 else { return .failure(Violation(text: "reserved bits")) }
    guard second & 0x80 == 0 else { return .failure(Violation(text: "masked by the server")) }
    var header = Header(
      isFinal: first & 0x80 != 0, opcode: first & 0x0F, length: Int(second & 0x7F), size: 2)
    switch header.opcode {
    case 0 where messageOpcode == nil:
      return .failure(Violation(text: "continuation of nothing"))
    case 1 where messageOpcode != nil, 2 where messageOpcode != nil:
      return .failure(Violation(text: "message inside a message"))
    case 0, 1, 2: break
    case 8, 9, 10:
      guard header.isFinal else { return .failure(Violation(text: "control frame in pieces")) }
      guard header.length <= 125 else { return .failure(Violation(text: "long control frame")) }
    default: return .failure(Violation(text: "unknown opcode \(header.opcode)"))
    }
    guard header.length >= 126 else { return .success(header) }
    let lengthBytes = header.length == 126 ? 2 : 8
    guard available >= 2 + lengthBytes else { return .success(nil) }
    let length = bytes[(start + 2)..<(start + 2 + lengthBytes)].reduce(UInt64(0)) {
      $0 << 8 | UInt64($1)
    }
    guard length >> 63 == 0 else { return .failure(Violation(text: "impossible length")) }
    guard length > (lengthBytes == 2 ? 125 : 65_535) else {
      return .failure(Violation(text: "length not in its shortest form"))
    }
    // A sum with the message before it must not overflow; what is that long is too long anyway.
    header.length = Int(min(length, UInt64(Int.max / 2)))
    header.size = 2 + lengthBytes
    return .success(header)
  }

  private mutating func take(_ payload: ArraySlice<UInt8>, _ header: Header) -> Item? {
    switch header.opcode {
    case 8: return close(payload)
    case 9: return .ping
    case 10: return .pong
    default: break
    }
    if header.opcode != 0 { messageOpcode = header.opcode }
    message += payload
    guard header.isFinal else { return nil }
    let whole = message
    message = []
    defer { messageOpcode = nil }
    guard messageOpcode == 1 else { return .binary(whole) }
    return whole.isValidUTF8 ? .text(whole) : end(.violation("text is not UTF-8"))
  }

  private mutating func close(_ payload: ArraySlice<UInt8>) -> Item {
    guard !payload.isEmpty else { return end(.close(code: 1005, reason: "")) }
    let reason = Array(payload.dropFirst(2))
    guard payload.count >= 2, reason.isValidUTF8 else {
      return end(.violation("malformed close frame"))
    }
    let code = Int(payload[payload.startIndex]) << 8 | Int(payload[payload.startIndex + 1])
    return end(.close(code: code, reason: String(decoding: reason, as: UTF8.self)))
  }

  private mutating func end(_ item: Item) -> Item {
    isOver = true
    return item
  }
}

extension [UInt8] {
  var isValidUTF8: Bool { (try? UTF8Span(validating: span)) != nil }
}
