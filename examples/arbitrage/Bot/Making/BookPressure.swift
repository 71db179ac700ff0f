import PerpCore

/// By how much more bids there are near the middle than asks, measured by how that usually is: in
/// deviations of the latest looks. (B-09)
package struct BookPressure: Equatable, Sendable {
  /// Part of the middle on each side of it.
  package let band: Decimal
  private var window: ScoreWindow
  /// 0 until there are enough looks.
  package private(set) var z = 0.0

  package init(band: Decimal, looks: Int) {
    self.band = band
    var settings = ScoreWindow.Settings()
    (settings.mean, settings.deviation, settings.least) = (looks, looks, looks)
    window = ScoreWindow(settings)
  }

  /// A book without one of its sides changes nothing.
  package mutating func note(_ book: Book) {
    guard let bid = book.bestBid?.price, let ask = book.bestAsk?.price else { return }
    let middle = bid.plus(ask).over(Decimal(2))
    let reach = middle.times(band)
    func sum(_ levels: [Level]) -> Decimal {
      levels.prefix { $0.price.minus(middle).magnitude <= reach }
        .reduce(Decimal.zero) { $0.plus($1.size) }
    }
    z = window.note(sum(book.bids).minus(sum(book.asks)).approximate).z
  }
}

/// Where the middle of a market is taken to be. (B-09)
package enum Middle: String, CaseIterable, Sendable {
  /// Between both best prices.
  case mid
  /// Nearer to the side with less at its best price, which is where trades go next.
  case micro
  /// The same of the average prices and the sizes of several levels.
  case vamp

  package func price(_ quote: Quote, _ book: Book?, depth: Int) -> Decimal {
    switch self {
    case .mid: return quote.mid
    case .micro:
      return Self.weighed(
        Level(price: quote.bid, size: quote.bidSize), Level(price: quote.ask, size: quote.askSize)
      ) ?? quote.mid
    case .vamp:
      guard let book, let bid = Self.average(book.bids.prefix(depth)),
        let ask = Self.average(book.asks.prefix(depth))
      else { return quote.mid }
      return Self.weighed(bid, ask) ?? quote.mid
    }
  }

  /// Nil where there is nothing on either side.
  package static func weighed(_ bid: Level, _ ask: Level) -> Decimal? {
    let all = bid.size.plus(ask.size)
    guard all > .zero else { return nil }
    return bid.price.times(ask.size).plus(ask.price.times(bid.size)).over(all)
  }

  private static func average(_ levels: ArraySlice<Level>) -> Level? {
    let size = levels.reduce(Decimal.zero) { $0.plus($1.size) }
    guard size > .zero else { return nil }
    let value = levels.reduce(Decimal.zero) { $0.plus($1.price.times($1.size)) }
    return Level(price: value.over(size), size: size)
  }
}
