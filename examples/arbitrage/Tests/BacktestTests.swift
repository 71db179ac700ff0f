import PerpCore
import Testing

@testable import Bot

/// A strategy over a recording. (B-12, D-38)
@Suite("Backtests") struct BacktestTests {
  /// What a bot decided on, whatever its orders were called.
  private func decisions(_ tickets: [OrderTicket]) -> [String] {
    tickets.map {
      "\($0.listing) \($0.side) \($0.size.trimmed) \($0.price?.trimmed.description ?? "market") "
        + "\($0.isReduceOnly)"
    }
  }

  private func decisions(of bench: BotBench) -> [String] {
    decisions(
      bench.ledger.compactMap { LedgerRecord(line: $0) }.flatMap { record in
        switch record {
        case .trade(let trade): [trade.first, trade.second]
        case .order(_, let ticket): [ticket]
        default: [OrderTicket]()
        }
      })
  }

  private func tape(of bench: BotBench) throws -> Tape {
    var tape = Tape()
    for line in bench.heard { try tape.add(line) }
    return tape
  }

  private let bench = BotBench(
    secondOfDay: 86_280, ("edgex", "BTC-USD-PERP"), ("paradex", "BTC-USD-PERP"))

  private var settings: ConvergenceSettings {
    var settings = ConvergenceSettings(
      first: Listing("edgex", bench.first.symbol), second: Listing("paradex", bench.second.symbol))
    settings.interval = Nanoseconds.milliseconds(50)
    return settings
  }

  /// D-36: opened at 120, and closed below 35.
  private func record() throws -> Tape {
    func quote(first ask: String, second bid: String) {
      bench.first.ask = decimal(ask)
      bench.first.bid = decimal(ask).minus(decimal("0.1"))
      bench.second.bid = decimal(bid)
      bench.second.ask = decimal(bid).plus(decimal("0.1"))
      bench.tellQuotesOnce()
    }
    quote(first: "95000", second: "95001")
    bench.run(ConvergenceBot(settings, at: bench.now))
    for (first, second) in [
      ("95000", "95001"), ("95000", "95120"), ("95030.1", "95071"), ("95030.1", "95064.9"),
    ] {
      quote(first: first, second: second)
      bench.run(seconds: Decimal(5))
    }
    return try tape(of: bench)
  }

  @Test("D-38 a scenario's recording gives the same decisions, and the same report each time")
  func convergence() throws {
    let tape = try record()
    var paper = PaperExchange.Settings()
    for venue in ["edgex", "paradex"] {
      paper.fees[venue] = .init(maker: .zero, taker: decimal("0.0002"))
    }
    let settings = settings
    let make = { (ledger: Ledger, now: Moment) in ConvergenceBot(settings, ledger: ledger, at: now)
    }
    let (report, run) = Backtest.run(tape, paper, make)
    #expect(decisions(of: bench).count == 4)
    #expect(decisions(run.decisions) == decisions(of: bench))
    // As D-36 has it: 0.425 for the pair, and fees of 0.02 % on four orders.
    #expect(report.trades.net == decimal("0.425"))
    #expect(report.trades.fees == decimal("0.380215"))
    #expect(report.fills == 4 && report.trades.fills == 2)
    #expect(report.trades.closing == 1 && report.trades.winRate == Decimal(100))
    #expect(report.net == report.trades.net.minus(report.trades.fees))
    let again = Backtest.run(tape, paper, make).report
    #expect(again.text == report.text && again.line == report.line)
    paper.orderLatency = Nanoseconds.seconds(6)
    let late = Backtest.run(tape, paper, make).report
    #expect(late.net != report.net && late.line.contains("order latency 6000 ms"))
  }

  @Test("D-38 the trades of a spread bot, and its way to a flat end, are decided again")
  func spread() throws {
    let script = SpreadScript(seed: 3)
    script.warmUp()
    script.setShortSpread("22.42")
    script.bench.run(seconds: decimal("3.4"))
    #expect(script.positions == ["-0.002", "0.002"])
    script.bench.tell(.stop(reason: "the recording ends"))
    script.bench.run(seconds: Decimal(10))
    #expect(script.positions == ["0", "0"])
    let recorded = decisions(of: script.bench)
    #expect(recorded.count == 6)
    // The recording ends where the bot was stopped.
    let stop = script.bench.now.wall - 10_000_000
    var tape = Tape()
    for line in script.bench.heard {
      let fields = try JSONFields(line.span.bytes)
      if (fields.integer("send_ts") ?? 0) <= stop { try tape.add(line) }
    }
    let settings = script.settings
    let (report, run) = Backtest.run(tape, .init()) { ledger, now in
      SpreadBot(settings, ledger: ledger, at: now)
    }
    #expect(decisions(run.decisions) == recorded)
    #expect(
      report.text.contains(
        "End positions: paradex:BTC-USD-PERP 0, variational:BTC-USDC-PERP 0"))
  }

  @Test("D-38 the openings and closings of the z-score engine are decided again")
  func score() throws {
    let script = ZarbScript {
      $0.startsByItself = true
      $0.parameters.sizes.maxPosition = decimal("0.0022")
    }
    script.warmUp()
    script.pullApart()
    script.bench.run(seconds: Decimal(5))
    #expect(script.positions == ["0.0022", "-0.0022"])
    script.setMiddles("69420", "69420")
    _ = script.bench.run(seconds: 60) { script.positions == ["0", "0"] }
    let recorded = decisions(of: script.bench)
    #expect(recorded.count == 12)
    let settings = script.settings
    let (report, run) = Backtest.run(try tape(of: script.bench), .init()) { ledger, now in
      ZarbBot(settings, ledger: ledger, at: now)
    }
    #expect(decisions(run.decisions) == recorded)
    #expect(report.text.contains("End positions: paradex:BTC-USD-PERP 0, grvt:BTC-USDT-PERP 0"))
  }

  @Test("B-12 a part of a recording begins with the markets as they were")
  func part() throws {
    let tape = try record()
    let settings = settings
    let start = tape.index(after: decimal("0.3"))
    #expect(start > 0 && start < tape.count)
    // Also where the time cannot be divided so.
    #expect(tape.index(after: decimal("0.333333333333")) >= start)
    let (report, _) = Backtest.run(tape, in: start..<tape.count, .init()) { ledger, now in
      ConvergenceBot(settings, ledger: ledger, at: now)
    }
    // What stood at 120 when it began is opened.
    #expect(report.lines == tape.count - start && report.trades.fills == 2)
    let early = Backtest.run(tape, in: 0..<start, .init()) { ledger, now in
      ConvergenceBot(settings, ledger: ledger, at: now)
    }
    #expect(early.report.lines == start)
  }

  @Test("B-12 the report: trades, legs and hours, and how long something stood alone")
  func report() {
    let hour: Int64 = 3_600_000_000
    func fill(_ number: Int, _ at: Int64, _ listing: Listing, _ side: Side, _ gain: String)
      -> PaperFill
    {
      PaperFill(
        number: number, wall: PaperScript.start + at,
        ticket: OrderTicket(listing, clientID: "o\(number)", side: side, size: Decimal(1)),
        price: Decimal(100), size: Decimal(1), fee: decimal("0.1"), isMaker: number == 1,
        realised: decimal(gain))
    }
    let fills = [
      fill(1, 0, PaperScript.listing, .buy, "0"),
      fill(2, 30_000, PaperScript.other, .sell, "0"),
      fill(3, hour, PaperScript.listing, .sell, "3"),
      fill(4, hour + 50_000, PaperScript.other, .buy, "-1"),
      fill(5, hour + 70_000, PaperScript.listing, .sell, "0"),
    ]
    let report = BacktestReport(
      fills: fills, trades: ["o1": 1, "o2": 1, "o3": 2, "o4": 2, "o5": 3], summary: nil,
      span: (PaperScript.start, PaperScript.start + hour + 80_000), lines: 9,
      venues: ["paradex"], PaperExchange.Settings())
    #expect(report.trades.fills == 3 && report.trades.closing == 1 && report.fills == 5)
    #expect(report.trades.net == Decimal(2) && report.net == decimal("1.5"))
    #expect(report.legs[PaperScript.other]?.maxDrawdown == Decimal(1))
    #expect(report.legs[PaperScript.listing]?.makers == 1)
    #expect(report.unhedged.total == Nanoseconds.milliseconds(90))
    #expect(report.unhedged.longest == Nanoseconds.milliseconds(50))
    #expect(report.line.contains(#""hours":{"1":"2"}"#))
    #expect(report.text.contains("lighter:BTC-USDC-PERP\nFills: 2 (1 buys, 1 sells)"))
    #expect(report.text.contains("Unhedged: 90 ms, at most 50 ms at a stretch"))
    #expect(report.text.contains("the bot did not end"))
  }

  @Test("B-12 rules of a market are those recorded, or what the digits of its quotes allow")
  func rules() throws {
    var tape = Tape()
    tape.add(PaperScript.quote("99.5", "100", size: "0.25"))
    tape.add(PaperScript.quote("99", "100", of: PaperScript.other))
    #expect(tape.rules(PaperScript.listing)?.tick == decimal("0.1"))
    #expect(tape.rules(PaperScript.listing)?.lot == decimal("0.01"))
    let recorded = try record()
    #expect(recorded.rules(settings.first)?.lot == decimal("0.0001"))
    #expect(recorded.listings == [settings.first, settings.second])
  }

  @Test("B-12 a sweep: all combinations, the best first")
  func sweep() throws {
    let variations = try [
      #require(Sweep.Variation("open-threshold=100,130")),
      #require(Sweep.Variation("amount=1,2,3")),
    ]
    #expect(Sweep.Variation("amount") == nil)
    let all = Sweep.combinations(variations)
    #expect(all.count == 6 && all[1].arguments == ["--open-threshold=100", "--amount=2"])
    let tape = try record()
    var paper = PaperExchange.Settings()
    paper.fees["edgex"] = FeeRates.none
    let results = ["130", "100", "90"].map { threshold in
      var settings = settings
      settings.openThreshold = decimal(threshold)
      let report = Backtest.run(tape, paper) { ledger, now in
        ConvergenceBot(settings, ledger: ledger, at: now)
      }.report
      return Sweep.Result(Sweep.Combination(values: [("open-threshold", threshold)]), report)
    }
    let ranking = Sweep.ranking(results).map(\.combination.text)
    #expect(ranking == ["open-threshold=100", "open-threshold=90", "open-threshold=130"])
    let table = Sweep.table(Sweep.ranking(results)).split(separator: "\n")
    #expect(
      table[1].hasSuffix(
        "0.4250       2    100.0%            inf        0.0000  open-threshold=100"))
    #expect(
      results[0].line("train").hasPrefix(#"{"part":"train","settings":{"open-threshold":"130"}"#))
  }
}
