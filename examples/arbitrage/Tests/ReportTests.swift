import Bot
import PerpCore
import Testing

/// Rows C-09, C-17, C-18 and C-22.
@Suite("Reports") struct ReportTests {
  @Test(
    "C-09 stamps are in the zone of the log",
    arguments: [
      (0, "2026-11-19 22:40:00.123"), (28_800, "2026-11-20 06:40:00.123"),
      (-18_000, "2026-11-19 17:40:00.123"),
    ])
  func stamps(offset: Int, expected: String) {
    #expect(WallTime(offset: offset).text(1_795_128_000_123_999) == expected)
  }

  @Test("C-09 leap days and the turn of the year")
  func calendar() {
    let utc = WallTime(offset: 0)
    #expect(utc.text(0) == "1970-01-01 00:00:00.000")
    #expect(utc.text(1_709_164_800_000_000) == "2024-02-29 00:00:00.000")
    #expect(utc.text(1_798_761_599_999_000) == "2026-12-31 23:59:59.999")
  }

  @Test("C-17 what is counted")
  func metrics() {
    let start = Moment(monotonic: 0, wall: 0)
    var metrics = Metrics(at: start)
    for milliseconds in 1...100 { metrics.note(duration: UInt64(milliseconds) * 1_000_000) }
    #expect(metrics.milliseconds(percentile: 50) == 51)
    #expect(metrics.milliseconds(percentile: 99) == 100)
    metrics.note(trade: "long")
    metrics.note(trade: "long")
    metrics.note(orders: 4, filled: 3)
    metrics.note(areQuotesSound: true)
    metrics.note(areQuotesSound: false)
    let hour = start.advanced(by: Nanoseconds.seconds(1_800))
    #expect(metrics.tradesPerHour(at: hour) == decimal("4"))
    #expect(
      metrics.text(at: hour)
        == "trades long=2 | net 0 | orders filled 3/4 | quotes sound 1/2 | per hour 4 | "
        + "two legs p50=51ms p95=96ms p99=100ms")
  }

  @Test(
    "C-18 every failure has a class",
    arguments: [
      ("rate_limited", FailureClass.rateLimit), ("auth", .authentication),
      ("refused_403", .authentication), ("closed_1006", .network), ("below_min", .local),
      ("INSUFFICIENT_MARGIN", .venueReject), ("no_pong", .timeout), ("malformed", .decode),
    ])
  func classes(reason: String, expected: FailureClass) {
    #expect(FailureClass(reason: reason) == expected)
  }

  @Test("C-18 of failures in a row the first is told, and then every tenth")
  func sampling() {
    var run = FailureRun()
    let told = (1...25).filter { _ in run.note() }
    #expect(told == [1, 11, 21])
    let count = run.end()
    let isTold = run.note()
    #expect(count == 25 && isTold)
  }

  @Test("C-22 the summary is one line of JSON")
  func summary() throws {
    let summary = ExitSummary(
      bot: "pv", trades: 2, netProfit: decimal("-0.50"), fees: decimal("0.02"),
      maxUnhedgedMilliseconds: 31, endPositions: [("paradex:BTC-USD-PERP", decimal("0.0010"))])
    #expect(
      summary.line
        == #"{"bot":"pv","trades":2,"net_pnl":"-0.50","fees":"0.02","max_unhedged_ms":31,"#
        + #""end_positions":{"paradex:BTC-USD-PERP":"0.001"}}"# + "\n")
  }
}
