import PerpCore

/// The crowd of one market: makers who keep a ladder of orders around a wandering fair price, and
/// takers who hit it. Whole numbers only, so that a seed gives the same crowd on every machine.
package struct RandomTraders: Sendable {
  package enum Intent: Equatable, Sendable {
    /// Something happens that the book does not show, such as a hidden order changing.
    case nothing
    case place(MatchingEngine.Order)
    case cancel(UInt64)
  }

  /// Levels a side that the makers keep, and how far the furthest stands, in ticks.
  private static let depth = 100
  private static let maxOrders = 400

  /// In ticks.
  package private(set) var fairPrice: Int64
  private let startPrice: Int64
  private let typicalLots: Int64
  private var random: Random
  private var lastID: UInt64 = 0
  /// Resting orders, in no particular order but always the same one.
  private var resting: [MatchingEngine.Order] = []
  private var positions: [UInt64: Int] = [:]
  /// An order to put back after its cancel: how makers requote.
  private var requote: MatchingEngine.Order?
  /// The makers' ladder breathes: half of its spread, in ticks.
  private var halfSpread: Int64

  package init(fairPrice: Int64, typicalLots: Int64, seed: UInt64) {
    self.fairPrice = max(fairPrice, 500)
    startPrice = self.fairPrice
    self.typicalLots = typicalLots
    random = Random(seed: seed)
    halfSpread = max(1, self.fairPrice / 20_000)
  }

  package mutating func openingOrders() -> [MatchingEngine.Order] {
    (0..<Self.depth).flatMap { step in
      [Side.buy, .sell].map { makerOrder($0, distance: halfSpread + Int64(step) * spacing) }
    }
  }

  private var spacing: Int64 { max(1, fairPrice / 40_000) }

  package mutating func next(_ engine: MatchingEngine) -> Intent {
    wander()
    if let order = requote {
      requote = nil
      return .place(order)
    }
    switch random.below(100) {
    case 0..<30: return .nothing
    case 30..<42: return take()
    case 42..<60 where resting.count < Self.maxOrders, 42..<70 where resting.count < Self.depth:
      return .place(makerOrder(random.chance(1, in: 2) ? .buy : .sell, distance: distance()))
    default: return move(engine)
    }
  }

  /// A random walk that is pulled back to where it started, lest a long run ends at nothing.
  private mutating func wander() {
    guard random.chance(1, in: 4) else { return }
    let step = max(1, fairPrice / 100_000)
    let pull = (startPrice - fairPrice) / max(1, startPrice / 1_000)
    fairPrice += random.chance(500 + Int(max(-400, min(400, pull))), in: 1_000) ? step : -step
  }

  /// Near the best mostly, seldom far: each halving of the chance doubles the distance.
  private mutating func distance() -> Int64 {
    let reach = Int64(Self.depth) * spacing >> Int64(random.below(7))
    return halfSpread + Int64(random.below(Int(max(1, reach))))
  }

  private mutating func makerOrder(_ side: Side, distance: Int64) -> MatchingEngine.Order {
    let price = side == .buy ? fairPrice - distance : fairPrice + distance
    return order(side, .postOnly, price: max(1, price), size: size())
  }

  private mutating func take() -> Intent {
    let side: Side = random.chance(1, in: 2) ? .buy : .sell
    if random.chance(1, in: 25) {
      return .place(order(side, .market, price: 0, size: size() * 12))
    }
    let reach = halfSpread * 3
    return .place(
      order(
        side, .immediateOrCancel, price: max(1, fairPrice + (side == .buy ? reach : -reach)),
        size: max(1, size() / 3)))
  }

  /// Takes an order away, by preference the best or one that lies beyond the fair price, and
  /// usually puts another in its place.
  private mutating func move(_ engine: MatchingEngine) -> Intent {
    guard !resting.isEmpty else { return .nothing }
    var chosen = resting[random.below(resting.count)]
    for _ in 0..<3 {
      let other = resting[random.below(resting.count)]
      if abs(other.price - fairPrice) < abs(chosen.price - fairPrice) { chosen = other }
    }
    if resting.count < Self.maxOrders, random.chance(4, in: 5) {
      requote = makerOrder(chosen.side, distance: distance())
    }
    return .cancel(chosen.id)
  }

  private mutating func size() -> Int64 {
    let spread = (typicalLots << Int64(random.below(4))) / 2
    return 1 + Int64(random.below(Int(max(1, spread))))
  }

  private mutating func order(
    _ side: Side, _ kind: MatchingEngine.Order.Kind, price: Int64, size: Int64
  ) -> MatchingEngine.Order {
    lastID += 1
    return MatchingEngine.Order(
      id: lastID, owner: UInt32(lastID % 7), side: side, kind: kind, price: price, size: size)
  }

  /// Keeps the list of resting orders true; `order` is what was placed, if something was.
  package mutating func learn(
    _ reports: [MatchingEngine.Report], of order: MatchingEngine.Order?
  ) {
    for report in reports {
      switch report {
      case .refused: break
      case .rested: if let order { rest(order) }
      case .filled(let maker, _, _, _, _, let left): if left == 0 { forget(maker) }
      case .cancelled(let id, _): forget(id)
      }
    }
  }

  private mutating func rest(_ order: MatchingEngine.Order) {
    positions[order.id] = resting.count
    resting.append(order)
  }

  private mutating func forget(_ id: UInt64) {
    guard let position = positions.removeValue(forKey: id) else { return }
    let last = resting.removeLast()
    if position < resting.count {
      resting[position] = last
      positions[last.id] = position
    }
  }
}
