import PerpCore
import PerpVenue
import Testing

@testable import Lighter
@testable import PerpSim

/// Orders through a `TradingSession` and the simulated venue, end to end.
@Suite struct LighterTradingTests {
  @Test("an order rests, is filled on both sides of the wire, and makes a position")
  func fill() throws {
    var desk = try LighterDesk.live()
    #expect(desk.states == ["connecting signing_in", "live signed_in"])
    desk.place("a", .buy, at: desk.price(.buy, -100))
    #expect(desk.outcomes == [.accepted])
    try desk.wait { $0.status("a") == "open" }
    desk.cancel("a")
    try desk.wait { $0.status("a") == "cancelled" }
    #expect(
      desk.changes("a") == [
        "pending_new pending", "new open", "pending_cancel open", "cancelled cancelled",
      ])
    desk.place("b", .buy, at: desk.crossing(.buy))
    try desk.wait { $0.status("b") == "filled" }
    let fills = desk.fills.filter { $0.clientID == ClientOrderID("b") }
    let sum = fills.reduce(Decimal.zero) { $0.adding($1.size)! }
    #expect(sum == Decimal("0.010")!)
    #expect(fills.allSatisfy { $0.liquidity == .taker && $0.side == .buy && $0.fee > .zero })
    try desk.wait { $0.positions.last?.size == Decimal("0.010")! }
    let position =
      desk.exchange.position(of: 1, market: 0) ?? desk.exchange.position(of: 1, market: 1)
    #expect(position != nil)
    #expect(desk.balances.last?.asset == "USDC")
    #expect(desk.errors == [] && desk.drifts == [])
    // Without a gap, one after the other.
    #expect(desk.nonces == Array(722..<725))
  }

  @Test("a post-only order that would trade is rejected, and nothing trades")
  func postOnly() throws {
    var desk = try LighterDesk.live()
    desk.place("a", .buy, at: desk.crossing(.buy), isPostOnly: true)
    try desk.wait { $0.status("a") == "rejected post_only_cross" }
    #expect(desk.fills.isEmpty)
    desk.place("b", .buy, at: desk.price(.buy, -50), isPostOnly: true)
    try desk.wait { $0.status("b") == "open" }
    #expect(desk.order("b")?.terms?.isPostOnly == true)
  }

  @Test("what an immediate order cannot get is cancelled")
  func immediate() throws {
    var desk = try LighterDesk.live()
    desk.place("a", .buy, at: desk.price(.buy, -50), tif: .ioc)
    try desk.wait { $0.status("a") == "rejected not_enough_liquidity" }
    // More than there is at the best price.
    let best = desk.market.market.bestAsk!
    let more = best.size.adding(Decimal(1))!
    desk.place("b", .buy, more.description, at: best.price, tif: .ioc)
    try desk.wait { $0.order("b")?.status.isFinal == true }
    if desk.order("b")?.status == .cancelled {
      #expect(desk.order("b")?.filled ?? .zero > .zero)
    }
    desk.place("c", .buy, at: desk.crossing(.buy), tif: .fok)
    guard case .refused(let refusal) = desk.outcomes.last else {
      Issue.record("fok is not refused")
      return
    }
    #expect(refusal.reason == .unsupported)
  }

  @Test("a market order is filled up to its bound, and one without a bound is refused")
  func market() throws {
    var desk = try LighterDesk.live()
    desk.place("a", .sell, type: .market, tif: nil)
    guard case .refused(let refusal) = desk.outcomes.last else {
      Issue.record("it is not refused")
      return
    }
    #expect(refusal.reason == .unsupported)
    desk.place("b", .sell, type: .market, tif: nil, bound: desk.crossing(.sell))
    try desk.wait { $0.status("b") == "filled" }
    #expect(desk.order("b")?.terms?.type == .market)
    desk.place("c", .buy, type: .market, tif: nil, bound: desk.price(.buy, -500))
    try desk.wait { $0.status("c") == "rejected too_much_slippage" }
  }

  @Test("a reduce-only order without a position is refused in silence, and found out")
  func silence() throws {
    var desk = try LighterDesk.live()
    desk.place("a", .sell, at: desk.crossing(.sell), isReduceOnly: true)
    try desk.wait { $0.order("a")?.status.isFinal == true }
    #expect(
      desk.changes("a") == ["pending_new pending", "status unknown", "rejected rejected"])
    #expect(desk.order("a")?.reason == "reduce_only")
    #expect(desk.order("a")?.venueCode == "21740")
    #expect(desk.order("a")?.evidence == .restOrder)
    // With one it closes it.
    desk.place("b", .buy, at: desk.crossing(.buy))
    try desk.wait { $0.status("b") == "filled" }
    desk.place("c", .sell, at: desk.crossing(.sell), isReduceOnly: true)
    try desk.wait { $0.status("c") == "filled" }
    try desk.wait { $0.positions.last?.size == .zero }
  }

  @Test("an order gets another price and size")
  func replacement() throws {
    var desk = try LighterDesk.live()
    desk.place("a", .buy, at: desk.price(.buy, -100))
    try desk.wait { $0.status("a") == "open" }
    let price = desk.price(.buy, -60)
    desk.replace("a", price: price, size: "0.020")
    try desk.wait { $0.updates.last?.change == .replaced }
    #expect(desk.order("a")?.terms?.price == price)
    #expect(desk.order("a")?.terms?.size == Decimal("0.020")!)
    #expect(desk.atVenue("a").map(\.terms.price) == [price])
    desk.replace("a", price: desk.crossing(.buy))
    try desk.wait { $0.status("a") == "filled" }
  }

  @Test("a stop order waits for its price, and can be cancelled")
  func stop() throws {
    var desk = try LighterDesk.live()
    let mark = desk.market.market.markPrice
    let tick = desk.market.market.profile.tick
    let below = mark.multiplied(by: Decimal("0.9")!)!.divided(by: tick, scale: 0)!
      .multiplied(by: tick)!
    desk.place("a", .sell, type: .stopMarket, tif: nil, stop: below)
    try desk.wait { $0.atVenue("a").first?.status == .untriggered }
    desk.run(seconds: 4)
    #expect(desk.status("a") == "pending", "\(desk.lines)")
    desk.cancel("a")
    try desk.wait { $0.status("a") == "cancelled" }
    let above = mark.multiplied(by: Decimal("1.1")!)!.divided(by: tick, scale: 0)!
      .multiplied(by: tick)!
    // The price is there already: it acts at once.
    desk.place("b", .sell, type: .stopMarket, tif: nil, stop: above)
    try desk.wait { $0.order("b")?.status.isFinal == true }
  }

  @Test("a cancel of what is filled meanwhile tells that it is filled")
  func cancelOfFilled() throws {
    var desk = try LighterDesk.live()
    desk.place("a", .buy, at: desk.crossing(.buy))
    desk.cancel("a")
    try desk.wait { $0.status("a") == "filled" }
    desk.run(seconds: 10)
    #expect(desk.status("a") == "filled")
    #expect(desk.errors == [])
  }
}
