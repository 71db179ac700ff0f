import PerpCore
import Testing

@testable import EdgeX

@Suite struct EdgeXSimulatorCandlesTests {
  private static let hour = 60 * EdgeXSimulatorCandles.minute
  /// Wednesday, 18 November 2026, 13:00.
  private static let start: Int64 = 1_795_006_800_000_000

  @Test("longer bars are made of minutes")
  func bars() {
    var candles = EdgeXSimulatorCandles()
    for (minute, price) in [100, 103, 98, 101].enumerated() {
      candles.sample(
        .index, Decimal(price),
        at: Self.start + Int64(minute) * EdgeXSimulatorCandles.minute * 20)
    }
    let hours = candles.bars(.index, .hour1, limit: 10)
    #expect(hours.map(\.time) == [Self.start, Self.start + Self.hour])
    #expect(hours[0].open == Decimal(100) && hours[0].high == Decimal(103))
    #expect(hours[0].low == Decimal(98) && hours[0].close == Decimal(98))
    #expect(candles.bars(.index, .minute1, limit: 3).count == 3)
    #expect(candles.bars(.mark, .hour1, limit: 3).isEmpty)
  }

  @Test("weeks begin on Monday, months on the first")
  func calendar() {
    var candles = EdgeXSimulatorCandles()
    candles.sample(.mark, Decimal(1), at: Self.start)
    let monday = Self.start - 61 * Self.hour
    #expect(candles.bars(.mark, .week, limit: 1).map(\.time) == [monday])
    let first = Self.start - (17 * 24 + 13) * Self.hour
    #expect(candles.bars(.mark, .month, limit: 1).map(\.time) == [first])
  }
}
