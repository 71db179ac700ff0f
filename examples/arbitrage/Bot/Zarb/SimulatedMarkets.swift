import PerpCore

/// Prices that are made up, for when there is no gateway: each wanders about, and is drawn back to
/// where it began. (S1-51)
package struct SimulatedMarkets: Sendable {
  private struct State {
    var middle: Double
    var quote: Quote?
  }

  private static let anchors = ["BTC": 50_000.0, "ETH": 2_500.0, "SOL": 150.0]
  /// Parts of the middle.
  private static let stride = 5e-5
  private static let pull = 0.03
  private static let width = 2e-4
  private static let bias = Decimal(mantissa: 2, scale: 5)

  private var states: [Listing: State] = [:]
  private var random: Random

  package init(seed: UInt64) { random = Random(seed: seed) }

  package func quote(_ listing: Listing) -> Quote? { states[listing]?.quote }

  /// The second source: lower by 0.002 % of the price.
  package func best(_ listing: Listing) -> (bid: Decimal, ask: Decimal)? {
    guard let quote = quote(listing) else { return nil }
    let shift = quote.mid.times(Self.bias)
    return (quote.bid.minus(shift), quote.ask.minus(shift))
  }

  package mutating func tick(_ listing: Listing, at now: Moment) {
    let anchor = Self.anchors[String(listing.symbol.base)] ?? 1_000
    var middle = states[listing]?.middle ?? anchor
    let chance = Double(random.below(2_000_001) - 1_000_000) / 1_000_000
    middle *= 1 + chance * Self.stride
    middle += (anchor - middle) * Self.pull
    let half = max(0.5, middle * Self.width) / 2
    let quote = Quote(
      bid: Self.price(middle - half), ask: Self.price(middle + half), bidSize: Decimal(10),
      askSize: Decimal(10), received: now.wall)
    states[listing] = State(middle: middle, quote: quote)
  }

  private static func price(_ value: Double) -> Decimal {
    Decimal(mantissa: Int128((value * 100).rounded()), scale: 2)
  }
}
