import PerpCore

/// Rebuilds the books of a recording, as a reader would, and notices where that fails.
struct BookChecker {
  private struct State {
    var book = Book()
    /// Nil until a snapshot has come, and after a gap.
    var isKnown = false
    var venueSequence: String?
    /// The part that must come next, of how many.
    var nextPart: (number: Int64, of: Int64)?
  }

  private var states: [String: State] = [:]

  /// What is wrong with a valid line in the light of those before it.
  mutating func fault(_ tree: borrowing JSONTree, _ type: String) -> String? {
    switch type {
    case "book": return bookFault(tree)
    case "bbo":
      let flags = QuoteFlags.of(
        bid: tree.decimal(tree.member("bid", of: 0)), ask: tree.decimal(tree.member("ask", of: 0)))
      return Self.unflagged(flags, tree)
    case "stream":
      let state = tree.string(tree.member("state", of: 0))
      if tree.string(tree.member("channel", of: 0)) == "book", state == "gap" || state == "down" {
        states[tree.market]?.isKnown = false
      }
      return nil
    default: return nil
    }
  }

  private mutating func bookFault(_ tree: borrowing JSONTree) -> String? {
    let market = tree.market
    var state = states.removeValue(forKey: market) ?? State()
    defer { states[market] = state }

    let isSnapshot = tree.bool(tree.member("snapshot", of: 0)) == true
    let part = tree.integer(tree.member("part", of: 0)) ?? 1
    let parts = tree.integer(tree.member("parts", of: 0)) ?? 1
    let expected = state.nextPart
    state.nextPart = part < parts ? (part + 1, parts) : nil
    if let expected, (part, parts) != expected {
      return "is part \(part) of \(parts) where part \(expected.number) of \(expected.of) must come"
    }
    if expected == nil, part != 1 { return "is part \(part) without those before it" }
    if part == 1, let fault = beginFault(tree, &state, isSnapshot: isSnapshot) { return fault }

    apply(tree, "bids", .buy, to: &state.book)
    apply(tree, "asks", .sell, to: &state.book)
    return part == parts && state.isKnown ? Self.unflagged(state.book.flags, tree) : nil
  }

  /// The first line of an update: does it follow what is known?
  private func beginFault(
    _ tree: borrowing JSONTree, _ state: inout State, isSnapshot: Bool
  ) -> String? {
    let previous = state.venueSequence
    state.venueSequence = tree.string(tree.member("venue_seq", of: 0))
    if isSnapshot {
      state.book.removeAll()
      state.isKnown = true
      return nil
    }
    if !state.isKnown { return "is a change of a book without a snapshot" }
    if tree.member("skipped", of: 0) != nil {
      state.isKnown = false
      return "is a change of a book after changes were skipped"
    }
    if let previous, let claimed = tree.string(tree.member("prev_venue_seq", of: 0)),
      previous != claimed
    {
      return "follows venue_seq \(claimed), but the one before was \(previous)"
    }
    return nil
  }

  private func apply(
    _ tree: borrowing JSONTree, _ key: String, _ side: Side, to book: inout Book
  ) {
    guard let list = tree.member(key, of: 0) else { return }
    var level = list + 1
    while level < tree.nodes[list].end {
      if let price = tree.decimal(level + 1), let size = tree.decimal(level + 2) {
        book.set(Level(price: price, size: size), on: side)
      }
      level = tree.nodes[level].end
    }
  }

  private static func unflagged(_ flags: QuoteFlags, _ tree: borrowing JSONTree) -> String? {
    if flags.contains(.crossed), !tree.flags().contains("crossed") {
      return "is crossed and not flagged"
    }
    if flags.contains(.locked), !tree.flags().contains("locked") {
      return "is locked and not flagged"
    }
    return nil
  }
}
