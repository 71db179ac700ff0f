import PerpCore
import PerpSim
import PerpVenue
import Testing

@testable import GRVT

/// The account's side against the simulated venue.
@Suite struct GRVTTradingTests {
  @Test("login, an order that rests, its cancel", arguments: ["full", "lite"])
  func rests(encoding: String) throws {
    var run = try TradingRun.live(["encoding": encoding])
    #expect(run.statuses.map(\.state) == [.connecting, .live])
    let outcome = run.place("a-1", .buy, "0.01", at: run.price(90, of: .buy))
    #expect(outcome == .accepted)
    #expect(run.runs(2) { $0.status("a-1") == .open })
    let order = try #require(run.venueOrder("a-1"))
    #expect(order.status == .open && order.name == run.order("a-1")?.orderID?.string)
    #expect(order.terms.price == run.order("a-1")?.terms?.price)
    run.cancel("a-1")
    #expect(run.runs(2) { $0.status("a-1") == .cancelled })
    #expect(run.story("a-1") == "pending_new new pending_cancel cancelled")
    #expect(run.venueOrder("a-1")?.status == .cancelled && run.venueOrders.count == 1)
    #expect(run.errors.isEmpty)
  }

  @Test("an order that takes: fill, order, position, balance", arguments: ["full", "lite"])
  func takes(encoding: String) throws {
    var run = try TradingRun.live(["encoding": encoding])
    run.place("b-1", .buy, "0.01", at: run.price(101, of: .buy))
    #expect(run.runs(2) { $0.status("b-1") == .filled })
    let fill = try #require(run.fills.first)
    #expect(fill.side == .buy && fill.liquidity == .taker && fill.feeAsset == "USDT")
    #expect(fill.fee > .zero && fill.clientID?.description == "b-1")
    let trade = run.simulator.markets[0].recentTrades.last { $0.id == fill.tradeID }
    #expect(trade?.price == fill.price && trade?.isTakerBuyer == true)
    run.run(6)
    #expect(run.positions.last?.size == Decimal("0.01") && run.venuePosition == Decimal("0.01"))
    let balance = try #require(run.balances.last)
    #expect(balance.asset == "USDT" && balance.total < Decimal(100_001))
    #expect(balance.available < balance.total)
    #expect(run.errors.isEmpty)
  }
}
