import PerpCore
import Testing

@testable import Bot

/// How the orders of a backtest are filled. (B-12)
@Suite("Paper exchange") struct PaperExchangeTests {
  @Test("B-12 what crosses takes the best price, each size once, and no more than is there")
  func taker() throws {
    var script = PaperScript()
    script.quote("99", "100", size: "0.5")
    let first = script.place(.buy, "2", "101")
    script.run(milliseconds: 200)
    #expect(script.order(first)?.status == .cancelled)
    #expect(script.order(first)?.filled == decimal("0.5"))
    #expect(script.order(first)?.averagePrice == decimal("100"))
    let fill = try #require(script.fills.first)
    #expect(fill.fee == decimal("0.025") && fill.liquidity == "taker")
    let second = script.place(.buy, "2", "101")
    script.run(milliseconds: 200)
    #expect(script.order(second)?.status == .cancelled)
    #expect(script.order(second)?.filled.isZero == true)
    script.quote("99", "100", size: "5")
    let third = script.place(.buy, "2", nil)
    script.run(milliseconds: 200)
    #expect(script.order(third)?.status == .filled)
    #expect(script.position == decimal("2.5"))
    let short = script.place(.sell, "1", "99.5")
    script.run(milliseconds: 200)
    #expect(script.order(short)?.filled.isZero == true)
  }

  @Test("B-12 where a book is recorded an order takes its depth, level by level")
  func depth() {
    var script = PaperScript()
    script.quote("99", "100", size: "0.5")
    script.book(bids: #"[["99","1"]]"#, asks: #"[["100","0.5"],["101","1"],["103","9"]]"#)
    let name = script.place(.buy, "2", "102")
    script.run(milliseconds: 200)
    #expect(script.fills.map(\.price) == [decimal("100"), decimal("101")])
    #expect(script.order(name)?.filled == decimal("1.5"))
    #expect(script.order(name)?.status == .cancelled)
    let all = script.place(.buy, "9", "103", .fok)
    script.run(milliseconds: 200)
    #expect(script.order(all)?.status == .filled && script.position == decimal("10.5"))
    let tooMuch = script.place(.sell, "2", "98", .fok)
    script.run(milliseconds: 200)
    #expect(script.order(tooMuch)?.status == .cancelled && script.position == decimal("10.5"))
  }

  @Test("B-12 what rests waits until the market has gone through it, by quote or by trade")
  func maker() throws {
    var script = PaperScript()
    script.quote("99", "100")
    let name = script.place(.buy, "2", "99", .gtc)
    script.run(milliseconds: 200)
    #expect(script.order(name)?.status == .open)
    script.quote("98", "99")
    script.trade("99")
    script.run(milliseconds: 20)
    #expect(script.fills.isEmpty)
    script.quote("98", "98.9")
    script.run(milliseconds: 20)
    let fill = try #require(script.fills.first)
    #expect(script.order(name)?.status == .filled)
    #expect(fill.price == decimal("99") && fill.size == decimal("2"))
    #expect(fill.fee == decimal("0.0198") && fill.liquidity == "maker")
    let sale = script.place(.sell, "1", "105", .gtc)
    script.run(milliseconds: 200)
    script.trade("105.1")
    script.run(milliseconds: 20)
    #expect(script.order(sale)?.status == .filled)
    let late = script.place(.sell, "1", "110", .gtc)
    script.run(milliseconds: 200)
    script.command(.cancel(late))
    script.run(milliseconds: 200)
    script.trade("111")
    script.run(milliseconds: 20)
    #expect(script.order(late)?.status == .cancelled && script.position == decimal("1"))
  }

  @Test("B-12 an order meets the market of its arrival, and is heard of later still")
  func latency() {
    var script = PaperScript()
    script.quote("99", "100")
    let name = script.place(.buy, "1", "102")
    script.run(milliseconds: 99)
    script.quote("100", "101")
    script.run(milliseconds: 10)
    #expect(script.order(name) == nil)
    script.run(milliseconds: 1)
    #expect(script.order(name)?.averagePrice == decimal("101"))
    // A cancel takes as long.
    let resting = script.place(.buy, "1", "90", .gtc)
    script.run(milliseconds: 200)
    script.command(.cancelAll(PaperScript.listing))
    script.run(milliseconds: 99)
    script.trade("89")
    script.run(milliseconds: 20)
    #expect(script.order(resting)?.status == .filled)
  }

  @Test("B-12 quotes are heard after the feed's latency")
  func feed() {
    var script = PaperScript()
    script.quote("99", "100")
    func quotes() -> Int {
      script.heard.count { if case .quote = $0 { true } else { false } }
    }
    script.run(milliseconds: 9)
    #expect(quotes() == 0)
    script.run(milliseconds: 1)
    #expect(quotes() == 1)
  }

  @Test("B-12 post-only that would cross is refused, and reduce-only never adds")
  func conditions() {
    var script = PaperScript()
    script.quote("99", "100")
    let crossing = script.place(.buy, "1", "100", .gtc, isPostOnly: true)
    let adding = script.place(.sell, "1", "99", isReduceOnly: true)
    script.run(milliseconds: 200)
    #expect(script.order(crossing)?.status == .rejected)
    #expect(script.order(crossing)?.cause == "post_only_cross")
    #expect(script.order(adding)?.cause == "reduce_only")
    script.place(.buy, "0.4", "100")
    script.run(milliseconds: 200)
    let reducing = script.place(.sell, "1", "99", isReduceOnly: true)
    script.run(milliseconds: 200)
    #expect(script.order(reducing)?.status == .filled)
    #expect(script.order(reducing)?.filled == decimal("0.4") && script.position == .zero)
  }

  @Test("B-12 who subscribes later is told the newest funding, and no trade that is over")
  func subscription() {
    var script = PaperScript()
    script.trade("100")
    script.funding(#""rate":"0.0001","interval_s":3600,"rate_1h":"0.0001""#)
    let before = script.heard.count
    script.command(.subscribe(PaperScript.listing, channels: ["trade", "funding"]))
    func trades() -> Int { script.heard.count { if case .trade = $0 { true } else { false } } }
    let told = script.heard[before...].contains { if case .funding = $0 { true } else { false } }
    #expect(told && trades() == 0)
    script.trade("101")
    script.run(milliseconds: 20)
    #expect(trades() == 1)
  }

  @Test("B-12 what the gateway would refuse is refused")
  func refusals() {
    var script = PaperScript()
    script.place(.buy, "1", "100")
    script.quote("99", "100")
    script.place(.buy, "0.001", "100")
    script.place(.buy, "1", "100.05")
    script.command(.subscribe(PaperScript.other))
    script.command(.cancel("nothing"))
    script.stream("stale")
    script.place(.buy, "1", "100")
    script.place(.sell, "1", "99", isReduceOnly: true)
    script.stream("live")
    script.place(.buy, "1", "100")
    #expect(
      script.refusals == [
        "stale_market", "bad_lot", "bad_tick", "unknown_symbol", "unknown_order", "stale_market",
      ])
  }

  @Test("B-12 a position's gain is that over its average price")
  func costs() {
    var held = CostBasis()
    #expect(held.note(decimal("1"), at: decimal("100")) == .zero)
    #expect(held.note(decimal("1"), at: decimal("110")) == .zero)
    #expect(held.price == decimal("105"))
    #expect(held.note(decimal("-3"), at: decimal("107")) == decimal("4"))
    #expect(held.size == decimal("-1") && held.price == decimal("107"))
    #expect(held.note(decimal("0.5"), at: decimal("108")) == decimal("-0.5"))
    #expect(held.size == decimal("-0.5") && held.price == decimal("107"))
  }
}
