/// The latest members of a set, in bounded memory: the oldest makes room for the newest.
package struct RecentSet<Member: Hashable & Sendable>: Sendable {
  package let capacity: Int
  private var members: Set<Member> = []
  /// Oldest at `next` once the ring is full.
  private var ring: [Member] = []
  private var next = 0

  package init(capacity: Int) {
    precondition(capacity > 0)
    self.capacity = capacity
  }

  package var count: Int { members.count }

  package func contains(_ member: Member) -> Bool { members.contains(member) }

  /// The member that made room, if there was one.
  @discardableResult
  package mutating func insert(_ member: Member) -> Member? {
    guard members.insert(member).inserted else { return nil }
    guard ring.count == capacity else {
      ring.append(member)
      return nil
    }
    let oldest = ring[next]
    members.remove(oldest)
    ring[next] = member
    next = (next + 1) % capacity
    return oldest
  }
}
