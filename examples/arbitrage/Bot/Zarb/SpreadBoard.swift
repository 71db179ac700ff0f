import PerpCore

/// What every comparable pair would bring after fees with all its leverage, and how unusual that
/// is. (S1-87)
package struct SpreadBoard: Sendable {
  package struct Settings: Equatable, Sendable {
    /// Parts of the value that taking at the first venue, and making at the second, cost.
    package var firstFee = Decimal(mantissa: 2, scale: 4)
    package var secondFee = Decimal(mantissa: 2, scale: 4)
    /// Pairs with less of it are not told.
    package var minLeverage: Decimal
    /// Nanoseconds over which speed is measured.
    package var speedWindow = Nanoseconds.seconds(600)

    package init(minLeverage: Decimal = Decimal(1)) {
      self.minLeverage = minLeverage
    }
  }

  private struct Series {
    var window: ScoreWindow
    var score: Score?
    var times: [UInt64] = []
  }

  package let settings: Settings
  private let window: ScoreWindow.Settings
  private var series: [String: Series] = [:]

  package init(_ window: ScoreWindow.Settings, _ settings: Settings = Settings()) {
    (self.window, self.settings) = (window, settings)
  }

  /// The better executable edge, in percent of the middle; may be negative.
  package static func edge(_ sample: EdgeSample) -> (amount: Decimal, percent: Decimal) {
    let amount = max(sample.edge(.long), sample.edge(.short))
    return (amount, Spread.basisPoints(amount, of: sample.base).over(Decimal(100)))
  }

  package mutating func note(_ symbol: String, percent: Decimal, at now: UInt64) {
    var own = series[symbol] ?? Series(window: ScoreWindow(window))
    own.score = own.window.note(percent.approximate)
    own.times.append(now)
    if own.times.count > own.window.values.count { own.times.removeFirst() }
    series[symbol] = own
  }

  package func samples(_ symbol: String) -> Int { series[symbol]?.window.values.count ?? 0 }

  /// What is left of an edge after fees: gross, fees, net in quote units for one base unit.
  package func yield(
    edge: Decimal, mid: Decimal, leverage: Decimal
  ) -> (gross: Decimal, fees: Decimal, net: Decimal) {
    let gross = edge.times(leverage)
    let fees = mid.times(leverage).times(settings.firstFee.plus(settings.secondFee))
    return (gross, fees, gross.minus(fees))
  }

  package func json(
    _ rows: [MarketScanner.Row], configured: Int, comparable: Int, limit: Int
  ) -> JSON {
    var skipped: [String: Int] = [:]
    var told: [(net: Decimal, json: JSON)] = []
    for row in rows {
      let sample = EdgeSample(row.observation.first, row.observation.second)
      let (edge, percent) = Self.edge(sample)
      let (gross, fees, net) = yield(edge: edge, mid: sample.base, leverage: row.effectiveLeverage)
      let reason: String? =
        if row.effectiveLeverage < settings.minLeverage { "leverage" } else if edge <= .zero {
          "no_edge"
        } else if net <= .zero { "fees" } else { nil }
      if let reason {
        skipped[reason, default: 0] += 1
        continue
      }
      told.append(
        (
          net,
          [
            "symbol": .text(row.symbol), "tradable_edge": .number(edge),
            "tradable_edge_pct": .number(percent),
            "effective_leverage": .number(row.effectiveLeverage), "gross": .number(gross),
            "fees": .number(fees), "net": .number(net), "zscore": zscore(row.symbol).value,
            "zscore_status": .text(zscore(row.symbol).status),
            "speed_pct_per_min": .real(speed(row.symbol)),
            "volatility_pct": .real(series[row.symbol]?.score?.deviation ?? 0),
          ]
        ))
    }
    told.sort { $0.net > $1.net }
    return [
      "configured": .integer(configured), "comparable": .integer(comparable),
      "executable": .integer(told.count),
      "skipped": .object(
        skipped.sorted { $0.key < $1.key }.map { (name: $0.key, value: .integer($0.value)) }),
      "rows": .list(told.prefix(limit).map(\.json)),
    ]
  }

  package func zscore(_ symbol: String) -> (value: JSON, status: String) {
    guard let score = series[symbol]?.score, score.isReady else {
      return (.null, "insufficient_samples")
    }
    return score.deviation > 0 ? (.real(score.z), "ready") : (.real(0), "zero_std")
  }

  /// Percent a minute that the edge has changed by.
  package func speed(_ symbol: String) -> Double {
    guard let own = series[symbol], let last = own.times.last,
      let start = own.times.firstIndex(where: { last - $0 <= settings.speedWindow }),
      last > own.times[start]
    else { return 0 }
    let minutes = Double(last - own.times[start]) / 60e9
    let values = own.window.values
    return (values[values.count - 1] - values[start]) / minutes
  }
}
