import PerpCore

/// Which side of the book is heavier, from −1, asks alone, to 1, bids alone: smoothed. (S3-32)
package struct Imbalance: Equatable, Sendable {
  /// What a new look at the book counts for, to 1.
  package let weight: Decimal
  package private(set) var smooth = Decimal.zero
  /// Of the last book that was not empty.
  package private(set) var raw = Decimal.zero

  package init(weight: Decimal) { self.weight = weight }

  /// Sums of sizes on both sides, in base units. An empty book changes nothing.
  package mutating func note(bids: Decimal, asks: Decimal) {
    let all = bids.plus(asks)
    guard all > .zero else { return }
    note(raw: bids.minus(asks).over(all))
  }

  package mutating func note(raw: Decimal) {
    self.raw = raw
    let past = Decimal(1).minus(weight).times(smooth)
    smooth = weight.times(raw).plus(past).over(Decimal(1))
  }

  /// The sums of so many of the best levels.
  package mutating func note(_ book: Book, depth: Int) {
    func sum(_ levels: [Level]) -> Decimal {
      levels.prefix(depth).reduce(Decimal.zero) { $0.plus($1.size) }
    }
    note(bids: sum(book.bids), asks: sum(book.asks))
  }
}
