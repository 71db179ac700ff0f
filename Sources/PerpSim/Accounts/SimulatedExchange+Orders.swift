import PerpCore

extension SimulatedExchange {
  /// Takes an order in and lets it act, now or after its delay. Throws where it makes no order at
  /// all; what refuses it later is told by the events. Returns its number.
  @discardableResult
  package mutating func place(
    _ placement: OrderPlacement, in market: inout SimulatedMarket, at now: Moment,
    into result: inout Consequences
  ) throws(ExchangeCause) -> UInt64 {
    // The number that `nextNumber` promised, whatever the venue places meanwhile.
    lastOrder += 1
    let number = lastOrder
    advance(&market, placement.market, to: now, into: &result)
    try check(placement, at: now)
    var order = ExchangeOrder(
      number: number, name: rules.orderName(number, now.wall), placement, at: now.wall)
    if let expiry = placement.expiry {
      order.expiryDue = now.monotonic + UInt64(max(0, expiry - now.wall)) * 1_000
      agendas[order.market].expiring.append(order.number)
      agendas[order.market].nextExpiry = min(agendas[order.market].nextExpiry, order.expiryDue)
    }
    admit(order, into: &result)
    let delay = placement.delay + (wouldTake(order, market) ? rules.takerDelay : 0)
    if delay > 0 {
      agendas[order.market].delayed.add(.placing(order.number), at: now.monotonic + delay)
    } else {
      act(order.number, in: &market, at: now, into: &result)
    }
    finish(&market, order.market, at: now, into: &result)
    return order.number
  }

  mutating func admit(_ order: ExchangeOrder, into result: inout Consequences) {
    orders[order.number] = order
    numbers[order.name] = order.number
    if let client = order.clientID { accounts[order.account]?.clientIDs[client] = order.number }
    accounts[order.account]?.openOrders.append(order.number)
    result.events.append(.order(order, .accepted))
  }

  /// An order as it looks when it is taken in, of which nothing is ever heard again: a fault.
  package mutating func ignore(_ placement: OrderPlacement, at now: Moment) -> ExchangeOrder {
    lastOrder += 1
    return ExchangeOrder(
      number: lastOrder, name: rules.orderName(lastOrder, now.wall), placement, at: now.wall)
  }

  /// What can be said of an order by itself.
  func check(_ placement: OrderPlacement, at now: Moment) throws(ExchangeCause) {
    guard let account = accounts[placement.account] else { throw .unknownAccount }
    if let client = placement.clientID, let number = account.clientIDs[client],
      let other = orders[number], !rules.reusesClientIDs || !other.status.isFinal
    {
      throw .duplicateClientID
    }
    let terms = placement.terms
    if terms.isPostOnly, !terms.type.hasPrice { throw .contradiction }
    if terms.isPostOnly, terms.timeInForce == .ioc || terms.timeInForce == .fok {
      throw .contradiction
    }
    try check(price: terms.price, stop: terms.stopPrice, size: terms.size, placement)
    if terms.timeInForce == .gtt, placement.expiry == nil { throw .expiryMissing }
    if let expiry = placement.expiry, expiry <= now.wall { throw .expiryPassed }
    let open = account.openOrders.reduce(0) {
      $0 + (orders[$1]?.market == placement.market ? 1 : 0)
    }
    if open >= rules.maxOpenOrders { throw .tooManyOpenOrders }
  }

  func check(
    price: Decimal?, stop: Decimal?, size: Decimal, _ placement: OrderPlacement
  ) throws(ExchangeCause) {
    let market = markets[placement.market]
    let type = placement.terms.type
    guard market.lots(size) != nil else { throw .sizeOffGrid }
    if size < market.minSize { throw .sizeTooSmall }
    if size > market.maxSize { throw .sizeTooLarge }
    if type.hasPrice {
      guard let price else { throw .priceMissing }
      guard market.ticks(price) != nil else { throw .priceOffGrid }
      if let band = rules.priceBand, !type.hasStopPrice,
        price.minus(market.mark).magnitude > market.mark.times(band)
      {
        throw .priceOutOfBand
      }
    }
    if type.hasStopPrice {
      guard let stop else { throw .stopPriceMissing }
      guard market.ticks(stop) != nil else { throw .stopPriceOffGrid }
    }
    let value = size.times((type.hasPrice ? price : nil) ?? market.mark)
    if !placement.terms.isReduceOnly, value < market.minValue { throw .valueTooSmall }
  }

  private func wouldTake(_ order: ExchangeOrder, _ market: borrowing SimulatedMarket) -> Bool {
    let terms = order.terms
    if terms.isPostOnly || terms.type.hasStopPrice { return false }
    guard let price = terms.price, terms.type.hasPrice else { return true }
    return terms.side == .buy
      ? market.bestAsk.map { price >= $0.price } ?? false
      : market.bestBid.map { price <= $0.price } ?? false
  }

  /// An order's time has come: it waits for its price, or comes to the book.
  mutating func act(
    _ number: UInt64, in market: inout SimulatedMarket, at now: Moment,
    into result: inout Consequences
  ) {
    guard var order = orders[number], !order.status.isFinal else { return }
    order.updatedAt = now.wall
    if order.terms.type.hasStopPrice, !order.isTriggered {
      order.status = .untriggered
      orders[number] = order
      agendas[order.market].untriggered.append(number)
      result.events.append(.order(order, .waiting))
      return
    }
    if let cause = obstacle(to: order, in: market) {
      return end(number, .rejected, cause, at: now, into: &result)
    }
    if order.terms.isReduceOnly { cap(&order, at: now, into: &result) }
    order.status = .open
    orders[number] = order
    let incoming = incoming(order)
    let event = market.perform(at: now) { $0.place(incoming, into: &$1) }
    settle(event, order.market, at: now, into: &result)
  }

  private func obstacle(
    to order: ExchangeOrder, in market: borrowing SimulatedMarket
  ) -> ExchangeCause? {
    let terms = order.terms
    let position = accounts[order.account]?.positions[order.market].size ?? .zero
    if terms.isReduceOnly, closable(order).isZero { return .reduceOnlyWouldIncrease }
    if !terms.isReduceOnly, let limit = markets[order.market].positionLimit {
      let signed = terms.side == .buy ? order.remaining : order.remaining.negated
      let after = position.plus(signed).magnitude
      if after > limit, after > position.magnitude { return .positionLimit }
    }
    if !terms.type.hasPrice {
      let best = terms.side == .buy ? market.bestAsk : market.bestBid
      if best == nil { return .emptyBook }
    }
    return affords(order) ? nil : .insufficientMargin
  }

  /// What a reduce-only order may still close: the position, less what older ones close.
  private func closable(_ order: ExchangeOrder) -> Decimal {
    guard let account = accounts[order.account] else { return .zero }
    let position = account.positions[order.market].size
    guard !position.isZero, position.isNegative == (order.terms.side == .buy) else { return .zero }
    var left = position.magnitude
    for number in account.openOrders where number != order.number {
      if let other = orders[number], other.market == order.market, other.status == .open,
        other.terms.isReduceOnly
      {
        left = left.minus(other.remaining)
      }
    }
    return max(.zero, left)
  }

  private func cap(_ order: inout ExchangeOrder, at now: Moment, into result: inout Consequences) {
    let most = closable(order)
    guard most < order.remaining else { return }
    order.placement.terms.size = order.filled.plus(most).trimmed
    result.events.append(.order(order, .capped))
  }

  func incoming(_ order: ExchangeOrder) -> IncomingOrder {
    let (terms, market) = (order.terms, markets[order.market])
    return IncomingOrder(
      id: order.number, owner: order.account, side: terms.side, kind: kind(of: terms),
      price: terms.type.hasPrice ? terms.price.flatMap(market.ticks) ?? 0 : 0,
      size: market.lots(order.remaining) ?? 0, selfTrade: order.placement.selfTrade)
  }

  func kind(of terms: OrderTerms) -> IncomingOrder.Kind {
    if terms.isPostOnly { return .postOnly }
    if !terms.type.hasPrice { return terms.timeInForce == .fok ? .fillOrKill : .market }
    return switch terms.timeInForce {
    case .ioc: .immediateOrCancel
    case .fok: .fillOrKill
    default: .limit
    }
  }
}
