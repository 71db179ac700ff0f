import PerpCore

/// The price history of one simulated market, a bar for each minute; longer bars and the last 24
/// hours are made of them.
struct EdgeXSimulatorCandles: Sendable {
  struct Bar: Equatable, Sendable {
    /// When it opens, in microseconds.
    var time: Int64
    var open: Decimal
    var high: Decimal
    var low: Decimal
    var close: Decimal
    var trades: Int64 = 0
    var size = Decimal.zero
    var value = Decimal.zero
    var makerBuySize = Decimal.zero
    var makerBuyValue = Decimal.zero

    init(time: Int64, price: Decimal) {
      self.time = time
      (open, high, low, close) = (price, price, price, price)
    }
  }

  static let minute: Int64 = 60_000_000
  static let day = 1_440 * minute
  /// Somewhat more than a day.
  private static let kept = 1_500

  private var minutes: [[Bar]] = EdgeXChannel.PriceKind.allCases.map { _ in [] }

  /// The price at an instant; of last prices `add` takes care.
  mutating func sample(_ kind: EdgeXChannel.PriceKind, _ price: Decimal, at time: Int64) {
    change(kind, price, at: time) { _ in }
  }

  mutating func add(_ trade: EdgeXWire.Trade) {
    change(.last, trade.price, at: trade.time) { bar in
      bar.trades += 1
      bar.size = bar.size.adding(trade.size) ?? bar.size
      bar.value = trade.value.flatMap(bar.value.adding) ?? bar.value
      guard trade.isBuyerMaker == true else { return }
      bar.makerBuySize = bar.makerBuySize.adding(trade.size) ?? bar.makerBuySize
      bar.makerBuyValue = trade.value.flatMap(bar.makerBuyValue.adding) ?? bar.makerBuyValue
    }
  }

  private mutating func change(
    _ kind: EdgeXChannel.PriceKind, _ price: Decimal, at time: Int64, _ body: (inout Bar) -> Void
  ) {
    let (index, start) = (Self.index(of: kind), time / Self.minute * Self.minute)
    if minutes[index].last.map({ $0.time < start }) ?? true {
      minutes[index].append(Bar(time: start, price: price))
      if minutes[index].count > Self.kept { minutes[index].removeFirst() }
    }
    let last = minutes[index].count - 1
    minutes[index][last].high = max(minutes[index][last].high, price)
    minutes[index][last].low = min(minutes[index][last].low, price)
    minutes[index][last].close = price
    body(&minutes[index][last])
  }

  private static func index(of kind: EdgeXChannel.PriceKind) -> Int {
    EdgeXChannel.PriceKind.allCases.firstIndex(of: kind) ?? 0
  }

  /// Newest last, at most `limit`.
  func bars(
    _ kind: EdgeXChannel.PriceKind, _ interval: EdgeXChannel.Interval, limit: Int
  ) -> [Bar] {
    var bars: [Bar] = []
    for bar in minutes[Self.index(of: kind)] {
      let start = interval.start(of: bar.time)
      if bars.last?.time == start {
        bars[bars.count - 1].join(bar)
      } else {
        bars.append(bar)
        bars[bars.count - 1].time = start
      }
    }
    return Array(bars.suffix(limit))
  }

  /// Of the 24 hours that end with `time`; without prices before the first trade.
  func lastDay(at time: Int64) -> EdgeXWire.Day {
    var day = EdgeXWire.Day()
    day.endTime = time / Self.minute * Self.minute
    day.startTime = time / Self.minute * Self.minute - Self.day
    (day.trades, day.size, day.value) = (0, .zero, .zero)
    (day.priceChange, day.priceChangePercent) = (.zero, .zero)
    let bars = minutes[Self.index(of: .last)].filter { $0.time >= time - Self.day }
    guard var whole = bars.first else { return day }
    for bar in bars.dropFirst() { whole.join(bar) }
    (day.open, day.high, day.low, day.close) = (whole.open, whole.high, whole.low, whole.close)
    (day.trades, day.size, day.value) = (whole.trades, whole.size, whole.value)
    day.highTime = bars.first { $0.high == whole.high }?.time
    day.lowTime = bars.first { $0.low == whole.low }?.time
    day.priceChange = whole.close.subtracting(whole.open)
    day.priceChangePercent = day.priceChange?.divided(by: whole.open, scale: 6)
    return day
  }
}

extension EdgeXSimulatorCandles.Bar {
  /// Adds the bar that follows.
  fileprivate mutating func join(_ next: Self) {
    high = max(high, next.high)
    low = min(low, next.low)
    close = next.close
    trades += next.trades
    size = size.adding(next.size) ?? size
    value = value.adding(next.value) ?? value
    makerBuySize = makerBuySize.adding(next.makerBuySize) ?? makerBuySize
    makerBuyValue = makerBuyValue.adding(next.makerBuyValue) ?? makerBuyValue
  }
}

extension EdgeXChannel.Interval {
  /// The start of the interval that a time lies in, both in microseconds. Weeks begin on Mondays.
  fileprivate func start(of time: Int64) -> Int64 {
    let minute = EdgeXSimulatorCandles.minute
    let day = EdgeXSimulatorCandles.day
    let length: Int64
    switch self {
    case .minute1: length = minute
    case .minute5: length = 5 * minute
    case .minute15: length = 15 * minute
    case .minute30: length = 30 * minute
    case .hour1: length = 60 * minute
    case .hour2: length = 120 * minute
    case .hour4: length = 240 * minute
    case .hour6: length = 360 * minute
    case .hour8: length = 480 * minute
    case .hour12: length = 720 * minute
    case .day: length = day
    case .week:
      // The epoch began on a Thursday.
      let days = time / day
      return (days - (days + 3) % 7) * day
    case .month:
      // Days since 1 March 0000, as that calendar has its leap day last. (Hinnant, "chrono".)
      let days = time / day + 719_468
      let dayOfEra = days % 146_097
      let year =
        (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
      let dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100)
      let month = (5 * dayOfYear + 2) / 153
      return (time / day - (dayOfYear - (153 * month + 2) / 5)) * day
    }
    return time / length * length
  }
}
