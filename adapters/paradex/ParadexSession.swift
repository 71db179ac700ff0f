import PerpCore
import PerpVenue

/// Our side of Paradex's public data: one WebSocket for every topic, binary or JSON.
package struct ParadexSession: VenueSession {
  let dialect: ParadexDialect
  var feed: MarketDataFeed

  package init(options: SessionOptions) {
    dialect = ParadexDialect(options: options)
    feed = MarketDataFeed(dialect: dialect, options: options)
  }

  package var clock: ClockOffset { feed.clock }

  package var deadline: UInt64? { feed.deadline }

  package mutating func receive(
    _ input: borrowing VenueInput, at now: Moment, into actions: inout VenueActions
  ) {
    switch input {
    case .binary(let id, let bytes):
      guard feed.accepts(id, at: now) else { return }
      receive(frame: bytes, at: now, into: &actions)
    case .text(let id, let bytes):
      guard feed.accepts(id, at: now) else { return }
      receive(text: bytes, at: now, into: &actions)
    case .closed(let id, let reason):
      if id == feed.connection.id { changeVersion(reason, into: &actions) }
      feed.receive(input, at: now, into: &actions)
    default: feed.receive(input, at: now, into: &actions)
    }
  }

  /// Not every node knows every version: after an upgrade was answered with 400 the next attempt
  /// asks for version 1, and should that be refused as well, for the wanted one again.
  private mutating func changeVersion(_ reason: CloseReason, into actions: inout VenueActions) {
    guard reason == .refused(status: 400), !dialect.isJSON else { return }
    let wanted = dialect.webSocketRequest
    let oldest = dialect.webSocketRequest(version: "1")
    guard wanted != oldest else { return }
    feed.connection.request = feed.connection.request == wanted ? oldest : wanted
    let url = feed.connection.request.url
    actions.append(
      .note(Note(.notice, "paradex: the venue refuses this sbe_version; next is \(url)")))
  }

  private mutating func receive(
    frame bytes: RawSpan, at now: Moment, into actions: inout VenueActions
  ) {
    do throws(ParadexFrame.Failure) {
      var frame = try ParadexFrame(bytes)
      switch frame.template {
      case .bbo: receive(try ParadexWire.BBO(&frame), at: now, into: &actions)
      case .trade: receive(try ParadexWire.Trade(&frame), bytes, at: now, into: &actions)
      case .book: receive(try ParadexWire.Book(&frame), at: now, into: &actions)
      case .summary: receive(try ParadexWire.Summary(&frame), at: now, into: &actions)
      case .funding: receive(try ParadexWire.Funding(&frame), at: now, into: &actions)
      case .fundingComparison, .order, .fill, .position, .account, .heartbeat, .subscribed:
        // Not of a channel we subscribe to; a heartbeat has done its work by arriving.
        return
      }
      if frame.unreadBlockBytes > 0 {
        feed.drift.found(
          channel: "template \(frame.template.rawValue)",
          path: "root block of \(frame.blockLength) bytes", sample: "version \(frame.version)",
          at: now, into: &actions)
      }
    } catch {
      if case .unknownTemplate(let template) = error {
        feed.unknown("template \(template)", in: "sbe", bytes, at: now, into: &actions)
      } else {
        feed.undecodable("\(error)", bytes, at: now, into: &actions)
      }
    }
  }

  private mutating func receive(
    text: RawSpan, at now: Moment, into actions: inout VenueActions
  ) {
    var decoder = ParadexTextDecoder()
    do throws(JSONError) {
      switch try decoder.decode(text) {
      case .acknowledged(let id, _):
        if let id { feed.acknowledged(id, at: now, into: &actions) }
      case .refused(let id, let code, let message):
        feed.refused(
          id ?? 0, reason: code == 42_901 ? "rate_limited" : "unsupported", code: String(code),
          message: message, at: now, into: &actions)
      case .bbo(let bbo): receive(bbo, at: now, into: &actions)
      case .trade(let trade): receive(trade, text, at: now, into: &actions)
      case .book(let book): receive(book, at: now, into: &actions)
      case .summary(let summary): receive(summary, at: now, into: &actions)
      case .funding(let funding): receive(funding, at: now, into: &actions)
      case .other(let channel) where ParadexChannel.isOther(channel): break
      case .other(let channel):
        feed.unknown("channel", in: channel, text, at: now, into: &actions)
      }
    } catch {
      feed.undecodable("\(error)", text, at: now, into: &actions)
    }
    for path in decoder.unknown { feed.unknown(path, in: "json", text, at: now, into: &actions) }
  }

  // MARK: Market data

  private mutating func receive(
    _ quote: ParadexWire.BBO, at now: Moment, into actions: inout VenueActions
  ) {
    guard let index = feed.index(of: quote.market) else { return }
    feed.receive(quote.facts, source: .bbo, of: index, at: now, into: &actions)
  }

  private mutating func receive(
    _ trade: ParadexWire.Trade, _ bytes: RawSpan, at now: Moment,
    into actions: inout VenueActions
  ) {
    guard let index = feed.index(of: trade.market) else { return }
    if trade.kind == nil {
      feed.unknown("trade_type", in: "trades", bytes, at: now, into: &actions)
    }
    feed.receive(trade.facts, of: index, at: now, into: &actions)
  }

  private mutating func receive(
    _ update: ParadexWire.Book, at now: Moment, into actions: inout VenueActions
  ) {
    guard let index = feed.index(of: update.market) else { return }
    feed.receive(update.facts, of: index, at: now, into: &actions)
  }

  private mutating func receive(
    _ summary: ParadexWire.Summary, at now: Moment, into actions: inout VenueActions
  ) {
    guard let index = feed.index(of: summary.market) else { return }
    feed.receive(summary.facts, of: index, at: now, into: &actions)
  }

  private mutating func receive(
    _ funding: ParadexWire.Funding, at now: Moment, into actions: inout VenueActions
  ) {
    guard let index = feed.index(of: funding.market) else { return }
    feed.receive(funding.facts, of: index, at: now, into: &actions)
  }
}
