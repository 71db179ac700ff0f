import PerpCore

/// A book, or what has changed of it. (`PROTOCOL.md`, section 3)
package struct BookLine: Equatable, Sendable {
  package var listing: Listing
  /// What was known before is no more.
  package var isSnapshot: Bool
  package var bids: [Level]
  package var asks: [Level]

  package init?(_ line: JSONFields) {
    guard let listing = line.listing, let bids = line.levels("bids"),
      let asks = line.levels("asks")
    else { return nil }
    (self.listing, self.bids, self.asks) = (listing, bids, asks)
    // The second and later parts of a snapshot add to the first.
    isSnapshot = (line.bool("snapshot") ?? false) && (line.integer("part") ?? 1) == 1
  }
}

extension Book {
  mutating func apply(_ line: BookLine) {
    if line.isSnapshot { removeAll() }
    for level in line.bids { set(level, on: .buy) }
    for level in line.asks { set(level, on: .sell) }
  }
}

extension JSONFields {
  /// A list of pairs of price and size; nil unless it is one.
  fileprivate func levels(_ name: String) -> [Level]? {
    guard let raw = raw(name) else { return nil }
    var json = JSONReader(raw.span.bytes)
    var levels: [Level] = []
    do throws(JSONError) {
      try json.enterArray()
      while try json.nextElement() {
        try json.enterArray()
        guard try json.nextElement() else { return nil }
        let price = try json.decimal()
        guard try json.nextElement() else { return nil }
        levels.append(Level(price: price, size: try json.decimal()))
        guard try !json.nextElement() else { return nil }
      }
    } catch {
      return nil
    }
    return levels
  }
}
