import PerpCore

/// What a feed keeps of one market. A stream is there while its topic is wanted.
package struct MarketState: Sendable {
  package internal(set) var market: Market
  package internal(set) var bbo: Stream?
  package internal(set) var trade: Stream?
  package internal(set) var book: Stream?
  package internal(set) var funding: Stream?
  /// The newest quote, to compare a probe with; those that follow must rise in sequence.
  package internal(set) var quote: QuoteFacts?
  private var quoteSource = BBO.Source.bbo
  package internal(set) var builder = BookBuilder()
  /// The book that quotes are taken from, on venues whose fastest source it is.
  package internal(set) var top = BookBuilder()
  /// Wire channels asked for on the connection that stands, one bit each.
  var subscribed: UInt8 = 0
  /// Sequence of the last delta that was emitted.
  private var emittedSequence: Int64?
  private var trades = RecentKeys(capacity: 64)
  private var fundingFacts: FundingFacts?

  init(market: Market) { self.market = market }

  package internal(set) subscript(channel: Channel) -> Stream? {
    get {
      switch channel {
      case .bbo: bbo
      case .trade: trade
      case .book: book
      case .funding: funding
      }
    }
    set {
      switch channel {
      case .bbo: bbo = newValue
      case .trade: trade = newValue
      case .book: book = newValue
      case .funding: funding = newValue
      }
    }
  }

  /// What came by a channel is of no use once the channel has ended.
  mutating func forgetData(of channel: Channel) {
    switch channel {
    case .bbo:
      quote = nil
      top.void()
    case .trade: break
    case .book:
      builder.void()
      emittedSequence = nil
    case .funding: fundingFacts = nil
    }
  }

  mutating func forgetAll() {
    for channel in Channel.allCases {
      self[channel] = nil
      forgetData(of: channel)
    }
    subscribed = 0
  }
}

// MARK: - BBO

extension MarketState {
  mutating func receive(
    _ quote: QuoteFacts, source: BBO.Source, _ clock: ClockOffset, at now: Moment,
    into actions: inout VenueActions
  ) {
    guard let state = bbo?.health.state else { return }
    if let held = self.quote?.sequence, let new = quote.sequence {
      // After a renewed subscription the venue repeats what we hold: that is a sign of life.
      if new < held || (new == held && state == .live) { return }
    }
    let isLate = bbo!.data(venueTime: quote.time.map(clock.ours), at: now, into: &actions)
    self.quote = quote
    quoteSource = source
    emit(quote, source: source, isLate: isLate, at: now, into: &actions)
  }

  /// What became of the update of the book that quotes are taken from. A quote is emitted where
  /// the best levels changed; everything else is a sign of life.
  mutating func receive(
    top update: BookFacts, _ clock: ClockOffset, at now: Moment, into actions: inout VenueActions
  ) -> BookBuilder.Verdict {
    guard let state = bbo?.health.state else { return .ignored }
    let verdict = top.apply(update)
    guard verdict == .applied else { return verdict }
    let isLate = bbo!.data(
      venueTime: update.isSnapshot ? nil : update.time.map(clock.ours), at: now, into: &actions)
    let new = QuoteFacts(
      bid: top.book.bestBid, ask: top.book.bestAsk, sequence: update.sequence, time: update.time)
    if let quote, quote.bid == new.bid, quote.ask == new.ask, state == .live { return verdict }
    quote = new
    quoteSource = .book
    emit(new, source: .book, isLate: isLate, at: now, into: &actions)
    return verdict
  }

  mutating func emit(
    _ quote: QuoteFacts, source: BBO.Source, isLate: Bool, at now: Moment,
    into actions: inout VenueActions
  ) {
    let header = bbo!.header(venueTime: quote.time, at: now)
    actions.emit(makeBBO(quote, header, source: source, isLate: isLate))
  }

  private func makeBBO(
    _ quote: QuoteFacts, _ header: EventHeader, source: BBO.Source, isLate: Bool
  ) -> BBO {
    var flags = QuoteFlags.of(bid: quote.bid?.price, ask: quote.ask?.price)
    if isLate { flags.insert(.lagging) }
    return BBO(
      header: header, bid: quote.bid, ask: quote.ask, venueSequence: quote.sequence,
      source: source, flags: flags)
  }

  /// The newest quote once more.
  func repeatedQuote(isLate: Bool, at now: Moment) -> Event? {
    guard let quote, let header = bbo?.repeatedHeader(venueTime: quote.time, at: now) else {
      return nil
    }
    return .bbo(makeBBO(quote, header, source: quoteSource, isLate: isLate))
  }

  /// A first quote by REST, unless the stream has been faster. After a silence it is the first
  /// again if it is still what we hold: where nothing happens, the stream has nothing to say, and
  /// some venues repeat nothing to those who subscribe anew.
  mutating func prime(_ quote: QuoteFacts, at now: Moment, into actions: inout VenueActions) {
    guard let state = bbo?.health.state else { return }
    if let held = self.quote {
      guard state == .stale, held.bid == quote.bid, held.ask == quote.ask else { return }
    }
    _ = bbo!.data(venueTime: nil, at: now, into: &actions)
    self.quote = quote
    quoteSource = .poll
    emit(quote, source: .poll, isLate: false, at: now, into: &actions)
  }

  mutating func compare(bestBid: Decimal?, bestAsk: Decimal?, at now: Moment) {
    if let quote, quote.bid?.price == bestBid, quote.ask?.price == bestAsk {
      bbo?.health.confirmed(at: now.monotonic)
    } else if bbo?.health.state == .stale {
      bbo?.health.contradicted()
    }
    if builder.sequence != nil, builder.book.bestBid?.price == bestBid,
      builder.book.bestAsk?.price == bestAsk
    {
      book?.health.confirmed(at: now.monotonic)
    } else if book?.health.state == .stale {
      book?.health.contradicted()
    }
  }

  /// What the market looked like by REST, at the earliest when it was asked. If we hold the same,
  /// our streams are quiet, not stale; if not, they have until the limit of silence to catch up.
  mutating func probed(_ quote: QuoteFacts, sent: Moment) {
    compareQuote(bid: quote.bid, ask: quote.ask, sent: sent)
    guard let current = quote.sequence else { return }
    if let sequence = builder.sequence, current <= sequence {
      book?.health.confirmed(at: sent.monotonic)
    } else {
      book?.health.contradicted()
    }
  }

  /// The same by the best levels, where nothing is numbered.
  mutating func probed(bids: [Level], asks: [Level], sent: Moment) {
    compareQuote(bid: bids.first, ask: asks.first, sent: sent)
    if builder.sequence != nil, builder.book.bids.starts(with: bids),
      builder.book.asks.starts(with: asks)
    {
      book?.health.confirmed(at: sent.monotonic)
    } else {
      book?.health.contradicted()
    }
  }

  private mutating func compareQuote(bid: Level?, ask: Level?, sent: Moment) {
    if let quote, quote.bid == bid, quote.ask == ask {
      bbo?.health.confirmed(at: sent.monotonic)
    } else {
      bbo?.health.contradicted()
    }
  }
}

// MARK: - Trades

extension MarketState {
  mutating func receive(
    _ trade: TradeFacts, _ clock: ClockOffset, at now: Moment, into actions: inout VenueActions
  ) {
    guard self.trade != nil else { return }
    if let key = trade.key, !trades.insert(key) { return }
    let published = trade.isReplay ? nil : trade.publishedAt ?? trade.time
    _ = self.trade!.data(venueTime: published.map(clock.ours), at: now, into: &actions)
    guard !trade.isReplay else { return }
    let header = self.trade!.header(venueTime: trade.time, at: now)
    actions.append(
      .emit(
        .trade(
          Trade(
            header: header, tradeID: trade.id, price: trade.price, size: trade.size,
            side: trade.side, isLiquidation: trade.isLiquidation))))
  }
}

// MARK: - Book

extension BookBuilder {
  fileprivate mutating func apply(_ update: BookFacts) -> Verdict {
    update.isSnapshot
      ? snapshot(bids: update.bids, asks: update.asks, sequence: update.sequence)
      : delta(
        bids: update.bids, asks: update.asks, sequence: update.sequence,
        previous: update.previous)
  }
}

extension MarketState {
  /// What became of the update. After `gap` and `tooLarge` the book is void.
  mutating func receive(
    _ update: BookFacts, _ clock: ClockOffset, at now: Moment, into actions: inout VenueActions
  ) -> BookBuilder.Verdict {
    guard book != nil else { return .ignored }
    let verdict = builder.apply(update)
    guard verdict == .applied else { return verdict }
    // A snapshot carries the time of the book's last change, which may be long ago.
    let isLate = book!.data(
      venueTime: update.isSnapshot ? nil : update.time.map(clock.ours), at: now, into: &actions)
    if update.isSnapshot {
      emitBook(at: now, into: &actions)
    } else if !update.bids.isEmpty || !update.asks.isEmpty {
      emitDelta(update, isLate: isLate, at: now, into: &actions)
    }
    return verdict
  }

  private mutating func emitDelta(
    _ update: BookFacts, isLate: Bool, at now: Moment, into actions: inout VenueActions
  ) {
    let header = book!.header(venueTime: update.time, at: now)
    var flags = builder.book.flags
    if isLate { flags.insert(.lagging) }
    actions.append(
      .emit(
        .book(
          BookUpdate(
            header: header, isSnapshot: false, bids: update.bids, asks: update.asks,
            venueSequence: update.sequence, previousVenueSequence: emittedSequence,
            flags: flags))))
    emittedSequence = update.sequence
  }

  /// The whole book as it stands, of which there is a sound one.
  private mutating func emitBook(at now: Moment, into actions: inout VenueActions) {
    emittedSequence = builder.sequence
    let header = book!.header(venueTime: nil, at: now)
    actions.append(.emit(.book(wholeBook(header, isLate: false))))
  }

  /// The book that was emitted last, whole; nil if there is no sound one.
  func repeatedBook(isLate: Bool, at now: Moment) -> Event? {
    guard builder.sequence != nil, let header = book?.repeatedHeader(venueTime: nil, at: now)
    else { return nil }
    return .book(wholeBook(header, isLate: isLate))
  }

  /// Frames that changed nothing were not emitted: the next change follows the one that was.
  private func wholeBook(_ header: EventHeader, isLate: Bool) -> BookUpdate {
    var flags = builder.book.flags
    if isLate { flags.insert(.lagging) }
    return BookUpdate(
      header: header, isSnapshot: true, bids: builder.book.bids, asks: builder.book.asks,
      venueSequence: emittedSequence, previousVenueSequence: nil, flags: flags)
  }
}

// MARK: - Funding

extension MarketState {
  /// An answer by REST is data as well as a message: funding is a state, whoever brings it.
  mutating func receive(
    _ facts: FundingFacts, at now: Moment, into actions: inout VenueActions
  ) {
    guard funding != nil else { return }
    if fundingFacts == nil { fundingFacts = facts } else { fundingFacts!.complete(with: facts) }
    _ = funding!.data(venueTime: nil, at: now, into: &actions)
    emitFunding(venueTime: facts.time, at: now, into: &actions)
  }

  mutating func emitFunding(
    venueTime: Int64?, at now: Moment, into actions: inout VenueActions
  ) {
    guard let facts = fundingFacts else { return }
    let header = funding!.header(venueTime: venueTime, at: now)
    actions.append(.emit(.funding(makeFunding(facts, header))))
  }

  /// The newest funding once more.
  func repeatedFunding(at now: Moment) -> Event? {
    guard let facts = fundingFacts, let header = funding?.repeatedHeader(venueTime: nil, at: now)
    else { return nil }
    return .funding(makeFunding(facts, header))
  }

  private func makeFunding(_ facts: FundingFacts, _ header: EventHeader) -> Funding {
    let rate = facts.rate ?? facts.secondaryRate
    let interval = facts.intervalSeconds ?? market.fundingIntervalSeconds
    return Funding(
      header: header, rate: rate, intervalSeconds: interval,
      hourlyRate: interval.flatMap { rate?.perHour(of: $0) }, nextTime: facts.nextTime,
      markPrice: facts.markPrice, indexPrice: facts.indexPrice, openInterest: facts.openInterest)
  }
}

extension Decimal {
  /// The part of a rate that falls on an hour, exact where it divides, else cut at 18 digits.
  fileprivate func perHour(of seconds: Int) -> Decimal? {
    multiplied(by: Decimal(3_600))?.divided(by: Decimal(seconds), scale: 18)?.trimmed
  }
}
