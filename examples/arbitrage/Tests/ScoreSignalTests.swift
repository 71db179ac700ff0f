import PerpCore
import Testing

@testable import Bot

/// Rows S1-30 to S1-35.
@Suite("Score") struct ScoreSignalTests {
  private func quote(_ bid: String, _ ask: String) -> Quote {
    Quote(
      bid: decimal(bid), ask: decimal(ask), bidSize: Decimal(1), askSize: Decimal(1), received: 0)
  }

  private func sample(_ first: (String, String), _ second: (String, String)) -> EdgeSample {
    EdgeSample(quote(first.0, first.1), quote(second.0, second.1))
  }

  private func score(_ z: Double, value: Double? = nil) -> Score {
    Score(value: value ?? z, mean: 0, deviation: 1, z: z, samples: 60, isReady: true)
  }

  private let thresholds = ScoreThresholds(
    mode: .normal, entry: 1.8, exit: 0.6, minEdge: Decimal(1))

  private func decide(
    _ score: Score, _ sample: EdgeSample, series: ScoreSeries = .mid,
    held: SpreadDirection? = nil
  ) -> ScoreDecision.Signal {
    ScoreDecision(
      score, sample, series: series, held: held, thresholds: thresholds, sizes: ScoreSizes()
    ).signal
  }

  @Test("S1-30 both edges at executable prices, and S1-31 the difference of both middles")
  func edges() {
    let sample = sample(("100", "100.2"), ("100.9", "101.1"))
    #expect(sample.base == decimal("100.55"))
    #expect(sample.edge(.long) == decimal("0.7") && sample.edge(.short) == decimal("-1.1"))
    #expect(sample.edgeBasisPoints(.long).text(places: 3) == "69.617")
    #expect(sample.edgeBasisPoints(.short).text(places: 3) == "-109.398")
    #expect(sample.value(.mid).text(places: 3) == "89.508")
    #expect(sample.value(.signedEdge).text(places: 3) == "69.617")
  }

  @Test(
    "S1-31 with both edges negative nothing is opened, whatever the score",
    arguments: ScoreSeries.allCases)
  func noLosingEntry(series: ScoreSeries) {
    // e1 −1, e2 −3: the reference's series is −1 here, whose size alone would be enough.
    let market = sample(("100", "101"), ("100", "103"))
    #expect(market.edge(.long) == decimal("-1") && market.edge(.short) == decimal("-3"))
    for z in [3.5, -3.5] {
      #expect(
        decide(score(z, value: market.value(series).approximate), market, series: series) == .hold)
    }
  }

  @Test("S1-31 above its mean the first is bought, below it the second")
  func directions() {
    let high = sample(("100", "100.1"), ("101", "101.1"))
    let low = sample(("101", "101.1"), ("100", "100.1"))
    #expect(decide(score(2), high) == .open(.long, batches: [decimal("0.001")]))
    #expect(decide(score(-2), low) == .open(.short, batches: [decimal("0.001")]))
    // The middles are far apart, but always were: what is executable is the other direction.
    #expect(decide(score(-2), high) == .hold)
  }

  @Test("S1-32 the new value is among those that it is measured by")
  func window() {
    var settings = ScoreWindow.Settings()
    (settings.mean, settings.deviation, settings.least) = (5, 5, 5)
    var window = ScoreWindow(settings)
    for value in [1.0, 2, 3, 2] { #expect(!window.note(value).isReady) }
    let fifth = window.note(1)
    #expect(fifth.isReady && fifth.mean == 1.8)
    let score = window.note(8)
    #expect(abs(score.mean - 3.2) < 1e-9)
    #expect(abs(score.deviation - 2.48193) < 1e-5)
    #expect(abs(score.z - 1.93398) < 1e-5)
    for _ in 0..<20 { _ = window.note(4) }
    #expect(window.values.count == 10)
    #expect(window.note(4).z == 0)
  }

  @Test("B-08 the newest samples count most, by half-lives of the series")
  func halfLives() throws {
    var settings = ScoreWindow.Settings()
    (settings.mean, settings.deviation, settings.least) = (40, 40, 20)
    var (alike, weighted) = (ScoreWindow(settings), ScoreWindow(settings))
    settings.halfLives = 4
    weighted = ScoreWindow(settings)
    // It swings around 0, and then around 10.
    var random = Random(seed: 4)
    let values = (0..<60).map { Double(random.below(200)) / 100 - 1 + ($0 < 40 ? 0 : 10) }
    var last = (alike: Score(value: 0, samples: 0), weighted: Score(value: 0, samples: 0))
    for value in values { last = (alike.note(value), weighted.note(value)) }
    #expect(abs(last.alike.mean - 5) < 1, "half of its window is from before")
    let reversion = try #require(Reversion(values.suffix(40), halfLives: 4))
    #expect(last.weighted.mean == reversion.mean && last.weighted.deviation == reversion.sigma)
    #expect(last.weighted.mean > last.alike.mean + 1)
    #expect(last.weighted.objection == nil)
  }

  @Test("B-08 nothing is opened by a series that does not come back, or deviates too much")
  func regime() {
    var settings = ScoreWindow.Settings()
    (settings.mean, settings.deviation, settings.least) = (20, 20, 20)
    settings.halfLives = 4
    var window = ScoreWindow(settings)
    var trend = Score(value: 0, samples: 0)
    for value in 0..<30 { trend = window.note(pow2(value)) }
    #expect(trend.objection == "the series does not come back to a mean" && trend.z > 1)
    let market = sample(("100", "100.1"), ("101", "101.1"))
    var score = score(1.8)
    score.objection = trend.objection
    #expect(decide(score, market) == .hold)
    var closing = self.score(0.5)
    closing.objection = trend.objection
    #expect(decide(closing, market, held: .long) == .close(decimal("0.001")))

    (settings.halfLives, settings.mostDeviation) = (nil, 2)
    var wild = ScoreWindow(settings)
    var last = Score(value: 0, samples: 0)
    for value in 0..<20 { last = wild.note(value % 2 == 0 ? 2 : -2) }
    #expect(last.deviation == 2 && last.objection == nil)
    #expect(wild.note(9).objection == "the series deviates by more than 2 bps")
  }

  private func pow2(_ exponent: Int) -> Double { Double(UInt64(1) << UInt64(exponent)) }

  @Test("S1-33 the edge stands before openings alone: a spread that came back is closed")
  func closing() {
    let market = sample(("100", "100.2"), ("100.1", "100.3"))
    #expect(market.edgeBasisPoints(.long) < thresholds.minEdge)
    #expect(decide(score(0.5), market, held: .long) == .close(decimal("0.001")))
    #expect(decide(score(0.61), market, held: .long) == .hold)
    #expect(decide(score(0.5), market) == .hold)
    // What speaks for the other direction closes; it need not be worth opening.
    #expect(decide(score(-1.8), market, held: .long) == .close(decimal("0.001")))
    #expect(decide(score(-1.79), market, held: .long) == .hold)
    #expect(decide(score(1.8), market, held: .long) == .hold)
  }

  @Test("S1-33 without enough samples nothing is done, and every decision has its reason")
  func reasons() {
    let market = sample(("100", "100.1"), ("101", "101.1"))
    let young = ScoreDecision(
      Score(value: 9, samples: 59), market, series: .mid, held: .long, thresholds: thresholds,
      sizes: ScoreSizes())
    #expect(young.signal == .hold && young.reason == "insufficient samples: 59")
    let open = ScoreDecision(
      score(1.8), market, series: .mid, held: nil, thresholds: thresholds, sizes: ScoreSizes())
    #expect(open.signal.name == "OPEN" && open.reason == "z 1.80, edge 89.508 bps, long")
    var dear = thresholds
    dear.fees = Decimal(90)
    let held = ScoreDecision(
      score(1.8), market, series: .mid, held: nil, thresholds: dear, sizes: ScoreSizes())
    #expect(held.reason == "edge 89.508 bps is below 91.000")
  }

  @Test("S1-34 the further away, the more batches, each smaller than the one before")
  func batches() {
    var sizes = ScoreSizes()
    func texts(_ z: Double, _ mode: ZarbMode = .normal) -> [String] {
      sizes.batches(z, mode).map(\.description)
    }
    #expect(texts(1.9) == ["0.001"])
    #expect(texts(-2.3) == ["0.001", "0.0007"])
    #expect(texts(3.0) == ["0.001", "0.0007", "0.0005"])
    #expect(texts(3.2, .zeroWear) == ["0.0006", "0.0004", "0.0002"])
    sizes.base = decimal("0.01")
    #expect(texts(3.0) == ["0.005", "0.005", "0.005"])
  }
}
