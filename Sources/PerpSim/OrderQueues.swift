/// The resting orders of a market, chained into one first-in-first-out queue a level. An order
/// keeps its place in memory while it rests, and places are used again.
struct OrderQueues: Sendable {
  /// The end of a chain.
  static let none = -1

  private var orders: [RestingOrder] = []
  private var freePlaces: [Int] = []
  private var placeByID: [UInt64: Int] = [:]

  var count: Int { placeByID.count }

  subscript(place: Int) -> RestingOrder {
    get { orders[place] }
    set { orders[place] = newValue }
  }

  func place(of id: UInt64) -> Int? { placeByID[id] }

  mutating func append(_ order: RestingOrder, to level: inout BookSide.PriceLevel) {
    var order = order
    order.previous = level.last
    let place: Int
    if let free = freePlaces.popLast() {
      place = free
      orders[place] = order
    } else {
      place = orders.count
      orders.append(order)
    }
    placeByID[order.id] = place
    if level.last == Self.none { level.first = place } else { orders[level.last].next = place }
    level.last = place
  }

  mutating func remove(_ place: Int, from level: inout BookSide.PriceLevel) {
    let order = orders[place]
    if order.previous == Self.none {
      level.first = order.next
    } else {
      orders[order.previous].next = order.next
    }
    if order.next == Self.none {
      level.last = order.previous
    } else {
      orders[order.next].previous = order.previous
    }
    placeByID[order.id] = nil
    freePlaces.append(place)
  }
}
