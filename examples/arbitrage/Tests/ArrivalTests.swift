import PerpCore
import Testing

@testable import Bot

/// Row B-09: A and k of the model glft, from what others trade.
@Suite("Arrivals") struct ArrivalTests {
  private static let listing = Listing("paradex", Symbol("BTC-USD-PERP")!)
  private let middle = Decimal(100)
  private let tick = decimal("0.5")

  private func fit(least: Int = 2, most: Int = 1_000) -> ArrivalFit {
    var settings = ArrivalFit.Settings()
    (settings.least, settings.most) = (least, most)
    var fit = ArrivalFit(settings)
    fit.hear(true, at: 0)
    return fit
  }

  private func trade(
    _ reach: String, _ side: Side? = nil, time: Int64? = nil
  ) -> TradeLine {
    TradeLine(Self.listing, price: middle.plus(decimal(reach)), side: side, time: time)
  }

  private func isClose(_ value: Double?, _ other: Double) -> Bool {
    abs((value ?? .nan) - other) < 5e-7
  }

  @Test("B-09 A and k are fitted to how many orders come to at least a distance")
  func hand() throws {
    // In 40 s sixty to less than half a unit, twenty to one and a bit: 2 a second in all, and 0.5 a
    // second to at least 1.
    let reaches = Array(repeating: decimal("0.3"), count: 60)
    let far = Array(repeating: decimal("1.2"), count: 20)
    let two = try #require(ArrivalFit.rate(of: reaches + far, tick: tick, seconds: 40))
    #expect(isClose(two.intensity, 2) && isClose(two.decay, 1.3862944))
    // 8, 4 and 1 at 0, 1 and 2, where 4, 3 and 1 have ended: a slope of −3.639022 / 3.875.
    let steps = [(4, "0"), (3, "1.4"), (1, "2")].flatMap { count, reach in
      Array(repeating: decimal(reach), count: count)
    }
    let three = try #require(ArrivalFit.rate(of: steps, tick: Decimal(1), seconds: 1))
    #expect(isClose(three.decay, 0.9391026) && abs(three.intensity - 8.555034) < 5e-6)
    #expect(ArrivalFit.rate(of: reaches, tick: tick, seconds: 40) == nil)
    #expect(ArrivalFit.rate(of: [], tick: tick, seconds: 40) == nil)
    #expect(ArrivalFit.rate(of: reaches + far, tick: .zero, seconds: 40) == nil)
  }

  @Test(
    "B-09 orders that come by a law of A and k are fitted by the same",
    arguments: [
      (3.0, 0.3, "1"), (3, 0.3, "0.1"), (2, 1, "0.1"),
    ])
  func law(intensity: Double, decay: Double, tick: String) throws {
    var sum = (intensity: 0.0, decay: 0.0)
    for seed in 1...20 {
      var (arrivals, fit) = (ArrivalLaw(intensity, decay, seed: UInt64(seed)), fit(most: 5_000))
      while let (time, reach) = arrivals.next(before: 600) {
        let line = TradeLine(Self.listing, price: middle.minus(Decimal(statistic: reach)))
        fit.note(line, middle: middle, at: UInt64(time * 1e9))
      }
      fit.refit(tick: decimal(tick), at: Nanoseconds.seconds(600))
      let rate = try #require(fit.rate)
      #expect(abs(rate.intensity / intensity - 1) < 0.2 && abs(rate.decay / decay - 1) < 0.2)
      sum = (sum.intensity + rate.intensity / 20, sum.decay + rate.decay / 20)
    }
    #expect(abs(sum.intensity / intensity - 1) < 0.05, "\(sum.intensity)")
    #expect(abs(sum.decay / decay - 1) < 0.05, "\(sum.decay)")
  }

  @Test("B-09 an order that is told as several trades has come once, as far as it reached")
  func sweeps() {
    var fit = fit(least: 3)
    for (index, reach) in ["0.2", "1.2", "0.7"].enumerated() {
      fit.note(trade(reach, .buy, time: 7), middle: middle, at: UInt64(index))
    }
    fit.note(trade("-0.2", .sell, time: 7), middle: middle, at: 3)
    #expect(fit.count == 2)
    // Without a time nobody knows.
    for _ in 0..<2 { fit.note(trade("0.2", .buy), middle: middle, at: 4) }
    #expect(fit.count == 4)
    fit.refit(tick: tick, at: Nanoseconds.seconds(2))
    // Four in two seconds, one of them to at least 1.
    #expect(isClose(fit.rate?.intensity, 2) && isClose(fit.rate?.decay, 1.3862944))
  }

  @Test("B-09 only the latest minutes count, and it is fitted anew every few seconds")
  func window() {
    var fit = fit(least: 2)
    func note(_ reach: String, _ second: Int) {
      fit.note(trade(reach), middle: middle, at: Nanoseconds.seconds(second))
    }
    func refit(_ second: Int) -> Double? {
      fit.refit(tick: tick, at: Nanoseconds.seconds(second))
      return fit.rate?.intensity
    }
    note("0", 10)
    #expect(refit(20) == nil)
    note("1", 21)
    #expect(refit(24) == nil && isClose(refit(25), 2.0 / 25))
    note("1", 609)
    #expect(isClose(refit(609), 3.0 / 600) && isClose(refit(610), 3.0 / 600))
    #expect(fit.count == 3 && refit(616) == nil && fit.count == 2)
  }

  @Test("B-09 time in which trades were not heard is none")
  func silence() {
    var fit = fit()
    fit.note(trade("0"), middle: middle, at: 0)
    fit.hear(false, at: Nanoseconds.seconds(10))
    fit.note(trade("2"), middle: middle, at: Nanoseconds.seconds(11))
    fit.hear(false, at: Nanoseconds.seconds(12))
    fit.hear(true, at: Nanoseconds.seconds(1_000))
    #expect(fit.count == 1)
    fit.note(trade("1"), middle: middle, at: Nanoseconds.seconds(1_005))
    fit.hear(true, at: Nanoseconds.seconds(1_005))
    fit.refit(tick: tick, at: Nanoseconds.seconds(1_010))
    // Two in 10 s and 10 s, one of them to at least 1.
    #expect(isClose(fit.rate?.intensity, 0.1) && isClose(fit.rate?.decay, 0.6931472))
  }

  @Test("B-09 no more arrivals are kept than may be, and the rate is that of the time they cover")
  func bounds() {
    var fit = fit(most: 100)
    for second in 1...1_000 {
      // Two a second, each second one to at least 1.
      for reach in ["0", "1"] {
        fit.note(trade(reach), middle: middle, at: Nanoseconds.seconds(second))
      }
      #expect(fit.count <= 100)
    }
    #expect(fit.dropped == 1_900)
    fit.refit(tick: tick, at: Nanoseconds.seconds(1_000))
    #expect(isClose(fit.rate?.intensity, 100.0 / 50) && isClose(fit.rate?.decay, 0.6931472))
  }
}

/// Orders that come A times a second, of which e^(−kδ) come as far as δ.
struct ArrivalLaw {
  private let intensity: Double
  private let decay: Double
  private var random: Random
  private var time = 0.0

  init(_ intensity: Double, _ decay: Double, seed: UInt64) {
    (self.intensity, self.decay, random) = (intensity, decay, Random(seed: seed))
  }

  private mutating func exponential(_ rate: Double) -> Double {
    let part = (Double(random.next() >> 11) + 0.5) * 0x1p-53
    return -part.logarithm / rate
  }

  /// Seconds since the beginning, and how far it comes; nil where that is too late.
  mutating func next(before end: Double) -> (time: Double, reach: Double)? {
    time += exponential(intensity)
    return time < end ? (time, exponential(decay)) : nil
  }
}

/// The market maker with trades around it.
@Suite("A market maker that counts arrivals") struct ArrivalQuoteTests {
  private func read(_ arguments: [String] = []) throws -> MakerSettings {
    let model = [
      "--strategy.model", "glft", "--strategy.gamma", "0.05", "--strategy.min_half_spread", "0",
      "--strategy.refresh_interval", "1", "--obi.enabled", "false", "--strategy.min_sigma", "5",
    ]
    return try MakerSettings(
      Settings(MakerSettings.parameters, arguments: model + arguments))
  }

  private func start(_ arguments: [String] = []) throws -> MakerScript {
    let script = MakerScript()
    let settings = try read(arguments)
    script.start { $0 = settings }
    return script
  }

  /// Others trade by A 3 and k 0.3 for so many seconds.
  private func trade(_ script: MakerScript, seconds: Double) {
    var (arrivals, random) = (ArrivalLaw(3, 0.3, seed: 5), Random(seed: 6))
    let middle = decimal("97000.5")
    var before = 0.0
    while let (time, reach) = arrivals.next(before: seconds) {
      script.bench.run(seconds: Decimal(statistic: time - before))
      before = time
      // Prices are whole: half a tick beyond a whole distance from the middle.
      let distance = Decimal(Int(reach)).plus(decimal("0.5"))
      let isBuy = random.chance(1, in: 2)
      script.bench.tellTrade(
        isBuy ? .buy : .sell, at: isBuy ? middle.plus(distance) : middle.minus(distance))
    }
  }

  private let ofSettings = ["buy 96998 0.0003", "sell 97003 0.0003"]
  private let fitted = ["buy 96996 0.0003", "sell 97005 0.0003"]

  @Test("B-09 a maker quotes by the settings' A and k, and then by those of the market")
  func run() throws {
    let script = try start()
    #expect(script.quotes == ofSettings)
    trade(script, seconds: 10)
    script.bench.run(seconds: Decimal(5))
    #expect(script.quotes == ofSettings && script.logs("Arrivals, ").isEmpty)
    trade(script, seconds: 400)
    script.bench.run(seconds: Decimal(5))
    // A half spread of 3.798 by the law itself; the fit's must lie from 3.5 to 4.5.
    #expect(script.quotes == fitted)
    let rate = try #require(script.bot?.arrivals?.rate)
    #expect(abs(rate.intensity / 3 - 1) < 0.15 && abs(rate.decay / 0.3 - 1) < 0.15)
    #expect(script.logs("Arrivals, A ").count == 1)
    script.bench.run(seconds: Decimal(30))
    let status = try #require(script.logs("Status: ").last)
    #expect(status.contains(" fitted, \(script.bot?.arrivals?.count ?? 0) arrivals"))
    // Nobody trades any more.
    script.bench.run(seconds: Decimal(600))
    #expect(script.quotes == ofSettings)
    #expect(script.logs("Arrivals, A 1, k 1 of the settings, ").count == 1)
  }

  @Test("B-09 arrivals are counted for as long as the volatility is of")
  func span() {
    let rate = ArrivalRate(intensity: 3, decay: 0.3)
    // A σ of 10 each second is one of 20 in four, in which four times as many come: nothing else.
    let (one, four) = (rate, rate.each(seconds: 4))
    let second = ArrivalQuotes(gamma: 0.05, intensity: one.intensity, decay: one.decay)
      .offsets(sigma: 10, position: 1)
    let candle = ArrivalQuotes(gamma: 0.05, intensity: four.intensity, decay: four.decay)
      .offsets(sigma: 20, position: 1)
    #expect(abs(candle.half - second.half) < 1e-9 && abs(candle.shift - second.shift) < 1e-9)
    #expect(abs(second.half - 4.512344) < 5e-7)
    #expect(CandleVolatility().span == 5)
  }

  @Test("B-09 while a maker hears no trades, because of the venue or the gateway, none are missed")
  func silence() throws {
    let script = try start()
    trade(script, seconds: 200)
    script.bench.areQuotesTold = false
    script.bench.run(seconds: Decimal(100))
    script.bench.areQuotesTold = true
    trade(script, seconds: 20)
    script.bench.tell(.disconnected("gone"))
    script.bench.run(seconds: Decimal(100))
    // The gateway greets a new client.
    script.bench.run(try #require(script.bench.bot))
    script.bench.run(seconds: Decimal(5))
    trade(script, seconds: 20)
    let rate = try #require(script.bot?.arrivals?.rate)
    #expect(abs(rate.intensity / 3 - 1) < 0.2, "\(rate.intensity)")
    #expect((script.bot?.arrivals?.count ?? 0) > 600)
  }

  @Test("B-09 whoever wants the settings' A and k keeps them, and hears no trades")
  func settings() throws {
    let script = try start(["--strategy.fit_arrivals", "false"])
    trade(script, seconds: 60)
    #expect(script.quotes == ofSettings && script.bot?.arrivals == nil)
    let subscriptions = script.bench.sent.filter { $0.contains("\"subscribe\"") }
    #expect(!subscriptions.isEmpty && !subscriptions.contains { $0.contains("trade") })
  }

  @Test("B-09 only the model that counts trades subscribes to them")
  func channels() throws {
    #expect(try read().desk.channels == ["bbo", "trade"])
    #expect(try read(["--strategy.model", "avellaneda_stoikov"]).desk.channels == ["bbo"])
    let told = try read([
      "--strategy.arrival_window", "60", "--strategy.arrival_refit", "2",
      "--strategy.arrival_min", "7",
    ])
    var expected = ArrivalFit.Settings()
    (expected.window, expected.refit) = (Nanoseconds.seconds(60), Nanoseconds.seconds(2))
    expected.least = 7
    #expect(told.arrivals == ArrivalFit(expected) && told.arrivals != ArrivalFit())
    #expect(try read(["--strategy.horizon", "90"]).horizon == Nanoseconds.seconds(90))
    #expect(try read().horizon == 0)
  }
}
