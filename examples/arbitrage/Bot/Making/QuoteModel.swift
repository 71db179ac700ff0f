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
  /// Aversion to risk.
  package var gamma = Decimal(mantissa: 3, scale: 1)
  /// Half spread for each quote unit of volatility.
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
  package var smallSize = SmallSize.zero

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
    let position = engine == .v1 ? market.position : market.position.over(maxPosition)
    let risk = gamma.times(position).times(market.sigma).times(market.sigma)
    let fair = market.quote.mid.minus(risk)
    guard market.imbalance.magnitude > imbalanceThreshold else { return fair }
    return fair.minus(imbalanceShift.times(market.imbalance).times(market.quote.spread))
  }

  package func halfSpread(_ market: Market) -> Decimal {
    let own = spreadFactor.times(market.quote.spread).plus(kappa.times(market.sigma))
    let half = max(minHalfSpread, own)
    let part = market.position.magnitude.over(maxPosition)
    return part > Decimal(mantissa: 5, scale: 1) ? half.times(Decimal(1).plus(part)) : half
  }

  /// On the grid, and never beyond the best price of their own side; nil where nothing is between
  /// them.
  package func prices(_ market: Market) -> (bid: Decimal, ask: Decimal)? {
    let (quote, tick) = (market.quote, market.rules.tick)
    for (center, half) in [
      (fair(market), halfSpread(market)), (quote.mid, minHalfSpread),
    ] {
      let bid = min(center.minus(half).floored(to: tick), quote.bid)
      let ask = max(center.plus(half).ceiled(to: tick), quote.ask)
      if ask > bid, !bid.isNegative { return (bid, ask) }
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
      size = size.times(max(.zero, Decimal(1).minus(weight)))
    }
    guard size > .zero else { return .zero }
    size = size.floored(to: rules.lot)
    let least = rules.leastSize(at: price)
    if size < least { size = smallSize == .least ? least : .zero }
    return size <= room ? size : .zero
  }
}
