import PerpCore

// MARK: - Orders of no trade

extension Desk {
  /// An order that belongs to no trade: it closes what is held, or levels what is not level. Like
  /// those of a trade it is in the ledger before it leaves, and done once that is proven.
  struct LoneOrder: Sendable {
    /// The number that its name is made of.
    let trade: Int64
    var leg: Leg
    /// When it is asked about, on the monotonic clock.
    var nextQuery: UInt64
    var isTold = false
  }

  /// Settled orders that late executions may still belong to.
  private static let remembered = 64

  /// Keeps the intent, and sends the order. `ticket` has a name of `ledger.nextTrade`.
  package mutating func begin(_ ticket: OrderTicket, trade: Int64, at now: Moment) {
    outbox.keep(.order(trade: trade, ticket))
    outbox.send(.place(ticket), for: .place(clientID: ticket.clientID))
    loneOrders.append(
      LoneOrder(
        trade: trade, leg: Leg(ticket), nextQuery: now.monotonic + settings.trade.fillTimeout))
    noteKept()
  }

  /// Those whose end is not proven.
  package var workingLoneOrders: [OrderTicket] {
    loneOrders.filter { !$0.leg.isSettled }.map(\.leg.ticket)
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

  /// Orders that have not ended in time are cancelled, and asked about until they have.
  mutating func pressLoneOrders(at now: Moment) {
    for index in loneOrders.indices
    where !loneOrders[index].leg.isSettled && loneOrders[index].nextQuery <= now.monotonic {
      let id = loneOrders[index].leg.ticket.clientID
      if !loneOrders[index].leg.isCancelSent {
        loneOrders[index].leg.isCancelSent = true
        outbox.send(.cancel(id), for: .cancel(clientID: id))
      }
      outbox.send(.query(id), for: .query(clientID: id))
      loneOrders[index].nextQuery = now.monotonic + settings.trade.queryInterval
    }
  }

  /// What became of orders that nobody listened to is to be asked.
  mutating func askForLoneOrders() {
    for order in loneOrders where !order.leg.isSettled {
      let id = order.leg.ticket.clientID
      outbox.send(.query(id), for: .query(clientID: id))
    }
  }

  /// Each once.
  mutating func takeSettledOrders() -> [Event] {
    var events: [Event] = []
    for index in loneOrders.indices
    where loneOrders[index].leg.isSettled && !loneOrders[index].isTold {
      loneOrders[index].isTold = true
      events.append(.settled(loneOrders[index].leg.ticket, loneOrders[index].leg.result))
    }
    if loneOrders.count > Self.remembered, loneOrders.first?.isTold == true {
      loneOrders.removeFirst()
    }
    return events
  }

  mutating func noteLone(_ line: OrderLine) { changeLone(line.clientID) { $0.note(line) } }
  mutating func noteLone(_ fill: FillLine) { changeLone(fill.clientID) { $0.note(fill) } }

  mutating func refuseLone(_ clientID: String, _ refusal: GatewayLine.Refusal) {
    guard refusal.reason != "duplicate_client_id" else { return askForLoneOrders() }
    changeLone(clientID) { leg in
      leg.fail("\(refusal.reason): \(refusal.message)")
      return true
    }
  }

  private mutating func changeLone(_ clientID: String?, _ change: (inout Leg) -> Bool) {
    guard let index = loneOrders.firstIndex(where: { $0.leg.ticket.clientID == clientID })
    else { return }
    if change(&loneOrders[index].leg), loneOrders[index].leg.isSettled {
      let order = loneOrders[index]
      outbox.keep(.result(trade: order.trade, order.leg.result))
      if let error = order.leg.result.error {
        outbox.log(.warning, "\(order.leg.ticket.clientID): \(error)")
      }
    }
  }
}
