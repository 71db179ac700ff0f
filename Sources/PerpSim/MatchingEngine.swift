import PerpCore

/// The order book of one market with price-time priority: the better price first, at one price
/// the older order first.
///
/// Prices are counted in ticks and sizes in lots. Placing costs a binary search of the levels;
/// cancelling and each fill at the best price cost the same whatever the book holds.
package struct MatchingEngine: Sendable {
  /// One more order is refused with `.bookFull`.
  package static let maxOrders = 1 << 20
  /// Prices and sizes beyond are refused; the total of a full level still fits in 64 bits.
  package static let maxQuantity: Int64 = 1 << 40

  private var bids = BookSide(.buy)
  private var asks = BookSide(.sell)
  private var queue = OrderQueues()

  package init() {}

  package var orderCount: Int { queue.count }
  package var bestBid: EngineLevel? { bids.best }
  package var bestAsk: EngineLevel? { asks.best }

  /// At most `depth` levels of a side, best first.
  package func levels(_ side: Side, depth: Int = .max) -> [EngineLevel] {
    side == .buy ? bids.levels(depth: depth) : asks.levels(depth: depth)
  }

  package func order(_ id: UInt64) -> RestingOrder? { queue.place(of: id).map { queue[$0] } }

  /// The oldest order at the best price of a side.
  package func nextToFill(_ side: Side) -> RestingOrder? {
    let levels = side == .buy ? bids : asks
    return levels.best == nil ? nil : queue[levels.firstAtBest]
  }

  /// The resting orders of one owner, bids before asks, in order of priority. Reads every order.
  package func orders(of owner: UInt32) -> [RestingOrder] {
    var found: [RestingOrder] = []
    for side in [bids, asks] {
      for index in side.indicesBestFirst {
        var place = side[index].first
        while place != OrderQueues.none {
          if queue[place].owner == owner { found.append(queue[place]) }
          place = queue[place].next
        }
      }
    }
    return found
  }

  /// Matches an order and lets the rest of it rest, as its kind says. The former content of
  /// `outcome` is replaced.
  package mutating func place(_ order: IncomingOrder, into outcome: inout EngineOutcome) {
    outcome.removeAll()
    if let refusal = refusal(of: order) {
      outcome.events.append(.refused(id: order.id, refusal))
    } else {
      accept(order, into: &outcome)
    }
  }

  package mutating func cancel(_ id: UInt64, into outcome: inout EngineOutcome) {
    outcome.removeAll()
    guard let place = queue.place(of: id) else {
      outcome.events.append(.refused(id: id, .unknownOrder))
      return
    }
    remove(place, .requested, into: &outcome)
  }

  /// Cancels all that an owner has resting.
  package mutating func cancelAll(of owner: UInt32, into outcome: inout EngineOutcome) {
    outcome.removeAll()
    for order in orders(of: owner) {
      if let place = queue.place(of: order.id) { remove(place, .requested, into: &outcome) }
    }
  }

  /// Gives a resting order another price or open size. At the same price and not larger it keeps
  /// its place in the queue; otherwise it is replaced, matched like a new order, and last in line.
  /// A refused change leaves the order as it was.
  package mutating func modify(
    _ id: UInt64, price: Int64, size: Int64, kind: IncomingOrder.Kind = .limit,
    selfTrade: IncomingOrder.SelfTrade = .allow, into outcome: inout EngineOutcome
  ) {
    outcome.removeAll()
    guard let place = queue.place(of: id) else {
      outcome.events.append(.refused(id: id, .unknownOrder))
      return
    }
    let old = queue[place]
    let order = IncomingOrder(
      id: id, owner: old.owner, side: old.side, kind: kind, price: price, size: size,
      selfTrade: selfTrade)
    if let refusal = flaw(of: order) {
      outcome.events.append(.refused(id: id, refusal))
    } else if price == old.price, size <= old.size {
      reduce(place, to: size, into: &outcome)
    } else {
      remove(place, .replaced, into: &outcome)
      accept(order, into: &outcome)
    }
  }
}

extension MatchingEngine {
  private func refusal(of order: IncomingOrder) -> EngineEvent.Refusal? {
    if queue.place(of: order.id) != nil { return .duplicateOrder }
    if queue.count >= Self.maxOrders { return .bookFull }
    return flaw(of: order)
  }

  private func flaw(of order: IncomingOrder) -> EngineEvent.Refusal? {
    let range = 1...Self.maxQuantity
    guard range.contains(order.size), order.kind == .market || range.contains(order.price) else {
      return .outOfRange
    }
    if order.kind == .postOnly, let best = opposite(of: order.side).best,
      order.accepts(best.price)
    {
      return .wouldCross
    }
    return nil
  }

  /// Takes a sound order: matches it and lets rest or cancels what is left.
  private mutating func accept(_ order: IncomingOrder, into outcome: inout EngineOutcome) {
    if order.kind == .fillOrKill, !canFill(order) {
      outcome.events.append(
        .cancelled(id: order.id, owner: order.owner, size: order.size, .unfillable))
      return
    }
    let (remaining, stopped) = match(order, into: &outcome)
    guard remaining > 0 else { return }
    if stopped || order.kind == .immediateOrCancel || order.kind == .market {
      outcome.events.append(
        .cancelled(
          id: order.id, owner: order.owner, size: remaining,
          stopped ? .selfTrade : .remainder))
    } else {
      rest(order, remaining, into: &outcome)
    }
  }

  /// Fills an order against the other side. `stopped` says that it met an order of its own owner
  /// and must go no further.
  private mutating func match(
    _ order: IncomingOrder, into outcome: inout EngineOutcome
  ) -> (remaining: Int64, stopped: Bool) {
    var remaining = order.size
    while remaining > 0, let best = opposite(of: order.side).best, order.accepts(best.price) {
      let place = opposite(of: order.side).firstAtBest
      let maker = queue[place]
      if maker.owner == order.owner, order.selfTrade != .allow {
        if order.selfTrade != .cancelTaker { remove(place, .selfTrade, into: &outcome) }
        if order.selfTrade != .cancelMaker { return (remaining, true) }
        continue
      }
      let size = min(remaining, maker.size)
      remaining -= size
      outcome.events.append(
        .filled(
          EngineFill(
            maker: maker.id, makerOwner: maker.owner, taker: order.id, takerOwner: order.owner,
            takerSide: order.side, price: maker.price, size: size,
            makerRemaining: maker.size - size, takerRemaining: remaining)))
      shrink(place, to: maker.size - size, into: &outcome)
    }
    return (remaining, false)
  }

  /// Whether an order would be filled whole, the orders of its own owner left out as it asks.
  private func canFill(_ order: IncomingOrder) -> Bool {
    let side = opposite(of: order.side)
    var found: Int64 = 0
    for index in side.indicesBestFirst {
      guard order.accepts(side[index].price) else { return false }
      var place = side[index].first
      while place != OrderQueues.none {
        let maker = queue[place]
        if maker.owner != order.owner || order.selfTrade == .allow {
          found += maker.size
          if found >= order.size { return true }
        } else if order.selfTrade != .cancelMaker {
          return false
        }
        place = maker.next
      }
    }
    return false
  }

  private mutating func rest(
    _ order: IncomingOrder, _ size: Int64, into outcome: inout EngineOutcome
  ) {
    let resting = RestingOrder(
      id: order.id, owner: order.owner, side: order.side, price: order.price, size: size)
    let total =
      order.side == .buy ? bids.append(resting, &queue) : asks.append(resting, &queue)
    outcome.events.append(.rested(id: order.id, size: size))
    outcome.record(order.side, order.price, total)
  }

  private mutating func remove(
    _ place: Int, _ reason: EngineEvent.CancelReason, into outcome: inout EngineOutcome
  ) {
    let order = queue[place]
    shrink(place, to: 0, into: &outcome)
    outcome.events.append(
      .cancelled(id: order.id, owner: order.owner, size: order.size, reason))
  }

  private mutating func reduce(
    _ place: Int, to size: Int64, into outcome: inout EngineOutcome
  ) {
    let order = queue[place]
    outcome.events.append(.reduced(id: order.id, owner: order.owner, size: size))
    if size < order.size { shrink(place, to: size, into: &outcome) }
  }

  /// Lowers the open size of a resting order, which leaves the book at zero.
  private mutating func shrink(
    _ place: Int, to size: Int64, into outcome: inout EngineOutcome
  ) {
    let (side, price) = (queue[place].side, queue[place].price)
    let total =
      side == .buy ? bids.shrink(place, to: size, &queue) : asks.shrink(place, to: size, &queue)
    outcome.record(side, price, total)
  }

  private func opposite(of side: Side) -> BookSide { side == .buy ? asks : bids }
}
