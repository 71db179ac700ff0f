import PerpCore
import PerpVenue

/// A venue that does what venues do to orders, and knows the truth about each. What it says goes
/// through `ChaosRun`, which loses, delays, repeats and reorders it.
struct ModelVenue {
  struct Order {
    let name: ShortText
    let orderID: ShortText
    let size: Int
    let placed: Int64
    var state = OrderReport.State.working
    var filled = 0
    var fills: [FillReport] = []
    /// Ended by the venue, as it does of its own accord.
    var reason: String?

    var isOver: Bool { state != .working }
  }

  /// In the order they came.
  private(set) var orders: [Order] = []
  private(set) var placements: [ShortText: Int] = [:]
  private var lastTrade = 0

  func index(_ name: ShortText?) -> Int? { orders.firstIndex { $0.name == name } }

  /// Takes or refuses an order, and says so.
  mutating func place(
    _ name: ShortText, size: Int, at now: Int64, _ random: inout Random
  ) -> OrderAnswer {
    placements[name, default: 0] += 1
    if index(name) != nil { return .duplicate }
    if random.chance(1, in: 12) {
      return .refused(code: "MARGIN", message: "no", evidence: .restOrder)
    }
    // It says that it failed, and has not taken the order; or it has.
    let failed = random.chance(1, in: 10)
    if failed, random.chance(1, in: 2) {
      return .refused(code: "INTERNAL", message: "500", evidence: .restOrder)
    }
    let id = ShortText("v\(orders.count + 1)")!
    orders.append(Order(name: name, orderID: id, size: size, placed: now))
    if failed { return .refused(code: "INTERNAL", message: "500", evidence: .restOrder) }
    return .accepted(orderID: id)
  }

  mutating func cancel(_ name: ShortText) -> OrderAnswer {
    guard let index = index(name), !orders[index].isOver else { return .notFound }
    orders[index].state = .cancelled
    return .accepted(orderID: nil)
  }

  /// Something happens to a working order; its index, if anything did.
  mutating func live(at now: Int64, _ random: inout Random) -> Int? {
    let working = orders.indices.filter { !orders[$0].isOver }
    guard !working.isEmpty else { return nil }
    let index = working[random.below(working.count)]
    guard !random.chance(1, in: 25) else {
      orders[index].state = random.chance(1, in: 2) ? .expired : .cancelled
      return index
    }
    lastTrade += 1
    let order = orders[index]
    let size = 1 + random.below(order.size - order.filled)
    orders[index].filled += size
    if orders[index].filled == order.size { orders[index].state = .filled }
    orders[index].fills.append(
      FillReport(
        symbol: TrackerScript.symbol, orderID: order.orderID,
        name: random.chance(1, in: 2) ? order.name : nil, tradeID: ShortText("t\(lastTrade)")!,
        side: .buy, price: Decimal(100), size: Decimal(size), fee: .zero, feeAsset: "USD",
        liquidity: .maker, evidence: .webSocket, venueTime: now))
    return index
  }

  func report(_ index: Int, _ evidence: OrderEvidence) -> OrderReport {
    let order = orders[index]
    return OrderReport(
      symbol: TrackerScript.symbol, orderID: order.orderID, name: order.name, state: order.state,
      filled: Decimal(order.filled), evidence: evidence)
  }

  /// What a question finds now. History pages are late, as they are at venues: they do not cover
  /// the latest second.
  func findings(of query: OrderQuery, _ name: ShortText?, at now: Int64) -> OrderFindings {
    func reports(_ evidence: OrderEvidence, where holds: (Order) -> Bool) -> [OrderReport] {
      orders.indices.filter { holds(orders[$0]) }.map { report($0, evidence) }
    }
    switch query.kind {
    case .order:
      var id: ShortText?
      if case .foreign(let foreign) = query.order { id = foreign }
      return .orders(reports(.restOrder) { $0.name == name || $0.orderID == id })
    case .openOrders: return .orders(reports(.restHistory) { !$0.isOver })
    case .history:
      let end = now - 1_000_000
      guard query.since <= end else { return .orders([]) }
      return .orders(
        reports(.restHistory) { $0.isOver && $0.placed <= end }, covering: query.since...end)
    case .fills: return .fills(orders.flatMap(\.fills).filter { $0.venueTime! >= query.since })
    }
  }
}
