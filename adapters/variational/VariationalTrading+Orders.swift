import PerpCore
import PerpVenue

// MARK: - Orders

extension VariationalTrading {
  /// "Clients give a quote 1–2 s."
  static let quoteIsFreshFor = Nanoseconds.seconds(1)
  static let quoteExpired = "quote_expired"
  static let riskCheck = "risk_check"

  /// Codes after which there is no order: what the venue, or what stands before it, finds wrong
  /// before it makes a request for quote of it. `internal` and unknown ones prove nothing.
  static let definiteRefusals: Set<String> = [
    quoteExpired, riskCheck, "skew_limit_exceeded", "oi_limit_exceeded", "global_configs_check",
    "malformed", "HTTP_401", "HTTP_403", "HTTP_418", "HTTP_429",
  ]

  static let refusalReasons = OrderRefusal.reasons([
    .staleMarket: [quoteExpired], .noMargin: [riskCheck],
    .maxSize: ["skew_limit_exceeded", "oi_limit_exceeded"],
    .malformed: ["malformed", "global_configs_check"],
  ])

  func refusal(of intent: OrderIntent) -> OrderRefusal? {
    if let bar { return OrderRefusal(.auth, bar) }
    guard areOrdersOn else {
      return OrderRefusal(
        .notArmed, "orders at Variational are off: read its README, then set orders to on")
    }
    guard VariationalInstrument.symbol(String(intent.symbol.base)) == intent.symbol else {
      return OrderRefusal(.unknownSymbol, "Variational lists no \(intent.symbol)")
    }
    let terms = intent.terms
    func unsupported(_ what: String) -> OrderRefusal {
      OrderRefusal(.unsupported, "\(what) is nothing Variational has")
    }
    if terms.isPostOnly { return unsupported("post_only") }
    switch (terms.type, terms.timeInForce) {
    case (.market, nil), (.market, .ioc), (.market, .fok), (.market, .gtc): return nil
    case (.limit, nil), (.limit, .gtc): return nil
    case (.market, .gtt), (.limit, _): return unsupported("tif \(terms.timeInForce!.rawValue)")
    default: return unsupported("\(terms.type.rawValue) here")
    }
  }

  // MARK: Quotes

  /// "Re-quote right before each order."
  mutating func preparation(
    of request: OrderRequest, _ order: OrderSubject, at now: Moment
  ) throws(OrderRefusal) -> HTTPRequest? {
    if let bar { throw OrderRefusal(.auth, bar) }
    guard case .place = request, let terms = order.terms, terms.type == .market else { return nil }
    if let given = quotes[request], given.at.monotonic + Self.quoteIsFreshFor > now.monotonic {
      return nil
    }
    quotes[request] = nil
    var body = ByteBuffer(capacity: 256)
    body.append("{")
    body.put("instrument")
    VariationalInstrument.write(String(order.symbol.base), to: &body)
    body.put("qty", terms.size)
    body.append("}")
    return post("/quotes/indicative", body)
  }

  mutating func readPreparation(
    _ response: HTTPResponse, of request: OrderRequest, _ order: OrderSubject, at now: Moment
  ) throws(OrderRefusal) {
    guard response.status == 200, !response.isRefusalOfClient else {
      switch problem(response) {
      case .barred(let text): throw OrderRefusal(.auth, text)
      case .limited(_, let text): throw OrderRefusal(.rateLimited, text)
      default:
        let reason: OrderRefusal.Reason = response.status < 500 ? .malformed : .venueDown
        throw OrderRefusal(reason, "no quote: \(VariationalFailure(response).message)")
      }
    }
    var unknown: [String] = []
    let quote = try? VariationalREST.quote(response.body.span.bytes, &unknown)
    guard let quote, quote.id?.isEmpty == false,
      VariationalInstrument.symbol(quote.underlying) == order.symbol,
      quote.quantity == order.terms?.size
    else { throw OrderRefusal(.venueDown, "the quote is not for what was asked") }
    quotes[request] = Given(quote: quote, at: now)
  }

  mutating func lost(_ request: OrderRequest, wasSent: Bool) {
    quotes[request] = nil
    guard case .place(let id) = request else { return }
    claims.answered(id, isInDoubt: wasSent)
  }

  /// An expired quote makes no order: another one is fetched, once.
  func isToBeRepeated(after answer: OrderAnswer) -> Bool {
    if case .refused(Self.quoteExpired, _, _) = answer { true } else { false }
  }

  // MARK: Requests

  mutating func write(
    _ request: OrderRequest, _ order: OrderSubject, tag: Int64, at now: Moment
  ) throws(OrderRefusal) -> TradingMessage {
    if let bar { throw OrderRefusal(.auth, bar) }
    switch request {
    case .place(let id):
      guard let terms = order.terms else {
        throw OrderRefusal(.failed, "the order has no terms")
      }
      let given = quotes.removeValue(forKey: request)
      let http =
        terms.type == .market
        ? try marketOrder(terms, order, given?.quote) : limitOrder(terms, order)
      claims.sent(
        id, order.symbol, terms, from: given?.quote.time ?? earliest(order.placed.wall),
        until: venueTime(now.wall))
      return .request(http)
    case .cancel:
      guard let id = order.orderID else {
        throw OrderRefusal(.unknownOrder, "the venue has not given the order an id yet")
      }
      var body = ByteBuffer(capacity: 128)
      body.append("{")
      body.put("rfq_id", text: id.string)
      body.append("}")
      return .request(post("/orders/cancel", body))
    case .replace:
      throw OrderRefusal(
        .unsupported, "Variational changes no orders: with a new_client_id it is placed anew")
    case .account: throw OrderRefusal(.failed, "the request is about no order")
    }
  }

  private func marketOrder(
    _ terms: OrderTerms, _ order: OrderSubject, _ quote: VariationalWire.Quote?
  ) throws(OrderRefusal) -> HTTPRequest {
    guard let quote, let price = terms.side == .buy ? quote.ask : quote.bid else {
      throw OrderRefusal(.venueDown, "the venue quotes no price for this side")
    }
    var body = ByteBuffer(capacity: 256)
    body.append("{")
    body.put("quote_id", text: quote.id ?? "")
    body.put("side", text: terms.side.rawValue)
    body.put("max_slippage")
    body.append(try slippage(from: price, terms.side, within: order.bound))
    body.put("is_reduce_only")
    body.append(terms.isReduceOnly ? "true" : "false")
    body.append("}")
    return post("/orders/new/market", body)
  }

  /// As far as the setting allows, and no further than the worst price; cut to 6 digits.
  private func slippage(
    from price: Decimal, _ side: Side, within bound: Decimal?
  ) throws(OrderRefusal) -> Decimal {
    guard let bound else { return maxSlippage.trimmed }
    let room = side == .buy ? bound.subtracting(price) : price.subtracting(bound)
    guard let room, !room.isNegative, let part = room.divided(by: price, scale: 6) else {
      throw OrderRefusal(.priceBand, "the quote, \(price), is beyond \(bound)")
    }
    return min(maxSlippage, part).trimmed
  }

  private func limitOrder(_ terms: OrderTerms, _ order: OrderSubject) -> HTTPRequest {
    var body = ByteBuffer(capacity: 384)
    body.append("{")
    body.put("order_type", text: "limit")
    body.put("limit_price", terms.price)
    body.put("side", text: terms.side.rawValue)
    body.put("instrument")
    VariationalInstrument.write(String(order.symbol.base), to: &body)
    body.put("qty", terms.size)
    body.append(#","is_auto_resize":false,"use_mark_price":false,"is_reduce_only":"#)
    body.append(terms.isReduceOnly ? "true" : "false")
    body.append("}")
    return post("/orders/new/limit", body)
  }

  // MARK: Answers

  mutating func read(
    _ response: HTTPResponse, answering request: OrderRequest, at now: Moment,
    into facts: inout [TradingFact]
  ) -> OrderAnswer {
    let answer = answer(response, to: request)
    guard case .place(let id) = request else { return answer }
    switch answer {
    case .accepted(let orderID?): claims.named(orderID, id)
    case .refused(let code, _, _):
      claims.answered(id, isInDoubt: !Self.definiteRefusals.contains(code))
    default: claims.answered(id, isInDoubt: true)
    }
    return answer
  }

  private mutating func answer(
    _ response: HTTPResponse, to request: OrderRequest
  ) -> OrderAnswer {
    let failure = VariationalFailure(response)
    if response.isRefusalOfClient { _ = problem(response) }
    switch response.status {
    case 200..<300:
      guard case .place = request else { return .accepted(orderID: nil) }
      guard let name = (try? JSONFields(response.body.span.bytes))?.text("rfq_id"),
        let id = ShortText(name), !name.isEmpty
      else { return .none }
      return .accepted(orderID: id)
    case 401, 403, 418, 429: return refused("HTTP_\(response.status)", failure)
    case 400..<500:
      if case .cancel = request, failure.message.hasPrefix("unable to cancel rfq") {
        return .notFound
      }
      return refused(Self.code(of: failure), failure)
    // Nobody knows what became of it.
    default: return .none
    }
  }

  private func refused(_ code: String, _ failure: VariationalFailure) -> OrderAnswer {
    let code = String(code.prefix(60))
    let detail = failure.code.map { "\($0): \(failure.message)" } ?? failure.message
    return .refused(code: code, message: detail, evidence: .restOrder)
  }

  /// The venue's, or one word for a family of them. What an expired quote is called is in no
  /// source: any text that says so counts.
  private static func code(of failure: VariationalFailure) -> String {
    let texts = [failure.code ?? "", failure.message.lowercased()]
    if texts.contains(where: { $0.contains("quote") && $0.contains("expired") }) {
      return quoteExpired
    }
    guard let code = failure.code else {
      return failure.message.hasPrefix("Failed to deserialize") ? "malformed" : "HTTP_4xx"
    }
    let isOfFamily = code.hasPrefix("user_") || code.hasPrefix("olp_")
    return isOfFamily && code.hasSuffix("_\(riskCheck)") ? riskCheck : code
  }
}
