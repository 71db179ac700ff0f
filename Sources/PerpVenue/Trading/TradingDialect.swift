import PerpCore

/// How one venue is spoken to on behalf of an account: all that differs from venue to venue.
/// `TradingSession` does the rest. A dialect is a value with what it has learnt: tokens, numbers
/// of markets, the next nonce.
package protocol TradingDialect: Sendable {
  var venue: VenueID { get }
  var tracking: OrderTracker.Settings { get }
  var limits: TradingLimits { get }
  var connectionPolicy: Connection.Policy { get }
  /// How far the venue's clock is from ours.
  var clock: ClockOffset { get }

  // MARK: Signing in

  /// What must be asked next before the account can be used; nil once all is known. Asked again
  /// whenever `renewal` is due and before each connection.
  mutating func nextStep(at now: Moment) throws(TradingProblem) -> HTTPRequest?
  /// Reads the answer to it.
  mutating func readStep(_ response: HTTPResponse, at now: Moment) throws(TradingProblem)
  /// When to ask again, on the monotonic clock, though all is known: before a token expires.
  var renewal: UInt64? { get }

  // MARK: The private stream

  /// Nil where there is none: then the account is asked how it stands again and again.
  mutating func stream(at now: Moment) -> WebSocketRequest?
  /// Whether the stream that is open has to be opened anew, such as after its token was renewed.
  var isStreamOutdated: Bool { get }
  /// What is to be said when the stream is open.
  mutating func greeting(at now: Moment) -> [[UInt8]]
  /// Reads a message; what cannot be read at all is an error.
  mutating func read(
    _ message: RawSpan, isBinary: Bool, at now: Moment, into facts: inout [TradingFact]
  ) throws(TradingProblem)
  /// What keeps an idle stream alive, every `limits.keepAliveEvery`; nil for a WebSocket ping.
  func keepAlive(at now: Moment) -> [UInt8]?

  // MARK: Orders

  /// What the venue does not have, found before anything is recorded.
  func refusal(of intent: OrderIntent) -> OrderRefusal?
  /// What must be asked right before a request is written, such as a quote for it; nil where there
  /// is nothing to ask, or the answer is there. Nothing of the order leaves by it.
  mutating func preparation(
    of request: OrderRequest, _ order: OrderSubject, at now: Moment
  ) throws(OrderRefusal) -> HTTPRequest?
  /// Reads the answer to it; the request is written next.
  mutating func readPreparation(
    _ response: HTTPResponse, of request: OrderRequest, _ order: OrderSubject, at now: Moment
  ) throws(OrderRefusal)
  /// The request as the venue wants it, signed. `tag` is new, for venues whose answers name it.
  mutating func write(
    _ request: OrderRequest, _ order: OrderSubject, tag: Int64, at now: Moment
  ) throws(OrderRefusal) -> TradingMessage
  /// Orders that one request can place; 1 where each goes by itself. Of more than 1 nothing has to
  /// be prepared.
  var ordersTogether: Int { get }
  /// One request that places them all, signed.
  mutating func write(
    placing orders: [OrderSubject], at now: Moment
  ) throws(OrderRefusal) -> HTTPRequest
  /// What the answer to it proves of each; nil where none was taken because of one of them, so that
  /// each is to be placed by itself.
  mutating func read(
    _ response: HTTPResponse, answering orders: [OrderSubject], at now: Moment,
    into facts: inout [TradingFact]
  ) -> [OrderAnswer]?
  /// The same of what concerns the whole account; nil where the venue has no such request.
  mutating func write(
    _ request: AccountRequest, tag: Int64, at now: Moment
  ) throws(OrderRefusal) -> TradingMessage?
  /// Where `write` notes how it signs; nil, as mostly, where nobody wants to know.
  var trace: SigningTrace? { get set }
  /// Whether a request may be written now. Where each has a number that depends on the one before,
  /// the next waits for the answer; no longer than `limits.waitsAtMost`.
  var takesRequests: Bool { get }
  /// What was written was not sent, or got no answer: what it took of the dialect, such as a
  /// number, is free again, or in doubt.
  mutating func lost(_ request: OrderRequest, wasSent: Bool)
  /// Whether a request with this answer is to be written anew, once: the answer proves that nothing
  /// came of it, and the fault was none of the order's, such as the number the request had.
  func isToBeRepeated(after answer: OrderAnswer) -> Bool
  /// How often it was seen that another program signs with the same key.
  var conflicts: Int { get }
  /// What the answer to a request over HTTP proves; `facts` for what it tells beside.
  mutating func read(
    _ response: HTTPResponse, answering request: OrderRequest, at now: Moment,
    into facts: inout [TradingFact]
  ) -> OrderAnswer

  // MARK: Questions

  /// `page` is what the page before named as the next.
  mutating func write(
    _ question: AccountQuestion, page: String?, at now: Moment
  ) throws(TradingProblem) -> TradingQuery
  /// Reads a page of the answer.
  mutating func read(
    _ response: HTTPResponse, answering question: AccountQuestion, at now: Moment,
    into facts: inout [TradingFact]
  ) throws(TradingProblem) -> AnswerPage
}

extension TradingDialect {
  package var isStreamOutdated: Bool { false }
  package func keepAlive(at now: Moment) -> [UInt8]? { nil }
  package func refusal(of intent: OrderIntent) -> OrderRefusal? { nil }
  package var trace: SigningTrace? {
    get { nil }
    set {}
  }
  package mutating func preparation(
    of request: OrderRequest, _ order: OrderSubject, at now: Moment
  ) throws(OrderRefusal) -> HTTPRequest? { nil }
  package mutating func readPreparation(
    _ response: HTTPResponse, of request: OrderRequest, _ order: OrderSubject, at now: Moment
  ) throws(OrderRefusal) {}
  package mutating func write(
    _ request: AccountRequest, tag: Int64, at now: Moment
  ) throws(OrderRefusal) -> TradingMessage? { nil }
  package var takesRequests: Bool { true }
  package var ordersTogether: Int { 1 }
  package mutating func write(
    placing orders: [OrderSubject], at now: Moment
  ) throws(OrderRefusal) -> HTTPRequest {
    throw OrderRefusal(.unsupported, "the venue has no such request")
  }
  package mutating func read(
    _ response: HTTPResponse, answering orders: [OrderSubject], at now: Moment,
    into facts: inout [TradingFact]
  ) -> [OrderAnswer]? { nil }
  package var conflicts: Int { 0 }
  package mutating func lost(_ request: OrderRequest, wasSent: Bool) {}
  package func isToBeRepeated(after answer: OrderAnswer) -> Bool { false }
}

/// What a venue allows an account, at most 80 % of what it says (`reliability.md` K20).
package struct TradingLimits: Sendable {
  /// Requests that change something, over all ways.
  package var orders: [RollingWindow] = []
  /// So many of each window are kept for cancels and what reduces.
  package var reserve = 4
  /// Questions about the account.
  package var questions = RollingWindow(limit: 10, per: Nanoseconds.seconds(1))
  /// An answer on the stream is waited for so long, in nanoseconds.
  package var answerWithin = Nanoseconds.seconds(5)
  /// What cannot be sent within so many nanoseconds is not sent at all.
  package var waitsAtMost = Nanoseconds.seconds(5)
  /// The stream must stand so soon after it is open.
  package var standsWithin = Nanoseconds.seconds(10)
  package var keepAliveEvery: UInt64?
  /// The venue's own dead man's switch is put off so often, in nanoseconds; nil where there is
  /// none, or nobody wants it.
  package var deadManEvery: UInt64?
  /// The stream must say something of orders so soon after the venue has taken one.
  package var echoWithin = Nanoseconds.seconds(8)
  /// Between looks at positions, balances and all that is open, in nanoseconds.
  package var lookEvery = Nanoseconds.seconds(30)

  package init() {}
}

/// What a request is sent as.
package enum TradingMessage: Equatable, Sendable {
  case request(HTTPRequest)
  /// A text message on the private stream; its answer is a fact with the same tag.
  case message([UInt8])
}

package enum TradingQuery: Equatable, Sendable {
  case request(HTTPRequest)
  /// The venue cannot be asked this.
  case impossible
}

/// What an account is asked.
package enum AccountQuestion: Equatable, Sendable {
  /// One order, also after its end.
  case order(OrderSubject)
  case openOrders
  /// Orders that have ended and executions, from so many microseconds since the epoch on.
  case history(since: Int64)
  case fills(since: Int64)
  case positions
  case balances
}

package struct AnswerPage: Equatable, Sendable {
  /// How to ask for the page after this; nil where there is none.
  package var next: String?
  /// The time, in microseconds since the epoch, of which all orders are there, up to this page.
  package var covering: ClosedRange<Int64>?

  package init(next: String? = nil, covering: ClosedRange<Int64>? = nil) {
    self.next = next
    self.covering = covering
  }
}

/// Something the venue has said about the account.
package enum TradingFact: Equatable, Sendable {
  /// All private channels are granted: nothing that happens from here on is missed.
  case standing
  case order(OrderReport)
  case fill(FillReport)
  /// What changed of the holdings.
  case position(PositionReport)
  case balance(BalanceReport)
  /// A request on the stream is answered.
  case answer(tag: Int64, OrderAnswer)
  /// To be sent back, such as an answer to a ping.
  case send([UInt8])
  /// A field, enumeration or message this version does not know.
  case unknown(channel: String, path: String, sample: String)
}

/// Why the account cannot be used, or an answer not be read.
package enum TradingProblem: Error, Equatable, Sendable {
  /// It may go well the next time.
  case again(String)
  /// The token is not taken: sign in anew.
  case expired(String)
  /// Nothing changes until the user changes something, such as the key.
  case credentials(String)
  /// The venue does not want us: nothing more may be sent to it until the program starts again.
  case barred(String)
  /// Nothing may be asked for so many nanoseconds.
  case limited(UInt64, String)

  package var text: String {
    switch self {
    case .again(let text), .expired(let text), .credentials(let text), .barred(let text),
      .limited(_, let text):
      text
    }
  }
}

package struct PositionReport: Equatable, Sendable {
  package var symbol: Symbol
  /// In base units; negative: short.
  package var size: Decimal
  package var entryPrice: Decimal?
  package var markPrice: Decimal?
  package var unrealizedPnL: Decimal?
  package var liquidationPrice: Decimal?
  package var leverage: Decimal?
  package var venueTime: Int64?

  package init(
    symbol: Symbol, size: Decimal, entryPrice: Decimal?, markPrice: Decimal? = nil,
    unrealizedPnL: Decimal? = nil, liquidationPrice: Decimal? = nil, leverage: Decimal? = nil,
    venueTime: Int64? = nil
  ) {
    self.symbol = symbol
    self.size = size
    self.entryPrice = entryPrice
    self.markPrice = markPrice
    self.unrealizedPnL = unrealizedPnL
    self.liquidationPrice = liquidationPrice
    self.leverage = leverage
    self.venueTime = venueTime
  }
}

package struct BalanceReport: Equatable, Sendable {
  package var asset: String
  package var total: Decimal
  package var available: Decimal
  package var marginUsed: Decimal?
  package var venueTime: Int64?

  package init(
    asset: String, total: Decimal, available: Decimal, marginUsed: Decimal? = nil,
    venueTime: Int64? = nil
  ) {
    self.asset = asset
    self.total = total
    self.available = available
    self.marginUsed = marginUsed
    self.venueTime = venueTime
  }
}
