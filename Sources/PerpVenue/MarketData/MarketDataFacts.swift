import PerpCore

// What the messages of every venue say, whatever they look like. Times are microseconds by the
// venue's clock.

public struct QuoteFacts: Equatable, Sendable {
  public var bid: Level?
  public var ask: Level?
  /// Nil where the venue numbers nothing.
  public var sequence: Int64?
  public var time: Int64?

  public init(bid: Level?, ask: Level?, sequence: Int64?, time: Int64?) {
    self.bid = bid
    self.ask = ask
    self.sequence = sequence
    self.time = time
  }
}

package struct TradeFacts: Sendable {
  package var id: ShortText?
  /// What makes it the same trade as another of the same market; nil where nothing does.
  package var key: SIMD4<Int64>?
  package var price: Decimal
  package var size: Decimal
  /// Of the taker.
  package var side: Side?
  package var isLiquidation: Bool
  /// Of the match.
  package var time: Int64?
  /// Of publishing, where the venue tells it apart.
  package var publishedAt: Int64?
  /// Of the past, repeated at the start of a subscription: a sign of life, but no event.
  package var isReplay: Bool

  package init(
    id: ShortText?, key: SIMD4<Int64>?, price: Decimal, size: Decimal, side: Side?,
    isLiquidation: Bool = false, time: Int64?, publishedAt: Int64? = nil, isReplay: Bool = false
  ) {
    self.id = id
    self.key = key
    self.price = price
    self.size = size
    self.side = side
    self.isLiquidation = isLiquidation
    self.time = time
    self.publishedAt = publishedAt
    self.isReplay = isReplay
  }
}

package struct BookFacts: Sendable {
  package var isSnapshot: Bool
  package var bids: [Level]
  package var asks: [Level]
  package var sequence: Int64
  /// The sequence this delta follows; of no meaning on snapshots.
  package var previous: Int64
  package var time: Int64?

  package init(
    isSnapshot: Bool, bids: [Level], asks: [Level], sequence: Int64, previous: Int64 = 0,
    time: Int64?
  ) {
    self.isSnapshot = isSnapshot
    self.bids = bids
    self.asks = asks
    self.sequence = sequence
    self.previous = previous
    self.time = time
  }
}

/// Parts of what makes a funding event; messages that have only some of them complete each other.
package struct FundingFacts: Sendable {
  package var time: Int64?
  /// For one interval.
  package var rate: Decimal?
  /// Stands in while no message has stated `rate`.
  package var secondaryRate: Decimal?
  package var intervalSeconds: Int?
  package var nextTime: Int64?
  package var markPrice: Decimal?
  package var indexPrice: Decimal?
  package var openInterest: Decimal?

  package init(time: Int64?) { self.time = time }

  mutating func complete(with newer: FundingFacts) {
    time = newer.time
    rate = newer.rate ?? rate
    secondaryRate = newer.secondaryRate ?? secondaryRate
    intervalSeconds = newer.intervalSeconds ?? intervalSeconds
    nextTime = newer.nextTime ?? nextTime
    markPrice = newer.markPrice ?? markPrice
    indexPrice = newer.indexPrice ?? indexPrice
    openInterest = newer.openInterest ?? openInterest
  }
}
