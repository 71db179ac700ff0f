/// What a frame is for (RFC 6455, section 5.2); all other numbers are reserved.
package enum Opcode {
  package static let continuation: UInt8 = 0
  package static let text: UInt8 = 1
  package static let binary: UInt8 = 2
  package static let close: UInt8 = 8
  package static let ping: UInt8 = 9
  package static let pong: UInt8 = 10
}

/// The header of a frame.
struct FrameHeader {
  private(set) var opcode: UInt8 = 0
  private(set) var isFinal = false
  private(set) var hasReservedBits = false
  private(set) var isMasked = false
  /// The payload's length is written in its shortest form, as it must be.
  private(set) var isLengthMinimal = true
  /// Bytes of the header itself.
  private(set) var headerLength = 0
  /// Bytes of the payload, as announced.
  private(set) var length: UInt64 = 0
  /// The byte that is due first comes first in memory.
  private(set) var mask: UInt32 = 0

  /// Nil as long as the header is incomplete.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 2 else { return nil }
    isFinal = bytes[0] & 0x80 != 0
    hasReservedBits = bytes[0] & 0x70 != 0
    opcode = bytes[0] & 0x0F
    isMasked = bytes[1] & 0x80 != 0
    let short = bytes[1] & 0x7F
    headerLength = 2 + (short == 126 ? 2 : short == 127 ? 8 : 0) + (isMasked ? 4 : 0)
    guard bytes.count >= headerLength else { return nil }
    switch short {
    case 126:
      length = UInt64(bytes.bigEndian(at: 2, as: UInt16.self))
      isLengthMinimal = length > 125
    case 127:
      length = bytes.bigEndian(at: 2, as: UInt64.self)
      isLengthMinimal = length > 0xFFFF
    default: length = UInt64(short)
    }
    if isMasked {
      mask = bytes.loadUnaligned(fromByteOffset: headerLength - 4, as: UInt32.self)
    }
  }

  var isControl: Bool { opcode & 8 != 0 }
}

/// Hides payload from what stands between the two ends, or shows it again (section 5.3).
///
/// Returns the mask turned to where the byte after the last goes on.
@discardableResult
func applyMask(_ mask: UInt32, to bytes: UnsafeMutableRawBufferPointer) -> UInt32 {
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

extension UnsafeRawBufferPointer {
  fileprivate func bigEndian<T: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: T.Type
  ) -> T {
    T(bigEndian: loadUnaligned(fromByteOffset: offset, as: type))
  }
}
