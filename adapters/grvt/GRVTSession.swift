import PerpCore
import PerpVenue

/// Our side of GRVT's public data: one WebSocket for every topic. Quotes are those of the mini
/// ticker, which tells each change of the best bid and ask.
package struct GRVTSession: VenueSession {
  /// What there is to remember of a market beyond what every venue's feed does.
  struct Streams: Sendable {
    var quotes = GRVTSequence<GRVTWire.Mini>()
    /// What the quotes have come to.
    var quote: GRVTWire.Mini?
    var book = GRVTSequence<GRVTWire.Book>()
    var trades = GRVTTradeHistory()
  }

  let dialect: GRVTDialect
  var feed: MarketDataFeed
  /// In the order of the feed's markets.
  private(set) var streams: [Streams] = []

  package init(options: SessionOptions) {
    dialect = GRVTDialect(options: options)
    feed = MarketDataFeed(dialect: dialect, options: options)
  }

  package var clock: ClockOffset { feed.clock }

  package var deadline: UInt64? { feed.deadline }

  package mutating func receive(
    _ input: borrowing VenueInput, at now: Moment, into actions: inout VenueActions
  ) {
    switch input {
    case .text(let id, let bytes):
      guard feed.accepts(id, at: now) else { return }
      receive(text: bytes, at: now, into: &actions)
    case .binary(let id, let bytes):
      guard feed.accepts(id, at: now) else { return }
      feed.undecodable("the venue speaks text", bytes, at: now, into: &actions)
    case .opened:
      // Another gateway may be at the other end, with numbers of its own.
      streams.removeAll()
      feed.receive(input, at: now, into: &actions)
    default: feed.receive(input, at: now, into: &actions)
    }
    while streams.count < feed.markets.count { streams.append(Streams()) }
  }

  private mutating func receive(
    text: RawSpan, at now: Moment, into actions: inout VenueActions
  ) {
    var decoder = GRVTDecoder()
    do throws(JSONError) {
      switch try decoder.decode(text) {
      case .mini(let mini, let place): receive(mini, place, at: now, into: &actions)
      case .book(let book, let place): receive(book, place, at: now, into: &actions)
      case .trade(let trade, let place): receive(trade, place, at: now, into: &actions)
      case .ticker(let ticker, _):
        guard let index = feed.index(of: ticker.mini.instrument) else { break }
        feed.receive(ticker.facts, of: index, at: now, into: &actions)
      case .acknowledged(let answer): acknowledged(answer, at: now, into: &actions)
      case .refused(let id, let code, let message):
        feed.refused(
          id ?? 0, reason: Self.reason(of: code), code: String(code), message: message, at: now,
          into: &actions)
      // Of streams that we do not ask for.
      case .candle, .account: break
      case .other(let name): feed.unknown(name, in: "stream", text, at: now, into: &actions)
      }
    } catch {
      feed.undecodable("\(error)", text, at: now, into: &actions)
    }
    for path in decoder.unknown { feed.unknown(path, in: "public", text, at: now, into: &actions) }
  }

  /// The protocol's word for an error code.
  private static func reason(of code: Int64) -> String {
    switch code {
    case 1000, 1001, 1008: "auth"
    case 1006: "rate_limited"
    case 1002, 1005, 1009: "venue_down"
    case 3000: "unknown_symbol"
    default: "unsupported"
    }
  }

  // MARK: Acknowledgements

  private mutating func acknowledged(
    _ answer: GRVTAcknowledgement, at now: Moment, into actions: inout VenueActions
  ) {
    // The numbers of a subscription that was renewed since say nothing of the new one.
    if let id = answer.id, !feed.acknowledged(id, at: now, into: &actions) { return }
    for (place, selector) in answer.subscribed.enumerated() {
      guard let name = GRVTSelector.instrument(in: selector), let index = feed.index(of: name)
      else { continue }
      let first = answer.firstNumbers.indices.contains(place) ? answer.firstNumbers[place] : nil
      switch answer.stream {
      case .miniDeltas:
        guard let first, beginQuotes(index) else { break }
        settle(
          streams[index].quotes.acknowledged(first: first), nil, 0, of: index, at: now,
          into: &actions)
      case .bookDeltas, .improvedBookDeltas:
        guard let first, beginBook(index) else { break }
        settle(
          streams[index].book.acknowledged(first: first), nil, 0, of: index, at: now,
          into: &actions)
      case .trades:
        guard beginTrades(index) else { break }
        let counts = answer.snapshotCounts
        streams[index].trades.acknowledged(
          past: counts.indices.contains(place) ? counts[place] : nil, first: first)
      default: break
      }
    }
  }

  /// False when nobody wants quotes of the market.
  private mutating func beginQuotes(_ index: Int) -> Bool {
    guard let requestedAt = feed.markets[index].bbo?.health.requestedAt else { return false }
    streams[index].quotes.begin(requestedAt: requestedAt)
    return true
  }

  private mutating func beginBook(_ index: Int) -> Bool {
    guard let requestedAt = feed.markets[index].book?.health.requestedAt else { return false }
    streams[index].book.begin(requestedAt: requestedAt)
    return true
  }

  private mutating func beginTrades(_ index: Int) -> Bool {
    guard let requestedAt = feed.markets[index].trade?.health.requestedAt else { return false }
    streams[index].trades.begin(requestedAt: requestedAt)
    return true
  }

  // MARK: Quotes

  private mutating func receive(
    _ mini: GRVTWire.Mini, _ place: GRVTPlace, at now: Moment, into actions: inout VenueActions
  ) {
    guard let index = feed.index(of: mini.instrument), beginQuotes(index) else { return }
    guard place.stream.isDelta else {
      return tell(mini, sequence: nil, of: index, at: now, into: &actions)
    }
    let verdict =
      place.isState
      ? streams[index].quotes.receive(state: mini)
      : streams[index].quotes.receive(mini, number: place.number, previous: place.previous)
    settle(verdict, mini, place.number, of: index, at: now, into: &actions)
  }

  private mutating func settle(
    _ verdict: GRVTSequence<GRVTWire.Mini>.Verdict, _ mini: GRVTWire.Mini?, _ number: Int64,
    of index: Int, at now: Moment, into actions: inout VenueActions
  ) {
    switch verdict {
    case .waiting: break
    case .next:
      guard let mini else { break }
      streams[index].quote?.merge(mini)
      guard var quote = streams[index].quote else { break }
      quote.time = mini.time
      tell(quote, sequence: number, of: index, at: now, into: &actions)
    case .begun(var quote, _):
      streams[index].quote = quote
      // A state may be as old as the last change: its time shows nothing.
      quote.time = nil
      tell(quote, sequence: nil, of: index, at: now, into: &actions)
    case .gap: feed.missed(.bbo, of: index, at: now, into: &actions)
    }
  }

  /// Most messages leave bid and ask as they are.
  private mutating func tell(
    _ mini: GRVTWire.Mini, sequence: Int64?, of index: Int, at now: Moment,
    into actions: inout VenueActions
  ) {
    let quote = QuoteFacts(
      bid: mini.bid, ask: mini.ask, sequence: sequence, time: mini.time.map { $0 / 1_000 })
    if feed.markets[index].bbo?.health.state == .live, let held = feed.markets[index].quote,
      held.bid == quote.bid, held.ask == quote.ask
    {
      feed.seen(.bbo, of: index, venueTime: quote.time, at: now, into: &actions)
    } else {
      feed.receive(quote, source: .bbo, of: index, at: now, into: &actions)
    }
  }

  // MARK: Books

  private mutating func receive(
    _ book: GRVTWire.Book, _ place: GRVTPlace, at now: Moment, into actions: inout VenueActions
  ) {
    guard let index = feed.index(of: book.instrument), beginBook(index) else { return }
    guard place.stream.isDelta else {
      let facts = book.facts(isSnapshot: true, sequence: place.number)
      return feed.receive(facts, of: index, at: now, into: &actions)
    }
    let verdict =
      place.isState
      ? streams[index].book.receive(state: book)
      : streams[index].book.receive(book, number: place.number, previous: place.previous)
    settle(verdict, book, place.number, of: index, at: now, into: &actions)
  }

  private mutating func settle(
    _ verdict: GRVTSequence<GRVTWire.Book>.Verdict, _ book: GRVTWire.Book?, _ number: Int64,
    of index: Int, at now: Moment, into actions: inout VenueActions
  ) {
    switch verdict {
    case .waiting: break
    case .next:
      // The sequence has seen to it that nothing is missing.
      guard let book, let last = feed.markets[index].builder.sequence else { break }
      let facts = book.facts(isSnapshot: false, sequence: number, previous: last)
      feed.receive(facts, of: index, at: now, into: &actions)
    case .begun(let book, let number):
      let facts = book.facts(isSnapshot: true, sequence: number)
      feed.receive(facts, of: index, at: now, into: &actions)
    case .gap: feed.missed(.book, of: index, at: now, into: &actions)
    }
  }

  // MARK: Trades

  private mutating func receive(
    _ trade: GRVTWire.Trade, _ place: GRVTPlace, at now: Moment, into actions: inout VenueActions
  ) {
    guard let index = feed.index(of: trade.instrument), beginTrades(index),
      let requestedAt = feed.markets[index].trade?.health.requestedAt
    else { return }
    let age = Int64((now.monotonic - min(requestedAt, now.monotonic)) / 1_000)
    let time = feed.clock.ours(trade.time / 1_000)
    // In doubt, when the clocks cannot tell, it is news.
    let doubt = feed.clock.bound(at: now.monotonic) ?? 0
    let isOlder = time.saturating(adding: doubt) < now.wall - age
    let verdict = streams[index].trades.receive(
      number: place.number, previous: place.previous, isOlder: isOlder)
    feed.receive(trade.facts(isReplay: verdict == .replay), of: index, at: now, into: &actions)
    if verdict == .gap { feed.missed(.trade, of: index, at: now, into: &actions) }
  }
}
