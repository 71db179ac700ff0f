import PerpCore

/// What the messages of the venue say. Each makes one access to its market, whose state is too
/// large to be copied for a look at a part of it.
extension MarketDataFeed {
  /// A quote of the venue's own making.
  package mutating func receive(
    _ quote: QuoteFacts, source: BBO.Source, of index: Int, at now: Moment,
    into actions: inout VenueActions
  ) {
    markets[index].receive(quote, source: source, clock, at: now, into: &actions)
  }

  package mutating func receive(
    _ trade: TradeFacts, of index: Int, at now: Moment, into actions: inout VenueActions
  ) {
    markets[index].receive(trade, clock, at: now, into: &actions)
  }

  package mutating func receive(
    _ facts: FundingFacts, of index: Int, at now: Moment, into actions: inout VenueActions
  ) {
    markets[index].receive(facts, at: now, into: &actions)
  }

  package mutating func receive(
    _ update: BookFacts, of index: Int, at now: Moment, into actions: inout VenueActions
  ) {
    let verdict = markets[index].receive(update, clock, at: now, into: &actions)
    settle(verdict, .book, of: index, at: now, into: &actions)
  }

  /// An update of the book that quotes are taken from.
  package mutating func receive(
    top update: BookFacts, of index: Int, at now: Moment, into actions: inout VenueActions
  ) {
    let verdict = markets[index].receive(top: update, clock, at: now, into: &actions)
    settle(verdict, .bbo, of: index, at: now, into: &actions)
  }

  /// A message that changes nothing for our clients, and yet shows that the stream lives.
  package mutating func seen(
    _ channel: Channel, of index: Int, venueTime: Int64?, at now: Moment,
    into actions: inout VenueActions
  ) {
    guard markets[index][channel] != nil else { return }
    let time = venueTime.map(clock.ours)
    _ = markets[index][channel]!.data(venueTime: time, at: now, into: &actions)
  }

  /// Another channel has told the best prices: where they are those we hold, a silence of quotes
  /// and books is the market's. Where not, they may be newer; but what is stale is then wrong.
  package mutating func compare(
    bestBid: Decimal?, bestAsk: Decimal?, of index: Int, at now: Moment
  ) {
    markets[index].compare(bestBid: bestBid, bestAsk: bestAsk, at: now)
  }

  /// A message is missing: what is held of the channel cannot be trusted until it begins anew.
  package mutating func missed(
    _ channel: Channel, of index: Int, at now: Moment, into actions: inout VenueActions
  ) {
    guard markets[index][channel] != nil else { return }
    markets[index].forgetData(of: channel)
    markets[index][channel]!.enter(.gap, cause: "sequence", at: now, into: &actions)
    resubscribe(index, channel)
    markets[index][channel]!.enter(.resync, cause: "snapshot_requested", at: now, into: &actions)
    markets[index][channel]!.health.renewing(at: now.monotonic)
    drainQueues(at: now, into: &actions)
  }

  @inline(__always)
  private mutating func settle(
    _ verdict: BookBuilder.Verdict, _ channel: Channel, of index: Int, at now: Moment,
    into actions: inout VenueActions
  ) {
    switch verdict {
    case .ignored, .applied: break
    case .gap: missed(channel, of: index, at: now, into: &actions)
    case .tooLarge: giveUp(channel, of: index, at: now, into: &actions)
    }
  }

  /// A larger book than we hold will be no smaller if asked for again at once.
  private mutating func giveUp(
    _ channel: Channel, of index: Int, at now: Moment, into actions: inout VenueActions
  ) {
    markets[index][channel]!.enter(.down, cause: "too_large", at: now, into: &actions)
    for wire in dialect.wireChannels(of: channel) {
      subscriptions.append(Subscription(index: index, channel: wire, isWanted: false))
    }
    deadlines.bring(.refused, forwardTo: now.monotonic + limits.retryRefusedAfter)
    drainQueues(at: now, into: &actions)
  }

  /// Drops the message and says so; a stream of them costs the connection (`reliability.md` X09).
  package mutating func undecodable(
    _ cause: String, _ bytes: RawSpan, at now: Moment, into actions: inout VenueActions
  ) {
    actions.append(
      .emit(
        .error(
          ErrorReport(
            venue: dialect.venue, place: "decode", reason: "malformed",
            message: "dropped a message of \(bytes.byteCount) bytes: \(cause); it begins with "
              + bytes.sample, time: now.wall))))
    if !decodeErrors.take(at: now.monotonic) {
      reconnect(cause: "malformed", at: now, into: &actions)
    }
  }

  /// Tells, once, of what this version does not know of the venue.
  package mutating func unknown(
    _ path: String, in channel: String, _ bytes: RawSpan, at now: Moment,
    into actions: inout VenueActions
  ) {
    drift.found(channel: channel, path: path, sample: bytes.sample, at: now, into: &actions)
  }
}

extension RawSpan {
  /// The first bytes in hexadecimal: what is not decodable is not printable either.
  package var sample: String {
    let digits = Array("0123456789abcdef")
    var text = ""
    for index in 0..<Swift.min(byteCount, 32) {
      let byte = unsafeLoad(fromByteOffset: index, as: UInt8.self)
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return text
  }
}
