import PerpCore
import Testing

@testable import Bot

/// Row B-08: triggers that follow how far spreads move.
@Suite("Thresholds by volatility") struct VolatilityThresholdTests {
  private func close(_ one: Double?, _ other: Double, _ error: Double = 1e-9) -> Bool {
    one.map { abs($0 - other) < error } ?? false
  }

  @Test("B-08 e to a power, and powers, to the last digits")
  func exponential() {
    for (power, value) in [
      (0.0, 1.0), (1, 2.718281828459045), (-1, 0.36787944117144233), (10, 22026.465794806718),
      (-0.25, 0.7788007830714049),
    ] {
      #expect(close(power.exponential / value, 1, 1e-14), "\(power)")
    }
    #expect((-1e9).exponential == 0 && 1e9.exponential == .infinity)
    #expect(close(2.0.raised(to: 10), 1_024, 1e-9) && close(9.0.raised(to: 0.5), 3, 1e-12))
  }

  @Test("B-08 the half-life is ln 2 / θ of what values have left of their distance")
  func halfLife() {
    var value = 100.0
    let falling = (0..<40).map { _ -> Double in
      value *= 0.9
      return value + 7
    }
    #expect(close(Reversion.halfLife(falling[...]), 6.578813478960585, 1e-6))
    let rising = (0..<40).map { Double($0 * $0) }
    #expect(Reversion.halfLife(rising[...]) == nil)
    #expect(Reversion.halfLife(Array(repeating: 3.0, count: 40)[...]) == nil)
    #expect(Reversion.halfLife(falling[..<9]) == nil)
    let alternating = (0..<40).map { $0 % 2 == 0 ? 1.0 : -1 }
    #expect(Reversion.halfLife(alternating[...]) == 1)
  }

  @Test("B-08 weights halve in so many half-lives, of the mean and of the deviation")
  func weights() throws {
    let values = [1.0, -1, 1, -1, 1, -1, 1, -1, 1, -1, 4, -2]
    #expect(Reversion.halfLife(values[...]) == 1)
    let weights = values.indices.map { 0.5.raised(to: Double(values.count - 1 - $0) / 2) }
    let sum = weights.reduce(0, +)
    let mean = zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 } / sum
    let variance =
      zip(values, weights).reduce(0) { $0 + ($1.0 - mean) * ($1.0 - mean) * $1.1 } / sum
    let reversion = try #require(Reversion(values[...], halfLives: 2))
    #expect(close(reversion.mean, mean, 1e-12))
    #expect(close(reversion.sigma, variance.squareRoot(), 1e-12))
    // Where 0.9 of a distance is left each time, each weight is 0.9 of the next.
    let falling = (0..<40).map { 0.9.raised(to: Double($0)) }
    let left = (0..<40).map { 0.9.raised(to: Double(39 - $0)) }
    let expected = zip(falling, left).reduce(0) { $0 + $1.0 * $1.1 } / left.reduce(0, +)
    #expect(close(Reversion(falling[...], halfLives: 1)?.mean, expected, 1e-9))
  }

  @Test("B-08 the trigger is the mean and so many deviations, and never below the floor")
  func trigger() throws {
    var window = SpreadWindow(interval: 0)
    var thresholds = SpreadWindow.Thresholds()
    thresholds.volatility = VolatilityThreshold()
    thresholds.volatility?.halfLives = Decimal(1_000)
    for index in 0..<40 {
      let value = index.isMultiple(of: 2) ? decimal("-2") : Decimal.zero
      _ = window.note(long: value, short: .zero, at: UInt64(index))
      if index < Reversion.fewest { #expect(window.trigger(.long, thresholds) == nil) }
    }
    // The jump is judged by what was before it: −1 and deviations of 1.
    _ = window.note(long: decimal("4"), short: .zero, at: 41)
    thresholds.floor = decimal("-100")
    func trigger(_ factor: Int) throws -> String {
      thresholds.volatility?.factor = Decimal(factor)
      return try #require(window.trigger(.long, thresholds)).text(places: 2)
    }
    #expect(try trigger(2) == "1.00" && trigger(4) == "3.00" && trigger(6) == "5.00")
    thresholds.volatility?.factor = Decimal(4)
    #expect(window.signal(thresholds) == .long)
    thresholds.floor = decimal("4")
    #expect(try trigger(4) == "4.00" && window.signal(thresholds) == nil)
    // Of the short spread, which never moves, nothing can be said.
    #expect(window.trigger(.short, thresholds) == nil)
    thresholds.volatility = nil
    #expect(window.trigger(.long, thresholds) != nil)
  }

  private func settings(_ more: [String]) throws -> SpreadSettings {
    try SpreadSettings(
      Settings(
        SpreadSettings.parameters,
        arguments: ["--size", "0.001", "--max-position", "0.01"] + more),
      time: WallTime(offset: 0))
  }

  @Test("B-08 thresholds are fixed unless they are told, and read as they are")
  func reading() throws {
    #expect(try settings([]).thresholds.volatility == nil)
    let told = try #require(
      try settings([
        "--threshold", "volatility", "--threshold-sigmas", "3.5", "--half-lives", "2",
        "--min-sigma", "0.1", "--max-sigma", "9", "--max-quote-age", "2",
      ]).thresholds.volatility)
    #expect(told.factor == decimal("3.5") && told.halfLives == Decimal(2))
    #expect(told.sigmas == decimal("0.1")...Decimal(9) && told.maxAge == Nanoseconds.seconds(2))
    #expect(throws: Settings.Problem.self) {
      try settings(["--threshold", "volatility", "--min-sigma", "2", "--max-sigma", "1"])
    }
    #expect(throws: Settings.Problem.self) { try settings(["--threshold", "wild"]) }
  }

  @Test("B-08 outside of its regime nothing is entered: deviation, age, no way back")
  func regime() {
    var volatility = VolatilityThreshold()
    volatility.sigmas = Decimal(1)...Decimal(2)
    volatility.maxAge = Nanoseconds.seconds(1)
    let now = Moment(monotonic: 0, wall: 10_000_000)
    func objection(_ values: [Double], age: Int64 = 0) -> String? {
      let quote = Quote(
        bid: Decimal(1), ask: Decimal(2), bidSize: .zero, askSize: .zero, received: now.wall)
      var old = quote
      old.received -= age
      return volatility.objection(volatility.reversion(values[...]), (quote, old), at: now)
    }
    func moves(_ size: Double) -> [Double] { (0..<40).map { $0 % 2 == 0 ? size : -size } }
    #expect(objection(moves(1.5)) == nil)
    #expect(objection(moves(0.5))?.contains("deviation 0.4") == true)
    #expect(objection(moves(2.5))?.contains("deviation 2.4") == true)
    #expect(objection(moves(1.5), age: 1_000_000) == nil)
    #expect(objection(moves(1.5), age: 1_000_001) == "quotes are 1000 ms old")
    #expect(objection((0..<40).map { Double($0 * $0) })?.contains("does not come back") == true)
    volatility.maxAge = 0
    #expect(objection(moves(1.5), age: 9_000_000) == nil)
  }

  /// The short spread is −2 or 0 for half a minute, and then 4.
  private func wobble(_ script: SpreadScript) {
    script.warmUp()
    for round in 0..<40 {
      script.setShortSpread(round.isMultiple(of: 2) ? "-2" : "0")
      script.bench.run(seconds: decimal("0.9"))
    }
    script.setShortSpread("4")
    script.bench.run(seconds: decimal("0.5"))
  }

  @Test("B-08 pv enters by its spread's own deviations", arguments: [("2", true), ("6", false)])
  func entry(factor: String, isEntered: Bool) {
    let script = SpreadScript { settings in
      settings.thresholds.floor = decimal("0.5")
      settings.thresholds.volatility = VolatilityThreshold()
      settings.thresholds.volatility?.factor = decimal(factor)
    }
    wobble(script)
    #expect(script.positions == (isEntered ? ["-0.001", "0.001"] : ["0", "0"]))
    let fixed = SpreadScript { $0.thresholds.floor = decimal("0.5") }
    wobble(fixed)
    #expect(fixed.positions == ["0", "0"])
  }

  @Test("B-08 pv stays out of a market that moves more than it may, and says so")
  func outside() {
    let script = SpreadScript { settings in
      settings.thresholds.floor = decimal("0.5")
      settings.thresholds.volatility = VolatilityThreshold()
      settings.thresholds.volatility?.sigmas = Decimal.zero...decimal("0.5")
    }
    wobble(script)
    #expect(script.positions == ["0", "0"])
    #expect(!script.logs("Signal short skipped: the spread's deviation").isEmpty)
  }

  @Test("B-08 a sweep chooses the number of deviations")
  func sweep() throws {
    let script = SpreadScript { $0.thresholds.floor = decimal("1000") }
    wobble(script)
    var tape = Tape()
    for line in script.bench.heard { try tape.add(line) }
    let variation = try #require(Sweep.Variation("threshold-sigmas=2,6"))
    let trades = try Sweep.combinations([variation]).map { combination in
      let strategy = try settings(
        [
          "--min-spread", "0.5", "--warmup-samples", "20", "--threshold", "volatility",
          "--loop-interval", "0.1",
        ]
          + combination.arguments)
      return Backtest.run(tape, .init()) { ledger, now in
        SpreadBot(strategy, ledger: ledger, at: now)
      }.report.trades.fills
    }
    #expect(trades[0] > 0 && trades[1] == 0)
  }
}
