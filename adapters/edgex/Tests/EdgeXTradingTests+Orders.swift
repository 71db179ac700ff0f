import PerpCore
import PerpVenue
import Testing

@testable import EdgeX
@testable import PerpSim

extension EdgeXTradingTests {
  @Test(
    "a post-only order that would trade is taken and then rejected, and nothing trades",
    arguments: EdgeXGeneration.both)
  func postOnly(_ generation: EdgeXGeneration) throws {
    var desk = try EdgeXDesk.live(as: generation)
    desk.place("a", .buy, at: desk.crossing(.buy), isPostOnly: true)
    try desk.wait { $0.status("a") == "rejected post_only_cross" }
    #expect(desk.order("a")?.venueCode == "COULD_NOT_FILL")
    #expect(desk.order("a")?.orderID != nil && desk.fills.isEmpty)
    desk.place("b", .buy, at: desk.price(.buy, -20_000), isPostOnly: true)
    try desk.wait { $0.status("b") == "open" }
    #expect(desk.order("b")?.terms?.isPostOnly == true)
    #expect(desk.bodies("createOrder").last?["timeInForce"]?.text == "POST_ONLY")
  }

  @Test(
    "what an immediate order cannot get is cancelled; all or nothing is nothing",
    arguments: EdgeXGeneration.both)
  func immediate(_ generation: EdgeXGeneration) throws {
    var desk = try EdgeXDesk.live(as: generation)
    desk.place("a", .buy, at: desk.price(.buy, -20_000), tif: .ioc)
    try desk.wait { $0.status("a") == "cancelled could_not_fill" }
    // More than there is at the best price, and no price behind it.
    let best = desk.market.market.bestAsk!
    let more = best.size.adding(Decimal(1))!.description
    desk.place("b", .buy, more, at: best.price, tif: .ioc)
    desk.place("c", .buy, more, at: best.price, tif: .fok)
    try desk.wait { $0.order("b")?.status.isFinal == true && $0.order("c")?.status.isFinal == true }
    #expect(desk.status("b") == "cancelled could_not_fill")
    #expect(desk.order("b")?.filled ?? .zero > .zero)
    #expect(desk.order("b")?.filled == desk.atVenue("b").first?.filled)
    #expect(desk.status("c") == "cancelled could_not_fill")
    #expect(desk.order("c")?.filled == .zero)
    desk.place("d", .buy, at: desk.crossing(.buy), tif: .fok)
    try desk.wait { $0.status("d") == "filled" }
    #expect(desk.bodies("createOrder").last?["timeInForce"]?.text == "FILL_OR_KILL")
  }

  @Test(
    "a market order is an immediate one at its bound, and one without a bound is refused",
    arguments: EdgeXGeneration.both)
  func market(_ generation: EdgeXGeneration) throws {
    var desk = try EdgeXDesk.live(as: generation)
    desk.place("a", .sell, type: .market, tif: nil)
    guard case .refused(let refusal) = desk.outcomes.last else {
      Issue.record("it is not refused")
      return
    }
    #expect(refusal.reason == .unsupported)
    let bound = desk.crossing(.sell)
    desk.place("b", .sell, type: .market, tif: nil, bound: bound)
    try desk.wait { $0.status("b") == "filled" }
    #expect(desk.order("b")?.terms?.type == .market)
    let body = try #require(desk.bodies("createOrder").last)
    #expect(body["type"]?.text == "LIMIT" && body["timeInForce"]?.text == "IMMEDIATE_OR_CANCEL")
    #expect(body["price"]?.decimal == bound)
    desk.place("c", .buy, type: .market, tif: nil, bound: desk.price(.buy, -20_000))
    try desk.wait { $0.status("c") == "cancelled could_not_fill" }
  }

  @Test(
    "a reduce-only order without a position is rejected; with one it closes it",
    arguments: EdgeXGeneration.both)
  func reduceOnly(_ generation: EdgeXGeneration) throws {
    var desk = try EdgeXDesk.live(as: generation)
    desk.place("a", .sell, at: desk.crossing(.sell), isReduceOnly: true)
    try desk.wait { $0.status("a") == "rejected reduce_only" }
    desk.place("b", .buy, at: desk.crossing(.buy))
    try desk.wait { $0.status("b") == "filled" }
    desk.place("c", .sell, at: desk.crossing(.sell), isReduceOnly: true)
    try desk.wait { $0.status("c") == "filled" }
    try desk.wait { $0.positions.last?.size == .zero }
    #expect(desk.held.isZero)
    #expect(desk.errors == [])
  }

  @Test(
    "an order that was open and loses its position is cancelled, not rejected",
    arguments: EdgeXGeneration.both)
  func reduceOnlyLater(_ generation: EdgeXGeneration) throws {
    var desk = try EdgeXDesk.live(as: generation)
    desk.place("a", .buy, at: desk.crossing(.buy))
    try desk.wait { $0.status("a") == "filled" }
    desk.place("b", .sell, at: desk.price(.sell, -20_000), isReduceOnly: true)
    try desk.wait { $0.status("b") == "open" }
    desk.place("c", .sell, at: desk.crossing(.sell))
    try desk.wait { $0.status("b") == "cancelled reduce_only" }
    #expect(desk.errors == [])
  }

  @Test("an order cannot be changed, and stands as it was", arguments: EdgeXGeneration.both)
  func replacement(_ generation: EdgeXGeneration) throws {
    var desk = try EdgeXDesk.live(as: generation)
    desk.place("a", .buy, at: desk.price(.buy, -20_000))
    try desk.wait { $0.status("a") == "open" }
    desk.command(.replace(ClientOrderID("a")!, price: desk.price(.buy, -20_000), size: nil))
    try desk.wait { $0.updates.last?.change == .replaceRejected }
    #expect(desk.updates.last?.reason == "unsupported" && desk.order("a")?.status == .open)
    #expect(desk.bodies("createOrder").count == 1)
  }

  @Test(
    "a stop order waits for its price, and can be cancelled; one whose price is there acts",
    arguments: EdgeXGeneration.both, [OrderType.stopMarket, .takeProfitMarket])
  func stop(generation: EdgeXGeneration, type: OrderType) throws {
    var desk = try EdgeXDesk.live(as: generation, ["trigger_by": "ORACLE_PRICE"])
    let (below, above) = (desk.percent(90), desk.percent(110))
    let isStop = type == .stopMarket
    desk.place("a", .sell, type: type, tif: nil, stop: isStop ? below : above)
    try desk.wait { $0.atVenue("a").first?.status == .untriggered }
    desk.run(seconds: 12)
    #expect(desk.status("a") == "pending", "\(desk.lines)")
    let body = try #require(desk.bodies("createOrder").last)
    #expect(body["triggerPriceType"]?.text == "ORACLE_PRICE" && body["price"]?.text == "0")
    desk.cancel("a")
    try desk.wait { $0.order("a")?.status == .cancelled }
    desk.place("b", .sell, type: type, tif: nil, stop: isStop ? above : below)
    try desk.wait { $0.status("b") == "filled" }
    desk.place(
      "c", .buy, at: below, type: isStop ? .stopLimit : .takeProfitLimit,
      stop: isStop ? below : above)
    try desk.wait { $0.order("c")?.status == .open }
    #expect(desk.atVenue("c").first?.isTriggered == true)
    #expect(desk.errors == [])
  }

  @Test(
    "a cancel of what is filled meanwhile tells that it is filled",
    arguments: EdgeXGeneration.both)
  func cancelOfFilled(_ generation: EdgeXGeneration) throws {
    var desk = try EdgeXDesk.live(as: generation)
    desk.place("a", .buy, at: desk.crossing(.buy))
    desk.cancel("a")
    try desk.wait { $0.status("a") == "filled" }
    desk.run(seconds: 10)
    #expect(desk.status("a") == "filled" && desk.errors == [])
  }

  @Test(
    "a cancel right behind its order is carried out, by the order's name if need be",
    arguments: EdgeXGeneration.both)
  func cancelAtOnce(_ generation: EdgeXGeneration) throws {
    var desk = try EdgeXDesk.live(as: generation, ["sim.order_delay": "30"])
    desk.place("a", .buy, at: desk.price(.buy, -20_000))
    desk.cancel("a")
    try desk.wait { $0.order("a")?.status == .cancelled }
    #expect(desk.atVenue("a").map(\.status) == [.cancelled])
    #expect(desk.requests.contains { $0.url.hasSuffix("cancelOrderByClientOrderId") })
  }

  @Test(
    "an order that rests is filled in parts: each once, before the line that counts it",
    arguments: EdgeXGeneration.both)
  func parts(_ generation: EdgeXGeneration) throws {
    var desk = try EdgeXDesk.live(as: generation)
    desk.place("a", .buy, "0.050", at: desk.price(.buy, 1))
    try desk.wait { $0.order("a")?.status == .open }
    let price = desk.order("a")!.terms!.price!
    for part in ["0.020", "0.010", "1000"] {
      try desk.tradeAgainst(.sell, price, size: Decimal(part)!)
      desk.run(milliseconds: 100)
    }
    try desk.wait { $0.status("a") == "filled" }
    let fills = desk.fills.filter { $0.clientID == ClientOrderID("a") }
    #expect(fills.prefix(2).map(\.size) == [Decimal("0.020")!, Decimal("0.010")!])
    #expect(fills.allSatisfy { $0.liquidity == .maker && $0.price == price })
    #expect(fills.map(\.filled).last == Decimal("0.050")!)
    #expect(
      desk.changes("a") == [
        "pending_new pending", "new open", "fill partially_filled", "fill partially_filled",
        "fill filled",
      ])
    let trade = desk.market.recentMatches.last { $0.orders.maker == fills[0].orderID.string }
    #expect(trade?.trade.price == price)
    #expect(trade?.accounts.maker == EdgeXSimulatedAccount.accountID)
  }
}

extension EdgeXDesk {
  /// So many percent of the mark price, on the grid.
  func percent(_ part: Int) -> Decimal {
    let tick = market.market.profile.tick
    let price = market.market.markPrice.multiplied(by: Decimal(mantissa: Int128(part), scale: 2))!
    return price.divided(by: tick, scale: 0)!.multiplied(by: tick)!
  }
}
