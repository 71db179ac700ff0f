import PerpCore

// MARK: - Orders that stand alone

extension Desk {
  /// An order of no trade: a quote that rests, or one that takes a position away.
  struct SingleOrder: Sendable {
    /// Its number in the ledger.
    let number: Int64
    var leg: Leg
    /// When it was asked about last, on the monotonic clock.
    var asked: UInt64?
  }

  /// Ended ones that are remembered, for executions that are told after the end.
  private static let remembered = 64

  /// A name that was never used, made of the ledger's next number.
  package func orderName(_ ending: String, at now: Moment) -> String {
    "\(settings.trade.prefix)_\(ledger.nextTrade(at: now))_\(ending)"
  }

  /// A market order that takes at once, as this market has it; nil where it would be of no size.
  package func taker(
    _ listing: Listing, _ side: Side, _ size: Decimal, name: String, isReduceOnly: Bool,
    at now: Moment
  ) -> OrderTicket? {
    guard let rules = view.rules(listing) else { return nil }
    let size = size.floored(to: rules.lot)
    guard size > .zero else { return nil }
    var ticket = OrderTicket(
      listing, clientID: name, side: side, size: size, isReduceOnly: isReduceOnly)
    let price = view.quote(listing, at: now).flatMap {
      try? rules.emulatedMarket(side, against: $0, offset: settings.trade.offset)
    }
    if !settings.quoted.contains(listing), let price {
      (ticket.price, ticket.timeInForce) = (price, .ioc)
    }
    if ticket.price == nil { ticket.maxSlippage = settings.maxSlippage }
    return ticket
  }

  /// Keeps an order's intent, and sends it. It is followed until the venue's proof of its end:
  /// `.ended`.
  package mutating func place(_ ticket: OrderTicket, at now: Moment) {
    let number = ledger.nextTrade(at: now)
    outbox.keep(.order(trade: number, ticket))
    outbox.send(.place(ticket), for: .place(clientID: ticket.clientID))
    var leg = Leg(ticket)
    leg.sent = now.monotonic
    orders.append(SingleOrder(number: number, leg: leg))
    noteKept()
  }

  /// Its end is told by `.ended`, with what was filled meanwhile.
  package mutating func cancel(_ clientID: String, at now: Moment) {
    guard let index = index(clientID), !orders[index].leg.isSettled else { return }
    orders[index].leg.cancelSent = orders[index].leg.cancelSent ?? now.monotonic
    outbox.send(.cancel(clientID), for: .cancel(clientID: clientID))
  }

  /// What this client has open on a market; of the `wholeAccount` also what others have.
  package mutating func cancelAll(
    _ listing: Listing, wholeAccount: Bool = false, at now: Moment
  ) {
    outbox.send(
      .cancelAll(listing, wholeAccount: wholeAccount), for: .other("cancel_all"))
    for index in orders.indices where orders[index].leg.ticket.listing == listing {
      orders[index].leg.cancelSent = orders[index].leg.cancelSent ?? now.monotonic
    }
  }

  package func order(_ clientID: String) -> Leg? { index(clientID).map { orders[$0].leg } }

  /// Whether something on this market has not ended.
  package func isWorking(_ listing: Listing) -> Bool {
    orders.contains { $0.leg.ticket.listing == listing && !$0.leg.isSettled }
  }

  // MARK: What becomes of them

  mutating func noteOrder(_ line: OrderLine, _ events: inout [Event]) {
    change(line.clientID, &events) { $0.note(line) }
  }

  mutating func noteOrder(_ fill: FillLine, _ events: inout [Event]) {
    change(fill.clientID, &events) { $0.note(fill) }
  }

  mutating func refuseOrder(
    _ clientID: String, _ refusal: GatewayLine.Refusal, at now: Moment, _ events: inout [Event]
  ) {
    // It is there: what became of it is to be asked.
    guard refusal.reason != "duplicate_client_id" else { return askForOrders(at: now) }
    change(clientID, &events) { leg in
      leg.fail("\(refusal.reason): \(refusal.message)")
      return true
    }
  }

  private func index(_ clientID: String?) -> Int? {
    orders.firstIndex { $0.leg.ticket.clientID == clientID }
  }

  private mutating func change(
    _ clientID: String?, _ events: inout [Event], _ change: (inout Leg) -> Bool
  ) {
    guard let index = index(clientID) else { return }
    let wasSettled = orders[index].leg.isSettled
    guard change(&orders[index].leg), orders[index].leg.isSettled else { return }
    let (number, leg) = (orders[index].number, orders[index].leg)
    outbox.keep(.result(trade: number, leg.result))
    guard !wasSettled else { return }
    if let error = leg.result.error, leg.cancelSent == nil {
      outbox.log(.warning, "\(leg.ticket.clientID): \(error)")
    }
    events.append(.ended(leg))
    let ended = orders.indices.filter { orders[$0].leg.isSettled }
    if ended.count > Self.remembered, let oldest = ended.first { orders.remove(at: oldest) }
  }

  // MARK: Orders whose end does not come

  /// What became of orders that nobody listened to is to be asked.
  mutating func askForOrders(at now: Moment) {
    for index in orders.indices where !orders[index].leg.isSettled { ask(index, at: now) }
  }

  private mutating func ask(_ index: Int, at now: Moment) {
    orders[index].asked = now.monotonic
    let id = orders[index].leg.ticket.clientID
    outbox.send(.query(id), for: .query(clientID: id))
  }

  /// Of orders that take at once, and those that are cancelled, the end must come.
  mutating func pressOrders(at now: Moment) {
    guard isConnected else { return }
    for index in orders.indices {
      guard let due = pressing(orders[index]), due <= now.monotonic else { continue }
      cancel(orders[index].leg.ticket.clientID, at: now)
      ask(index, at: now)
    }
  }

  /// When an order is pressed, on the monotonic clock; nil of one that may rest.
  func pressing(_ order: SingleOrder) -> UInt64? {
    guard !order.leg.isSettled else { return nil }
    guard let since = order.leg.cancelSent ?? (order.leg.ticket.mayRest ? nil : order.leg.sent)
    else { return nil }
    let next = order.asked.map { $0 + settings.trade.queryInterval } ?? 0
    return max(since + settings.trade.fillTimeout, next)
  }
}
