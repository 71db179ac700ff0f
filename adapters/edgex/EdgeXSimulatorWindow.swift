import PerpCore

/// What subscribers of one depth have been told: the best levels of a book at a version.
struct EdgeXSimulatorWindow: Sendable {
  /// Levels a side.
  let depth: Int
  private(set) var bids: [Level]
  private(set) var asks: [Level]
  private(set) var version: Int64
  /// The version before the last move.
  private(set) var previousVersion: Int64

  init(depth: Int, bids: [Level], asks: [Level], version: Int64) {
    self.depth = depth
    self.bids = Array(bids.prefix(depth))
    self.asks = Array(asks.prefix(depth))
    self.version = version
    previousVersion = version
  }

  /// Follows the book to a later version and returns what has changed, best first. Levels that are
  /// gone, or that no longer belong to the best, have size zero.
  mutating func move(
    to bids: [Level], _ asks: [Level], version: Int64
  ) -> (bids: [Level], asks: [Level]) {
    let (bids, asks) = (Array(bids.prefix(depth)), Array(asks.prefix(depth)))
    let changes = (
      Self.changes(from: self.bids, to: bids) { $0 > $1 },
      Self.changes(from: self.asks, to: asks) { $0 < $1 }
    )
    (self.bids, self.asks) = (bids, asks)
    (previousVersion, self.version) = (self.version, version)
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
