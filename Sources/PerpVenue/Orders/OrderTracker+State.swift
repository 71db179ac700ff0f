import PerpCore

// MARK: - Changes of state, and what is told of them

extension OrderTracker {
  func header(_ venueTime: Int64? = nil, _ received: Int64? = nil) -> AccountHeader {
    AccountHeader(venue: venue, account: account, venueTime: venueTime, received: received)
  }

  func emit(
    _ order: TrackedOrder, _ change: OrderUpdate.Change, by header: AccountHeader? = nil,
    _ actions: inout [OrderAction]
  ) {
    actions.append(.emit(.order(order.update(change, header ?? self.header()))))
  }

  /// An end that was not seen at the venue, but concluded.
  mutating func end(
    _ order: inout TrackedOrder, _ status: OrderStatus, _ change: OrderUpdate.Change,
    _ evidence: OrderEvidence, _ actions: inout [OrderAction]
  ) {
    order.isInferred = true
    set(&order, status, evidence: evidence, &actions)
    emit(order, change, &actions)
  }

  /// The only place where a status changes.
  mutating func set(
    _ order: inout TrackedOrder, _ status: OrderStatus, evidence: OrderEvidence?,
    _ actions: inout [OrderAction]
  ) {
    let before = order.status
    order.status = status
    order.evidence = evidence
    if order.clientID != nil {
      if before != .unknown, status == .unknown { freeze(order.symbol, &actions) }
      if before == .unknown, status != .unknown { unfreeze(order.symbol, &actions) }
    }
    if before.isFinal, !status.isFinal, !live.contains(order.key) { live.append(order.key) }
    guard status.isFinal else { return }
    order.answerDue = nil
    order.cancelDue = nil
    order.isCancelPending = false
    order.replacement = nil
    order.inquiry = nil
  }

  private mutating func freeze(_ symbol: Symbol, _ actions: inout [OrderAction]) {
    doubts[symbol, default: 0] += 1
    if doubts[symbol] == 1 { actions.append(.freeze(symbol)) }
  }

  private mutating func unfreeze(_ symbol: Symbol, _ actions: inout [OrderAction]) {
    guard let count = doubts[symbol] else { return }
    doubts[symbol] = count > 1 ? count - 1 : nil
    if count == 1 { actions.append(.unfreeze(symbol)) }
  }

  /// Orders of which nothing more is expected are kept for a while, and then forgotten.
  ///
  /// After a restart fills are read again from shortly before the last record on: an order that is
  /// forgotten must have ended before that, or its fills would be told twice.
  mutating func retireSettled(at now: Moment) {
    let settled = live.filter { orders[$0]?.isSettled ?? true }
    if !settled.isEmpty {
      live.removeAll { settled.contains($0) }
      for key in settled where orders[key] != nil {
        orders[key]?.settled = now.wall
        finals.append(key, since: now.wall)
      }
    }
    let latest = lastRecord - settings.restartSlack - settings.clockSlack
    while finals.count > settings.keptFinal, let oldest = finals.oldest, oldest.since < latest {
      finals.removeOldest()
      // What has settled again since then has a later place.
      if orders[oldest.key]?.settled == oldest.since { forget(oldest.key) }
    }
  }

  private mutating func forget(_ key: OrderKey) {
    guard !live.contains(key), let order = orders[key] else { return }
    orders[key] = nil
    forgotten.append(key)
    forgotten += order.adopted
    if let name = order.name { keysByName[name] = nil }
    for id in order.formerOrderIDs + (order.orderID.map { [$0] } ?? []) { keysByOrderID[id] = nil }
    counters.forgottenOrders += 1
  }

  mutating func contradict(
    _ order: TrackedOrder, _ what: String, _ actions: inout [OrderAction]
  ) {
    counters.contradictions += 1
    let name = order.clientID?.description ?? order.orderID?.string ?? "?"
    actions.append(.alarm("\(venue) \(account) order \(name): \(what)"))
  }
}

// MARK: - After a crash

extension OrderTracker {
  /// The tracker as the journal has it. What was under way is proven by `.reconcile`.
  package init(
    venue: VenueID, account: String, settings: Settings, replaying records: [OrderRecord],
    at now: Moment
  ) {
    self.init(venue: venue, account: account, settings: settings)
    var ignored: [OrderAction] = []
    for record in records {
      switch record {
      case .intent(let intent, let name, let at):
        if let name { names.note(name) }
        lastRecord = max(lastRecord, at)
        let age = UInt64(max(0, now.wall - at)) * 1_000
        let placed = Moment(monotonic: now.monotonic - min(age, now.monotonic), wall: at)
        admit(intent, name: name, placed: placed)
      case .replacement(let wanted): orders[.own(wanted.clientID)]?.replacement = wanted.terms
      case .order(let update): restore(update, at: now, &ignored)
      case .fill(let fill): restore(fill)
      }
    }
    if lastRecord > 0 { sweep.since = lastRecord - settings.restartSlack }
    retireSettled(at: now)
  }

  private mutating func restore(
    _ update: OrderUpdate, at now: Moment, _ ignored: inout [OrderAction]
  ) {
    guard let key = OrderRecord.order(update).key else { return }
    lastRecord = max(lastRecord, update.header.received ?? 0)
    var order =
      orders[key]
      ?? TrackedOrder(
        key: key, symbol: update.symbol, name: nil, terms: update.terms, placed: now)
    if orders[key] == nil { live.append(key) }
    if let id = update.orderID, id != order.orderID {
      if let former = order.orderID { order.formerOrderIDs.append(former) }
      order.orderID = id
      _ = adopt(id, into: &order)
    }
    if !update.isReplacePending { (order.terms, order.replacement) = (update.terms, nil) }
    order.reportedFilled = max(order.reportedFilled, update.filled ?? .zero)
    order.reportedAverage = update.averagePrice
    // Why a request came to nothing says nothing of the order.
    let isOfRequest = [.cancelRejected, .replaceRejected].contains(update.change)
    order.reason = isOfRequest ? nil : update.reason
    order.venueCode = isOfRequest ? nil : update.venueCode
    order.venueMessage = isOfRequest ? nil : update.venueMessage
    set(&order, update.status, evidence: update.evidence, &ignored)
    order.isCancelPending = update.isCancelPending && !update.status.isFinal
    order.isInferred = update.isInferred
    order.isSeen =
      order.isSeen || update.status == .open || !order.filled.isZero
      || (update.status.isFinal && !update.isInferred)
    orders[key] = order
  }

  private mutating func restore(_ fill: Fill) {
    lastRecord = max(lastRecord, fill.header.received ?? 0)
    trades.insert(TradeKey(orderID: fill.orderID, tradeID: fill.tradeID))
    let key = fill.clientID.map(OrderKey.own) ?? .foreign(fill.orderID)
    guard var order = orders[key] else { return }
    order.sumOfFills = order.sumOfFills.adding(fill.size) ?? order.sumOfFills
    order.notionalOfFills =
      fill.price.multiplied(by: fill.size).flatMap { order.notionalOfFills.adding($0) }
      ?? order.notionalOfFills
    order.isSeen = true
    orders[key] = order
  }
}

extension OrderUpdate {
  /// Whether this end was not seen at the venue, but concluded: see `OrderTracker.end`.
  fileprivate var isInferred: Bool {
    guard status.isFinal else { return false }
    // What the venue has shown has its id.
    return evidence == .notSent || orderID == nil
      || ["not_delivered", "not_found"].contains(reason)
  }
}
