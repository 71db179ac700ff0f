import PerpCore

/// The candles of one market: those of a minute are kept, longer ones are made of them.
struct GRVTSimulatorCandles: Sendable {
  enum Kind: String, CaseIterable, Sendable {
    case trade = "TRADE"
    case mark = "MARK"
    case index = "INDEX"
    case middle = "MID"
  }

  /// Names of intervals and their minutes.
  private static let intervals: [(name: String, minutes: Int64)] = [
    ("CI_1_M", 1), ("CI_3_M", 3), ("CI_5_M", 5), ("CI_15_M", 15), ("CI_30_M", 30),
    ("CI_1_H", 60), ("CI_2_H", 120), ("CI_4_H", 240), ("CI_6_H", 360), ("CI_8_H", 480),
    ("CI_12_H", 720), ("CI_1_D", 1_440), ("CI_3_D", 4_320), ("CI_5_D", 7_200),
    ("CI_1_W", 10_080), ("CI_2_W", 20_160), ("CI_3_W", 30_240), ("CI_4_W", 40_320),
  ]

  /// Nil for a name that is not one.
  static func minutes(of interval: some StringProtocol) -> Int64? {
    intervals.first { $0.name == interval }?.minutes
  }

  static let kept = 1_500
  private static let minute: Int64 = 60_000_000_000

  private var minutes: [Kind: [GRVTWire.Candle]] = [:]

  /// A price at `time`, in nanoseconds, with the size of what was traded at it.
  mutating func add(
    _ kind: Kind, _ price: Decimal, size: Decimal = .zero, at time: Int64, of name: ShortText
  ) {
    let start = time / Self.minute * Self.minute
    var candles = minutes[kind] ?? []
    minutes[kind] = nil
    if candles.last?.openTime != start {
      let open = candles.last?.close ?? price
      candles.append(
        GRVTWire.Candle(
          instrument: name, openTime: start, closeTime: start + Self.minute, open: open,
          close: open, high: open, low: open, volumeBase: .zero, volumeQuote: .zero, trades: 0))
      if candles.count > Self.kept { candles.removeFirst() }
    }
    candles[candles.count - 1].add(price, size)
    minutes[kind] = candles
  }

  /// The latest `count` candles, oldest first.
  func latest(_ count: Int, _ kind: Kind, minutes length: Int64) -> [GRVTWire.Candle] {
    let span = length * Self.minute
    var candles: [GRVTWire.Candle] = []
    for minute in minutes[kind] ?? [] {
      let start = minute.openTime / span * span
      if candles.last?.openTime == start {
        candles[candles.count - 1].join(minute)
      } else {
        var candle = minute
        (candle.openTime, candle.closeTime) = (start, start + span)
        candles.append(candle)
      }
    }
    return candles.suffix(max(0, count)).map(\.spelt)
  }
}

extension GRVTWire.Candle {
  fileprivate mutating func add(_ price: Decimal, _ size: Decimal) {
    close = price
    high = max(high, price)
    low = min(low, price)
    guard !size.isZero else { return }
    trades += 1
    volumeBase = volumeBase.adding(size) ?? volumeBase
    volumeQuote = price.multiplied(by: size).flatMap(volumeQuote.adding) ?? volumeQuote
  }

  /// Adds the minute that follows.
  fileprivate mutating func join(_ later: GRVTWire.Candle) {
    close = later.close
    high = max(high, later.high)
    low = min(low, later.low)
    volumeBase = volumeBase.adding(later.volumeBase) ?? volumeBase
    volumeQuote = volumeQuote.adding(later.volumeQuote) ?? volumeQuote
    trades += later.trades
  }

  fileprivate var spelt: GRVTWire.Candle {
    var candle = self
    (candle.open, candle.close) = (open.spelt, close.spelt)
    (candle.high, candle.low) = (high.spelt, low.spelt)
    (candle.volumeBase, candle.volumeQuote) = (volumeBase.spelt, volumeQuote.spelt)
    return candle
  }
}
