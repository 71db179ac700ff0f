import PerpCore
import PerpVenue
import Testing

@testable import Bot

/// Rows S3-41 and S3-45 to S3-50: what goes wrong around a market maker.
@Suite("Market maker in trouble") struct MakerSafetyTests {
  private let script = MakerScript()
  private var bench: BotBench { script.bench }
  private var venue: BenchVenue { bench.first }

  @Test("S3-41 without fresh quotes of the market there are none of ours")
  func noQuotes() {
    script.start()
    bench.areQuotesTold = false
    bench.run(seconds: Decimal(9))
    #expect(script.quotes.isEmpty && !script.logs("No quotes to quote by").isEmpty)
    bench.areQuotesTold = true
    bench.run(seconds: Decimal(9))
    #expect(script.quotes.count == 2)
  }

  @Test("S3-32 a heavy book moves quotes, once it has been so for a while")
  func heavyBook() {
    script.start()
    script.setSpread("97000", "97010")
    for _ in 0..<9 {
      bench.tellBook(bids: [Decimal(3)], asks: [Decimal(1)])
      bench.run(seconds: Decimal(2))
    }
    #expect(script.bot?.imbalance.raw == decimal("0.5"))
    #expect(script.quotes.first?.hasPrefix("buy") == true)
    // The fair price is below the middle by 0.3 × 10 × the smoothed imbalance.
    let shift = decimal("97005").minus(script.bot?.plan?.fair ?? .zero)
    #expect(shift > decimal("1.4") && shift <= decimal("1.5"))
  }

  @Test("S3-45 an exit smaller than the venue's least takes what there is, and no more")
  func smallExit() {
    script.start()
    venue.hit(.buy, upTo: decimal("0.0002"))
    bench.run(seconds: Decimal(135))
    #expect(script.quotes.contains("sell 97001 0.0003 reduce"))
    venue.hit(.sell)
    bench.run(seconds: Decimal(1))
    #expect(venue.position == .zero)
  }

  @Test("S3-46 an exit that fails is tried again, no sooner than ten seconds later")
  func retry() throws {
    script.start { $0.makerWait = 0 }
    venue.hit(.buy)
    bench.run(seconds: Decimal(2))
    venue.fate = .filled(upTo: .zero)
    script.setMid("95900.5")
    let before = venue.placed.count
    #expect(bench.run(seconds: 5) { venue.placed.count == before + 1 })
    bench.run(seconds: Decimal(30))
    let exits = venue.placed.dropFirst(before).map(\.at)
    let gaps = zip(exits.dropFirst(), exits).map { ($0 - $1) / 1_000_000 }
    #expect(gaps.count >= 2 && gaps.allSatisfy { $0 >= 9_500 && $0 < 11_500 }, "\(gaps)")
    #expect(venue.placed.dropFirst(before).allSatisfy { $0.isReduceOnly && $0.side == .sell })
    venue.fate = .own
    bench.run(seconds: Decimal(12))
    #expect(venue.position == .zero && script.bot?.exit == nil)
  }

  @Test("S3-46 an exit takes no price beyond its bound")
  func boundedExit() {
    script.start { $0.makerWait = 0 }
    venue.hit(.buy)
    bench.run(seconds: Decimal(2))
    script.setMid("95900.5")
    #expect(bench.run(seconds: 5) { script.placements.last?.contains("ioc") == true })
    #expect(script.placements.last?.contains("\"price\":\"95870\"") == true)
  }

  @Test("S3-46 a market that takes cancels alone is tried again half a minute later")
  func cancelOnly() {
    script.start()
    venue.hit(.buy)
    bench.run(seconds: Decimal(2))
    venue.market.status = .cancelOnly
    bench.tellMarket(of: venue)
    script.setMid("95900.5")
    bench.run(seconds: Decimal(15))
    let placed = script.placements.count
    #expect(script.quotes.isEmpty && script.logs("takes cancels alone").count == 1)
    venue.market.status = .open
    bench.tellMarket(of: venue)
    bench.run(seconds: Decimal(10))
    #expect(script.placements.count == placed)
    bench.run(seconds: Decimal(10))
    #expect(venue.position == .zero)
  }

  @Test("S3-46 a shutdown with the gateway gone is left to its end")
  func gatewayGone() {
    script.start()
    venue.hit(.buy)
    bench.run(seconds: Decimal(2))
    bench.tell(.disconnected("it ended"))
    #expect(script.bot?.desk.isRunning == false)
    bench.tell(.stop(reason: "SIGTERM"))
    bench.run(seconds: Decimal(90))
    #expect(bench.end != nil)
  }

  @Test("S3-48 an order that has ended by an execution that is not told yet holds new quotes back")
  func fillOnItsWay() throws {
    script.start()
    let refresh = try #require(script.bot?.nextRefresh)
    _ = bench.run(seconds: 20) { bench.now.monotonic + Nanoseconds.milliseconds(600) > refresh }
    let bid = try #require(venue.names.last { $0.hasSuffix("_b") })
    let placed = script.placements.count
    let line =
      #"{"type":"order","venue":"paradex","symbol":"BTC-USD-PERP","client_id":"\#(bid)","#
      + #""status":"filled","side":"buy","size":"0.0003","filled":"0.0003"}"#
    try bench.hear(line)
    bench.run(seconds: decimal("0.8"))
    #expect(bench.now.monotonic > refresh && script.placements.count == placed)
    bench.run(seconds: decimal("0.5"))
    #expect(script.placements.count == placed + 1)
  }

  @Test("S3-50 a market that takes no orders is refused at the start")
  func halted() {
    venue.market.status = .halted
    script.start()
    #expect(bench.end?.code == 1 && script.logs("is halted").count >= 1)
  }

  @Test("S3-50 a restart finds the position at the venue, and cancels what stands there")
  func restart() {
    script.start()
    venue.hit(.buy)
    bench.run(seconds: Decimal(3))
    script.restart()
    bench.run(seconds: Decimal(12))
    #expect(script.bot?.truth.inventory.size == decimal("0.0003"))
    #expect(script.bot?.state == .long && script.quotes == ["sell 97009 0.0003"])
    #expect(bench.sent.contains { $0.contains("cancel_all") && $0.contains("\"account\"") })
  }

  @Test("B-10 the kill switch takes quotes away, and leaves the position")
  func killSwitch() {
    script.start()
    venue.hit(.buy)
    bench.run(seconds: Decimal(2))
    bench.tell(.killSwitch(KillSwitch(state: .killed, reason: "test")))
    bench.run(seconds: Decimal(400))
    #expect(script.quotes.isEmpty && venue.position == decimal("0.0003"))
    bench.tell(.killSwitch(KillSwitch(state: .armed, reason: "")))
    bench.run(seconds: Decimal(20))
    #expect(venue.position == .zero)
  }

  @Test("D-37 killed at many points, a maker ends flat, and its ledger is the venue's truth")
  func chaos() {
    for seed in 1...25 {
      let script = MakerScript(seed: UInt64(seed))
      let (bench, venue) = (script.bench, script.bench.first!)
      script.start()
      for round in 0..<4 {
        bench.dieAfter(3 + (seed * 7 + round * 11) % 23)
        for step in 0..<20 {
          script.setMid("\(97_000 + (seed * 13 + step * 29) % 40).5")
          bench.run(seconds: Decimal(3))
          if (seed + step + round) % 3 == 0 { venue.hit(step % 2 == 0 ? .buy : .sell) }
        }
        bench.run(seconds: Decimal(2))
        bench.kill()
        script.restart()
        bench.run(seconds: Decimal(15))
      }
      bench.tell(.stop(reason: "test"))
      bench.run(seconds: Decimal(60))
      #expect(bench.end?.code == 0 && venue.position == .zero, "seed \(seed)")
      #expect(venue.resting.isEmpty, "seed \(seed)")
      let ledger = Ledger(lines: bench.ledger)
      #expect(ledger.inventory.values.allSatisfy { $0.isZero }, "seed \(seed)")
      #expect(ledger.cash == venue.cash, "seed \(seed)")
    }
  }
}
