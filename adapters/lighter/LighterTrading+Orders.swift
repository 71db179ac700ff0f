import PerpCore
import PerpCrypto
import PerpVenue

// MARK: - Orders

extension LighterTrading {
  /// The number was not the next: nothing came of the transaction, and the number must be asked
  /// for.
  static let nonceRefusals: Set<String> = ["21104", "21105"]

  /// Codes with which the venue refuses a transaction before it takes it: then there is no order,
  /// and its number is not used. ("Data, structures and errors"; internal errors and timeouts,
  /// 29500 and 29501, prove nothing.)
  static let definiteRefusals: Set<String> = nonceRefusals.union([
    "20001", "20013", "21100", "21101", "21102", "21108", "21109", "21110", "21111", "21112",
    "21120", "21121", "21122", "21136", "21149", "21301", "21501", "21505", "21506", "21507",
    "21508", "21511", "21601", "21602", "21605", "21613", "21614", "21700", "21701", "21702",
    "21703", "21704", "21705", "21706", "21710", "21711", "21712", "21717", "21718", "21719",
    "21720", "21721", "21722", "21727", "21729", "21732", "21733", "21734", "21735", "21738",
    "21739", "21740", "21741", "21742", "21743", "21744", "21745", "23000", "23003", "HTTP_403",
    "HTTP_405", "HTTP_429",
  ])

  /// ("Data, structures and errors".)
  static let refusalReasons = OrderRefusal.reasons([
    .nonce: ["21104", "21105"],
    .auth: ["21100", "21101", "21102", "21108", "21109", "21110", "21120", "21136", "21149"],
    .noMargin: ["21111", "21112", "21301", "21507", "21508", "21739"],
    .rateLimited: ["21506", "23000", "23003"],
    .reduceOnly: ["21732", "21738", "21740"], .priceBand: ["21733", "21734", "21735"],
    .unknownSymbol: ["21602"], .venueDown: ["21601", "21605"],
    .malformed: ["20001", "21501", "21505"],
  ])

  /// The order has ended, or never was.
  private static let absences: Set<Int64> = [21_600, 21_708, 21_709, 21_715]

  static func answer(_ code: Int64, _ message: String, _ evidence: OrderEvidence) -> OrderAnswer {
    if absences.contains(code) { return .notFound }
    if code == 21_728 { return .duplicate }
    if code == 0 || (29_500..<29_600).contains(code) { return .none }
    return .refused(code: "\(code)", message: message, evidence: evidence)
  }

  var takesRequests: Bool { line.isFree }
  var conflicts: Int { line.conflicts }

  mutating func lost(_ request: OrderRequest, wasSent: Bool) {
    guard line.reserved?.request == request else { return }
    if wasSent { line.doubt() } else { line.release() }
  }

  /// The number was wrong: the same order goes once more, under the same client's index, of which
  /// the venue lets live one at a time.
  func isToBeRepeated(after answer: OrderAnswer) -> Bool {
    if case .refused(let code, _, _) = answer { Self.nonceRefusals.contains(code) } else { false }
  }

  func refusal(of intent: OrderIntent) -> OrderRefusal? {
    switch intent.terms.timeInForce {
    case .fok, .gtt:
      return OrderRefusal(.unsupported, "Lighter has neither fok nor gtt; use gtc or ioc")
    case .gtc, .ioc, nil: break
    }
    let terms = intent.terms
    if terms.type == .market, intent.bound == nil {
      return OrderRefusal(
        .unsupported, "a market order on Lighter needs a worst price: set slippage_bps")
    }
    return nil
  }

  mutating func write(
    _ request: OrderRequest, _ order: OrderSubject, tag: Int64, at now: Moment
  ) throws(OrderRefusal) -> TradingMessage {
    guard let market = markets[order.symbol], let id = Int64(market.venueSymbol) else {
      throw OrderRefusal(.unknownSymbol, "\(order.symbol) is not listed")
    }
    let body: LighterTransaction.Body
    switch request {
    case .place: body = .createOrder(try self.order(order, market, id, at: now))
    case .replace: body = .modifyOrder(try modification(order, market, id))
    case .cancel: body = .cancelOrder(market: id, index: try index(of: order))
    case .account: throw OrderRefusal(.failed, "the request is about no order")
    }
    let signed = try sign(body, for: request, tag: tag, at: now)
    if case .place = request, let name = order.name { note(signed, of: name) }
    return message(signed, tag)
  }

  mutating func write(
    _ request: AccountRequest, tag: Int64, at now: Moment
  ) throws(OrderRefusal) -> TradingMessage? {
    var attributes = LighterAttributes()
    let body: LighterTransaction.Body
    switch request {
    case .cancelAll(let symbol):
      body = .cancelAllOrders(timeInForce: 0, time: 0)
      guard let symbol else { break }
      guard let id = markets[symbol].flatMap({ Int64($0.venueSymbol) }) else {
        throw OrderRefusal(.unknownSymbol, "\(symbol) is not listed")
      }
      attributes = LighterAttributes([.cancelAllMarket: id])
      // The market whose number says "all": its orders are cancelled one by one.
      guard !attributes.isEmpty else { return nil }
    case .deadMan(true):
      body = .cancelAllOrders(timeInForce: 1, time: venueTime(now) / 1_000 + Self.deadManAfter)
    case .deadMan(false): body = .cancelAllOrders(timeInForce: 2, time: 0)
    }
    return message(try sign(body, attributes, for: .account(request), tag: tag, at: now), tag)
  }

  private mutating func sign(
    _ body: LighterTransaction.Body, _ attributes: LighterAttributes = LighterAttributes(),
    for request: OrderRequest, tag: Int64, at now: Moment
  ) throws(OrderRefusal) -> LighterSignedTransaction {
    guard let nonce = line.reserve(for: request, tag: tag) else {
      throw OrderRefusal(.nonce, "the number of the next transaction is not known")
    }
    let signed: LighterSignedTransaction
    do throws(LighterSigningRule) {
      signed = try signer.sign(
        body, nonce: nonce, expiredAt: venueTime(now) / 1_000 + Self.transactionLifetime,
        attributes: attributes)
    } catch {
      line.release()
      throw OrderRefusal(.malformed, "the order cannot be signed: \(error)")
    }
    line.sign(as: signed.name)
    signer.explain(signed, to: &trace)
    return signed
  }

  private mutating func note(_ signed: LighterSignedTransaction, of name: ShortText) {
    // Those of orders that were never seen and given up.
    if attempts.count > 10_000 { attempts.removeAll() }
    attempts[name] = Attempt(
      hash: signed.name, nonce: signed.transaction.nonce,
      expiredAt: signed.transaction.expiredAt)
  }

  /// `{"type":"jsonapi/sendtx","data":{"id":"7","tx_type":14,"tx_info":{…}}}`
  private func message(_ signed: LighterSignedTransaction, _ tag: Int64) -> TradingMessage {
    let type = signed.transaction.body.type
    if sendsByREST {
      let form = LighterTransactionForm.single(type: type, text: signed.text)
      return .request(
        HTTPRequest(
          .post, options.endpoints.rest + "/api/v1/sendTx",
          fields: [HTTPField("Content-Type", "application/x-www-form-urlencoded")],
          body: Array(form.utf8), timeoutMilliseconds: 2_000))
    }
    var text = ByteBuffer(capacity: 768)
    text.append(#"{"type":"jsonapi/sendtx","data":{"id":"#)
    text.append(json: "\(tag)")
    text.put("tx_type", type)
    text.put("tx_info")
    text.append(Array(signed.text.utf8))
    text.append("}}")
    return .message(text.array)
  }

  mutating func read(
    _ response: HTTPResponse, answering request: OrderRequest, at now: Moment,
    into facts: inout [TradingFact]
  ) -> OrderAnswer {
    let reserved = line.reserved.flatMap { $0.request == request ? $0 : nil }
    // From 500 on nobody knows what became of it.
    guard response.status < 500 else { return .none }
    let fields = try? JSONFields(response.body.span.bytes)
    guard let code = fields?.integer("code") else {
      // The firewall's: it has not come to the exchange.
      guard [403, 405, 429].contains(response.status) else { return .none }
      if reserved != nil { line.release() }
      return .refused(code: "HTTP_\(response.status)", message: "", evidence: .restOrder)
    }
    if response.status == 200, code == 200 {
      if reserved != nil { useNonce() }
      return .accepted(orderID: nil)
    }
    return answer(to: reserved, code: code, message: fields?.text("message") ?? "", .restOrder)
  }

  func problem(_ response: HTTPResponse) -> TradingProblem {
    let fields = try? JSONFields(response.body.span.bytes)
    let code = fields?.integer("code") ?? 0
    let text =
      "status \(response.status), code \(code) \(fields?.text("message")?.prefix(200) ?? "")"
    switch (response.status, code) {
    case (429, _), (405, _), (_, 23_000): return .limited(Nanoseconds.seconds(15), text)
    case (_, 20_013): return .expired(text)
    case (_, 21_100...21_102), (_, 21_108...21_110), (403, _): return .credentials(text)
    default: return .again(text)
    }
  }
}

// MARK: - Orders as whole numbers

extension LighterTrading {
  /// "-1 means now + 28 days": as long as an order may be good.
  private static let orderLifetime: Int64 = 28 * 86_400_000

  private func order(
    _ order: OrderSubject, _ market: Market, _ id: Int64, at now: Moment
  ) throws(OrderRefusal) -> LighterTransaction.Order {
    guard let terms = order.terms, let name = order.name, let clientIndex = Int64(name.string)
    else {
      throw OrderRefusal(.malformed, "what the order is to be is not known")
    }
    let isImmediate = terms.timeInForce == .ioc || !terms.type.hasPrice
    let lasts = terms.type.hasStopPrice || !isImmediate
    return LighterTransaction.Order(
      market: id, clientIndex: clientIndex, size: try Self.count(terms.size, of: market.lotSize),
      price: try Self.count(try worstPrice(terms, order.bound, market), of: market.tickSize),
      isAsk: terms.side == .sell ? 1 : 0, type: terms.type.lighterNumber,
      timeInForce: isImmediate ? 0 : terms.isPostOnly ? 2 : 1,
      reduceOnly: terms.isReduceOnly ? 1 : 0,
      triggerPrice: try terms.stopPrice.map { stop throws(OrderRefusal) in
        try Self.count(stop, of: market.tickSize)
      } ?? 0,
      expiry: lasts ? venueTime(now) / 1_000 + Self.orderLifetime : 0)
  }

  private func modification(
    _ order: OrderSubject, _ market: Market, _ id: Int64
  ) throws(OrderRefusal) -> LighterTransaction.Modification {
    guard let terms = order.replacement, let price = terms.price else {
      throw OrderRefusal(.unsupported, "only orders with a price can be changed")
    }
    return LighterTransaction.Modification(
      market: id, index: try index(of: order), size: try Self.count(terms.size, of: market.lotSize),
      price: try Self.count(price, of: market.tickSize),
      triggerPrice: try terms.stopPrice.map { stop throws(OrderRefusal) in
        try Self.count(stop, of: market.tickSize)
      } ?? 0)
  }

  /// The venue takes its own number of an order or the client's in the same place.
  private func index(of order: OrderSubject) throws(OrderRefusal) -> Int64 {
    if let id = (order.orderID ?? order.name).flatMap({ Int64($0.string) }) { return id }
    throw OrderRefusal(.unknownOrder, "the order has neither id nor name")
  }

  /// Every order has a price: of one without, the worst it may be filled at. That of a stop order
  /// is so far behind its trigger.
  private func worstPrice(
    _ terms: OrderTerms, _ bound: Decimal?, _ market: Market
  ) throws(OrderRefusal) -> Decimal {
    if let price = terms.price { return price }
    if let stop = terms.stopPrice {
      let bps = options.settings["stop_slippage_bps"].flatMap { Int($0) } ?? 500
      let factor = Decimal(
        mantissa: terms.side == .buy ? 10_000 + Int128(bps) : 10_000 - Int128(bps), scale: 4)
      if let price = stop.multiplied(by: factor)?.divided(by: market.tickSize, scale: 0),
        let rounded = price.multiplied(by: market.tickSize), rounded > .zero
      {
        return rounded
      }
    } else if let bound {
      return bound
    }
    throw OrderRefusal(.unsupported, "the order needs a worst price")
  }

  private static func count(_ value: Decimal, of unit: Decimal) throws(OrderRefusal) -> Int64 {
    guard value.isMultiple(of: unit), let count = value.divided(by: unit, scale: 0)?.mantissa,
      (1...Int128(1) << 48).contains(count)
    else { throw OrderRefusal(.malformed, "\(value) is no multiple of \(unit)") }
    return Int64(count)
  }
}

extension OrderType {
  /// "Type": limit, market, stop loss, its limit, take profit, its limit.
  fileprivate var lighterNumber: Int64 {
    switch self {
    case .limit: 0
    case .market: 1
    case .stopMarket: 2
    case .stopLimit: 3
    case .takeProfitMarket: 4
    case .takeProfitLimit: 5
    }
  }
}
