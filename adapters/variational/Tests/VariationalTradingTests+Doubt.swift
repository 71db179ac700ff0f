import PerpCore
import PerpVenue
import Testing

@testable import PerpSim
@testable import Variational

/// What is lost, late or twice on the way.
@Suite struct VariationalDoubtTests {
  @Test(
    "the answer is lost: found by terms and time, and there is one",
    arguments: [OrderFaults.Kind.loseAnswer, .failAfter])
  func answerLost(kind: OrderFaults.Kind) throws {
    var run = try TradingRun.live()
    run.next(kind, value: 502)
    run.place("a-1", .buy, "0.01", at: run.price(90))
    #expect(run.runs(10) { $0.status("a-1") == .unknown })
    #expect(run.runs(20) { $0.status("a-1") == .open })
    run.run(30)
    #expect(run.status("a-1") == .open && run.venueOrders.count == 1)
    #expect(run.order("a-1")?.orderID?.string == run.venueOrders[0].name)
    run.cancel("a-1")
    #expect(run.runs(10) { $0.status("a-1") == .cancelled })
  }

  @Test(
    "the request is lost: rejected as not delivered, and the venue has none",
    arguments: [OrderFaults.Kind.loseRequest, .fail])
  func requestLost(kind: OrderFaults.Kind) throws {
    var run = try TradingRun.live()
    run.next(kind, value: 503)
    run.place("b-1", .buy, "0.01", .ioc)
    #expect(run.runs(10) { $0.status("b-1") == .unknown })
    guard case .refused(let refusal)? = run.place("b-2", .buy, "0.01", .ioc) else {
      return #expect(Bool(false))
    }
    #expect(refusal.reason == .frozen)
    #expect(run.runs(90) { $0.status("b-1") == .rejected })
    #expect(run.order("b-1")?.reason == "not_delivered" && run.venueOrders.isEmpty)
    #expect(run.requests("/orders/new/market").count == 1)
  }

  @Test("a like order of somebody else, and no answer to ours: in doubt, and no guess is made")
  func ambiguous() throws {
    var run = try TradingRun.live()
    run.next(.loseAnswer)
    run.place("i-1", .buy, "0.01", at: run.price(90))
    #expect(run.runs(5) { $0.venueOrders.count == 1 })
    let terms = try #require(run.venueOrders.first?.terms)
    var result = Consequences()
    _ = try run.simulator.exchange.take(
      OrderPlacement(account: 1, market: 0, terms: terms), mark: run.mark, at: run.pair.now,
      into: &result)
    #expect(run.runs(10) { $0.status("i-1") == .unknown })
    run.run(120)
    #expect(run.status("i-1") == .unknown && run.story("i-1") == "pending_new status")
  }

  @Test("taken, they say, and nothing comes of it")
  func ignored() throws {
    var run = try TradingRun.live()
    run.next(.ignore)
    run.place("c-1", .buy, "0.01", at: run.price(90))
    #expect(run.runs(90) { $0.status("c-1") == .rejected })
    #expect(run.order("c-1")?.reason == "not_delivered")
  }

  @Test("too many requests: refused, and none is there")
  func throttled() throws {
    var run = try TradingRun.live()
    run.next(.throttle)
    run.place("d-1", .buy, "0.01", .ioc)
    #expect(run.runs(5) { $0.status("d-1") == .rejected })
    #expect(run.order("d-1")?.venueCode == "HTTP_429" && run.venueOrders.isEmpty)
  }

  @Test("the provider declines in the end: rejected, with the venue's word for it")
  func declined() throws {
    var run = try TradingRun.live(["declined": "100"])
    run.place("e-1", .buy, "0.01", .ioc)
    #expect(run.runs(5) { $0.status("e-1") == .rejected })
    #expect(run.order("e-1")?.venueCode == "rejected_maker_last_look_rejected")
    #expect(run.fills.isEmpty && run.order("e-1")?.evidence == .restOrder)
  }

  @Test("reduce-only without a position is rejected, with one it closes")
  func reduceOnly() throws {
    var run = try TradingRun.live()
    run.place("f-1", .sell, "0.01", .ioc, reduceOnly: true)
    #expect(run.runs(5) { $0.status("f-1") == .rejected })
    #expect(run.order("f-1")?.venueCode == "rejected_failed_reduce_only_check")
    run.place("f-2", .buy, "0.01", .ioc)
    #expect(run.runs(5) { $0.status("f-2") == .filled })
    run.place("f-3", .sell, "0.01", .ioc, reduceOnly: true)
    #expect(run.runs(5) { $0.status("f-3") == .filled })
    #expect(run.positions.last?.size == .zero && run.venuePosition.isZero)
  }

  @Test("a cancel of what has ended tells how it ended; one that is lost is asked again")
  func cancels() throws {
    var run = try TradingRun.live()
    run.place("g-1", .buy, "0.01", at: run.price(90))
    #expect(run.runs(5) { $0.status("g-1") == .open })
    run.next(.loseRequest)
    run.cancel("g-1")
    #expect(run.runs(30) { $0.status("g-1") == .cancelled })
    #expect(run.order("g-1")?.venueCode == "user_cancel")
    run.place("g-2", .buy, "0.01", at: run.price(110))
    #expect(run.runs(5) { $0.status("g-2") == .filled })
    guard case .known(let update)? = run.cancel("g-2") else { return #expect(Bool(false)) }
    #expect(update.status == .filled)
  }

  @Test("killed between the request and its answer: the next run finds the order, once")
  func restart() throws {
    var run = try TradingRun.live()
    run.place("h-2", .buy, "0.03", at: run.price(90))
    #expect(run.runs(5) { $0.status("h-2") == .open })
    run.next(.loseAnswer)
    run.place("h-1", .buy, "0.01", .ioc)
    #expect(run.runs(5) { $0.venueOrders.count == 2 })
    var next = try TradingRun(
      records: run.records, simulator: run.simulator, at: run.pair.now)
    next.pair.start()
    #expect(next.runs(30) { $0.status("h-1") == .filled && $0.status("h-2") == .open })
    next.run(20)
    #expect(next.venueOrders.count == 2 && next.fills.count == 1)
    #expect(next.requests("/orders/new/market").isEmpty)
  }

  @Test("orders of somebody else are told as foreign, also those that came while we were here")
  func foreign() throws {
    var run = try TradingRun.live()
    var result = Consequences()
    let terms = OrderTerms(
      side: .sell, type: .limit, timeInForce: .gtc, price: Decimal(150_000), size: Decimal("0.5")!)
    let number = try run.simulator.exchange.take(
      OrderPlacement(account: 1, market: 0, terms: terms), mark: run.mark, at: run.pair.now,
      into: &result)
    func theirs(_ run: TradingRun) -> [OrderUpdate] {
      run.events.compactMap {
        if case .order(let update) = $0, update.isForeign { update } else { nil }
      }
    }
    #expect(run.runs(12) { theirs($0).last?.status == .open })
    try run.simulator.exchange.drop(
      number, of: 1, as: .cancelled, .requested, at: run.pair.now, into: &result)
    #expect(run.runs(12) { theirs($0).last?.status == .cancelled })
  }
}

/// Whose a row is that nobody named.
@Suite struct VariationalClaimsTests {
  private static let from: Int64 = 1_000_000_000
  private static let btc = TradingRun.btc

  private static func terms(_ size: String, _ side: Side = .buy) -> OrderTerms {
    OrderTerms(side: side, type: .market, size: Decimal(size)!)
  }

  private static func row(
    _ id: String, qty: String? = "0.5", side: String = "buy", at time: Int64 = from + 1_000_000,
    type: String = "market", status: String = "cleared"
  ) -> VariationalOrder {
    var text = ByteBuffer()
    text.append("{")
    text.put("rfq_id", text: id)
    text.put("instrument")
    VariationalInstrument.write("BTC", to: &text)
    text.put("side", text: side)
    text.put("qty")
    text.append(qty.map { "\"\($0)\"" } ?? "null")
    text.put("order_type", text: type)
    text.put("status", text: status)
    text.put("created_at", text: VariationalTime.text(time))
    text.append("}")
    let bytes = text.array
    return VariationalOrder(try! JSONFields(bytes.span.bytes))!
  }

  private static func id(_ text: String) -> ClientOrderID { ClientOrderID(text)! }

  private static func claims(_ ids: String..., lost: Bool = true) -> VariationalClaims {
    var claims = VariationalClaims([])
    for id in ids {
      claims.sent(Self.id(id), btc, terms("0.5"), from: from, until: from)
      if lost { claims.answered(Self.id(id), isInDoubt: true) }
    }
    return claims
  }

  @Test("the one row that fits is the order's, and nobody else's after that")
  func one() {
    var claims = Self.claims("a")
    let row = Self.row("r-1")
    #expect(claims.mayBeOurs(row))
    #expect(claims.resolve([row]) == [row.id: Self.id("a")])
    #expect(!claims.mayBeOurs(row) && claims.resolve([row]).isEmpty)
  }

  @Test("another size, side, kind or time is none of it")
  func others() {
    var claims = Self.claims("a")
    let rows = [
      Self.row("r-1", qty: "0.6"), Self.row("r-2", side: "sell"), Self.row("r-3", type: "limit"),
      Self.row("r-4", at: Self.from - 1), Self.row("r-5", at: Self.from + 61_000_000),
    ]
    #expect(claims.resolve(rows).isEmpty && !rows.contains { claims.mayBeOurs($0) })
  }

  @Test("more rows than orders prove nothing; as many as orders are theirs in turn")
  func twins() {
    let rows = [Self.row("r-2", at: Self.from + 2_000_000), Self.row("r-1")]
    var one = Self.claims("a")
    #expect(one.resolve(rows).isEmpty && one.mayBeOurs(rows[0]))
    var two = Self.claims("a", "b")
    #expect(two.resolve(rows) == [rows[1].id: Self.id("a"), rows[0].id: Self.id("b")])
  }

  @Test("while a like order's answer may come nothing is told apart")
  func awaited() {
    var claims = Self.claims("a")
    claims.sent(Self.id("b"), Self.btc, Self.terms("0.5"), from: Self.from, until: Self.from)
    let row = Self.row("r-1")
    #expect(claims.resolve([row]).isEmpty && claims.mayBeOurs(row))
    claims.named(row.id, Self.id("b"))
    #expect(claims.resolve([row]).isEmpty && !claims.mayBeOurs(row))
  }

  @Test("a row without a size proves nothing, and may be ours")
  func noSize() {
    var claims = Self.claims("a")
    let row = Self.row("r-1", qty: nil)
    #expect(claims.resolve([row]).isEmpty && claims.mayBeOurs(row))
  }

  @Test("a definite refusal leaves nothing to be found")
  func refused() {
    var claims = Self.claims("a", lost: false)
    claims.answered(Self.id("a"), isInDoubt: false)
    #expect(!claims.mayBeOurs(Self.row("r-1")))
  }
}
