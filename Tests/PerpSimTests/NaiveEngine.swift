import PerpCore

@testable import PerpSim

/// What `MatchingEngine` should do, in the plainest way: one array in order of arrival, searched
/// whole each time. Only the tests could afford it.
struct NaiveEngine {
  struct Order: Equatable {
    var id: UInt64
    var owner: UInt32
    var side: Side
    var price: Int64
    var size: Int64
  }

  private(set) var orders: [Order] = []

  func levels(_ side: Side) -> [EngineLevel] {
    var totals: [Int64: Int64] = [:]
    for order in orders where order.side == side { totals[order.price, default: 0] += order.size }
    let sorted = totals.sorted { side == .buy ? $0.key > $1.key : $0.key < $1.key }
    return sorted.map { EngineLevel(price: $0.key, size: $0.value) }
  }

  /// The index of the order that is next to be filled on a side: the first of the best price.
  private func next(_ side: Side, among candidates: [Order]) -> Int? {
    var best: Int?
    for (index, order) in candidates.enumerated() where order.side == side {
      guard let current = best else {
        best = index
        continue
      }
      let (price, bestPrice) = (order.price, candidates[current].price)
      if side == .buy ? price > bestPrice : price < bestPrice { best = index }
    }
    return best
  }

  private func crosses(_ order: IncomingOrder, _ price: Int64) -> Bool {
    order.kind == .market || (order.side == .buy ? price <= order.price : price >= order.price)
  }

  mutating func place(_ order: IncomingOrder) -> [EngineEvent] {
    if orders.contains(where: { $0.id == order.id }) {
      return [.refused(id: order.id, .duplicateOrder)]
    }
    if let index = next(order.side.opposite, among: orders), order.kind == .postOnly,
      crosses(order, orders[index].price)
    {
      return [.refused(id: order.id, .wouldCross)]
    }
    var (book, events) = (orders, [EngineEvent]())
    let (remaining, stopped) = match(order, in: &book, &events)
    if order.kind == .fillOrKill, remaining > 0 {
      return [.cancelled(id: order.id, owner: order.owner, size: order.size, .unfillable)]
    }
    orders = book
    if remaining == 0 { return events }
    if stopped || order.kind == .immediateOrCancel || order.kind == .market {
      events.append(
        .cancelled(
          id: order.id, owner: order.owner, size: remaining, stopped ? .selfTrade : .remainder))
    } else {
      orders.append(
        Order(
          id: order.id, owner: order.owner, side: order.side, price: order.price, size: remaining))
      events.append(.rested(id: order.id, size: remaining))
    }
    return events
  }

  private func match(
    _ order: IncomingOrder, in book: inout [Order], _ events: inout [EngineEvent]
  ) -> (remaining: Int64, stopped: Bool) {
    var remaining = order.size
    while remaining > 0, let index = next(order.side.opposite, among: book),
      crosses(order, book[index].price)
    {
      let maker = book[index]
      if maker.owner == order.owner, order.selfTrade != .allow {
        if order.selfTrade == .cancelTaker { return (remaining, true) }
        book.remove(at: index)
        events.append(
          .cancelled(id: maker.id, owner: maker.owner, size: maker.size, .selfTrade))
        if order.selfTrade == .cancelBoth { return (remaining, true) }
        continue
      }
      let size = min(remaining, maker.size)
      remaining -= size
      book[index].size -= size
      events.append(
        .filled(
          EngineFill(
            maker: maker.id, makerOwner: maker.owner, taker: order.id, takerOwner: order.owner,
            takerSide: order.side, price: maker.price, size: size,
            makerRemaining: maker.size - size, takerRemaining: remaining)))
      if book[index].size == 0 { book.remove(at: index) }
    }
    return (remaining, false)
  }

  mutating func cancel(_ id: UInt64) -> [EngineEvent] {
    guard let index = orders.firstIndex(where: { $0.id == id }) else {
      return [.refused(id: id, .unknownOrder)]
    }
    let order = orders.remove(at: index)
    return [.cancelled(id: id, owner: order.owner, size: order.size, .requested)]
  }

  mutating func modify(_ order: IncomingOrder) -> [EngineEvent] {
    guard let index = orders.firstIndex(where: { $0.id == order.id }) else {
      return [.refused(id: order.id, .unknownOrder)]
    }
    let old = orders[index]
    if order.price == old.price, order.size <= old.size {
      orders[index].size = order.size
      return [.reduced(id: order.id, owner: old.owner, size: order.size)]
    }
    orders.remove(at: index)
    let events = place(order)
    if case .refused = events[0] {
      orders.insert(old, at: index)
      return events
    }
    return [.cancelled(id: order.id, owner: old.owner, size: old.size, .replaced)] + events
  }
}
