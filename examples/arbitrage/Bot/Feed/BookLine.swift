import PerpCore

/// Levels of a book, or changes of them. (`PROTOCOL.md`, section 3)
package struct BookLine: Equatable, Sendable {
  package var listing: Listing
  /// The first line of a whole book: what was there before is gone.
  package var isSnapshot: Bool
  /// Of size 0: there is nothing at that price any more.
  package var bids: [Level]
  package var asks: [Level]

  package init?(_ line: JSONFields) {
    guard let listing = line.listing, let bids = line.raw("bids").flatMap(Self.levels),
      let asks = line.raw("asks").flatMap(Self.levels)
    else { return nil }
    (self.listing, self.bids, self.asks) = (listing, bids, asks)
    isSnapshot = line.bool("snapshot") == true && (line.integer("part") ?? 1) == 1
  }

  func apply(to book: inout Book) {
    for level in bids { book.set(level, on: .buy) }
    for level in asks { book.set(level, on: .sell) }
  }

  private static func levels(_ text: [UInt8]) -> [Level]? {
    var json = JSONReader(text.span.bytes)
    var levels: [Level] = []
    do throws(JSONError) {
      try json.enterArray()
      while try json.nextElement() {
        var pair: [Decimal] = []
        try json.enterArray()
        while try json.nextElement() {
          guard let number = try json.optionalDecimal() else { return nil }
          pair.append(number)
        }
        guard pair.count == 2 else { return nil }
        levels.append(Level(price: pair[0], size: pair[1]))
      }
    } catch {
      return nil
    }
    return levels
  }
}
