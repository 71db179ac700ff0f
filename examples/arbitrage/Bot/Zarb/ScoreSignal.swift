import PerpCore

/// How readily pairs are opened: for what they bring, or for the volume they make. (S1-35)
package enum ZarbMode: String, CaseIterable, Sendable {
  case normal = "normal_arb"
  /// Volume: lower thresholds, smaller batches.
  case zeroWear = "zero_wear"
}

/// Which series the statistics are of. (S1-31)
package enum ScoreSeries: String, CaseIterable, Sendable {
  /// How far apart the middles of both markets are.
  case mid
  /// The better of both edges, negative of the short one.
  case signedEdge = "ref_edge"
}

/// What two quotes say of each other at one moment. The first is Paradex, the second GRVT. (S1-30)
package struct EdgeSample: Equatable, Sendable {
  /// The middle of both middles, in quote units.
  package let base: Decimal
  /// What a direction brings at executable prices, in quote units for one base unit.
  package let edges: [SpreadDirection: Decimal]
  /// The second's middle less the first's, in quote units.
  package let difference: Decimal

  package init(_ first: Quote, _ second: Quote) {
    base = first.mid.plus(second.mid).over(Decimal(2))
    difference = second.mid.minus(first.mid)
    edges = [
      .long: SpreadDirection.long.spread(first, second),
      .short: SpreadDirection.short.spread(first, second),
    ]
  }

  package func edge(_ direction: SpreadDirection) -> Decimal { edges[direction] ?? .zero }

  /// Hundredths of a percent of `base`.
  package func edgeBasisPoints(_ direction: SpreadDirection) -> Decimal {
    Spread.basisPoints(edge(direction), of: base)
  }

  package var differenceBasisPoints: Decimal { Spread.basisPoints(difference, of: base) }

  /// What the series takes of it, in hundredths of a percent.
  package func value(_ series: ScoreSeries) -> Decimal {
    switch series {
    case .mid: differenceBasisPoints
    case .signedEdge:
      edge(.long) >= edge(.short)
        ? edgeBasisPoints(.long) : edgeBasisPoints(.short).negated
    }
  }
}

/// Where a series stands among its latest values. (S1-32)
package struct Score: Equatable, Sendable {
  package var value: Double
  package var mean = 0.0
  /// Of the population.
  package var deviation = 0.0
  /// Distance from the mean in deviations; 0 where there is none.
  package var z = 0.0
  package var samples: Int
  package var isReady = false
  /// Why nothing should be opened by it; nil where nothing speaks against it.
  package var objection: String?
}

/// The latest values of a series. Statistics, not amounts: they may be binary.
package struct ScoreWindow: Equatable, Sendable {
  package struct Settings: Equatable, Sendable {
    package var mean = 120
    package var deviation = 120
    package var least = 60
    /// The newest samples count most: weights halve in so many half-lives of the series, which are
    /// measured over the window of the mean. Nil: all in the windows count alike. (B-08)
    package var halfLives: Double?
    /// A series that deviates by more is none to open by.
    package var mostDeviation: Double?

    package init() {}
  }

  package let settings: Settings
  package private(set) var values: [Double] = []

  package init(_ settings: Settings) { self.settings = settings }

  /// Appends the value, and says where it stands among those that now are there.
  package mutating func note(_ value: Double) -> Score {
    values.append(value)
    let kept = 2 * max(settings.mean, settings.deviation)
    if values.count > kept { values.removeFirst(values.count - kept) }
    var score = Score(value: value, samples: values.count)
    guard values.count >= settings.least else { return score }
    score.isReady = true
    score.mean = Self.mean(values.suffix(settings.mean))
    score.deviation = Self.deviation(values.suffix(settings.deviation))
    if let halfLives = settings.halfLives {
      // What is held is closed by the windows then, rather than not at all.
      let reversion = Reversion(values.suffix(settings.mean), halfLives: halfLives)
      if let reversion { (score.mean, score.deviation) = (reversion.mean, reversion.sigma) }
      if reversion == nil { score.objection = "the series does not come back to a mean" }
    }
    if let most = settings.mostDeviation, score.deviation > most {
      score.objection = "the series deviates by more than \(Decimal(statistic: most).trimmed) bps"
    }
    if score.deviation > 0 { score.z = (value - score.mean) / score.deviation }
    return score
  }

  package static func mean(_ values: ArraySlice<Double>) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }

  /// Of the population. What rounding alone makes of equal values is none.
  package static func deviation(_ values: ArraySlice<Double>) -> Double {
    guard let first = values.first, values.contains(where: { $0 != first }) else { return 0 }
    let mean = mean(values)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count)).squareRoot()
  }
}

/// When a pair is opened and closed, of one mode. (S1-08 to S1-10)
package struct ScoreThresholds: Equatable, Sendable {
  package var mode: ZarbMode
  /// Deviations, above 0; `exit` is below `entry`.
  package var entry: Double
  package var exit: Double
  /// Hundredths of a percent that an opening must bring at executable prices, fees on top.
  package var minEdge: Decimal
  /// Hundredths of a percent that both legs cost.
  package var fees = Decimal.zero
}

/// How much is ordered. (S1-11, S1-34)
package struct ScoreSizes: Equatable, Sendable {
  /// Base units.
  package var base = Decimal(mantissa: 1, scale: 3)
  package var maxBatch = Decimal(mantissa: 5, scale: 3)
  package var maxPosition = Decimal(mantissa: 1, scale: 1)

  package init() {}

  /// The further away from its mean the spread is, the more is ordered, in pieces that get smaller.
  package func batches(_ score: Double, _ mode: ZarbMode) -> [Decimal] {
    let count = abs(score) < 2.3 ? 1 : abs(score) < 3.0 ? 2 : 3
    let tenths = mode == .normal ? [10, 7, 5] : [6, 4, 2]
    return tenths.prefix(count).map {
      min(base.times(Decimal(mantissa: Int128($0), scale: 1)), maxBatch)
    }
  }
}

/// What is to be done about one pair of markets now. (S1-33)
package struct ScoreDecision: Equatable, Sendable {
  package enum Signal: Equatable, Sendable {
    case hold
    case open(SpreadDirection, batches: [Decimal])
    /// So many base units of each leg at most.
    case close(Decimal)

    package var name: String {
      switch self {
      case .hold: "HOLD"
      case .open: "OPEN"
      case .close: "CLOSE"
      }
    }
  }

  package var signal: Signal
  package var reason: String

  /// `held` is the direction of the position; nil where there is none. The edge stands before
  /// openings alone: when a spread has come back there is none left, and that is when to close.
  package init(
    _ score: Score, _ sample: EdgeSample, series: ScoreSeries, held: SpreadDirection?,
    thresholds: ScoreThresholds, sizes: ScoreSizes
  ) {
    let distance = abs(score.z)
    let direction: SpreadDirection =
      (series == .mid ? score.z : score.value) >= 0 ? .long : .short
    let standing = "z \(Self.text(score.z))"
    guard score.isReady else {
      self.init(.hold, "insufficient samples: \(score.samples)")
      return
    }
    if held != nil, distance <= thresholds.exit {
      self.init(.close(sizes.base), "\(standing) is within \(Self.text(thresholds.exit))")
      return
    }
    guard distance >= thresholds.entry else {
      self.init(.hold, "\(standing) is below \(Self.text(thresholds.entry))")
      return
    }
    if let held, held != direction {
      self.init(.close(sizes.base), "\(standing) is against the \(held.rawValue) position")
      return
    }
    if let objection = score.objection {
      self.init(.hold, objection)
      return
    }
    let edge = sample.edgeBasisPoints(direction)
    let least = thresholds.minEdge.plus(thresholds.fees)
    guard edge >= least else {
      self.init(.hold, "edge \(edge.text(places: 3)) bps is below \(least.text(places: 3))")
      return
    }
    self.init(
      .open(direction, batches: sizes.batches(score.z, thresholds.mode)),
      "\(standing), edge \(edge.text(places: 3)) bps, \(direction.rawValue)")
  }

  init(_ signal: Signal, _ reason: String) { (self.signal, self.reason) = (signal, reason) }

  /// Two digits after the point.
  private static func text(_ value: Double) -> String {
    Decimal(mantissa: Int128((value * 100).rounded()), scale: 2).text(places: 2)
  }
}
