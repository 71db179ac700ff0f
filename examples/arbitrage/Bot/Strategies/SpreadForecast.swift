import PerpCore

/// What a spread is expected to be when both orders are there, from its latest samples: an entry
/// then needs that to exceed its trigger as well. Statistics, not amounts: they may be binary.
/// (S0-54)
package struct SpreadForecast: Equatable, Sendable {
  package enum Model: String, CaseIterable, Sendable {
    /// The line of least squares goes on.
    case linear
    /// It is where the mean is of which weights halve with each quarter of the samples.
    case ema
  }

  package var model: Model
  /// Nanoseconds ahead.
  package var horizon = Nanoseconds.seconds(5)
  /// Samples that are looked at.
  package var samples = 20

  package init(_ model: Model) { self.model = model }

  package static let parameters: [Parameter] = [
    Parameter(
      "forecast", .choice(["none"] + Model.allCases.map(\.rawValue)), default: "none",
      "what the spread is expected to be must exceed the trigger as well: by its line or its mean"),
    Parameter(
      "forecast-horizon", .seconds(Decimal.zero...Decimal(3_600)), default: "5", "seconds ahead"),
    Parameter("forecast-samples", .integer(3...500), default: "20", "samples that are looked at"),
  ]

  /// Nil where nothing is forecast.
  package init?(_ settings: Settings) {
    guard let model = Model(rawValue: settings.text("forecast")) else { return nil }
    self.model = model
    (horizon, samples) = (settings.span("forecast-horizon"), settings.integer("forecast-samples"))
  }

  /// Of the newest of these, which are `interval` nanoseconds apart, oldest first; nil of too few.
  package func value(_ values: [Double], interval: UInt64) -> Double? {
    let latest = values.suffix(samples)
    guard latest.count == samples, interval > 0 else { return nil }
    switch model {
    case .linear: return line(latest, steps: Double(horizon) / Double(interval))
    case .ema:
      let decay = (-0.693147180559945309417 * 4 / Double(samples)).exponential
      var (weights, sum) = (0.0, 0.0)
      for value in latest { (weights, sum) = (weights * decay + 1, sum * decay + value) }
      return sum / weights
    }
  }

  private func line(_ values: ArraySlice<Double>, steps: Double) -> Double {
    let count = Double(values.count)
    let (middle, mean) = ((count - 1) / 2, values.reduce(0, +) / count)
    var (products, squares) = (0.0, 0.0)
    for (index, value) in values.enumerated() {
      let x = Double(index) - middle
      products += x * (value - mean)
      squares += x * x
    }
    return mean + products / squares * (count - 1 - middle + steps)
  }
}
