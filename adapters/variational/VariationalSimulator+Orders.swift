import PerpCore
import PerpSim
import PerpVenue

/// A request the venue does not carry out.
struct VariationalRefusal: Error {
  let status: Int
  let code: String?
  let message: String

  init(status: Int = 400, _ code: String?, _ message: String) {
    self.status = status
    self.code = code
    self.message = message
  }

  var response: HTTPResponse {
    .json(status: status) { text in
      text.append("{")
      text.put("message", text: message)
      if let code { text.put("error_code", text: code) }
      text.append("}")
    }
  }

  static let malformed = VariationalRefusal(nil, "invalid request")
}

/// Orders: taken over HTTP, cleared a little later.
extension VariationalSimulator: TradingSimulator {
  package var orderFaults: OrderFaults {
    get { desk.faults }
    set { desk.faults = newValue }
  }

  private static let unknownRFQ =
    "unable to cancel rfq, either rfq does not exist, is inactive, or is currently pending clearing"

  static let orderPaths = ["/api/orders/new/market", "/api/orders/new/limit", "/api/orders/cancel"]

  /// Does what is asked, unless a fault has it otherwise.
  mutating func carryOut(
    _ id: RequestID, _ request: HTTPRequest, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    let fate = desk.faults.draw()
    var answer: HTTPResponse?
    do throws(VariationalRefusal) {
      answer = fate.takesEffect ? try perform(request, at: now) : pretend(request, at: now)
    } catch {
      answer = error.response
    }
    switch fate.answer {
    case .own, .success: break
    case .status(let status):
      answer = VariationalRefusal(status: status, nil, "simulated failure").response
    case .none: answer = nil
    }
    fate.deliver(
      answer: answer.map { [.respond(id, $0)] } ?? [], reports: [], at: now, holding: &desk.held,
      into: &actions)
  }

  private mutating func perform(
    _ request: HTTPRequest, at now: Moment
  ) throws(VariationalRefusal) -> HTTPResponse {
    guard let fields = try? JSONFields(request.body.span.bytes) else {
      throw VariationalRefusal.malformed
    }
    var result = Consequences()
    switch request.path {
    case "/api/orders/new/market":
      let number = try placeMarket(fields, at: now, into: &result)
      return answer(naming: number)
    case "/api/orders/new/limit":
      let number = try placeLimit(fields, at: now, into: &result)
      return answer(naming: number)
    default:
      try cancel(fields, at: now, into: &result)
      return .json { $0.append("true") }
    }
  }

  /// What would be answered if all went well.
  private mutating func pretend(_ request: HTTPRequest, at now: Moment) -> HTTPResponse {
    guard request.path != "/api/orders/cancel" else { return .json { $0.append("true") } }
    let terms = OrderTerms(side: .buy, type: .market, size: Decimal(1))
    let order = exchange.ignore(
      OrderPlacement(account: VariationalSimulatorDesk.owner, market: 0, terms: terms), at: now)
    return answer(named: order.name)
  }

  private func answer(naming number: UInt64) -> HTTPResponse {
    answer(named: exchange.orders[number]?.name ?? "")
  }

  private func answer(named name: String) -> HTTPResponse {
    .json { text in
      text.append("{")
      text.put("rfq_id", text: name)
      text.append(#","take_profit_rfq_id":null,"stop_loss_rfq_id":null}"#)
    }
  }

  // MARK: Placing

  /// Nothing but the time ends a quote: a quote is good for any number of orders, so that what is
  /// sent twice is filled twice.
  private mutating func placeMarket(
    _ fields: JSONFields, at now: Moment, into result: inout Consequences
  ) throws(VariationalRefusal) -> UInt64 {
    guard let id = fields.text("quote_id"), let side = fields.text("side").flatMap(Side.init),
      let slippage = fields.raw("max_slippage"), slippage.first != UInt8(ascii: "\""),
      let most = fields.decimal("max_slippage"), most >= .zero, most < Decimal(1),
      let isReduceOnly = fields.bool("is_reduce_only")
    else { throw VariationalRefusal.malformed }
    guard let quote = desk.quotes[id] else {
      throw VariationalRefusal("quote_not_found", "quote does not exist")
    }
    guard quote.expiresAt > now.monotonic else {
      throw VariationalRefusal("quote_expired", "quote has expired")
    }
    let pair = markets[quote.market].quote(for: quote.quantity, at: now)
    let price = side == .buy ? quote.pair.ask : quote.pair.bid
    let current = side == .buy ? pair.ask : pair.bid
    let loss = side == .buy ? current.subtracting(price) : price.subtracting(current)
    guard let loss, let room = price.multiplied(by: most), loss <= room else {
      throw VariationalRefusal("slippage_exceeded", "price moved beyond max_slippage")
    }
    let terms = OrderTerms(
      side: side, type: .market, timeInForce: .fok, size: quote.quantity,
      isReduceOnly: isReduceOnly)
    let number = try take(terms, quote.market, at: now, into: &result)
    let clearing = VariationalSimulatorDesk.Clearing(
      number: number, price: price, isDeclined: random.below(100) < desk.declined,
      due: now.monotonic + desk.clearsWithin)
    desk.clearingStatus[number] = "pending_maker_last_look"
    desk.clearings.append(clearing)
    return number
  }

  private mutating func placeLimit(
    _ fields: JSONFields, at now: Moment, into result: inout Consequences
  ) throws(VariationalRefusal) -> UInt64 {
    guard fields.text("order_type") == "limit",
      let ticker = fields.object("instrument")?.text("underlying"),
      let place = markets.firstIndex(where: { $0.ticker == ticker }),
      place < exchange.markets.count,
      let quantity = fields.decimal("qty"), let side = fields.text("side").flatMap(Side.init),
      let price = fields.decimal("limit_price"), let isReduceOnly = fields.bool("is_reduce_only"),
      fields.bool("is_auto_resize") != nil, fields.bool("use_mark_price") != nil
    else { throw VariationalRefusal.malformed }
    let terms = OrderTerms(
      side: side, type: .limit, timeInForce: .gtc, price: price, size: quantity,
      isReduceOnly: isReduceOnly)
    let number = try take(terms, place, at: now, into: &result)
    desk.looksAt = min(desk.looksAt, now.monotonic + VariationalSimulatorDesk.looksEvery)
    return number
  }

  private mutating func take(
    _ terms: OrderTerms, _ place: Int, at now: Moment, into result: inout Consequences
  ) throws(VariationalRefusal) -> UInt64 {
    let placement = OrderPlacement(
      account: VariationalSimulatorDesk.owner, market: place, terms: terms)
    do throws(ExchangeCause) {
      return try exchange.take(
        placement, mark: markets[place].mark(at: now), at: now, into: &result)
    } catch {
      switch error {
      case .tooManyOpenOrders:
        throw VariationalRefusal("user_open_orders_risk_check", "too many open orders")
      default: throw VariationalRefusal("global_configs_check", "\(error)")
      }
    }
  }

  private mutating func cancel(
    _ fields: JSONFields, at now: Moment, into result: inout Consequences
  ) throws(VariationalRefusal) {
    guard let name = fields.text("rfq_id") else { throw VariationalRefusal.malformed }
    guard let order = exchange.order(named: name), desk.clearingStatus[order.number] == nil else {
      throw VariationalRefusal(nil, Self.unknownRFQ)
    }
    do throws(ExchangeCause) {
      try exchange.drop(
        order.number, of: VariationalSimulatorDesk.owner, as: .cancelled, .requested, at: now,
        into: &result)
    } catch {
      throw VariationalRefusal(nil, Self.unknownRFQ)
    }
  }

  // MARK: Clearing

  /// What is due of orders.
  mutating func clear(at now: Moment, into actions: inout [SimulatorAction]) {
    desk.held.release(at: now, into: &actions)
    var result = Consequences()
    while let clearing = desk.clearings.first, clearing.due <= now.monotonic {
      desk.clearings.removeFirst()
      clear(clearing, at: now, into: &result)
    }
    guard desk.looksAt <= now.monotonic else { return }
    lookAtLimits(at: now, into: &result)
  }

  private mutating func clear(
    _ clearing: VariationalSimulatorDesk.Clearing, at now: Moment,
    into result: inout Consequences
  ) {
    let number = clearing.number
    guard let place = exchange.orders[number]?.market else { return }
    if clearing.isDeclined {
      desk.clearingStatus[number] = "rejected_maker_last_look_rejected"
      try? exchange.drop(
        number, of: VariationalSimulatorDesk.owner, as: .rejected, .unfillable, at: now,
        into: &result)
      return
    }
    exchange.fill(
      number, at: clearing.price, mark: markets[place].mark(at: now), at: now, into: &result)
    desk.clearingStatus[number] = Self.clearingStatus(exchange.orders[number])
  }

  /// "Executed against the provider when its price reaches the level."
  private mutating func lookAtLimits(at now: Moment, into result: inout Consequences) {
    desk.looksAt = .max
    for order in exchange.openOrders(of: VariationalSimulatorDesk.owner) {
      guard let limit = order.terms.price else { continue }
      desk.looksAt = now.monotonic + VariationalSimulatorDesk.looksEvery
      let pair = markets[order.market].quote(for: order.terms.size, at: now)
      let price = order.terms.side == .buy ? pair.ask : pair.bid
      guard order.terms.side == .buy ? price <= limit : price >= limit else { continue }
      exchange.fill(
        order.number, at: price, mark: markets[order.market].mark(at: now), at: now, into: &result)
      desk.clearingStatus[order.number] = Self.clearingStatus(exchange.orders[order.number])
    }
  }

  private static func clearingStatus(_ order: ExchangeOrder?) -> String {
    switch order?.cause {
    case .insufficientMargin?: "rejected_clearing_failed_taker_funding"
    case .reduceOnlyWouldIncrease?: "rejected_failed_reduce_only_check"
    default: "success_trades_booked_into_pool"
    }
  }
}
