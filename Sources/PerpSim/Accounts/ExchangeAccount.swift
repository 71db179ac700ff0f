import PerpCore

/// One account of an exchange.
package struct ExchangeAccount: Sendable {
  package let number: UInt32
  /// Collateral: what was paid in, realized profits less fees.
  package internal(set) var balance: Decimal
  package internal(set) var fees: FeeRates
  /// Of all markets of the exchange, in their order; most of size zero.
  package internal(set) var positions: [ExchangePosition]
  /// Numbers of the orders that have not ended, oldest first.
  package internal(set) var openOrders: [UInt64] = []
  /// Numbers of the orders that ended and are still known, in the order they ended.
  package internal(set) var history: [UInt64] = []
  /// Oldest first.
  package internal(set) var fills: [ExchangeFill] = []
  /// The latest order of each client id.
  var clientIDs: [String: UInt64] = [:]
}

extension ExchangePosition {
  /// Takes in what an execution does to the position; returns what it realized.
  mutating func apply(
    side: Side, price: Decimal, size executed: Decimal, fee: Decimal, number: UInt64,
    at time: Int64
  ) -> Decimal {
    let signed = side == .buy ? executed : executed.negated
    fees = fees.plus(fee)
    updatedAt = time
    lastFill = number
    let closing = size.isNegative == signed.isNegative ? .zero : min(size.magnitude, executed)
    var realized = Decimal.zero
    if !closing.isZero {
      let part = costPart(of: closing)
      let proceeds = price.times(size.isNegative ? closing.negated : closing)
      realized = proceeds.minus(part)
      cost = cost.minus(part)
      size = size.plus(signed.isNegative ? closing.negated : closing).trimmed
    }
    let opening = executed.minus(closing)
    if !opening.isZero {
      if size.isZero { openedAt = time }
      let added = signed.isNegative ? opening.negated : opening
      cost = cost.plus(added.times(price))
      size = size.plus(added).trimmed
    }
    realizedPnL = realizedPnL.plus(realized).trimmed
    cost = cost.trimmed
    return realized.trimmed
  }

  /// The part of the cost that leaves with `closing`; all of it with all of the position. What is
  /// cut from it stays with the rest, so that nothing is lost.
  private func costPart(of closing: Decimal) -> Decimal {
    guard closing != size.magnitude else { return cost }
    return cost.times(closing).divided(by: size.magnitude, scale: 12) ?? .zero
  }
}
