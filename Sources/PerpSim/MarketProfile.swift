import PerpCore

/// What a simulated market is like: its grid, where its price starts and how busy it is.
package struct MarketProfile: Sendable {
  package let base: String
  package let tick: Decimal
  package let lot: Decimal
  package let startPrice: Decimal
  /// Lots of a typical order.
  package let typicalLots: Int64
  /// Its share of all events, in ten-thousandths.
  package let activity: Int
  package let maxLeverage: Int

  private init(
    _ base: String, tick: String, lot: String, price: String, lots: Int64, activity: Int,
    leverage: Int
  ) {
    self.base = base
    self.tick = Decimal(tick) ?? .zero
    self.lot = Decimal(lot) ?? .zero
    startPrice = Decimal(price) ?? .zero
    typicalLots = lots
    self.activity = activity
    maxLeverage = leverage
  }

  /// Busy to quiet. The last has an event every half a minute or so: quiet markets must not be
  /// mistaken for stalled ones.
  package static let typical: [MarketProfile] = [
    .init(
      "BTC", tick: "0.1", lot: "0.00001", price: "91000", lots: 4_000, activity: 4_000, leverage: 50
    ),
    .init(
      "ETH", tick: "0.01", lot: "0.0001", price: "3000", lots: 8_000, activity: 2_800, leverage: 50),
    .init(
      "SOL", tick: "0.001", lot: "0.01", price: "180", lots: 1_000, activity: 1_500, leverage: 25),
    .init("XRP", tick: "0.0001", lot: "1", price: "2.25", lots: 900, activity: 700, leverage: 20),
    .init(
      "DOGE", tick: "0.00001", lot: "1", price: "0.16", lots: 9_000, activity: 500, leverage: 20),
    .init(
      "kBONK", tick: "0.000001", lot: "1", price: "0.0102", lots: 60_000, activity: 300,
      leverage: 10),
    .init(
      "HYPE", tick: "0.001", lot: "0.01", price: "38.5", lots: 2_000, activity: 200, leverage: 10),
    .init("ORDI", tick: "0.001", lot: "0.1", price: "4.62", lots: 300, activity: 3, leverage: 5),
  ]
}
