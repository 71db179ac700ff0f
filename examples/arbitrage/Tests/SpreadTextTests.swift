import Bot
import PerpCore
import Testing

/// Rows S0-23, S0-31, S0-36, S0-42, S0-43, S0-45, S0-50 and S0-51.
@Suite("What the spread strategy tells") struct SpreadTextTests {
  @Test("S0-23 progress every twenty samples, and one line at the end of the warm-up")
  func warmUp() {
    let script = SpreadScript { $0.warmup = 60 }
    script.bench.run(seconds: Decimal(90))
    let told = script.logs("samples").filter { $0.contains("arm") }
    #expect(told.count == 3)
    #expect(told[0].hasSuffix("Warming up: 20/60 samples"))
    #expect(told[1].hasSuffix("Warming up: 40/60 samples"))
    #expect(told[2].contains("Warm after 60 samples: means "))
  }

  @Test("S0-43 a sign of life tells how far each direction is from its trigger")
  func heartbeat() throws {
    let script = SpreadScript { $0.heartbeat = Nanoseconds.seconds(60) }
    script.bench.first.ask = script.bench.second.bid.adding(decimal("7.86"))!
    script.bench.first.bid = script.bench.second.ask.subtracting(decimal("4.22"))!
    script.bench.run(seconds: Decimal(62))
    let text = try #require(script.notices("Heartbeat").first)
    #expect(text.hasPrefix("<b>Heartbeat</b>\n0.0 h, 0 trades, "))
    #expect(text.contains("\nlong: current -7.86, trigger 20.00, gap 27.86\n"))
    #expect(text.contains("\nshort: current -4.22, trigger 20.00, gap 24.22\n"))
    #expect(text.hasSuffix("\nParadex +0.000000, Variational +0.000000"))
    #expect(script.notices("Heartbeat").count == 1)
  }

  @Test("S0-45 the start is told with balances, and what there is to be traded")
  func start() {
    let script = SpreadScript()
    script.warmUp()
    let banner =
      "perpbot pv SIMULATED: paradex:BTC-USD-PERP x variational:BTC-USDC-PERP, "
      + "BTC, size 0.001, at most 0.01. Start small, observe 24 h; capital can be lost."
    #expect(script.logs(banner).count == 1)
    #expect(
      script.notices("Started").first?.hasSuffix("paradex 1000.00, variational 1000.00") == true)
  }

  @Test("S0-51 a signal, and its fill, tell what they are about")
  func signal() throws {
    let script = SpreadScript()
    script.warmUp()
    script.setLongSpread("22.42")
    script.bench.run(seconds: Decimal(1))
    let signal = try #require(script.notices("Long arb signal").first)
    let first = script.bench.first.ask.text(places: 2)
    #expect(
      signal == "<b>Long arb signal</b>\nParadex $\(first)\nVariational $69420.00\n"
        + "Spread $22.4200\nSize 0.001\nGross $0.02\nFees $0.00\n<b>Net $0.02</b>\n"
        + "ROI 0.032%\nplacing orders")
    let fill = try #require(script.notices("Long filled #1").first)
    #expect(
      fill == "<b>Long filled #1</b>\nParadex BUY 0.001 @ ~$\(first)\n"
        + "Variational SELL 0.001\nestimated net $0.02")
  }

  @Test("S0-31 a signal within the cooldown is passed over without a word")
  func cooldown() {
    let script = SpreadScript()
    script.warmUp()
    script.setShortSpread("22.42")
    script.bench.run(seconds: decimal("2.5"))
    #expect(script.logs("Short signal").count == 1 && script.logs("skipped").isEmpty)
  }

  @Test("S0-32 at its cap a position grows no further, and shrinks when the other side signals")
  func cap() {
    let script = SpreadScript { $0.maxPosition = decimal("0.003") }
    script.warmUp()
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(20))
    #expect(script.positions == ["-0.003", "0.003"])
    #expect(script.logs("position -0.003 is at its cap").count > 1)
    script.setLongSpread("22.42")
    script.bench.run(seconds: Decimal(2))
    #expect(script.positions == ["-0.002", "0.002"])
  }

  @Test("S0-42 a report every half hour")
  func report() throws {
    let script = SpreadScript { $0.loopInterval = Nanoseconds.seconds(1) }
    script.bench.run(seconds: Decimal(1_810))
    let text = try #require(script.notices("Status report").first)
    #expect(text.contains("paradex 1000.00, variational 1000.00"))
    #expect(text.contains("0 trades, means -0.7800 / -1.2200"))
    #expect(text.hasSuffix("0/200h 0/1000d"))
    #expect(script.notices("Status report").count == 1)
  }

  @Test("C-17 two legs that take more than two seconds are told")
  func slowExecution() {
    let script = SpreadScript()
    script.warmUp()
    script.bench.second.fates = [.slow(Nanoseconds.milliseconds(2_500))]
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(4))
    #expect(script.notices("Slow execution").count == 1)
    #expect(script.positions == ["-0.001", "0.001"] || script.positions == ["-0.002", "0.002"])
    #expect(script.net.isZero)
  }
}
