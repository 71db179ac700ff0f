import PerpCore

/// Puts prices and sizes on a market's grid before anything is sent. (C-02, C-05)
extension MarketRules {
  /// Whether the order takes what is there, or waits to be taken.
  package enum Intention: Sendable {
    case aggressive, passive
  }

  /// Why an order is not sent.
  package struct Refusal: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String
  }

  /// Never worse than asked for where it waits, never short of it where it takes.
  package func price(
    _ price: Decimal, _ side: Side, _ intention: Intention
  ) throws(Refusal) -> Decimal {
    let isUp = (side == .buy) == (intention == .aggressive)
    let rounded = isUp ? price.ceiled(to: tick) : price.floored(to: tick)
    guard rounded > .zero else {
      throw Refusal(description: "the price \(price) is 0 on the tick of \(tick)")
    }
    return rounded
  }

  /// Never more than asked for.
  package func size(_ size: Decimal, at price: Decimal) throws(Refusal) -> Decimal {
    let rounded = size.floored(to: lot)
    guard rounded > .zero, rounded >= minSize else {
      throw Refusal(description: "the size \(size) is below the least of \(max(minSize, lot))")
    }
    if let minNotional, rounded.times(price) < minNotional {
      throw Refusal(
        description: "\(rounded) at \(price) is worth less than the least of \(minNotional)")
    }
    return rounded
  }

  /// The smallest size that the venue takes at this price.
  package func leastSize(at price: Decimal) -> Decimal {
    let least = max(minSize, lot)
    guard let minNotional, price > .zero else { return least }
    // A digit more than is kept may have been cut off.
    let step = lot > .zero ? lot : least
    var size = max(least, minNotional.over(price).ceiled(to: step))
    if size.times(price) < minNotional { size = size.plus(step) }
    return size
  }

  /// A limit that takes at once what is within `offset`, a part of the price, and rests never.
  package func emulatedMarket(
    _ side: Side, against quote: Quote, offset: Decimal
  ) throws(Refusal) -> Decimal {
    let factor = side == .buy ? Decimal(1).plus(offset) : Decimal(1).minus(offset)
    return try price(quote.price(for: side).times(factor), side, .aggressive)
  }
}
