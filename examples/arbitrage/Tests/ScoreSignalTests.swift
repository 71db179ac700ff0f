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
