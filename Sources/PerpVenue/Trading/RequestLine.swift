import PerpCore

/// Requests that wait for their turn to be sent, in the order they came; but those about the whole
/// account go first, and cancels before all that is not about the same order.
struct RequestLine: Sendable {
  private var entries: [(request: OrderRequest, due: UInt64)] = []

  /// When the first of them has waited too long, on the monotonic clock.
  var deadline: UInt64? { entries.map(\.due).min() }

  var isEmpty: Bool { entries.isEmpty }

  /// Whether it was there.
  mutating func remove(_ request: OrderRequest) -> Bool {
    let count = entries.count
    entries.removeAll { $0.request == request }
    return entries.count < count
  }

  mutating func add(_ request: OrderRequest, until due: UInt64) {
    entries.append((request, due))
  }

  mutating func addFirst(_ request: OrderRequest, until due: UInt64) {
    entries.insert((request, due), at: 0)
  }

  /// Nil where nothing may go. `onlyCancels`: what makes or changes an order has to wait.
  mutating func next(onlyCancels: Bool) -> OrderRequest? {
    var earlier: Set<OrderKey> = []
    var chosen = entries.firstIndex { $0.request.key == nil }
    for (index, entry) in entries.enumerated() where chosen == nil {
      guard let key = entry.request.key else { continue }
      if case .cancel = entry.request, !earlier.contains(key) { chosen = index }
      earlier.insert(key)
    }
    if chosen == nil, !onlyCancels, !entries.isEmpty { chosen = 0 }
    return chosen.map { entries.remove(at: $0).request }
  }

  /// The orders right behind the one that is placed next, which may be placed with it; none from
  /// the first of `alone` on.
  mutating func companions(
    of request: OrderRequest, atMost limit: Int, but alone: Set<OrderRequest>
  ) -> [OrderRequest] {
    guard case .place = request else { return [] }
    let count = entries.prefix(limit).prefix { entry in
      if case .place = entry.request { !alone.contains(entry.request) } else { false }
    }.count
    defer { entries.removeFirst(count) }
    return entries.prefix(count).map(\.request)
  }

  mutating func removeOverdue(at now: UInt64) -> [OrderRequest] {
    guard entries.contains(where: { $0.due <= now }) else { return [] }
    let overdue = entries.filter { $0.due <= now }.map(\.request)
    entries.removeAll { $0.due <= now }
    return overdue
  }

  mutating func removeAll() -> [OrderRequest] {
    defer { entries = [] }
    return entries.map(\.request)
  }
}
