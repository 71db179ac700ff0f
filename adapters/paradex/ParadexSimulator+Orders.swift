import PerpCore
import PerpCrypto
import PerpSim
import PerpVenue

/// What clients do with orders, over REST or WebSocket alike.
extension ParadexSimulator {
  /// Where a request comes from.
  struct Requester {
    let token: ParadexSimulatorToken
    /// Of a WebSocket; nil over REST.
    var connection: ConnectionID?
    /// A fault: it is answered, and nothing comes of it.
    var isIgnored = false
  }

  static let maxBatch = 10

  static func rules() -> ExchangeRules {
    ExchangeRules(
      // Taker 4.5 bps at first, maker 0.3 bps.
      fees: FeeRates(maker: Decimal(mantissa: 3, scale: 5), taker: Decimal(mantissa: 45, scale: 5)),
      orderName: { number, time in Self.longID(time, number) })
  }

  /// 28 digits: the time in microseconds and a counter, as the venue's ids look.
  static func longID(_ time: Int64, _ counter: UInt64) -> String {
    "\(time)" + String(String(1_000_000_000_000 + counter).dropFirst())
  }

  /// Counts one request about orders; false beyond the account's limits.
  mutating func takesOrderRequest(_ token: ParadexSimulatorToken, at now: Moment) -> Bool {
    accounts[token.account].orders.take(at: now.monotonic)
      && accounts[token.account].ordersOfMinute.take(at: now.monotonic)
  }

  /// Whether an order of a Retail token is within Retail's limits; beyond, it is a Pro's.
  private mutating func isRetail(_ token: ParadexSimulatorToken, at now: Moment) -> Bool {
    guard token.isInteractive else { return false }
    let windows = accounts[token.account].retail
    guard windows.allSatisfy({ now.monotonic >= $0.earliest }) else { return false }
    for index in windows.indices {
      _ = accounts[token.account].retail[index].take(at: now.monotonic)
    }
    return true
  }

  // MARK: Placing

  /// Checks all that the venue checks before it answers.
  private mutating func check(
    _ order: ParadexSimulatorOrder, _ token: ParadexSimulatorToken, at now: Moment
  ) throws(ParadexSimulatorRefusal) -> (market: Int, terms: OrderTerms) {
    guard let market = indexes[order.market] else {
      throw ParadexSimulatorRefusal("MARKET_NOT_FOUND", "market not found")
    }
    let milliseconds = now.wall / 1_000
    guard order.window >= 10 else {
      throw ParadexSimulatorRefusal("VALIDATION_ERROR", "recv_window is below 10")
    }
    guard order.timestamp <= milliseconds + 10_000,
      order.timestamp + order.window >= milliseconds
    else { throw ParadexSimulatorRefusal("INVALID_TIMESTAMP", "signature_timestamp is not now") }
    let terms = try order.terms()
    let account = accounts[token.account]
    guard let signature = ParadexSimulatorVerifier.signature(order.signature),
      let hash = verifier.order(
        account: account.address, timestamp: UInt64(order.timestamp), market: order.market,
        side: order.side, type: order.type, size: order.size, price: order.price, id: order.id),
      account.signed(signature, hash), !account.signed.contains(hash)
    else {
      throw ParadexSimulatorRefusal(
        "INVALID_ORDER_SIGNATURE", "the signature is not of this order, or not of the account")
    }
    remember(hash, of: token.account)
    return (market, terms)
  }

  /// What was signed long ago is refused by its time; order details go with the orders.
  private mutating func remember(_ hash: UInt256, of account: Int) {
    if accounts[account].signed.count >= 100_000 { accounts[account].signed.removeAll() }
    accounts[account].signed.insert(hash)
    guard details.count > 20_000 else { return }
    details = details.filter { exchange.orders[$0.key] != nil }
  }

  /// Places orders all of which were found sound, or none. Each is answered with the row of the
  /// new order or why it was refused.
  mutating func place(
    _ orders: [ParadexSimulatorOrder], for requester: Requester, at now: Moment,
    into result: inout Told
  ) throws(ParadexSimulatorRefusal) -> [Result<ParadexSimulatorOrderRow, ParadexSimulatorRefusal>] {
    var checked: [(order: ParadexSimulatorOrder, market: Int, terms: OrderTerms)] = []
    for order in orders {
      let (market, terms) = try check(order, requester.token, at: now)
      checked.append((order, market, terms))
    }
    var answers: [Result<ParadexSimulatorOrderRow, ParadexSimulatorRefusal>] = []
    for (order, market, terms) in checked {
      let isRetail = isRetail(requester.token, at: now)
      let placement = OrderPlacement(
        account: accounts[requester.token.account].number, market: market,
        clientID: order.clientID.isEmpty ? nil : order.clientID, terms: terms,
        selfTrade: order.selfTrade, fees: isRetail ? FeeRates(maker: .zero, taker: .zero) : nil,
        delay: isRetail ? Self.retailDelay : 0)
      var consequences = Consequences()
      do throws(ExchangeCause) {
        // Known before the first event of the order is told.
        var known = ParadexSimulatorOrderDetails(
          order, receivedAt: now.wall, connection: requester.connection?.number)
        if isRetail { known.flags.append("INTERACTIVE") }
        details[exchange.nextNumber] = known
        guard !requester.isIgnored else {
          answers.append(.success(row(exchange.ignore(placement, at: now), at: now)))
          continue
        }
        let number = try exchange.place(
          placement, in: &markets[market].market, at: now, into: &consequences)
        if let fresh = consequences.accepted(number) {
          answers.append(.success(row(fresh, at: now)))
        }
      } catch {
        answers.append(.failure(ParadexSimulatorRefusal(error)))
      }
      tell(consequences, at: now, into: &result)
    }
    return answers
  }

  /// "300 ms / 300 ms (since 2026-03-27)": submit and cancel of the Retail profile.
  static let retailDelay = Nanoseconds.milliseconds(300)

  // MARK: Changing

  mutating func modify(
    _ order: ParadexSimulatorOrder, for requester: Requester, at now: Moment,
    into result: inout Told
  ) throws(ParadexSimulatorRefusal) -> ParadexSimulatorOrderRow {
    let account = accounts[requester.token.account].number
    guard let id = order.id, let old = exchange.order(named: id), old.account == account else {
      throw ParadexSimulatorRefusal("ORDER_ID_NOT_FOUND", "no such order", status: 404)
    }
    let (market, terms) = try check(order, requester.token, at: now)
    guard !old.status.isFinal else { throw ParadexSimulatorRefusal(.orderClosed) }
    guard market == old.market, terms.side == old.terms.side, terms.type == old.terms.type,
      terms.type == .limit || old.status == .untriggered
    else { throw ParadexSimulatorRefusal("ORDER_IS_NOT_OPEN", "market, side and type must stay") }
    guard !requester.isIgnored else { return row(old, at: now) }
    requests += 1
    details[old.number]?.request = .init(
      id: "\(requests)", status: "PENDING", message: "")
    let answer = row(old, at: now)
    var consequences = Consequences()
    do throws(ExchangeCause) {
      try exchange.modify(
        old.number, of: account, price: terms.price, size: terms.size, stopPrice: terms.stopPrice,
        in: &markets[market].market, at: now, into: &consequences)
    } catch {
      details[old.number]?.request = nil
      tell(consequences, at: now, into: &result)
      throw ParadexSimulatorRefusal(error)
    }
    tell(consequences, at: now, into: &result)
    return answer
  }

  mutating func cancel(
    _ number: UInt64, for requester: Requester, at now: Moment, into result: inout Told
  ) throws(ParadexSimulatorRefusal) {
    guard let order = exchange.orders[number] else { throw ParadexSimulatorRefusal(.unknownOrder) }
    guard !requester.isIgnored else { return }
    var consequences = Consequences()
    do throws(ExchangeCause) {
      try exchange.cancel(
        number, of: accounts[requester.token.account].number,
        delay: requester.token.isInteractive ? Self.retailDelay : 0,
        in: &markets[order.market].market, at: now, into: &consequences)
    } catch {
      tell(consequences, at: now, into: &result)
      throw ParadexSimulatorRefusal(error)
    }
    tell(consequences, at: now, into: &result)
  }

  mutating func cancelAll(
    market: String?, for requester: Requester, cause: ExchangeCause = .requested, at now: Moment,
    into result: inout Told
  ) throws(ParadexSimulatorRefusal) {
    if let market, indexes[market] == nil {
      throw ParadexSimulatorRefusal("MARKET_NOT_FOUND", "market not found", status: 404)
    }
    guard !requester.isIgnored else { return }
    for index in markets.indices where market == nil || markets[index].name == market {
      var consequences = Consequences()
      exchange.cancelAll(
        of: accounts[requester.token.account].number, cause: cause,
        delay: requester.token.isInteractive ? Self.retailDelay : 0,
        in: &markets[index].market, index, at: now, into: &consequences)
      tell(consequences, at: now, into: &result)
    }
  }

  /// Cancels the orders that were placed over a connection which ended.
  mutating func cancelOrders(of id: ConnectionID, at now: Moment, into result: inout Told) {
    let numbers = exchange.orders.values
      .filter { !$0.status.isFinal && details[$0.number]?.connection == id.number }
      .map(\.number).sorted()
    for number in numbers {
      guard let order = exchange.orders[number] else { continue }
      var consequences = Consequences()
      do throws(ExchangeCause) {
        try exchange.cancel(
          number, of: order.account, cause: .disconnected, in: &markets[order.market].market,
          at: now, into: &consequences)
      } catch { /* It ended before, in the same moment. */  }
      tell(consequences, at: now, into: &result)
    }
  }
}

extension Consequences {
  /// An order as it was taken in.
  fileprivate func accepted(_ number: UInt64) -> ExchangeOrder? {
    for case .order(let order, .accepted) in events where order.number == number { return order }
    return nil
  }
}
