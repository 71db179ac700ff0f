import Bot
import PerpCore
import Testing

/// Rows S3-30 to S3-36, S3-60 and S3-61.
@Suite("Quoting") struct QuoteModelTests {
  private let rules = MarketRules(
    tick: Decimal(1), lot: decimal("0.0001"), minSize: decimal("0.0003"))

  private func quote(_ bid: String = "97000", _ ask: String = "97001") -> Quote {
    Quote(
      bid: decimal(bid), ask: decimal(ask), bidSize: Decimal(1), askSize: Decimal(1), received: 0)
  }

  private func market(
    _ position: String = "0", sigma: Double = 5, imbalance: String = "0", ask: String = "97001"
  ) -> QuoteModel.Market {
    QuoteModel.Market(
      quote: quote("97000", ask), rules: rules, sigma: sigma, position: decimal(position),
      imbalance: decimal(imbalance))
  }

  private var second: QuoteModel {
    var model = QuoteModel()
    model.engine = .v2
    (model.gamma, model.kappa) = (decimal("0.03"), decimal("0.6"))
    (model.minHalfSpread, model.spreadFactor) = (Decimal(10), decimal("0.3"))
    (model.baseSize, model.maxPosition) = (decimal("0.003"), decimal("0.01"))
    model.imbalanceShift = .zero
    return model
  }

  private func text(_ value: Double, _ places: Int) -> String {
    Decimal(statistic: value).text(places: places)
  }

  @Test("S3-30 volatility is the deviation of differences, with a floor and a first value")
  func ticks() {
    var volatility = TickVolatility()
    let mids = [100, 101, 100, 102, 101, 103, 102, 104, 103, 105, 104]
    func note(_ mid: Int, _ number: Int) {
      volatility.note(mid: Decimal(mid), at: UInt64(number) * Nanoseconds.milliseconds(250))
    }
    for (number, mid) in mids.prefix(9).enumerated() { note(mid, number) }
    #expect(volatility.sigma == 5 && volatility.span == nil)
    for (number, mid) in mids.enumerated().dropFirst(9) { note(mid, number) }
    #expect(text(volatility.sigma, 5) == "1.42829" && volatility.span == 0.25)
    for _ in 0..<60 { volatility.note(mid: Decimal(104)) }
    #expect(volatility.sigma == 1)
    // Of sixty middles only: one jump is forgotten with the sixty-first.
    volatility.note(mid: Decimal(1_104))
    #expect(volatility.sigma > 100)
    for _ in 0..<59 { volatility.note(mid: Decimal(1_104)) }
    #expect(volatility.sigma == 1)
  }

  @Test("S3-32 imbalance is smoothed, and moves the price only beyond its threshold")
  func imbalance() {
    var imbalance = Imbalance(weight: decimal("0.3"))
    let steps = (0..<4).map { _ in
      imbalance.note(bids: Decimal(3), asks: Decimal(1))
      return imbalance.smooth
    }
    #expect(steps == ["0.15", "0.255", "0.3285", "0.37995"].map(decimal))
    imbalance.note(bids: .zero, asks: .zero)
    #expect(imbalance.smooth == decimal("0.37995") && imbalance.raw == decimal("0.5"))
    let model = QuoteModel()
    let shifts = steps.map { step in
      model.fair(market(imbalance: step.description)) != decimal("97000.5")
    }
    #expect(shifts == [false, false, true, true])
    #expect(model.fair(market(imbalance: "0.3")) == decimal("97000.5"))
  }

  @Test("S3-32 so many of the best levels count")
  func depth() {
    var book = Book()
    for level in 0..<8 {
      book.set(Level(price: Decimal(100 - level), size: Decimal(2)), on: .buy)
      book.set(Level(price: Decimal(101 + level), size: Decimal(level < 5 ? 1 : 50)), on: .sell)
    }
    var imbalance = Imbalance(weight: Decimal(1))
    imbalance.note(book, depth: 5)
    #expect(imbalance.raw.text(places: 4) == "0.3333")
  }

  @Test(
    "S3-36 fair price, half spread, quotes and sizes",
    arguments: [
      ("0", 5.0, "97000.5", "7.9", 96_992, 97_009, "0.0003", "0.0003"),
      ("0.0006", 5, "97000.4955", "12.64", 96_987, 97_014, "0", "0.0003"),
      ("-0.0003", 5, "97000.50225", "7.9", 96_992, 97_009, "0.0003", "0"),
      ("0.0003", 5, "97000.49775", "7.9", 96_992, 97_009, "0", "0.0003"),
      ("0", 1, "97000.5", "1.9", 96_998, 97_003, "0.0003", "0.0003"),
    ])
  func quotes(
    position: String, sigma: Double, fair: String, half: String, bid: Int, ask: Int,
    bidSize: String, askSize: String
  ) throws {
    let (model, market) = (QuoteModel(), market(position, sigma: sigma))
    #expect(model.fair(market) == decimal(fair))
    #expect(model.halfSpread(market) == decimal(half))
    let prices = try #require(model.prices(market))
    #expect(prices == (Decimal(bid), Decimal(ask)))
    let sizes = [Side.buy, .sell].map {
      model.size($0, position: market.position, rules: rules, at: Decimal(97_000))
    }
    #expect(sizes == [decimal(bidSize), decimal(askSize)])
  }

  @Test("S3-36 a heavy bid moves quotes down")
  func heavyBid() throws {
    let (model, market) = (QuoteModel(), market(imbalance: "0.5", ask: "97010"))
    #expect(model.fair(market) == decimal("97003.5"))
    #expect(model.halfSpread(market) == decimal("11.5"))
    #expect(try #require(model.prices(market)) == (Decimal(96_992), Decimal(97_015)))
  }

  @Test("S3-34 no quote is better than its side's best, and none crosses")
  func caps() throws {
    var model = QuoteModel()
    (model.kappa, model.minHalfSpread, model.spreadFactor) = (.zero, decimal("0.1"), .zero)
    model.gamma = Decimal(100)
    // The fair price lies far below the market: the bid follows it, the ask stays at its touch.
    let prices = try #require(model.prices(market("0.0004", sigma: 100)))
    #expect(prices.ask == Decimal(97_001) && prices.bid < Decimal(96_601))
    model.minHalfSpread = .zero
    var locked = market(sigma: 1)
    locked.quote = quote("97000", "97000")
    model.gamma = .zero
    #expect(model.prices(locked) == nil)
  }

  @Test("S3-35 what adds to a position shrinks, and none is below the venue's least")
  func sizes() {
    var model = QuoteModel()
    (model.baseSize, model.maxPosition) = (decimal("0.001"), decimal("0.01"))
    #expect(
      model.size(.buy, position: decimal("0.004"), rules: rules, at: Decimal(97_000))
        == decimal("0.0006"))
    #expect(
      model.size(.sell, position: decimal("0.004"), rules: rules, at: Decimal(97_000))
        == decimal("0.001"))
    #expect(
      model.size(.sell, position: decimal("-0.008"), rules: rules, at: Decimal(97_000)) == .zero)
    model.smallSize = .least
    #expect(
      model.size(.sell, position: decimal("-0.008"), rules: rules, at: Decimal(97_000))
        == decimal("0.0003"))
    #expect(model.size(.buy, position: decimal("0.01"), rules: rules, at: Decimal(97_000)) == .zero)
    // The least of the venue would go beyond the largest position.
    #expect(
      model.size(.buy, position: decimal("0.0098"), rules: rules, at: Decimal(97_000)) == .zero)
  }

  @Test("S3-35 the venue's least may be an amount of money")
  func leastNotional() {
    var rules = MarketRules(
      tick: Decimal(1), lot: decimal("0.00001"), minSize: decimal("0.00001"),
      minNotional: Decimal(10))
    #expect(rules.leastSize(at: Decimal(97_000)) == decimal("0.00011"))
    #expect(rules.leastSize(at: Decimal(100_000)) == decimal("0.0001"))
    rules.lot = decimal("0.0001")
    #expect(rules.leastSize(at: Decimal(97_000)) == decimal("0.0002"))
    var model = QuoteModel()
    let position = decimal("0.0007")
    #expect(model.size(.buy, position: position, rules: rules, at: Decimal(97_000)) == .zero)
    model.smallSize = .least
    #expect(
      model.size(.buy, position: position, rules: rules, at: Decimal(97_000)) == decimal("0.0002"))
  }

  @Test("S3-60 candles: their range, or the way from one end to the next")
  func candles() {
    let candle = CandleVolatility.Candle(open: 100, high: 102, low: 99, close: 101, ticks: 9)
    var settings = CandleVolatility.Settings()
    settings.least = 0
    var volatility = CandleVolatility(settings)
    volatility.finish(candle)
    #expect(text((volatility.variance ?? 0) * 1e4, 5) == "3.96115")
    #expect(text(volatility.sigma, 5) == "2.01017")
    var rising = volatility
    volatility.note(variance: 1e-4)
    #expect(text((volatility.variance ?? 0) * 1e4, 5) == "3.81309")
    rising.note(variance: 1e-3)
    #expect(text((rising.variance ?? 0) * 1e4, 5) == "5.77280")
    let flat = CandleVolatility.Candle(open: 103, high: 103, low: 103, close: 103, ticks: 5)
    let once = CandleVolatility.Candle(open: 103, high: 104, low: 103, close: 103, ticks: 1)
    for candle in [flat, once] {
      #expect(candle.variance(after: nil) == nil)
      #expect(candle.variance(after: 103) == 0)
      #expect(text((candle.variance(after: 101) ?? 0) * 1e4, 5) == "3.84492")
    }
  }

  @Test("S3-60 candles end by the clock, and volatility has a floor")
  func candleClock() {
    var volatility = CandleVolatility()
    #expect(volatility.sigma == 15)
    let moves = [(0, 100_000), (2, 100_400), (4, 100_100)]
    for (second, mid) in moves {
      volatility.note(mid: Decimal(mid), at: Nanoseconds.seconds(second))
    }
    #expect(volatility.variance == nil)
    volatility.note(mid: Decimal(100_100), at: Nanoseconds.seconds(5))
    let expected = CandleVolatility.Candle(
      open: 100_000, high: 100_400, low: 100_000, close: 100_100, ticks: 3)
    #expect(volatility.variance == expected.variance(after: nil) && volatility.sigma > 15)
  }

  @Test("S3-61 a position counts as its part of the largest one")
  func secondEngine() throws {
    let market = market("0.004", sigma: 20)
    #expect(second.fair(market) == decimal("96995.7"))
    #expect(second.halfSpread(market) == decimal("12.3"))
    #expect(try #require(second.prices(market)) == (Decimal(96_983), Decimal(97_008)))
  }

  @Test("S3-62 what adds ends at half of the largest position, and small positions are none")
  func secondSizes() {
    #expect(second.isFlat(decimal("0.0029")) && !second.isFlat(decimal("-0.003")))
    #expect(
      second.size(.buy, position: decimal("0.0029"), rules: rules, at: Decimal(97_000))
        == decimal("0.003"))
    #expect(
      second.size(.buy, position: decimal("0.004"), rules: rules, at: Decimal(97_000))
        == decimal("0.0006"))
    #expect(
      second.size(.buy, position: decimal("0.005"), rules: rules, at: Decimal(97_000)) == .zero)
    #expect(
      second.size(.sell, position: decimal("-0.005"), rules: rules, at: Decimal(97_000)) == .zero)
  }
}
