import PerpCore
import PerpVenue

/// Our side of Variational: marks and indexes come by WebSocket, quotes and rates from statistics
/// that are read every so often, and quotes of set sizes from the user's own session.
package struct VariationalSession: VenueSession {
  let dialect: VariationalDialect
  let configuration: VariationalConfiguration
  var feed: MarketDataFeed
  var quotes = VariationalQuoteStreams()
  var quoter: VariationalQuoter
  /// The newest statistics, by ticker, and when they came.
  private var listings: [String: VariationalWire.Listing] = [:]
  private var listedAt: Moment?
  /// For one interval, by the market's place in the feed.
  private var rates: [Int: Decimal] = [:]
  /// The latest of each market and the connection it came by: the venue repeats them.
  private var prices: [Int: (epoch: UInt64, price: VariationalWire.Price)] = [:]
  private var isRunning = false

  package init(options: SessionOptions) {
    dialect = VariationalDialect(options: options)
    configuration = VariationalConfiguration(options)
    feed = MarketDataFeed(dialect: dialect, options: options)
    quoter = VariationalQuoter(configuration, options: options)
  }

  package var clock: ClockOffset { feed.clock }

  package var deadline: UInt64? {
    [feed.deadline, quotes.deadline, quoter.deadline].compactMap { $0 }.min()
  }

  package mutating func receive(
    _ input: borrowing VenueInput, at now: Moment, into actions: inout VenueActions
  ) {
    switch input {
    case .start:
      isRunning = true
      feed.receive(input, at: now, into: &actions)
      tellProblem(at: now, into: &actions)
    case .stop:
      isRunning = false
      feed.receive(input, at: now, into: &actions)
      quotes.removeAll()
      quoter.endAll()
    case .wake:
      feed.receive(input, at: now, into: &actions)
      quotes.checkHealth(at: now, into: &actions)
      quoter.wake(at: now, into: &actions)
    case .subscribe(let topics): subscribe(topics, at: now, into: &actions)
    case .unsubscribe(let topics): unsubscribe(topics, at: now, into: &actions)
    case .snapshot(let topic) where topic.channel == .bbo:
      quotes.snapshot(topic.symbol, at: now, into: &actions)
    case .text(let id, let text):
      guard feed.accepts(id, at: now) else { return }
      receive(text: text, at: now, into: &actions)
    case .binary(let id, let bytes):
      guard feed.accepts(id, at: now) else { return }
      feed.undecodable("the venue sends no binary messages", bytes, at: now, into: &actions)
    case .response(let id, let response):
      if let outcome = quoter.receive(response, to: id, at: now) {
        receive(outcome, at: now, into: &actions)
      } else {
        let isPoll = feed.question(of: id) == .markets
        feed.receive(input, at: now, into: &actions)
        if isPoll { receive(poll: response, at: now, into: &actions) }
      }
    case .failed(let id, let failure):
      if let outcome = quoter.receive(failure, to: id, at: now) {
        receive(outcome, at: now, into: &actions)
      } else {
        feed.receive(input, at: now, into: &actions)
      }
    default: feed.receive(input, at: now, into: &actions)
    }
  }

  private func tellProblem(at now: Moment, into actions: inout VenueActions) {
    guard let problem = configuration.problem else { return }
    actions.append(
      .emit(
        .error(
          ErrorReport(
            venue: dialect.venue, place: "settings", reason: "malformed", message: problem,
            time: now.wall))))
  }

  // MARK: Topics

  /// Quotes are ours to ask for; all else is the feed's, refusals as well.
  private mutating func subscribe(
    _ topics: [Topic], at now: Moment, into actions: inout VenueActions
  ) {
    guard isRunning else { return }
    var others: [Topic] = []
    for topic in topics {
      guard topic.channel == .bbo, let market = feed.market(of: topic.symbol) else {
        others.append(topic)
        continue
      }
      guard !quotes.contains(topic.symbol) else { continue }
      if quoter.sizes[market.venueSymbol] != nil {
        quotes.subscribe(
          to: market, source: .quote, policy: quoter.policy, isBarred: quoter.isBarred, at: now,
          into: &actions)
        quoter.begin(market, at: now)
      } else {
        quotes.subscribe(
          to: market, source: .poll, policy: dialect.pollPolicy,
          isBarred: feed.areQuestionsBarred, at: now, into: &actions)
        publish(market.venueSymbol, of: topic.symbol, into: &actions)
      }
    }
    if !others.isEmpty { feed.receive(.subscribe(others), at: now, into: &actions) }
    quoter.wake(at: now, into: &actions)
  }

  private mutating func unsubscribe(
    _ topics: [Topic], at now: Moment, into actions: inout VenueActions
  ) {
    for topic in topics where topic.channel == .bbo {
      quotes.unsubscribe(topic.symbol)
      quoter.end(topic.symbol)
    }
    let others = topics.filter { $0.channel != .bbo }
    if !others.isEmpty { feed.receive(.unsubscribe(others), at: now, into: &actions) }
  }

  // MARK: Quotes

  /// The statistics were asked for by the feed, for their markets; they have quotes and rates, too.
  private mutating func receive(
    poll response: HTTPResponse, at now: Moment, into actions: inout VenueActions
  ) {
    guard !feed.areQuestionsBarred else {
      return quotes.bar(.poll, at: now, into: &actions)
    }
    var known: [String] = []
    guard response.status == 200,
      let statistics = try? VariationalREST.statistics(response.body.span.bytes, &known)
    else { return }
    listedAt = now
    listings = [:]
    for listing in statistics.listings where listings[listing.ticker] == nil {
      listings[listing.ticker] = listing
      guard let name = ShortText(VariationalInstrument.key(listing.ticker)),
        let index = feed.index(of: name)
      else { continue }
      rates[index] = listing.intervalRate(isAnnual: configuration.isRateAnnual)
    }
    for (symbol, ticker) in quotes.markets(of: .poll) {
      publish(ticker, of: symbol, into: &actions)
    }
  }

  /// What the newest statistics say of the market, as of when they came.
  private mutating func publish(
    _ ticker: String, of symbol: Symbol, into actions: inout VenueActions
  ) {
    guard !feed.areQuestionsBarred, let listedAt,
      let quote = listings[ticker]?.quote(configuration.size)
    else { return }
    quotes.receive(quote, of: symbol, feed.clock, received: listedAt, into: &actions)
  }

  private mutating func receive(
    _ outcome: VariationalQuoter.Outcome, at now: Moment, into actions: inout VenueActions
  ) {
    switch outcome {
    case .quote(let symbol, let quote, let unknown):
      quotes.receive(quote, of: symbol, feed.clock, received: now, into: &actions)
      for path in unknown {
        feed.drift.found(channel: "quotes", path: path, sample: "", at: now, into: &actions)
      }
    case .refused(let symbol, let cause):
      report("\(symbol) is not quoted: \(cause)", "unsupported", at: now, into: &actions)
      quotes.takeDown(symbol, cause: "refused", at: now, into: &actions)
    case .barred(let cause):
      report(
        "the venue refuses your session at \(configuration.application ?? "") (\(cause)): "
          + "nothing more is sent there", "blocked", isFatal: true, at: now, into: &actions)
      quotes.bar(.quote, at: now, into: &actions)
    case .failed(let cause):
      actions.append(.note(Note(.debug, "\(dialect.venue): no quote: \(cause)")))
    }
  }

  private func report(
    _ message: String, _ reason: String, isFatal: Bool = false, at now: Moment,
    into actions: inout VenueActions
  ) {
    actions.append(
      .emit(
        .error(
          ErrorReport(
            venue: dialect.venue, place: "quotes", reason: reason, message: message,
            isFatal: isFatal, time: now.wall))))
  }
}

// MARK: - Messages

extension VariationalSession {
  private mutating func receive(
    text: RawSpan, at now: Moment, into actions: inout VenueActions
  ) {
    var decoder = VariationalDecoder()
    do throws(JSONError) {
      switch try decoder.decode(text) {
      case .price(let price): receive(price, at: now, into: &actions)
      case .heartbeat: break
      case .notice(let notice): receive(notice, at: now, into: &actions)
      case .other(let name): feed.unknown("channel", in: name, text, at: now, into: &actions)
      }
    } catch {
      feed.undecodable("\(error)", text, at: now, into: &actions)
    }
    for path in decoder.unknown {
      feed.unknown(path, in: "prices", text, at: now, into: &actions)
    }
  }

  private mutating func receive(
    _ price: VariationalWire.Price, at now: Moment, into actions: inout VenueActions
  ) {
    guard let name = price.instrument, let index = feed.index(of: name),
      let stream = feed.markets[index].funding
    else { return }
    let epoch = feed.connection.epoch
    if let last = prices[index], last.epoch == epoch, last.price == price,
      stream.health.state == .live
    {
      return feed.seen(.funding, of: index, venueTime: nil, at: now, into: &actions)
    }
    prices[index] = (epoch, price)
    var facts = FundingFacts(time: price.time)
    facts.rate = rates[index]
    facts.markPrice = price.mark
    facts.indexPrice = price.index
    feed.receive(facts, of: index, at: now, into: &actions)
  }

  private mutating func receive(
    _ notice: VariationalNotice, at now: Moment, into actions: inout VenueActions
  ) {
    switch notice {
    case .unsupportedInstrument(let key):
      guard let name = ShortText(key), let index = feed.index(of: name) else { return }
      feed.refused(
        .prices, of: index, code: "unsupported", message: notice.text, at: now, into: &actions)
      // It will not be supported half a minute later, and some hosts close for it.
      let market = feed.markets[index]
      guard market.funding?.health.state == .down else { return }
      feed.receive(
        .unsubscribe([Topic(.funding, market.market.symbol)]), at: now, into: &actions)
    case .noSubscriptions:
      // The end of the connection follows, and speaks for itself.
      break
    case .invalidInstrument, .unexpectedFormat, .unknownPath, .unauthorized:
      actions.append(.note(Note(.error, "\(dialect.venue): \(notice.text)")))
    }
  }
}
