/// An exact decimal number: `mantissa` × 10^-`scale`.
///
/// It keeps the digits it was read with, trailing zeros included, so that a venue's text comes out
/// as it went in; only the sign of `-0` is lost. Equality and order are numeric: `1.0 == 1.00`.
/// Whatever would not fit exactly is refused by returning nil, never rounded.
public struct Decimal: Sendable {
  public static let maxScale = 38
  /// The longest text that is read; longer is refused (`reliability.md` K09).
  public static let maxTextLength = 128
  public static let zero = Decimal(mantissa: 0, scale: 0)

  /// Never `Int128.min`, so that every value has a negative.
  public let mantissa: Int128
  /// Digits after the point, 0...38.
  public let scale: UInt8

  public init(mantissa: Int128, scale: UInt8) {
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

  public init(_ integer: Int) { self.init(mantissa: Int128(integer), scale: 0) }

  public var isZero: Bool { mantissa == 0 }
  public var isNegative: Bool { mantissa < 0 }

  /// The same value without trailing zeros: `1.500` becomes `1.5`.
  public var trimmed: Decimal {
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
  public init(trimming mantissa: Int64, scale: UInt8) {
    var (magnitude, scale) = (mantissa.magnitude, scale)
    while scale >= 4, let quotient = magnitude.exactQuotient(4, of: 0xd288_ce70_3afb_7e91) {
      (magnitude, scale) = (quotient, scale - 4)
    }
    if scale >= 2, let quotient = magnitude.exactQuotient(2, of: 0x8f5c_28f5_c28f_5c29) {
      (magnitude, scale) = (quotient, scale - 2)
    }
    if scale >= 1, let quotient = magnitude.exactQuotient(1, of: 0xcccc_cccc_cccc_cccd) {
      (magnitude, scale) = (quotient, scale - 1)
    }
    let absolute = Int128(magnitude)
    self.init(mantissa: mantissa < 0 ? -absolute : absolute, scale: scale)
  }

  /// The same value with exactly `scale` digits after the point, or nil when digits would be lost
  /// or the mantissa would overflow.
  public func rescaled(to scale: Int) -> Decimal? {
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
  public static func == (left: Decimal, right: Decimal) -> Bool {
    if left.scale == right.scale { return left.mantissa == right.mantissa }
    return left.compare(right) == 0
  }

  public static func < (left: Decimal, right: Decimal) -> Bool {
    if left.scale == right.scale { return left.mantissa < right.mantissa }
    return left.compare(right) < 0
  }

  public func hash(into hasher: inout Hasher) {
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
  public func adding(_ other: Decimal) -> Decimal? {
    let scale = max(Int(self.scale), Int(other.scale))
    guard let left = rescaled(to: scale), let right = other.rescaled(to: scale) else { return nil }
    return Decimal(left.mantissa.addingReportingOverflow(right.mantissa), scale: scale)
  }

  public func subtracting(_ other: Decimal) -> Decimal? { adding(other.negated) }

  /// The exact product, or nil when it needs more than 38 digits after the point or overflows.
  public func multiplied(by other: Decimal) -> Decimal? {
    let scale = Int(self.scale) + Int(other.scale)
    guard scale <= Self.maxScale else { return nil }
    return Decimal(mantissa.multipliedReportingOverflow(by: other.mantissa), scale: scale)
  }

  /// The quotient cut (not rounded) to `scale` digits after the point; nil on overflow or
  /// division by zero.
  public func divided(by other: Decimal, scale: Int) -> Decimal? {
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

  public var negated: Decimal { Decimal(mantissa: -mantissa, scale: scale) }

  /// Whether the value lies on the grid of `step`: a price on its tick, a size on its lot.
  public func isMultiple(of step: Decimal) -> Bool {
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

extension UInt64 {
  /// The quotient by 10^`exponent`; nil where there is a rest. `inverse` is that of 5^`exponent`
  /// modulo 2^64: multiplied by it, a multiple becomes its quotient, and anything else a number
  /// beyond all quotients. Powers of two are as well shifted out at the other end. (Granlund and
  /// Montgomery, "Division by Invariant Integers using Multiplication", section 9.)
  @inline(__always)
  fileprivate func exactQuotient(_ exponent: UInt64, of inverse: UInt64) -> UInt64? {
    let product = self &* inverse
    let quotient = product >> exponent | product << (64 - exponent)
    let limit: UInt64 = exponent == 4 ? .max / 10_000 : exponent == 2 ? .max / 100 : .max / 10
    return quotient <= limit ? quotient : nil
  }
}
