import PerpCore

/// The crowd of one market, owner 0. Its makers have a fixed number of slots on each side, each
/// with an order at its own distance from the fair price or, for a while, none.
package struct RandomTraders: Sendable {
  /// Order ids from here on are the crowd's: this bit, a running number, the slot in 8 bits.
  package static let firstOrderID: UInt64 = 1 << 63
  /// Both sides together; the next numbers stand for takers.
  private static let maxSlots = 250
  private static let taker = 254
  private static let liquidation = 255

  private let profile: MarketProfile
  /// Orders of a side.
  private let depth: Int
  /// The order of each slot, 0 for none: bids from the best on, then asks.
  private var orders: [UInt64]
  private var emptySlots: [Int] = []
  private var running: UInt64 = 0

  init(_ profile: MarketProfile) {
    precondition(
      profile.depth > 0 && profile.depth * 2 <= Self.maxSlots, "no such depth")
    self.profile = profile
    depth = profile.depth
    orders = Array(repeating: 0, count: depth * 2)
  }

  /// An order in every slot.
  mutating func fillBook(
    _ engine: inout MatchingEngine, _ outcome: inout EngineOutcome, fair: Int64,
    _ random: inout Random
  ) {
    for slot in orders.indices {
      engine.place(quote(slot, fair: fair, &random), into: &outcome)
      learn(outcome.events)
    }
  }

  /// One operation of somebody in the crowd. About three of ten change nothing that the public
  /// sees, as on real venues.
  mutating func act(
    _ engine: inout MatchingEngine, _ outcome: inout EngineOutcome, fair: Int64,
    _ random: inout Random
  ) {
    if let stale = engine.staleQuote(fair: fair), random.chance(4, in: 5) {
      pickOff(stale, &engine, &outcome, fair: fair, &random)
      return
    }
    let slot = min(random.below(depth), random.below(depth)) + depth * random.below(2)
    switch random.below(100) {
    case 0..<34:
      doNothingVisible(slot, &engine, &outcome, fair: fair, &random)
    case 34..<47 where orders[slot] != 0:
      engine.cancel(orders[slot], into: &outcome)
    case 47..<69 where !emptySlots.isEmpty:
      let empty = emptySlots[random.below(emptySlots.count)]
      engine.place(quote(empty, fair: fair, &random), into: &outcome)
    case 69..<78:
      take(random.chance(1, in: 2) ? .buy : .sell, &engine, &outcome, &random)
    case 78:
      sweep(&engine, &outcome, &random)
    default:
      requote(slot, &engine, &outcome, fair: fair, &random)
    }
  }

  /// Follows what became of the makers' orders.
  mutating func learn(_ events: [EngineEvent]) {
    for event in events {
      switch event {
      case .rested(let id, _) where id >= Self.firstOrderID:
        let slot = Int(id & 0xFF)
        orders[slot] = id
        emptySlots.removeAll { $0 == slot }
      case .filled(let fill) where fill.makerRemaining == 0:
        forget(fill.maker)
      case .cancelled(let id, _, _, _):
        forget(id)
      default: break
      }
    }
  }

  func isLiquidation(_ taker: UInt64) -> Bool {
    taker >= Self.firstOrderID && Int(taker & 0xFF) == Self.liquidation
  }

  private mutating func forget(_ id: UInt64) {
    let slot = Int(id & 0xFF)
    guard id >= Self.firstOrderID, slot < orders.count, orders[slot] == id else { return }
    orders[slot] = 0
    emptySlots.append(slot)
  }
}

extension RandomTraders {
  /// Gives a slot's order another price and size, or places one.
  private mutating func requote(
    _ slot: Int, _ engine: inout MatchingEngine, _ outcome: inout EngineOutcome, fair: Int64,
    _ random: inout Random
  ) {
    let quote = quote(slot, fair: fair, &random)
    if orders[slot] == 0 {
      engine.place(quote, into: &outcome)
    } else {
      engine.modify(
        orders[slot], price: quote.price, size: quote.size, kind: .postOnly, into: &outcome)
    }
  }

  /// The best quote is on the wrong side of the fair price: its maker withdraws, or somebody takes
  /// what is too cheap.
  private mutating func pickOff(
    _ stale: RestingOrder, _ engine: inout MatchingEngine, _ outcome: inout EngineOutcome,
    fair: Int64, _ random: inout Random
  ) {
    if stale.owner == 0, random.chance(2, in: 3) {
      requote(Int(stale.id & 0xFF), &engine, &outcome, fair: fair, &random)
    } else {
      let order = IncomingOrder(
        id: newID(Self.taker), owner: 0, side: stale.side.opposite, kind: .immediateOrCancel,
        price: fair, size: size(of: 0, &random))
      engine.place(order, into: &outcome)
    }
  }

  private mutating func take(
    _ side: Side, _ engine: inout MatchingEngine, _ outcome: inout EngineOutcome,
    _ random: inout Random
  ) {
    let size = max(1, size(of: 0, &random) / Int64(1 + random.below(20)))
    engine.place(
      IncomingOrder(id: newID(Self.taker), owner: 0, side: side, kind: .market, size: size),
      into: &outcome)
  }

  /// A large order that goes through several levels, every second one a liquidation.
  private mutating func sweep(
    _ engine: inout MatchingEngine, _ outcome: inout EngineOutcome, _ random: inout Random
  ) {
    let id = newID(random.chance(1, in: 2) ? Self.liquidation : Self.taker)
    let size = profile.typicalLots * Int64(3 + random.below(10))
    engine.place(
      IncomingOrder(
        id: id, owner: 0, side: random.chance(1, in: 2) ? .buy : .sell, kind: .market,
        size: size),
      into: &outcome)
  }

  /// A post-only order that is refused, an order that finds nothing to fill it, or one changed to
  /// what it was.
  private mutating func doNothingVisible(
    _ slot: Int, _ engine: inout MatchingEngine, _ outcome: inout EngineOutcome, fair: Int64,
    _ random: inout Random
  ) {
    let side: Side = slot < depth ? .buy : .sell
    let choice = random.below(3)
    if choice == 0, let order = engine.order(orders[slot]) {
      engine.modify(order.id, price: order.price, size: order.size, into: &outcome)
    } else if choice == 1, let crossed = side == .buy ? engine.bestAsk : engine.bestBid {
      let order = IncomingOrder(
        id: newID(Self.taker), owner: 0, side: side, kind: .postOnly, price: crossed.price,
        size: size(of: 0, &random))
      engine.place(order, into: &outcome)
    } else {
      let best = side == .buy ? engine.bestAsk?.price : engine.bestBid?.price
      let away: Int64 = side == .buy ? -1 : 1
      let order = IncomingOrder(
        id: newID(Self.taker), owner: 0, side: side, kind: .immediateOrCancel,
        price: max(1, (best ?? fair) + away), size: size(of: 0, &random))
      engine.place(order, into: &outcome)
    }
  }
}

extension RandomTraders {
  private mutating func newID(_ slot: Int) -> UInt64 {
    running += 1
    return Self.firstOrderID | running << 8 | UInt64(slot)
  }

  /// What a maker would place in a slot now.
  private mutating func quote(
    _ slot: Int, fair: Int64, _ random: inout Random
  ) -> IncomingOrder {
    let isBid = slot < depth
    let index = isBid ? slot : slot - depth
    let near = distance(of: index)
    let jitter = Int64(random.below(Int(distance(of: index + 1) - near)))
    let away = profile.halfSpread + near + jitter
    return IncomingOrder(
      id: newID(slot), owner: 0, side: isBid ? .buy : .sell, kind: .postOnly,
      price: max(1, isBid ? fair - away : fair + away), size: size(of: index, &random))
  }

  /// From the best slot, in ticks: close together at the top, wider apart with depth.
  private func distance(of index: Int) -> Int64 {
    let (index, depth) = (Int64(index), Int64(depth))
    return index + profile.span * index * index / (depth * depth)
  }

  /// Larger with depth, and rarely very large; with one to three leading digits, as people choose.
  private func size(of index: Int, _ random: inout Random) -> Int64 {
    let percent = 20 + random.below(100) + random.below(20) * random.below(20)
    let deeper = 100 + 300 * index / depth
    let size = profile.typicalLots * Int64(percent) * Int64(deeper) / 10_000
    var unit: Int64 = 1
    let kept: Int64 = [10, 100, 1_000][random.below(3)]
    while size / unit >= kept { unit *= 10 }
    return max(1, size / unit * unit)
  }
}

extension MatchingEngine {
  /// The best order of a side that is on the wrong side of the fair price.
  fileprivate func staleQuote(fair: Int64) -> RestingOrder? {
    if let bid = bestBid, bid.price > fair { return nextToFill(.buy) }
    if let ask = bestAsk, ask.price < fair { return nextToFill(.sell) }
    return nil
  }
}
