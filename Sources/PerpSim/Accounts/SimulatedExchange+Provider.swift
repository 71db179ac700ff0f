import PerpCore

/// Venues without a book: one provider stands on the other side of every order, and the venue says
/// when, and at which price, an order is filled; whole, or not at all. `mark` is the venue's own.
extension SimulatedExchange {
  /// Takes in an order that is open until it is filled or ended by one of the calls below. Throws
  /// where it makes no order at all. Returns its number.
  package mutating func take(
    _ placement: OrderPlacement, mark: Decimal, at now: Moment, into result: inout Consequences
  ) throws(ExchangeCause) -> UInt64 {
    markets[placement.market].mark = mark
    try check(placement, at: now)
    lastOrder += 1
    var order = ExchangeOrder(
      number: lastOrder, name: rules.orderName(lastOrder, now.wall), placement, at: now.wall)
    order.status = .open
    admit(order, into: &result)
    return order.number
  }

  /// Fills an open order, or rejects it where the account cannot have it.
  package mutating func fill(
    _ number: UInt64, at price: Decimal, mark: Decimal, at now: Moment,
    into result: inout Consequences
  ) {
    guard var order = orders[number], order.status == .open,
      let account = accounts[order.account]
    else { return }
    let (side, size) = (order.terms.side, order.terms.size)
    markets[order.market].mark = mark
    let held = account.positions[order.market].size
    if order.terms.isReduceOnly,
      held.isZero || held.isNegative != (side == .buy) || size > held.magnitude
    {
      return end(number, .rejected, .reduceOnlyWouldIncrease, at: now, into: &result)
    }
    guard affords(order) else {
      return end(number, .rejected, .insufficientMargin, at: now, into: &result)
    }
    let fee = price.times(size).times(account.fees.taker)
    lastFill += 1
    (order.filled, order.filledValue, order.fees) = (size, price.times(size), fee)
    orders[number] = order
    let realized =
      accounts[order.account]?.positions[order.market].apply(
        side: side, price: price, size: size, fee: fee, number: lastFill, at: now.wall) ?? .zero
    accounts[order.account]?.balance = account.balance.plus(realized).minus(fee).trimmed
    let record = ExchangeFill(
      number: lastFill, account: order.account, market: order.market, order: number,
      orderName: order.name, clientID: order.clientID, side: side, price: price, size: size,
      fee: fee, realizedPnL: realized, liquidity: .taker, isLiquidation: false, time: now.wall,
      filled: size,
      remaining: .zero, event: 0, execution: 0)
    accounts[order.account]?.fills.append(record)
    if account.fills.count >= rules.maxHistory { accounts[order.account]?.fills.removeFirst() }
    result.events.append(.fill(record))
    end(number, .filled, nil, at: now, into: &result)
  }

  /// Ends an open order that is in no book. Throws `unknownOrder` also for an order of another
  /// account, and `orderClosed`.
  package mutating func drop(
    _ number: UInt64, of account: UInt32, as status: ExchangeOrder.Status, _ cause: ExchangeCause,
    at now: Moment, into result: inout Consequences
  ) throws(ExchangeCause) {
    guard let order = orders[number], order.account == account else { throw .unknownOrder }
    guard !order.status.isFinal else { throw .orderClosed }
    end(number, status, cause, at: now, into: &result)
  }

  /// The price by which margins and what is not realized are reckoned.
  package mutating func set(mark: Decimal, of market: Int) { markets[market].mark = mark }
}
