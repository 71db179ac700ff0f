import PerpCore

/// An account that cannot bear its positions any more loses them: in each market the venue cancels
/// its orders, and closes its position by a market order of its own. Fees are not taken for that.
extension SimulatedExchange {
  /// What an account is worth at the mark, and what its positions need to stay: half of the margin
  /// that they need at the greatest leverage.
  func solvency(of account: ExchangeAccount) -> (equity: Decimal, maintenance: Decimal) {
    var (equity, maintenance) = (account.balance, Decimal.zero)
    for (position, market) in zip(account.positions, markets) where !position.size.isZero {
      let value = market.mark.times(position.size)
      equity = equity.plus(value.minus(position.cost))
      let required = value.magnitude.divided(by: market.maxLeverage.times(Decimal(2)), scale: 12)
      maintenance = maintenance.plus(required ?? .zero)
    }
    return (equity, maintenance)
  }

  /// Liquidates all accounts in a market, whatever their margin: a fault.
  package mutating func liquidateAll(
    in market: inout SimulatedMarket, _ index: Int, at now: Moment, into result: inout Consequences
  ) {
    advance(&market, index, to: now, into: &result)
    for number in accounts.keys.sorted() {
      liquidate(number, in: &market, index, at: now, into: &result)
    }
    finish(&market, index, at: now, into: &result)
  }

  /// Each market by itself: what an account has elsewhere is seen to there, if it still must be.
  mutating func liquidateOverdrawn(
    _ market: inout SimulatedMarket, _ index: Int, at now: Moment, into result: inout Consequences
  ) {
    for number in accounts.keys.sorted() {
      guard let account = accounts[number], !account.positions[index].size.isZero else { continue }
      let (equity, maintenance) = solvency(of: account)
      if equity < maintenance { liquidate(number, in: &market, index, at: now, into: &result) }
    }
  }

  /// What the book cannot take stays, until the next look at it.
  private mutating func liquidate(
    _ account: UInt32, in market: inout SimulatedMarket, _ index: Int, at now: Moment,
    into result: inout Consequences
  ) {
    for order in openOrders(of: account, market: index) {
      withdraw(order.number, .cancelled, .liquidated, in: &market, at: now, into: &result)
    }
    guard let size = accounts[account]?.positions[index].size, !size.isZero else { return }
    var placement = OrderPlacement(
      account: account, market: index,
      terms: OrderTerms(
        side: size.isNegative ? .buy : .sell, type: .market, timeInForce: .ioc,
        size: size.magnitude, isReduceOnly: true),
      fees: FeeRates(maker: .zero, taker: .zero))
    placement.isLiquidation = true
    lastOrder += 1
    var order = ExchangeOrder(
      number: lastOrder, name: rules.orderName(lastOrder, now.wall), placement, at: now.wall)
    admit(order, into: &result)
    order.status = .open
    orders[order.number] = order
    let incoming = incoming(order)
    let event = market.perform(at: now, isLiquidation: true) { $0.place(incoming, into: &$1) }
    settle(event, index, at: now, into: &result)
  }
}
