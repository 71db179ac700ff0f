/// Where in a list a name stands, which is asked with every message.
///
/// The names come from the venue's own list of its markets: to guard them against somebody's
/// choice of keys, as a dictionary does, would cost more than all the rest of the search.
package struct NameIndex: Sendable {
  private struct Slot {
    var name: ShortText
    /// Negative where the slot is free.
    var place: Int
  }

  /// A power of two, at most half of them taken. A name stands in its own slot or in those after
  /// it, before the first that is free.
  private var slots: [Slot]
  private var count = 0

  package init() { slots = Self.free(16) }

  package subscript(name: ShortText) -> Int? {
    let place = slots[slot(of: name)].place
    return place < 0 ? nil : place
  }

  /// `place` counts from 0.
  package mutating func insert(_ name: ShortText, at place: Int) {
    precondition(place >= 0)
    if 2 * (count + 1) > slots.count { grow() }
    let slot = slot(of: name)
    if slots[slot].place < 0 { count += 1 }
    slots[slot] = Slot(name: name, place: place)
  }

  private mutating func grow() {
    let taken = slots.filter { $0.place >= 0 }
    slots = Self.free(2 * slots.count)
    for one in taken { slots[slot(of: one.name)] = one }
  }

  /// The slot of the name, or the free one that it would take.
  private func slot(of name: ShortText) -> Int {
    var slot = name.fold & (slots.count - 1)
    while slots[slot].place >= 0, slots[slot].name != name { slot = (slot + 1) & (slots.count - 1) }
    return slot
  }

  private static func free(_ count: Int) -> [Slot] {
    Array(repeating: Slot(name: ShortText(), place: -1), count: count)
  }
}
