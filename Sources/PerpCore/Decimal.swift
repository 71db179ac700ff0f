/// An exact decimal number: `mantissa` × 10^-`scale`.
///
/// It keeps the digits it was read with, trailing zeros included, so that a venue's text comes out
/// as it went in; only the sign of `-0` is lost. Equality and order are numeric: `1.0 == 1.00`.
/// Whatever would not fit exactly is refused by returning nil, never rounded.
package struct Decimal: Sendable {
  package static let maxScale = 38
  /// The longest text that is read; longer is refused (`reliability.md` K09).
  package static let maxTextLength = 128
  package static let zero = Decimal(mantissa: 0, scale: 0)

  /// Never `Int128.min`, so that every value has a negative.
  package let mantissa: Int128
  /// Digits after the point, 0...38.
  package let scale: UInt8

  package init(mantissa: Int128, scale: UInt8) {
    precondition(scale <= Self.maxScale, "scale beyond 38 digits")
    precondition(mantissa != .min, "mantissa without a negative")
    self.mantissa = mantissa
    self.scale = scale
  }

  /// The value of a calculation; nil where it overflowed or has no negative.
  private init?(_ result: (partialValue: Int128, overflow: Bool), scale: Int) {
    guard !result.overflow, result.partialValue != .min else { return nil }
    self.init(mantissa: result.partialValue, scale: UInt8(scale))
  }

  package init(_ integer: Int) { self.init(mantissa: Int128(integer), scale: 0) }

  package var isZero: Bool { mantissa == 0 }
  package var isNegative: Bool { mantissa < 0 }

  /// The same value without trailing zeros: `1.500` becomes `1.5`.
  package var trimmed: Decimal {
    if let small = Int64(exactly: mantissa) {
      return Decimal(trimming: small, scale: scale)
    }
    var (mantissa, scale) = (mantissa, scale)
    while scale > 0 {
      let (quotient, remainder) = mantissa.quotientAndRemainder(dividingBy: 10)
      guard remainder == 0 else { break }
      mantissa = quotient
      scale -= 1
    }
    return Decimal(mantissa: mantissa, scale: scale)
  }

  /// `mantissa` × 10^-`scale` without trailing zeros; the fast path of binary wire formats.
  package init(trimming mantissa: Int64, scale: UInt8) {
    var (mantissa, scale) = (mantissa, scale)
    // What ten thousand divides, sixteen divides, which is cheaper to see.
    while scale >= 4, mantissa & 15 == 0, mantissa % 10_000 == 0 {
      mantissa /= 10_000
      scale -= 4
    }
    if scale >= 2, mantissa & 3 == 0, mantissa % 100 == 0 {
      mantissa /= 100
      scale -= 2
    }
    if scale >= 1, mantissa & 1 == 0, mantissa % 10 == 0 {
      mantissa /= 10
      scale -= 1
    }
    self.init(mantissa: Int128(mantissa), scale: scale)
  }

  /// The same value with exactly `scale` digits after the point, or nil when digits would be lost
  /// or the mantissa would overflow.
  package func rescaled(to scale: Int) -> Decimal? {
    guard (0...Self.maxScale).contains(scale) else { return nil }
    let shift = scale - Int(self.scale)
    if shift >= 0 {
      return Decimal(mantissa.multipliedReportingOverflow(by: Self.power(shift)), scale: scale)
    }
    let (quotient, remainder) = mantissa.quotientAndRemainder(dividingBy: Self.power(-shift))
    return remainder == 0 ? Decimal(mantissa: quotient, scale: UInt8(scale)) : nil
  }

  static func power(_ exponent: Int) -> Int128 {
    var (result, base, exponent) = (Int128(1), Int128(10), exponent)
    while exponent > 0 {
      if exponent & 1 == 1 { result *= base }
      exponent >>= 1
      if exponent > 0 { base *= base }
    }
    return result
  }
}

extension Decimal: Comparable, Hashable {
  package static func == (left: Decimal, right: Decimal) -> Bool {
    if left.scale == right.scale { return left.mantissa == right.mantissa }
    return left.compare(right) == 0
  }

  package static func < (left: Decimal, right: Decimal) -> Bool {
    if left.scale == right.scale { return left.mantissa < right.mantissa }
    return left.compare(right) < 0
  }

  package func hash(into hasher: inout Hasher) {
    let trimmed = trimmed
    hasher.combine(trimmed.mantissa)
    hasher.combine(trimmed.scale)
  }

  /// Negative, zero or positive as `self` is less than, equal to or greater than `other`.
  private func compare(_ other: Decimal) -> Int {
    guard scale <= other.scale else { return -other.compare(self) }
    let (scaled, overflow) = mantissa.multipliedReportingOverflow(
      by: Self.power(Int(other.scale - scale)))
    // Past the range of Int128 the magnitude exceeds any mantissa: the sign decides.
    if overflow { return mantissa < 0 ? -1 : 1 }
    return scaled == other.mantissa ? 0 : (scaled < other.mantissa ? -1 : 1)
  }
}

extension Decimal {
  /// The sum with the larger of both scales, or nil on overflow.
  package func adding(_ other: Decimal) -> Decimal? {
    let scale = max(Int(self.scale), Int(other.scale))
    guard let left = rescaled(to: scale), let right = other.rescaled(to: scale) else { return nil }
    return Decimal(left.mantissa.addingReportingOverflow(right.mantissa), scale: scale)
  }

  package func subtracting(_ other: Decimal) -> Decimal? { adding(other.negated) }

  /// The exact product, or nil when it needs more than 38 digits after the point or overflows.
  package func multiplied(by other: Decimal) -> Decimal? {
    let scale = Int(self.scale) + Int(other.scale)
    guard scale <= Self.maxScale else { return nil }
    return Decimal(mantissa.multipliedReportingOverflow(by: other.mantissa), scale: scale)
  }

  /// The quotient cut (not rounded) to `scale` digits after the point; nil on overflow or
  /// division by zero.
  package func divided(by other: Decimal, scale: Int) -> Decimal? {
    guard !other.isZero, (0...Self.maxScale).contains(scale) else { return nil }
    let shift = scale + Int(other.scale) - Int(self.scale)
    guard shift <= Self.maxScale else { return nil }
    if shift < 0 {
      // The dividend has more digits than are asked for. A divisor too large to be brought to
      // its scale exceeds it: the quotient is below one unit.
      let (divisor, overflow) = other.mantissa.multipliedReportingOverflow(by: Self.power(-shift))
      return Decimal(mantissa: overflow ? 0 : mantissa / divisor, scale: UInt8(scale))
    }
    let (scaled, overflow) = mantissa.multipliedReportingOverflow(by: Self.power(shift))
    return overflow ? nil : Decimal(mantissa: scaled / other.mantissa, scale: UInt8(scale))
  }

  package var negated: Decimal { Decimal(mantissa: -mantissa, scale: scale) }

  /// Whether the value lies on the grid of `step`: a price on its tick, a size on its lot.
  package func isMultiple(of step: Decimal) -> Bool {
    guard !step.isZero else { return false }
    if scale > step.scale {
      let (unit, overflow) = step.mantissa.multipliedReportingOverflow(
        by: Self.power(Int(scale - step.scale)))
      // A step past the range of Int128 exceeds the value.
      return overflow ? isZero : mantissa % unit == 0
    }
    // By remainders, because the value in units of the finer scale may not fit.
    let unit = step.mantissa.magnitude
    let factor = Self.power(Int(step.scale - scale)).magnitude
    let product = (mantissa.magnitude % unit).multipliedFullWidth(by: factor % unit)
    return unit.dividingFullWidth(product).remainder == 0
  }
}
