import PerpCore
import Testing

@testable import Bot

/// Rows S2-20 to S2-30, and scenarios D-20 to D-24.
@Suite("Hedge cycle") struct HedgeTests {
  private let bench = BotBench(("paradex", "BTC-USD-PERP"), ("lighter", "BTC-USDC-PERP"))

  private func settings() -> HedgeSettings {
    HedgeSettings(
      first: Listing("paradex", bench.first.symbol), second: Listing("lighter", bench.second.symbol)
    )
  }

  private func start(_ change: (inout HedgeSettings) -> Void = { _ in }) {
    var settings = settings()
    change(&settings)
    quote("96824.5", "96826.3")
    bench.run(HedgeBot(settings, at: bench.now))
  }

  /// The middles of both markets, each 0.1 from its best prices.
  private func quote(_ first: String, _ second: String) {
    for (venue, price) in zip(bench.venues, [first, second]) {
      venue.bid = decimal(price).minus(decimal("0.1"))
      venue.ask = decimal(price).plus(decimal("0.1"))
    }
    bench.tellQuotesOnce()
  }

  /// Whether there is a pair soon, and the bot knows of it.
  private func opens() -> Bool {
    bench.run(seconds: 20) { bot?.desk.ledger.pairs.held.count == 1 } && positions == held
  }

  private var bot: HedgeBot? { bench.bot as? HedgeBot }
  private var positions: [Decimal] { bench.venues.map(\.position) }
  private func logs(_ part: String) -> [String] { bench.logs.filter { $0.contains(part) } }
  private let flat = [Decimal.zero, .zero]
  private let held = [decimal("0.001"), decimal("-0.001")]

  @Test("D-20 a cycle: open, hold for 300 s, close, wait for 20 s, and again")
  func cycle() {
    start()
    #expect(opens())
    quote("96868.2", "96782.5")
    bench.run(seconds: Decimal(295))
    #expect(positions == held)
    bench.run(seconds: Decimal(8))
    #expect(positions == flat && bot?.cycles == 1)
    #expect(logs("P&L: Paradex=0.05%, Lighter=0.05%").count > 0)
    #expect(logs("Closing: held for 300 s").count == 1 && logs("waiting 20 s").count == 1)
    let rows = bench.rows[.orders] ?? []
    #expect(rows.count == 4 && rows[0].hasSuffix(",buy,0.001,96824.6,filled"))
    #expect(logs("Cycle 1: P&L 0.0871, fees 0.0000, net 0.0871").count == 1)
    bench.run(seconds: Decimal(10))
    #expect(positions == flat)
    bench.run(seconds: Decimal(12))
    #expect(positions == held)
  }

  @Test("S2-21 the size is the margin by the mean of both middles, on the grid")
  func size() {
    start()
    #expect(opens())
    let pair = bot?.desk.ledger.pairs.held.first
    #expect(pair?.size == decimal("0.0010"))
    #expect(decimal("100").over(decimal("96825.4")).description.hasPrefix("0.00103278"))
  }

  private func pair(
    _ direction: String, _ size: String, _ first: String, _ second: String
  ) -> PairBook.Held {
    PairBook.Held(
      id: 1, direction: direction, first: settings().first, second: settings().second,
      size: decimal(size), opened: decimal(size), firstPrice: decimal(first),
      secondPrice: decimal(second), cash: .zero, fees: .zero)
  }

  @Test("S2-23 what each leg has gained, by its side")
  func gains() throws {
    start()
    #expect(opens())
    let pair = pair("long", "0.001", "96824.50", "96826.30")
    let gains = HedgeGains(pair, first: decimal("96868.20"), second: decimal("96782.50"))
    #expect(gains.firstPercent.text(places: 5) == "0.04513")
    #expect(gains.secondPercent.text(places: 5) == "0.04524")
    #expect(gains.total == decimal("0.0875"))
    let mirrored = self.pair("short", "0.001", "96824.50", "96826.30")
    let losses = HedgeGains(mirrored, first: decimal("96868.20"), second: decimal("96782.50"))
    #expect(losses.firstPercent == gains.firstPercent.negated)
    #expect(losses.total == gains.total.negated)
  }

  private static let exits: [(first: String, second: String, reason: String?)] = [
    ("50", "100", "stop loss, a"), ("150", "100", "take profit, a"),
    ("100", "150", "stop loss, b"), ("100", "50", "take profit, b"),
    ("50.01", "149.99", nil), ("149.99", "50.01", nil), ("150", "150", "stop loss, b"),
  ]

  @Test(
    "D-22 a leg at exactly −50 % or +50 % closes the pair, a little less does not",
    arguments: exits.indices)
  func exitRules(row: Int) {
    let (first, second, reason) = Self.exits[row]
    let pair = pair("long", "1", "100", "100")
    let gains = HedgeGains(pair, first: decimal(first), second: decimal(second))
    #expect(gains.exit(settings(), venues: ("a", "b")) == reason)
  }

  @Test("S2-27 both legs together, in quote units")
  func totals() {
    var settings = settings()
    settings.exitBasis = .totalAmount
    let pair = pair("long", "1", "1000", "1000")
    for (price, reason) in [
      ("950", "stop loss, total -50"), ("950.01", nil), ("1100", "take profit, total 100"),
      ("1099.99", nil),
    ] {
      let gains = HedgeGains(pair, first: decimal(price), second: decimal("1000"))
      #expect(gains.exit(settings, venues: ("a", "b")) == reason)
    }
  }

  @Test("D-22 in reverse the sides are mirrored")
  func reverse() {
    start { $0.isReverse = true }
    #expect(bench.run(seconds: 20) { positions == held.map(\.negated) })
    quote("145300", "96826.3")
    bench.run(seconds: Decimal(3))
    #expect(logs("Closing: stop loss, paradex").count == 1 && positions == flat)
  }

  @Test("D-21 one leg is refused: the other is rolled back, and the next try comes after 20 s")
  func rollback() {
    bench.second.fates = [.refused(code: "REFUSED")]
    start()
    #expect(bench.run(seconds: 20) { bench.first.placed.count == 2 })
    bench.run(seconds: Decimal(2))
    #expect(positions == flat && logs("Rolling back Paradex position: 0.001 @ 96824.40").count == 1)
    bench.run(seconds: Decimal(15))
    #expect(positions == flat)
    bench.run(seconds: Decimal(6))
    #expect(positions == held)
  }

  @Test("D-21 the first leg is filled in part: what is too much at the other is rolled back")
  func partialOpen() {
    bench.first.fates = [.filled(upTo: decimal("0.0004"))]
    start()
    #expect(bench.run(seconds: 20) { bench.second.placed.count == 2 })
    bench.run(seconds: Decimal(1))
    #expect(positions == [decimal("0.0004"), decimal("-0.0004")])
    #expect(bot?.desk.ledger.pairs.held.first?.size == decimal("0.0004"))
  }

  @Test(
    "D-23 199.99 is too little: the end is not 0, and people are told; 200 is enough",
    arguments: [("199.99", false), ("200", true)])
  func balance(amount: String, isEnough: Bool) {
    bench.second.balance = decimal(amount)
    start()
    bench.run(seconds: Decimal(15))
    #expect((positions == held) == isEnough)
    #expect((bench.end?.code == 1) == !isEnough)
    let text = "Insufficient Lighter balance: 199.99 USDC (required: 200 USDC)"
    #expect(bench.notices.contains { $0.contains(text) } == !isEnough)
  }

  @Test("D-24 asked to stop while it holds: closed, flat, and no pair is left in the ledger")
  func stop() {
    start()
    #expect(opens())
    bench.tell(.stop(reason: "SIGTERM"))
    bench.run(seconds: Decimal(5))
    #expect(positions == flat && bench.end?.code == 0)
    let ledger = Ledger(lines: bench.ledger)
    #expect(ledger.pairs.held.isEmpty && ledger.pairs.closed.count == 1)
    #expect(ledger.isConsistent)
    let cash = bench.first.cash.adding(bench.second.cash)!
    #expect(ledger.pairs.closed.first?.profit == cash)
  }

  @Test("S2-24 a close that fails is tried again until both are flat, and told at the third")
  func stubbornClose() {
    start { $0.holdTime = Nanoseconds.seconds(10) }
    #expect(opens())
    bench.second.fates = Array(repeating: .refused(code: "REFUSED"), count: 3)
    bench.run(seconds: Decimal(30))
    #expect(positions == flat && bot?.cycles == 1)
    #expect(bench.notices.contains { $0.contains("The pair cannot be closed") })
  }

  @Test("C-14 killed while it closes everything: the next run ends what was begun")
  func killedWhileStopping() {
    start()
    #expect(opens())
    bench.second.fate = .refused(code: "REFUSED")
    bench.tell(.stop(reason: "SIGTERM"))
    bench.run(seconds: decimal("0.5"))
    #expect(positions == [.zero, decimal("-0.001")])
    bench.kill()
    bench.second.fate = .own
    #expect(Ledger(lines: bench.ledger).isClosing)
    bench.run(HedgeBot(settings(), ledger: Ledger(lines: bench.ledger), at: bench.now))
    #expect(bench.run(seconds: 10) { positions == flat }, "what was begun is ended first")
    bench.run(seconds: Decimal(2))
    #expect(!Ledger(lines: bench.ledger).isClosing)
    // Then it begins, as ever.
    #expect(opens())
    bench.tell(.stop(reason: "SIGTERM"))
    bench.run(seconds: Decimal(10))
    #expect(positions == flat && bench.end?.code == 0)
    #expect(Ledger(lines: bench.ledger).pairs.held.isEmpty)
  }

  @Test("S2-01 to S2-12 the defaults are those of the specification")
  func defaults() throws {
    let read = try HedgeSettings(
      Settings(
        HedgeSettings.parameters, arguments: ["--ticker", "eth"],
        environment: [
          "CROSS_HEDGE_MARGIN": "70", "CROSS_HEDGE_REVERSE": "true",
        ]))
    #expect(read.margin == decimal("70") && read.isReverse)
    #expect(read.first.description == "paradex:ETH-USD-PERP")
    #expect(read.second.description == "lighter:ETH-USDC-PERP")
    #expect(read.holdTime == Nanoseconds.seconds(300) && read.takeProfit == decimal("50"))
    #expect(read.stopLoss == decimal("50") && read.cycleWait == Nanoseconds.seconds(20))
    #expect(read.offset == decimal("0.003") && read.fillWait == Nanoseconds.seconds(10))
    #expect(read.settle == Nanoseconds.seconds(5) && read.balanceFactor == decimal("2"))
    #expect(read.checkInterval == Nanoseconds.seconds(1) && read.step == decimal("0.0001"))
    #expect(read.maxLoss == decimal("50") && read.maxProfit == decimal("100"))
    #expect(read.exitBasis == .legPercent)
  }
}
