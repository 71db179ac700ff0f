/// How far a position moves the fair price, and how far quotes are from it. (B-09) Measures, of
/// which prices are made on the market's grid.
package enum Pricing: String, CaseIterable, Sendable {
  /// That of the reference: `QuoteModel`'s own.
  case reference
  case avellanedaStoikov = "avellaneda_stoikov"
  /// Of Guéant, Lehalle and Fernandez-Tapia.
  case glft
}

/// Quotes around a fair price that a position moves.
package struct QuoteOffsets: Equatable, Sendable {
  /// Quote units that the fair price is below the middle.
  package var shift: Double
  /// Quote units from the fair price to each quote.
  package var half: Double
}

/// Avellaneda and Stoikov's quotes.
package struct AvellanedaStoikov: Equatable, Sendable {
  /// Aversion to risk, above 0.
  package var gamma: Double
  /// How fast orders get fewer with the distance from the middle, above 0.
  package var kappa: Double

  package init(gamma: Double, kappa: Double) { (self.gamma, self.kappa) = (gamma, kappa) }

  /// `sigma` in quote units, `position` as part of the largest, `remaining` as part of the horizon:
  /// 1 where there is none.
  package func offsets(sigma: Double, position: Double, remaining: Double = 1) -> QuoteOffsets {
    let risk = gamma * sigma * remaining
    let spread = risk + 2 * (1 + gamma / kappa).logarithm / gamma
    return QuoteOffsets(shift: position * risk, half: spread / 2)
  }

  /// What is left of a horizon, as part of it: horizons follow each other, and the next begins when
  /// one ends. 1 where there is none, which is 0; both in nanoseconds.
  package static func remaining(of horizon: UInt64, after elapsed: UInt64) -> Double {
    horizon == 0 ? 1 : Double(horizon - elapsed % horizon) / Double(horizon)
  }
}

/// Guéant, Lehalle and Fernandez-Tapia's quotes, far from any end: orders that take come with an
/// intensity of A·e^(−kδ) at a distance δ from the middle.
package struct ArrivalQuotes: Equatable, Sendable {
  /// Aversion to risk, above 0.
  package var gamma: Double
  /// A and k, both above 0.
  package var intensity: Double
  package var decay: Double
  /// Units of an order, above 0.
  package var size = 1.0

  package init(gamma: Double, intensity: Double, decay: Double, size: Double = 1) {
    (self.gamma, self.intensity, self.decay, self.size) = (gamma, intensity, decay, size)
  }

  package var first: Double { (1 + gamma * size / decay).logarithm / (gamma * size) }

  package var second: Double {
    let power = decay / (gamma * size) + 1
    let factor = (1 + gamma * size / decay).raised(to: power)
    return (gamma / (2 * intensity * size * decay) * factor).squareRoot()
  }

  /// `sigma` in quote units, `position` in units.
  package func offsets(sigma: Double, position: Double) -> QuoteOffsets {
    QuoteOffsets(shift: position * sigma * second, half: first + size / 2 * sigma * second)
  }
}
