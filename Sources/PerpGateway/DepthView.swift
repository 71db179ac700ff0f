import PerpCore

/// The best levels of a book, for a client that wants no more: rebuilt from the whole book, since
/// a level that leaves lets another come into sight. What it tells has numbers of its own.
struct DepthView {
  /// Levels on each side.
  let depth: Int
  private var book = Book()
  private var bids: [Level] = []
  private var asks: [Level] = []
  private var mseq: UInt64 = 0
  /// Of what was told last; nil until there is a snapshot.
  private var sequence: Int64?
  private var hasBook = false

  init(depth: Int) { self.depth = depth }

  /// What the client is to be told of an update of the whole book; nil for nothing. What was asked
  /// for repeats the number of what was told last.
  mutating func receive(_ update: borrowing BookUpdate, isAnswer: Bool = false) -> BookUpdate? {
    guard hasBook || update.isSnapshot else { return nil }
    if update.isSnapshot { book.removeAll() }
    hasBook = true
    for level in update.bids { book.set(level, on: .buy) }
    for level in update.asks { book.set(level, on: .sell) }
    let (newBids, newAsks) = (Array(book.bids.prefix(depth)), Array(book.asks.prefix(depth)))
    var told = copy update
    if update.isSnapshot {
      (told.bids, told.asks) = (newBids, newAsks)
    } else {
      told.bids = Self.changes(from: bids, to: newBids)
      told.asks = Self.changes(from: asks, to: newAsks)
      if told.bids.isEmpty, told.asks.isEmpty { return nil }
      told.previousVenueSequence = sequence
    }
    if !isAnswer || mseq == 0 { mseq += 1 }
    told.header.mseq = mseq
    (bids, asks, sequence) = (newBids, newAsks, update.venueSequence)
    return told
  }

  private static func changes(from old: [Level], to new: [Level]) -> [Level] {
    var changes: [Level] = []
    for level in old where !new.contains(where: { $0.price == level.price }) {
      changes.append(Level(price: level.price, size: Decimal(0)))
    }
    for level in new where !old.contains(level) { changes.append(level) }
    return changes
  }
}
