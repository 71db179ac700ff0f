import PerpCore

/// Arithmetic of amounts that always has a result. Sums and products are exact as long as 128 bits
/// hold them, which is so for every amount of money there is; beyond, digits are cut at the far
/// end, and what is too large even so becomes the largest number there is.
extension Decimal {
  package func plus(_ other: Decimal) -> Decimal { combined(other) { $0.adding($1) } }
  package func minus(_ other: Decimal) -> Decimal { plus(other.negated) }
  package func times(_ other: Decimal) -> Decimal { combined(other) { $0.multiplied(by: $1) } }

  /// Cut, not rounded, to so many digits after the point; 0 where the divisor is 0.
  package func over(_ other: Decimal, places: Int = 12) -> Decimal {
    divided(by: other, scale: places)?.trimmed ?? .zero
  }

  package var magnitude: Decimal { isNegative ? negated : self }

  /// The largest multiple of `step` that is not larger; itself where the step is not positive.
  package func floored(to step: Decimal) -> Decimal {
    guard step > .zero else { return self }
    let steps = divided(by: step, scale: 0) ?? .zero
    let cut = steps.times(step)
    return cut > self ? cut.minus(step) : cut
  }

  /// The smallest multiple of `step` that is not smaller.
  package func ceiled(to step: Decimal) -> Decimal { negated.floored(to: step).negated }

  /// So many digits after the point, halves away from zero: for people.
  package func text(places: Int) -> String {
    let half = Decimal(mantissa: isNegative ? -5 : 5, scale: UInt8(places + 1))
    let sum = plus(half)
    let rounded = sum.divided(by: Decimal(1), scale: places) ?? sum
    return (rounded.rescaled(to: places) ?? rounded).description
  }

  /// The same with a sign in front also of what is positive, or zero.
  package func signedText(places: Int) -> String {
    let text = text(places: places)
    return text.hasPrefix("-") ? text : "+\(text)"
  }

  /// For statistics alone: no amount is ever made of it.
  package var approximate: Double { Double(description) ?? 0 }

  /// A measure such as a volatility, to nine digits after the point: what is made of it is put on
  /// the market's grid. 0 of what is no number.
  package init(statistic: Double) {
    let scaled = (statistic * 1e9).rounded()
    self = Decimal(mantissa: Int128(exactly: scaled) ?? 0, scale: 9).trimmed
  }

  private func combined(
    _ other: Decimal, _ combine: (Decimal, Decimal) -> Decimal?
  ) -> Decimal {
    if let exact = combine(self, other) { return exact.trimmed }
    var (left, right) = (trimmed, other.trimmed)
    while true {
      if let result = combine(left, right) { return result.trimmed }
      guard left.scale > 0 || right.scale > 0 else { break }
      if left.scale >= right.scale { left = left.shortened } else { right = right.shortened }
    }
    let isNegative = left.isNegative != right.isNegative
    return Decimal(mantissa: isNegative ? -Int128.max : .max, scale: 0)
  }

  private var shortened: Decimal { Decimal(mantissa: mantissa / 10, scale: scale - 1) }
}

/// Ratios of prices. (C-04)
package enum Spread {
  /// Hundredths of a percent of `base`; 0 where the base is not positive.
  package static func basisPoints(_ amount: Decimal, of base: Decimal) -> Decimal {
    base > .zero ? amount.times(Decimal(10_000)).over(base) : .zero
  }
}
