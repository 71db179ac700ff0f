import PerpCore

/// What the gateway has told of the markets and accounts a bot trades on.
package struct MarketView: Sendable {
  /// Nanoseconds without a line of the gateway, whose heartbeat comes every 5 s, after which
  /// nothing it said before is believed any more.
  package static let silenceLimit = Nanoseconds.seconds(12)

  private var quotes: [Listing: Quote] = [:]
  private var liveStreams: Set<Listing> = []
  private var liveAccounts: Set<String> = []
  private var accountCauses: [String: String] = [:]
  private var rulesByListing: [Listing: MarketRules] = [:]
  private var books: [Listing: Book] = [:]
  private var fundings: [Listing: FundingLine] = [:]
  private var positions: [Listing: PositionLine] = [:]
  private var balancesByVenue: [String: [String: BalanceLine]] = [:]
  private var lastLine: UInt64 = 0

  package init() {}

  package mutating func note(_ line: GatewayLine, at now: Moment) {
    lastLine = now.monotonic
    switch line {
    case .quote(let listing, let quote): quotes[listing] = quote
    case .stream(let listing, "bbo", let state, _):
      if state == "live" { liveStreams.insert(listing) } else { liveStreams.remove(listing) }
    case .stream(let listing, "book", let state, _):
      if state != "live" { books[listing] = nil }
    case .stream(let listing, "funding", let state, _):
      if state != "live" { fundings[listing] = nil }
    case .funding(let line): fundings[line.listing] = line
    case .book(let line): books[line.listing, default: Book()].apply(line)
    case .market(let listing, let rules): rulesByListing[listing] = rules
    case .position(let line): positions[line.listing] = line
    case .balance(let line): balancesByVenue[line.venue, default: [:]][line.asset] = line
    case .account(let venue, let state, let cause):
      if state == "live" { liveAccounts.insert(venue) } else { liveAccounts.remove(venue) }
      accountCauses[venue] = cause
    default: break
    }
  }

  /// The gateway is gone: nothing it said holds any more but what markets and positions are.
  package mutating func disconnect() {
    quotes = [:]
    books = [:]
    fundings = [:]
    liveStreams = []
    liveAccounts = []
  }

  /// The newest quote, if it may be traded on: sound, of a live stream, from a gateway that is
  /// heard. (C-15)
  package func quote(_ listing: Listing, at now: Moment) -> Quote? {
    guard liveStreams.contains(listing), now.monotonic < lastLine + Self.silenceLimit,
      let quote = quotes[listing], quote.isSound
    else { return nil }
    return quote
  }

  /// The best prices by the book's stream, which is another than the quotes' own.
  package func best(_ listing: Listing) -> (bid: Decimal, ask: Decimal)? {
    guard let book = books[listing], let bid = book.bestBid, let ask = book.bestAsk else {
      return nil
    }
    return (bid.price, ask.price)
  }

  /// Nil while its stream does not live.
  package func funding(_ listing: Listing) -> FundingLine? { fundings[listing] }

  /// The venues of this gateway have told so many markets.
  package var markets: [Listing: MarketRules] { rulesByListing }
  package func rules(_ listing: Listing) -> MarketRules? { rulesByListing[listing] }
  package func isAccountLive(_ venue: String) -> Bool { liveAccounts.contains(venue) }
  package func accountCause(_ venue: String) -> String? { accountCauses[venue] }

  /// In base units; 0 where the venue has told of none.
  package func position(_ listing: Listing) -> Decimal {
    positions[listing]?.size ?? .zero
  }
  package func positionLine(_ listing: Listing) -> PositionLine? { positions[listing] }

  package func positions(of venue: String) -> [PositionLine] {
    positions.values.filter { $0.listing.venue == venue }
      .sorted { $0.listing.description < $1.listing.description }
  }

  /// Nil while there is none that may be believed.
  package func book(_ listing: Listing) -> Book? { books[listing] }

  package func balances(_ venue: String) -> [BalanceLine] {
    (balancesByVenue[venue] ?? [:]).values.sorted { $0.asset < $1.asset }
  }

  /// What the venue's account has of the asset it has most of; nil before it was heard.
  package func balance(_ venue: String) -> Decimal? {
    balancesByVenue[venue]?.values.map(\.total).max()
  }
}
