import PerpCore
import PerpVenue

/// Our side of edgeX's public data: one WebSocket for every topic. Quotes are taken from the book
/// of 15 levels, the fastest the venue has.
package struct EdgeXSession: VenueSession {
  /// Microseconds that a pong may take: books have no time stamps that would show them late.
  static let maxRoundTrip: Int64 = 5_000_000

  let dialect: EdgeXDialect
  var feed: MarketDataFeed
  private(set) var versions: EdgeXDepthVersions

  package init(options: SessionOptions) {
    dialect = EdgeXDialect(options: options)
    feed = MarketDataFeed(dialect: dialect, options: options)
    versions = EdgeXDepthVersions(expecting: EdgeXDepthVersions.Form(options.settings))
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
    default: feed.receive(input, at: now, into: &actions)
    }
  }

  private mutating func receive(
    text: RawSpan, at now: Moment, into actions: inout VenueActions
  ) {
    var decoder = EdgeXDecoder()
    do throws(JSONError) {
      switch try decoder.decode(text) {
      case .depth(let rows):
        for row in rows { receive(row, at: now, into: &actions) }
      case .trades(let rows, let contract, let isSnapshot):
        receive(rows, of: contract, isSnapshot: isSnapshot, at: now, into: &actions)
      case .tickers(let rows):
        for row in rows { receive(row, at: now, into: &actions) }
      case .ping(let time):
        actions.append(.send(feed.connection.id, EdgeXRequest.beat("pong", time: time)))
      case .pong(let time): receive(pong: time, at: now, into: &actions)
      case .acknowledged(let channel, let isWanted):
        acknowledged(channel, isWanted: isWanted, at: now, into: &actions)
      case .refused(let channel, let code, let message):
        refused(channel, code: code, message: message, at: now, into: &actions)
      // Its arrival is all that it is good for, and the others are of channels we do not ask for.
      case .connected, .bookTickers, .fundings, .candles, .metadata, .account: break
      case .other(let name):
        feed.unknown(name, in: "type or channel", text, at: now, into: &actions)
      }
    } catch {
      feed.undecodable("\(error)", text, at: now, into: &actions)
    }
    for path in decoder.unknown { feed.unknown(path, in: "public", text, at: now, into: &actions) }
  }

  /// What is late on this connection is not on a new one. Should our own clock have been set since
  /// the ping, that costs no more than a connection.
  private mutating func receive(
    pong time: ShortText?, at now: Moment, into actions: inout VenueActions
  ) {
    guard let sent = (time?.string).flatMap({ Int64($0) }), (0...Int64.max / 1_000).contains(sent),
      now.wall.saturating(subtracting: sent * 1_000) > Self.maxRoundTrip
    else { return }
    feed.reconnect(cause: "lagging", at: now, into: &actions)
  }

  // MARK: Answers

  private mutating func acknowledged(
    _ channel: EdgeXChannel, isWanted: Bool, at now: Moment, into actions: inout VenueActions
  ) {
    guard let (wire, index) = place(of: channel) else { return }
    feed.acknowledged(wire, of: index, isWanted: isWanted, at: now, into: &actions)
  }

  private mutating func refused(
    _ channel: EdgeXChannel?, code: String, message: String, at now: Moment,
    into actions: inout VenueActions
  ) {
    guard let (wire, index) = channel.flatMap(place) else {
      actions.append(.note(Note(.warning, "\(EdgeX.id): error \(code): \(message)")))
      return
    }
    feed.refused(wire, of: index, code: code, message: message, at: now, into: &actions)
  }

  private func place(of channel: EdgeXChannel) -> (WireChannel, Int)? {
    guard let wire = WireChannel(channel), let contract = channel.contract,
      let index = feed.index(of: contract)
    else { return nil }
    return (wire, index)
  }

  // MARK: Market data

  /// A channel of depth may serve quotes, the book, or both.
  private mutating func receive(
    _ depth: EdgeXWire.Depth, at now: Moment, into actions: inout VenueActions
  ) {
    guard let index = feed.index(of: depth.contract) else { return }
    if depth.level == 15 {
      let last = feed.markets[index].top.sequence
      if !depth.isOutdated(by: last) {
        let facts = depth.facts(after: last, &versions)
        feed.receive(top: facts, of: index, at: now, into: &actions)
      }
    }
    if depth.level == dialect.bookDepth {
      let last = feed.markets[index].builder.sequence
      if !depth.isOutdated(by: last) {
        let facts = depth.facts(after: last, &versions)
        feed.receive(facts, of: index, at: now, into: &actions)
      }
    }
  }

  /// What a snapshot repeats is not news, but shows that the stream lives, be it empty.
  private mutating func receive(
    _ trades: [EdgeXWire.Trade], of contract: ShortText, isSnapshot: Bool, at now: Moment,
    into actions: inout VenueActions
  ) {
    guard let index = feed.index(of: contract) else { return }
    if isSnapshot { feed.seen(.trade, of: index, venueTime: nil, at: now, into: &actions) }
    for trade in trades {
      feed.receive(trade.facts(isReplay: isSnapshot), of: index, at: now, into: &actions)
    }
  }

  private mutating func receive(
    _ ticker: EdgeXWire.Ticker, at now: Moment, into actions: inout VenueActions
  ) {
    guard let index = feed.index(of: ticker.contract) else { return }
    feed.receive(ticker.facts, of: index, at: now, into: &actions)
  }
}
