import PerpCore

/// Two markets of one asset, traded against each other. (S1-06)
package struct ZarbMarket: Equatable, Sendable {
  /// Such as `BTC-PERP`.
  package let symbol: String
  package let first: Listing
  package let second: Listing
  /// What the user recommends, at least 1.
  package var leverage = 2

  package init(_ symbol: String, first: Listing, second: Listing, leverage: Int = 2) {
    (self.symbol, self.first, self.second, self.leverage) = (symbol, first, second, leverage)
  }

  package var base: String { String(symbol.prefix { $0 != "-" }) }
  package var listings: [Listing] { [first, second] }
}

/// What may be changed of one symbol while it is traded. (S1-78)
package struct ZarbParameters: Equatable, Sendable {
  /// Deviations, by mode.
  package var entry: [ZarbMode: Decimal] = [
    .normal: Decimal(mantissa: 18, scale: 1), .zeroWear: Decimal(mantissa: 12, scale: 1),
  ]
  package var exit: [ZarbMode: Decimal] = [
    .normal: Decimal(mantissa: 6, scale: 1), .zeroWear: Decimal(mantissa: 3, scale: 1),
  ]
  /// Hundredths of a percent.
  package var minEdge = Decimal(1)
  package var sizes = ScoreSizes()
  /// Nanoseconds.
  package var interval = Nanoseconds.milliseconds(100)
  package var consistencyInterval = Nanoseconds.milliseconds(1_000)

  package init() {}

  /// (S1-10, S1-35)
  package func thresholds(_ mode: ZarbMode, fees: Decimal) -> ScoreThresholds {
    let part = mode == .normal ? Decimal(1) : Decimal(mantissa: 7, scale: 1)
    return ScoreThresholds(
      mode: mode, entry: (entry[mode] ?? .zero).approximate,
      exit: (exit[mode] ?? .zero).approximate,
      minEdge: minEdge.times(part), fees: fees)
  }
}

/// What the z-score strategy is told by its user. (S1-01 to S1-22)
package struct ZarbSettings: Sendable {
  package var simulatesData = true
  package var sendsOrders = false
  /// The engine does not wait for the console.
  package var startsByItself = false
  package var confirmation = "ENABLE_LIVE_ORDER"
  package var mode = ZarbMode.normal
  package var markets: [ZarbMarket] = []
  package var venues = (first: "paradex", second: "grvt")
  package var window = ScoreWindow.Settings()
  package var series = ScoreSeries.mid
  package var parameters = ZarbParameters()
  /// Hundredths of a percent that both legs cost.
  package var fees = Decimal.zero
  package var edge = EdgeSettings()
  /// Nanoseconds.
  package var positionInterval = Nanoseconds.milliseconds(1_500)
  package var staleness = Nanoseconds.milliseconds(1_200)
  package var idleTimeout = Nanoseconds.seconds(8)
  package var healthInterval = Nanoseconds.milliseconds(3_000)
  package var healthFailures = 3
  /// Hundredths of a percent.
  package var tolerance = Decimal(2)
  package var consistencyFailures = 3
  /// Times the base size.
  package var rebalanceAt = Decimal(mantissa: 15, scale: 1)
  package var flattenAt = Decimal(3)
  package var rates: [String: ZarbRates] = [:]
  package var webHost = "127.0.0.1"
  package var webPort = 8_000
  package var warmup = ZarbWarmup()
  /// Of data that are made up.
  package var seed: UInt64 = 1
  /// Of openings; what is closed takes at both venues. (S1-47)
  package var legStyle = LegStyle.takerTaker
  package var trade = PairTrade.Settings()

  package init() {
    for venue in [venues.first, venues.second] { rates[venue] = ZarbRates() }
    trade.prefix = "zarb"
  }

  package var keptSpreads: Int { warmup.retention }
}

/// Tokens a second, and how many there are at most. (S1-18)
package struct ZarbRates: Equatable, Sendable {
  package var data = (rate: 15, capacity: 25)
  package var orders = (rate: 8, capacity: 12)

  package static func == (left: ZarbRates, right: ZarbRates) -> Bool {
    left.data == right.data && left.orders == right.orders
  }
}

/// What the market pages wait for. (S1-22)
package struct ZarbWarmup: Equatable, Sendable {
  package var isEnabled = true
  package var isRequired = true
  /// Nanoseconds.
  package var timeout = Nanoseconds.seconds(90)
  package var scanInterval = Nanoseconds.milliseconds(2_000)
  package var retention = 2_000
}
