/// What a session tells the world; each case is one line of the protocol (PROTOCOL.md).
/// Times are microseconds since the epoch, UTC.
package enum Event: Equatable, Sendable {
  case bbo(BBO)
  case trade(Trade)
  case book(BookUpdate)
  // Indirect is what is rare: it would make every copy of the others larger and slower.
  indirect case funding(Funding)
  indirect case market(Market)
  indirect case order(OrderUpdate)
  indirect case fill(Fill)
  indirect case position(Position)
  indirect case balance(Balance)
  indirect case account(AccountStatus)
  indirect case limits(RateUse)
  indirect case stream(StreamStatus)
  indirect case drift(Drift)
  indirect case error(ErrorReport)

  /// Whether its line is numbered by `seq`, kept in the journal and never left out.
  package var isLossless: Bool {
    switch self {
    case .order, .fill, .position, .balance, .account, .stream: true
    case .bbo, .trade, .book, .funding, .market, .limits, .drift, .error: false
    }
  }
}

/// Where a market event comes from and when.
public struct EventHeader: Equatable, Sendable {
  public var venue: VenueID
  public var symbol: Symbol
  /// Rises by one with each event of one channel of one market.
  public var mseq: UInt64
  /// When it happened, by the venue's clock; nil where the venue does not say.
  public var venueTime: Int64?
  /// When the bytes were read from the socket.
  public var received: Int64

  public init(venue: VenueID, symbol: Symbol, mseq: UInt64, venueTime: Int64?, received: Int64) {
    self.venue = venue
    self.symbol = symbol
    self.mseq = mseq
    self.venueTime = venueTime
    self.received = received
  }
}

/// A price with the size on offer there.
public struct Level: Equatable, Sendable {
  public var price: Decimal
  public var size: Decimal

  public init(price: Decimal, size: Decimal) {
    self.price = price
    self.size = size
  }
}

package enum Side: String, CaseIterable, Sendable {
  case buy, sell

  package var opposite: Side { self == .buy ? .sell : .buy }
}

/// Why a quote must not be traded on; a quote without flags is sound.
public struct QuoteFlags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The bid is above the ask.
  public static let crossed = QuoteFlags(rawValue: 1)
  /// The bid equals the ask.
  public static let locked = QuoteFlags(rawValue: 2)
  /// The venue's own time stamp is too old though data flow.
  public static let lagging = QuoteFlags(rawValue: 4)
}

/// Best bid and offer. A side is nil when it is known to be empty.
public struct BBO: Equatable, Sendable {
  /// What the quote was taken from, the fastest the venue has.
  public enum Source: String, Sendable {
    case bbo, book, ticker, quote, poll
  }

  public var header: EventHeader
  public var bid: Level?
  public var ask: Level?
  public var venueSequence: Int64?
  public var source: Source
  public var flags: QuoteFlags

  public init(
    header: EventHeader, bid: Level?, ask: Level?, venueSequence: Int64?, source: Source,
    flags: QuoteFlags = []
  ) {
    self.header = header
    self.bid = bid
    self.ask = ask
    self.venueSequence = venueSequence
    self.source = source
    self.flags = flags
  }
}

package struct Trade: Equatable, Sendable {
  package var header: EventHeader
  /// The venue's own id; nil where it sends none.
  package var tradeID: ShortText?
  package var price: Decimal
  package var size: Decimal
  /// Of the taker; nil where the venue cannot say.
  package var side: Side?
  package var isLiquidation: Bool

  package init(
    header: EventHeader, tradeID: ShortText?, price: Decimal, size: Decimal, side: Side?,
    isLiquidation: Bool
  ) {
    self.header = header
    self.tradeID = tradeID
    self.price = price
    self.size = size
    self.side = side
    self.isLiquidation = isLiquidation
  }
}

/// A whole book, or the levels that changed. In a delta the size 0 removes the price.
package struct BookUpdate: Equatable, Sendable {
  package var header: EventHeader
  package var isSnapshot: Bool
  /// Best first.
  package var bids: [Level]
  /// Best first.
  package var asks: [Level]
  package var venueSequence: Int64?
  /// The sequence this delta follows; nil on snapshots.
  package var previousVenueSequence: Int64?
  package var flags: QuoteFlags

  package init(
    header: EventHeader, isSnapshot: Bool, bids: [Level], asks: [Level], venueSequence: Int64?,
    previousVenueSequence: Int64?, flags: QuoteFlags = []
  ) {
    self.header = header
    self.isSnapshot = isSnapshot
    self.bids = bids
    self.asks = asks
    self.venueSequence = venueSequence
    self.previousVenueSequence = previousVenueSequence
    self.flags = flags
  }
}

/// Funding, with the mark and index prices that go with it.
package struct Funding: Equatable, Sendable {
  package var header: EventHeader
  /// For one interval, as the venue states it; positive: longs pay.
  package var rate: Decimal?
  package var intervalSeconds: Int?
  /// The rate for one hour, exact where it divides, else cut at 18 digits.
  package var hourlyRate: Decimal?
  package var nextTime: Int64?
  package var markPrice: Decimal?
  package var indexPrice: Decimal?
  /// In base units.
  package var openInterest: Decimal?

  package init(
    header: EventHeader, rate: Decimal? = nil, intervalSeconds: Int? = nil,
    hourlyRate: Decimal? = nil, nextTime: Int64? = nil, markPrice: Decimal? = nil,
    indexPrice: Decimal? = nil, openInterest: Decimal? = nil
  ) {
    self.header = header
    self.rate = rate
    self.intervalSeconds = intervalSeconds
    self.hourlyRate = hourlyRate
    self.nextTime = nextTime
    self.markPrice = markPrice
    self.indexPrice = indexPrice
    self.openInterest = openInterest
  }
}
