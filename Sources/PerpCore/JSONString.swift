/// The content of a JSON string, still in the buffer it was read from and still escaped.
public struct JSONString: ~Escapable {
  public let bytes: RawSpan
  public let hasEscapes: Bool

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan, hasEscapes: Bool) {
    self.bytes = bytes
    self.hasEscapes = hasEscapes
  }

  /// Whether the content is `literal`, which must be plain ASCII without escapes.
  @inlinable @inline(__always)
  public static func == (string: borrowing JSONString, literal: StaticString) -> Bool {
    string.bytes.equals(literal) || (string.hasEscapes && string.text == literal.description)
  }

  public var text: String {
    guard hasEscapes else { return String(copying: bytes) }
    return String(decoding: unescaped, as: UTF8.self)
  }

  /// Nil when it is longer than a short text can be.
  package var shortText: ShortText? {
    hasEscapes ? ShortText(text) : ShortText(bytes)
  }

  package var decimal: Decimal? {
    hasEscapes ? Decimal(text) : Decimal(bytes)
  }

  private var unescaped: [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.byteCount)
    var index = 0
    while index < bytes.byteCount {
      let byte = bytes.byte(index)
      guard byte == UInt8(ascii: "\\") else {
        result.append(byte)
        index += 1
        continue
      }
      let escape = bytes.byte(index + 1)
      switch escape {
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "u"):
        // The reader has checked it already.
        guard let (scalar, length) = try? Self.unicodeEscape(in: bytes, at: index) else {
          return result
        }
        result.append(contentsOf: Array(String(Character(scalar)).utf8))
        index += length
        continue
      default: result.append(escape)
      }
      index += 2
    }
    return result
  }

  /// The character that `\uXXXX`, or a pair of them, stands for, and the length of the escape.
  /// Half a surrogate pair is refused: no character is meant by it.
  static func unicodeEscape(
    in bytes: RawSpan, at offset: Int
  ) throws(JSONError) -> (scalar: Unicode.Scalar, length: Int) {
    let invalid = JSONError(cause: .invalidEscape, offset: offset)
    guard let first = hexadecimal(in: bytes, at: offset + 2) else { throw invalid }
    if let scalar = Unicode.Scalar(first) { return (scalar, 6) }
    guard first < 0xDC00, offset + 12 <= bytes.byteCount,
      bytes.byte(offset + 6) == UInt8(ascii: "\\"), bytes.byte(offset + 7) == UInt8(ascii: "u"),
      let second = hexadecimal(in: bytes, at: offset + 8), (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw invalid }
    return (scalar, 12)
  }

  private static func hexadecimal(in bytes: RawSpan, at offset: Int) -> UInt32? {
    guard offset + 4 <= bytes.byteCount else { return nil }
    var value: UInt32 = 0
    for index in offset..<offset + 4 {
      let byte = bytes.byte(index)
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte & 0x0F)
      case UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "a")...UInt8(ascii: "f"):
        value = value << 4 | UInt32(byte & 0x0F + 9)
      default: return nil
      }
    }
    return value
  }
}

extension RawSpan {
  @inlinable @inline(__always)
  public func equals(_ literal: StaticString) -> Bool {
    let count = byteCount
    guard count == literal.utf8CodeUnitCount else { return false }
    // The last eight or four bytes overlap those before, so that no shorter rest is left.
    if count >= 8 {
      for index in stride(from: 0, to: count - 8, by: 8) {
        if !equals(literal, at: index, as: UInt64.self) { return false }
      }
      return equals(literal, at: count - 8, as: UInt64.self)
    }
    if count >= 4 {
      return equals(literal, at: 0, as: UInt32.self)
        && equals(literal, at: count - 4, as: UInt32.self)
    }
    for index in 0..<count where byte(unchecked: index) != literal.utf8Start[index] {
      return false
    }
    return true
  }

  /// Whether one word is the same in both, which are as long as it takes.
  @inlinable @inline(__always)
  public func equals<Word: FixedWidthInteger & BitwiseCopyable>(
    _ literal: StaticString, at index: Int, as _: Word.Type
  ) -> Bool {
    unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: Word.self)
      == UnsafeRawPointer(literal.utf8Start).loadUnaligned(fromByteOffset: index, as: Word.self)
  }
}

extension String {
  /// Copies bytes that are known to be UTF-8; what is not is repaired with U+FFFD.
  package init(copying bytes: RawSpan) {
    self = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }
}
