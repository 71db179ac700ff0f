import PerpCore

/// One recorded market as the orders of a backtest meet it. What an order has taken is gone until
/// the recording tells anew how the market is.
struct PaperMarket: Sendable {
  private(set) var quote: Quote?
  private var isDown = false
  private var book = Book()
  private var hasBook = false
  private var taken: [Decimal: Decimal] = [:]

  mutating func note(_ line: GatewayLine) {
    switch line {
    case .quote(_, let quote):
      self.quote = quote
      if !hasBook { taken = [:] }
    case .book(let line):
      book.apply(line)
      hasBook = true
      taken = [:]
    case .stream(_, "bbo", let state, _): isDown = state != "live"
    default: break
    }
  }

  /// Whether there is a quote that orders may be judged by.
  var isTradable: Bool { !isDown && quote?.isSound == true }

  /// Whether the market has gone through an order's price, so that even the last in the queue
  /// there was served. To be at the price is not enough.
  func isThrough(_ price: Decimal, _ side: Side, tradePrice: Decimal?) -> Bool {
    let prices = [tradePrice, quote.flatMap { $0.isSound ? $0.price(for: side) : nil }]
    return prices.compactMap { $0 }.contains { side == .buy ? $0 < price : $0 > price }
  }

  /// What an order of this side would meet within `limit`, best first.
  func offers(_ side: Side, limit: Decimal) -> [Level] {
    var levels = side == .buy ? book.asks : book.bids
    if !hasBook, let quote {
      let size = side == .buy ? quote.askSize : quote.bidSize
      levels = [Level(price: quote.price(for: side), size: size)]
    }
    return levels.prefix { side == .buy ? $0.price <= limit : $0.price >= limit }
      .map { Level(price: $0.price, size: $0.size.minus(taken[$0.price] ?? .zero)) }
      .filter { $0.size > .zero }
  }

  mutating func take(_ level: Level) {
    taken[level.price] = (taken[level.price] ?? .zero).plus(level.size)
  }
}

/// A position and what one base unit of it has cost.
struct CostBasis: Equatable, Sendable {
  /// Base units, short negative.
  private(set) var size = Decimal.zero
  private(set) var price = Decimal.zero

  /// What the execution has realised, in quote units, fees not taken off.
  mutating func note(_ change: Decimal, at price: Decimal) -> Decimal {
    let opposes = !size.isZero && size.isNegative != change.isNegative
    let closed = opposes ? min(size.magnitude, change.magnitude) : .zero
    let gain = closed.times(size.isNegative ? self.price.minus(price) : price.minus(self.price))
    let rest = change.magnitude.minus(closed)
    if !rest.isZero {
      let before = size.magnitude.minus(closed)
      self.price = before.times(self.price).plus(rest.times(price)).over(before.plus(rest))
    }
    size = size.plus(change)
    return gain
  }
}
