import PerpCore
import PerpVenue

/// What one message, or one answer, does to its market.
extension ParadexSession.MarketState {
  // MARK: BBO

  mutating func receive(
    _ quote: ParadexWire.BBO, _ clock: ClockOffset, at now: Moment,
    into actions: inout [VenueAction]
  ) {
    guard let state = bbo?.health.state else { return }
    if let held = self.quote?.sequence {
      // After a renewed subscription the venue repeats what we hold: that is a sign of life.
      if quote.sequence < held || (quote.sequence == held && state == .live) { return }
    }
    let isLate = bbo!.data(venueTime: clock.ours(quote.time), at: now, into: &actions)
    self.quote = quote
    emit(quote, source: .bbo, isLate: isLate, at: now, into: &actions)
  }

  mutating func emit(
    _ quote: ParadexWire.BBO, source: BBO.Source, isLate: Bool, at now: Moment,
    into actions: inout [VenueAction]
  ) {
    let header = bbo!.header(venueTime: quote.time, at: now)
    var flags = QuoteFlags.of(bid: quote.bid?.price, ask: quote.ask?.price)
    if isLate { flags.insert(.lagging) }
    actions.append(
      .emit(
        .bbo(
          BBO(
            header: header, bid: quote.bid, ask: quote.ask, venueSequence: quote.sequence,
            source: source, flags: flags))))
  }

  // MARK: Trades

  mutating func receive(
    _ trade: ParadexWire.Trade, _ clock: ClockOffset, at now: Moment,
    into actions: inout [VenueAction]
  ) {
    guard self.trade != nil else { return }
    if let key = trade.key, !trades.insert(key) { return }
    _ = self.trade!.data(
      venueTime: clock.ours(trade.time ?? trade.createdAt), at: now, into: &actions)
    let header = self.trade!.header(venueTime: trade.createdAt, at: now)
    actions.append(
      .emit(
        .trade(
          Trade(
            header: header, tradeID: trade.id, price: trade.price, size: trade.size,
            side: trade.side, isLiquidation: trade.kind == .liquidation))))
  }

  // MARK: Book

  /// What became of the update. After `gap` and `tooLarge` the book is void.
  mutating func receive(
    _ update: ParadexWire.Book, _ clock: ClockOffset, at now: Moment,
    into actions: inout [VenueAction]
  ) -> BookBuilder.Verdict {
    guard book != nil else { return .ignored }
    let verdict =
      update.isSnapshot
      ? builder.snapshot(bids: update.bids, asks: update.asks, sequence: update.sequence)
      : builder.delta(
        bids: update.bids, asks: update.asks, sequence: update.sequence,
        // "Every delta frame increments seq by exactly 1, including frames with no levels."
        previous: update.sequence &- 1)
    guard verdict == .applied else { return verdict }
    // A snapshot carries the time of the book's last change, which may be long ago.
    let isLate = book!.data(
      venueTime: update.isSnapshot ? nil : clock.ours(update.time), at: now, into: &actions)
    if update.isSnapshot {
      emitBook(isLate: false, at: now, into: &actions)
    } else if !update.bids.isEmpty || !update.asks.isEmpty {
      emitDelta(update, isLate: isLate, at: now, into: &actions)
    }
    return verdict
  }

  private mutating func emitDelta(
    _ update: ParadexWire.Book, isLate: Bool, at now: Moment, into actions: inout [VenueAction]
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

  /// The whole book as it stands; nothing if there is no sound one.
  mutating func emitBook(isLate: Bool, at now: Moment, into actions: inout [VenueAction]) {
    guard let sequence = builder.sequence else { return }
    var flags = builder.book.flags
    if isLate { flags.insert(.lagging) }
    let header = book!.header(venueTime: nil, at: now)
    actions.append(
      .emit(
        .book(
          BookUpdate(
            header: header, isSnapshot: true, bids: builder.book.bids, asks: builder.book.asks,
            venueSequence: sequence, previousVenueSequence: nil, flags: flags))))
    emittedSequence = sequence
  }

  // MARK: Funding

  mutating func emitFunding(
    venueTime: Int64?, at now: Moment, into actions: inout [VenueAction]
  ) {
    guard summary != nil || fundingData != nil else { return }
    if venueTime != nil { _ = funding!.data(venueTime: nil, at: now, into: &actions) }
    // Answers with a period of 0 were seen.
    let hours =
      fundingData.flatMap { (1...168).contains($0.periodHours) ? $0.periodHours : nil }
      ?? market.fundingIntervalSeconds.map { $0 / 3_600 }
    let rate = fundingData?.rate ?? summary?.fundingRatePrecise ?? summary?.fundingRate
    let header = funding!.header(venueTime: venueTime, at: now)
    actions.append(
      .emit(
        .funding(
          Funding(
            header: header, rate: rate, intervalSeconds: hours.map { $0 * 3_600 },
            hourlyRate: hours.flatMap { rate?.divided(by: Decimal($0), scale: 18)?.trimmed },
            markPrice: summary?.markPrice, indexPrice: summary?.indexPrice,
            openInterest: summary?.openInterest))))
  }
}
