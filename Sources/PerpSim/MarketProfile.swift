import PerpCore

/// What a simulated market is like: its grid, where its price starts and how busy it is.
package struct MarketProfile: Sendable {
  package enum Pace: Sendable {
    /// So many ten-thousandths of all events.
    case share(Int)
    /// One event in so many nanoseconds on average, whatever the other markets do.
    case every(UInt64)
  }

  package let base: String
  package let tick: Decimal
  package let lot: Decimal
  /// A multiple of the tick.
  package let startPrice: Decimal
  /// Lots of a typical order near the top.
  package let typicalLots: Int64
  /// Between the fair price and the best quotes, in ticks.
  package let halfSpread: Int64
  /// Resting orders of each side.
  package let depth: Int
  /// From the best order to the deepest, in ticks.
  package let span: Int64
  /// The typical move of the fair price in a second, in parts per billion.
  package let volatility: Int64
  package let pace: Pace
  package let maxLeverage: Int

  /// Busy to quiet. The last has an event every half a minute or so: quiet markets must not be
  /// mistaken for stalled ones.
  package static let typical: [MarketProfile] = [
    .init(
      "BTC", tick: "0.1", lot: "0.00001", price: "91000", lots: 8_000, halfSpread: 4, span: 4_000,
      volatility: 90_000, .share(3_600), leverage: 50),
    .init(
      "ETH", tick: "0.01", lot: "0.0001", price: "3000", lots: 15_000, halfSpread: 6, span: 1_500,
      volatility: 120_000, .share(2_500), leverage: 50),
    .init(
      "SOL", tick: "0.001", lot: "0.01", price: "180", lots: 3_000, halfSpread: 5, span: 1_200,
      volatility: 150_000, .share(1_300), leverage: 25),
    .init(
      "XRP", tick: "0.0001", lot: "1", price: "2.25", lots: 1_500, halfSpread: 2, span: 300,
      volatility: 140_000, .share(600), leverage: 20),
    .init(
      "DOGE", tick: "0.00001", lot: "1", price: "0.16", lots: 12_000, halfSpread: 2, span: 250,
      volatility: 160_000, .share(400), leverage: 20),
    .init(
      "kBONK", tick: "0.000001", lot: "1", price: "0.0102", lots: 60_000, halfSpread: 4, span: 400,
      volatility: 200_000, .share(250), leverage: 10),
    .init(
      "HYPE", tick: "0.001", lot: "0.01", price: "38.5", lots: 4_000, halfSpread: 4, span: 400,
      volatility: 180_000, .share(150), leverage: 10),
    .init(
      "BNB", tick: "0.01", lot: "0.001", price: "905.50", lots: 800, halfSpread: 4, span: 600,
      volatility: 100_000, .share(250), leverage: 25),
    .init(
      "SUI", tick: "0.0001", lot: "0.1", price: "3.42", lots: 2_000, halfSpread: 4, span: 400,
      volatility: 170_000, .share(200), leverage: 20),
    .init(
      "LINK", tick: "0.001", lot: "0.1", price: "23.15", lots: 900, halfSpread: 4, span: 400,
      volatility: 140_000, .share(150), leverage: 20),
    .init(
      "AVAX", tick: "0.001", lot: "0.1", price: "31.4", lots: 700, halfSpread: 4, span: 400,
      volatility: 150_000, .share(120), leverage: 20),
    .init(
      "ADA", tick: "0.0001", lot: "1", price: "0.82", lots: 6_000, halfSpread: 3, span: 300,
      volatility: 140_000, .share(100), leverage: 20),
    .init(
      "LTC", tick: "0.01", lot: "0.01", price: "112.4", lots: 500, halfSpread: 3, span: 300,
      volatility: 110_000, .share(90), leverage: 20),
    .init(
      "NEAR", tick: "0.0001", lot: "0.1", price: "2.95", lots: 1_500, halfSpread: 4, span: 350,
      volatility: 150_000, .share(80), leverage: 10),
    .init(
      "AAVE", tick: "0.01", lot: "0.01", price: "284.6", lots: 300, halfSpread: 4, span: 400,
      volatility: 150_000, .share(70), leverage: 10),
    .init(
      "UNI", tick: "0.001", lot: "0.1", price: "9.87", lots: 800, halfSpread: 4, span: 300,
      volatility: 150_000, .share(50), leverage: 10),
    .init(
      "ARB", tick: "0.0001", lot: "1", price: "0.48", lots: 5_000, halfSpread: 3, span: 200,
      volatility: 160_000, .share(40), leverage: 10),
    .init(
      "TON", tick: "0.0001", lot: "0.1", price: "3.18", lots: 1_200, halfSpread: 4, span: 300,
      volatility: 140_000, .share(30), leverage: 10),
    .init(
      "WIF", tick: "0.0001", lot: "1", price: "0.91", lots: 3_000, halfSpread: 4, span: 300,
      volatility: 210_000, .share(20), leverage: 5),
    .init(
      "ORDI", tick: "0.001", lot: "0.1", price: "4.62", lots: 300, halfSpread: 6, depth: 60,
      span: 200, volatility: 30_000, .every(Nanoseconds.seconds(35)), leverage: 5),
  ]

  private init(
    base: String, tick: Decimal, lot: Decimal, startPrice: Decimal, typicalLots: Int64,
    halfSpread: Int64, depth: Int, span: Int64, volatility: Int64, pace: Pace, maxLeverage: Int
  ) {
    self.base = base
    self.tick = tick
    self.lot = lot
    self.startPrice = startPrice
    self.typicalLots = typicalLots
    self.halfSpread = halfSpread
    self.depth = depth
    self.span = span
    self.volatility = volatility
    self.pace = pace
    self.maxLeverage = maxLeverage
  }

  /// The decimals are literals of the table: a text that is none is a mistake in it.
  init(
    _ base: String, tick: String, lot: String, price: String, lots: Int64, halfSpread: Int64,
    depth: Int = 100, span: Int64, volatility: Int64, _ pace: Pace, leverage: Int
  ) {
    guard let tick = Decimal(tick), let lot = Decimal(lot), let price = Decimal(price) else {
      preconditionFailure("not a decimal in the profile of \(base)")
    }
    self.init(
      base: base, tick: tick, lot: lot, startPrice: price, typicalLots: lots,
      halfSpread: halfSpread, depth: depth, span: span, volatility: volatility, pace: pace,
      maxLeverage: leverage)
  }

  /// The same market on the grid of a venue with other ticks and lots: its price and its orders
  /// keep their size as far as the grid allows. The start price must lie on the new ticks.
  package func on(tick: Decimal, lot: Decimal) -> MarketProfile {
    func count(_ old: Int64, of unit: Decimal, in newUnit: Decimal) -> Int64 {
      let whole = unit.multiplied(by: Decimal(Int(old)))?.divided(by: newUnit, scale: 0)
      return max(1, whole.map { Int64($0.mantissa) } ?? old)
    }
    return MarketProfile(
      base: base, tick: tick, lot: lot, startPrice: startPrice,
      typicalLots: count(typicalLots, of: self.lot, in: lot),
      halfSpread: count(halfSpread, of: self.tick, in: tick), depth: depth,
      span: count(span, of: self.tick, in: tick), volatility: volatility, pace: pace,
      maxLeverage: maxLeverage)
  }

  /// The mean time between two events, in nanoseconds, when all markets have `eventsPerSecond`
  /// together.
  package func meanInterval(eventsPerSecond: Int) -> UInt64 {
    switch pace {
    case .every(let interval): interval
    case .share(let parts): 10_000_000_000_000 / UInt64(max(1, eventsPerSecond * parts))
    }
  }
}
