extension UInt256 {
  /// Reads `bytes`, the most significant first; at most 32.
  package init?(bigEndian bytes: [UInt8]) {
    guard bytes.count <= 32 else { return nil }
    self.init(bigEndian: bytes.span.bytes)
  }

  /// The first 32 bytes of `bytes`, the most significant first.
  package init(bigEndian bytes: RawSpan) {
    self.init(0)
    for index in 0..<min(bytes.byteCount, 32) {
      let byte = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
      self = UInt256(
        w0 << 8 | UInt64(byte), w1 << 8 | w0 >> 56, w2 << 8 | w1 >> 56, w3 << 8 | w2 >> 56)
    }
  }

  /// Reads hexadecimal digits of either case, with or without `0x`; nil for none, for other
  /// characters and beyond 256 bits.
  package init?(hex text: some StringProtocol) {
    let digits = text.hasPrefix("0x") || text.hasPrefix("0X") ? text.dropFirst(2) : text[...]
    guard !digits.isEmpty else { return nil }
    self.init(0)
    for character in digits.utf8 {
      guard let digit = hexDigit(character), w3 >> 60 == 0 else { return nil }
      self = UInt256(
        w0 << 4 | UInt64(digit), w1 << 4 | w0 >> 60, w2 << 4 | w1 >> 60, w3 << 4 | w2 >> 60)
    }
  }

  /// Reads decimal digits; nil for none, for other characters and beyond 256 bits.
  package init?(decimal text: some StringProtocol) {
    guard !text.isEmpty else { return nil }
    self.init(0)
    for character in text.utf8 {
      let digit = character &- UInt8(ascii: "0")
      guard digit <= 9, let next = multiplied(by: 10, adding: UInt64(digit)) else { return nil }
      self = next
    }
  }

  /// 32 bytes, the most significant first.
  package var bigEndianBytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      write(bigEndian: UnsafeMutableRawBufferPointer(buffer))
      count = 32
    }
  }

  /// Writes 32 bytes, the most significant first.
  func write(bigEndian bytes: UnsafeMutableRawBufferPointer) {
    bytes.storeBytes(of: w3.bigEndian, toByteOffset: 0, as: UInt64.self)
    bytes.storeBytes(of: w2.bigEndian, toByteOffset: 8, as: UInt64.self)
    bytes.storeBytes(of: w1.bigEndian, toByteOffset: 16, as: UInt64.self)
    bytes.storeBytes(of: w0.bigEndian, toByteOffset: 24, as: UInt64.self)
  }

  /// 64 digits in lower case, without `0x`.
  package var paddedHex: String { bigEndianBytes.hex }

  /// `0x` and the digits in lower case, without leading zeros.
  package var hex: String {
    let digits = paddedHex.drop { $0 == "0" }
    return digits.isEmpty ? "0x0" : "0x\(digits)"
  }

  package var decimal: String {
    var parts: [String] = []
    var rest = self
    while !rest.isZero {
      let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: Self.largestPowerOfTen)
      let digits = String(remainder)
      let zeros = quotient.isZero ? 0 : Self.digitsOfLargestPower - digits.count
      parts.append(String(repeating: "0", count: zeros) + digits)
      rest = quotient
    }
    return parts.isEmpty ? "0" : parts.reversed().joined()
  }

  private static let largestPowerOfTen: UInt64 = 10_000_000_000_000_000_000
  private static let digitsOfLargestPower = 19
}

func hexDigit(_ character: UInt8) -> UInt8? {
  switch character {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
  default: nil
  }
}

extension Array where Element == UInt8 {
  /// Reads pairs of hexadecimal digits, with or without `0x`.
  package init?(hex text: some StringProtocol) {
    let digits = Array(text.utf8.dropFirst(text.hasPrefix("0x") ? 2 : 0))
    guard digits.count.isMultiple(of: 2) else { return nil }
    self.init()
    reserveCapacity(digits.count / 2)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = hexDigit(digits[index]), let low = hexDigit(digits[index + 1]) else {
        return nil
      }
      append(high << 4 | low)
    }
  }

  /// Two digits for each byte, in lower case.
  package var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(2 * count)
    for byte in self {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
