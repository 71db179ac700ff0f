import PerpCore

/// What subscribers have been told of a book: its best levels, at one of the venue's numbers.
package struct PublishedBook: Sendable {
  /// Levels a side.
  package let depth: Int
  package private(set) var bids: [Level]
  package private(set) var asks: [Level]
  package private(set) var sequence: Int64
  /// The number before the last move.
  package private(set) var previousSequence: Int64

  package init(depth: Int = .max, bids: [Level], asks: [Level], sequence: Int64) {
    self.depth = depth
    self.bids = Array(bids.prefix(depth))
    self.asks = Array(asks.prefix(depth))
    self.sequence = sequence
    previousSequence = sequence
  }

  /// Follows the book to a later number and returns what has changed, best first. Levels that are
  /// gone, or that no longer belong to the best, have size zero.
  package mutating func move(
    to bids: [Level], _ asks: [Level], sequence: Int64
  ) -> (bids: [Level], asks: [Level]) {
    let (bids, asks) = (Array(bids.prefix(depth)), Array(asks.prefix(depth)))
    let changes = (
      Self.changes(from: self.bids, to: bids) { $0 > $1 },
      Self.changes(from: self.asks, to: asks) { $0 < $1 }
    )
    (self.bids, self.asks) = (bids, asks)
    (previousSequence, self.sequence) = (self.sequence, sequence)
    return changes
  }

  private static func changes(
    from old: [Level], to new: [Level], _ isBetter: (Decimal, Decimal) -> Bool
  ) -> [Level] {
    var changes: [Level] = []
    var (oldIndex, newIndex) = (0, 0)
    while oldIndex < old.count || newIndex < new.count {
      if newIndex == new.count
        || (oldIndex < old.count && isBetter(old[oldIndex].price, new[newIndex].price))
      {
        changes.append(Level(price: old[oldIndex].price, size: .zero))
        oldIndex += 1
      } else if oldIndex == old.count || isBetter(new[newIndex].price, old[oldIndex].price) {
        changes.append(new[newIndex])
        newIndex += 1
      } else {
        if old[oldIndex].size != new[newIndex].size { changes.append(new[newIndex]) }
        oldIndex += 1
        newIndex += 1
      }
    }
    return changes
  }
}
