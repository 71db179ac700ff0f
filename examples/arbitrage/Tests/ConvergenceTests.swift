import PerpCore
import Testing

@testable import Bot

/// Rows S4-10 to S4-14, and scenarios D-35 and D-36.
@Suite("Convergence") struct ConvergenceTests {
  /// It begins two minutes before the UTC day ends.
  private let bench = BotBench(
    secondOfDay: 86_280, ("edgex", "BTC-USD-PERP"), ("paradex", "BTC-USD-PERP"))

  private func settings() -> ConvergenceSettings {
    var settings = ConvergenceSettings(
      first: Listing("edgex", bench.first.symbol), second: Listing("paradex", bench.second.symbol))
    settings.interval = Nanoseconds.milliseconds(50)
    return settings
  }

  private func start(_ change: (inout ConvergenceSettings) -> Void = { _ in }) {
    var settings = settings()
    change(&settings)
    quote(first: "95000", second: "95001")
    bench.run(ConvergenceBot(settings, at: bench.now))
    bench.run(seconds: Decimal(5))
  }

  /// What the first venue asks, and the second bids: where a long pair is opened.
  private func quote(first ask: String, second bid: String) {
    bench.first.ask = decimal(ask)
    bench.first.bid = decimal(ask).minus(decimal("0.1"))
    bench.second.bid = decimal(bid)
    bench.second.ask = decimal(bid).plus(decimal("0.1"))
    bench.tellQuotesOnce()
  }

  private var bot: ConvergenceBot? { bench.bot as? ConvergenceBot }
  private var positions: [Decimal] { bench.venues.map(\.position) }
  private func logs(_ part: String) -> [String] { bench.logs.filter { $0.contains(part) } }
  private let flat = [Decimal.zero, .zero]
  private let long = [decimal("0.005"), decimal("-0.005")]

  @Test("D-36 120 opens, 35 closes, and the profit is that of the fills")
  func openAndClose() throws {
    for venue in bench.venues { venue.feeRate = decimal("0.0002") }
    start()
    quote(first: "95000", second: "95120")
    bench.run(seconds: Decimal(5))
    #expect(positions == long && bot?.desk.ledger.pairs.held.count == 1)
    quote(first: "95030.1", second: "95071")
    bench.run(seconds: Decimal(5))
    #expect(positions == long)
    quote(first: "95030.1", second: "95064.9")
    bench.run(seconds: Decimal(1))
    #expect(positions == flat)
    // However often the signal came, it was closed once.
    #expect(bench.first.placed.count == 2 && bench.second.placed.count == 2)
    #expect(bench.first.placed[1].isReduceOnly && bench.second.placed[1].isReduceOnly)
    let closed = try #require(bot?.desk.ledger.pairs.closed.first)
    #expect(closed.pair.cash == decimal("0.425"))
    #expect(closed.pair.fees.text(places: 2) == "0.38")
    #expect(closed.profit.text(places: 3) == "0.045")
    #expect(closed.closeSpread == decimal("35") && closed.pair.openSpread == decimal("120"))
    let history = try JSONFields(Array((bench.documents[.history] ?? "").utf8).span.bytes)
    let row = try #require(history.objects("closedTrades")?.first)
    #expect(row.decimal("edgexPrice") == decimal("95000"))
    #expect(row.decimal("paradexPrice") == decimal("95120"))
    #expect(row.decimal("amount") == decimal("0.005") && row.decimal("pnl") == closed.profit)
    #expect(history.objects("openTrades")?.isEmpty == true)
    let names = ["id", "direction", "openSpread", "closeSpread", "totalFee", "holdTime"]
    #expect(names.allSatisfy { row.raw($0) != nil })
  }

  @Test("S4-11 99.9 does not open, 100 does, and 501 is taken for bad data")
  func thresholds() {
    start()
    quote(first: "95000", second: "95501")
    bench.run(seconds: Decimal(3))
    #expect(positions == flat && logs("is taken for bad data").count > 1)
    quote(first: "95000", second: "95099.9")
    bench.run(seconds: Decimal(3))
    #expect(positions == flat)
    quote(first: "95000", second: "95100")
    bench.run(seconds: Decimal(3))
    #expect(positions == long)
  }

  @Test("S4-11 a short pair is opened by the other spread, and closed by it")
  func shortPair() {
    start()
    bench.first.bid = decimal("95100")
    bench.first.ask = decimal("95100.1")
    bench.second.bid = decimal("94980")
    bench.second.ask = decimal("94980.1")
    bench.run(seconds: Decimal(3))
    #expect(positions == [decimal("-0.005"), decimal("0.005")])
    quote(first: "95000", second: "95000")
    bench.run(seconds: Decimal(3))
    #expect(positions == flat && bot?.desk.ledger.pairs.closed.count == 1)
  }

  @Test("S4-10 locks: ten seconds after an opening, thirty after a close, five pairs at most")
  func locks() {
    start()
    quote(first: "95000", second: "95120")
    bench.run(seconds: Decimal(9))
    #expect(bot?.desk.ledger.pairs.held.count == 1)
    bench.run(seconds: Decimal(3))
    #expect(bot?.desk.ledger.pairs.held.count == 2)
    bench.run(seconds: Decimal(90))
    #expect(bot?.desk.ledger.pairs.held.count == 5)
    #expect(logs("5 pairs are held").count > 1)
    quote(first: "95000", second: "95010")
    bench.run(seconds: Decimal(1))
    #expect(positions == flat && bench.first.placed.count == 10)
    quote(first: "95000", second: "95120")
    bench.run(seconds: Decimal(28))
    #expect(positions == flat)
    bench.run(seconds: Decimal(4))
    #expect(positions == long)
  }

  @Test("S4-12 a loss beyond its part of the value, or age, closes a pair")
  func stopLoss() {
    start { $0.stopLoss = decimal("0.002") }
    quote(first: "95000", second: "95120")
    bench.run(seconds: Decimal(5))
    quote(first: "95000", second: "95300")
    bench.run(seconds: Decimal(5))
    #expect(positions == long)
    quote(first: "95000", second: "95320")
    bench.run(seconds: Decimal(5))
    #expect(logs("Closing pair").first?.contains("loss 1.00") == true)
    #expect(bot?.desk.ledger.pairs.closed.count == 1)
  }

  @Test("S4-12 a pair that is too old is closed")
  func maxHold() {
    start { $0.maxHold = Nanoseconds.seconds(60) }
    quote(first: "95000", second: "95120")
    bench.run(seconds: Decimal(3))
    quote(first: "95000", second: "95090")
    bench.run(seconds: Decimal(50))
    #expect(positions == long)
    bench.run(seconds: Decimal(12))
    #expect(positions == flat && logs("Closing pair").first?.contains("age") == true)
  }

  @Test("S4-12 a close that fails leaves the pair as it was, and is tried again")
  func failedClose() {
    start()
    quote(first: "95000", second: "95120")
    bench.run(seconds: Decimal(3))
    bench.first.fates = [.refused(code: "REFUSED")]
    quote(first: "95000", second: "95010")
    bench.run(seconds: Decimal(5))
    #expect(positions == long && bot?.desk.ledger.pairs.held.first?.size == decimal("0.005"))
    bench.run(seconds: Decimal(10))
    #expect(positions == flat && bot?.desk.ledger.pairs.held.isEmpty == true)
  }

  @Test("S4-10 what was lost today stops entries until tomorrow")
  func dailyLoss() {
    start { settings in
      settings.dailyLoss = decimal("0.5")
      settings.lockAfterClose = 0
      settings.maxHold = Nanoseconds.seconds(5)
    }
    quote(first: "95000", second: "95120")
    bench.run(seconds: Decimal(3))
    quote(first: "95000", second: "95230")
    bench.run(seconds: Decimal(60))
    #expect(positions == flat && bot?.desk.ledger.pairs.closed.count == 1)
    #expect(logs("were lost today").count > 1)
    bench.run(seconds: Decimal(120))
    #expect((bot?.desk.ledger.pairs.closed.count ?? 0) > 1)
  }

  @Test("S4-14 where venue and ledger differ there is no entry, and people are told")
  func mismatch() {
    start()
    bench.second.seize(decimal("0.0011"))
    quote(first: "95000", second: "95120")
    bench.run(seconds: Decimal(5))
    #expect(bench.first.placed.isEmpty)
    #expect(bench.notices.contains { $0.contains("Mismatch") && $0.contains("0.0011") })
    bench.second.seize(.zero)
    bench.run(seconds: Decimal(100))
    #expect(bench.first.placed.count == 5)
  }

  @Test("D-35 seven internal errors in a burst: seven are undone, and the ledger has each")
  func burst() {
    start { settings in
      settings.maxFailures = 0
      settings.lockAfterOpen = 0
    }
    bench.first.fates = Array(repeating: .refused(code: "INTERNAL"), count: 7)
    quote(first: "95000", second: "95120")
    #expect(bench.run(seconds: 600) { bench.first.placed.count == 7 })
    quote(first: "95000", second: "95001")
    bench.run(seconds: Decimal(120))
    let ledger = bot?.desk.ledger
    #expect(positions == flat && ledger?.open.isEmpty == true)
    #expect(ledger?.otherTrades == 7 && ledger?.pairs.held.isEmpty == true)
    #expect(bench.second.placed.count == 14)
    #expect(bench.second.placed.count { $0.isReduceOnly } == 7)
    let lines = bench.ledger.map { String(decoding: $0, as: UTF8.self) }
    #expect(lines.count { $0.contains(#""outcome":"unwound""#) } == 7)
  }

  @Test("D-35 after the second failure in a row there are no entries any more")
  func stopsAfterFailures() {
    start { $0.lockAfterOpen = 0 }
    bench.first.fate = .refused(code: "INTERNAL")
    quote(first: "95000", second: "95120")
    bench.run(seconds: Decimal(600))
    #expect(bench.first.placed.count == 2 && positions == flat)
    #expect(bench.notices.contains { $0.contains("Entries stopped") })
  }

  @Test("S4-12 pairs of both directions leave no position, and are closed all the same")
  func bothDirections() throws {
    start { settings in
      settings.closeThreshold = decimal("-1000")
      settings.maxHold = Nanoseconds.seconds(30)
    }
    quote(first: "95000", second: "95120")
    bench.run(seconds: Decimal(3))
    bench.first.bid = decimal("95100")
    bench.first.ask = decimal("95100.1")
    bench.second.bid = decimal("94980")
    bench.second.ask = decimal("94980.1")
    bench.run(seconds: Decimal(12))
    #expect(positions == flat && bot?.desk.ledger.pairs.held.count == 2)
    quote(first: "95000", second: "95001")
    bench.run(seconds: Decimal(60))
    #expect(positions == flat && bot?.desk.ledger.pairs.closed.count == 2)
    quote(first: "95000", second: "95120")
    bench.run(seconds: Decimal(5))
    bench.tell(.stop(reason: "SIGTERM"))
    bench.run(seconds: Decimal(5))
    #expect(positions == flat && bench.end?.code == 0)
    let history = try JSONFields(Array((bench.documents[.history] ?? "").utf8).span.bytes)
    #expect(history.objects("closedTrades")?.count == 3)
    #expect(history.objects("openTrades")?.isEmpty == true)
  }

  @Test("C-14 a pair outlives its bot, and is closed by the next")
  func restart() {
    start()
    quote(first: "95000", second: "95120")
    bench.run(seconds: Decimal(3))
    bench.kill()
    bench.run(seconds: Decimal(5))
    let ledger = Ledger(lines: bench.ledger)
    #expect(ledger.pairs.held.count == 1)
    bench.run(ConvergenceBot(settings(), ledger: ledger, at: bench.now))
    quote(first: "95000", second: "95010")
    bench.run(seconds: Decimal(5))
    #expect(positions == flat && bot?.desk.ledger.pairs.closed.count == 1)
  }

  @Test("S4-12 a close threshold that is not below the open threshold is refused")
  func contradiction() throws {
    for (close, isRight) in [("99", true), ("100", false), ("150", false)] {
      let settings = try Settings(
        ConvergenceSettings.parameters, arguments: ["--close-threshold", close])
      #expect(((try? ConvergenceSettings(settings)) != nil) == isRight, "\(close)")
    }
  }

  @Test("S4-10 the defaults are those of the specification")
  func defaults() throws {
    let read = try ConvergenceSettings(Settings(ConvergenceSettings.parameters, arguments: []))
    #expect(read.amount == decimal("0.005") && read.openThreshold == decimal("100"))
    #expect(read.closeThreshold == decimal("40") && read.maxSpread == decimal("500"))
    #expect(read.maxPairs == 5 && read.stopLoss == decimal("0.2") && read.dailyLoss == .zero)
    #expect(read.lockAfterOpen == Nanoseconds.seconds(10))
    #expect(read.lockAfterClose == Nanoseconds.seconds(30) && read.maxHold == 0)
    #expect(read.validity == Nanoseconds.seconds(3))
    #expect(read.statistics == Nanoseconds.seconds(600))
    #expect(read.stateLine == Nanoseconds.seconds(30))
    #expect(read.first.description == "edgex:BTC-USD-PERP")
  }
}
