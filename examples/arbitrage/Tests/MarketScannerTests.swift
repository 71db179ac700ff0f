import PerpCore
import Testing

@testable import Bot

/// Rows S1-52, S1-85 to S1-87, and scenario D-18.
@Suite("Market scanner") struct MarketScannerTests {
  private let now = Moment(monotonic: 1_000_000_000_000, wall: 1_795_132_800_000_000)
  private let venues = (first: "paradex", second: "grvt")

  private func listing(_ venue: String, _ symbol: String) -> Listing {
    Listing(venue, Symbol(symbol)!)
  }

  private func rules(_ leverage: Int?) -> MarketRules {
    MarketRules(
      tick: Decimal(1), lot: Decimal(1), minSize: Decimal(1),
      maxLeverage: leverage.map { Decimal($0) })
  }

  private func quote(_ mid: String) -> Quote {
    Quote(
      bid: decimal(mid).minus(decimal("0.5")), ask: decimal(mid).plus(decimal("0.5")),
      bidSize: Decimal(1), askSize: Decimal(1), received: now.wall)
  }

  private var markets: [Listing: MarketRules] {
    [
      listing("paradex", "BTC-USD-PERP"): rules(50), listing("grvt", "BTC-USDT-PERP"): rules(nil),
      listing("paradex", "ETH-USD-PERP"): rules(20), listing("grvt", "ETH-USDT-PERP"): rules(10),
      listing("paradex", "SOL-USD-PERP"): rules(500), listing("grvt", "SOL-USDT-PERP"): rules(300),
      listing("paradex", "XYZ-USD-PERP"): rules(5),
    ]
  }

  private let mids = [
    "paradex:BTC-USD-PERP": "65000.5", "grvt:BTC-USDT-PERP": "65013.0",
    "paradex:ETH-USD-PERP": "2500", "grvt:ETH-USDT-PERP": "2497",
    "paradex:SOL-USD-PERP": "150", "grvt:SOL-USDT-PERP": "150.1",
  ]

  private func scanner() -> MarketScanner {
    var scanner = MarketScanner()
    scanner.learn(markets, venues: venues)
    scanner.scan(at: now) { mids[$0.description].map(quote) }
    return scanner
  }

  @Test("S1-85 leverage of the market or the fallback, and what the spread comes to with it")
  func nominal() throws {
    let rows = scanner().rows(.init())
    #expect(rows.map(\.symbol) == ["ETH-PERP", "BTC-PERP", "SOL-PERP"])
    let row = try #require(rows.first { $0.symbol == "BTC-PERP" })
    #expect(row.spread == decimal("12.5") && row.basisPoints.text(places: 3) == "1.923")
    #expect(row.effectiveLeverage == Decimal(2) && row.nominal == Decimal(25))
    #expect(row.json.string.contains(#""paradex_leverage_source":"market""#))
    #expect(row.json.string.contains(#""grvt_leverage_source":"fallback""#))
    #expect(row.json.string.contains(#""direction":"grvt_gt_paradex""#))
    #expect(rows[0].nominal == Decimal(30) && rows[2].effectiveLeverage == Decimal(200))
    var fallback = MarketScanner.Fallback()
    fallback.second = Decimal(10)
    #expect(scanner().rows(fallback).first?.symbol == "BTC-PERP")
  }

  @Test("S1-85 one market of each asset, of the better quote asset")
  func universe() {
    var markets = markets
    markets[listing("paradex", "BTC-USDC-PERP")] = rules(1)
    markets[listing("grvt", "BTC-USD-PERP")] = rules(1)
    var halted = rules(1)
    halted.status = "halted"
    markets[listing("grvt", "XYZ-USDT-PERP")] = halted
    var scanner = MarketScanner()
    scanner.learn(markets, venues: venues)
    #expect(scanner.pairs.map(\.base) == ["BTC", "ETH", "SOL"])
    #expect(scanner.pairs[0].first.symbol.description == "BTC-USDC-PERP")
    #expect(scanner.pairs[0].second.symbol.description == "BTC-USDT-PERP")
  }

  @Test("D-18 what was found is told again for 300 s; a silent venue leaves it as it was")
  func cache() {
    var scanner = scanner()
    let second = Nanoseconds.seconds(1)
    #expect(!scanner.isDue(at: now.monotonic + 299 * second))
    #expect(scanner.isDue(at: now.monotonic + 300 * second))
    scanner.scan(at: now.advanced(by: second)) { listing in
      listing.venue == "grvt" ? nil : mids[listing.description].map(quote)
    }
    #expect(scanner.error == "no fresh quotes of grvt")
    #expect(scanner.rows(.init()).count == 3 && scanner.updated == now.wall / 1_000)
    let reply = scanner.json(limit: 2, .init()).string
    #expect(reply.contains(#""total_symbols":3"#) && reply.contains(#""last_error":"no fresh"#))
    #expect(reply.components(of: #""base_asset""#) == 2)
    scanner.scan(at: now.advanced(by: 2 * second)) { mids[$0.description].map(quote) }
    #expect(scanner.error == nil && scanner.updated == now.wall / 1_000 + 2_000)
  }

  @Test("S1-85 a scan alone asks for markets and quotes, tells what it found, and ends")
  func scan() throws {
    let bench = BotBench(("paradex", "BTC-USD-PERP"), ("grvt", "BTC-USDT-PERP"))
    bench.run(
      ScanBot(venues: venues, limit: 5, patience: Nanoseconds.seconds(6), at: bench.now))
    bench.run(seconds: Decimal(8))
    #expect(bench.end?.code == 0 && bench.replies.count == 1)
    #expect(bench.replies.first?.body.contains(#""symbol":"BTC-PERP""#) == true)
  }

  @Test("S1-87 fees of all the leverage are taken off, and what is left over none is dropped")
  func yield() throws {
    let board = SpreadBoard(.init())
    let (gross, fees, net) = board.yield(
      edge: decimal("12.5"), mid: decimal("65006.75"), leverage: Decimal(2))
    #expect(gross == Decimal(25) && fees == decimal("52.0054") && net == decimal("-27.0054"))
    let reply = board.json(scanner().rows(.init()), configured: 10, comparable: 3, limit: 10).string
    #expect(reply.contains(#""executable":1"#) && reply.contains(#""fees":1,"no_edge":1"#))
    let choosy = SpreadBoard(.init(), SpreadBoard.Settings(minLeverage: Decimal(50)))
    let rest = choosy.json(scanner().rows(.init()), configured: 10, comparable: 3, limit: 10).string
    #expect(rest.contains(#""skipped":{"leverage":2,"no_edge":1}"#))
  }

  @Test("S1-87 a score once there are samples, and none without a deviation")
  func score() {
    var settings = ScoreWindow.Settings()
    settings.least = 3
    var board = SpreadBoard(settings)
    let minute = Nanoseconds.seconds(60)
    for index in 0..<3 {
      #expect(board.zscore("A").status == "insufficient_samples")
      board.note("A", percent: Decimal(1), at: now.monotonic + UInt64(index) * minute)
    }
    #expect(board.zscore("A").status == "zero_std")
    board.note("A", percent: Decimal(4), at: now.monotonic + 3 * minute)
    #expect(board.zscore("A").status == "ready" && board.speed("A") == 1)
    // What is older than ten minutes does not count.
    board.note("A", percent: Decimal(6), at: now.monotonic + 12 * minute)
    #expect(abs(board.speed("A") - 5.0 / 10) < 1e-9)
  }

  @Test("S1-52 gains are realised by what reduces, and a position that turns begins anew")
  func gains() {
    var gain = PositionGain()
    gain.note(.buy, Decimal(1), at: Decimal(100))
    gain.note(.buy, Decimal(1), at: Decimal(110))
    #expect(gain.average == Decimal(105) && gain.unrealised(at: Decimal(107)) == Decimal(4))
    gain.note(.sell, decimal("0.5"), at: Decimal(115))
    #expect(gain.realised == Decimal(5) && gain.average == Decimal(105))
    gain.note(.sell, Decimal(2), at: Decimal(100))
    #expect(gain.realised == decimal("-2.5") && gain.size == decimal("-0.5"))
    #expect(gain.average == Decimal(100) && gain.unrealised(at: Decimal(90)) == Decimal(5))
    gain.note(.buy, decimal("0.5"), at: Decimal(98))
    #expect(gain.realised == decimal("-1.5") && gain.size.isZero && gain.average.isZero)
  }

  @Test("S1-52 equity, its peak, and how far below that it is")
  func drawdown() throws {
    var performance = ZarbPerformance()
    performance.begin(with: Decimal(1_000))
    performance.begin(with: Decimal(5))
    let line =
      #"{"venue":"grvt","symbol":"BTC-USDT-PERP","trade_id":"1","side":"buy","price":"100","#
      + #""size":"1","fee":"2"}"#
    let fill = try #require(FillLine(try JSONFields(Array(line.utf8).span.bytes)))
    performance.note(fill)
    performance.mark(at: 1) { _ in Decimal(152) }
    #expect(performance.equity == Decimal(1_050) && performance.turnover == Decimal(100))
    performance.mark(at: 2) { _ in decimal("141.5") }
    #expect(performance.points.map(\.drawdown) == [.zero, Decimal(1)])
    performance.mark(at: 3) { _ in Decimal(162) }
    #expect(performance.summary.string.contains(#""max_drawdown_pct":1,"#))
    #expect(performance.summary.string.contains(#""pnl_pct":6,"#))
  }
}

extension String {
  fileprivate func components(of part: String) -> Int {
    var (count, rest) = (0, self[...])
    while let range = rest.firstRange(of: part) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}
