import Bot
import PerpCore
import Testing

/// Row S3-70.
@Suite("How a market maker has done") struct FillStatisticsTests {
  private func table(_ realised: [String]) -> [String] {
    [FillStatistics.columns.joined(separator: ",")]
      + realised.enumerated().map { index, gain in
        let maker = index == 0 ? "taker" : "maker"
        let side = index % 2 == 0 ? "sell" : "buy"
        // An hour for each.
        return "\(1_795_132_800_000 + index * 3_600_000),\(side),97000,0.0003,0.01,\(maker),0,0,"
          + "\(gain),0.1,5,97000,96990,97010"
      }
  }

  @Test("S3-70 closing trades, factor, expectancy, drawdown and losses in a row")
  func example() throws {
    let statistics = try #require(
      FillStatistics(table: table(["0.5", "-0.2", "0", "0.3", "-0.1", "-0.4"])))
    #expect(statistics.fills == 6 && statistics.closing == 5)
    #expect(statistics.winRate == Decimal(40) && statistics.expectancy == decimal("0.02"))
    #expect(statistics.profitFactor?.text(places: 6) == "1.142857")
    #expect(statistics.maxDrawdown == decimal("0.5") && statistics.maxLossesInARow == 2)
    #expect(statistics.net == decimal("0.1") && statistics.fees == decimal("0.06"))
    #expect(statistics.buys == 3 && statistics.makers == 5)
    #expect(statistics.byHour.values.reduce(Decimal.zero) { $0.plus($1) } == decimal("0.1"))
    #expect(statistics.byHour.count == 5)
    for line in [
      "Closing trades: 5", "Profit factor: 1.142857", "Win rate: 40.0%", "Maker: 5 (83.3%)",
      "Net after fees: 0.0400", "Average win: 0.4000", "Average loss: 0.2333",
    ] {
      #expect(statistics.report.split(separator: "\n").map(String.init).contains(line), "\(line)")
    }
  }

  @Test("S3-70 zeros are neutral between losses, and a drawdown begins at nothing")
  func neutral() throws {
    let statistics = try #require(FillStatistics(table: table(["-0.1", "0", "-0.2", "0.1", "-1"])))
    #expect(statistics.maxLossesInARow == 2 && statistics.maxDrawdown == decimal("1.2"))
    let wins = try #require(FillStatistics(table: table(["0.1"])))
    #expect(wins.profitFactor == nil && wins.report.contains("Profit factor: inf"))
  }

  @Test("S3-70 a table without executions has nothing to say")
  func empty() {
    #expect(FillStatistics(table: []) == nil && FillStatistics(table: table([])) == nil)
  }
}
