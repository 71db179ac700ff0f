extension Decimal {
  /// Reads `-?digits[.digits][e[+-]digits]`, the grammar of a JSON number; nil for anything else
  /// and for what 38 digits cannot hold exactly. Leading zeros, a plus sign and a bare point are
  /// not of that grammar.
  package init?(_ text: RawSpan) {
    let count = text.byteCount
    guard count > 0, count <= Self.maxTextLength else { return nil }
    var index = 0
    let negative = text.byte(0) == UInt8(ascii: "-")
    if negative { index = 1 }

    // Eighteen digits fit in 64 bits; the rare rest goes on in 128.
    var low: UInt64 = 0
    var digits = 0
    var scale = 0
    var pointAt = -1
    let first = index
    while index < count, digits < 18 {
      let byte = text.byte(index)
      if byte == UInt8(ascii: "."), pointAt < 0, index > first {
        pointAt = index
      } else {
        let digit = byte &- UInt8(ascii: "0")
        guard digit <= 9 else { break }
        low = low &* 10 &+ UInt64(digit)
        digits += 1
        if pointAt >= 0 { scale += 1 }
      }
      index += 1
    }
    var mantissa = Int128(low)
    while index < count {
      let byte = text.byte(index)
      if byte == UInt8(ascii: "."), pointAt < 0, index > first {
        pointAt = index
      } else {
        let digit = byte &- UInt8(ascii: "0")
        guard digit <= 9 else { break }
        let (product, overflow) = mantissa.multipliedReportingOverflow(by: 10)
        let (sum, carry) = product.addingReportingOverflow(Int128(digit))
        guard !overflow, !carry else { return nil }
        mantissa = sum
        digits += 1
        if pointAt >= 0 { scale += 1 }
      }
      index += 1
    }
    let integerDigits = digits - scale
    guard integerDigits > 0, pointAt < 0 || scale > 0,
      integerDigits == 1 || text.byte(first) != UInt8(ascii: "0")
    else { return nil }
    if index < count {
      guard let exponent = Self.exponent(text, from: index) else { return nil }
      scale -= exponent
      if scale < 0 {
        guard -scale <= Self.maxScale || mantissa == 0 else { return nil }
        let power = mantissa == 0 ? 1 : Self.power(-scale)
        let (product, overflow) = mantissa.multipliedReportingOverflow(by: power)
        guard !overflow else { return nil }
        mantissa = product
        scale = 0
      }
    }
    guard scale <= Self.maxScale else { return nil }
    self.init(mantissa: negative ? -mantissa : mantissa, scale: UInt8(scale))
  }

  package init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8)
    self.init(bytes.span.bytes)
  }

  /// The exponent that `text` ends with, from its letter on; at most three digits.
  private static func exponent(_ text: RawSpan, from start: Int) -> Int? {
    guard text.byte(start) | 0x20 == UInt8(ascii: "e") else { return nil }
    var index = start + 1
    var negative = false
    if index < text.byteCount, text.byte(index) == UInt8(ascii: "-") {
      negative = true
      index += 1
    } else if index < text.byteCount, text.byte(index) == UInt8(ascii: "+") {
      index += 1
    }
    guard index < text.byteCount, text.byteCount - index <= 3 else { return nil }
    var value = 0
    while index < text.byteCount {
      let digit = text.byte(index) &- UInt8(ascii: "0")
      guard digit <= 9 else { return nil }
      value = value * 10 + Int(digit)
      index += 1
    }
    return negative ? -value : value
  }
}

extension Decimal: CustomStringConvertible {
  package var description: String {
    var buffer = ByteBuffer(capacity: 48)
    buffer.append(self)
    return buffer.string
  }
}

extension RawSpan {
  /// The byte at `index`, checked against the bounds.
  @inline(__always)
  func byte(_ index: Int) -> UInt8 { unsafeLoad(fromByteOffset: index, as: UInt8.self) }

  /// The byte at `index`, for inner loops that have compared it with `byteCount` already.
  @inline(__always)
  func byte(unchecked index: Int) -> UInt8 {
    assert(index >= 0 && index < byteCount)
    return unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self)
  }
}
