import PerpCore
import Testing

@testable import Bot

/// X57: a venue closes one leg of what is held, and tells nothing of it but the execution.
@Suite("Liquidation") struct LiquidationTests {
  /// Liquidates at one venue, and sees that the other leg is gone within 5 s and people know.
  private func check(_ bench: BotBench, _ venue: BenchVenue, isOver: Bool = true) {
    let began = bench.elapsed
    venue.liquidate()
    #expect(bench.run(seconds: 5) { bench.venues.allSatisfy { $0.position.isZero } })
    #expect(bench.elapsed - began < Nanoseconds.seconds(5))
    bench.run(seconds: Decimal(10))
    #expect(bench.venues.allSatisfy { $0.position.isZero })
    let other = bench.venues.first { $0 !== venue }
    #expect(other?.placed.last?.isReduceOnly == true)
    let alerts = bench.notices.filter { $0.contains("Liquidation") }
    #expect(alerts.count == 1 && alerts[0].contains("\(venue.account.venue) has liquidated"))
    #expect(bench.logs.contains { $0.contains("BTC is hedged again, unhedged_ms=") })
    #expect((bench.end != nil) == isOver)
    if let summary = bench.end?.summary { #expect((1..<5_000) ~= summary.maxUnhedgedMilliseconds) }
    let ledger = Ledger(lines: bench.ledger)
    #expect(ledger.inventory.values.allSatisfy { $0.isZero } && ledger.pairs.held.isEmpty)
    let cash = bench.first.cash.adding(bench.second.cash)!
    #expect(ledger.cash.minus(ledger.fees) == cash)
  }

  @Test("X57 hedge: one leg liquidated, the other is closed within 5 s", arguments: [true, false])
  func hedge(isFirst: Bool) {
    let bench = BotBench(("paradex", "BTC-USD-PERP"), ("lighter", "BTC-USDC-PERP"))
    let settings = HedgeSettings(
      first: Listing("paradex", bench.first.symbol), second: Listing("lighter", bench.second.symbol)
    )
    bench.run(HedgeBot(settings, at: bench.now))
    #expect(bench.run(seconds: 20) { bench.venues.allSatisfy { !$0.position.isZero } })
    bench.run(seconds: Decimal(1))
    check(bench, isFirst ? bench.first : bench.second)
  }

  @Test("X57 ep: one leg liquidated, the other is closed within 5 s", arguments: [true, false])
  func convergence(isFirst: Bool) {
    let bench = BotBench(("edgex", "BTC-USD-PERP"), ("paradex", "BTC-USD-PERP"))
    let settings = ConvergenceSettings(
      first: Listing("edgex", bench.first.symbol), second: Listing("paradex", bench.second.symbol))
    bench.second.bid = bench.first.ask.plus(Decimal(120))
    bench.second.ask = bench.second.bid.plus(Decimal(1))
    bench.run(ConvergenceBot(settings, at: bench.now))
    #expect(bench.run(seconds: 20) { bench.venues.allSatisfy { !$0.position.isZero } })
    bench.run(seconds: Decimal(1))
    check(bench, isFirst ? bench.first : bench.second)
  }

  @Test("X57 pv: one leg liquidated, the other is closed within 5 s", arguments: [true, false])
  func spread(isFirst: Bool) {
    let script = SpreadScript()
    script.warmUp()
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(2))
    script.setShortSpread("0")
    #expect(script.positions == ["-0.001", "0.001"])
    check(script.bench, isFirst ? script.bench.first : script.bench.second)
  }

  @Test(
    "X57 zarb: one leg liquidated, the other is closed within 5 s, and nothing is opened after it",
    arguments: [true, false])
  func zarb(isFirst: Bool) {
    // Nothing is levelled by itself.
    let script = ZarbScript { ($0.rebalanceAt, $0.flattenAt) = (Decimal(10), Decimal(20)) }
    script.warmUp()
    script.pullApart()
    script.bench.run(seconds: decimal("0.4"))
    #expect(script.positions == ["0.0022", "-0.0022"])
    check(script.bench, isFirst ? script.bench.first : script.bench.second, isOver: false)
    #expect(!script.events("has liquidated 0.0022 BTC-PERP").isEmpty)
    // The venues are as far apart as before.
    #expect(script.orders == 7)
  }

  @Test("X57 where others trade on the account, only what is the bot's own is made up for")
  func sharedAccount() {
    let script = SpreadScript()
    script.warmUp()
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(2))
    script.setShortSpread("0")
    #expect(script.positions == ["-0.001", "0.001"])
    script.bench.first.seize(decimal("-0.005"))
    script.bench.first.liquidate()
    script.bench.run(seconds: Decimal(10))
    #expect(script.positions == ["0", "0"] && script.bench.end?.code == 0)
    #expect(script.bench.first.placed.count == 1 && script.bench.second.placed.count == 2)
    #expect(script.bench.second.placed[1].size == decimal("0.001"))
    #expect(Ledger(lines: script.bench.ledger).inventory.values.allSatisfy { $0.isZero })
  }
}
