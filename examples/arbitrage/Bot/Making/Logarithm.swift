extension Double {
  /// The natural logarithm of what is above 0. Strategies have no library of mathematics, so that a
  /// run gives the same to the last digit on every system.
  var logarithm: Double {
    var (fraction, power) = (significand, Double(exponent))
    if fraction > 2.0.squareRoot() { (fraction, power) = (fraction / 2, power + 1) }
    // ln m = 2 artanh((m − 1)/(m + 1)), by its series, which is short as m is near 1.
    let ratio = (fraction - 1) / (fraction + 1)
    var (sum, term) = (0.0, ratio)
    for divisor in stride(from: 1.0, to: 40, by: 2) {
      sum += term / divisor
      term *= ratio * ratio
    }
    return 2 * sum + power * 0.693147180559945309417
  }
}

extension Double {
  /// e to the power of it.
  var exponential: Double {
    let power = (self / 0.693147180559945309417).rounded()
    guard abs(power) < 1_000 else { return power < 0 ? 0 : .infinity }
    // The rest is within half of ln 2, where the series is short.
    let rest = self - power * 0.693147180559945309417
    var (sum, term) = (1.0, 1.0)
    for divisor in 1...20 {
      term *= rest / Double(divisor)
      sum += term
    }
    return sum * Double(sign: .plus, exponent: Int(power), significand: 1)
  }

  /// Of what is above 0.
  func raised(to power: Double) -> Double { (logarithm * power).exponential }
}
