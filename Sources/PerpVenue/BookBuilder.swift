import PerpCore

/// Rebuilds a book from a snapshot and the deltas that follow it, and notices when one is missing.
package struct BookBuilder: Sendable {
  /// Levels a side; a larger book is refused (`reliability.md` K09).
  package static let maxLevels = 10_000

  package enum Verdict: Equatable, Sendable {
    case applied
    /// Older than the book, or there is no snapshot yet: of no use.
    case ignored
    /// A delta is missing before this one. The book is void until the next snapshot.
    case gap
    /// More than `maxLevels` on a side. The book is void until the next snapshot.
    case tooLarge
  }

  package private(set) var book = Book()
  /// The venue's sequence the book stands at; nil while there is no sound book.
  package private(set) var sequence: Int64?

  package init() {}

  package mutating func void() {
    book.removeAll()
    sequence = nil
  }

  package mutating func snapshot(bids: [Level], asks: [Level], sequence: Int64) -> Verdict {
    void()
    self.sequence = sequence
    return apply(bids: bids, asks: asks)
  }

  /// `previous` is the sequence this delta must follow.
  package mutating func delta(
    bids: [Level], asks: [Level], sequence: Int64, previous: Int64
  ) -> Verdict {
    guard let last = self.sequence, sequence > last else { return .ignored }
    guard previous == last else {
      void()
      return .gap
    }
    self.sequence = sequence
    return apply(bids: bids, asks: asks)
  }

  private mutating func apply(bids: [Level], asks: [Level]) -> Verdict {
    for level in bids { book.set(level, on: .buy) }
    for level in asks { book.set(level, on: .sell) }
    if book.bids.count > Self.maxLevels || book.asks.count > Self.maxLevels {
      void()
      return .tooLarge
    }
    return .applied
  }
}
