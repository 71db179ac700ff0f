import PerpCore
import PerpVenue
import Testing

@testable import EdgeX
@testable import PerpSim

/// Orders through a `TradingSession` and the simulated venue, end to end.
@Suite struct EdgeXTradingTests {
  @Test(
    "an order rests, is cancelled; another is filled and makes a position",
    arguments: EdgeXGeneration.both)
  func fill(_ generation: EdgeXGeneration) throws {
    var desk = try EdgeXDesk.live(as: generation)
    #expect(desk.states == ["connecting signing_in", "live signed_in"])
    desk.place("a", .buy, at: desk.price(.buy, -20_000))
    #expect(desk.outcomes == [.accepted])
    try desk.wait { $0.status("a") == "open" }
    #expect(desk.atVenue("a").first?.name == desk.order("a")?.orderID?.string)
    desk.cancel("a")
    try desk.wait { $0.order("a")?.status == .cancelled }
    #expect(
      desk.changes("a") == [
        "pending_new pending", "new open", "pending_cancel open", "cancelled cancelled",
      ])
    desk.place("b", .buy, at: desk.crossing(.buy))
    try desk.wait { $0.status("b") == "filled" }
    let fills = desk.fills.filter { $0.clientID == ClientOrderID("b") }
    #expect(fills.reduce(Decimal.zero) { $0.adding($1.size)! } == Decimal("0.010")!)
    #expect(fills.allSatisfy { $0.liquidity == .taker && $0.side == .buy && $0.fee > .zero })
    #expect(fills.allSatisfy { $0.feeAsset == generation.quote })
    try desk.wait { $0.positions.last?.size == Decimal("0.010")! }
    #expect(desk.held == Decimal("0.010")!)
    #expect(desk.positions.last?.entryPrice == desk.order("b")?.averagePrice)
    desk.run(seconds: 6)
    #expect(desk.balances.last?.asset == generation.quote)
    #expect(desk.balances.last.map { $0.available < $0.total } == true)
    #expect(desk.errors == [] && desk.drifts == [])
  }
}
