import PerpCore

/// Which venue is bought. Both directions sell the other one by the same size.
package enum SpreadDirection: String, CaseIterable, Sendable {
  /// Buys the first venue, sells the second.
  case long
  /// Sells the first venue, buys the second.
  case short

  package var sides: (first: Side, second: Side) { self == .long ? (.buy, .sell) : (.sell, .buy) }

  /// What the direction brings for one base unit, in quote units. (S0-20)
  package func spread(_ first: Quote, _ second: Quote) -> Decimal {
    self == .long ? second.bid.minus(first.ask) : first.bid.minus(second.ask)
  }
}

/// Spreads of the latest samples, and what they say. Means are exact. (S0-22 to S0-25)
package struct SpreadWindow: Equatable, Sendable {
  package struct Thresholds: Equatable, Sendable {
    /// Quote units for one base unit, over the mean.
    package var long = Decimal(10)
    package var short = Decimal(10)
    /// Quote units for one base unit, at least.
    package var floor = Decimal(5)
    /// Standard deviations of the latest 100 samples that are added to the floor; 0 for none.
    package var dynamic = Decimal.zero
    /// In place of distances from the mean; nil: those above count.
    package var volatility: VolatilityThreshold?

    package init() {}
  }

  package let capacity: Int
  /// Nanoseconds between samples, at least.
  package let interval: UInt64
  package private(set) var count = 0
  private var samples: [SpreadDirection: [Decimal]] = [.long: [], .short: []]
  /// The same for statistics.
  private var values: [SpreadDirection: [Double]] = [.long: [], .short: []]
  private var sums: [SpreadDirection: Decimal] = [:]
  private var current: [SpreadDirection: Decimal] = [:]
  private var lastSample: UInt64?

  package init(capacity: Int = 500, interval: UInt64 = Nanoseconds.milliseconds(900)) {
    (self.capacity, self.interval) = (capacity, interval)
  }

  /// True when it has become a sample, which its own mean then includes.
  package mutating func note(long: Decimal, short: Decimal, at now: UInt64) -> Bool {
    current = [.long: long, .short: short]
    if let lastSample, now < lastSample + interval { return false }
    lastSample = now
    count += 1
    for (direction, value) in current {
      samples[direction]?.append(value)
      values[direction]?.append(value.approximate)
      sums[direction] = (sums[direction] ?? .zero).plus(value)
      if let all = samples[direction], all.count > capacity {
        samples[direction]?.removeFirst()
        values[direction]?.removeFirst()
        sums[direction] = (sums[direction] ?? .zero).minus(all[0])
      }
    }
    return true
  }

  package func spread(_ direction: SpreadDirection) -> Decimal? { current[direction] }

  /// Nil before the first sample.
  package func mean(_ direction: SpreadDirection) -> Decimal? {
    guard let number = samples[direction]?.count, number > 0 else { return nil }
    return (sums[direction] ?? .zero).over(Decimal(number))
  }

  /// What the spread must exceed; nil where there is nothing to say it by.
  package func trigger(_ direction: SpreadDirection, _ thresholds: Thresholds) -> Decimal? {
    let floor = thresholds.floor.plus(margin(direction, thresholds.dynamic))
    if let volatility = thresholds.volatility {
      return reversion(direction, volatility).map { volatility.trigger($0, floor: floor) }
    }
    guard let mean = mean(direction) else { return nil }
    return Self.trigger(
      mean: mean, threshold: direction == .long ? thresholds.long : thresholds.short, floor: floor)
  }

  /// Nil where the spread does not come back. The newest sample is what is judged, and no part of
  /// what it is judged by: over few half-lives it would hide behind itself.
  package func reversion(
    _ direction: SpreadDirection, _ volatility: VolatilityThreshold
  ) -> Reversion? {
    volatility.reversion((values[direction] ?? []).dropLast())
  }

  /// What the spread is expected to be; nil before there are enough samples.
  package func forecast(_ direction: SpreadDirection, by forecast: SpreadForecast) -> Decimal? {
    forecast.value(values[direction] ?? [], interval: interval).map { Decimal(statistic: $0) }
  }

  package static func trigger(mean: Decimal, threshold: Decimal, floor: Decimal) -> Decimal {
    max(mean.plus(threshold), floor)
  }

  /// Long is looked at first; one at most.
  package func signal(_ thresholds: Thresholds) -> SpreadDirection? {
    SpreadDirection.allCases.first { direction in
      guard let spread = current[direction], let trigger = trigger(direction, thresholds) else {
        return false
      }
      return spread > trigger
    }
  }

  /// So many standard deviations of the latest hundred. (S0-54)
  private func margin(_ direction: SpreadDirection, _ factor: Decimal) -> Decimal {
    guard factor > .zero, let values = values[direction]?.suffix(100), values.count > 1 else {
      return .zero
    }
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    let micros = (variance.squareRoot() * 1e6).rounded()
    guard let whole = Int64(exactly: micros) else { return .zero }
    return Decimal(mantissa: Int128(whole), scale: 6).times(factor)
  }
}

/// What an entry is expected to bring. (S0-26)
package struct ProfitEstimate: Equatable, Sendable {
  package let spread: Decimal
  package let size: Decimal
  package let gross: Decimal
  package let fees: Decimal
  package let net: Decimal
  /// Of the capital, in per cent.
  package let returnPercent: Decimal

  /// `price` of the bought leg; fee rates are parts of the traded value.
  package init(spread: Decimal, size: Decimal, price: Decimal, feeRates: Decimal = .zero) {
    (self.spread, self.size) = (spread, size)
    gross = spread.times(size)
    let capital = size.times(price)
    fees = capital.times(feeRates)
    net = gross.minus(fees)
    returnPercent = net.times(Decimal(100)).over(capital)
  }

  /// For the log. (S0-51a)
  package var text: String {
    "Estimate spread $\(spread.text(places: 2)) x \(size) = $\(gross.text(places: 2)) | "
      + "fees $\(fees.text(places: 2)) | net $\(net.text(places: 2)) | "
      + "ROI \(returnPercent.text(places: 3))%"
  }
}
