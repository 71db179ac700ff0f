import PerpCore

/// The book of one market with price-time priority, in whole ticks and lots.
///
/// Levels are kept worst first, so that what changes most, the best, is at the cheap end of the
/// arrays; orders within a level are in the order they came.
package struct MatchingEngine: Sendable {
  package typealias OrderID = UInt64

  package struct Order: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
      /// Rests with what is not filled at once.
      case limit
      /// Refused if any of it could be filled at once.
      case postOnly
      /// What is not filled at once is cancelled.
      case immediateOrCancel
      /// Filled whole at once, or not at all.
      case fillOrKill
      /// Immediate or cancel at any price.
      case market
    }

    package let id: OrderID
    /// Orders of one owner never trade with each other: the resting one is cancelled.
    package let owner: UInt32
    package let side: Side
    package let kind: Kind
    /// In ticks; ignored for `market`.
    package let price: Int64
    /// Lots still open.
    package var size: Int64

    package init(
      id: OrderID, owner: UInt32, side: Side, kind: Kind, price: Int64, size: Int64
    ) {
      self.id = id
      self.owner = owner
      self.side = side
      self.kind = kind
      self.price = price
      self.size = size
    }
  }

  package enum Report: Equatable, Sendable {
    case rested(OrderID)
    /// At the maker's price; `makerLeft` lots of it stay in the book.
    case filled(
      maker: OrderID, makerOwner: UInt32, taker: OrderID, price: Int64, size: Int64,
      makerLeft: Int64)
    /// So many lots ended unfilled.
    case cancelled(OrderID, left: Int64)
    /// Post-only that would have crossed, or fill-or-kill that could not.
    case refused(OrderID)
  }

  package struct LevelChange: Equatable, Sendable {
    package let side: Side
    package let price: Int64
    /// Of the whole level after the operation; zero when it is gone.
    package let size: Int64
  }

  private struct Level: Sendable {
    let price: Int64
    var size: Int64
    var orders: [Order]
  }

  private var bids: [Level] = []
  private var asks: [Level] = []
  private var places: [OrderID: (side: Side, price: Int64)] = [:]
  /// Levels touched by the current operation, in the order they were.
  private var touched: [(side: Side, price: Int64)] = []

  package init() {}

  package var openOrders: Int { places.count }
  package var bestBid: Int64? { bids.last?.price }
  package var bestAsk: Int64? { asks.last?.price }

  package func contains(_ id: OrderID) -> Bool { places[id] != nil }

  /// Price and total size of each level, best first.
  package func levels(_ side: Side) -> [(price: Int64, size: Int64)] {
    (side == .buy ? bids : asks).reversed().map { ($0.price, $0.size) }
  }

  package func size(at price: Int64, _ side: Side) -> Int64 {
    let levels = side == .buy ? bids : asks
    let index = Self.index(of: price, in: levels, side)
    return index < levels.count && levels[index].price == price ? levels[index].size : 0
  }

  // MARK: Operations

  /// Reports in the order in which things happened. The size must be positive, the id new.
  package mutating func place(_ order: Order, into reports: inout [Report]) {
    precondition(order.size > 0 && places[order.id] == nil, "an order needs a size and a new id")
    touched.removeAll(keepingCapacity: true)
    let crosses = bestOpposite(order.side).map { Self.reaches(order, $0) } ?? false
    switch order.kind {
    case .postOnly where crosses, .fillOrKill where !canFill(order):
      reports.append(.refused(order.id))
      return
    default: break
    }
    var taker = order
    if crosses { match(&taker, &reports) }
    guard taker.size > 0 else { return }
    switch order.kind {
    case .limit, .postOnly:
      rest(taker)
      reports.append(.rested(taker.id))
    case .immediateOrCancel, .fillOrKill, .market:
      reports.append(.cancelled(taker.id, left: taker.size))
    }
  }

  /// Cancels what is left of a resting order; nothing if there is none.
  package mutating func cancel(_ id: OrderID, into reports: inout [Report]) {
    touched.removeAll(keepingCapacity: true)
    guard let left = remove(id) else { return }
    reports.append(.cancelled(id, left: left))
  }

  /// Makes a resting order smaller without losing its place; false if it is not there or the new
  /// size is not smaller.
  package mutating func reduce(_ id: OrderID, to size: Int64) -> Bool {
    touched.removeAll(keepingCapacity: true)
    guard size > 0, let place = places[id] else { return false }
    return withLevel(place) { level in
      guard let index = level.orders.firstIndex(where: { $0.id == id }),
        size < level.orders[index].size
      else { return false }
      level.size -= level.orders[index].size - size
      level.orders[index].size = size
      return true
    }
  }

  /// The levels that the last operation changed, each once.
  package var changes: [LevelChange] {
    var changes: [LevelChange] = []
    for (side, price) in touched
    where !changes.contains(where: { $0.side == side && $0.price == price }) {
      changes.append(LevelChange(side: side, price: price, size: size(at: price, side)))
    }
    return changes
  }

  // MARK: Matching

  private func bestOpposite(_ side: Side) -> Int64? { side == .buy ? bestAsk : bestBid }

  private static func reaches(_ order: Order, _ price: Int64) -> Bool {
    order.kind == .market || (order.side == .buy ? order.price >= price : order.price <= price)
  }

  private func canFill(_ order: Order) -> Bool {
    var needed = order.size
    for level in (order.side == .buy ? asks : bids).reversed() {
      guard needed > 0, Self.reaches(order, level.price) else { break }
      for maker in level.orders where maker.owner != order.owner { needed -= maker.size }
    }
    return needed <= 0
  }

  private mutating func match(_ taker: inout Order, _ reports: inout [Report]) {
    while taker.size > 0, let price = bestOpposite(taker.side), Self.reaches(taker, price) {
      let maker = taker.side == .buy ? asks.last!.orders[0] : bids.last!.orders[0]
      if maker.owner == taker.owner {
        let left = remove(maker.id)
        reports.append(.cancelled(maker.id, left: left ?? 0))
        continue
      }
      let size = min(maker.size, taker.size)
      taker.size -= size
      reports.append(
        .filled(
          maker: maker.id, makerOwner: maker.owner, taker: taker.id, price: price, size: size,
          makerLeft: maker.size - size))
      if size == maker.size {
        _ = remove(maker.id)
      } else {
        withLevel((maker.side, price)) { level in
          level.size -= size
          level.orders[0].size -= size
        }
      }
    }
  }

  // MARK: Levels

  /// Where the price stands, or would stand, in levels kept worst first.
  private static func index(of price: Int64, in levels: [Level], _ side: Side) -> Int {
    var (low, high) = (0, levels.count)
    while low < high {
      let middle = (low + high) / 2
      let isWorse =
        side == .buy ? levels[middle].price < price : levels[middle].price > price
      if isWorse { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private mutating func withLevel<Result>(
    _ place: (side: Side, price: Int64), _ body: (inout Level) -> Result
  ) -> Result {
    touched.append(place)
    if place.side == .buy {
      return body(&bids[Self.index(of: place.price, in: bids, .buy)])
    }
    return body(&asks[Self.index(of: place.price, in: asks, .sell)])
  }

  private mutating func rest(_ order: Order) {
    places[order.id] = (order.side, order.price)
    touched.append((order.side, order.price))
    if order.side == .buy {
      Self.insert(order, in: &bids)
    } else {
      Self.insert(order, in: &asks)
    }
  }

  private static func insert(_ order: Order, in levels: inout [Level]) {
    let index = index(of: order.price, in: levels, order.side)
    if index < levels.count, levels[index].price == order.price {
      levels[index].size += order.size
      levels[index].orders.append(order)
    } else {
      levels.insert(Level(price: order.price, size: order.size, orders: [order]), at: index)
    }
  }

  /// Takes an order out of the book and returns its open lots.
  private mutating func remove(_ id: OrderID) -> Int64? {
    guard let place = places.removeValue(forKey: id) else { return nil }
    let (left, isEmpty) = withLevel(place) { level -> (Int64, Bool) in
      let index = level.orders.firstIndex { $0.id == id }!
      let left = level.orders.remove(at: index).size
      level.size -= left
      return (left, level.orders.isEmpty)
    }
    if isEmpty {
      if place.side == .buy {
        bids.remove(at: Self.index(of: place.price, in: bids, .buy))
      } else {
        asks.remove(at: Self.index(of: place.price, in: asks, .sell))
      }
    }
    return left
  }
}
