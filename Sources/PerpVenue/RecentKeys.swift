/// The latest keys of a kind of message, to tell a repetition from news. A key is up to four
/// numbers; not a type of the venue's, because the search would not be specialised for it.
package struct RecentKeys: Sendable {
  package let capacity: Int
  /// Oldest at `next` once the ring is full.
  private var keys: [SIMD4<Int64>] = []
  private var next = 0

  package init(capacity: Int) {
    precondition(capacity > 0)
    self.capacity = capacity
  }

  /// False when the key is among the latest already.
  package mutating func insert(_ key: SIMD4<Int64>) -> Bool {
    guard !keys.contains(key) else { return false }
    if keys.count < capacity {
      keys.append(key)
    } else {
      keys[next] = key
      next = (next + 1) % capacity
    }
    return true
  }
}
