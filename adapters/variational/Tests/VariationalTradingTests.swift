import PerpCore
import PerpSim
import PerpVenue
import Testing

@testable import Variational

/// The account's side against the simulated venue.
@Suite struct VariationalTradingTests {
  @Test("a quote, a market order, its fill, the position", arguments: ["paged", "bare"])
  func market(lists: String) throws {
    var run = try TradingRun.live(["order_lists": lists])
    #expect(run.statuses.map(\.state) == [.connecting, .live])
    #expect(run.place("a-1", .buy, "0.01", .ioc) == .accepted)
    #expect(run.runs(4) { $0.status("a-1") == .filled })
    #expect(run.story("a-1") == "pending_new fill")
    let fill = try #require(run.fills.first)
    let order = try #require(run.venueOrder("a-1"))
    #expect(order.status == .filled && order.averagePrice == fill.price)
    #expect(fill.side == .buy && fill.size == Decimal("0.01") && fill.feeAsset == "USDC")
    #expect(fill.clientID?.description == "a-1" && fill.fee.isZero)
    #expect(run.positions.last?.size == Decimal("0.01") && run.venuePosition == Decimal("0.01"))
    #expect(run.positions.last?.entryPrice == fill.price)
    run.run(6)
    let balance = try #require(run.balances.last)
    #expect(balance.asset == "USDC" && balance.available < balance.total)
    #expect(run.errors.isEmpty && run.venueOrders.count == 1 && run.fills.count == 1)
  }

  @Test("a venue with equities and indices as well holds positions of futures alone")
  func others() throws {
    var run = try TradingRun(symbols: [])
    run.pair.start()
    #expect(run.runs(10) { $0.balances.last?.total == Decimal(100_000) })
    run.place("a-1", .buy, "0.01", .ioc)
    #expect(run.runs(4) { $0.positions.last?.size == Decimal("0.01") })
  }

  @Test("a limit order rests, and is cancelled")
  func rests() throws {
    var run = try TradingRun.live()
    #expect(run.place("b-1", .buy, "0.01", at: run.price(90)) == .accepted)
    #expect(run.runs(4) { $0.status("b-1") == .open })
    run.cancel("b-1")
    #expect(run.runs(4) { $0.status("b-1") == .cancelled })
    #expect(run.venueOrder("b-1")?.status == .cancelled && run.venueOrders.count == 1)
    #expect(run.errors.isEmpty && run.requests("/quotes/indicative").isEmpty)
  }
}
