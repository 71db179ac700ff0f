import PerpCore
import PerpSim
import PerpVenue
import Testing

@testable import Variational

/// Who may trade, and when that ends.
@Suite struct VariationalAccessTests {
  @Test("orders are off until a setting turns them on; what is held is told even so")
  func off() throws {
    var run = try TradingRun.live(["orders": "off"])
    guard case .refused(let refusal)? = run.place("a-1", .buy, "0.01", .ioc) else {
      return #expect(Bool(false))
    }
    #expect(refusal.reason == .notArmed && refusal.message.contains("set orders to on"))
    run.run(10)
    #expect(run.balances.last?.total == Decimal(100_000) && run.venueOrders.isEmpty)
    #expect(run.requests("/quotes/indicative").isEmpty)
  }

  @Test(
    "what the venue does not have is refused here",
    arguments: [
      (OrderType.limit, TimeInForce.ioc, false), (.limit, .fok, false), (.limit, .gtc, true),
      (.limit, .gtt, false), (.market, .gtt, false), (.stopMarket, .gtc, false),
    ])
  func unsupported(type: OrderType, timeInForce: TimeInForce, isPostOnly: Bool) throws {
    var run = try TradingRun.live()
    let outcome = run.place(
      "b-1", .buy, "0.01", at: type.hasPrice ? "80000" : nil, type: type, timeInForce,
      stop: type.hasStopPrice ? "80000" : nil, postOnly: isPostOnly)
    guard case .refused(let refusal)? = outcome else { return #expect(Bool(false)) }
    #expect(refusal.reason == .unsupported)
  }

  @Test("a challenge ends everything, says so once, and nothing is sent after it")
  func challenge() throws {
    var run = try TradingRun.live()
    run.place("c-1", .buy, "0.01", at: run.price(90))
    #expect(run.runs(5) { $0.status("c-1") == .open })
    run.simulator = VariationalSimulator(
      options: SimulatorOptions(
        seed: 1, symbols: [TradingRun.btc], eventsPerSecond: 10, settings: ["blocked": "app"]))
    #expect(run.runs(15) { $0.statuses.last?.state == .down })
    #expect(run.statuses.last?.cause == "blocked")
    let error = try #require(run.errors.last)
    #expect(error.reason == "blocked" && error.isFatal && error.message.contains("browser"))
    #expect(error.message.contains("nothing more is sent there"))
    let (errors, requests) = (run.errors.count, run.requests("").count)
    run.run(7_200)
    #expect(run.errors.count == errors && run.requests("").count == requests)
    guard case .refused(let refusal)? = run.place("c-2", .buy, "0.01", .ioc) else {
      return #expect(Bool(false))
    }
    #expect(refusal.reason == .auth && run.requests("").count == requests)
  }

  @Test("a session that ends ends the account, and says what to do")
  func expiry() throws {
    var run = try TradingRun.live(["session_seconds": "20"])
    run.run(40)
    #expect(run.statuses.map(\.state) == [.connecting, .live, .down])
    let error = try #require(run.errors.last)
    #expect(error.message.contains("log in with your browser") && error.message.contains("401"))
    let requests = run.requests("").count
    run.run(3_600)
    #expect(run.requests("").count == requests && run.errors.count == 1)
  }

  @Test("the answer that ends the session is to a quote: the order is not sent, without doubt")
  func expiryAtQuote() throws {
    var run = try TradingRun.live()
    run.simulator = VariationalSimulator(
      options: SimulatorOptions(
        seed: 1, symbols: [TradingRun.btc], eventsPerSecond: 10, settings: ["session": "other"]))
    run.place("d-1", .buy, "0.01", .ioc)
    #expect(run.runs(2) { $0.status("d-1") == .rejected })
    #expect(run.order("d-1")?.evidence == .notSent && run.order("d-1")?.reason == "auth")
    #expect(run.runs(1) { $0.statuses.last?.state == .down })
  }

  @Test("a wrong session, or another wallet, is told at once")
  func wrong() throws {
    for settings in [["session": "another"], ["address": "0x01"]] {
      var run = try TradingRun(settings)
      if settings["address"] != nil {
        run = try TradingRun(
          simulator: VariationalSimulator(
            options: SimulatorOptions(seed: 1, symbols: [TradingRun.btc], settings: settings)))
      }
      run.pair.start()
      run.run(120)
      #expect(run.statuses.map(\.state) == [.connecting, .down] && run.errors.count == 1)
      #expect(run.requests("/me").count == 1)
    }
  }

  @Test("the session and the address go in headers, and are in no other place")
  func headers() throws {
    var run = try TradingRun.live(["address": VariationalSimulatedAccount.address])
    run.place("e-1", .buy, "0.01", .ioc)
    #expect(run.runs(5) { $0.status("e-1") == .filled })
    for request in run.requests("") where request.path.contains("/api/") {
      let cookie = request.fields.first { $0.name == "Cookie" }?.value
      let address = request.fields.first { $0.name == "vr-connected-address" }?.value
      #expect(cookie == "vr-token=\(VariationalSimulatedAccount.session)")
      #expect(address == VariationalSimulatedAccount.address)
      #expect(!request.fields.contains { $0.name.lowercased() == "user-agent" })
    }
    #expect(!"\(run.events)".contains(VariationalSimulatedAccount.session))
    let clock = try #require(run.requests("/status").first)
    #expect(clock.fields.isEmpty)
  }

  @Test(
    "settings that cannot be are named",
    arguments: [
      ["orders": "yes"], ["max_slippage": "0.5"], ["max_slippage": "much"],
    ])
  func settings(settings: [String: String]) {
    let name = settings.keys.first ?? ""
    #expect {
      try TradingRun.dialect(settings, now: Moment(monotonic: 0, wall: 0))
    } throws: { error in
      (error as? TradingProblem)?.text.contains(name) == true
    }
  }

  @Test("refusals: what proves that there is no order, and what does not")
  func refusals() throws {
    var dialect = try TradingRun.dialect(now: Moment(monotonic: 0, wall: 0))
    func code(_ status: Int, _ body: String) throws -> String? {
      var facts: [TradingFact] = []
      let answer = dialect.read(
        HTTPResponse(status: status, body: Array(body.utf8)),
        answering: .place(ClientOrderID("a")!), at: Moment(monotonic: 0, wall: 0), into: &facts)
      guard case .refused(let code, _, _) = answer else { return nil }
      return VariationalTrading.definiteRefusals.contains(code) ? code : "doubt"
    }
    #expect(try code(400, #"{"message":"m","error_code":"skew_limit_exceeded"}"#) != "doubt")
    #expect(try code(400, #"{"message":"m","errorCode":"x"}"#) == "doubt")
    #expect(try code(422, #"{"error_message":"m","error_code":"oiLimitExceeded"}"#) != "doubt")
    #expect(try code(400, #"{"error_code":"user_margin_risk_check"}"#) == "risk_check")
    #expect(try code(400, #"{"message":"Quote abc has expired"}"#) == "quote_expired")
    #expect(try code(400, #"{"message":"m","error_code":"internal"}"#) == "doubt")
    #expect(try code(400, "Failed to deserialize the JSON body") == "malformed")
    #expect(try code(500, #"{"error_code":"skew_limit_exceeded"}"#) == nil)
    #expect(try code(200, #"{"rfq_id":null}"#) == nil)
  }
}
