import PerpVenue

/// Writes WebSocket frames as a server does, unmasked (RFC 6455, section 5.2), and as no server
/// should: every field of the header can be given.
struct FrameEncoder {
  static let continuation: UInt8 = 0
  static let text: UInt8 = 1
  static let binary: UInt8 = 2
  static let close: UInt8 = 8
  static let ping: UInt8 = 9

  static func encode(
    _ opcode: UInt8, _ payload: some Collection<UInt8>, isFinal: Bool = true,
    reservedBits: UInt8 = 0, mask: [UInt8] = []
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(payload.count + 14)
    bytes.append((isFinal ? 0x80 : 0) | reservedBits << 4 | opcode)
    let maskBit: UInt8 = mask.isEmpty ? 0 : 0x80
    switch payload.count {
    case ...125: bytes.append(maskBit | UInt8(payload.count))
    case ...65_535:
      bytes.append(maskBit | 126)
      appendLength(payload.count, bytes: 2, to: &bytes)
    default:
      bytes.append(maskBit | 127)
      appendLength(payload.count, bytes: 8, to: &bytes)
    }
    bytes += mask
    if mask.isEmpty {
      bytes += payload
    } else {
      for (index, byte) in payload.enumerated() { bytes.append(byte ^ mask[index % mask.count]) }
    }
    return bytes
  }

  /// The frame as it would go over the wire; bytes that are raw already as they are.
  static func encode(_ frame: Frame) -> [UInt8] {
    switch frame.kind {
    case .text: encode(text, frame.bytes)
    case .binary: encode(binary, frame.bytes)
    case .raw: frame.bytes
    }
  }

  private static func appendLength(_ length: Int, bytes count: Int, to bytes: inout [UInt8]) {
    for shift in (0..<count).reversed() {
      bytes.append(UInt8(truncatingIfNeeded: length >> (8 * shift)))
    }
  }
}
