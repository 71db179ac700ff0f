import Bot
import PerpCore
import Testing

/// Row S0-52.
@Suite("Distribution of spreads") struct SpreadStatisticsTests {
  private func rows(widths: [Int]) -> [String] {
    widths.map { "2026-01-01 00:00:00.000,100,101,200,\(200 + $0),-5,\($0)" }
  }

  @Test("S0-52 percentiles, and the floor that they suggest")
  func percentiles() throws {
    let usual = try #require(SpreadStatistics(rows: rows(widths: Array(1...20))))
    #expect(usual.percentile(50, of: 0) == decimal("11"))
    #expect(usual.percentile(99, of: 2) == decimal("20"))
    #expect(usual.advice.contains("--min-spread 20."))
    let wide = try #require(SpreadStatistics(rows: rows(widths: Array(30...50))))
    #expect(wide.advice.contains("--min-spread 35 or more."))
    #expect(wide.text.contains("long spread: p1 -5.00"))
  }

  @Test("S0-52 what is no row is passed over, and nothing is no report")
  func noRows() {
    #expect(SpreadStatistics(rows: ["", "a,b"]) == nil)
    #expect(
      SpreadStatistics(rows: rows(widths: [3]) + ["torn,1"])?.text.hasPrefix("1 samples") == true)
  }
}
