import Foundation

/// The books of all markets as a reader of the lines builds them, by the rules of PROTOCOL.md.
struct RebuiltBooks {
  /// One side: sizes by price, both as the lines write them.
  struct Book: Equatable {
    var bids: [String: String] = [:]
    var asks: [String: String] = [:]
    var sequence = 0
    /// Between two parts of one update it is not to be looked at.
    var isWhole = true
  }

  private(set) var books: [String: Book] = [:]

  mutating func apply(_ line: Line) {
    var book = books[line.symbol] ?? Book()
    let isFirstPart = (line[number: "part"] ?? 1) == 1
    if line.fields["snapshot"] as? Bool == true, isFirstPart { book = Book() }
    for level in line.levels("bids") { Self.set(level, in: &book.bids) }
    for level in line.levels("asks") { Self.set(level, in: &book.asks) }
    book.sequence = line.venueSequence ?? 0
    book.isWhole = line[number: "part"] == line[number: "parts"]
    books[line.symbol] = book
  }

  private static func set(_ level: [String], in side: inout [String: String]) {
    side[level[0]] = level[1] == "0" ? nil : level[1]
  }
}

extension RebuiltBooks.Book {
  init(bids: [[String]], asks: [[String]], sequence: Int) {
    self.bids = Dictionary(uniqueKeysWithValues: bids.map { ($0[0], $0[1]) })
    self.asks = Dictionary(uniqueKeysWithValues: asks.map { ($0[0], $0[1]) })
    self.sequence = sequence
  }

  func hasSameLevels(as other: Self) -> Bool { bids == other.bids && asks == other.asks }
}
