import PerpCore

/// What an account would hold had its orders been filled: positions at their average price, and
/// the balance with what was won, lost and paid.
struct PaperAccount: Sendable {
  struct Holding: Equatable, Sendable {
    /// Negative: short.
    var size = Decimal.zero
    var entryPrice = Decimal.zero
  }

  private(set) var holdings: [Symbol: Holding] = [:]
  private(set) var balance: Decimal

  init(balance: Decimal) { self.balance = balance }

  func size(of symbol: Symbol) -> Decimal { holdings[symbol]?.size ?? .zero }

  /// Nil only where numbers leave what a decimal holds.
  mutating func fill(
    _ symbol: Symbol, _ side: Side, price: Decimal, size: Decimal, fee: Decimal
  ) {
    var holding = holdings[symbol] ?? Holding()
    let signed = side == .buy ? size : size.negated
    let isAdding = holding.size.isZero || holding.size.isNegative == signed.isNegative
    if isAdding {
      let cost = holding.entryPrice.times(holding.size).plus(price.times(signed))
      holding.size = holding.size.plus(signed)
      holding.entryPrice = cost.divided(by: holding.size, scale: 12)?.trimmed ?? price
    } else {
      let closed = min(size, holding.size.magnitude)
      let gain = price.plus(holding.entryPrice.negated).times(closed)
      balance = balance.plus(holding.size.isNegative ? gain.negated : gain)
      let rest = holding.size.plus(signed)
      if rest.isZero || rest.isNegative != holding.size.isNegative { holding.entryPrice = price }
      holding.size = rest
    }
    balance = balance.plus(fee.negated)
    holdings[symbol] = holding
  }
}

extension Decimal {
  fileprivate var magnitude: Decimal { isNegative ? negated : self }
  fileprivate func plus(_ other: Decimal) -> Decimal { adding(other)?.trimmed ?? self }
  fileprivate func times(_ other: Decimal) -> Decimal { multiplied(by: other)?.trimmed ?? .zero }
}
