import PerpCore

/// How values move around their mean, the newest counting most. How fast they come back says how
/// far back it is worth looking: the weights halve with a number of half-lives, not of samples.
/// (B-08) Statistics, not amounts: they may be binary.
package struct Reversion: Equatable, Sendable {
  package let mean: Double
  /// Their deviation from the mean.
  package let sigma: Double
  /// Samples in which half of a distance from the mean is gone, at least one.
  package let halfLife: Double

  /// Below so many samples nothing is said.
  package static let fewest = 10

  /// Of evenly spaced values, oldest first; nil where they do not come back. A weight halves in
  /// `halfLives`.
  package init?(_ values: ArraySlice<Double>, halfLives: Double) {
    guard let halfLife = Self.halfLife(values) else { return nil }
    self.halfLife = halfLife
    let decay = (-0.693147180559945309417 / (halfLives * halfLife)).exponential
    var (weights, sum) = (0.0, 0.0)
    for value in values { (weights, sum) = (weights * decay + 1, sum * decay + value) }
    let mean = sum / weights
    let squares = values.reduce(0) { $0 * decay + ($1 - mean) * ($1 - mean) }
    self.mean = mean
    sigma = (squares / weights).squareRoot()
  }

  /// Of an Ornstein–Uhlenbeck process, ln 2 / θ: a value has e^−θ of its distance left in the next,
  /// which is the slope of a line through both. Nil where distances do not shrink, or there are too
  /// few values.
  package static func halfLife(_ values: ArraySlice<Double>) -> Double? {
    guard values.count >= fewest else { return nil }
    let (before, after) = (values.dropLast(), values.dropFirst())
    let count = Double(before.count)
    let (meanBefore, meanAfter) = (before.reduce(0, +) / count, after.reduce(0, +) / count)
    var (products, squares) = (0.0, 0.0)
    for (x, y) in zip(before, after) {
      products += (x - meanBefore) * (y - meanAfter)
      squares += (x - meanBefore) * (x - meanBefore)
    }
    guard squares > 0 else { return nil }
    let slope = products / squares
    guard slope < 1 else { return nil }
    // Within a sample and less is within a sample.
    return slope <= 0.5 ? 1 : 0.693147180559945309417 / -slope.logarithm
  }
}

/// A trigger that follows how far a spread moves, in place of a fixed distance from its mean.
/// (B-08)
package struct VolatilityThreshold: Equatable, Sendable {
  /// Deviations over the mean.
  package var factor = Decimal(2)
  /// In which weights halve.
  package var halfLives = Decimal(4)
  /// Quote units for one base unit that a deviation must be within.
  package var sigmas = Decimal.zero...Decimal(1_000_000_000)

  package init() {}

  package static let parameters: [Parameter] = [
    Parameter(
      "threshold", .choice(["fixed", "volatility"]), default: "fixed",
      "volatility: the trigger is the mean and so many deviations of the spread, not less than the "
        + "fixed floor"),
    Parameter(
      "threshold-sigmas", .decimal(Parameter.amounts), default: "2",
      "deviations over the mean, with --threshold volatility"),
    Parameter(
      "half-lives", .decimal(Decimal(mantissa: 1, scale: 1)...Decimal(1_000)), default: "4",
      "half-lives of the spread in which what it was counts half, with --threshold volatility"),
    Parameter(
      "min-sigma", .decimal(Parameter.amounts), default: "0",
      "deviation below which nothing is entered, with --threshold volatility"),
    Parameter(
      "max-sigma", .decimal(Parameter.amounts), default: "1000000000",
      "deviation above which nothing is entered, with --threshold volatility"),
    Parameter(
      "max-quote-age", .seconds(Decimal.zero...Decimal(86_400)), default: "0",
      "seconds that a quote may be old for an entry, with --threshold volatility; 0 for any"),
  ]

  /// Nanoseconds that a quote may be old; 0 for any.
  package var maxAge: UInt64 = 0

  /// Nil where thresholds are fixed.
  package init?(_ settings: Settings) throws(Settings.Problem) {
    guard settings.text("threshold") == "volatility" else { return nil }
    factor = settings.decimal("threshold-sigmas")
    halfLives = settings.decimal("half-lives")
    let (least, most) = (settings.decimal("min-sigma"), settings.decimal("max-sigma"))
    guard least <= most else {
      throw Settings.Problem(lines: ["--min-sigma must not be above --max-sigma"])
    }
    sigmas = least...most
    maxAge = settings.span("max-quote-age")
  }

  /// Of values at even distances; nil where they do not come back.
  package func reversion(_ values: ArraySlice<Double>) -> Reversion? {
    Reversion(values, halfLives: halfLives.approximate)
  }

  /// What a spread must exceed.
  package func trigger(_ reversion: Reversion, floor: Decimal) -> Decimal {
    let sigma = Decimal(statistic: reversion.sigma)
    return max(floor, Decimal(statistic: reversion.mean).plus(sigma.times(factor)))
  }

  /// Why the market is not one to enter now; nil where it is.
  package func objection(
    _ reversion: Reversion?, _ quotes: (first: Quote, second: Quote), at now: Moment
  ) -> String? {
    guard let reversion else { return "the spread does not come back to a mean" }
    let sigma = Decimal(statistic: reversion.sigma)
    guard sigmas.contains(sigma) else {
      return "the spread's deviation \(sigma.text(places: 4)) is not \(sigmas.lowerBound) to "
        + "\(sigmas.upperBound)"
    }
    let received = min(quotes.first.received, quotes.second.received)
    guard maxAge == 0 || now.wall - received <= Int64(maxAge / 1_000) else {
      return "quotes are \((now.wall - received) / 1_000) ms old"
    }
    return nil
  }
}
