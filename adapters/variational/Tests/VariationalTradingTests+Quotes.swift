import PerpCore
import PerpSim
import Testing

@testable import PerpVenue
@testable import Variational

/// What stands between the record of an order and its request.
@Suite struct VariationalOrderQuoteTests {
  private static func body(_ request: HTTPRequest) -> String {
    String(decoding: request.body, as: UTF8.self)
  }

  @Test("each market order has a quote of its own, asked for once its record is kept")
  func fresh() throws {
    var run = try TradingRun.live()
    run.place("a-1", .buy, "0.01", .ioc)
    run.place("a-2", .sell, "0.02", .ioc)
    #expect(run.runs(5) { $0.status("a-1") == .filled && $0.status("a-2") == .filled })
    let quotes = run.requests("/quotes/indicative").map(Self.body)
    #expect(quotes.count == 2)
    #expect(quotes[0].hasSuffix(#""qty":"0.01"}"#) && quotes[1].hasSuffix(#""qty":"0.02"}"#))
    let orders = run.requests("/orders/new/market").map(Self.body)
    #expect(
      orders == [
        #"{"quote_id":"simulated-1","side":"buy","max_slippage":0.005,"is_reduce_only":false}"#,
        #"{"quote_id":"simulated-2","side":"sell","max_slippage":0.005,"is_reduce_only":false}"#,
      ])
    let kept = run.log.firstIndex { $0 == .trading(.keep) } ?? .max
    let asked = run.log.firstIndex { action in
      if case .request(_, let request) = action { return request.path.hasSuffix("/indicative") }
      return false
    }
    #expect(kept < asked ?? 0)
  }

  @Test("an expired quote is fetched anew, once, and the order is one")
  func expired() throws {
    var run = try TradingRun.live(["quote_life_ms": "0"])
    run.place("b-1", .buy, "0.01", .ioc)
    #expect(run.runs(5) { $0.status("b-1") == .rejected })
    #expect(run.order("b-1")?.venueCode == "quote_expired")
    #expect(run.requests("/quotes/indicative").count == 2)
    #expect(run.requests("/orders/new/market").count == 2 && run.venueOrders.isEmpty)

    var lucky = try TradingRun.live(["quote_life_ms": "0"])
    lucky.place("b-2", .buy, "0.01", .ioc)
    #expect(lucky.runs(5) { $0.requests("/quotes/indicative").count == 2 })
    lucky.simulator.desk = VariationalSimulatorDesk(SimulatorOptions(seed: 1, symbols: []))
    #expect(lucky.runs(5) { $0.status("b-2") == .filled })
    lucky.run(30)
    #expect(lucky.venueOrders.count == 1 && lucky.venuePosition == Decimal("0.01"))
    #expect(lucky.fills.count == 1 && lucky.story("b-2") == "pending_new fill")
  }

  @Test("an expired quote of an order whose answer is lost is not fetched anew")
  func lostAnswer() throws {
    var run = try TradingRun.live()
    run.next(.loseAnswer)
    run.place("c-1", .buy, "0.01", .ioc)
    #expect(run.runs(10) { $0.status("c-1") == .unknown })
    #expect(run.runs(30) { $0.status("c-1") == .filled })
    run.run(30)
    #expect(run.requests("/orders/new/market").count == 1)
    #expect(run.requests("/quotes/indicative").count == 1 && run.venueOrders.count == 1)
  }

  @Test("without a quote nothing is sent, and nothing is in doubt")
  func noQuote() throws {
    var run = try TradingRun.live()
    run.place("d-1", .buy, "0.0000001", .ioc)
    #expect(run.runs(5) { $0.status("d-1") == .rejected })
    #expect(run.order("d-1")?.evidence == .notSent && run.order("d-1")?.reason == "malformed")
    #expect(run.story("d-1") == "pending_new rejected")
    #expect(run.requests("/orders/new/market").isEmpty)
  }

  @Test("a quote that is never answered: the order is not sent, and is not in doubt")
  func unanswered() throws {
    var run = try TradingRun.live()
    run.pair.loseNetwork(after: 0, for: 9_000_000_000)
    run.place("g-1", .buy, "0.01", .ioc)
    #expect(run.runs(12) { $0.status("g-1") == .rejected })
    #expect(run.order("g-1")?.evidence == .notSent && run.order("g-1")?.reason == "not_prepared")
    #expect(run.story("g-1") == "pending_new rejected" && run.venueOrders.isEmpty)
    run.run(20)
    run.place("g-2", .buy, "0.01", .ioc)
    #expect(run.runs(5) { $0.status("g-2") == .filled })
  }

  @Test("a worst price narrows the slippage; a quote beyond it sends nothing")
  func bound() throws {
    var run = try TradingRun.live()
    run.place("e-1", .buy, "0.01", .ioc, bound: run.price(90))
    #expect(run.runs(5) { $0.status("e-1") == .rejected })
    #expect(run.order("e-1")?.reason == "price_band" && run.venueOrders.isEmpty)
    run.place("e-2", .buy, "0.01", .ioc, bound: run.price(102))
    run.place("e-3", .sell, "0.01", .ioc, bound: "1")
    #expect(run.runs(5) { $0.status("e-2") == .filled && $0.status("e-3") == .filled })
    var dialect = try TradingRun.dialect(["max_slippage": "0.02"], now: run.pair.now)
    let terms = OrderTerms(side: .buy, type: .market, size: Decimal(1))
    let id = try #require(ClientOrderID("e-4"))
    var intent = OrderIntent(clientID: id, symbol: TradingRun.btc, terms: terms)
    intent.bound = Decimal("101")
    let subject = OrderSubject(placing: intent, name: nil, at: run.pair.now)
    let answer = HTTPResponse(
      status: 200, body: Array(Venue.indicative("BTC", "1", "99", "100", at: 1).utf8))
    try dialect.readPreparation(answer, of: .place(id), subject, at: run.pair.now)
    let message = try dialect.write(.place(id), subject, tag: 1, at: run.pair.now)
    guard case .request(let request) = message else { return #expect(Bool(false)) }
    #expect(Self.body(request).contains(#""max_slippage":0.01,"#))
  }

  @Test("a quote for something else, or of a while ago, is not used")
  func mismatch() throws {
    let now = Moment(monotonic: 10_000_000_000, wall: 1_000_000)
    var dialect = try TradingRun.dialect(now: now)
    let id = try #require(ClientOrderID("f-1"))
    let terms = OrderTerms(side: .buy, type: .market, size: Decimal(1))
    let subject = OrderSubject(
      placing: OrderIntent(clientID: id, symbol: TradingRun.btc, terms: terms), name: nil, at: now)
    for (ticker, size) in [("ETH", "1"), ("BTC", "2")] {
      let answer = HTTPResponse(
        status: 200, body: Array(Venue.indicative(ticker, size, "99", "100", at: 1).utf8))
      #expect(throws: OrderRefusal.self) {
        try dialect.readPreparation(answer, of: .place(id), subject, at: now)
      }
    }
    let answer = HTTPResponse(
      status: 200, body: Array(Venue.indicative("BTC", "1", "99", "100", at: 1).utf8))
    try dialect.readPreparation(answer, of: .place(id), subject, at: now)
    #expect(try dialect.preparation(of: .place(id), subject, at: now) == nil)
    let later = now.advanced(by: 1_100_000_000)
    #expect(try dialect.preparation(of: .place(id), subject, at: later) != nil)
  }
}
