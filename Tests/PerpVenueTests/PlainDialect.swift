import PerpCore

@testable import PerpVenue

/// A venue of few words, for what all venues have in common. Its messages and answers are lines of
/// words: `standing`, `open NAME ID`, `position SYMBOL SIZE`, `balance TOTAL`, `conflict`.
struct PlainDialect: TradingDialect {
  static let venue = VenueID("paper")

  var tracking = OrderTracker.Settings(naming: .text, definiteRefusals: ["no"])
  var limits = TradingLimits()
  var clock = ClockOffset()
  var conflicts = 0
  var isBusy = false
  /// Whether a request needs a quote first, and whether there is one.
  var needsQuote = false
  var hasQuote = false
  /// Whether the venue cancels all orders by one request.
  var cancelsAll = false

  var venue: VenueID { Self.venue }
  var connectionPolicy: Connection.Policy { Connection.Policy() }
  var renewal: UInt64? { nil }
  var takesRequests: Bool { !isBusy }

  mutating func nextStep(at now: Moment) throws(TradingProblem) -> HTTPRequest? { nil }
  mutating func readStep(_ response: HTTPResponse, at now: Moment) throws(TradingProblem) {}

  mutating func stream(at now: Moment) -> WebSocketRequest? {
    WebSocketRequest(url: "ws://venue.example")
  }

  mutating func greeting(at now: Moment) -> [[UInt8]] { [] }

  mutating func read(
    _ message: RawSpan, isBinary: Bool, at now: Moment, into facts: inout [TradingFact]
  ) throws(TradingProblem) {
    let text = message.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    for line in text.split(separator: "\n") { read(line, .webSocket, into: &facts) }
  }

  private mutating func read(
    _ line: Substring, _ evidence: OrderEvidence, into facts: inout [TradingFact]
  ) {
    let words = line.split(separator: " ").map(String.init)
    switch words[0] {
    case "standing": facts.append(.standing)
    case "open":
      facts.append(
        .order(
          OrderReport(
            symbol: Symbol("BTC-USD-PERP")!, orderID: ShortText(words[2]),
            name: ShortText(words[1]), state: .working, filled: .zero, evidence: evidence)))
    case "position":
      facts.append(
        .position(
          PositionReport(
            symbol: Symbol(words[1])!, size: Decimal(words[2])!, entryPrice: Decimal(100))))
    case "balance":
      facts.append(
        .balance(
          BalanceReport(asset: "USD", total: Decimal(words[1])!, available: Decimal(words[1])!)))
    case "conflict": conflicts += 1
    case "busy": isBusy = true
    case "free": isBusy = false
    case "quotes": needsQuote = true
    case "all": cancelsAll = true
    default: facts.append(.unknown(channel: "plain", path: words[0], sample: ""))
    }
  }

  mutating func preparation(
    of request: OrderRequest, _ order: OrderSubject, at now: Moment
  ) throws(OrderRefusal) -> HTTPRequest? {
    guard needsQuote, !hasQuote, case .place = request else { return nil }
    return HTTPRequest(.get, "http://venue.example/quote")
  }

  mutating func readPreparation(
    _ response: HTTPResponse, of request: OrderRequest, _ order: OrderSubject, at now: Moment
  ) throws(OrderRefusal) { hasQuote = true }

  mutating func write(
    _ request: OrderRequest, _ order: OrderSubject, tag: Int64, at now: Moment
  ) throws(OrderRefusal) -> TradingMessage {
    let verb =
      switch request {
      case .place: "place"
      case .cancel: "cancel"
      case .replace: "replace"
      case .account: throw OrderRefusal(.failed, "no order")
      }
    return .request(HTTPRequest(.post, "http://venue.example/\(verb)/\(order.key)"))
  }

  mutating func write(
    _ request: AccountRequest, tag: Int64, at now: Moment
  ) throws(OrderRefusal) -> TradingMessage? {
    let name: String
    switch request {
    case .cancelAll(let symbol):
      guard cancelsAll else { return nil }
      name = "cancel_\(symbol?.base ?? "all")"
    case .deadMan(let isArmed): name = isArmed ? "deadman" : "no_deadman"
    }
    return .request(HTTPRequest(.post, "http://venue.example/\(name)"))
  }

  mutating func read(
    _ response: HTTPResponse, answering request: OrderRequest, at now: Moment,
    into facts: inout [TradingFact]
  ) -> OrderAnswer {
    guard response.status == 200 else { return .none }
    for line in String(decoding: response.body, as: UTF8.self).split(separator: "\n") {
      read(line, .restOrder, into: &facts)
    }
    return .accepted(orderID: nil)
  }

  mutating func write(
    _ question: AccountQuestion, page: String?, at now: Moment
  ) throws(TradingProblem) -> TradingQuery {
    let path =
      switch question {
      case .order: "order"
      case .openOrders: "open"
      case .history: "history"
      case .fills: "fills"
      case .positions: "positions"
      case .balances: "balances"
      }
    return .request(HTTPRequest(.get, "http://venue.example/\(path)"))
  }

  mutating func read(
    _ response: HTTPResponse, answering question: AccountQuestion, at now: Moment,
    into facts: inout [TradingFact]
  ) throws(TradingProblem) -> AnswerPage {
    guard response.status == 200 else { throw .again("status \(response.status)") }
    for line in String(decoding: response.body, as: UTF8.self).split(separator: "\n") {
      read(line, .restOrder, into: &facts)
    }
    return AnswerPage(covering: 0...Int64.max)
  }
}
