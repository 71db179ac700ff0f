import PerpCore
import PerpVenue

/// Quotes that no connection carries: a stream for each market that is wanted, fed by those who
/// ask the venue.
struct VariationalQuoteStreams: Sendable {
  private struct Entry: Sendable {
    let ticker: String
    let source: BBO.Source
    var stream: Stream
    var quote: QuoteFacts?

    func bbo(_ header: EventHeader, isLate: Bool, _ quote: QuoteFacts) -> BBO {
      var flags = QuoteFlags.of(bid: quote.bid?.price, ask: quote.ask?.price)
      if isLate { flags.insert(.lagging) }
      return BBO(
        header: header, bid: quote.bid, ask: quote.ask, venueSequence: nil, source: source,
        flags: flags)
    }
  }

  private var entries: [Symbol: Entry] = [:]
  /// In the order they were subscribed to.
  private var symbols: [Symbol] = []
  /// When the next stream may have to be called stale, on the monotonic clock.
  private(set) var deadline: UInt64?

  func contains(_ symbol: Symbol) -> Bool { entries[symbol] != nil }

  /// The markets whose quotes come from there.
  func markets(of source: BBO.Source) -> [(symbol: Symbol, ticker: String)] {
    symbols.compactMap { symbol in
      entries[symbol].flatMap { $0.source == source ? (symbol, $0.ticker) : nil }
    }
  }

  mutating func subscribe(
    to market: Market, source: BBO.Source, policy: StreamHealth.Policy, isBarred: Bool,
    at now: Moment, into actions: inout VenueActions
  ) {
    guard entries[market.symbol] == nil else { return }
    var stream = Stream(
      venue: Variational.id, topic: Topic(.bbo, market.symbol), policy: policy)
    if isBarred {
      stream.bar(at: now, into: &actions)
    } else {
      stream.report(cause: "polling", at: now, into: &actions)
    }
    entries[market.symbol] = Entry(ticker: market.venueSymbol, source: source, stream: stream)
    symbols.append(market.symbol)
  }

  mutating func unsubscribe(_ symbol: Symbol) {
    guard entries.removeValue(forKey: symbol) != nil else { return }
    symbols.removeAll { $0 == symbol }
    setDeadline()
  }

  mutating func removeAll() { self = VariationalQuoteStreams() }

  /// A quote as of `received`. One that is held already shows that the venue answers, and no more.
  mutating func receive(
    _ quote: QuoteFacts, of symbol: Symbol, _ clock: ClockOffset, received: Moment,
    into actions: inout VenueActions
  ) {
    guard var entry = entries[symbol] else { return }
    let wasLive = entry.stream.health.state == .live
    let isLate = entry.stream.data(
      venueTime: quote.time.map(clock.ours), at: received, into: &actions)
    let isNews = entry.quote != quote || !(wasLive || isLate)
    entry.quote = quote
    entries[symbol] = entry
    if isNews { emit(symbol, isLate: isLate, at: received, into: &actions) }
    setDeadline()
  }

  /// What is known of the market, if it is known to be so still.
  func snapshot(_ symbol: Symbol, at now: Moment, into actions: inout VenueActions) {
    guard let entry = entries[symbol], let quote = entry.quote else { return }
    let state = entry.stream.health.state
    guard state == .live || state == .stale else { return }
    let header = entry.stream.repeatedHeader(venueTime: quote.time, at: now)
    actions.append(.answer(.bbo(entry.bbo(header, isLate: state == .stale, quote))))
  }

  private mutating func emit(
    _ symbol: Symbol, isLate: Bool, at now: Moment, into actions: inout VenueActions
  ) {
    guard var entry = entries[symbol], let quote = entry.quote else { return }
    let header = entry.stream.header(venueTime: quote.time, at: now)
    entries[symbol] = entry
    actions.emit(entry.bbo(header, isLate: isLate, quote))
  }

  mutating func takeDown(
    _ symbol: Symbol, cause: String, at now: Moment, into actions: inout VenueActions
  ) {
    entries[symbol]?.stream.enter(.down, cause: cause, at: now, into: &actions)
    setDeadline()
  }

  /// Nothing will come from there any more.
  mutating func bar(
    _ source: BBO.Source, at now: Moment, into actions: inout VenueActions
  ) {
    for (symbol, _) in markets(of: source) {
      entries[symbol]?.stream.bar(at: now, into: &actions)
    }
    setDeadline()
  }

  /// Says which streams have been silent for too long. Whoever asks for the quotes goes on asking.
  mutating func checkHealth(at now: Moment, into actions: inout VenueActions) {
    guard let deadline, now.monotonic >= deadline else { return }
    for symbol in symbols {
      guard var stream = entries[symbol]?.stream else { continue }
      let silence = (now.monotonic - stream.health.lastProof) / 1_000_000
      if stream.health.check(at: now.monotonic) == .stale {
        stream.report(
          cause: "no_data", at: now, age: silence,
          limit: stream.health.limit / 1_000_000, into: &actions)
      }
      entries[symbol]?.stream = stream
    }
    setDeadline()
  }

  private mutating func setDeadline() {
    deadline = nil
    for symbol in symbols {
      guard let health = entries[symbol]?.stream.health, health.deadline != .max else { continue }
      deadline = min(deadline ?? .max, health.deadline)
    }
  }
}
