import PerpCore

/// Takes WebSocket frames (RFC 6455, section 5) apart where they lie in the receive buffer and
/// joins the pieces of a message only when it came in pieces. Used for both ends of the wire.
///
/// No extension is ever offered or accepted, so reserved bits are an error.
struct FrameReader: ~Copyable {
  enum Peer {
    /// Its frames must not be masked.
    case server
    /// Its frames must be masked.
    case client
  }

  enum Step: Equatable {
    /// Nothing complete; read more bytes.
    case more
    /// A whole message; its bytes are `payload`.
    case text, binary
    case ping, pong
    /// Code 1005 stands for none given.
    case close(code: Int, reason: String)
    /// The peer broke the protocol; the connection is to be closed with this code.
    case violation(code: Int, String)
  }

  /// Room for frames that are delivered where they lie; longer ones are joined.
  private static let bufferSize = 64 << 10

  private let peer: Peer
  private let maxMessageBytes: Int
  private let buffer = UnsafeMutableRawBufferPointer.allocate(
    byteCount: bufferSize, alignment: 16)
  private var start = 0
  private var end = 0
  private var frame = FrameHeader()
  /// Whether bytes of a data frame's payload are being joined.
  private var isInPayload = false
  private var isInMessage = false
  private var isText = false
  private var joined = ByteBuffer(capacity: 64)
  private var isJoinedDelivered = false

  /// The bytes of the message or control frame told last, until the next call of anything.
  private(set) var payload = UnsafeRawBufferPointer(start: nil, count: 0)

  init(from peer: Peer, maxMessageBytes: Int) {
    self.peer = peer
    self.maxMessageBytes = maxMessageBytes
  }

  deinit { buffer.deallocate() }

  /// Where the next bytes from the wire go; `advance` says how many came.
  mutating func room() -> UnsafeMutableRawBufferPointer {
    if start == end {
      (start, end) = (0, 0)
    } else if start > 0, end > buffer.count / 2 {
      let rest = UnsafeRawBufferPointer(rebasing: buffer[start..<end])
      buffer.copyMemory(from: rest)
      (start, end) = (0, rest.count)
    }
    return UnsafeMutableRawBufferPointer(rebasing: buffer[end...])
  }

  mutating func advance(_ count: Int) { end += count }

  /// What was received and not yet taken, for the HTTP head that comes before the frames.
  var buffered: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[start..<end]) }

  mutating func skip(_ count: Int) { start += count }

  /// The next thing in the bytes received.
  mutating func next() -> Step {
    if isJoinedDelivered {
      joined.clear()
      isJoinedDelivered = false
    }
    while true {
      if isInPayload {
        guard joinPayload() else { return .more }
        if frame.isFinal { return finishJoined() }
      }
      guard let header = FrameHeader(buffer[start..<end]) else { return .more }
      if let violation = check(header) { return violation }
      let isWhole = end - start >= header.headerLength + header.length
      if header.isControl {
        guard isWhole else { return .more }
        return control(header)
      }
      if header.isFinal, !isInMessage, header.headerLength + header.length <= buffer.count {
        guard isWhole else { return .more }
        isText = header.opcode == FrameHeader.text
        payload = take(header)
        return message()
      }
      begin(header)
    }
  }

  // MARK: Data

  private mutating func begin(_ header: FrameHeader) {
    if !isInMessage { isText = header.opcode == FrameHeader.text }
    isInMessage = true
    isInPayload = true
    frame = header
    start += header.headerLength
  }

  /// False when the frame is not complete yet.
  private mutating func joinPayload() -> Bool {
    let count = min(frame.length, end - start)
    let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + count])
    if frame.isMasked { frame.unmask(piece) }
    joined.append(UnsafeRawBufferPointer(piece))
    start += count
    frame.length -= count
    if frame.length > 0 { return false }
    isInPayload = false
    return true
  }

  private mutating func finishJoined() -> Step {
    isInMessage = false
    isJoinedDelivered = true
    payload = joined.bytes
    return message()
  }

  private func message() -> Step {
    guard isText else { return .binary }
    return payload.isUTF8 ? .text : .violation(code: 1007, "text that is not UTF-8")
  }

  private mutating func take(_ header: FrameHeader) -> UnsafeRawBufferPointer {
    var header = header
    let first = start + header.headerLength
    let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[first..<first + header.length])
    start = first + header.length
    if header.isMasked { header.unmask(bytes) }
    return UnsafeRawBufferPointer(bytes)
  }

  // MARK: Control and rules

  private mutating func control(_ header: FrameHeader) -> Step {
    payload = take(header)
    switch header.opcode {
    case FrameHeader.ping: return .ping
    case FrameHeader.pong: return .pong
    default: return close()
    }
  }

  private func close() -> Step {
    if payload.isEmpty { return .close(code: 1005, reason: "") }
    guard payload.count >= 2 else { return .violation(code: 1002, "close frame of one byte") }
    let code = Int(payload[0]) << 8 | Int(payload[1])
    let reason = UnsafeRawBufferPointer(rebasing: payload[2...])
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: break
    default: return .violation(code: 1002, "close code \(code)")
    }
    guard reason.isUTF8 else { return .violation(code: 1007, "close reason that is not UTF-8") }
    return .close(code: code, reason: String(decoding: reason, as: UTF8.self))
  }

  private func check(_ header: FrameHeader) -> Step? {
    if header.hasReservedBits { return .violation(code: 1002, "reserved bits set") }
    if header.isMasked != (peer == .client) {
      return .violation(code: 1002, header.isMasked ? "masked frame" : "unmasked frame")
    }
    switch header.opcode {
    case FrameHeader.ping, FrameHeader.pong, FrameHeader.close:
      guard header.isFinal, header.length <= 125 else {
        return .violation(code: 1002, "control frame too long or in pieces")
      }
      return nil
    case FrameHeader.continuation:
      if !isInMessage { return .violation(code: 1002, "continuation of nothing") }
    case FrameHeader.text, FrameHeader.binary:
      if isInMessage { return .violation(code: 1002, "new message inside another") }
    default:
      return .violation(code: 1002, "opcode \(header.opcode)")
    }
    if header.length > maxMessageBytes - joined.count {
      return .violation(code: 1009, "message longer than \(maxMessageBytes) bytes")
    }
    return nil
  }
}

/// The header of a frame.
struct FrameHeader {
  static let continuation: UInt8 = 0
  static let text: UInt8 = 1
  static let binary: UInt8 = 2
  static let close: UInt8 = 8
  static let ping: UInt8 = 9
  static let pong: UInt8 = 10

  fileprivate var opcode: UInt8 = 0
  fileprivate var isFinal = false
  fileprivate var hasReservedBits = false
  fileprivate var isMasked = false
  fileprivate var headerLength = 0
  /// Payload bytes; what is left of them while they are joined.
  fileprivate var length = 0
  /// The byte of the mask that is due next comes first in memory.
  private var mask: UInt32 = 0

  fileprivate init() {}

  var isControl: Bool { opcode & 8 != 0 }

  /// Nil as long as the header is incomplete.
  fileprivate init?(_ bytes: Slice<UnsafeMutableRawBufferPointer>) {
    let bytes = UnsafeRawBufferPointer(rebasing: bytes)
    guard bytes.count >= 2 else { return nil }
    isFinal = bytes[0] & 0x80 != 0
    hasReservedBits = bytes[0] & 0x70 != 0
    opcode = bytes[0] & 0x0F
    isMasked = bytes[1] & 0x80 != 0
    let short = Int(bytes[1] & 0x7F)
    headerLength = 2 + (short == 126 ? 2 : short == 127 ? 8 : 0) + (isMasked ? 4 : 0)
    guard bytes.count >= headerLength else { return nil }
    switch short {
    case 126:
      length = Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
    case 127:
      let long = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
      length = Int(clamping: long)
    default: length = short
    }
    if isMasked {
      mask = bytes.loadUnaligned(fromByteOffset: headerLength - 4, as: UInt32.self)
    }
  }

  fileprivate mutating func unmask(_ bytes: UnsafeMutableRawBufferPointer) {
    mask = Self.mask(bytes, with: mask)
  }

  /// Applies the mask and returns it turned to where the next byte goes on.
  fileprivate static func mask(_ bytes: UnsafeMutableRawBufferPointer, with mask: UInt32) -> UInt32
  {
    let wide = UInt64(mask) << 32 | UInt64(mask)
    var index = 0
    while index + 8 <= bytes.count {
      let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      bytes.storeBytes(of: word ^ wide, toByteOffset: index, as: UInt64.self)
      index += 8
    }
    var rest = mask
    while index < bytes.count {
      bytes[index] ^= UInt8(truncatingIfNeeded: rest)
      rest = rest >> 8 | rest << 24
      index += 1
    }
    return rest
  }
}

extension ByteBuffer {
  /// One unfragmented frame. Clients give a mask nobody can foretell, servers none.
  mutating func appendFrame(
    _ opcode: UInt8, _ payload: UnsafeRawBufferPointer, mask: UInt32? = nil
  ) {
    append(opcode | 0x80)
    let maskBit: UInt8 = mask == nil ? 0 : 0x80
    switch payload.count {
    case ...125: append(UInt8(payload.count) | maskBit)
    case ...0xFFFF:
      append(126 | maskBit)
      appendBigEndian(UInt16(payload.count))
    default:
      append(127 | maskBit)
      appendBigEndian(UInt64(payload.count))
    }
    if let mask { appendBigEndian(mask.bigEndian) }
    let place = UnsafeMutableRawBufferPointer(start: room(payload.count), count: payload.count)
    place.copyMemory(from: payload)
    if let mask { _ = FrameHeader.mask(place, with: mask) }
    advance(payload.count)
  }

  /// Code 1005 stands for no code; the reason is cut to what a control frame holds.
  mutating func appendClose(code: Int, reason: String, mask: UInt32? = nil) {
    var payload: [UInt8] = []
    if code != 1005 {
      payload = [UInt8(truncatingIfNeeded: code >> 8), UInt8(truncatingIfNeeded: code)]
      for scalar in reason.unicodeScalars {
        let bytes = Array(String(scalar).utf8)
        if payload.count + bytes.count > 125 { break }
        payload += bytes
      }
    }
    payload.withUnsafeBytes { appendFrame(FrameHeader.close, $0, mask: mask) }
  }

  private mutating func appendBigEndian<T: FixedWidthInteger>(_ value: T) {
    room(MemoryLayout<T>.size).storeBytes(of: value.bigEndian, as: T.self)
    advance(MemoryLayout<T>.size)
  }
}

extension UnsafeRawBufferPointer {
  fileprivate var isUTF8: Bool {
    (try? UTF8Span(validating: assumingMemoryBound(to: UInt8.self).span)) != nil
  }
}
