import PerpCore
import PerpSim
import PerpVenue
import Testing

@testable import GRVT

/// What each kind of order comes to.
@Suite struct GRVTOrderKindTests {
  @Test("post-only that would cross is rejected, one that does not rests")
  func postOnly() throws {
    var run = try TradingRun.live()
    run.place("p-1", .buy, "0.01", at: run.price(101, of: .buy), postOnly: true)
    #expect(run.runs(2) { $0.status("p-1") == .rejected })
    #expect(run.order("p-1")?.reason == "post_only_cross")
    #expect(run.order("p-1")?.venueCode == "FAIL_POST_ONLY")
    run.place("p-2", .buy, "0.01", at: run.price(90, of: .buy), postOnly: true)
    #expect(run.runs(2) { $0.status("p-2") == .open })
    #expect(run.fills.isEmpty && run.venueOrder("p-2")?.terms.isPostOnly == true)
  }

  @Test("ioc takes what there is, and its rest is cancelled")
  func immediateOrCancel() throws {
    var run = try TradingRun.live()
    let there = run.simulator.markets[0].market.bestAsk!.size
    let size = "\(there.adding(Decimal("1")!)!)"
    run.place("i-1", .buy, size, at: "\(run.bestAsk)", .ioc)
    #expect(run.runs(2) { $0.status("i-1")?.isFinal == true })
    let order = try #require(run.order("i-1"))
    let venue = try #require(run.venueOrder("i-1"))
    #expect(order.status == .cancelled && order.venueCode == "IOC_CANCEL")
    #expect(order.filled == venue.filled && order.remaining == .zero)
    #expect(run.venuePosition == venue.filled)
  }

  @Test("fok fills all or nothing")
  func fillOrKill() throws {
    var run = try TradingRun.live()
    run.place("f-1", .sell, "900", at: run.price(99, of: .sell), .fok)
    #expect(run.runs(2) { $0.status("f-1")?.isFinal == true })
    #expect(run.fills.isEmpty && run.venuePosition.isZero)
    run.place("f-2", .sell, "0.01", at: run.price(99, of: .sell), .fok)
    #expect(run.runs(2) { $0.status("f-2") == .filled })
    #expect(run.venuePosition == Decimal("-0.01"))
  }

  @Test("market orders: the venue's own, or a limit at the bound", arguments: [nil, "bound"])
  func market(kind: String?) throws {
    var run = try TradingRun.live()
    let bound = kind.map { _ in run.price(102, of: .buy) }
    run.place("m-1", .buy, "0.05", bound: bound)
    #expect(run.runs(2) { $0.status("m-1") == .filled })
    let venue = try #require(run.venueOrder("m-1"))
    #expect(venue.terms.type == (bound == nil ? .market : .limit))
    #expect(venue.terms.price == bound.flatMap { Decimal($0) })
    #expect(run.order("m-1")?.averagePrice == venue.averagePrice)
  }

  @Test("a market order goes no further than its bound")
  func bound() throws {
    var run = try TradingRun.live()
    run.place("m-2", .buy, "0.05", bound: run.price(95, of: .buy))
    #expect(run.runs(2) { $0.status("m-2") == .cancelled })
    #expect(run.fills.isEmpty && run.venuePosition.isZero)
  }

  @Test("reduce-only: refused without a position, capped by one")
  func reduceOnly() throws {
    var run = try TradingRun.live()
    run.place("r-1", .sell, "0.01", at: run.price(99, of: .sell), reduceOnly: true)
    #expect(run.runs(2) { $0.status("r-1") == .rejected })
    #expect(run.order("r-1")?.venueCode == "2400" && run.venueOrders.isEmpty)
    run.place("r-2", .buy, "0.02", bound: run.price(102, of: .buy))
    #expect(run.runs(2) { $0.status("r-2") == .filled })
    run.place("r-3", .buy, "0.01", at: run.price(101, of: .buy), reduceOnly: true)
    #expect(run.runs(2) { $0.status("r-3") == .rejected })
    #expect(run.order("r-3")?.venueCode == "2401")
    run.place("r-4", .sell, "0.02", at: run.price(99, of: .sell), .ioc, reduceOnly: true)
    #expect(run.runs(2) { $0.status("r-4") == .filled })
    run.run(6)
    #expect(run.venuePosition.isZero && run.positions.last?.size == .zero)
  }

  @Test("a stop waits for its price, and acts")
  func stop() throws {
    var run = try TradingRun.live()
    let mark = run.simulator.markets[0].market.markPrice
    let far = run.price(80, of: .sell)
    run.place("s-1", .sell, "0.01", type: .stopMarket, stop: far)
    run.run(3)
    #expect(run.status("s-1") == .pending && run.venueOrder("s-1")?.status == .untriggered)
    run.cancel("s-1")
    #expect(run.runs(2) { $0.status("s-1") == .cancelled })
    // The mark is beyond this one already.
    let near = "\(mark.divided(by: Decimal(1), scale: 0)!.adding(Decimal(200))!)"
    run.place("s-2", .sell, "0.01", type: .stopMarket, stop: near)
    #expect(run.runs(3) { $0.status("s-2") == .filled })
    #expect(run.order("s-2")?.terms?.type == .stopMarket)
    #expect(run.venuePosition == Decimal("-0.01"))
  }

  @Test("what the venue does not have is refused here")
  func unsupported() throws {
    var run = try TradingRun.live()
    guard case .refused(let refusal)? = run.place("u-1", .buy, "0.01", at: "1000", .gtt) else {
      return #expect(Bool(false))
    }
    #expect(refusal.reason == .unsupported && run.records.isEmpty)
    run.place("u-2", .buy, "0.01", at: run.price(90, of: .buy))
    #expect(run.runs(2) { $0.status("u-2") == .open })
    run.command(.replace(ClientOrderID("u-2")!, price: Decimal("50000"), size: nil))
    #expect(run.runs(2) { $0.story("u-2").hasSuffix("pending_replace replace_rejected") })
    #expect(run.status("u-2") == .open && run.venueOrders.count == 1)
    #expect(run.updates("u-2").last?.reason == "unsupported")
  }

  @Test(
    "what the venue refuses is rejected with its code, and is not there",
    arguments: [
      ("0.0005", "90000", "2062", "below_min"), ("0.0015", "90000", "2065", "bad_lot"),
      ("0.01", "90000.05", "2064", "bad_tick"), ("0.001", "10000", "2066", "below_min"),
    ])
  func refused(size: String, price: String, code: String, reason: String) throws {
    var run = try TradingRun.live()
    run.place("x-1", .buy, size, at: price)
    #expect(run.runs(2) { $0.status("x-1") == .rejected })
    let order = try #require(run.order("x-1"))
    #expect(order.venueCode == code && order.reason == reason)
    #expect(order.venueMessage?.isEmpty == false && order.evidence == .restOrder)
    #expect(run.venueOrders.isEmpty)
  }

  @Test("a price far beyond the market, and more than the account can carry")
  func bandAndMargin() throws {
    var run = try TradingRun.live()
    run.place("y-1", .buy, "0.01", at: run.price(110, of: .buy))
    #expect(run.runs(2) { $0.order("y-1")?.venueCode == "7201" })
    run.place("y-2", .buy, "900", at: run.price(90, of: .buy))
    #expect(run.runs(2) { $0.status("y-2") == .rejected })
    #expect(run.order("y-2")?.reason == "no_margin")
  }

  @Test("cancel of a filled order is known; a cancel that lost the race leaves it filled")
  func cancelOfFilled() throws {
    var run = try TradingRun.live()
    run.place("c-1", .buy, "0.01", at: run.price(101, of: .buy))
    run.cancel("c-1")
    #expect(run.runs(10) { $0.status("c-1")?.isFinal == true })
    let venue = try #require(run.venueOrder("c-1"))
    #expect((run.status("c-1") == .filled) == (venue.status == .filled))
    run.place("c-2", .buy, "0.01", at: run.price(101, of: .buy))
    #expect(run.runs(2) { $0.status("c-2") == .filled })
    guard case .known(let update)? = run.cancel("c-2") else { return #expect(Bool(false)) }
    #expect(update.status == .filled)
  }
}
