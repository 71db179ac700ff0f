import PerpCore
import Testing

@testable import Bot

/// Bots that are killed again and again, at venues that refuse, lose, delay and fill in part what
/// they are sent. (D-37)
@Suite("Chaos") struct BotChaosTests {
  enum Kind: String, CaseIterable {
    case spread, convergence, hedge, funding, makerFirst, makerTaker, takerMaker

    /// Orders of it rest.
    var rests: Bool { [.makerFirst, .makerTaker, .takerMaker].contains(self) }
    var isZarb: Bool { [.makerTaker, .takerMaker].contains(self) }

    func bench(_ seed: UInt64) -> BotBench {
      isZarb
        ? BotBench(seed: seed, ("paradex", "BTC-USD-PERP"), ("grvt", "BTC-USDT-PERP"))
        : BotBench(seed: seed)
    }

    func make(_ bench: BotBench, _ ledger: Ledger) -> any Bot {
      let listings = bench.venues.map { Listing($0.account.venue.description, $0.symbol) }
      switch self {
      case .spread:
        var settings = SpreadSettings(
          first: listings[0], second: listings[1], size: decimal("0.001"),
          maxPosition: decimal("0.01"))
        (settings.warmup, settings.window) = (3, 20)
        settings.loopInterval = Nanoseconds.milliseconds(500)
        settings.maxFailures = 0
        return SpreadBot(settings, ledger: ledger, at: bench.now)
      case .convergence:
        var settings = ConvergenceSettings(first: listings[0], second: listings[1])
        (settings.openThreshold, settings.closeThreshold) = (decimal("30"), decimal("5"))
        (settings.maxFailures, settings.lockAfterClose) = (0, Nanoseconds.seconds(2))
        return ConvergenceBot(settings, ledger: ledger, at: bench.now)
      case .hedge, .makerFirst:
        var settings = HedgeSettings(first: listings[0], second: listings[1])
        (settings.holdTime, settings.cycleWait) = (Nanoseconds.seconds(8), Nanoseconds.seconds(3))
        if self == .makerFirst {
          (settings.openMode, settings.fillWait) = (.makerFirst, Nanoseconds.seconds(4))
          settings.closeTries = 4
        }
        return HedgeBot(settings, ledger: ledger, at: bench.now)
      case .funding:
        var settings = FundingSettings(
          tickers: ["BTC"], venues: listings.map(\.venue), .size(decimal("0.001")))
        (settings.maxFailures, settings.pause) = (0, Nanoseconds.seconds(2))
        (settings.breaker.maxLoss, settings.breaker.lossesInARow) = (Decimal(1_000), 0)
        return FundingBot(settings, ledger: ledger, at: bench.now)
      case .makerTaker, .takerMaker:
        var settings = ZarbSettings()
        settings.markets = [ZarbMarket("BTC-PERP", first: listings[0], second: listings[1])]
        (settings.simulatesData, settings.sendsOrders) = (false, true)
        (settings.window.mean, settings.window.deviation, settings.window.least) = (5, 5, 4)
        settings.parameters.interval = Nanoseconds.milliseconds(500)
        settings.parameters.entry[.normal] = decimal("0.9")
        settings.order(self == .makerTaker ? .makerTaker : .takerMaker)
        return ZarbBot(settings, ledger: ledger, at: bench.now)
      }
    }
  }

  /// One history: trouble, then calm, then the wish to end.
  private struct Run {
    let bench: BotBench
    let kind: Kind
    var random: Random
    var kills = 0
    var isHedgedInTime = false

    init(_ kind: Kind, seed: UInt64) {
      self.kind = kind
      random = Random(seed: seed)
      bench = kind.bench(random.next())
      bench.second.funding = (.zero, 3_600)
      bench.run(kind.make(bench, Ledger()))
    }

    mutating func step() {
      let spread = Decimal(random.below(120) - 60)
      bench.first.bid = bench.second.bid.plus(spread)
      bench.first.ask = bench.first.bid.plus(Decimal(1))
      bench.tellQuotesOnce()
      if kind == .funding {
        bench.first.funding = (Decimal(mantissa: Int128(random.below(9)) - 4, scale: 3), 28_800)
        bench.tellFunding()
      }
      if random.chance(1, in: 2) { bench.venues[random.below(2)].fates.append(fate()) }
      startEngine()
      if random.chance(1, in: 2) { bench.dieAfter(random.below(kind.isZarb ? 100 : 14)) }
      if kind.rests { trade() }
      bench.run(seconds: Decimal(mantissa: Int128(random.below(12_000)), scale: 3))
      revive()
    }

    /// Others take some of what rests, and the market moves on.
    private mutating func trade() {
      for _ in 0..<6 {
        bench.run(seconds: Decimal(mantissa: Int128(random.below(2_000)), scale: 3))
        let venue = bench.venues[random.below(2)]
        let most = Decimal(mantissa: Int128(1 + random.below(9)), scale: 4)
        venue.hit(
          random.chance(1, in: 2) ? .buy : .sell, upTo: random.chance(1, in: 2) ? most : nil)
      }
    }

    private func startEngine() {
      guard kind.isZarb else { return }
      bench.tell(.console(.request(ConsoleRequest(id: 1, "POST", "/api/engine/start"))))
    }

    /// What takes positions away at the end; a z-score bot leaves them otherwise.
    private var wish: BotInput {
      kind.isZarb ? .killSwitch(KillSwitch(state: .flatten, reason: "calm")) : .stop(reason: "calm")
    }

    private mutating func fate() -> BenchVenue.Fate {
      switch random.below(6) {
      case 0: .refused(code: "REFUSED")
      // Neither this nor that: the venue has to be asked.
      case 1: .refused(code: "INTERNAL")
      case 2: .filled(upTo: Decimal(mantissa: Int128(1 + random.below(9)), scale: 4))
      case 3: .unheard
      case 4: .lost
      default: .slow(Nanoseconds.milliseconds(random.below(7_000)))
      }
    }

    mutating func revive() {
      bench.killAfter = nil
      guard bench.bot == nil else { return }
      kills += 1
      bench.run(kind.make(bench, Ledger(lines: bench.ledger)))
    }

    private var isHedged: Bool { bench.first.position.plus(bench.second.position).isZero }

    mutating func calm() {
      for venue in bench.venues { venue.fates = [] }
      bench.first.bid = bench.second.bid
      bench.first.ask = bench.second.ask
      isHedgedInTime = bench.run(seconds: 60) { isHedged }
      bench.run(seconds: Decimal(90))
      isHedgedInTime = isHedgedInTime && isHedged
      // Killed while it closes everything, the next run closes the rest first.
      for _ in 0..<5 {
        bench.tell(wish)
        bench.dieAfter(random.below(12))
        bench.run(seconds: Decimal(mantissa: Int128(random.below(9_000)), scale: 3))
        guard bench.end == nil else { return }
        revive()
        bench.run(seconds: Decimal(15))
      }
      bench.tell(wish)
      bench.run(seconds: Decimal(30))
    }
  }

  @Test(
    "D-37 whatever happens: flat in the end, every order once, and the ledger has it all",
    arguments: Kind.allCases)
  func chaos(kind: Kind) {
    var (kills, orders) = (0, 0)
    for seed in 1...12 as ClosedRange<UInt64> {
      var run = Run(kind, seed: seed)
      for _ in 0..<50 { run.step() }
      run.calm()
      judge(run, "\(kind) \(seed)")
      kills += run.kills
      orders += run.bench.venues.reduce(0) { $0 + $1.names.count }
    }
    #expect(kills >= 100 && orders >= 200, "\(kind): \(kills) kills, \(orders) orders")
  }

  private func judge(_ run: Run, _ name: Comment) {
    let (bench, ledger) = (run.bench, Ledger(lines: run.bench.ledger))
    #expect(bench.end?.code == 0, name)
    #expect(bench.venues.allSatisfy { $0.position.isZero }, name)
    #expect(ledger.open.isEmpty && ledger.unreadable == 0 && ledger.unresolved.isEmpty, name)
    let isFlat = ledger.inventory.values.allSatisfy { $0 == .zero }
    #expect(isFlat && ledger.pairs.held.isEmpty, name)
    let cash = bench.first.cash.plus(bench.second.cash)
    #expect(ledger.cash.minus(ledger.fees) == cash, name)
    for venue in bench.venues { #expect(Set(venue.names).count == venue.names.count, name) }
    // What was lost last is proven first, then what stands alone is undone.
    #expect(run.isHedgedInTime, name)
  }
}
