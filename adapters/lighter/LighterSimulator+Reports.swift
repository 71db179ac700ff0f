import PerpCore
import PerpSim
import PerpVenue

/// What is told of what happened: everybody of trades and books, accounts of what is theirs.
extension LighterSimulator {
  /// What goes out at once, and what accounts are told in the order of a fate.
  struct Told {
    var published: [SimulatorAction] = []
    var reports: [SimulatorAction] = []

    func flush(into actions: inout [SimulatorAction]) {
      actions += published
      actions += reports
    }
  }

  /// Lets happen what is due in a market.
  mutating func advance(_ market: Int, at now: Moment, into told: inout Told) {
    var result = Consequences()
    exchange.advance(&markets[market].market, market, to: now, into: &result)
    tell(result, at: now, into: &told)
  }

  mutating func liquidate(at now: Moment, into actions: inout [SimulatorAction]) {
    var told = Told()
    for index in markets.indices {
      var result = Consequences()
      exchange.liquidateAll(in: &markets[index].market, index, at: now, into: &result)
      tell(result, at: now, into: &told)
    }
    told.flush(into: &actions)
  }

  /// Gives what the venue has placed itself a number, as others get it with their request.
  private mutating func enter(liquidating order: ExchangeOrder) {
    let (index, nonce) = markets[order.market].nextOrder(isAsk: order.terms.side == .sell)
    details[index] = LighterSimulatorOrder(
      index: index, nonce: nonce, clientIndex: 0, type: 6, timeInForce: 0, expiry: 0,
      transaction: "")
    (numbers[index], liquidations[order.number]) = (order.number, index)
  }

  /// The venue's number of an order.
  func index(of order: ExchangeOrder) -> Int64? {
    Int64(order.placement.note) ?? liquidations[order.number]
  }

  mutating func tell(_ result: Consequences, at now: Moment, into told: inout Told) {
    for case .order(let order, .accepted) in result.events where order.placement.isLiquidation {
      enter(liquidating: order)
    }
    let published = publishedTime(now)
    var sides: [[Int]: [ExchangeFill]] = [:]
    for case .fill(let fill) in result.events {
      sides[[fill.event, fill.execution], default: []].append(fill)
    }
    var prints: [[LighterSimulatorMarket.Print]] = []
    for (place, happened) in result.published.enumerated() {
      let age = now.monotonic - min(happened.event.time, now.monotonic)
      let simulator = self
      let update = markets[happened.market].publish(
        happened.event, at: published - Int64(age / 1_000), nonce: &nonce, trades: &trades
      ) { execution, trade in
        for fill in sides[[place, execution]] ?? [] {
          let order = simulator.exchange.orders[fill.order].flatMap(simulator.index)
            .flatMap { simulator.details[$0] }
          trade.put(fill.side, order, account: simulator.accountNumbers[fill.account])
        }
      }
      prints.append(update.prints)
      send(update, of: happened.market, at: now, into: &told.published)
      booksAt = min(booksAt, now.monotonic + Self.booksEvery)
    }
    for event in result.events {
      switch event {
      case .order(let order, let change): report(order, change, at: now, into: &told)
      case .fill(let fill):
        report(fill, prints[fill.event][fill.execution], at: now, into: &told)
      case .position(let position): report(position, at: now, into: &told)
      case .balance(let balance): report(balance, at: now, into: &told)
      }
    }
  }

  private mutating func report(
    _ order: ExchangeOrder, _ change: ExchangeEvent.OrderChange, at now: Moment,
    into told: inout Told
  ) {
    guard let index = index(of: order), details[index] != nil else { return }
    let time = publishedTime(now)
    details[index]?.time = time
    switch change {
    // Nothing is told of an order before it is in the book; nor of changes that come to nothing.
    case .accepted, .modifyRefused: return
    case .rejected where order.cause == .reduceOnlyWouldIncrease:
      details[index]?.isHidden = true
      if let name = details[index]?.transaction {
        records[name]?.verdict = LighterSimulatorRefusal(.reduceOnlyWouldIncrease)
      }
      return
    default: break
    }
    let market = markets[order.market]
    guard let row = row(order) else { return }
    send("account_all_orders", of: order.account, at: now, into: &told) { text in
      text.put("orders")
      text.append("{")
      text.append(json: market.name.string)
      text.append(":[")
      row.write(to: &text, isUpdate: true)
      text.append("]}")
    }
  }

  private mutating func report(
    _ fill: ExchangeFill, _ trade: LighterSimulatorMarket.Print, at now: Moment,
    into told: inout Told
  ) {
    let market = markets[fill.market]
    fills[fill.account, default: []].append(trade)
    send("account_all_trades", of: fill.account, at: now, into: &told) { text in
      text.put("trades")
      text.append("{")
      text.append(json: market.name.string)
      text.append(":")
      text.append([trade], market.digits)
      text.append("}")
    }
  }

  private mutating func report(
    _ position: ExchangePosition, at now: Moment, into told: inout Told
  ) {
    send("account_all_positions", of: position.account, at: now, into: &told) { text in
      writePositions([position], of: position.account, to: &text)
    }
  }

  private mutating func report(
    _ balance: ExchangeBalance, at now: Moment, into told: inout Told
  ) {
    send("user_stats", of: balance.account, at: now, into: &told) { text in
      writeStats(balance, to: &text)
    }
  }

  /// To the connections that subscribed to the channel of the account.
  private func send(
    _ family: String, of account: UInt32, at now: Moment, into told: inout Told,
    write: (inout ByteBuffer) -> Void
  ) {
    guard let index = accountNumbers[account] else { return }
    var frame: Frame?
    for id in clients.ids {
      let channel = "\(family)/\(index)"
      guard clients[id]?.privateChannels[channel] != nil else { continue }
      let made = frame ?? Frame(.text, message(family, index, isFirst: false, at: now, write))
      frame = made
      told.reports.append(.send(id, made))
    }
  }

  func message(
    _ family: String, _ account: Int64, isFirst: Bool, at now: Moment,
    _ write: (inout ByteBuffer) -> Void
  ) -> [UInt8] {
    var text = ByteBuffer(capacity: 1_024)
    text.append("{")
    text.put("channel", text: "\(family):\(account)")
    write(&text)
    text.put("timestamp", publishedTime(now) / 1_000)
    text.put("type", text: "\(isFirst ? "subscribed" : "update")/\(family)")
    text.append("}")
    return text.array
  }

  // MARK: Rows

  /// Nil of an order that nobody is told of.
  func row(_ order: ExchangeOrder) -> LighterSimulatorOrderRow? {
    guard let index = index(of: order), let details = details[index],
      !details.isHidden, let owner = accountNumbers[order.account]
    else { return nil }
    return LighterSimulatorOrderRow(
      order: order, details: details, owner: owner, market: markets[order.market].id,
      digits: markets[order.market].digits, height: height)
  }

  /// `"positions":{"1":{…}},"shares":[]`
  func writePositions(
    _ positions: [ExchangePosition], of account: UInt32, to text: inout ByteBuffer
  ) {
    text.put("positions")
    text.append("{")
    for (place, position) in positions.enumerated() {
      if place > 0 { text.append(",") }
      text.append(json: markets[position.market].name.string)
      text.append(":")
      write(position, to: &text)
    }
    text.append("}")
    text.put("shares")
    text.append("[]")
  }

  func write(_ position: ExchangePosition, to text: inout ByteBuffer) {
    let market = markets[position.market]
    let size = position.size.isNegative ? position.size.negated : position.size
    let open = exchange.openOrders(of: position.account, market: position.market)
    let fraction = Decimal(100).divided(by: position.leverage, scale: 2) ?? .zero
    text.append("{")
    text.put("market_id", market.id)
    text.put("symbol", text: market.base)
    text.put("initial_margin_fraction", fraction.rescaled(to: 2))
    text.put("open_order_count", Int64(open.count))
    text.put("pending_order_count", Int64(open.count { $0.status == .untriggered }))
    text.put("position_tied_order_count", 0)
    text.put("sign", position.size.isNegative ? -1 : 1)
    text.put("position", market.digits.size(size))
    text.put("avg_entry_price", position.entryPrice.map(market.digits.cutPrice) ?? .zero)
    text.put("position_value", Self.money(position.mark.multiplied(by: size) ?? .zero))
    text.put("unrealized_pnl", Self.money(position.unrealizedPnL))
    text.put("realized_pnl", Self.money(position.realizedPnL))
    text.put("liquidation_price", text: "0")
    text.put("margin_mode", 0)
    text.put("allocated_margin", text: "0.000000")
    text.append("}")
  }

  func writeStats(_ balance: ExchangeBalance, to text: inout ByteBuffer) {
    text.put("stats")
    text.append("{\"account_trading_mode\":0")
    text.put("collateral", Self.money(balance.total))
    text.put("portfolio_value", Self.money(balance.equity))
    text.put("available_balance", Self.money(balance.available))
    text.put("buying_power", text: "0")
    text.put("leverage", text: "0.00")
    text.put("margin_usage", text: "0.00")
    text.append("}")
  }

  /// Six digits.
  static func money(_ value: Decimal) -> Decimal { value.cut(to: 6) }
}

extension LighterDigits {
  func cutPrice(_ value: Decimal) -> Decimal { value.cut(to: price) }
}

extension Decimal {
  /// With so many digits after the point, what is below cut.
  fileprivate func cut(to scale: Int) -> Decimal {
    rescaled(to: scale) ?? divided(by: Decimal(1), scale: scale) ?? .zero
  }
}

extension LighterSimulatorMarket.Print {
  /// One side's order, as its account knows it.
  mutating func put(_ side: Side, _ order: LighterSimulatorOrder?, account: Int64?) {
    guard let order else { return }
    if side == .buy {
      (bidID, bidClientID, bidAccount) = (order.index, order.clientIndex, account)
    } else {
      (askID, askClientID, askAccount) = (order.index, order.clientIndex, account)
    }
  }
}
