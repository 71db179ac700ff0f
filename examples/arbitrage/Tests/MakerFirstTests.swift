import PerpCore
import Testing

@testable import Bot

/// Row S2-26, and scenario D-21.
@Suite("A first leg that rests") struct MakerFirstTests {
  private let bench = BotBench(("paradex", "BTC-USD-PERP"), ("lighter", "BTC-USDC-PERP"))

  private func start(
    _ mode: HedgeSettings.OpenMode = .makerFirst, _ change: (inout HedgeSettings) -> Void = { _ in }
  ) {
    var settings = settings
    settings.openMode = mode
    change(&settings)
    quote("96824.5", "96826.3")
    bench.run(HedgeBot(settings, at: bench.now))
  }

  private var settings: HedgeSettings {
    HedgeSettings(
      first: Listing("paradex", bench.first.symbol), second: Listing("lighter", bench.second.symbol)
    )
  }

  /// The middles of both markets, each 0.1 from its best prices.
  private func quote(_ first: String, _ second: String) {
    for (venue, price) in zip(bench.venues, [first, second]) {
      venue.bid = decimal(price).minus(decimal("0.1"))
      venue.ask = decimal(price).plus(decimal("0.1"))
    }
    bench.tellQuotesOnce()
  }

  /// Whether the first leg rests soon.
  private func rests() -> Bool { bench.run(seconds: 25) { bench.first.resting.count == 1 } }

  /// Whether there is a pair soon.
  private func opens() -> Bool {
    guard rests() else { return false }
    bench.first.hit(.buy)
    return bench.run(seconds: 5) { bot?.desk.ledger.pairs.held.count == 1 } && positions == held
  }

  private func run(_ seconds: String) { bench.run(seconds: decimal(seconds)) }
  private var bot: HedgeBot? { bench.bot as? HedgeBot }
  private var positions: [Decimal] { bench.venues.map(\.position) }
  private func logs(_ part: String) -> [String] { bench.logs.filter { $0.contains(part) } }
  private func sent(_ part: String) -> Int { bench.sent.count { $0.contains(part) } }
  private let flat = [Decimal.zero, .zero]
  private let held = [decimal("0.001"), decimal("-0.001")]

  @Test("S2-26 it rests a tick before the other side, priced and sized anew every 10 s")
  func pricing() {
    start()
    #expect(rests())
    #expect(bench.first.resting.first?.price == decimal("96824.5"))
    #expect(bench.first.resting.first?.size == decimal("0.001"))
    quote("112000", "112000")
    run("9")
    #expect(bench.first.placed.count == 1)
    run("2")
    #expect(bench.first.resting.map(\.price) == [decimal("112000")])
    #expect(bench.first.resting.map(\.size) == [decimal("0.0008")])
    #expect(logs("[MARKET] Order not filled within 10s, cancelling").count == 1)
    run("30")
    #expect(bench.first.placed.count == 5 && bench.first.resting.count == 1)
    #expect(bench.second.placed.isEmpty && positions == flat)
  }

  @Test("S2-26 what is filled of it is hedged as it comes, and makes one pair")
  func partialFills() {
    start()
    #expect(rests())
    for (amount, filled) in [("0.0003", "0.0003"), ("0.0001", "0.0004")] {
      bench.first.hit(.buy, upTo: decimal(amount))
      run("0.5")
      #expect(positions == [decimal(filled), decimal(filled).negated])
    }
    quote("96800.5", "96826.3")
    run("10")
    // Only what is missing rests at the next price.
    #expect(bench.first.resting.map(\.size) == [decimal("0.0006")])
    bench.first.hit(.buy)
    run("1")
    #expect(positions == held && bench.second.placed.count == 3)
    let pair = bot?.desk.ledger.pairs.held.first
    #expect(pair?.size == decimal("0.001") && bench.first.resting.isEmpty)
    // 0.0004 at 96824.5 and 0.0006 at 96800.5
    #expect(pair?.firstPrice == decimal("96810.1") && pair?.secondPrice == decimal("96826.2"))
  }

  @Test("D-21 Lighter refuses: Paradex is rolled back at its filled size, retry after 20 s")
  func refusedHedge() {
    bench.second.fates = [.refused(code: "REFUSED")]
    start()
    #expect(rests())
    bench.first.hit(.buy, upTo: decimal("0.0004"))
    run("2")
    #expect(positions == flat && bench.first.resting.isEmpty)
    #expect(bench.first.placed.map(\.side) == [.buy, .sell])
    #expect(bench.first.placed.last?.size == decimal("0.0004"))
    #expect(bench.first.placed.last?.isReduceOnly == true && bench.second.placed.count == 1)
    #expect(logs("Rolling back Paradex position: 0.0004 @ 96824.40").count == 1)
    run("17")
    #expect(bench.first.resting.isEmpty)
    run("4")
    #expect(bench.first.resting.count == 1)
  }

  @Test("D-21 both at once: Paradex rests unfilled for 10 s, is cancelled, Lighter is flattened")
  func restsUnfilled() {
    bench.first.fates = [.resting]
    start(.concurrent)
    #expect(bench.run(seconds: 20) { positions == [.zero, decimal("-0.001")] })
    run("9.8")
    #expect(positions == [.zero, decimal("-0.001")] && bench.first.resting.count == 1)
    run("1")
    #expect(positions == flat && bench.first.resting.isEmpty)
    #expect(logs("[MARKET] Order not filled within 10s, cancelling").count == 1)
    #expect(bench.second.placed.map(\.side) == [.sell, .buy])
  }

  @Test("D-21 both at once: the cancel races a fill, the final fill is used")
  func racingCancel() {
    bench.first.fates = [.resting]
    start(.concurrent)
    #expect(bench.run(seconds: 40) { sent("order.cancel\"") == 1 })
    bench.first.hit(.buy, upTo: decimal("0.0006"))
    run("2")
    #expect(positions == [decimal("0.0006"), decimal("-0.0006")])
    #expect(bot?.desk.ledger.pairs.held.first?.size == decimal("0.0006"))
  }

  @Test("D-21 it rests: the cancel races a fill, which is hedged, and no more is ordered than that")
  func racingFill() {
    start()
    #expect(rests())
    #expect(bench.run(seconds: 20) { sent("order.cancel\"") == 1 })
    bench.first.hit(.buy, upTo: decimal("0.0006"))
    run("1")
    #expect(positions == [decimal("0.0006"), decimal("-0.0006")])
    #expect(bench.first.resting.map(\.size) == [decimal("0.0004")])
    #expect(bench.run(seconds: 20) { sent("order.cancel\"") == 2 })
    bench.first.hit(.buy)
    run("1")
    #expect(positions == held && bench.first.resting.isEmpty && bench.first.placed.count == 2)
    #expect(bot?.desk.ledger.pairs.held.first?.size == decimal("0.001"))
  }

  @Test("B-06 a hedge in doubt: nothing is added, nothing hedged twice, until it is proven")
  func hedgeInDoubt() {
    bench.second.fates = [.lost]
    start { $0.fillWait = Nanoseconds.seconds(60) }
    #expect(rests())
    bench.first.hit(.buy, upTo: decimal("0.0004"))
    run("1")
    #expect(bench.first.resting.count == 1)
    run("1.5")
    #expect(bench.first.resting.isEmpty && bench.first.placed.count == 1)
    #expect(bot?.desk.trades.count == 1 && bench.second.placed.isEmpty)
    #expect(bench.run(seconds: 120) { positions == flat })
    #expect(bench.second.placed.isEmpty && bench.first.placed.count == 2)
  }

  @Test("B-05 without a price to hedge at nothing rests; it goes on when there is one")
  func noReference() {
    start { $0.fillWait = Nanoseconds.seconds(5) }
    #expect(rests())
    bench.areQuotesTold = false
    run("1")
    #expect(bench.first.resting.isEmpty)
    run("30")
    #expect(bench.first.placed.count == 1)
    bench.areQuotesTold = true
    bench.tellQuotesOnce()
    run("6")
    #expect(bench.first.resting.count == 1)
  }

  @Test("S2-26 an order that is refused again and again is tried ever more slowly, then no more")
  func refusedMaker() {
    bench.first.fate = .refused(code: "REFUSED")
    start()
    #expect(bench.run(seconds: 30) { logs("Open failed, nothing").count == 1 })
    #expect(bench.first.placed.count == LegSequence.maxRefusals)
    #expect(bench.second.placed.isEmpty)
  }

  @Test("S2-26 a close rests 30 times for 3 s, then both venues take, and people are told")
  func close() {
    start { $0.holdTime = Nanoseconds.seconds(10) }
    #expect(opens())
    #expect(bench.run(seconds: 15) { bench.first.resting.count == 1 })
    #expect(bench.first.resting.first?.side == .sell)
    #expect(bench.first.resting.first?.price == decimal("96824.5"))
    #expect(bench.first.resting.first?.isReduceOnly == true)
    run("4")
    #expect(bench.first.placed.count == 3)
    bench.first.hit(.sell, upTo: decimal("0.0004"))
    run("0.5")
    #expect(positions == [decimal("0.0006"), decimal("-0.0006")])
    #expect(bench.second.placed.last?.isReduceOnly == true)
    run("80")
    #expect(positions == [decimal("0.0006"), decimal("-0.0006")])
    run("12")
    #expect(positions == flat && bot?.cycles == 1)
    // The opening, 30 that rested, and the one that took.
    #expect(bench.first.placed.count == 32)
    #expect(bench.notices.contains { $0.contains("Emergency close") })
    let ledger = Ledger(lines: bench.ledger)
    #expect(ledger.pairs.held.isEmpty && ledger.pairs.closed.count == 1)
    #expect(ledger.pairs.closed.first?.profit == bench.first.cash.plus(bench.second.cash))
  }

  @Test("S2-26 a close that is filled while it rests is a cycle, and no emergency")
  func restingClose() {
    start { $0.holdTime = Nanoseconds.seconds(10) }
    #expect(opens())
    #expect(bench.run(seconds: 15) { bench.first.resting.count == 1 })
    bench.first.hit(.sell)
    run("1")
    #expect(positions == flat && bot?.cycles == 1)
    #expect(!bench.notices.contains { $0.contains("Emergency close") })
  }

  @Test("S2-26 stop loss takes at both venues at once, also when a close rests already")
  func stopLoss() {
    for isClosing in [false, true] {
      let test = MakerFirstTests()
      test.start { $0.holdTime = Nanoseconds.seconds(isClosing ? 10 : 300) }
      #expect(test.opens())
      if isClosing { #expect(test.bench.run(seconds: 15) { !test.bench.first.resting.isEmpty }) }
      test.quote("48000", "96826.3")
      test.run("3.5")
      #expect(test.positions == test.flat && test.bench.first.resting.isEmpty)
      #expect(test.bench.first.placed.count == (isClosing ? 3 : 2))
      #expect(test.logs("Closing: stop loss, paradex").count == 1)
    }
  }

  @Test("D-24 asked to stop while it rests, filled in part: cancelled, closed and flat")
  func stop() {
    start()
    #expect(rests())
    bench.first.hit(.buy, upTo: decimal("0.0004"))
    bench.tell(.stop(reason: "SIGTERM"))
    run("5")
    #expect(positions == flat && bench.first.resting.isEmpty && bench.end?.code == 0)
    #expect(bench.first.placed.count == 2)
    let ledger = Ledger(lines: bench.ledger)
    #expect(ledger.pairs.held.isEmpty && ledger.open.isEmpty)
  }

  @Test("B-10 killed while it rests, filled in part: hedged, and nothing more is ordered")
  func killSwitch() {
    start()
    #expect(rests())
    bench.first.hit(.buy, upTo: decimal("0.0004"))
    bench.tell(.killSwitch(KillSwitch(state: .killed, reason: "test")))
    run("60")
    #expect(positions == [decimal("0.0004"), decimal("-0.0004")])
    #expect(bench.first.resting.isEmpty && bench.first.placed.count == 1)
    #expect(bot?.desk.ledger.pairs.held.first?.size == decimal("0.0004"))
  }

  @Test("D-37 killed at any point: hedged, every order once, and the ledger has it all")
  func killedAnywhere() {
    var crashes = 0
    for fate in [BenchVenue.Fate.own, .refused(code: "REFUSED"), .unheard] {
      for point in 0..<24 {
        let test = MakerFirstTests()
        test.start()
        #expect(test.rests())
        test.bench.second.fates = [fate]
        test.bench.dieAfter(point)
        test.bench.first.hit(.buy, upTo: decimal("0.0004"))
        test.run("1")
        test.bench.first.hit(.buy)
        test.run("1.5")
        if test.bench.bot == nil { crashes += 1 }
        test.bench.kill()
        test.bench.killAfter = nil
        let ledger = Ledger(lines: test.bench.ledger)
        let again = test.bench.first.names.filter { $0.contains("_m") }
        test.bench.run(HedgeBot(test.settings, ledger: ledger, at: test.bench.now))
        test.run("3")
        // What rested is cancelled, and nothing more of it is ordered.
        let name: Comment = "\(fate), \(point): \(test.positions)"
        let isProven = test.bench.run(seconds: 90) { test.bot?.desk.trades.isEmpty == true }
        #expect(isProven && test.bench.first.names.filter { $0.contains("_m") } == again, name)
        #expect(test.positions[0].plus(test.positions[1]).isZero, name)
        let books = test.bot?.desk.ledger.inventory ?? [:]
        let listings = [test.settings.first, test.settings.second]
        #expect(listings.map { books[$0] ?? .zero } == test.positions, name)
        for venue in test.bench.venues {
          #expect(Set(venue.names).count == venue.names.count, name)
        }
      }
    }
    #expect(crashes > 20, "\(crashes)")
  }

  @Test("S2-12 how a pair is opened is a setting")
  func openMode() throws {
    func read(_ arguments: [String]) throws -> HedgeSettings {
      try HedgeSettings(
        Settings(HedgeSettings.parameters, arguments: arguments, environment: [:]))
    }
    let usual = try read([])
    #expect(usual.openMode == .concurrent && usual.closeTries == 30)
    #expect(usual.closeWait == Nanoseconds.seconds(3))
    let read = try read(["--open-mode", "maker_first", "--maker-close-tries", "2"])
    #expect(read.openMode == .makerFirst && read.closing.tries == 2)
    #expect(read.opening.wait == Nanoseconds.seconds(10) && read.opening.value == decimal("100"))
  }
}
