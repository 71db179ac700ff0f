extension Decimal {
  /// Reads `-?digits[.digits][e[+-]digits]`, the grammar of a JSON number; nil for anything else
  /// and for what 38 digits cannot hold exactly. Leading zeros, a plus sign and a bare point are
  /// not of that grammar.
  public init?(_ text: RawSpan) {
    if let plain = Decimal(plain: text) { self = plain } else { self.init(unusual: text) }
  }

  /// The usual kind, at most eighteen bytes without an exponent; nil says nothing of the others.
  private init?(plain text: RawSpan) {
    let count = text.byteCount
    guard count > 0, count <= 18 else { return nil }
    let first = text.byte(unchecked: 0) == UInt8(ascii: "-") ? 1 : 0
    var value: Int64 = 0
    let point = text.digits(from: first, into: &value)
    guard point > first, point == first + 1 || text.byte(unchecked: first) != UInt8(ascii: "0")
    else { return nil }
    var end = point
    if point < count, text.byte(unchecked: point) == UInt8(ascii: ".") {
      end = text.digits(from: point + 1, into: &value)
      guard end > point + 1 else { return nil }
    }
    guard end == count else { return nil }
    self.init(
      mantissa: Int128(first == 1 ? -value : value), scale: UInt8(max(end - point - 1, 0)))
  }

  private init?(unusual text: RawSpan) {
    let count = text.byteCount
    guard count > 0, count <= Self.maxTextLength else { return nil }
    var index = 0
    let negative = text.byte(0) == UInt8(ascii: "-")
    if negative { index = 1 }

    var mantissa: Int128 = 0
    var digits = 0
    var scale = 0
    var pointAt = -1
    let first = index
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

  public init?(_ text: some StringProtocol) {
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
  public var description: String {
    var buffer = ByteBuffer(capacity: 48)
    buffer.append(self)
    return buffer.string
  }
}

extension RawSpan {
  /// Appends the digits that begin at `start` to `value`; returns where they end.
  @inline(__always)
  fileprivate func digits(from start: Int, into value: inout Int64) -> Int {
    var index = start
    while index < byteCount {
      let digit = byte(unchecked: index) &- UInt8(ascii: "0")
      guard digit <= 9 else { break }
      value = value &* 10 &+ Int64(digit)
      index += 1
    }
    return index
  }

  /// The byte at `index`, checked against the bounds.
  @inline(__always)
  func byte(_ index: Int) -> UInt8 { unsafeLoad(fromByteOffset: index, as: UInt8.self) }

  /// The byte at `index`, for inner loops that have compared it with `byteCount` already.
  @inlinable @inline(__always)
  public func byte(unchecked index: Int) -> UInt8 {
    assert(index >= 0 && index < byteCount)
    return unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self)
  }
}
