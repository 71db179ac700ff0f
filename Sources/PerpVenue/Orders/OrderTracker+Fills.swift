import PerpCore

extension OrderTracker {
  mutating func take(_ fill: FillReport, at now: Moment, _ actions: inout [OrderAction]) {
    let trade = TradeKey(orderID: fill.orderID, tradeID: fill.tradeID)
    guard !trades.contains(trade) else { return counters.repeatedFills += 1 }
    guard let key = keysByOrderID[fill.orderID] ?? fill.name.flatMap({ keysByName[$0] }) else {
      return keep(stray: fill, at: now, &actions)
    }
    var order = orders[key]!
    learn(fill.orderID, of: &order, at: now, &actions)
    add(fill, to: &order, at: now, &actions)
    orders[key] = order
  }

  /// Tells a fill that was not told before, and the order with it.
  private mutating func add(
    _ fill: FillReport, to order: inout TrackedOrder, at now: Moment,
    _ actions: inout [OrderAction]
  ) {
    let trade = TradeKey(orderID: fill.orderID, tradeID: fill.tradeID)
    guard !trades.contains(trade) else { return counters.repeatedFills += 1 }
    guard let sum = order.sumOfFills.adding(fill.size), order.admits(filled: sum) else {
      return contradict(order, "fill \(fill.tradeID.string) goes beyond its size", &actions)
    }
    if trades.insert(trade) != nil { counters.forgottenTrades += 1 }
    order.sumOfFills = sum
    order.notionalOfFills =
      fill.price.multiplied(by: fill.size).flatMap { order.notionalOfFills.adding($0) }
      ?? order.notionalOfFills
    order.isSeen = true
    let status = order.isWholeFilled ? OrderStatus.filled : .partiallyFilled
    let isRestated = order.status.isFinal && status == .filled && order.status != .filled
    let isNews = isRestated || OrderRuling(from: order.status, to: status) == .enter
    let isRevived = order.status.isFinal && order.isInferred && status != .filled
    if isNews || isRevived {
      if order.status.isFinal { counters.restated += 1 }
      order.isInferred = false
      (order.reason, order.venueCode, order.venueMessage) = (nil, nil, nil)
      set(&order, status, evidence: fill.evidence, &actions)
    }
    let header = header(fill.venueTime, fill.received)
    actions.append(
      .emit(
        .fill(
          Fill(
            header: header, symbol: order.symbol, tradeID: fill.tradeID, clientID: order.clientID,
            orderID: fill.orderID, side: fill.side, price: fill.price, size: fill.size,
            fee: fill.fee, feeAsset: fill.feeAsset, liquidity: fill.liquidity,
            // Whoever was the maker of it was not liquidated.
            isLiquidation: fill.isLiquidation && fill.liquidity == .taker,
            filled: order.filled, remaining: order.remaining ?? .zero))))
    emit(order, isRestated || isRevived ? .restated : .fill, by: header, &actions)
    if order.status.isFinal, !order.lacksFills { order.inquiry = nil }
    // A live order that was in doubt is asked for until its whole state is known.
    if isRevived { inquire(&order, at: now) }
  }

  /// A fill of an order whose id is not known: it waits for the id, which is asked for.
  private mutating func keep(
    stray fill: FillReport, at now: Moment, _ actions: inout [OrderAction]
  ) {
    guard
      !strays.contains(where: { $0.fill.orderID == fill.orderID && $0.fill.tradeID == fill.tradeID }
      )
    else { return counters.repeatedFills += 1 }
    counters.strays += 1
    if strays.count == settings.keptStrays {
      strays.removeFirst()
      counters.droppedStrays += 1
    }
    let key = OrderKey.foreign(fill.orderID)
    let isAsked = strays.contains { $0.fill.orderID == fill.orderID }
    strays.append((fill, key))
    guard !isAsked else { return }
    actions.append(.ask(OrderQuery(kind: .order, order: key, since: now.wall)))
  }

  /// Whether a fill waits that may be of this order.
  func hasStray(like order: TrackedOrder) -> Bool {
    strays.contains { $0.fill.symbol == order.symbol && $0.fill.side == order.terms?.side }
  }

  /// The venue's id of an order: fills that waited for it are told, and what was taken for an
  /// order of somebody else is ours.
  mutating func learn(
    _ id: ShortText, of order: inout TrackedOrder, at now: Moment, _ actions: inout [OrderAction]
  ) {
    guard order.orderID != id else { return drain(&order, at: now, &actions) }
    guard !order.formerOrderIDs.contains(id) else { return }
    if let former = order.orderID { order.formerOrderIDs.append(former) }
    order.orderID = id
    if let foreign = adopt(id, into: &order) {
      set(&order, foreign.status, evidence: foreign.evidence ?? .webSocket, &actions)
      emit(order, .status, &actions)
    } else if order.clientID != nil, order.name == nil {
      // Without a name the id is all there is to find the order by.
      actions.append(.record(.order(order.update(.status, header()))))
    }
    drain(&order, at: now, &actions)
  }

  /// The id is this order's. What was taken for an order of somebody else, and is this one, is
  /// returned.
  mutating func adopt(_ id: ShortText, into order: inout TrackedOrder) -> TrackedOrder? {
    let other = keysByOrderID.updateValue(order.key, forKey: id)
    guard let other, other != order.key, let foreign = orders.removeValue(forKey: other) else {
      return nil
    }
    live.removeAll { $0 == other }
    order.adopted.append(other)
    order.sumOfFills = order.sumOfFills.adding(foreign.sumOfFills) ?? order.sumOfFills
    order.notionalOfFills =
      order.notionalOfFills.adding(foreign.notionalOfFills) ?? order.notionalOfFills
    order.reportedFilled = max(order.reportedFilled, foreign.reportedFilled)
    order.isSeen = true
    return foreign
  }

  private mutating func drain(
    _ order: inout TrackedOrder, at now: Moment, _ actions: inout [OrderAction]
  ) {
    let id = order.orderID
    let waiting = strays.filter { $0.fill.orderID == id }
    guard !waiting.isEmpty else { return }
    strays.removeAll { $0.fill.orderID == id }
    for stray in waiting { add(stray.fill, to: &order, at: now, &actions) }
  }
}
