import PerpCore
import PerpVenue
import Testing

@testable import Lighter
@testable import PerpSim

/// What becomes of an order when requests, answers or connections are lost.
@Suite struct LighterOutcomeTests {
  private static let eth = Lighter.descriptor.perpetual("ETH")!

  @Test("an answer is lost: the order is found, and there is one", arguments: ["ws", "rest"])
  func lostAnswer(way: String) throws {
    var desk = try LighterDesk.live(["orders": way])
    desk.next { $0.answer = .none }
    desk.place("a", .buy, at: desk.price(.buy, -100))
    try desk.wait { $0.status("a") == "open" }
    #expect(desk.atVenue("a").count == 1)
    // The number is asked for, and the next order has the right one.
    desk.run(seconds: 5)
    desk.place("b", .buy, at: desk.price(.buy, -100))
    try desk.wait { $0.status("b") == "open" }
    #expect(desk.nonces == [722, 723])
    #expect(desk.sent.count { $0.contains("sendtx") || $0.hasPrefix("tx_type") } == 2)
  }

  @Test("the answer and the connection are lost: the order is found by its number")
  func lostConnection() throws {
    var desk = try LighterDesk.live()
    desk.next {
      $0.answer = .none
      $0.areReportsDoubled = false
    }
    desk.place("a", .buy, at: desk.price(.buy, -100))
    desk.pair.resetOldest()
    try desk.wait { $0.order("a")?.status == .unknown || $0.status("a") == "open" }
    try desk.wait { $0.status("a") == "open" || $0.order("a")?.status.isFinal == true }
    let there = desk.atVenue("a")
    #expect(there.count == (desk.status("a") == "open" ? 1 : 0))
  }

  @Test("a request is lost: the order does not exist, which is proven only when it is void")
  func lostRequest() throws {
    var desk = try LighterDesk.live()
    desk.next { ($0.takesEffect, $0.answer) = (false, .none) }
    desk.place("a", .buy, at: desk.price(.buy, -100))
    let began = desk.pair.now.monotonic
    try desk.wait { $0.order("a")?.status.isFinal == true }
    #expect(desk.status("a") == "rejected not_delivered")
    #expect(desk.order("a")?.evidence == .expiryPassed)
    #expect(desk.pair.now.monotonic - began > Nanoseconds.seconds(15))
    #expect(desk.atVenue("a").isEmpty)
    #expect(desk.sent.count { $0.contains("sendtx") } == 1, "it is never sent again by itself")
  }

  @Test("a lost request is proven lost as soon as another transaction has its number")
  func passedNonce() throws {
    var desk = try LighterDesk.live()
    desk.next { ($0.takesEffect, $0.answer) = (false, .none) }
    desk.place("a", .buy, at: desk.price(.buy, -100))
    desk.place("b", .buy, "0.50", at: Decimal(1_000), on: Self.eth)
    try desk.wait(seconds: 10) { $0.order("a")?.status.isFinal == true }
    #expect(desk.status("a") == "rejected not_delivered")
    #expect(desk.order("a")?.evidence == .noncePassed)
    #expect(desk.status("b") == "open", "\(desk.lines)")
    #expect(desk.nonces == [722])
  }

  @Test("what the venue forgets after it has taken it is not believed")
  func ignored() throws {
    var desk = try LighterDesk.live()
    desk.next { ($0.takesEffect, $0.answer) = (false, .success) }
    desk.place("a", .buy, at: desk.price(.buy, -100))
    // The number after it is the wrong one; the venue's own is taken then.
    desk.place("b", .buy, "0.50", at: Decimal(1_000), on: Self.eth)
    try desk.wait { $0.status("b") == "open" }
    try desk.wait { $0.order("a")?.status.isFinal == true }
    #expect(desk.order("a")?.status == .rejected)
    #expect(desk.atVenue("a").isEmpty && desk.atVenue("b").count == 1)
  }

  @Test(
    "a status proves nothing, or a refusal is one",
    arguments: [
      (500, false, "rejected not_delivered"), (502, true, "open"),
      (429, false, "rejected rate_limited"),
      (403, false, "rejected malformed"),
    ])
  func status(status: Int, takesEffect: Bool, end: String) throws {
    var desk = try LighterDesk.live(["orders": "rest"])
    desk.next { ($0.takesEffect, $0.answer) = (takesEffect, .status(status)) }
    desk.place("a", .buy, at: desk.price(.buy, -100))
    try desk.wait { $0.status("a") == end }
    #expect(desk.atVenue("a").count == (takesEffect ? 1 : 0))
  }

  @Test("without a network nothing is sent, and the number is free again")
  func notSent() throws {
    var desk = try LighterDesk.live(["orders": "rest"])
    desk.pair.isDown = true
    desk.place("a", .buy, at: desk.price(.buy, -100))
    try desk.wait(seconds: 5) { $0.status("a") == "rejected not_sent" }
    desk.pair.isDown = false
    try desk.wait { $0.states.last == "live signed_in" }
    desk.run(seconds: 2)
    desk.place("b", .buy, at: desk.price(.buy, -100))
    try desk.wait { $0.status("b") == "open" }
    #expect(desk.nonces == [722])
  }

  @Test("fills while the connection was gone are told once, after it stands again")
  func missedFills() throws {
    var desk = try LighterDesk.live()
    desk.place("a", .buy, at: desk.price(.buy, 0))
    try desk.wait { $0.order("a")?.status == .open }
    let price = desk.order("a")!.terms!.price!
    desk.pair.isDown = true
    desk.run(seconds: 20)
    #expect(desk.order("a")?.status == .open)
    try desk.tradeAgainst(.sell, price)
    desk.pair.isDown = false
    try desk.wait { $0.status("a") == "filled" }
    desk.run(seconds: 30)
    let fills = desk.fills.filter { $0.clientID == ClientOrderID("a") }
    #expect(fills.reduce(Decimal.zero) { $0.adding($1.size)! } == Decimal("0.010")!)
    #expect(Set(fills.map(\.tradeID)).count == fills.count)
    #expect(fills.allSatisfy { $0.liquidity == .maker && $0.side == .buy })
  }

  @Test("after a restart the journal and the venue come together")
  func restart() throws {
    var desk = try LighterDesk.live()
    desk.place("a", .buy, at: desk.price(.buy, 0))
    desk.place("b", .buy, at: desk.price(.buy, -20_000))
    try desk.wait { $0.order("a")?.status == .open && $0.order("b")?.status == .open }
    let price = desk.order("a")!.terms!.price!
    // The journal has two more: one that left, and one that did not.
    desk.command(
      .place(
        OrderIntent(
          clientID: ClientOrderID("c")!, symbol: LighterDesk.btc,
          terms: OrderTerms(
            side: .buy, type: .limit, timeInForce: .gtc, price: desk.price(.buy, -20_000),
            size: Decimal("0.010")!))))
    desk.run(milliseconds: 40)
    #expect(desk.atVenue("c").count == 1)
    let records = desk.records
    let own = desk
    try desk.tradeAgainst(.sell, price)
    var options = PairOptions()
    options.start = desk.pair.now.advanced(by: Nanoseconds.seconds(20))
    var again = try LighterDesk(
      seed: 2, ["tier": "premium"], records: records, simulator: desk.simulator, options: options)
    again.pair.tellSession(.start)
    try again.wait { $0.status("a") == "filled" }
    again.run(seconds: 20)
    #expect(again.fills.count { $0.clientID == ClientOrderID("a") } >= 1)
    again.cancel("b")
    again.cancel("c")
    try again.wait { $0.status("b") == "cancelled" && $0.status("c") == "cancelled" }
    #expect(own.atVenue("b").count == 1)
    #expect(again.exchange.openOrders(of: 1).isEmpty)
  }

  @Test("many orders are asked about one after the other, as often as the venue allows")
  func budget() throws {
    var desk = try LighterDesk.live(["tier": "standard"])
    for batch in [0..<30, 30..<60] {
      for number in batch { desk.place("o\(number)", .buy, at: desk.price(.buy, -20_000)) }
      try desk.wait { desk in batch.allSatisfy { desk.status("o\($0)") == "open" } }
      desk.run(seconds: 61)
    }
    desk.pair.isDown = true
    desk.run(seconds: 10)
    desk.pair.isDown = false
    try desk.wait { $0.states.last == "live signed_in" }
    let before = desk.asked.count
    desk.run(seconds: 60)
    #expect(desk.asked.count - before <= 45)
    desk.run(seconds: 120)
    let questions = desk.asked[before...].filter { $0.hasPrefix("/api/v1/accountOrders") }
    #expect(questions.count == Set(questions).count, "nothing is asked twice")
    #expect((0..<60).allSatisfy { desk.status("o\($0)") == "open" })
  }

  @Test("history is read page by page until it reaches back far enough")
  func pages() throws {
    let now = PairOptions().start
    var dialect = try LighterTrading(
      TradingOptions(
        account: LighterDesk.account, endpoints: Endpoints(ws: "", rest: "http://venue.example"),
        seed: 1, secrets: LighterSimulatedAccount.secrets.mapValues { Secret($0) }, now: now))
    let since = now.wall - 60_000_000
    func page(_ age: Int64, cursor: String) throws -> AnswerPage {
      let time = now.wall / 1_000_000 - age
      let body =
        #"{"code":200,"next_cursor":"\#(cursor)","orders":[{"order_index":1,"market_index":0,"#
        + #""is_ask":true,"initial_base_amount":"1","status":"canceled","updated_at":\#(time)}]}"#
      var facts: [TradingFact] = []
      return try dialect.read(
        HTTPResponse(status: 200, body: Array(body.utf8)), answering: .history(since: since),
        at: now, into: &facts)
    }
    #expect(try page(10, cursor: "a b").next == "a b")
    #expect(try page(10, cursor: "").next == nil)
    #expect(try page(62, cursor: "c").next == nil)
    #expect(try page(62, cursor: "c").covering == since...now.wall)
    guard
      case .request(let request) = try dialect.write(.history(since: since), page: "a b", at: now)
    else {
      Issue.record("history cannot be asked for")
      return
    }
    #expect(request.url.hasSuffix("&limit=100&cursor=a+b"))
  }

  @Test("private channels go on when their token expires: they are granted to a new one before")
  func tokens() throws {
    var desk = try LighterDesk.live(["token_lifetime": "120"])
    desk.run(seconds: 600)
    #expect(desk.states == ["connecting signing_in", "live signed_in"])
    #expect(desk.sent.count { $0.contains(#""unsubscribe""#) } >= 12)
    desk.place("a", .buy, at: desk.crossing(.buy))
    let began = desk.pair.now.monotonic
    try desk.wait { $0.status("a") == "filled" && !$0.fills.isEmpty }
    // Over the stream: to ask would take longer.
    #expect(desk.pair.now.monotonic - began < Nanoseconds.milliseconds(300))
    #expect(desk.order("a")?.evidence == .webSocket)
    #expect(desk.errors == [])
  }
}

extension LighterDesk {
  /// Somebody else trades at the venue, up to a price.
  mutating func tradeAgainst(_ side: Side, _ price: Decimal) throws {
    var simulator = simulator
    if simulator.exchange.accounts[9] == nil {
      simulator.exchange.open(9, collateral: Decimal(1_000_000_000))
    }
    let index = simulator.markets.firstIndex { $0.symbol == Self.btc }!
    var result = Consequences()
    _ = try simulator.exchange.place(
      OrderPlacement(
        account: 9, market: index,
        terms: OrderTerms(
          side: side, type: .limit, timeInForce: .ioc, price: price, size: Decimal(10_000))),
      in: &simulator.markets[index].market, at: pair.now, into: &result)
    var told = LighterSimulator.Told()
    simulator.tell(result, at: pair.now, into: &told)
    self.simulator = simulator
  }
}
