import Bot
import PerpCore
import Testing

/// Scenarios D-01 to D-09: the strategy, the product's gateway and two venues on a virtual clock.
@Suite("Spread scenarios") struct SpreadScenarioTests {
  @Test("D-01 one signal, one trade; the same again after the cooldown", arguments: 1...5)
  func signal(seed: UInt64) {
    let script = SpreadScript(seed: seed)
    script.warmUp()
    #expect(script.logs("Warm after 20 samples").count == 1)
    #expect(script.positions == ["0", "0"])
    script.setShortSpread("22.42")
    script.bench.run(seconds: decimal("2.9"))
    #expect(script.positions == ["-0.001", "0.001"])
    #expect(script.logs("Estimate spread $22.42 x 0.001 = $0.02").count == 1)
    #expect(script.notices("Short arb signal").first?.contains("ROI 0.032%") == true)
    #expect(script.logs("#1 short 0.001").count == 1)
    #expect(script.notices("Short filled #1").count == 1)
    let rows = script.bench.rows
    #expect(rows[.trades]?.count == 1 && rows[.tradesDetail]?.count == 1)
    #expect(rows[.trades]?.first?.hasSuffix(",22.42,1") == true)
    #expect(rows[.bbo]?.last?.hasSuffix(",-24.42,22.42") == true)
    #expect(SpreadBot.headers[.bbo]?.split(separator: ",").count == 7)
    script.bench.run(seconds: decimal("0.5"))
    #expect(script.positions == ["-0.002", "0.002"])
    // Intents were in the ledger before their orders left.
    let kept = script.bench.sent.firstIndex { $0.hasPrefix("keep") } ?? -1
    let placed = script.bench.sent.firstIndex { $0.contains("order.place") } ?? -1
    #expect(kept >= 0 && kept < placed)
  }

  @Test("S0-54 with a forecast a spread of a moment is left alone, and one that stays is entered")
  func forecast() {
    let script = SpreadScript {
      $0.forecast = SpreadForecast(.ema)
      $0.forecast?.samples = 8
    }
    script.warmUp()
    script.setShortSpread("40")
    script.bench.run(seconds: decimal("0.8"))
    #expect(script.positions == ["0", "0"])
    #expect(script.logs("is expected, which is not above 20.00").count == 1)
    script.setShortSpread("-1.22")
    script.bench.run(seconds: Decimal(10))
    #expect(script.positions == ["0", "0"])
    script.setShortSpread("40")
    script.bench.run(seconds: Decimal(7))
    #expect(script.positions[0] != "0" && script.net.isZero)
  }

  @Test("S0-33 both legs leave at the same moment", arguments: 1...3)
  func skew(seed: UInt64) throws {
    let script = SpreadScript(seed: seed)
    script.warmUp()
    script.setLongSpread("22.42")
    script.bench.run(seconds: Decimal(2))
    #expect(script.positions == ["0.001", "-0.001"])
    let first = try #require(script.bench.first.placed.first)
    let second = try #require(script.bench.second.placed.first)
    #expect(max(first.at, second.at) - min(first.at, second.at) < Nanoseconds.milliseconds(50))
    #expect(first.side == .buy && second.side == .sell)
  }

  @Test(
    "D-02 a leg that is refused: the other is closed within a second", arguments: [true, false])
  func singleLeg(isSecond: Bool) {
    let script = SpreadScript()
    script.warmUp()
    let (refusing, filling) =
      isSecond
      ? (script.bench.second!, script.bench.first!) : (script.bench.first!, script.bench.second!)
    refusing.fates = [.refused(code: "REFUSED")]
    script.setShortSpread("22.42")
    let began = script.bench.elapsed
    #expect(script.bench.run(seconds: 5) { filling.placed.count == 2 })
    #expect(script.bench.elapsed - began < Nanoseconds.seconds(1))
    #expect(filling.placed[1].isReduceOnly)
    #expect(filling.placed[1].side != filling.placed[0].side)
    script.setShortSpread("0")
    script.bench.run(seconds: Decimal(2))
    #expect(script.positions == ["0", "0"])
    #expect(script.notices("Single leg failed").count == 1)
    #expect(script.notices("Single leg failed").first?.contains("the venue said no") == true)
    #expect(script.notices("filled #").isEmpty && script.bench.rows[.trades] == nil)
    #expect(script.bot?.desk.ledger.open.isEmpty == true)
  }

  @Test("C-07 a leg that closed an older position is put back, not closed again")
  func singleLegOfAClosingTrade() {
    let script = SpreadScript()
    script.warmUp()
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(1))
    #expect(script.positions == ["-0.001", "0.001"])
    script.bench.second.fates = [.refused(code: "REFUSED")]
    script.setLongSpread("22.42")
    #expect(script.bench.run(seconds: 10) { script.bench.first.placed.count == 3 })
    script.setLongSpread("0")
    script.bench.run(seconds: Decimal(2))
    #expect(script.positions == ["-0.001", "0.001"])
    #expect(script.bench.first.placed[2].isReduceOnly == false)
  }

  @Test("D-03 of two unequal fills the difference alone is undone")
  func partialFill() {
    let script = SpreadScript()
    script.warmUp()
    script.bench.first.fates = [.filled(upTo: decimal("0.0009"))]
    script.setShortSpread("22.42")
    script.bench.run(seconds: decimal("2.5"))
    #expect(script.positions == ["-0.0009", "0.0009"])
    #expect(script.bench.second.placed.map(\.size) == [decimal("0.001"), decimal("0.0001")])
    #expect(script.bench.second.placed[1].isReduceOnly)
    #expect(script.notices("Short filled #1").count == 1)
    #expect(script.bench.rows[.trades]?.first?.contains("short,0.0009,") == true)
  }

  @Test("D-04 the 190th order within the hour: no entries until the window moves on")
  func hourGuard() {
    let script = SpreadScript { settings in
      settings.guards.hourGuard = 3
      settings.maxPosition = Decimal(1)
    }
    script.warmUp()
    script.setShortSpread("22.42")
    script.bench.second.fates = [.own, .own, .refused(code: "REFUSED")]
    script.bench.run(seconds: Decimal(60))
    // Two trades, and one more whose single leg is still undone.
    #expect(script.positions == ["-0.002", "0.002"])
    #expect(script.bench.first.placed.count == 4 && script.bench.first.placed[3].isReduceOnly)
    #expect(script.logs("skipped: 1h=4/200 24h=4/1000 interactive_lost=false").count > 3)
    script.setShortSpread("-1.22")
    script.bench.run(seconds: Decimal(3_400))
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(60))
    #expect(script.positions == ["-0.002", "0.002"])
    script.setShortSpread("-1.22")
    script.bench.run(seconds: Decimal(500))
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(5))
    #expect(script.positions == ["-0.004", "0.004"])
  }

  @Test("D-05 a fee where there should be none: ten minutes without entries, or until it is gone")
  func lostFavour() {
    let script = SpreadScript { settings in
      (settings.maxPosition, settings.evidence) = (Decimal(1), .fees)
    }
    script.warmUp()
    script.bench.first.fates = [.charged(decimal("0.0005"))]
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(30))
    #expect(script.positions == ["-0.001", "0.001"])
    #expect(script.logs("interactive_lost=true").count > 3)
    script.setShortSpread("-1.22")
    script.bench.run(seconds: Decimal(560))
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(5))
    #expect(script.positions == ["-0.001", "0.001"])
    script.bench.run(seconds: Decimal(10))
    #expect(script.net.isZero && script.bench.first.placed.count > 2)
  }

  @Test("D-05 an order that is not INTERACTIVE: ten minutes without entries")
  func lostFlag() {
    let script = SpreadScript { $0.maxPosition = Decimal(1) }
    script.bench.first.flags = ["REDUCE_ONLY"]
    script.warmUp()
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(30))
    #expect(script.positions == ["-0.001", "0.001"])
    #expect(script.logs("interactive_lost=true").count > 3)
    script.bench.first.flags = ["REDUCE_ONLY", "INTERACTIVE"]
    script.setShortSpread("-1.22")
    script.bench.run(seconds: Decimal(560))
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(5))
    #expect(script.positions == ["-0.001", "0.001"], "no order shows that it is back")
    script.bench.run(seconds: Decimal(10))
    #expect(script.net.isZero && script.bench.first.placed.count > 2)
  }

  @Test("D-06 a balance below the least: stopped, flat, and told")
  func lowBalance() {
    let script = SpreadScript()
    script.warmUp()
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(1))
    script.setShortSpread("0")
    script.bench.second.balance = decimal("9.99")
    script.bench.second.tellHoldings()
    script.bench.run(seconds: Decimal(1_700))
    #expect(script.positions == ["-0.001", "0.001"] && script.bench.end == nil)
    script.bench.run(seconds: Decimal(120))
    #expect(script.positions == ["0", "0"])
    #expect(script.bench.end?.code == 0)
    #expect(script.notices("Balance too low, stopped").first?.contains("9.99") == true)
    #expect(script.bench.sent.contains { $0.contains("order.cancel_all") })
    let closing = script.bench.venues.compactMap(\.placed.last?.isReduceOnly)
    #expect(closing == [true, true])
    #expect(script.bench.end?.summary.line.contains(#""trades":1"#) == true)
  }

  @Test("D-07 quotes fail 25 times: told at 1, 11 and 21, and when they are back")
  func failedQuotes() {
    let script = SpreadScript { $0.loopInterval = Nanoseconds.seconds(1) }
    script.bench.run(seconds: Decimal(30))
    script.bench.areQuotesTold = false
    #expect(script.bench.run(seconds: 60) { script.logs("(21 in a row)").count == 1 })
    script.bench.run(seconds: decimal("2.2"))
    script.setShortSpread("22.42")
    #expect(script.positions == ["0", "0"])
    script.bench.areQuotesTold = true
    script.bench.tellQuotesOnce()
    script.bench.run(seconds: Decimal(1))
    let told = script.logs("No sound quote").filter { !$0.contains("(0") }
      .compactMap { $0.firstMatch(of: /\((\d+) in a row\)/)?.output.1 }
    #expect(told.suffix(3) == ["1", "11", "21"])
    #expect(script.logs("Quotes are back after 25 failures").count == 1)
  }

  @Test("D-08 a venue takes the login no more: no entries until it does, and a clear message")
  func lostLogin() {
    let script = SpreadScript()
    script.warmUp()
    script.bench.second.setLive(false, cause: "auth")
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(20))
    #expect(script.positions == ["0", "0"] && script.bench.first.placed.isEmpty)
    script.setShortSpread("-1.22")
    script.bench.run(seconds: Decimal(100))
    script.setShortSpread("22.42")
    #expect(script.notices("log in again and update the token").count == 1)
    #expect(script.logs("skipped: variational takes no orders").count > 1)
    script.bench.second.setLive(true)
    script.bench.run(seconds: Decimal(1))
    #expect(script.positions == ["-0.001", "0.001"])
  }

  @Test("D-08 where the user wants it, a lost login ends the bot with what can be closed closed")
  func lostLoginStops() {
    let script = SpreadScript { $0.stopsOnLostLogin = true }
    script.warmUp()
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(1))
    script.bench.second.setLive(false, cause: "refused_403")
    script.bench.run(seconds: Decimal(30))
    #expect(script.bench.first.position.isZero)
  }

  @Test("D-09 the session expires between signal and order: the other leg is undone")
  func expiredSession() {
    let script = SpreadScript()
    script.warmUp()
    script.bench.first.fates = [.refused(code: "AUTH")]
    script.setShortSpread("22.42")
    #expect(script.bench.run(seconds: 5) { script.bench.second.placed.count == 2 })
    script.setShortSpread("0")
    script.bench.run(seconds: Decimal(2))
    #expect(script.positions == ["0", "0"])
    #expect(script.notices("Single leg failed").first?.contains("paradex sell") == true)
  }
}
