/// The levels of one market's book, best first on each side.
package struct Book: Equatable, Sendable {
  package private(set) var bids: [Level] = []
  package private(set) var asks: [Level] = []

  package init() {}

  package var bestBid: Level? { bids.first }
  package var bestAsk: Level? { asks.first }

  /// Crossed or locked, as the best levels stand.
  package var flags: QuoteFlags { .of(bid: bestBid?.price, ask: bestAsk?.price) }

  package mutating func removeAll() {
    bids.removeAll(keepingCapacity: true)
    asks.removeAll(keepingCapacity: true)
  }

  /// Sets the size at a price; size zero removes it. Returns false when a removal names a price
  /// that is not there, a sign of a damaged book.
  @discardableResult
  package mutating func set(_ level: Level, on side: Side) -> Bool {
    side == .buy
      ? Self.set(level, in: &bids) { $0 > $1 }
      : Self.set(level, in: &asks) { $0 < $1 }
  }

  private static func set(
    _ level: Level, in levels: inout [Level], better: (Decimal, Decimal) -> Bool
  ) -> Bool {
    var (low, high) = (0, levels.count)
    while low < high {
      let middle = (low + high) / 2
      if better(levels[middle].price, level.price) { low = middle + 1 } else { high = middle }
    }
    let exists = low < levels.count && levels[low].price == level.price
    if level.size.isZero {
      if exists { levels.remove(at: low) }
      return exists
    }
    if exists { levels[low] = level } else { levels.insert(level, at: low) }
    return true
  }
}

extension [Level] {
  /// Puts the best price of the side first, as nearly every venue does by itself.
  package mutating func sort(bestFirst side: Side) {
    let isBefore: (Level, Level) -> Bool =
      side == .buy ? { $0.price > $1.price } : { $0.price < $1.price }
    for index in indices.dropFirst() where isBefore(self[index], self[index - 1]) {
      return sort(by: isBefore)
    }
  }
}

extension QuoteFlags {
  package static func of(bid: Decimal?, ask: Decimal?) -> QuoteFlags {
    guard let bid, let ask else { return [] }
    return bid < ask ? [] : (bid == ask ? .locked : .crossed)
  }
}
