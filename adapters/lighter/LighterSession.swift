import PerpCore
import PerpVenue

/// Our side of Lighter's public data: one socket, which greets, for every topic.
package struct LighterSession: VenueSession {
  var feed: MarketDataFeed

  package init(options: SessionOptions) {
    feed = MarketDataFeed(dialect: LighterDialect(options: options), options: options)
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
    var decoder = LighterDecoder()
    do throws(JSONError) {
      switch try decoder.decode(text) {
      case .ticker(let ticker): receive(ticker, at: now, into: &actions)
      case .book(let book): receive(book, at: now, into: &actions)
      case .trades(let trades): receive(trades, text, at: now, into: &actions)
      case .stats(let rows, let isFirst): receive(rows, isFirst, at: now, into: &actions)
      case .unsubscribed(let channel):
        acknowledged(channel, isWanted: false, at: now, into: &actions)
      case .connected: feed.greeted(at: now, into: &actions)
      case .ping: actions.append(.send(feed.connection.id, LighterRequest.pong))
      case .pong: break
      case .shutdown: actions.append(.expiring(feed.connection.id))
      case .refused(let code, let message):
        refused(code, message, at: now, into: &actions)
      case .other(let name):
        feed.unknown(name, in: "type or channel", text, at: now, into: &actions)
      }
    } catch {
      feed.undecodable("\(error)", text, at: now, into: &actions)
    }
    for path in decoder.unknown { feed.unknown(path, in: "public", text, at: now, into: &actions) }
  }

  // MARK: Answers

  private mutating func acknowledged(
    _ channel: LighterChannel, isWanted: Bool, at now: Moment, into actions: inout VenueActions
  ) {
    guard let index = feed.index(of: channel.market) else { return }
    feed.acknowledged(
      WireChannel(channel.family), of: index, isWanted: isWanted, at: now, into: &actions)
  }

  /// Some refusals name the channel in their text; others cannot be told apart, and the feed asks
  /// again for what stays unanswered.
  private mutating func refused(
    _ code: Int64, _ message: String, at now: Moment, into actions: inout VenueActions
  ) {
    let name = Array((message.split(separator: " ").last.map(String.init) ?? "").utf8)
    if code == 30_002, let channel = LighterChannel(name.span.bytes) {
      // What was to end is not there: as good as ended.
      return acknowledged(channel, isWanted: false, at: now, into: &actions)
    }
    if code == 30_003, let channel = LighterChannel(name.span.bytes) {
      return acknowledged(channel, isWanted: true, at: now, into: &actions)
    }
    actions.append(.note(Note(.warning, "\(Lighter.id): error \(code): \(message)")))
  }

  // MARK: Market data

  private mutating func receive(
    _ ticker: LighterWire.Ticker, at now: Moment, into actions: inout VenueActions
  ) {
    guard let index = feed.index(of: ticker.market) else { return }
    if ticker.isFirst {
      feed.acknowledged(.ticker, of: index, isWanted: true, at: now, into: &actions)
    }
    feed.receive(ticker.facts, source: .ticker, of: index, at: now, into: &actions)
  }

  private mutating func receive(
    _ book: LighterWire.Book, at now: Moment, into actions: inout VenueActions
  ) {
    guard let index = feed.index(of: book.market) else { return }
    if book.isFirst {
      feed.acknowledged(.book, of: index, isWanted: true, at: now, into: &actions)
    }
    let facts = book.facts(after: feed.markets[index].builder.sequence)
    feed.receive(facts, of: index, at: now, into: &actions)
  }

  /// The first message repeats what has been: no news, but the stream lives.
  private mutating func receive(
    _ trades: LighterWire.Trades, _ bytes: RawSpan, at now: Moment,
    into actions: inout VenueActions
  ) {
    guard let index = feed.index(of: trades.market) else { return }
    if trades.isFirst {
      feed.acknowledged(.trade, of: index, isWanted: true, at: now, into: &actions)
      feed.seen(.trade, of: index, venueTime: nil, at: now, into: &actions)
    }
    for trade in trades.trades {
      feed.receive(
        trade.facts(isReplay: trades.isFirst), of: index, at: now, into: &actions)
    }
  }

  private mutating func receive(
    _ rows: [LighterWire.Stats], _ isFirst: Bool, at now: Moment, into actions: inout VenueActions
  ) {
    for stats in rows {
      guard let index = feed.index(of: stats.market) else { continue }
      if isFirst { feed.acknowledged(.stats, of: index, isWanted: true, at: now, into: &actions) }
      feed.compare(bestBid: stats.bestBid, bestAsk: stats.bestAsk, of: index, at: now)
      feed.receive(stats.facts, of: index, at: now, into: &actions)
    }
  }
}
