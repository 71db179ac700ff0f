import PerpCore

extension SimulatedExchange {
  /// Draws the conclusions of what happened in a book for the accounts whose orders it touched.
  mutating func settle(
    _ event: SimulatedMarket.Event, _ index: Int, at now: Moment, into result: inout Consequences
  ) {
    result.published.append(Consequences.Published(market: index, event: event))
    var execution = 0
    for happening in event.happenings {
      switch happening {
      case .filled(let fill):
        let place = Place(event: result.published.count - 1, execution: execution)
        execution += 1
        for liquidity in [Fill.Liquidity.maker, .taker] {
          book(fill, liquidity, event.executions[place.execution], place, at: now, into: &result)
        }
      case .rested(let id, _):
        guard let order = orders[id] else { break }
        result.events.append(.order(order, .opened))
        touched.insert(order.account)
      case .cancelled(let id, _, _, .remainder):
        end(id, .cancelled, .remainder, at: now, into: &result)
      case .cancelled(let id, _, _, .unfillable):
        end(id, .cancelled, .unfillable, at: now, into: &result)
      case .cancelled(let id, _, _, .selfTrade):
        end(id, .cancelled, .selfTrade, at: now, into: &result)
      case .refused(let id, let refusal):
        reject(id, refusal, at: now, into: &result)
      // Asked for, and dealt with where it was.
      case .cancelled, .reduced: break
      }
    }
  }

  private struct Place {
    let event: Int
    let execution: Int
  }

  private mutating func reject(
    _ number: UInt64, _ refusal: EngineEvent.Refusal, at now: Moment,
    into result: inout Consequences
  ) {
    let cause: ExchangeCause
    switch refusal {
    case .wouldCross: cause = .postOnlyWouldCross
    case .bookFull: cause = .bookFull
    case .outOfRange: cause = .sizeTooLarge
    case .unknownOrder, .duplicateOrder: return
    }
    end(number, .rejected, cause, at: now, into: &result)
  }

  /// One side of an execution.
  private mutating func book(
    _ fill: EngineFill, _ liquidity: Fill.Liquidity, _ execution: SimulatedMarket.Execution,
    _ place: Place, at now: Moment, into result: inout Consequences
  ) {
    let isMaker = liquidity == .maker
    let number = isMaker ? fill.maker : fill.taker
    let owner = isMaker ? fill.makerOwner : fill.takerOwner
    guard owner != 0, var order = orders[number], let account = accounts[owner] else { return }
    let rates = order.placement.fees ?? account.fees
    let value = execution.price.times(execution.size)
    let fee = value.times(isMaker ? rates.maker : rates.taker)
    lastFill += 1
    order.filled = order.filled.plus(execution.size).trimmed
    order.filledValue = order.filledValue.plus(value).trimmed
    order.fees = order.fees.plus(fee).trimmed
    order.updatedAt = now.wall
    orders[number] = order
    let realized =
      accounts[owner]?.positions[order.market].apply(
        side: order.terms.side, price: execution.price, size: execution.size, fee: fee,
        number: lastFill, at: now.wall) ?? .zero
    let record = ExchangeFill(
      number: lastFill, account: owner, market: order.market, order: number,
      orderName: order.name, clientID: order.clientID, side: order.terms.side,
      price: execution.price, size: execution.size, fee: fee, realizedPnL: realized,
      liquidity: liquidity, isLiquidation: order.placement.isLiquidation, time: now.wall,
      filled: order.filled, remaining: order.unfilled,
      event: place.event, execution: place.execution)
    accounts[owner]?.balance = account.balance.plus(realized).minus(fee).trimmed
    accounts[owner]?.fills.append(record)
    if account.fills.count >= rules.maxHistory { accounts[owner]?.fills.removeFirst() }
    touched.insert(owner)
    result.events.append(.fill(record))
    if order.unfilled.isZero {
      end(number, .filled, nil, at: now, into: &result)
    } else {
      result.events.append(.order(order, .filledInPart))
    }
    if let position = position(of: owner, market: order.market) {
      result.events.append(.position(position))
    }
  }

  /// Ends an operation: accounts that cannot bear their positions lose them, stop orders whose
  /// price came act, reduce-only orders shrink with the position, and the accounts are told what
  /// they have.
  mutating func finish(
    _ market: inout SimulatedMarket, _ index: Int, at now: Moment, into result: inout Consequences
  ) {
    markets[index].mark = market.markPrice
    liquidateOverdrawn(&market, index, at: now, into: &result)
    repeat {
      capReduceOnly(&market, index, at: now, into: &result)
    } while trigger(&market, index, at: now, into: &result)
    for account in touched.sorted() {
      if let balance = balance(of: account, at: now.wall) {
        result.events.append(.balance(balance))
      }
    }
    touched.removeAll(keepingCapacity: true)
  }

  /// All reduce-only orders of an account in the book together close its position at most; the
  /// newest give way. (One execution of the crowd through several orders of an account is one
  /// event: only it can overshoot.)
  private mutating func capReduceOnly(
    _ market: inout SimulatedMarket, _ index: Int, at now: Moment, into result: inout Consequences
  ) {
    for number in touched.sorted() {
      guard let account = accounts[number] else { continue }
      let position = account.positions[index].size
      var left = position.magnitude
      for id in account.openOrders {
        guard let order = orders[id], order.market == index, order.status == .open,
          order.terms.isReduceOnly
        else { continue }
        let closes = !position.isZero && position.isNegative == (order.terms.side == .buy)
        if !closes || left.isZero {
          withdraw(id, .cancelled, .reduceOnlyWouldIncrease, in: &market, at: now, into: &result)
        } else if left < order.remaining {
          shrink(order, to: left, in: &market, at: now, into: &result)
          left = .zero
        } else {
          left = left.minus(order.remaining)
        }
      }
    }
  }

  private mutating func shrink(
    _ old: ExchangeOrder, to remaining: Decimal, in market: inout SimulatedMarket, at now: Moment,
    into result: inout Consequences
  ) {
    var order = old
    order.placement.terms.size = old.filled.plus(remaining).trimmed
    order.updatedAt = now.wall
    orders[old.number] = order
    let grid = markets[old.market]
    guard let ticks = old.terms.price.flatMap(grid.ticks), let lots = grid.lots(remaining) else {
      return
    }
    result.events.append(.order(order, .capped))
    let event = market.perform(at: now) {
      $0.modify(old.number, price: ticks, size: lots, into: &$1)
    }
    settle(event, old.market, at: now, into: &result)
  }
}
