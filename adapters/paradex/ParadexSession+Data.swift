import PerpCore
import PerpVenue

extension ParadexSession {
  mutating func receive(
    frame bytes: RawSpan, at now: Moment, into actions: inout [VenueAction]
  ) {
    do throws(ParadexFrame.Failure) {
      var frame = try ParadexFrame(bytes)
      switch frame.template {
      case .bbo: receive(try ParadexWire.BBO(&frame), at: now, into: &actions)
      case .trade: receive(try ParadexWire.Trade(&frame), at: now, into: &actions)
      case .book: receive(try ParadexWire.Book(&frame), at: now, into: &actions)
      case .summary: receive(try ParadexWire.Summary(&frame), at: now, into: &actions)
      case .funding: receive(try ParadexWire.Funding(&frame), at: now, into: &actions)
      case .fundingComparison, .order, .fill, .position, .account, .heartbeat, .subscribed:
        // Not of a channel we subscribe to; a heartbeat has done its work by arriving.
        return
      }
      if frame.unreadBlockBytes > 0 {
        drift.found(
          channel: "template \(frame.template.rawValue)",
          path: "root block of \(frame.blockLength) bytes", sample: "version \(frame.version)",
          at: now, into: &actions)
      }
    } catch {
      if case .unknownTemplate(let template) = error {
        drift.found(
          channel: "sbe", path: "template \(template)", sample: Self.sample(bytes), at: now,
          into: &actions)
      } else {
        undecodable("\(error)", bytes, at: now, into: &actions)
      }
    }
  }

  mutating func receive(text: RawSpan, at now: Moment, into actions: inout [VenueAction]) {
    var decoder = ParadexTextDecoder()
    do throws(JSONError) {
      switch try decoder.decode(text) {
      case .acknowledged(let id, _): if let id { acknowledged(id) }
      case .refused(let id, let code, let message):
        refused(id ?? 0, code: code, message: message, at: now, into: &actions)
      case .bbo(let bbo): receive(bbo, at: now, into: &actions)
      case .trade(let trade): receive(trade, at: now, into: &actions)
      case .book(let book): receive(book, at: now, into: &actions)
      case .summary(let summary): receive(summary, at: now, into: &actions)
      case .funding(let funding): receive(funding, at: now, into: &actions)
      case .other(let channel) where ParadexChannel.isOther(channel): break
      case .other(let channel):
        drift.found(
          channel: channel, path: "channel", sample: Self.sample(text), at: now, into: &actions)
      }
    } catch {
      undecodable("\(error)", text, at: now, into: &actions)
    }
    for path in decoder.unknown {
      drift.found(
        channel: "json", path: path, sample: Self.sample(text), at: now, into: &actions)
    }
  }

  /// Drops the message and says so; a stream of them costs the connection.
  mutating func undecodable(
    _ cause: String, _ bytes: RawSpan, at now: Moment, into actions: inout [VenueAction]
  ) {
    actions.append(
      .emit(
        .error(
          ErrorReport(
            venue: Paradex.id, place: "decode", reason: "malformed",
            message: "dropped a message of \(bytes.byteCount) bytes: \(cause); it begins with "
              + Self.sample(bytes), time: now.wall))))
    if !decodeErrors.take(at: now.monotonic) {
      reconnect(cause: "malformed", at: now, into: &actions)
    }
  }

  /// The first bytes in hexadecimal: what is not decodable is not printable either.
  private static func sample(_ bytes: RawSpan) -> String {
    let digits = Array("0123456789abcdef")
    var text = ""
    for index in 0..<min(bytes.byteCount, 32) {
      let byte = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return text
  }

  // MARK: BBO

  private mutating func receive(
    _ quote: ParadexWire.BBO, at now: Moment, into actions: inout [VenueAction]
  ) {
    guard let index = indexes[quote.market], markets[index].bbo != nil else { return }
    if let held = markets[index].quote {
      // After a renewed subscription the venue repeats what we hold: that is a sign of life.
      let isRepeated =
        quote.sequence == held.sequence && markets[index].bbo!.health.state == .live
      if quote.sequence < held.sequence || isRepeated { return }
    }
    let isLate = markets[index].bbo!.data(
      venueTime: clock.ours(quote.time), at: now, into: &actions)
    markets[index].quote = quote
    emit(quote, index, source: .bbo, isLate: isLate, at: now, into: &actions)
  }

  mutating func emit(
    _ quote: ParadexWire.BBO, _ index: Int, source: BBO.Source, isLate: Bool, at now: Moment,
    into actions: inout [VenueAction]
  ) {
    let header = markets[index].bbo!.header(venueTime: quote.time, at: now)
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

  private mutating func receive(
    _ trade: ParadexWire.Trade, at now: Moment, into actions: inout [VenueAction]
  ) {
    guard let index = indexes[trade.market], markets[index].trade != nil else { return }
    if trade.kind == nil {
      drift.found(
        channel: "trades", path: "trade_type", sample: "unknown", at: now, into: &actions)
    }
    if let key = trade.key, !markets[index].trades.insert(key) { return }
    _ = markets[index].trade!.data(
      venueTime: clock.ours(trade.time ?? trade.createdAt), at: now, into: &actions)
    let header = markets[index].trade!.header(venueTime: trade.createdAt, at: now)
    actions.append(
      .emit(
        .trade(
          Trade(
            header: header, tradeID: trade.id, price: trade.price, size: trade.size,
            side: trade.side, isLiquidation: trade.kind == .liquidation))))
  }

  // MARK: Book

  private mutating func receive(
    _ update: ParadexWire.Book, at now: Moment, into actions: inout [VenueAction]
  ) {
    guard let index = indexes[update.market], markets[index].book != nil else { return }
    let verdict =
      update.isSnapshot
      ? markets[index].builder.snapshot(
        bids: update.bids, asks: update.asks, sequence: update.sequence)
      : markets[index].builder.delta(
        bids: update.bids, asks: update.asks, sequence: update.sequence,
        // "Every delta frame increments seq by exactly 1, including frames with no levels."
        previous: update.sequence &- 1)
    switch verdict {
    case .ignored: return
    case .applied: break
    case .gap: return resync(index, .gap, cause: "sequence", at: now, into: &actions)
    case .tooLarge: return giveUpBook(index, at: now, into: &actions)
    }
    // A snapshot carries the time of the book's last change, which may be long ago.
    let isLate = markets[index].book!.data(
      venueTime: update.isSnapshot ? nil : clock.ours(update.time), at: now, into: &actions)
    guard !update.isSnapshot else {
      return emitBook(index, isLate: false, at: now, into: &actions)
    }
    guard !update.bids.isEmpty || !update.asks.isEmpty else { return }
    let header = markets[index].book!.header(venueTime: update.time, at: now)
    var flags = markets[index].builder.book.flags
    if isLate { flags.insert(.lagging) }
    actions.append(
      .emit(
        .book(
          BookUpdate(
            header: header, isSnapshot: false, bids: update.bids, asks: update.asks,
            venueSequence: update.sequence,
            previousVenueSequence: markets[index].emittedSequence, flags: flags))))
    markets[index].emittedSequence = update.sequence
  }

  /// The whole book as it stands; nothing if there is no sound one.
  mutating func emitBook(
    _ index: Int, isLate: Bool, at now: Moment, into actions: inout [VenueAction]
  ) {
    let builder = markets[index].builder
    guard let sequence = builder.sequence else { return }
    var flags = builder.book.flags
    if isLate { flags.insert(.lagging) }
    let header = markets[index].book!.header(venueTime: nil, at: now)
    actions.append(
      .emit(
        .book(
          BookUpdate(
            header: header, isSnapshot: true, bids: builder.book.bids, asks: builder.book.asks,
            venueSequence: sequence, previousVenueSequence: nil, flags: flags))))
    markets[index].emittedSequence = sequence
  }

  private mutating func resync(
    _ index: Int, _ state: StreamStatus.State, cause: String, at now: Moment,
    into actions: inout [VenueAction]
  ) {
    markets[index].book!.enter(state, cause: cause, at: now, into: &actions)
    resubscribe(index, .book)
    markets[index].book!.enter(.resync, cause: "snapshot_requested", at: now, into: &actions)
    markets[index].book!.health.requested(at: now.monotonic)
    deadlines.bring(.health, forwardTo: markets[index].book!.health.deadline)
    drainQueues(at: now, into: &actions)
  }

  /// A larger book than we hold will be no smaller if asked for again at once.
  private mutating func giveUpBook(
    _ index: Int, at now: Moment, into actions: inout [VenueAction]
  ) {
    markets[index].book!.enter(.down, cause: "too_large", at: now, into: &actions)
    subscriptions.append(Subscription(index: index, channel: .book, isWanted: false))
    deadlines.bring(.refused, forwardTo: now.monotonic + Self.retryRefusedAfter)
    drainQueues(at: now, into: &actions)
  }

  // MARK: Funding

  private mutating func receive(
    _ summary: ParadexWire.Summary, at now: Moment, into actions: inout [VenueAction]
  ) {
    guard let index = indexes[summary.market], markets[index].funding != nil else { return }
    markets[index].summary = summary
    emitFunding(index, venueTime: summary.time, at: now, into: &actions)
  }

  private mutating func receive(
    _ funding: ParadexWire.Funding, at now: Moment, into actions: inout [VenueAction]
  ) {
    guard let index = indexes[funding.market], markets[index].funding != nil else { return }
    markets[index].fundingData = funding
    emitFunding(index, venueTime: funding.time, at: now, into: &actions)
  }

  mutating func emitFunding(
    _ index: Int, venueTime: Int64?, at now: Moment, into actions: inout [VenueAction]
  ) {
    let (summary, data) = (markets[index].summary, markets[index].fundingData)
    guard summary != nil || data != nil else { return }
    if venueTime != nil {
      _ = markets[index].funding!.data(venueTime: nil, at: now, into: &actions)
    }
    // Answers with a period of 0 were seen.
    let hours =
      data.flatMap { (1...168).contains($0.periodHours) ? $0.periodHours : nil }
      ?? markets[index].market.fundingIntervalSeconds.map { $0 / 3_600 }
    let rate = data?.rate ?? summary?.fundingRatePrecise ?? summary?.fundingRate
    let header = markets[index].funding!.header(venueTime: venueTime, at: now)
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
