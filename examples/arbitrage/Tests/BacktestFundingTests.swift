import PerpCore
import Testing

@testable import Bot

/// What positions are paid and pay in a backtest. (B-12)
@Suite("Funding of backtests") struct BacktestFundingTests {
  private func line(_ members: String) throws -> FundingLine {
    let text = PaperScript.funding(members, of: PaperScript.listing, at: 0)
    return try #require(FundingLine(JSONFields(Array(text.utf8).span.bytes)))
  }

  private let hour: Int64 = 3_600_000_000

  @Test("B-12 funding is settled at the time that is told, or else at multiples of the interval")
  func times() throws {
    var told = FundingSchedule()
    told.note(try line(#""rate":"0.0008","interval_s":28800,"next_ts":5000000000"#), at: 0)
    #expect(told.due == 5_000_000_000 && told.settle(at: 4_999_999_999) == nil)
    #expect(told.settle(at: 5_000_000_000)?.rate == decimal("0.0008"))
    // Nobody has named the one after: it is an interval later.
    #expect(told.due == 5_000_000_000 + 8 * hour && told.settle(at: 6_000_000_000) == nil)
    var untold = FundingSchedule()
    untold.note(try line(#""rate":"0.0008","interval_s":28800"#), at: 9 * hour)
    #expect(untold.due == 16 * hour)
    // What is told of it again, also just then, changes nothing.
    #expect(untold.settle(at: 16 * hour) != nil && untold.settle(at: 16 * hour) == nil)
    untold.note(try line(#""rate":"0.0008","interval_s":28800"#), at: 16 * hour)
    #expect(untold.due == 24 * hour)
    // A time that is gone says when the others are.
    var old = FundingSchedule()
    old.note(try line(#""rate_1h":"0.0001","next_ts":1800000000"#), at: hour)
    #expect(old.due == hour + 1_800_000_000)
    #expect(old.settle(at: 2 * hour)?.rate == decimal("0.0001"))
    // Without a rate, or a time, nothing is settled.
    var silent = FundingSchedule()
    silent.note(try line(#""interval_s":3600,"next_ts":5"#), at: 0)
    silent.note(try line(#""rate":"0.0001""#), at: 0)
    #expect(silent.due == nil)
  }

  @Test("B-12 a venue that names the time after next too early is still paid, by the old rate")
  func early() throws {
    var schedule = FundingSchedule()
    schedule.note(try line(#""rate":"0.0001","interval_s":3600,"next_ts":\#(hour)"#), at: 0)
    schedule.note(
      try line(#""rate":"0.0003","interval_s":3600,"next_ts":\#(2 * hour)"#), at: hour - 50_000)
    #expect(schedule.due == hour)
    #expect(schedule.settle(at: hour)?.rate == decimal("0.0001"))
    #expect(schedule.due == 2 * hour)
    #expect(schedule.settle(at: 2 * hour)?.rate == decimal("0.0003"))
    // An earlier one holds at once.
    schedule.note(
      try line(#""rate":"0.0005","interval_s":3600,"next_ts":\#(2 * hour + 5)"#), at: 2 * hour)
    #expect(schedule.due == 2 * hour + 5)
  }

  @Test("B-12 a long position pays a positive rate of its value at the mark, and a short is paid")
  func payments() {
    var script = PaperScript()
    script.quote("99", "100", size: "9")
    script.place(.buy, "2", "101")
    script.run(milliseconds: 200)
    let next = PaperScript.start + 1_000_000
    script.funding(#""rate":"0.0008","interval_s":28800,"next_ts":\#(next),"mark_price":"110""#)
    script.run(milliseconds: 799)
    // Fees of 0.05 % of 200.
    #expect(script.exchange.payments.isEmpty && script.balance == decimal("99999.9"))
    script.run(milliseconds: 50)
    // 2 · 110 · 0.0008.
    #expect(script.exchange.payments.map(\.amount) == [decimal("-0.176")])
    #expect(script.exchange.payments.first?.wall == next)
    #expect(script.balance == decimal("99999.724"))
    script.place(.sell, "3", "98")
    script.run(milliseconds: 200)
    // Of 1 at the middle of 99 and 100, as no mark is told; and of negative rates the other way.
    script.funding(#""rate":"0.0008","interval_s":28800,"next_ts":\#(next + 1_000_000)"#)
    script.run(milliseconds: 1_000)
    script.funding(#""rate":"-0.0008","interval_s":28800,"next_ts":\#(next + 2_000_000)"#)
    script.run(milliseconds: 1_000)
    #expect(
      script.exchange.payments.map(\.amount)
        == [decimal("-0.176"), decimal("0.0796"), decimal("-0.0796")])
    script.place(.buy, "1", "101")
    script.run(milliseconds: 200)
    script.funding(#""rate":"0.0008","interval_s":28800,"next_ts":\#(next + 3_000_000)"#)
    script.run(milliseconds: 2_000)
    #expect(script.exchange.payments.count == 3)
  }

  @Test("B-12 funding is told for each market and in all, and the net has it")
  func report() throws {
    let bench = BotBench(
      secondOfDay: 86_280, ("edgex", "BTC-USD-PERP"), ("paradex", "BTC-USD-PERP"))
    let listings = bench.venues.map { Listing($0.account.venue.description, $0.symbol) }
    var settings = ConvergenceSettings(first: listings[0], second: listings[1])
    settings.interval = Nanoseconds.milliseconds(50)
    func quote(first ask: String, second bid: String) {
      bench.first.ask = decimal(ask)
      bench.first.bid = decimal(ask).minus(decimal("0.1"))
      bench.second.bid = decimal(bid)
      bench.second.ask = decimal(bid).plus(decimal("0.1"))
      bench.tellQuotesOnce()
    }
    quote(first: "95000", second: "95001")
    bench.run(ConvergenceBot(settings, at: bench.now))
    for (first, second) in [
      ("95000", "95001"), ("95000", "95120"), ("95030.1", "95071"), ("95030.1", "95064.9"),
    ] {
      quote(first: first, second: second)
      bench.run(seconds: Decimal(5))
    }
    // A pair of 0.005 is held from the fifth second to the fifteenth; what is settled before and
    // after is no business of ours.
    let start = bench.start.wall
    var tape = Tape()
    for (listing, rate, more) in [
      (listings[0], "0.0001", #","mark_price":"95000""#), (listings[1], "0.0002", ""),
    ] {
      tape.add(
        PaperScript.funding(
          #""rate":"\#(rate)","interval_s":10,"next_ts":\#(start + 2_000_000)\#(more)"#,
          of: listing, at: start))
    }
    for line in bench.heard { try tape.add(line) }
    var paper = PaperExchange.Settings()
    for venue in ["edgex", "paradex"] {
      paper.fees[venue] = .init(maker: .zero, taker: decimal("0.0002"))
    }
    let make = { [settings] (ledger: Ledger, now: Moment) in
      ConvergenceBot(settings, ledger: ledger, at: now)
    }
    let (report, _) = Backtest.run(tape, paper, make)
    // 0.005 · 95000 · 0.0001 is paid, 0.005 · 95071.05 · 0.0002 received.
    #expect(
      report.funding == [listings[0]: decimal("-0.0475"), listings[1]: decimal("0.09507105")])
    #expect(report.totalFunding == decimal("0.04757105"))
    #expect(report.trades.net == decimal("0.425") && report.trades.fees == decimal("0.380215"))
    #expect(report.net == decimal("0.09235605"))
    #expect(report.text.contains("\nFunding: +0.0476\nNet with funding: 0.0924\nUnhedged"))
    #expect(report.text.contains("\nFunding: -0.0475\n") && report.text.contains("settles it"))
    let fields = try JSONFields(Array(report.line.dropLast().utf8).span.bytes)
    #expect(fields.decimal("funding") == report.totalFunding)
    #expect(fields.decimal("net") == report.net)
    let leg = fields.object("legs")?.object(listings[1].description)
    #expect(leg?.decimal("funding") == decimal("0.09507105"))
    let again = Backtest.run(tape, paper, make).report
    #expect(again.text == report.text && again.line == report.line)
  }
}
