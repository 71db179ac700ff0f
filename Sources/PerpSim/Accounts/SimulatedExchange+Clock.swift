import PerpCore

extension SimulatedExchange {
  /// Lets pass what is due in a market until `now`, in order of time: what the crowd does, orders
  /// that were delayed, orders that end. In place of `SimulatedMarket.advance`.
  package mutating func advance(
    _ market: inout SimulatedMarket, _ index: Int, to now: Moment, into result: inout Consequences
  ) {
    var events: [SimulatedMarket.Event] = []
    for _ in 0..<SimulatedMarket.maxEventsPerAdvance {
      let own = ownDeadline(index)
      let due = min(own, market.deadline)
      guard due <= now.monotonic else {
        // Nothing is due: only the clock of the market goes on.
        market.advance(to: now, into: &events)
        markets[index].mark = market.markPrice
        return
      }
      let moment = Moment(
        monotonic: due, wall: now.wall - Int64((now.monotonic - due) / 1_000))
      if own == due {
        actOnAgenda(&market, index, at: moment, into: &result)
      } else {
        market.advance(to: moment, into: &events)
        for event in events { settle(event, index, at: moment, into: &result) }
        events.removeAll(keepingCapacity: true)
      }
      finish(&market, index, at: moment, into: &result)
    }
  }

  private mutating func actOnAgenda(
    _ market: inout SimulatedMarket, _ index: Int, at now: Moment, into result: inout Consequences
  ) {
    if agendas[index].nextExpiry <= now.monotonic {
      for number in agendas[index].expiring {
        guard let order = orders[number], order.expiryDue <= now.monotonic else { continue }
        withdraw(number, .expired, .expired, in: &market, at: now, into: &result)
      }
      return
    }
    switch agendas[index].delayed.removeFirst() {
    case .placing(let number): act(number, in: &market, at: now, into: &result)
    case .cancelling(let number, let cause):
      withdraw(number, .cancelled, cause, in: &market, at: now, into: &result)
    case .modifying(let number, let price, let size):
      change(number, price: price, size: size, in: &market, at: now, into: &result)
    case nil: break
    }
  }

  /// Lets the first stop or take-profit order act whose price the mark has reached; false when
  /// there is none.
  mutating func trigger(
    _ market: inout SimulatedMarket, _ index: Int, at now: Moment, into result: inout Consequences
  ) -> Bool {
    let mark = market.markPrice
    markets[index].mark = mark
    guard
      let number = agendas[index].untriggered.first(where: {
        orders[$0].map { isReached($0.terms, mark: mark) } ?? false
      }), var order = orders[number]
    else { return false }
    agendas[index].untriggered.removeAll { $0 == number }
    order.isTriggered = true
    order.updatedAt = now.wall
    orders[number] = order
    result.events.append(.order(order, .triggered))
    touched.insert(order.account)
    act(number, in: &market, at: now, into: &result)
    return true
  }

  private func isReached(_ terms: OrderTerms, mark: Decimal) -> Bool {
    guard let stop = terms.stopPrice else { return false }
    let isStop = terms.type == .stopLimit || terms.type == .stopMarket
    return isStop == (terms.side == .buy) ? mark >= stop : mark <= stop
  }
}
