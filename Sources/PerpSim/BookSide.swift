import PerpCore

/// The levels of one side, sorted with the best at the end, where arrays are cheap to change.
struct BookSide: Sendable {
  struct PriceLevel: Sendable {
    let price: Int64
    /// Of all its orders.
    var size: Int64 = 0
    /// The oldest and the youngest order: places in `OrderQueues`.
    var first = OrderQueues.none
    var last = OrderQueues.none
  }

  private let side: Side
  private var sorted: [PriceLevel] = []

  init(_ side: Side) { self.side = side }

  var best: EngineLevel? { sorted.last.map { EngineLevel(price: $0.price, size: $0.size) } }

  /// The order that is next to be filled; there must be one.
  var firstAtBest: Int { sorted[sorted.count - 1].first }

  var indicesBestFirst: ReversedCollection<Range<Int>> { sorted.indices.reversed() }

  subscript(index: Int) -> PriceLevel { sorted[index] }

  func levels(depth: Int) -> [EngineLevel] {
    sorted.suffix(depth).reversed().map { EngineLevel(price: $0.price, size: $0.size) }
  }

  /// Puts an order last in line at its price; returns the level's new total.
  mutating func append(_ order: RestingOrder, _ queue: inout OrderQueues) -> Int64 {
    let index = index(of: order.price)
    if index == sorted.count || sorted[index].price != order.price {
      sorted.insert(PriceLevel(price: order.price), at: index)
    }
    queue.append(order, to: &sorted[index])
    sorted[index].size += order.size
    return sorted[index].size
  }

  /// Lowers the size of an order, which leaves the queue at zero, and the level with it when it was
  /// the only one; returns the level's new total.
  mutating func shrink(_ place: Int, to size: Int64, _ queue: inout OrderQueues) -> Int64 {
    let index = index(of: queue[place].price)
    sorted[index].size -= queue[place].size - size
    let total = sorted[index].size
    if size > 0 {
      queue[place].size = size
    } else {
      queue.remove(place, from: &sorted[index])
      if total == 0 { sorted.remove(at: index) }
    }
    return total
  }

  /// Where a price is, or where it would go. Looks at the best first, where most happens.
  private func index(of price: Int64) -> Int {
    if let best = sorted.last, best.price == price { return sorted.count - 1 }
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      let isWorse =
        side == .buy ? sorted[middle].price < price : sorted[middle].price > price
      if isWorse { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
