/// Takes WebSocket frames (RFC 6455, section 5) apart where they lie in the receive buffer and
/// joins the pieces of a message only when it came in pieces. Used for both ends of the wire, of
/// sockets as well as of connections in memory.
///
/// No extension is ever offered or accepted, so reserved bits are an error.
package struct FrameReader: Sendable {
  package enum Peer: Sendable {
    /// Its frames must not be masked.
    case server
    /// Its frames must be masked.
    case client
  }

  package enum Step: Equatable, Sendable {
    /// Nothing complete; read more bytes.
    case more
    /// A whole message; its bytes are `payload`.
    case text, binary
    case ping, pong
    /// The peer's last word. Code 1005 stands for none given.
    case close(code: Int, reason: String)
    /// The peer broke the protocol; the connection is to be closed with this code.
    case violation(code: Int, String)
  }

  /// Room for frames that are delivered where they lie; longer ones are joined.
  private static let bufferSize = 64 << 10
  /// Payload of a control frame, at most.
  static let controlLimit = 125

  private let peer: Peer
  private let maxMessageBytes: Int
  private var buffer = [UInt8](repeating: 0, count: bufferSize)
  /// What was received and not yet taken lies between these two.
  private var start = 0
  private var end = 0
  /// Bytes of a data frame that still have to be joined, and what becomes of them; nil between
  /// such frames.
  private var piece: Piece?
  private var isInMessage = false
  private var isText = false
  private var joined: [UInt8] = []
  private var isJoinedDelivered = false
  private var payloadStart = 0
  private var payloadCount = 0

  private struct Piece {
    var left: Int
    let isFinal: Bool
    /// Nil for a server's.
    var mask: UInt32?
  }

  package init(from peer: Peer, maxMessageBytes: Int) {
    self.peer = peer
    self.maxMessageBytes = maxMessageBytes
  }

  /// The bytes of the message or control frame told last.
  package var payload: RawSpan {
    @_lifetime(borrow self)
    get {
      isJoinedDelivered
        ? joined.span.bytes
        : buffer.span.bytes.extracting(
          unchecked: Range(uncheckedBounds: (payloadStart, payloadStart + payloadCount)))
    }
  }

  /// Between two messages, with no byte waiting.
  package var isIdle: Bool { start == end && !isInMessage }

  // MARK: Bytes from the wire

  /// Lets `fill` write bytes from the wire into the room there is, never none, and say how many.
  package mutating func receive<Outcome>(
    _ fill: (_ room: UnsafeMutableRawBufferPointer, _ count: inout Int) -> Outcome
  ) -> Outcome {
    makeRoom()
    let place = end
    var count = 0
    let outcome = buffer.withUnsafeMutableBytes {
      fill(UnsafeMutableRawBufferPointer(rebasing: $0[place...]), &count)
    }
    precondition(0...(buffer.count - end) ~= count)
    end += count
    return outcome
  }

  /// Takes as many bytes as there is room for and returns what is left of them.
  package mutating func receive(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    receive { room, count in
      count = min(room.count, bytes.count)
      room.copyBytes(from: bytes.prefix(count))
      return bytes.dropFirst(count)
    }
  }

  /// What was received and not yet taken, for the HTTP head that comes before the frames.
  package var buffered: RawSpan {
    @_lifetime(borrow self)
    get { buffer.span.bytes.extracting(start..<end) }
  }

  package mutating func skip(_ count: Int) { start += count }

  /// Takes from what was received, for what is no frame.
  package mutating func take(atMost count: Int) -> ArraySlice<UInt8> {
    let place = start..<min(start + count, end)
    start = place.upperBound
    return buffer[place]
  }

  private mutating func makeRoom() {
    if start == end {
      (start, end) = (0, 0)
    } else if start > 0, end > buffer.count / 2 {
      let rest = start..<end
      buffer.withUnsafeMutableBytes {
        $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[rest]))
      }
      (start, end) = (0, rest.count)
    }
  }

  // MARK: Frames

  /// The next thing in the bytes received.
  package mutating func next() -> Step {
    if isJoinedDelivered {
      joined.removeAll(keepingCapacity: true)
      isJoinedDelivered = false
    }
    while true {
      if let step = join() { return step }
      let header = buffer.withUnsafeBytes {
        FrameHeader(UnsafeRawBufferPointer(rebasing: $0[start..<end]))
      }
      guard let header else { return .more }
      if let violation = check(header) { return violation }
      // Any header that passes announces less than `maxMessageBytes`.
      let length = header.headerLength + Int(header.length)
      if header.isControl {
        guard end - start >= length else { return .more }
        return control(header)
      }
      if header.isFinal, !isInMessage, length <= buffer.count {
        guard end - start >= length else { return .more }
        isText = header.opcode == Opcode.text
        take(header)
        return message()
      }
      begin(header)
    }
  }

  private mutating func begin(_ header: FrameHeader) {
    if !isInMessage { isText = header.opcode == Opcode.text }
    isInMessage = true
    piece = Piece(
      left: Int(header.length), isFinal: header.isFinal, mask: header.isMasked ? header.mask : nil)
    start += header.headerLength
  }

  /// Nil when nothing is being joined, or the frame was joined and has successors.
  private mutating func join() -> Step? {
    guard var piece else { return nil }
    let place = start..<start + min(piece.left, end - start)
    if let mask = piece.mask { piece.mask = unmask(place, mask) }
    joined += buffer[place]
    start = place.upperBound
    piece.left -= place.count
    guard piece.left == 0 else {
      self.piece = piece
      return .more
    }
    self.piece = nil
    guard piece.isFinal else { return nil }
    isInMessage = false
    isJoinedDelivered = true
    return message()
  }

  private func message() -> Step {
    guard isText else { return .binary }
    return payload.isUTF8 ? .text : .violation(code: 1007, "text that is not UTF-8")
  }

  private mutating func take(_ header: FrameHeader) {
    payloadStart = start + header.headerLength
    payloadCount = Int(header.length)
    start = payloadStart + payloadCount
    if header.isMasked { _ = unmask(payloadStart..<start, header.mask) }
  }

  private mutating func unmask(_ place: Range<Int>, _ mask: UInt32) -> UInt32 {
    buffer.withUnsafeMutableBytes {
      applyMask(mask, to: UnsafeMutableRawBufferPointer(rebasing: $0[place]))
    }
  }

  // MARK: Control and rules

  private mutating func control(_ header: FrameHeader) -> Step {
    take(header)
    switch header.opcode {
    case Opcode.ping: return .ping
    case Opcode.pong: return .pong
    default: return close()
    }
  }

  private func close() -> Step {
    let payload = buffer[payloadStart..<payloadStart + payloadCount]
    guard payload.count != 1 else { return .violation(code: 1002, "close frame of one byte") }
    guard payload.count > 1 else { return .close(code: 1005, reason: "") }
    let code = Int(payload[payloadStart]) << 8 | Int(payload[payloadStart + 1])
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: break
    default: return .violation(code: 1002, "close code \(code)")
    }
    let reason = payload.dropFirst(2)
    guard reason.span.bytes.isUTF8 else {
      return .violation(code: 1007, "close reason that is not UTF-8")
    }
    return .close(code: code, reason: String(decoding: reason, as: UTF8.self))
  }

  private func check(_ header: FrameHeader) -> Step? {
    if header.hasReservedBits { return .violation(code: 1002, "reserved bits set") }
    if header.isMasked != (peer == .client) {
      return .violation(code: 1002, header.isMasked ? "masked frame" : "unmasked frame")
    }
    guard header.isLengthMinimal else {
      return .violation(code: 1002, "length not in its shortest form")
    }
    guard header.length >> 63 == 0 else { return .violation(code: 1002, "impossible length") }
    switch header.opcode {
    case Opcode.ping, Opcode.pong, Opcode.close:
      guard header.isFinal, header.length <= Self.controlLimit else {
        return .violation(code: 1002, "control frame too long or in pieces")
      }
      return nil
    case Opcode.continuation:
      if !isInMessage { return .violation(code: 1002, "continuation of nothing") }
    case Opcode.text, Opcode.binary:
      if isInMessage { return .violation(code: 1002, "new message inside another") }
    default:
      return .violation(code: 1002, "opcode \(header.opcode)")
    }
    if header.length > UInt64(maxMessageBytes - joined.count) {
      return .violation(code: 1009, "message longer than \(maxMessageBytes) bytes")
    }
    return nil
  }
}

extension RawSpan {
  package var isUTF8: Bool {
    withUnsafeBytes {
      (try? UTF8Span(validating: $0.assumingMemoryBound(to: UInt8.self).span)) != nil
    }
  }
}
