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

  // MARK: Market data. Each message makes one access to its market, whose state is too large to
  // be copied for a look at a part of it.

  private mutating func receive(
    _ quote: ParadexWire.BBO, at now: Moment, into actions: inout [VenueAction]
  ) {
    guard let index = indexes[quote.market] else { return }
    markets[index].receive(quote, clock, at: now, into: &actions)
  }

  private mutating func receive(
    _ trade: ParadexWire.Trade, at now: Moment, into actions: inout [VenueAction]
  ) {
    guard let index = indexes[trade.market] else { return }
    if trade.kind == nil, markets[index].trade != nil {
      drift.found(
        channel: "trades", path: "trade_type", sample: "unknown", at: now, into: &actions)
    }
    markets[index].receive(trade, clock, at: now, into: &actions)
  }

  private mutating func receive(
    _ update: ParadexWire.Book, at now: Moment, into actions: inout [VenueAction]
  ) {
    guard let index = indexes[update.market] else { return }
    switch markets[index].receive(update, clock, at: now, into: &actions) {
    case .ignored, .applied: break
    case .gap: resync(index, .gap, cause: "sequence", at: now, into: &actions)
    case .tooLarge: giveUpBook(index, at: now, into: &actions)
    }
  }

  private mutating func receive(
    _ summary: ParadexWire.Summary, at now: Moment, into actions: inout [VenueAction]
  ) {
    guard let index = indexes[summary.market], markets[index].funding != nil else { return }
    markets[index].summary = summary
    markets[index].emitFunding(venueTime: summary.time, at: now, into: &actions)
  }

  private mutating func receive(
    _ funding: ParadexWire.Funding, at now: Moment, into actions: inout [VenueAction]
  ) {
    guard let index = indexes[funding.market], markets[index].funding != nil else { return }
    markets[index].fundingData = funding
    markets[index].emitFunding(venueTime: funding.time, at: now, into: &actions)
  }

  // MARK: Books that cannot be used

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
}
