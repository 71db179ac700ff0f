/// An exact decimal number: `mantissa` × 10^-`scale`.
///
/// It keeps the digits it was read with, trailing zeros included, so that a venue's text comes out
/// as it went in. Equality and order are numeric: `1.0 == 1.00`. Whatever would not fit exactly
/// is refused by returning nil, never rounded.
package struct Decimal: Sendable {
  package static let maxScale = 38
  /// The longest text that is read; longer is refused (`reliability.md` K09).
  package static let maxTextLength = 128
  package static let zero = Decimal(mantissa: 0, scale: 0)

  package let mantissa: Int128
  /// Digits after the point, 0...38.
  package let scale: UInt8

  package init(mantissa: Int128, scale: UInt8) {
    precondition(scale <= Self.maxScale, "scale beyond 38 digits")
    self.mantissa = mantissa
    self.scale = scale
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
    if scale >= 4, mantissa % 10_000 == 0 {
      mantissa /= 10_000
      scale -= 4
    }
    while scale > 0, mantissa % 10 == 0 {
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
      let (product, overflow) = mantissa.multipliedReportingOverflow(by: Self.power(shift))
      return overflow ? nil : Decimal(mantissa: product, scale: UInt8(scale))
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
    let (sum, overflow) = left.mantissa.addingReportingOverflow(right.mantissa)
    return overflow ? nil : Decimal(mantissa: sum, scale: UInt8(scale))
  }

  package func subtracting(_ other: Decimal) -> Decimal? {
    other.mantissa == .min ? nil : adding(other.negated)
  }

  /// The exact product, or nil when it needs more than 38 digits after the point or overflows.
  package func multiplied(by other: Decimal) -> Decimal? {
    let (product, overflow) = mantissa.multipliedReportingOverflow(by: other.mantissa)
    let scale = Int(self.scale) + Int(other.scale)
    guard !overflow, scale <= Self.maxScale else { return nil }
    return Decimal(mantissa: product, scale: UInt8(scale))
  }

  /// The quotient cut (not rounded) to `scale` digits after the point; nil on overflow or
  /// division by zero.
  package func divided(by other: Decimal, scale: Int) -> Decimal? {
    let shift = scale + Int(other.scale) - Int(self.scale)
    guard !other.isZero, abs(shift) <= Self.maxScale, (0...Self.maxScale).contains(scale) else {
      return nil
    }
    var (dividend, divisor) = (mantissa, other.mantissa)
    var overflow = false
    if shift >= 0 {
      (dividend, overflow) = dividend.multipliedReportingOverflow(by: Self.power(shift))
    } else {
      (divisor, overflow) = divisor.multipliedReportingOverflow(by: Self.power(-shift))
    }
    return overflow ? nil : Decimal(mantissa: dividend / divisor, scale: UInt8(scale))
  }

  package var negated: Decimal { Decimal(mantissa: -mantissa, scale: scale) }

  /// Whether the value lies on the grid of `step`: a price on its tick, a size on its lot.
  package func isMultiple(of step: Decimal) -> Bool {
    let scale = max(Int(self.scale), Int(step.scale))
    guard !step.isZero, let value = rescaled(to: scale), let unit = step.rescaled(to: scale)
    else { return false }
    return value.mantissa % unit.mantissa == 0
  }
}
