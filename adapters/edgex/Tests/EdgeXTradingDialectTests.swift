import PerpCore
import PerpVenue
import Testing

@testable import EdgeX
@testable import PerpSim

/// What answers and messages prove, one by one.
@Suite struct EdgeXTradingDialectTests {
  private static let now = PairOptions().start
  private static let place = OrderRequest.place(ClientOrderID("m-1")!)
  private static let cancel = OrderRequest.cancel(.own(ClientOrderID("m-1")!))

  /// One that has signed in.
  private static func dialect() throws -> EdgeXTrading {
    let secrets = EdgeXSimulatedAccount.secrets.mapValues { Secret($0) }
    var dialect = try EdgeXTrading(
      TradingOptions(
        account: EdgeXDesk.account,
        endpoints: Endpoints(ws: "ws://venue.example", rest: "http://venue.example"), seed: 1,
        secrets: secrets, now: now))
    var simulator = EdgeXSimulator(options: SimulatorOptions(seed: 1))
    while var request = try dialect.nextStep(at: now) {
      request.url = Pair.target(of: request.url)
      var actions: [SimulatorAction] = []
      simulator.receive(.request(RequestID(1), request), at: now, into: &actions)
      for case .respond(_, let response) in actions { try dialect.readStep(response, at: now) }
    }
    return dialect
  }

  private static func response(_ status: Int, _ body: String) -> HTTPResponse {
    HTTPResponse(status: status, body: Array(body.utf8))
  }

  private static func answer(
    _ request: OrderRequest, _ status: Int, _ body: String
  ) throws -> OrderAnswer {
    var dialect = try dialect()
    var facts: [TradingFact] = []
    return dialect.read(
      response(status, body), answering: request, at: now, into: &facts)
  }

  @Test(
    "the envelope of a cancel says success whatever became of it; the map does not",
    arguments: [
      ("SUCCESS", OrderAnswer.accepted(orderID: nil)),
      ("SUCCESS_ORDER_CANCELING", .accepted(orderID: nil)),
      ("SUCCESS_ORDER_CANCELED", .notFound), ("FAILED_ORDER_FILLED", .notFound),
      ("FAILED_ORDER_NOT_FOUND", .notFound), ("FAILED_ORDER_UNKNOWN_STATUS", .none),
      ("UNKNOWN_ORDER_CANCEL_RESULT", .none),
    ])
  func cancels(result: String, answer: OrderAnswer) throws {
    let body = #"{"code":"SUCCESS","data":{"cancelResultMap":{"790":"\#(result)"}}}"#
    #expect(try Self.answer(Self.cancel, 200, body) == answer)
  }

  @Test(
    "what an answer to an order proves",
    arguments: [
      (
        200, #"{"code":"SUCCESS","data":{"orderId":"790"}}"#,
        OrderAnswer.accepted(orderID: ShortText("790"))
      ),
      (200, #"{"code":"SUCCESS","data":{}}"#, .none),
      (200, #"{"code":"SUCCESS","data":{"orderId":""}}"#, .none),
      (
        200, #"{"code":"INVALID_PARAMETER","data":null,"msg":"no"}"#,
        .refused(code: "INVALID_PARAMETER", message: "no", evidence: .restOrder)
      ),
      (400, #"{"code":"DUPLICATE_CLIENT_ORDER_ID","msg":null}"#, .duplicate),
      (429, "", .refused(code: "HTTP_429", message: "", evidence: .restOrder)),
      (403, "<html>", .refused(code: "HTTP_403", message: "", evidence: .restOrder)),
      (500, #"{"code":"INVALID_PARAMETER","msg":"no"}"#, .none), (502, "", .none),
    ])
  func orders(status: Int, body: String, answer: OrderAnswer) throws {
    #expect(try Self.answer(Self.place, status, body) == answer)
  }

  @Test("which refusals are proofs")
  func proofs() {
    let codes = EdgeXTrading.definiteRefusals
    #expect(codes.contains("SIGNATURE_ERROR") && codes.contains("HTTP_403"))
    for code in ["HTTP_429", "RATE_LIMIT_EXCEEDED", "HTTP_400", "HTTP_500", "SYSTEM_BUSY"] {
      #expect(!codes.contains(code))
    }
  }

  @Test("a request that is refused for its time waits for the venue's, and goes once more")
  func time() throws {
    var dialect = try Self.dialect()
    #expect(dialect.takesRequests && dialect.renewal ?? 0 > Self.now.monotonic)
    var facts: [TradingFact] = []
    let answer = dialect.read(
      Self.response(401, #"{"code":"INVALID_TIMESTAMP","msg":"late"}"#), answering: Self.place,
      at: Self.now, into: &facts)
    #expect(dialect.isToBeRepeated(after: answer))
    #expect(!dialect.takesRequests && dialect.renewal == 0)
    #expect(try dialect.nextStep(at: Self.now)?.url.hasSuffix("getServerTime") == true)
    #expect(
      !dialect.isToBeRepeated(
        after: .refused(code: "INVALID_PARAMETER", message: "", evidence: .restOrder)))
  }

  @Test("the account proves itself by REST before each stream")
  func proof() throws {
    var dialect = try Self.dialect()
    let before = try dialect.nextStep(at: Self.now)
    #expect(before == nil)
    let stream = dialect.stream(at: Self.now)
    #expect(stream?.fields.count == 4)
    let step = try dialect.nextStep(at: Self.now)
    #expect(step?.url.contains("/private/account/getAccountAsset?") == true)
  }

  @Test("a message that repeats a secret is not shown")
  func secrets() throws {
    for (name, value) in EdgeXSimulatedAccount.secrets where name != "account_id" {
      let body = #"{"code":"INVALID_API_KEY","msg":"invalid : \#(value)","errorParam":"\#(value)"}"#
      let answer = try Self.answer(Self.place, 401, body)
      #expect(answer == .refused(code: "INVALID_API_KEY", message: "", evidence: .restOrder))
    }
    let other = #"{"code":"INVALID_PARAMETER","msg":"size of 640318275904416871"}"#
    guard case .refused(_, let message, _) = try Self.answer(Self.place, 200, other) else {
      Issue.record("it is taken")
      return
    }
    #expect(message == "size of 640318275904416871")
  }

  // MARK: The stream

  private static func read(_ texts: String...) throws -> [TradingFact] {
    var dialect = try dialect()
    _ = dialect.greeting(at: now)
    var facts: [TradingFact] = []
    for text in texts {
      try dialect.read(Array(text.utf8).span.bytes, isBinary: false, at: now, into: &facts)
    }
    return facts
  }

  private static func event(_ name: String, _ version: String, _ data: String) -> String {
    #"{"type":"trade-event","content":{"event":"\#(name)","version":\#(version),"#
      + #""time":1773833120269,"accountId":0,"data":\#(data)}}"#
  }

  private static let order =
    #"{"id":"790000000000000001","contractId":"30000001","side":"SELL","type":"STOP_MARKET","#
    + #""status":"FILLED","cumMatchSize":"0.02","cumMatchValue":"1400"}"#
  private static let fill =
    #"{"id":"790000000000000009","orderId":"790000000000000001","fillSize":"0.02","#
    + #""fillValue":"1400","fillFee":"0.6","fillPrice":"70000","direction":"TAKER"}"#

  @Test("the snapshot lets the account stand, nothing before it does")
  func standing() throws {
    let connected = #"{"sid":"a","type":"connected","time":"1773832863182"}"#
    #expect(try Self.read(connected, #"{"type":"pong","time":"1"}"#) == [])
    #expect(try Self.read(Self.event("ACCOUNT_UPDATE", "906", "{}")) == [])
    #expect(try Self.read(Self.event("Snapshot", "907", "{}")) == [.standing])
    // Of V1: versions as text, groups that are empty.
    let old = Self.event("Snapshot", #""17873""#, #"{"account":[],"order":[],"deposit":[]}"#)
    #expect(try Self.read(old) == [.standing])
  }

  @Test("fills are told before their order, with what only that knows; twice is once")
  func published() throws {
    let text = Self.event(
      "ORDER_UPDATE", "916", #"{"order":[\#(Self.order)],"orderFillTransaction":[\#(Self.fill)]}"#)
    let facts = try Self.read(text, text)
    #expect(facts.count == 2)
    guard case .fill(let fill)? = facts.first, case .order(let order)? = facts.last else {
      Issue.record("\(facts)")
      return
    }
    #expect(fill.side == .sell && fill.symbol == EdgeXDesk.btc && fill.orderID == order.orderID)
    #expect(order.state == .filled && order.filled == Decimal("0.02"))
    // One of an order that nobody knows is left to the lists.
    let alone = Self.event("ORDER_UPDATE", "916", #"{"orderFillTransaction":[\#(Self.fill)]}"#)
    #expect(try Self.read(alone) == [])
  }

  @Test("pings are answered with their time; what is new is told, what is refused is understood")
  func control() throws {
    #expect(
      try Self.read(#"{"type":"ping","time":"1773833240000"}"#) == [
        .send(Array(#"{"type":"pong","time":"1773833240000"}"#.utf8))
      ])
    #expect(
      try Self.read(#"{"type":"dance"}"#, Self.event("Snapshot", "1", #"{"bonus":[]}"#)) == [
        .unknown(channel: "private", path: "type", sample: "dance"),
        .unknown(channel: "private", path: "bonus", sample: ""), .standing,
      ])
    func problem(_ text: String) -> TradingProblem? {
      do {
        _ = try Self.read(text)
        return nil
      } catch { return error as? TradingProblem }
    }
    let refused = #"{"type":"error","content":{"code":"AUTHENTICATION_FAILED","msg":"no"}}"#
    #expect(
      problem(refused) == .credentials("the private stream is refused: AUTHENTICATION_FAILED no"))
    let other = #"{"type":"error","content":{"code":"GATEWAY_ERROR","msg":"no"}}"#
    #expect(problem(other) == .expired("the private stream is refused: GATEWAY_ERROR no"))
    #expect(problem("[]") != nil && problem(Self.event("X", "null", "{}")) != nil)
    #expect(problem(Self.event("X", "1", #"{"order":[{"id":"1"}]}"#)) != nil)
  }
}
