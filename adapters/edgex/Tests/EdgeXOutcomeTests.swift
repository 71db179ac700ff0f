import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import EdgeX
@testable import PerpSim

/// What becomes of an order when requests, answers or connections are lost.
@Suite struct EdgeXOutcomeTests {
  @Test(
    "the answer is lost: the order is known from the stream, and there is one",
    arguments: EdgeXGeneration.both)
  func lostAnswer(_ generation: EdgeXGeneration) throws {
    var desk = try EdgeXDesk.live(as: generation)
    desk.next { $0.answer = .none }
    desk.place("a", .buy, at: desk.price(.buy, -20_000))
    try desk.wait { $0.status("a") == "open" }
    desk.run(seconds: 20)
    #expect(desk.status("a") == "open" && desk.atVenue("a").count == 1)
    #expect(desk.bodies("createOrder").count == 1)
  }

  @Test(
    "answer and stream are lost: unknown, then found by its name",
    arguments: EdgeXGeneration.both)
  func allLost(_ generation: EdgeXGeneration) throws {
    var desk = try EdgeXDesk.live(as: generation)
    desk.next { $0.answer = .none }
    desk.deafen()
    desk.place("a", .buy, at: desk.price(.buy, -20_000))
    try desk.wait(seconds: 8) { $0.order("a")?.status == .unknown }
    try desk.wait(seconds: 10) { $0.status("a") == "open" }
    #expect(desk.order("a")?.evidence == .restOrder && desk.atVenue("a").count == 1)
    #expect(desk.requests.contains { $0.url.contains("getOrderByClientOrderId?") })
  }

  @Test(
    "the request is lost: rejected as not delivered, and the venue has none",
    arguments: EdgeXGeneration.both)
  func lostRequest(_ generation: EdgeXGeneration) throws {
    var desk = try EdgeXDesk.live(as: generation)
    desk.next { ($0.takesEffect, $0.answer) = (false, .none) }
    desk.place("a", .buy, at: desk.price(.buy, -20_000))
    try desk.wait(seconds: 8) { $0.order("a")?.status == .unknown }
    desk.place("b", .buy, at: desk.price(.buy, -20_000))
    guard case .refused(let refusal) = desk.outcomes.last else {
      Issue.record("the market is not frozen")
      return
    }
    #expect(refusal.reason == .frozen)
    try desk.wait { $0.order("a")?.status.isFinal == true }
    #expect(desk.status("a") == "rejected not_delivered" && desk.atVenue("a").isEmpty)
    #expect(desk.bodies("createOrder").count == 1, "it is never sent again by itself")
  }

  @Test(
    "a status, or success without effect, proves nothing",
    arguments: [
      (OrderFate.Answer.status(503), false), (.status(502), true), (.status(429), false),
      (.success, false),
    ])
  func status(answer: OrderFate.Answer, takesEffect: Bool) throws {
    var desk = try EdgeXDesk.live()
    desk.next { ($0.takesEffect, $0.answer) = (takesEffect, answer) }
    desk.place("a", .buy, at: desk.price(.buy, -20_000))
    try desk.wait { $0.status("a") == (takesEffect ? "open" : "rejected not_delivered") }
    #expect(desk.atVenue("a").count == (takesEffect ? 1 : 0))
    #expect(desk.bodies("createOrder").count == 1)
  }

  @Test(
    "what the venue refuses before it takes it is rejected at once, by its own word",
    arguments: EdgeXGeneration.both)
  func refused(_ generation: EdgeXGeneration) throws {
    var desk = try EdgeXDesk.live(as: generation)
    desk.place("a", .buy, "0.0105", at: desk.price(.buy, -20_000))
    try desk.wait(seconds: 1) { $0.status("a") == "rejected malformed" }
    #expect(desk.order("a")?.venueCode == "INVALID_PARAMETER")
    #expect(desk.order("a")?.venueMessage == "size is no multiple of stepSize")
    #expect(desk.order("a")?.evidence == .restOrder)
  }

  @Test("without a network nothing is sent")
  func notSent() throws {
    var desk = try EdgeXDesk.live()
    desk.pair.isDown = true
    desk.place("a", .buy, at: desk.price(.buy, -20_000))
    try desk.wait(seconds: 5) { $0.status("a") == "rejected not_sent" }
    desk.pair.isDown = false
    try desk.wait { $0.states.last == "live signed_in" }
    desk.place("b", .buy, at: desk.price(.buy, -20_000))
    try desk.wait { $0.status("b") == "open" }
    #expect(desk.atVenue("a").isEmpty)
  }

  @Test("a cancel that is lost is asked again", arguments: [true, false])
  func lostCancel(takesEffect: Bool) throws {
    var desk = try EdgeXDesk.live()
    desk.place("a", .buy, at: desk.price(.buy, -20_000))
    try desk.wait { $0.status("a") == "open" }
    desk.next { ($0.takesEffect, $0.answer) = (takesEffect, .none) }
    desk.cancel("a")
    try desk.wait(seconds: 30) { $0.order("a")?.status == .cancelled }
    #expect(desk.atVenue("a").map(\.status) == [.cancelled])
  }

  @Test(
    "fills while the connection was gone are told once, after it stands again",
    arguments: EdgeXGeneration.both)
  func missedFills(_ generation: EdgeXGeneration) throws {
    var desk = try EdgeXDesk.live(as: generation)
    desk.place("a", .buy, at: desk.price(.buy, 0))
    try desk.wait { $0.order("a")?.status == .open }
    let price = desk.order("a")!.terms!.price!
    desk.pair.isDown = true
    desk.run(seconds: 40)
    #expect(desk.order("a")?.status == .open && desk.states.last?.hasPrefix("down") == true)
    try desk.tradeAgainst(.sell, price)
    desk.pair.isDown = false
    try desk.wait { $0.status("a") == "filled" }
    desk.run(seconds: 30)
    let fills = desk.fills.filter { $0.clientID == ClientOrderID("a") }
    #expect(fills.reduce(Decimal.zero) { $0.adding($1.size)! } == Decimal("0.010")!)
    #expect(Set(fills.map(\.tradeID)).count == fills.count)
    #expect(fills.allSatisfy { $0.liquidity == .maker && $0.side == .buy })
    #expect(desk.positions.last?.size == Decimal("0.010")!)
  }

  @Test("after a restart the journal and the venue come together", arguments: EdgeXGeneration.both)
  func restart(_ generation: EdgeXGeneration) throws {
    var desk = try EdgeXDesk.live(as: generation)
    desk.place("a", .buy, at: desk.price(.buy, 0))
    desk.place("b", .buy, at: desk.price(.buy, -20_000))
    try desk.wait { $0.order("a")?.status == .open && $0.order("b")?.status == .open }
    let price = desk.order("a")!.terms!.price!
    // One has left whose answer nobody has read.
    desk.place("c", .buy, at: desk.price(.buy, -20_000))
    for _ in 0..<20 where desk.atVenue("c").isEmpty { desk.run(milliseconds: 5) }
    try desk.restart()
    try desk.tradeAgainst(.sell, price)
    try desk.wait { $0.status("a") == "filled" && $0.status("c") == "open" }
    desk.run(seconds: 20)
    let fills = desk.fills.filter { $0.clientID == ClientOrderID("a") }
    #expect(Set(fills.map(\.tradeID)).count == fills.count && !fills.isEmpty)
    desk.cancel("b")
    desk.cancel("c")
    try desk.wait { desk in
      ["b", "c"].allSatisfy { desk.order($0)?.status == .cancelled }
    }
    #expect(desk.exchange.openOrders(of: 1).isEmpty && desk.exchange.orders.count == 4)
  }

  @Test("lists are read page by page", arguments: EdgeXGeneration.both)
  func pages(_ generation: EdgeXGeneration) throws {
    var desk = try EdgeXDesk.live(
      as: generation, ["sim.page_rows": "2", "orders_per_second": "100"])
    for number in 0..<7 { desk.place("o\(number)", .buy, at: desk.price(.buy, -20_000 - number)) }
    for number in 0..<5 { desk.place("f\(number)", .buy, at: desk.crossing(.buy)) }
    try desk.wait { desk in
      (0..<7).allSatisfy { desk.status("o\($0)") == "open" }
        && (0..<5).allSatisfy { desk.status("f\($0)") == "filled" }
    }
    let told = desk.fills.count
    try desk.restart()
    desk.run(seconds: 30)
    #expect((0..<7).allSatisfy { desk.status("o\($0)") == "open" }, "\(desk.lines)")
    #expect(desk.fills.count == told, "no fill is told twice")
    let pages = desk.requests.filter { $0.url.contains("offsetData=") }
    #expect(pages.contains { $0.url.contains("getActiveOrderPage") })
    #expect(pages.contains { $0.url.contains("getHistoryOrderFillTransactionPage") })
  }
}

extension EdgeXDesk {
  /// From now on the private stream tells nothing, and does not say so.
  mutating func deafen() {
    for id in simulator.clients.ids { simulator.clients[id]?.isPrivate = false }
  }
}
