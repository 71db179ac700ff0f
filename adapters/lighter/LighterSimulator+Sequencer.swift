import PerpCore
import PerpSim
import PerpVenue

/// What the sequencer does with transactions that were taken.
extension LighterSimulator {
  mutating func execute(
    _ transaction: LighterSimulatorTransaction, of account: UInt32, at now: Moment,
    into told: inout Told
  ) throws(LighterSimulatorRefusal) {
    switch transaction.type {
    case 14: try place(transaction, of: account, at: now, into: &told)
    case 15: try cancel(transaction, of: account, at: now, into: &told)
    case 16: cancelAll(transaction, of: account, at: now, into: &told)
    case 17: try modify(transaction, of: account, at: now, into: &told)
    default:
      guard let market = market(of: transaction),
        let leverage = Decimal(10_000).divided(
          by: Decimal(Int(transaction["InitialMarginFraction"])), scale: 2),
        exchange.setLeverage(leverage, of: account, market: market)
      else { throw LighterSimulatorRefusal(21_113, "invalid margin fraction") }
    }
  }

  private mutating func place(
    _ order: LighterSimulatorTransaction, of account: UInt32, at now: Moment, into told: inout Told
  ) throws(LighterSimulatorRefusal) {
    guard let market = market(of: order) else { throw Self.unknownMarket }
    let terms = try terms(order, of: account, market)
    let (index, nonce) = markets[market].nextOrder(isAsk: order["IsAsk"] == 1)
    details[index] = LighterSimulatorOrder(
      index: index, nonce: nonce, clientIndex: order["ClientOrderIndex"], type: order["Type"],
      timeInForce: order["TimeInForce"], expiry: order["OrderExpiry"], transaction: order.name)
    let placement = OrderPlacement(
      account: account, market: market,
      clientID: order["ClientOrderIndex"] == 0 ? nil : "\(order["ClientOrderIndex"])",
      terms: terms, expiry: order["OrderExpiry"] == 0 ? nil : order["OrderExpiry"] * 1_000,
      selfTrade: [.cancelMaker, .cancelTaker, .cancelBoth][Int(min(order.attribute(6) ?? 0, 2))],
      delay: delay, note: "\(index)")
    var result = Consequences()
    do throws(ExchangeCause) {
      numbers[index] = try exchange.place(
        placement, in: &markets[market].market, at: now, into: &result)
    } catch {
      details[index] = nil
      tell(result, at: now, into: &told)
      throw LighterSimulatorRefusal(error)
    }
    tell(result, at: now, into: &told)
  }

  /// Every order has a price, market orders the worst; without one that lasts it is immediate.
  private func terms(
    _ order: LighterSimulatorTransaction, of account: UInt32, _ market: Int
  ) throws(LighterSimulatorRefusal) -> OrderTerms {
    var size = markets[market].size(order["BaseAmount"])
    if size.isZero {
      let position = exchange.position(of: account, market: market)?.size ?? .zero
      guard !position.isZero else {
        throw LighterSimulatorRefusal(21_740, "invalid reduce only mode")
      }
      size = position.isNegative ? position.negated : position
    }
    let types: [OrderType] = [
      .limit, .limit, .stopLimit, .stopLimit, .takeProfitLimit, .takeProfitLimit,
    ]
    let isImmediate = order["TimeInForce"] == 0
    return OrderTerms(
      side: order["IsAsk"] == 1 ? .sell : .buy, type: types[Int(order["Type"])],
      timeInForce: isImmediate ? .ioc : .gtt, price: markets[market].price(order["Price"]),
      stopPrice: order["TriggerPrice"] == 0 ? nil : markets[market].price(order["TriggerPrice"]),
      size: size, isPostOnly: order["TimeInForce"] == 2, isReduceOnly: order["ReduceOnly"] == 1)
  }

  /// By the venue's number, or by the client's of an order that lives.
  private func order(
    _ transaction: LighterSimulatorTransaction, of account: UInt32
  ) throws(LighterSimulatorRefusal) -> ExchangeOrder {
    let index = transaction["Index"]
    let order =
      index < 1 << 48
      ? exchange.order(client: "\(index)", of: account)
      : numbers[index].flatMap { exchange.orders[$0] }
    guard let order, order.account == account, !order.status.isFinal,
      order.market == market(of: transaction)
    else { throw LighterSimulatorRefusal(21_600, "given order is not an active limit order") }
    return order
  }

  private mutating func cancel(
    _ transaction: LighterSimulatorTransaction, of account: UInt32, at now: Moment,
    into told: inout Told
  ) throws(LighterSimulatorRefusal) {
    let order = try order(transaction, of: account)
    var result = Consequences()
    do throws(ExchangeCause) {
      try exchange.cancel(
        order.number, of: account, delay: delay, in: &markets[order.market].market, at: now,
        into: &result)
    } catch {
      tell(result, at: now, into: &told)
      throw LighterSimulatorRefusal(error)
    }
    tell(result, at: now, into: &told)
  }

  /// At once, or at a time that may be put off, or not at all any more.
  private mutating func cancelAll(
    _ transaction: LighterSimulatorTransaction, of account: UInt32, at now: Moment,
    into told: inout Told
  ) {
    guard transaction["TimeInForce"] == 0 else {
      let (place, ahead) = (Int(account) - 1, transaction["Time"] - now.wall / 1_000)
      accounts[place].cancelAllAt =
        transaction["TimeInForce"] == 1
        ? now.advanced(by: Nanoseconds.milliseconds(Int(ahead))) : nil
      return
    }
    cancelAll(of: account, market: transaction.attribute(5), at: now, into: &told)
  }

  private mutating func cancelAll(
    of account: UInt32, market: Int64?, at now: Moment, into told: inout Told
  ) {
    for index in markets.indices where market == nil || markets[index].id == market {
      var result = Consequences()
      exchange.cancelAll(
        of: account, delay: delay, in: &markets[index].market, index, at: now, into: &result)
      tell(result, at: now, into: &told)
    }
  }

  /// Schedules that nobody has put off.
  mutating func cancelAllDue(at now: Moment, into actions: inout [SimulatorAction]) {
    for place in accounts.indices {
      guard let due = accounts[place].cancelAllAt, due.monotonic <= now.monotonic else { continue }
      accounts[place].cancelAllAt = nil
      var told = Told()
      cancelAll(of: accounts[place].number, market: nil, at: now, into: &told)
      told.flush(into: &actions)
    }
  }

  /// "BaseAmount is the new total size; the order is taken out and inserted again."
  private mutating func modify(
    _ transaction: LighterSimulatorTransaction, of account: UInt32, at now: Moment,
    into told: inout Told
  ) throws(LighterSimulatorRefusal) {
    let order = try order(transaction, of: account)
    let market = order.market
    let (size, stop) = (
      markets[market].size(transaction["BaseAmount"]), transaction["TriggerPrice"]
    )
    guard (stop == 0) == (order.terms.stopPrice == nil) else {
      throw LighterSimulatorRefusal(21_729, "invalid order trigger price")
    }
    var result = Consequences()
    do throws(ExchangeCause) {
      if size <= order.filled {
        // "The order ends as filled": here as cancelled, for less than its size is filled.
        try exchange.cancel(
          order.number, of: account, in: &markets[market].market, at: now, into: &result)
      } else {
        if let index = Int64(order.placement.note) {
          details[index]?.nonce =
            markets[market].nextOrder(isAsk: order.terms.side == .sell).nonce
        }
        try exchange.modify(
          order.number, of: account, price: markets[market].price(transaction["Price"]),
          size: size, stopPrice: stop == 0 ? nil : markets[market].price(stop), delay: delay,
          in: &markets[market].market, at: now, into: &result)
      }
    } catch {
      tell(result, at: now, into: &told)
      throw LighterSimulatorRefusal(error)
    }
    tell(result, at: now, into: &told)
  }
}

extension LighterSimulatorRefusal {
  /// What the sequencer says of what the exchange refuses.
  init(_ cause: ExchangeCause) {
    switch cause {
    case .duplicateClientID: self.init(21_728, "client order index already exists")
    case .tooManyOpenOrders:
      self.init(21_718, "maximum active limit order count per market reached")
    case .sizeOffGrid, .sizeTooSmall, .sizeTooLarge, .valueTooSmall:
      self.init(21_706, "invalid order base or quote amount")
    case .priceOffGrid, .priceMissing: self.init(21_702, "invalid price")
    case .priceOutOfBand: self.init(21_734, "limit order price is too far from the mark price")
    case .stopPriceOffGrid, .stopPriceMissing:
      self.init(21_729, "invalid order trigger price")
    case .expiryMissing, .expiryPassed: self.init(21_711, "invalid expiry")
    case .reduceOnlyWouldIncrease: self.init(21_740, "invalid reduce only mode")
    case .insufficientMargin: self.init(21_739, "not enough margin to create the order")
    case .unknownOrder, .orderClosed, .notModifiable:
      self.init(21_600, "given order is not an active limit order")
    default: self.init(21_710, "unsupported order type")
    }
  }
}
