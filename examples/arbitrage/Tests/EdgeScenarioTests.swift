import PerpCore
import Testing

@testable import Bot

/// Rows B-01 and B-02 with the bots.
@Suite("Net edge of bots") struct EdgeScenarioTests {
  private func pv(_ change: (inout EdgeSettings) -> Void) -> SpreadScript {
    let script = SpreadScript {
      $0.loopInterval = Nanoseconds.milliseconds(100)
      change(&$0.edge)
    }
    script.warmUp()
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(1))
    return script
  }

  @Test("B-01 pv enters where its net edge is large enough, and tells it")
  func spread() {
    // Without fees 21.42 are left of 22.42, as both spreads are one: 3.08 bps of 69 432.
    let rich = pv { $0.minimum = Decimal(3) }
    #expect(rich.positions == ["-0.001", "0.001"])
    #expect(rich.logs("Entry: net edge 21.4200 (3.08").count == 1)
    let poor = pv { $0.minimum = decimal("3.1") }
    #expect(poor.positions == ["0", "0"])
    #expect(poor.logs("Signal short skipped: net edge 21.4200").count >= 1)
    let charged = pv { $0.fees["paradex"] = FeeRates(maker: .zero, taker: decimal("0.001")) }
    #expect(charged.positions == ["-0.001", "0.001"])
    #expect(charged.logs("Entry: net edge -11").count == 1)
  }

  @Test("B-01 a trade that takes from pv's position needs no exit")
  func reducing() {
    let script = pv { $0.minimum = decimal("3.1") }
    script.bench.first.seize(decimal("0.001"))
    script.bench.second.seize(decimal("-0.001"))
    script.bench.run(seconds: Decimal(4))
    #expect(script.positions == ["0", "0"] && script.bench.first.placed.count == 1)
  }

  @Test("B-01 pv's report tells what entries would come to")
  func report() throws {
    let script = SpreadScript { $0.reportInterval = Nanoseconds.seconds(60) }
    script.bench.run(seconds: Decimal(70))
    let text = try #require(script.notices("Status report").first)
    #expect(text.contains("\nshort net edge -2.2200 (-0.320 bps): spread -1.2200, "))
  }

  @Test("B-01 zarb opens where its net edge is large enough, and says why not")
  func score() {
    // Of 99 there are left 35.4, after GRVT has taken twice: 5.10 bps.
    for (least, isOpened) in [("5", true), ("5.2", false)] {
      let script = ZarbScript { $0.edge.minimum = decimal(least) }
      script.warmUp()
      script.pullApart()
      script.bench.run(seconds: decimal("0.4"))
      #expect((script.orders > 0) == isOpened, "\(least)")
      let row = script.get("/api/symbols")
      #expect(
        row.contains(#""net_edge_bps":"5.10"#) || row.contains(#""net_edge_bps":5.10"#), "\(row)")
      #expect(row.contains(isOpened ? ", long, net edge 35.4" : "is below 5.200 bps"))
    }
  }

  // MARK: ep

  private let bench = BotBench(
    secondOfDay: 3_600, ("edgex", "BTC-USD-PERP"), ("paradex", "BTC-USD-PERP"))

  private var settings: ConvergenceSettings {
    var settings = ConvergenceSettings(
      first: Listing("edgex", bench.first.symbol), second: Listing("paradex", bench.second.symbol))
    settings.interval = Nanoseconds.milliseconds(50)
    return settings
  }

  private func quote(first ask: String, second bid: String) {
    bench.first.ask = decimal(ask)
    bench.first.bid = decimal(ask).minus(decimal("0.1"))
    bench.second.bid = decimal(bid)
    bench.second.ask = decimal(bid).plus(decimal("0.1"))
    bench.tellQuotesOnce()
  }

  private func run(_ change: (inout EdgeSettings) -> Void) {
    var settings = settings
    change(&settings.edge)
    quote(first: "95000", second: "95001")
    bench.run(ConvergenceBot(settings, at: bench.now))
    bench.run(seconds: Decimal(5))
  }

  private func tellFunding(_ venue: String, _ hourlyRate: String, next: Int64) throws {
    let text =
      #"{"type":"funding","mseq":1,"venue":"\#(venue)","symbol":"BTC-USD-PERP","#
      + #""rate":"\#(hourlyRate)","interval_s":3600,"rate_1h":"\#(hourlyRate)","next_ts":\#(next)}"#
    try bench.hear(text)
  }

  private var isFlat: Bool { bench.venues.allSatisfy { $0.position.isZero } }
  private func logs(_ part: String) -> [String] { bench.logs.filter { $0.contains(part) } }

  @Test(
    "B-01 ep opens where its net edge is large enough",
    arguments: [("3.6", true), ("3.7", false)])
  func convergence(least: String, isOpened: Bool) {
    // Of 120 edgeX takes 0.045 % of 95 000 twice, which leaves 34.4: 3.62 bps.
    run { $0.minimum = decimal(least) }
    quote(first: "95000", second: "95120")
    bench.run(seconds: Decimal(3))
    #expect(isFlat != isOpened)
    #expect(logs("Entry: net edge 34.4").count == (isOpened ? 1 : 0))
    #expect(logs("Opportunity skipped: net edge 34.4").isEmpty == isOpened)
    #expect(logs("State: long 120.00 (net 34.40), ").isEmpty)
    bench.run(seconds: Decimal(30))
    #expect(!logs("State: long 120.00 (net 34.40), ").isEmpty)
  }

  @Test("B-02 without known funding nothing is entered that is to be held, and then with it")
  func unknownFunding() throws {
    run { edge in
      edge.minimum = Decimal(0)
      edge.hold = Nanoseconds.seconds(3_600)
    }
    #expect(bench.sent.count { $0.contains(#""channels":["funding"]"#) } == 2)
    quote(first: "95000", second: "95120")
    bench.run(seconds: Decimal(3))
    #expect(isFlat && !logs("Opportunity skipped: funding is not known").isEmpty)
    try tellFunding("edgex", "0.0004", next: 0)
    try tellFunding("paradex", "0", next: 0)
    bench.run(seconds: Decimal(3))
    // 38 are paid of the 34.4 that are left.
    #expect(isFlat)
    try tellFunding("edgex", "-0.0004", next: 0)
    bench.run(seconds: Decimal(3))
    #expect(!isFlat && logs("Entry: ").allSatisfy { $0.contains("funding +38.02") })
  }

  @Test("B-02 a pair against which funding turns is closed before the next funding time")
  func turnedFunding() throws {
    run { edge in
      (edge.minimum, edge.hold) = (Decimal(0), Nanoseconds.seconds(8 * 3_600))
      edge.lead = Nanoseconds.seconds(60)
    }
    let next = bench.now.wall + 200_000_000
    for venue in ["edgex", "paradex"] { try tellFunding(venue, "0", next: next) }
    quote(first: "95000", second: "95120")
    bench.run(seconds: Decimal(3))
    #expect(!isFlat)
    // 20 may come until it is closed at 40; 30.4 are to be paid.
    quote(first: "95000", second: "95060")
    try tellFunding("edgex", "0.00004", next: next)
    bench.run(seconds: Decimal(130))
    #expect(!isFlat)
    bench.run(seconds: Decimal(10))
    #expect(isFlat && logs("Closing pair").first?.contains("funding takes 30.4") == true)
    #expect(bench.first.placed.count == 2)
  }

  @Test("B-02 zarb closes what funding takes more from than the way back may bring")
  func turnedScore() throws {
    let script = ZarbScript { settings in
      settings.edge.minimum = Decimal(-1_000)
      settings.edge.hold = Nanoseconds.seconds(8 * 3_600)
      settings.edge.lead = Nanoseconds.seconds(60)
      settings.parameters.sizes.maxPosition = decimal("0.0022")
    }
    func tell(_ venue: String, _ symbol: String, _ rate: String) throws {
      let text =
        #"{"type":"funding","venue":"\#(venue)","symbol":"\#(symbol)","rate_1h":"\#(rate)"}"#
      try script.bench.hear(text)
    }
    try tell("paradex", "BTC-USD-PERP", "0")
    try tell("grvt", "BTC-USDT-PERP", "0")
    script.warmUp()
    script.pullApart()
    script.bench.run(seconds: decimal("0.9"))
    #expect(script.positions == ["0.0022", "-0.0022"])
    try tell("paradex", "BTC-USD-PERP", "0.001")
    // It is closed while the score still says that it should be opened.
    script.bench.run(seconds: Decimal(2))
    #expect(script.positions != ["0.0022", "-0.0022"])
    #expect(!script.events("funding takes").isEmpty)
  }

  @Test("B-01 a backtest charges what the strategy counts with")
  func backtest() throws {
    quote(first: "95000", second: "95001")
    bench.run(ConvergenceBot(settings, at: bench.now))
    for (first, second) in [("95000", "95001"), ("95000", "95120"), ("95030.1", "95064.9")] {
      quote(first: first, second: second)
      bench.run(seconds: Decimal(5))
    }
    var tape = Tape()
    for line in bench.heard { try tape.add(line) }
    for (least, trades) in [("3.6", 2), ("3.7", 0)] {
      var settings = settings
      settings.edge.minimum = decimal(least)
      let report = Backtest.run(tape, .init()) { ledger, now in
        ConvergenceBot(settings, ledger: ledger, at: now)
      }.report
      #expect(report.trades.fills == trades, "\(least)")
      #expect((report.trades.fees > .zero) == (trades > 0))
      #expect(report.text.contains("edgex 0.0004 maker 0.00045 taker, paradex 0 maker 0 taker"))
    }
  }
}
