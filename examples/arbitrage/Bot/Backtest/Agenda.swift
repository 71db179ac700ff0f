/// What is due when; of what is due at once, in the order in which it was put in.
struct Agenda<Item: Sendable>: Sendable {
  private var items: [(due: UInt64, item: Item)] = []

  /// On the monotonic clock.
  var deadline: UInt64? { items.first?.due }

  mutating func add(_ item: Item, at due: UInt64) {
    let index = items.lastIndex { $0.due <= due }.map { $0 + 1 } ?? 0
    items.insert((due, item), at: index)
  }

  mutating func next(at now: UInt64) -> Item? {
    guard let first = items.first, first.due <= now else { return nil }
    return items.removeFirst().item
  }
}
