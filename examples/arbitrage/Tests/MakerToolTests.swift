import PerpCore
import Testing

@testable import Bot

/// Rows S3-01 to S3-19, S3-53, S3-71 and S3-72.
@Suite("Around the market maker") struct MakerToolTests {
  private func settings(_ arguments: [String] = []) throws -> MakerSettings {
    try MakerSettings(Settings(MakerSettings.parameters, arguments: arguments))
  }

  @Test("S3-01 to S3-19 the defaults are those of the documented system")
  func defaults() throws {
    let settings = try settings()
    #expect(settings.listing.description == "paradex:BTC-USD-PERP" && settings.profile == "retail")
    #expect(settings.model == QuoteModel() && settings.model.engine == .v1)
    #expect(settings.refresh == Nanoseconds.seconds(8) && settings.volatilityWindow == 60)
    #expect(settings.imbalanceWeight == decimal("0.3") && settings.depth == 5)
    #expect(settings.maxUnrealisedLoss == decimal("0.3"))
    #expect(settings.inventoryTimeout == Nanoseconds.seconds(120))
    #expect(settings.emergencyTimeout == Nanoseconds.seconds(300))
    #expect(settings.makerWait == Nanoseconds.seconds(3) && settings.exitSlippage == Decimal(30))
    #expect(settings.limits == OperationLimits(second: 2, minute: 25, hour: 280, day: 950))
    #expect(settings.losses == LossLimits(hour: decimal("0.5"), day: Decimal(1)))
    #expect(settings.hours.active == Set(7...16) && settings.hours.paused.count == 9)
    #expect(settings.statusInterval == Nanoseconds.seconds(30) && settings.warmup == 0)
    #expect(settings.filter == nil && settings.breaker == nil && settings.leastSigma == 1)
    #expect(settings.desk.channels == ["bbo", "book"] && settings.desk.depth == 5)
  }

  @Test("S3-18 the second preset has its own engine, sizes and guards")
  func second() throws {
    let settings = try settings(["--preset", "v2", "--strategy.gamma", "0.05"])
    let model = settings.model
    #expect(model.engine == .v2 && model.smallSize == .least && settings.profile == "pro")
    #expect(model.gamma == decimal("0.05") && model.kappa == decimal("0.6"))
    #expect(model.minHalfSpread == Decimal(10) && model.spreadFactor == decimal("0.3"))
    #expect(model.baseSize == decimal("0.003") && model.maxPosition == decimal("0.01"))
    #expect(model.imbalanceThreshold == decimal("0.4") && model.imbalanceShift == .zero)
    #expect(settings.refresh == Nanoseconds.seconds(3) && settings.depth == 10)
    #expect(
      settings.limits == OperationLimits(second: 100, minute: 5_000, hour: 50_000, day: 500_000))
    #expect(
      settings.hours.active == Set(5...21) && settings.hours.paused == Set([22, 23] + Array(0...4)))
    #expect(settings.warmup == Nanoseconds.seconds(15) && settings.candles.least == 15)
    #expect(settings.maxUnrealisedLoss == Decimal(4) && settings.filter == EntryFilter())
    #expect(settings.breaker == CircuitBreaker() && settings.volatility is CandleVolatility)
    #expect(settings.inventoryTimeout == Nanoseconds.seconds(30))
  }

  @Test("S3-19 settings that contradict each other are told, all of them")
  func contradictions() throws {
    let problem = #expect(throws: Settings.Problem.self) {
      try self.settings([
        "--strategy.base_size", "0.002", "--schedule.active_hours_utc", "7-25", "--live",
        "--risk.inventory_timeout", "301", "--paradex.market", "?",
      ])
    }
    #expect(problem?.lines.count == 5, "\(problem?.lines ?? [])")
  }

  @Test("S3-53 what a round trip must bring to pay its fees")
  func breakeven() {
    let spread = MakerSettings.breakeven(price: Decimal(100_000), makerFee: decimal("0.00003"))
    #expect(spread == Decimal(6))
  }

  @Test("S3-72 what a log tells of quotes, fills and exits")
  func logStatistics() throws {
    let log = """
      2026-11-22 08:00:00.000 INFO Started: paradex 100.00
      2026-11-22 08:00:01.000 DEBUG Quotes: bid 96992 x 0.0003, ask 97009 x 0.0003, obi 0.1000
      2026-11-22 08:00:02.000 INFO Fill: buy 0.0003 at 96992 maker, position 0.0003, realised 0
      2026-11-22 08:00:03.000 DEBUG Quotes: bid none, ask 97009 x 0.0003, obi -0.3000
      2026-11-22 08:00:04.000 INFO Fill: sell 0.0003 at 97009 maker, position 0, realised 0.0051
      2026-11-22 08:00:05.000 INFO Fill: sell 0.0003 at 97009 maker, position -0.0003, realised 0
      2026-11-22 08:00:06.000 DEBUG Quotes: bid none, ask none, obi 0.5000
      2026-11-22 08:00:07.000 WARNING Emergency exit: a loss of 0.31, position -0.0003
      2026-11-22 08:00:08.000 INFO Emergency exit done: flat (a loss of 0.31)
      2026-11-22 08:00:09.000 INFO Dry run: would quote bid 1 x 1, ask 2 x 1, obi 0.1000
      """
    let statistics = try #require(QuoteLogStatistics(lines: log.split(separator: "\n")))
    #expect(statistics.quotes == 4 && statistics.bothSided == 2 && statistics.oneSided == 1)
    #expect(statistics.meanImbalance == decimal("0.1"))
    #expect(statistics.share(beyond: decimal("0.2")) == Decimal(50))
    #expect(statistics.share(beyond: decimal("0.4")) == Decimal(25))
    #expect(statistics.fills == 3 && statistics.longestStreak == 2 && statistics.emergencies == 1)
    #expect(statistics.report.contains("Both sides: 50.0%"))
    #expect(QuoteLogStatistics(lines: ["nothing"[...]]) == nil)
  }

  @Test("S3-71 the account's balance, positions and orders, and nothing is touched")
  func account() {
    let bench = BotBench()
    bench.first.seize(decimal("-0.002"))
    bench.run(AccountBot(Listing("paradex", bench.first.symbol), at: bench.now))
    bench.run(seconds: Decimal(10))
    #expect(bench.end?.code == 0 && bench.first.operations.isEmpty)
    let text = bench.logs.joined(separator: "\n")
    for part in [
      "System: paradex:BTC-USD-PERP is open", "Balance: USD equity 1000.00, available 1000.00",
      "Position: BTC-USD-PERP -0.002", "Order: none",
    ] {
      #expect(text.contains(part), "\(part)")
    }
  }

  @Test("S3-71 an account that is not signed in is no balance of nothing")
  func noAccount() {
    let bench = BotBench()
    bench.run(AccountBot(Listing("nowhere", bench.first.symbol), at: bench.now))
    bench.run(seconds: Decimal(30))
    #expect(bench.end?.code == 1)
    #expect(bench.logs.contains { $0.contains("nowhere tells no balance") })
  }
}
