import Bot
import PerpCore
import Testing

/// Rows S0-20 to S0-26, S0-32, S0-40.
@Suite("Spread signals") struct SpreadSignalTests {
  private static let table = [
    ("10", "10", "20", "25", true), ("10", "10", "20", "15", false),
    ("10", "10", "20", "20.0", false), ("10", "10", "20", "20.1", true),
    ("-12", "10", "20", "0", false), ("-12", "10", "20", "21", true),
    ("-100", "10", "20", "19", false), ("0", "0", "0", "0.1", true),
    ("-1.22", "10", "20", "22.42", true),
  ]

  @Test("S0-25 what fires", arguments: table.indices)
  func firing(row: Int) {
    let (mean, threshold, floor, spread, fires) = Self.table[row]
    let trigger = SpreadWindow.trigger(
      mean: decimal(mean), threshold: decimal(threshold), floor: decimal(floor))
    #expect((decimal(spread) > trigger) == fires)
  }

  @Test("S0-25 triggers")
  func triggers() {
    let ten = decimal("10")
    #expect(
      SpreadWindow.trigger(mean: decimal("-12"), threshold: ten, floor: decimal("20"))
        == decimal("20"))
    #expect(
      SpreadWindow.trigger(mean: decimal("-12"), threshold: ten, floor: decimal("5"))
        == decimal("5"))
  }

  @Test("S0-20 what a direction brings")
  func spreads() {
    let first = Quote(
      bid: decimal("100"), ask: decimal("101"), bidSize: .zero, askSize: .zero, received: 0)
    let second = Quote(
      bid: decimal("105"), ask: decimal("107"), bidSize: .zero, askSize: .zero, received: 0)
    #expect(SpreadDirection.long.spread(first, second) == decimal("4"))
    #expect(SpreadDirection.short.spread(first, second) == decimal("-7"))
  }

  @Test("S0-22 samples are apart, the window is bounded, and its mean exact")
  func sampling() {
    var window = SpreadWindow(capacity: 3)
    var time: UInt64 = 5
    let isFirst = window.note(long: decimal("0.1"), short: .zero, at: time)
    let isEarly = window.note(long: decimal("9"), short: .zero, at: time + 899_999_999)
    #expect(isFirst && !isEarly)
    #expect(window.spread(.long) == decimal("9") && window.count == 1)
    for value in ["0.2", "0.4", "0.7"] {
      time += 900_000_000
      _ = window.note(long: decimal(value), short: .zero, at: time)
    }
    #expect(window.count == 4)
    #expect(window.mean(.long) == decimal("0.433333333333"))
  }

  @Test("S0-24 long is looked at first, and the trigger itself does not fire")
  func order() {
    var window = SpreadWindow()
    var thresholds = SpreadWindow.Thresholds()
    (thresholds.long, thresholds.short, thresholds.floor) = (.zero, .zero, decimal("5"))
    _ = window.note(long: .zero, short: .zero, at: 0)
    _ = window.note(long: decimal("5"), short: decimal("5"), at: 1)
    #expect(window.signal(thresholds) == nil)
    _ = window.note(long: decimal("5"), short: decimal("5.1"), at: 1)
    #expect(window.signal(thresholds) == .short)
    _ = window.note(long: decimal("5.1"), short: decimal("5.1"), at: 1)
    #expect(window.signal(thresholds) == .long)
  }

  @Test("S0-54 the floor rises with the spread's own deviation")
  func dynamicFloor() {
    var window = SpreadWindow(interval: 0)
    for index in 0..<100 {
      _ = window.note(
        long: index.isMultiple(of: 2) ? decimal("1") : decimal("-1"), short: .zero,
        at: UInt64(index))
    }
    var thresholds = SpreadWindow.Thresholds()
    (thresholds.long, thresholds.floor) = (.zero, decimal("5"))
    #expect(window.trigger(.long, thresholds) == decimal("5"))
    thresholds.dynamic = decimal("2")
    #expect(window.trigger(.long, thresholds) == decimal("7"))
  }

  @Test("S0-54 a forecast: the line goes on, or the mean that counts the newest most")
  func forecast() {
    var line = SpreadForecast(.linear)
    line.samples = 4
    let second = Nanoseconds.seconds(1)
    #expect(line.value([99, 1, 2, 3, 4], interval: second) == 9)
    #expect(line.value([1, 2, 3, 4], interval: 2 * second) == 6.5)
    #expect(line.value([1, 2, 3], interval: second) == nil)
    line.horizon = 0
    #expect(line.value([4, 3, 2, 1], interval: second) == 1)
    var mean = SpreadForecast(.ema)
    mean.samples = 4
    // Weights of 1, 2, 4 and 8.
    #expect(abs((mean.value([99, 15, 0, 0, 0], interval: second) ?? 0) - 1) < 1e-9)
    #expect(abs((mean.value([0, 0, 0, 15], interval: second) ?? 0) - 8) < 1e-9)
  }

  @Test("S0-26 what an entry is expected to bring")
  func estimate() {
    let size = decimal("0.001")
    let estimate = ProfitEstimate(spread: decimal("22.42"), size: size, price: decimal("69420"))
    #expect(estimate.gross == decimal("0.02242"))
    #expect(
      estimate.text == "Estimate spread $22.42 x 0.001 = $0.02 | fees $0.00 | net $0.02 | "
        + "ROI 0.032%")
    let roi = [("20", "0.029"), ("35", "0.051")].map { spread, text in
      let estimate = ProfitEstimate(spread: decimal(spread), size: size, price: decimal("69000"))
      return estimate.returnPercent.text(places: 3) == text
    }
    #expect(roi == [true, true])
    let charged = ProfitEstimate(
      spread: decimal("22.42"), size: size, price: decimal("69420"), feeRates: decimal("0.0005"))
    #expect(charged.fees == decimal("0.03471") && charged.net == decimal("-0.01229"))
  }

  @Test("S0-32 ten longs from flat, and not an eleventh")
  func cap() {
    let cap = PositionCap(decimal("0.01"))
    let size = decimal("0.001")
    var position = Decimal.zero
    for _ in 1...10 {
      #expect(cap.allows(.buy, size, from: position))
      position = position.plus(size)
    }
    #expect(!cap.allows(.buy, size, from: position))
    #expect(cap.allows(.sell, size, from: position))
    #expect(!cap.allows(.sell, size, from: position.negated))
    #expect(!PositionCap(.zero).allows(.buy, size, from: .zero))
    #expect(!PositionCap(decimal("-1")).allows(.sell, size, from: .zero))
  }

  @Test("S0-40 190 orders within the hour pause, 189 do not")
  func rateGuard() {
    var guarding = InteractiveGuard()
    for index in 0..<189 { guarding.note(flags: nil, at: UInt64(index)) }
    #expect(!guarding.pauses(at: 1_000))
    guarding.note(flags: ["INTERACTIVE"], at: 1_000)
    #expect(guarding.pauses(at: 1_000))
    #expect(guarding.text(at: 1_000) == "1h=190/200 24h=190/1000 interactive_lost=false")
    #expect(!guarding.pauses(at: Nanoseconds.seconds(3_600)))
    #expect(guarding.counts(at: Nanoseconds.seconds(3_600)).day == 190)
  }

  @Test("S0-40 a lost favour pauses for ten minutes, or until it is back")
  func lostFavour() {
    var guarding = InteractiveGuard()
    guarding.note(flags: ["POST_ONLY"], at: 10)
    #expect(guarding.pauses(at: 10 + Nanoseconds.seconds(600) - 1))
    #expect(!guarding.pauses(at: 10 + Nanoseconds.seconds(600)))
    guarding.note(flags: [], at: 20)
    guarding.note(flags: nil, at: 21)
    #expect(guarding.isLost(at: 30))
    guarding.note(flags: ["INTERACTIVE"], at: 30)
    #expect(!guarding.isLost(at: 30))
  }
}
