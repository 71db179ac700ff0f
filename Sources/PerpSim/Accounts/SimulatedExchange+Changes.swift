import PerpCore

extension SimulatedExchange {
  /// Cancels an order, now or after a delay. Throws `unknownOrder` also for an order of another
  /// account, and `orderClosed`.
  package mutating func cancel(
    _ number: UInt64, of account: UInt32, cause: ExchangeCause = .requested, delay: UInt64 = 0,
    in market: inout SimulatedMarket, at now: Moment, into result: inout Consequences
  ) throws(ExchangeCause) {
    guard let order = orders[number], order.account == account else { throw .unknownOrder }
    advance(&market, order.market, to: now, into: &result)
    guard orders[number]?.status.isFinal == false else { throw .orderClosed }
    if delay > 0 {
      agendas[order.market].delayed.add(
        .cancelling(number, cause), at: now.monotonic + delay)
    } else {
      withdraw(number, .cancelled, cause, in: &market, at: now, into: &result)
      finish(&market, order.market, at: now, into: &result)
    }
  }

  /// Cancels what an account has open in a market; returns the numbers of the orders.
  @discardableResult
  package mutating func cancelAll(
    of account: UInt32, cause: ExchangeCause = .requested, delay: UInt64 = 0,
    in market: inout SimulatedMarket, _ index: Int, at now: Moment, into result: inout Consequences
  ) -> [UInt64] {
    advance(&market, index, to: now, into: &result)
    let numbers = openOrders(of: account, market: index).map(\.number)
    for number in numbers {
      if delay > 0 {
        agendas[index].delayed.add(.cancelling(number, cause), at: now.monotonic + delay)
      } else {
        withdraw(number, .cancelled, cause, in: &market, at: now, into: &result)
      }
    }
    finish(&market, index, at: now, into: &result)
    return numbers
  }

  /// Gives an open limit order another price or size (all of it, what is filled included), and an
  /// untriggered one also another stop price. At the same price and not larger it keeps its place.
  /// What is wrong with the request by itself is thrown; later refusals are told by the events and
  /// leave the order as it was.
  package mutating func modify(
    _ number: UInt64, of account: UInt32, price: Decimal? = nil, size: Decimal? = nil,
    stopPrice: Decimal? = nil, delay: UInt64 = 0, in market: inout SimulatedMarket, at now: Moment,
    into result: inout Consequences
  ) throws(ExchangeCause) {
    guard let known = orders[number], known.account == account else { throw .unknownOrder }
    advance(&market, known.market, to: now, into: &result)
    guard var order = orders[number], !order.status.isFinal else { throw .orderClosed }
    guard order.status != .pending, price == nil || order.terms.type.hasPrice,
      stopPrice == nil || order.status == .untriggered
    else { throw .notModifiable }
    try check(
      price: price ?? order.terms.price, stop: stopPrice ?? order.terms.stopPrice,
      size: size ?? order.terms.size, order.placement)
    if order.status == .untriggered {
      order.placement.terms.price = price ?? order.terms.price
      order.placement.terms.stopPrice = stopPrice ?? order.terms.stopPrice
      order.placement.terms.size = size ?? order.terms.size
      order.updatedAt = now.wall
      orders[number] = order
      result.events.append(.order(order, .modified))
    } else if delay > 0 {
      agendas[order.market].delayed.add(
        .modifying(number, price: price, size: size), at: now.monotonic + delay)
    } else {
      change(number, price: price, size: size, in: &market, at: now, into: &result)
    }
    finish(&market, order.market, at: now, into: &result)
  }

  /// Changes an order in the book, or says why not.
  mutating func change(
    _ number: UInt64, price: Decimal?, size: Decimal?, in market: inout SimulatedMarket,
    at now: Moment, into result: inout Consequences
  ) {
    guard let old = orders[number], old.status == .open else {
      if let old = orders[number] {
        result.events.append(.order(old, .modifyRefused(.orderClosed)))
      }
      return
    }
    var order = old
    order.placement.terms.price = price ?? old.terms.price
    order.placement.terms.size = size ?? old.terms.size
    order.updatedAt = now.wall
    let grid = markets[order.market]
    guard let ticks = order.terms.price.flatMap(grid.ticks),
      let lots = grid.lots(order.unfilled)
    else {
      result.events.append(.order(old, .modifyRefused(.sizeTooSmall)))
      return
    }
    if let cause = obstacle(to: order, before: old, in: market) {
      result.events.append(.order(old, .modifyRefused(cause)))
      return
    }
    orders[number] = order
    result.events.append(.order(order, .modified))
    let (kind, selfTrade) = (self.kind(of: order.terms), order.placement.selfTrade)
    let event = market.perform(at: now) {
      $0.modify(number, price: ticks, size: lots, kind: kind, selfTrade: selfTrade, into: &$1)
    }
    settle(event, order.market, at: now, into: &result)
  }

  private func obstacle(
    to order: ExchangeOrder, before old: ExchangeOrder, in market: borrowing SimulatedMarket
  ) -> ExchangeCause? {
    if order.terms.isPostOnly, order.terms.price != old.terms.price, let price = order.terms.price {
      let crosses =
        order.terms.side == .buy
        ? market.bestAsk.map { price >= $0.price } : market.bestBid.map { price <= $0.price }
      if crosses == true { return .postOnlyWouldCross }
    }
    guard let growth = order.unfilled.subtracting(old.unfilled), growth > .zero else { return nil }
    if order.terms.isReduceOnly { return .reduceOnlyWouldIncrease }
    guard let account = accounts[order.account], let balance = balance(of: order.account, at: 0)
    else { return .unknownAccount }
    let more = margin(for: growth, account, order.market)
    return more <= balance.available ? nil : .insufficientMargin
  }

  /// Ends an order that has not ended, wherever it is.
  mutating func withdraw(
    _ number: UInt64, _ status: ExchangeOrder.Status, _ cause: ExchangeCause,
    in market: inout SimulatedMarket, at now: Moment, into result: inout Consequences
  ) {
    guard let order = orders[number], !order.status.isFinal else { return }
    if order.status == .open {
      let event = market.perform(at: now) { $0.cancel(number, into: &$1) }
      end(number, status, cause, at: now, into: &result)
      settle(event, order.market, at: now, into: &result)
    } else {
      end(number, status, cause, at: now, into: &result)
    }
  }

  /// The end of an order that is in no book any more.
  mutating func end(
    _ number: UInt64, _ status: ExchangeOrder.Status, _ cause: ExchangeCause?, at now: Moment,
    into result: inout Consequences
  ) {
    guard var order = orders[number], !order.status.isFinal else { return }
    let change: ExchangeEvent.OrderChange
    switch status {
    case .filled: change = .filled
    case .rejected: change = .rejected
    case .expired: change = .expired
    default: change = .cancelled
    }
    order.status = status
    order.cause = cause
    order.updatedAt = now.wall
    orders[number] = order
    result.events.append(.order(order, change))
    touched.insert(order.account)
    agendas[order.market].untriggered.removeAll { $0 == number }
    if order.placement.expiry != nil {
      agendas[order.market].expiring.removeAll { $0 == number }
      agendas[order.market].nextExpiry =
        agendas[order.market].expiring.compactMap { orders[$0]?.expiryDue }.min() ?? .max
    }
    accounts[order.account]?.openOrders.removeAll { $0 == number }
    accounts[order.account]?.history.append(number)
    forgetOldest(of: order.account)
  }

  private mutating func forgetOldest(of account: UInt32) {
    guard let history = accounts[account]?.history, history.count > rules.maxHistory,
      let oldest = accounts[account]?.history.removeFirst(),
      let order = orders.removeValue(forKey: oldest)
    else { return }
    numbers[order.name] = nil
    if let client = order.clientID, accounts[account]?.clientIDs[client] == oldest {
      accounts[account]?.clientIDs[client] = nil
    }
  }
}
