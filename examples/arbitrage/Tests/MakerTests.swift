import PerpCore
import Testing

@testable import Bot

/// Scenarios D-25 to D-32, and rows S3-40 to S3-52.
@Suite("Market maker") struct MakerTests {
  private let script = MakerScript()
  private var bench: BotBench { script.bench }
  private var venue: BenchVenue { bench.first }

  @Test("D-25 a bid is filled, the ask stays where it is, and its fill ends flat with a profit")
  func roundTrip() throws {
    script.start()
    #expect(script.quotes == ["buy 96992 0.0003", "sell 97009 0.0003"])
    #expect(script.bot?.state == .quoting && script.logs("IDLE to QUOTING").count == 1)
    let asks = venue.names.filter { $0.hasSuffix("_a") }
    venue.hit(.buy)
    bench.run(seconds: Decimal(5))
    #expect(script.bot?.state == .long && script.quotes == ["sell 97009 0.0003"])
    #expect(script.bot?.plan?.fair == decimal("97000.49775"))
    // The ask is the one of before: it has kept its place.
    #expect(venue.names.filter { $0.hasSuffix("_a") } == asks)
    venue.hit(.sell)
    bench.run(seconds: decimal("0.2"))
    #expect(script.bot?.truth.inventory.realised == decimal("0.0051"))
    #expect(script.bot?.truth.inventory.size == .zero && venue.position == .zero)
    let rows = try #require(bench.rows[.trades])
    #expect(rows.count == 2)
    #expect(rows[1].contains(",sell,97009,0.0003,0,maker,0,0,0.0051,0,5,97000.49775,96992,97009"))
    #expect(script.logs("INVENTORY_LONG to IDLE").count == 1)
  }

  @Test("D-26 held for 120 s it asks at the touch alone, and for 300 s it leaves")
  func inventoryTimeouts() {
    script.start()
    venue.hit(.buy)
    bench.run(seconds: Decimal(110))
    #expect(script.quotes == ["sell 97009 0.0003"])
    bench.run(seconds: Decimal(25))
    #expect(script.quotes == ["sell 97001 0.0003 reduce"])
    #expect(bench.run(seconds: 200) { !script.logs("Emergency exit: held for 300 s").isEmpty })
    bench.run(seconds: Decimal(1))
    // First an order that rests, then, three seconds later, one that takes.
    #expect(script.quotes == ["sell 97001 0.0003 reduce"])
    bench.run(seconds: Decimal(2))
    #expect(venue.position == decimal("0.0003"))
    bench.run(seconds: Decimal(3))
    #expect(venue.position == .zero && !script.logs("Emergency exit done: flat").isEmpty)
    #expect(bench.sent.filter { $0.contains("order.place") && $0.contains("\"ioc\"") }.count == 1)
    bench.run(seconds: Decimal(10))
    #expect(script.quotes == ["buy 96992 0.0003", "sell 97009 0.0003"])
  }

  @Test("D-26 what rested and was taken needs no other order")
  func makerExit() {
    script.start()
    venue.hit(.buy)
    #expect(bench.run(seconds: 400) { !script.logs("Emergency exit: held").isEmpty })
    bench.run(seconds: Decimal(1))
    venue.hit(.sell)
    bench.run(seconds: Decimal(8))
    #expect(venue.position == .zero && !script.logs("Emergency exit done: flat").isEmpty)
    #expect(!bench.sent.contains { $0.contains("\"ioc\"") })
  }

  @Test("D-27 a loss of 0.31 leaves at once, and the hour's loss stops entries until the next")
  func losses() {
    script.start { $0.losses = LossLimits(hour: decimal("0.3"), day: Decimal(1)) }
    venue.hit(.buy)
    bench.run(seconds: Decimal(1))
    // 0.0003 × (96992 − 95992.5) is a loss of 0.29985.
    script.setMid("95992.5")
    bench.run(seconds: decimal("0.1"))
    #expect(script.bot?.exit == nil)
    script.setMid("95958.5")
    bench.run(seconds: decimal("0.05"))
    #expect(script.bot?.exit?.makerWait == 0)
    bench.run(seconds: Decimal(3))
    #expect(venue.position == .zero)
    #expect(script.logs("No entries: 0.31 were lost this hour").count == 1)
    bench.run(seconds: Decimal(1_000))
    #expect(script.quotes.isEmpty)
    bench.run(seconds: Decimal(2_700))
    #expect(script.quotes.count == 2 && script.logs("Entries again").count >= 1)
  }

  @Test("D-27 entries are off, exits are not")
  func exitsGoOn() {
    script.start { $0.losses = LossLimits(hour: .zero, day: Decimal(1)) }
    venue.feeRate = decimal("0.001")
    venue.hit(.buy)
    bench.run(seconds: Decimal(9))
    #expect(script.quotes == ["sell 97009 0.0003 reduce"])
    venue.hit(.sell)
    bench.run(seconds: Decimal(9))
    #expect(venue.position == .zero && script.quotes.isEmpty)
  }

  @Test("D-28 however the market moves, the limits hold at the venue")
  func limits() {
    script.start { $0.hours = ActiveHours() }
    // It moves before every refresh, and all quotes with it.
    bench.quoteInterval = Nanoseconds.seconds(4)
    for step in 0..<23_000 {
      script.setMid("\(97_000 + step % 97).5")
      bench.run(seconds: Decimal(4))
    }
    #expect(venue.operations.count > 900)
    #expect(script.most(within: 1) == 2 && script.most(within: 60) <= 25)
    #expect(script.most(within: 3_600) <= 280 && script.most(within: 86_400) <= 950)
  }

  @Test("D-28 what stands can always be cancelled")
  func cancelsHaveRoom() {
    script.start {
      $0.hours = ActiveHours()
      $0.limits = OperationLimits(second: 2, minute: 6, hour: 280, day: 950)
      $0.refresh = Nanoseconds.seconds(1)
    }
    for second in 0..<100 {
      script.setMid("\(97_000 + second * 5).5")
      bench.run(seconds: Decimal(2))
      let stale = venue.resting.filter { abs($0.price.minus(venue.ask).approximate) > 100 }
      #expect(stale.isEmpty)
    }
    #expect(script.most(within: 60) <= 6)
  }

  @Test("D-29 a quote that would cross is refused, and comes again with the next refresh")
  func postOnly() {
    script.start()
    venue.fate = .slow(Nanoseconds.seconds(1))
    script.setMid("97100.5")
    #expect(bench.run(seconds: 20) { script.placements.count == 4 })
    // The market moves away while the orders are on their way.
    venue.fate = .own
    script.setMid("97150.5")
    bench.run(seconds: Decimal(2))
    #expect(script.logs("post_only").count == 1)
    #expect(script.quotes.count == 1 && script.quotes.allSatisfy { $0.hasPrefix("buy") })
    bench.run(seconds: Decimal(8))
    #expect(script.quotes.count == 2)
    #expect(bench.rows[.trades] == nil && venue.position == .zero)
  }

  @Test("D-30 the position before the execution, or after it: it counts once")
  func positionTruth() {
    for isFirst in [true, false] {
      let script = MakerScript()
      script.start()
      script.bench.first.tellsPositionFirst = isFirst
      script.bench.first.hit(.buy)
      script.bench.run(seconds: Decimal(30))
      #expect(script.bot?.truth.inventory.size == decimal("0.0003"))
      #expect(script.logs("position differs").isEmpty)
    }
  }

  @Test("S3-48 what happened to the position without the bot is believed after a while, and told")
  func seized() {
    script.start()
    venue.seize(decimal("0.0006"))
    bench.run(seconds: decimal("1.5"))
    #expect(script.bot?.truth.inventory.size == .zero)
    bench.run(seconds: Decimal(3))
    #expect(script.bot?.truth.inventory.size == decimal("0.0006"))
    #expect(script.logs("The venue's position differs by +0.000600").count == 1)
    #expect(script.quotes == ["sell 97014 0.0003"])
  }

  @Test("D-31 at 17:00 quotes go while what is held is managed, and at 07:00 they come back")
  func hours() {
    let script = MakerScript(secondOfDay: 16 * 3_600 + 59 * 60)
    let bench = script.bench
    script.start()
    bench.first.hit(.buy)
    _ = bench.run(seconds: 60) { bench.elapsed >= Nanoseconds.milliseconds(59_900) }
    #expect(script.quotes == ["sell 97009 0.0003"])
    bench.run(seconds: Decimal(3))
    #expect(script.quotes == ["sell 97009 0.0003 reduce"])
    bench.first.hit(.sell)
    bench.run(seconds: Decimal(60))
    #expect(script.quotes.isEmpty && script.logs("No entries: outside the active hours").count == 1)
    bench.run(seconds: Decimal(14 * 3_600 - 90))
    #expect(script.quotes.isEmpty)
    bench.run(seconds: Decimal(60))
    #expect(script.quotes.count == 2)
  }

  @Test("D-32 a dry run sends no order, and says what it would")
  func dryRun() {
    script.start { $0.sendsOrders = false }
    bench.run(seconds: Decimal(60))
    #expect(venue.operations.isEmpty && !bench.sent.contains { $0.contains("\"order.") })
    #expect(
      script.logs("Dry run: would quote bid 96992 x 0.0003, ask 97009 x 0.0003").count > 5)
    bench.tell(.stop(reason: "test"))
    bench.run(seconds: Decimal(2))
    #expect(bench.end?.code == 0)
  }

  @Test("S3-52 asked to stop it cancels, leaves, and sums up")
  func shutdown() {
    script.start()
    venue.hit(.buy)
    bench.run(seconds: Decimal(2))
    bench.tell(.stop(reason: "SIGTERM"))
    bench.tell(.stop(reason: "SIGTERM"))
    bench.run(seconds: Decimal(20))
    #expect(venue.position == .zero && script.quotes.isEmpty)
    #expect(bench.end?.code == 0 && bench.end?.summary.trades == 1)
    #expect(script.logs("Summary: 2 fills, 1 closing, PnL 0.0024").count == 1)
    #expect(bench.end?.summary.netProfit == decimal("0.0024"))
  }
}
