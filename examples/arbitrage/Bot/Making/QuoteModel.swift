import PerpCore

/// Where a market maker bids and asks, and for how much: Avellaneda and Stoikov's idea in its
/// simplest form. A position moves both quotes to where it shrinks, volatility moves them apart.
/// (S3-31 to S3-36, S3-61, S3-62)
package struct QuoteModel: Equatable, Sendable {
  /// How a position is measured, and what it does to quotes.
  package enum Engine: String, CaseIterable, Sendable {
    /// In base units.
    case v1
    /// As part of the largest one; what adds to it ends at half of that.
    case v2
  }

  /// What becomes of a size below what the venue takes.
  package enum SmallSize: String, CaseIterable, Sendable {
    case zero
    case least = "min"
  }

  package var engine = Engine.v1
  package var pricing = Pricing.reference
  /// Aversion to risk.
  package var gamma = Decimal(mantissa: 3, scale: 1)
  /// Half spread for each quote unit of volatility; of Avellaneda and Stoikov how fast orders get
  /// fewer with their distance.
  package var kappa = Decimal(mantissa: 15, scale: 1)
  /// Quote units.
  package var minHalfSpread = Decimal(1)
  /// Half spread as part of the market's spread.
  package var spreadFactor = Decimal(mantissa: 4, scale: 1)
  /// Base units.
  package var baseSize = Decimal(mantissa: 3, scale: 4)
  package var maxPosition = Decimal(mantissa: 1, scale: 3)
  /// Imbalance beyond which the fair price is moved against it, by how many spreads.
  package var imbalanceThreshold = Decimal(mantissa: 3, scale: 1)
  package var imbalanceShift = Decimal(mantissa: 3, scale: 1)
  /// Quote units that the fair price is moved for each deviation of the book's pressure.
  package var pressureShift = Decimal.zero
  package var smallSize = SmallSize.zero
  /// Of `glft`: orders that take, of intensity · e^(−decay · distance).
  package var intensity = Decimal(1)
  package var decay = Decimal(1)
  /// What adds to a position has e^(−shape · part) of its size; 0: as the engine has it.
  package var shape = Decimal.zero

  package init() {}

  /// What quotes depend on.
  package struct Market: Equatable, Sendable {
    package var quote: Quote
    package var rules: MarketRules
    /// Quote units.
    package var sigma: Decimal
    /// Base units, long positive.
    package var position: Decimal
    /// Smoothed, −1 to 1.
    package var imbalance: Decimal
    /// What the fair price begins with; nil: the middle of the quote.
    package var middle: Decimal?
    /// Deviations.
    package var pressure = Decimal.zero
    /// Of Avellaneda and Stoikov: what is left of the horizon, as part of it.
    package var remaining = 1.0
    /// Of `glft`: as trades have it; nil: as the model has it.
    package var arrivals: ArrivalRate?

    package init(
      quote: Quote, rules: MarketRules, sigma: Double, position: Decimal = .zero,
      imbalance: Decimal = .zero
    ) {
      (self.quote, self.rules, self.position) = (quote, rules, position)
      (self.sigma, self.imbalance) = (Decimal(statistic: sigma), imbalance)
    }
  }

  /// Where buying and selling are equally good.
  package func fair(_ market: Market) -> Decimal {
    let moved = offsets(market).map { Decimal(statistic: $0.shift) } ?? risk(market)
    let fair = (market.middle ?? market.quote.mid).minus(moved).plus(
      pressureShift.times(market.pressure))
    guard market.imbalance.magnitude > imbalanceThreshold else { return fair }
    return fair.minus(imbalanceShift.times(market.imbalance).times(market.quote.spread))
  }

  private func risk(_ market: Market) -> Decimal {
    let position = engine == .v1 ? market.position : market.position.over(maxPosition)
    return gamma.times(position).times(market.sigma).times(market.sigma)
  }

  /// Of the models that are not the reference's. (B-09)
  private func offsets(_ market: Market) -> QuoteOffsets? {
    let (gamma, sigma) = (gamma.approximate, market.sigma.approximate)
    switch pricing {
    case .reference: return nil
    case .avellanedaStoikov:
      return AvellanedaStoikov(gamma: gamma, kappa: kappa.approximate)
        .offsets(
          sigma: sigma, position: market.position.over(maxPosition).approximate,
          remaining: market.remaining)
    case .glft:
      let rate =
        market.arrivals
        ?? ArrivalRate(intensity: intensity.approximate, decay: decay.approximate)
      return ArrivalQuotes(gamma: gamma, intensity: rate.intensity, decay: rate.decay)
        .offsets(sigma: sigma, position: market.position.over(baseSize).approximate)
    }
  }

  package func halfSpread(_ market: Market) -> Decimal {
    if let offsets = offsets(market) {
      return max(minHalfSpread, Decimal(statistic: offsets.half))
    }
    let own = spreadFactor.times(market.quote.spread).plus(kappa.times(market.sigma))
    let half = max(minHalfSpread, own)
    let part = market.position.magnitude.over(maxPosition)
    return part > Decimal(mantissa: 5, scale: 1) ? half.times(Decimal(1).plus(part)) : half
  }

  /// On the grid, and never beyond the best price of their own side; nil where nothing is between
  /// them, or the bid would be below zero.
  package func prices(_ market: Market) -> (bid: Decimal, ask: Decimal)? {
    let (quote, tick) = (market.quote, market.rules.tick)
    for (center, half) in [
      (fair(market), halfSpread(market)), (quote.mid, minHalfSpread),
    ] {
      let bid = min(center.minus(half).floored(to: tick), quote.bid)
      let ask = max(center.plus(half).ceiled(to: tick), quote.ask)
      // What is to be that far away must not be tried near the middle.
      if bid.isNegative { return nil }
      if ask > bid { return (bid, ask) }
    }
    return nil
  }

  /// Whether a position is too small to matter.
  package func isFlat(_ position: Decimal) -> Bool {
    engine == .v1 ? position.isZero : position.magnitude < baseSize
  }

  /// Base units that this side is quoted for at a price; 0 for none.
  package func size(
    _ side: Side, position: Decimal, rules: MarketRules, at price: Decimal
  ) -> Decimal {
    let room = maxPosition.minus(side == .buy ? position : position.negated)
    let isAdding = side == .buy ? position > .zero : position.isNegative
    var size = baseSize
    if isAdding, !isFlat(position) {
      let part = position.magnitude.over(maxPosition)
      let weight = engine == .v1 ? part : part.times(Decimal(2))
      let left =
        shape > .zero
        ? Decimal(statistic: shape.times(part).negated.approximate.exponential)
        : Decimal(1).minus(weight)
      size = size.times(max(.zero, left))
    }
    guard size > .zero else { return .zero }
    size = size.floored(to: rules.lot)
    let least = rules.leastSize(at: price)
    if size < least { size = smallSize == .least ? least : .zero }
    return size <= room ? size : .zero
  }
}
