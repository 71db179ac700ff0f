import PerpCore

/// How the two orders of a trade follow each other. (S1-47, S2-26)
package enum LegStyle: String, CaseIterable, Sendable {
  /// Both at once; each takes what is there.
  case takerTaker = "taker_taker"
  /// The first rests until others take it; each of its fills is taken at the second market.
  case makerTaker = "maker_taker"
  /// The first takes, and its hedge rests; what nobody takes of that takes in the end.
  case takerMaker = "taker_maker"
}

/// Where a post-only order rests, how long, and how many times.
package struct Resting: Equatable, Sendable {
  package enum Place: Equatable, Sendable {
    /// The best price of its own side.
    case ownBest
    /// One tick before what it would meet.
    case insideTick
  }

  package var place = Place.ownBest
  /// Nanoseconds at one price.
  package var wait = Nanoseconds.milliseconds(1_500)
  /// Prices that are tried.
  package var tries = 3
  /// Quote units that the first leg is to come to: its size is found anew at each price. Nil: its
  /// size stays.
  package var value: Decimal?
  /// Base units; sizes that come of `value` are multiples of it.
  package var step = Decimal.zero

  package init() {}

  package func price(
    _ side: Side, _ quote: Quote, _ rules: MarketRules
  ) throws(MarketRules.Refusal) -> Decimal {
    let price =
      switch (place, side) {
      case (.ownBest, .buy): quote.bid
      case (.ownBest, .sell): quote.ask
      case (.insideTick, .buy): quote.ask.minus(rules.tick)
      case (.insideTick, .sell): quote.bid.plus(rules.tick)
      }
    return try rules.price(price, side, .passive)
  }
}
