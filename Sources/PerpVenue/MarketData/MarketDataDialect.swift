import PerpCore

/// How one venue is asked for market data and what it allows: all that differs from venue to
/// venue, but for the reading of its stream, which is its session's work. Nothing here is called
/// for a message of data.
package protocol MarketDataDialect: Sendable {
  var venue: VenueID { get }
  var limits: MarketDataLimits { get }
  var connectionPolicy: Connection.Policy { get }
  var webSocketRequest: WebSocketRequest { get }

  /// The venue's channels that a channel of ours is made of. Several of ours may share one.
  func wireChannels(of channel: Channel) -> [WireChannel]
  /// Channels asked for beside those, which tell whether a silence is the market's.
  func companions(of channel: Channel) -> [WireChannel]
  func healthPolicy(of channel: Channel) -> StreamHealth.Policy

  /// The message that begins or ends a subscription; `id` is new, for venues whose answers name it.
  func message(_ request: SubscriptionRequest, id: Int64) -> [UInt8]
  /// What keeps an idle connection alive, sent every `limits.keepAliveEvery`; nil for a WebSocket
  /// ping.
  func keepAlive(at now: Moment) -> [UInt8]?

  /// Nil for what the venue cannot be asked. `market` is that of the question.
  func request(_ question: Question, of market: Market?) -> HTTPRequest?
  /// Reads the answer to a question; appends to `unknown` what it does not know in it.
  func read(
    _ body: RawSpan, answering question: Question, of market: Market?, unknown: inout [String]
  ) throws(JSONError) -> Answer

  /// Nanoseconds to wait at least before the next attempt to connect.
  func backoffFloor(after reason: CloseReason) -> UInt64

  /// Whether the venue does not want us at all, whatever the moment: nothing more is tried then.
  func bars(_ reason: CloseReason) -> Bool
  /// The same for questions by REST.
  func bars(_ response: HTTPResponse) -> Bool
}

/// One of the venue's own channels, numbered by its dialect from 0 to 7.
package struct WireChannel: Hashable, Sendable {
  let number: Int

  package init(_ number: Int) {
    precondition((0..<8).contains(number))
    self.number = number
  }

  var bit: UInt8 { 1 << UInt8(number) }
}

/// A wish to begin or to end a subscription.
package struct SubscriptionRequest: Sendable {
  package let channel: WireChannel
  package let market: Market
  /// Subscribe, or unsubscribe.
  package let isWanted: Bool
}

/// What is asked by REST. Markets are given by their place in the feed.
package enum Question: Hashable, Sendable {
  case markets
  /// The venue's time.
  case clock
  /// A first quote: one message may be long in coming on a quiet market.
  case quote(Int)
  /// The quote as it is now, to learn whether a silent market is just quiet.
  case probe(Int)
  /// First funding, mark and index: they may be seconds apart on the stream.
  case funding(Int)

  /// The place of the market it is about.
  package var market: Int? {
    switch self {
    case .markets, .clock: nil
    case .quote(let index), .probe(let index), .funding(let index): index
    }
  }
}

package enum Answer: Sendable {
  /// `unreadable` names the rows that make no market.
  case markets([ListedMarket], unreadable: [String])
  /// The venue's time in microseconds, cut to whole units of `resolution`.
  case clock(Int64, resolution: Int64)
  /// Nil when the answer says nothing of the market that was asked for.
  case quote(QuoteFacts?)
  /// The same with the best levels, best first, on venues that do not number what they answer.
  case levels(bids: [Level], asks: [Level])
  case funding(FundingFacts?)
  /// A failure in the venue's own words, where its HTTP status does not tell.
  case refused(String)
}

/// A market and the name by which the venue's messages call it.
package struct ListedMarket: Sendable {
  package var name: ShortText
  package var market: Market

  package init(name: ShortText, market: Market) {
    self.name = name
    self.market = market
  }
}

/// What a venue allows one address, or what we keep to of it.
package struct MarketDataLimits: Sendable {
  /// Messages that begin or end subscriptions.
  package var subscriptions = RollingWindow(limit: 50, per: Nanoseconds.milliseconds(100))
  /// Such messages without an answer; more wait.
  package var maxUnanswered = 1_000
  /// Nanoseconds until an answer counts as lost.
  package var answerWithin = Nanoseconds.seconds(5)
  /// Questions by REST.
  package var questions = RollingWindow(limit: 10, per: Nanoseconds.seconds(1))
  /// Nanoseconds between two messages that keep the connection alive; nil where none are needed.
  package var keepAliveEvery: UInt64?
  package var marketsEvery = Nanoseconds.seconds(300)
  /// Nanoseconds, at least, until the markets are asked for again after a failure.
  package var marketsRetryAfter = Nanoseconds.milliseconds(200)
  package var clockEvery = Nanoseconds.seconds(300)
  package var retryRefusedAfter = Nanoseconds.seconds(30)
  /// Decode errors in ten seconds that a connection survives.
  package var decodeErrors = 4
  /// The venue speaks first, and is not to be sent anything before, or before `answerWithin`.
  package var waitsForGreeting = false

  package init() {}
}

extension MarketDataDialect {
  package var connectionPolicy: Connection.Policy { Connection.Policy() }

  package func companions(of channel: Channel) -> [WireChannel] { [] }

  package func keepAlive(at now: Moment) -> [UInt8]? { nil }

  package func bars(_ reason: CloseReason) -> Bool { false }

  package func bars(_ response: HTTPResponse) -> Bool { false }

  /// A venue that says it is overloaded or restarting means it.
  package func backoffFloor(after reason: CloseReason) -> UInt64 {
    switch reason {
    // With the questions for the markets and the time, less than one call a minute.
    case .refused(status: 403): Nanoseconds.seconds(180)
    case .refused(status: 429): Nanoseconds.seconds(60)
    case .refused(status: 503), .closed(code: 1012, _), .closed(code: 1013, _):
      Nanoseconds.seconds(2)
    case .closed(code: 1008, _): Nanoseconds.seconds(5)
    default: 0
    }
  }
}
