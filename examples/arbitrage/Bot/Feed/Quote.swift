import PerpCore

/// One market of one venue. The venue is a name and nothing more.
package struct Listing: Hashable, Sendable, CustomStringConvertible {
  package let venue: String
  package let symbol: Symbol

  package init(_ venue: String, _ symbol: Symbol) {
    self.venue = venue
    self.symbol = symbol
  }

  package var description: String { "\(venue):\(symbol)" }
}

/// The best bid and offer with sizes in base units, and when the gateway read them.
package struct Quote: Equatable, Sendable {
  package var bid: Decimal
  package var ask: Decimal
  package var bidSize: Decimal
  package var askSize: Decimal
  /// Microseconds since the epoch.
  package var received: Int64
  /// The gateway's reasons not to trade on it.
  package var flags: [String]

  package init(
    bid: Decimal, ask: Decimal, bidSize: Decimal, askSize: Decimal, received: Int64,
    flags: [String] = []
  ) {
    (self.bid, self.ask, self.bidSize, self.askSize) = (bid, ask, bidSize, askSize)
    (self.received, self.flags) = (received, flags)
  }

  /// Whether anything may be concluded from it. (C-04, C-15)
  package var isSound: Bool { flags.isEmpty && bid > .zero && ask > .zero && bid < ask }
  package var mid: Decimal { bid.plus(ask).over(Decimal(2)) }
  package var spread: Decimal { ask.minus(bid) }

  /// What an order of this side meets.
  package func price(for side: Side) -> Decimal { side == .buy ? ask : bid }
}

/// What orders on a market must keep to.
package struct MarketRules: Equatable, Sendable {
  package var tick: Decimal
  /// The step of sizes, in base units.
  package var lot: Decimal
  package var minSize: Decimal
  /// In quote units.
  package var minNotional: Decimal?
  package var status: String
  /// Nil where the venue does not tell.
  package var maxLeverage: Decimal?

  package init(
    tick: Decimal, lot: Decimal, minSize: Decimal, minNotional: Decimal? = nil,
    status: String = "open", maxLeverage: Decimal? = nil
  ) {
    (self.tick, self.lot, self.minSize) = (tick, lot, minSize)
    (self.minNotional, self.status, self.maxLeverage) = (minNotional, status, maxLeverage)
  }
}
