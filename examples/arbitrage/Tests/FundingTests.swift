import PerpCore
import Testing

@testable import Bot

/// Row B-14: the bot with the product's gateway, and venues that say what rates are.
@Suite("Funding") struct FundingTests {
  private let bench = BotBench(("paradex", "BTC-USD-PERP"), ("lighter", "BTC-USDC-PERP"))

  private func settings() -> FundingSettings {
    FundingSettings(tickers: ["BTC"], venues: ["paradex", "lighter"], .size(decimal("0.01")))
  }

  /// Of eight hours at Paradex, and of one at Lighter.
  private func rates(_ first: String, _ second: String) {
    bench.first.funding = (decimal(first), 28_800)
    bench.second.funding = (decimal(second), 3_600)
    bench.tellFunding()
  }

  private func start(
    _ first: String = "0.0004", _ second: String = "0",
    _ change: (inout FundingSettings) -> Void = { _ in }
  ) {
    var settings = settings()
    change(&settings)
    rates(first, second)
    bench.run(FundingBot(settings, at: bench.now))
    bench.run(seconds: Decimal(12))
  }

  private var bot: FundingBot? { bench.bot as? FundingBot }
  private var positions: [Decimal] { bench.venues.map(\.position) }
  private func logs(_ part: String) -> [String] { bench.logs.filter { $0.contains(part) } }
  private let flat = [Decimal.zero, .zero]
  /// Paradex's rate is the higher one.
  private let held = [decimal("-0.01"), decimal("0.01")]

  // MARK: The choice

  @Test("B-14 rates are compared by the hour, and the two venues are chosen that differ most")
  func choice() throws {
    func rate(_ venue: String, _ rate: String, hours: Int64) throws -> (Listing, Decimal) {
      let hourly = try #require(FundingLine.hourly(decimal(rate), interval: hours * 3_600))
      return (Listing(venue, Symbol("BTC-USD-PERP")!), hourly)
    }
    // 0.00006, 0.0001, −0.00001 and 0.000075 an hour: what is largest as it is told is not.
    let rates = try [
      rate("paradex", "0.00048", hours: 8), rate("edgex", "0.0004", hours: 4),
      rate("lighter", "-0.00001", hours: 1), rate("grvt", "0.0006", hours: 8),
    ]
    let spread = try #require(FundingSpread.widest(rates))
    #expect(spread.long.venue == "lighter" && spread.short.venue == "edgex")
    // 24 · 0.00011.
    #expect(spread.perDay == decimal("0.00264"))
    #expect(FundingSpread.percent(spread.perDay) == "+0.2640 % a day")
    #expect(FundingSpread.widest([rates[0]]) == nil)
    #expect(try FundingSpread.widest([rates[1], rate("grvt", "0.0008", hours: 8)]) == nil)
    #expect(FundingSpread.perDay((.sell, .buy), rates[1].1, rates[2].1) == spread.perDay)
  }

  @Test("B-14 below the least difference nothing is opened")
  func leastDifference() {
    // 3 · 0.0003 + 24 · 0.000004 = 0.000996, and 0.00102 with 0.000005.
    start("0.0003", "-0.000004")
    #expect(positions == flat && bench.first.placed.isEmpty)
    rates("0.0003", "-0.000005")
    bench.run(seconds: Decimal(3))
    #expect(positions == held)
  }

  @Test(
    "B-14 what fees and slippage take must come back in time",
    arguments: [(24, "0", true), (21, "0", false), (21, "50", false)])
  func recovery(hours: Int, spread: String, isOpened: Bool) {
    // A day brings 0.00102 · 69 420.5 = 70.8; Paradex takes 0.045 % twice, 62.5, and prices 2.
    // That the short market is higher says nothing of what it will be.
    bench.first.bid = bench.first.bid.plus(decimal(spread))
    bench.first.ask = bench.first.ask.plus(decimal(spread))
    start("0.00034") { settings in
      settings.edge.fees["paradex"] = FeeRates(maker: .zero, taker: decimal("0.00045"))
      settings.edge.hold = Nanoseconds.seconds(3_600 * hours)
    }
    #expect((positions == held) == isOpened)
    #expect(isOpened || positions == flat)
    #expect(logs("BTC skipped, long lighter").isEmpty == isOpened)
    #expect(logs("Opening BTC").allSatisfy { $0.contains("net edge 6.33") })
  }

  @Test("B-14 a venue that takes no orders is passed over, and so is one without rates")
  func unusable() {
    bench.first.funding = (decimal("0.0004"), 28_800)
    bench.run(FundingBot(settings(), at: bench.now))
    bench.run(seconds: Decimal(12))
    #expect(positions == flat)
    bench.second.setLive(false)
    rates("0.0004", "0")
    bench.run(seconds: Decimal(5))
    #expect(positions == flat && bench.first.placed.isEmpty)
    bench.second.setLive(true)
    bench.run(seconds: Decimal(3))
    #expect(positions == held)
  }

  @Test("B-14 a position of somebody else is left alone, also at the end")
  func foreign() {
    bench.first.seize(decimal("0.5"))
    start()
    #expect(bench.second.placed.isEmpty && !logs("has a position of 0.5 already").isEmpty)
    bench.tell(.stop(reason: "SIGTERM"))
    bench.run(seconds: Decimal(5))
    #expect(bench.end?.code == 0 && positions == [decimal("0.5"), .zero])
  }

  // MARK: A pair

  @Test("B-14 both legs leave at once, sold where the rate is higher, one pair of an asset")
  func entry() throws {
    start()
    #expect(positions == held)
    let sent = bench.sent.filter { $0.contains(#""method":"order."#) }
    try #require(sent.count == 2)
    #expect(sent.allSatisfy { $0.contains("order.place") })
    let first = try #require(bench.sent.firstIndex(of: sent[0]))
    #expect(bench.sent[first + 1] == sent[1])
    #expect(bench.notices.contains { $0.contains("Opened BTC") && $0.contains("long lighter") })
    bench.run(seconds: Decimal(120))
    #expect(positions == held && bench.first.placed.count == 1)
    #expect(bot?.desk.ledger.isConsistent == true)
  }

  @Test("B-14 by notional, the size is its part of the middle, on both grids")
  func notional() {
    start { $0.sizing = .notional(decimal("500")) }
    // 500 / 69 420.5 = 0.00720…
    #expect(positions == [decimal("-0.0072"), decimal("0.0072")])
  }

  @Test("B-14 take profit at 1 % of a leg, with the funding that was paid")
  func takeProfit() throws {
    bench.first.nextFunding = bench.start.wall + 60_000_000
    bench.first.funding = (decimal("0.01"), 28_800)
    start("0.01")
    #expect(positions == held)
    // What came before the pair was held is nobody's: Lighter's hour has not passed.
    bench.run(seconds: Decimal(60))
    let pair = try #require(bot?.desk.ledger.pairs.held.first)
    // 0.01 · 69 420.5 · 0.01; 1 % of 0.01 · 69 421 is 6.9421, and both exits cost 0.02.
    #expect(pair.funding == decimal("6.94205"))
    #expect(positions == held)
    bench.second.bid = bench.second.bid.plus(decimal("3"))
    bench.second.ask = bench.second.ask.plus(decimal("3"))
    bench.run(seconds: Decimal(2))
    #expect(positions == flat)
    #expect(logs("Closing BTC: profit 6.9521, +6.9421 of it funding").count == 1)
    let closed = try #require(bot?.desk.ledger.pairs.closed.first)
    let cash = bench.first.cash.plus(bench.second.cash)
    #expect(closed.profit == cash.plus(decimal("6.94205")))
  }

  @Test("B-14 a pair is closed once it pays more than the least, and may be opened the other way")
  func stop() {
    start()
    rates("-0.00033", "0")
    bench.run(seconds: Decimal(5))
    #expect(positions == held)
    rates("-0.00034", "0")
    bench.run(seconds: Decimal(3))
    #expect(positions == flat && logs("Closing BTC: it is paid -0.1020 % a day").count == 1)
    #expect(bench.first.placed.last?.isReduceOnly == true)
    bench.run(seconds: Decimal(15))
    #expect(positions == flat)
    bench.run(seconds: Decimal(10))
    #expect(positions == held.map(\.negated))
  }

  @Test("B-14 a pair is held no longer than it may be")
  func maxHold() {
    start { $0.maxHold = Nanoseconds.seconds(60) }
    bench.run(seconds: Decimal(45))
    #expect(positions == held)
    bench.run(seconds: Decimal(15))
    #expect(positions == flat && logs("Closing BTC: held for 60 s").count == 1)
  }

  // MARK: Trouble

  @Test("B-14 one leg is refused: the other is undone; after two failures there are no entries")
  func refusal() {
    bench.second.fate = .refused(code: "REFUSED")
    start()
    bench.run(seconds: Decimal(3))
    #expect(positions == flat && bench.first.placed.count == 2)
    #expect(bench.first.placed.last?.isReduceOnly == true)
    bench.run(seconds: Decimal(90))
    #expect(positions == flat && bench.first.placed.count == 4)
    #expect(bench.notices.contains { $0.contains("Entries stopped") })
    #expect(bot?.desk.ledger.isConsistent == true)
  }

  @Test("B-14 while an outcome is unknown nothing more is ordered, and then the leg is undone")
  func unknown() {
    bench.second.fates = [.lost]
    rates("0.0004", "0")
    bench.run(FundingBot(settings(), at: bench.now))
    #expect(bench.run(seconds: 20) { !positions[0].isZero })
    bench.run(seconds: Decimal(3))
    #expect(bench.first.placed.count == 1 && positions == [decimal("-0.01"), .zero])
    #expect(bench.run(seconds: 120) { positions == flat || positions == held })
    bench.run(seconds: Decimal(60))
    #expect(positions == held && bot?.desk.ledger.pairs.held.count == 1)
  }

  @Test("B-14 a close that fails is tried again after a pause")
  func failedClose() {
    start()
    bench.second.fates = [.refused(code: "REFUSED")]
    rates("-0.0004", "0")
    bench.run(seconds: Decimal(5))
    #expect(positions == held && bot?.desk.ledger.pairs.held.count == 1)
    bench.run(seconds: Decimal(20))
    #expect(positions != held && bot?.desk.ledger.pairs.closed.count == 1)
  }

  @Test("B-14 pairs that lose make entries pause")
  func breaker() {
    start { settings in
      settings.breaker.maxLoss = decimal("0.01")
      settings.breaker.cooldown = Nanoseconds.seconds(300)
      settings.maxHold = Nanoseconds.seconds(30)
    }
    bench.run(seconds: Decimal(120))
    #expect(positions == flat && bench.first.placed.count == 2)
    #expect(bench.notices.contains { $0.contains("Entries pause") })
    #expect(!logs("entries pause after losses").isEmpty)
    bench.run(seconds: Decimal(255))
    #expect(bench.first.placed.count == 4)
  }

  @Test("B-14 after a restart the pair is held on, with what it was paid, and closed by the next")
  func restart() throws {
    bench.second.nextFunding = bench.start.wall + 30_000_000
    start("0.0004", "-0.0001")
    bench.run(seconds: Decimal(30))
    #expect(positions == held)
    bench.kill()
    bench.run(seconds: Decimal(5))
    let ledger = Ledger(lines: bench.ledger)
    // 0.01 long at Lighter, whose shorts pay.
    #expect(ledger.pairs.held.first?.funding == decimal("0.0694205"))
    let before = bench.sent.count
    bench.run(FundingBot(settings(), ledger: ledger, at: bench.now))
    bench.run(seconds: Decimal(30))
    #expect(positions == held && bench.first.placed.count == 1)
    // Other markets than the pair's are asked for, and not for ever.
    let asked = bench.sent[before...].filter { $0.contains(#""method":"markets""#) }
    let all = asked.filter { $0.contains(#""params":{"venues":["paradex","lighter"]}"#) }
    #expect((1...2).contains(all.count), "\(asked)")
    #expect(logs("Held of an earlier run: 0.01 long lighter").count == 1)
    rates("-0.0004", "0")
    bench.run(seconds: Decimal(3))
    #expect(positions == flat && bot?.desk.ledger.pairs.closed.count == 1)
    #expect(bot?.desk.ledger.pairs.closed.first?.pair.funding == decimal("0.0694205"))
  }

  @Test("B-14 asked to stop while it holds: closed, flat, and no pair is left in the ledger")
  func sigterm() throws {
    start()
    #expect(positions == held)
    bench.tell(.stop(reason: "SIGTERM"))
    bench.run(seconds: Decimal(5))
    let end = try #require(bench.end)
    #expect(positions == flat && end.code == 0)
    let ledger = Ledger(lines: bench.ledger)
    #expect(ledger.pairs.held.isEmpty && ledger.pairs.closed.count == 1 && ledger.isConsistent)
    #expect(end.summary.netProfit == bench.first.cash.plus(bench.second.cash))
    #expect(end.summary.line.contains(#""paradex:BTC-USD-PERP":"0""#))
  }

  @Test("B-14 the kill switch lets nobody enter; a dry run says what it would do")
  func noOrders() {
    start("0") { $0.sendsOrders = false }
    bench.tell(.killSwitch(KillSwitch(state: .killed, reason: "by hand")))
    rates("0.0004", "0")
    bench.run(seconds: Decimal(5))
    #expect(logs("Dry run").isEmpty)
    bench.tell(.killSwitch(.armed))
    bench.run(seconds: Decimal(5))
    #expect(logs("Dry run: would open BTC, long lighter").count == 1)
    #expect(bench.first.placed.isEmpty && bench.second.placed.isEmpty)
  }

  @Test("B-14 a position that somebody takes away is told at the second look, and stops entries")
  func mismatch() {
    start()
    bench.second.seize(.zero)
    bench.run(seconds: Decimal(70))
    #expect(bench.notices.count { $0.contains("Mismatch") && $0.contains("0.01") } == 1)
  }

  // MARK: Backtests and settings

  @Test("B-14 a recording is decided on as it was, and its report has the funding")
  func backtest() throws {
    bench.second.nextFunding = bench.start.wall + 30_000_000
    start("0.0004", "-0.0001")
    bench.run(seconds: Decimal(30))
    rates("-0.0004", "0")
    bench.run(seconds: Decimal(5))
    #expect(positions == flat)
    var tape = Tape()
    for line in bench.heard { try tape.add(line) }
    let settings = settings()
    let (report, run) = Backtest.run(tape, .init()) { ledger, now in
      FundingBot(settings, ledger: ledger, at: now)
    }
    #expect(run.decisions.map(\.side) == [.buy, .sell, .sell, .buy])
    #expect(run.decisions.map(\.listing.venue) == ["lighter", "paradex", "lighter", "paradex"])
    // As the bot has estimated it.
    #expect(report.totalFunding == decimal("0.0694205"))
    #expect(report.trades.net == bench.first.cash.plus(bench.second.cash))
    #expect(report.net == report.trades.net.plus(report.totalFunding))
  }

  @Test("B-14 what may be told, and what is refused")
  func reading() throws {
    func read(_ arguments: String...) throws -> FundingSettings {
      try FundingSettings(Settings(FundingSettings.parameters, arguments: arguments))
    }
    let usual = try read("--notional", "200")
    #expect(usual.tickers == ["BTC", "ETH"] && usual.sizing == .notional(Decimal(200)))
    #expect(usual.venues == ["paradex", "edgex", "lighter", "grvt"])
    #expect(usual.minDifference == decimal("0.001") && usual.takeProfit == decimal("0.01"))
    #expect(usual.stopDifference == decimal("-0.001") && usual.maxHold == 0)
    #expect(usual.edge.hold == Nanoseconds.seconds(86_400) && usual.edge.minimum == .zero)
    let told = try read(
      "--tickers", "sol, btc,SOL", "--venues=a,b", "--fees=a=0/0,b=0/0.001", "--size", "2",
      "--hold-hours", "1.5", "--recovery-hours", "0.5", "--min-difference", "0.25",
      "--slippage-reserve-bps", "1")
    #expect(told.tickers == ["SOL", "BTC"] && told.sizing == .size(Decimal(2)))
    #expect(told.maxHold == Nanoseconds.seconds(5_400) && told.edge.reserve == Decimal(1))
    #expect(told.edge.hold == Nanoseconds.seconds(1_800))
    #expect(told.minDifference == decimal("0.0025"))
    for arguments in [
      [], ["--size", "1", "--notional", "1"], ["--size", "1", "--tickers", "B/C"],
      ["--size", "1", "--tickers", ","], ["--size", "1", "--venues", "paradex,paradex"],
      ["--size", "1", "--live"], ["--size", "1", "--venues", "a,b"],
      ["--size", "1", "--min-difference", "0"],
    ] {
      #expect(throws: Settings.Problem.self, "\(arguments)") {
        try FundingSettings(Settings(FundingSettings.parameters, arguments: arguments))
      }
    }
  }
}
