import PerpCore
import PerpVenue

// MARK: - Orders

extension EdgeXTrading {
  /// Codes after which there is no order: what the venue finds wrong before it takes one. The first
  /// ten are documented or were seen ("Error Codes" of the reference); the others say the same by
  /// their words, should the venue call it so. A code that is not among them proves nothing: the
  /// order is asked for.
  static let definiteRefusals: Set<String> = [
    "GATEWAY_HEADER_REQUIRED", "GATEWAY_PARAM_INVALID", "GATEWAY_INVALID_CONTRACT_ID",
    "INVALID_API_KEY", "INVALID_ACCOUNT_ID", "INVALID_PARAMETER", "ACCOUNT_NOT_FOUND",
    "INSUFFICIENT_BALANCE", "SIGNATURE_ERROR", "INVALID_CONTRACT_ID",
    "INVALID_SIGNATURE", "INVALID_PASSPHRASE", "INVALID_TIMESTAMP", "HTTP_401", "HTTP_403",
  ]

  static let refusalReasons = OrderRefusal.reasons([
    .auth: [
      "GATEWAY_HEADER_REQUIRED", "INVALID_API_KEY", "INVALID_ACCOUNT_ID", "ACCOUNT_NOT_FOUND",
      "SIGNATURE_ERROR", "INVALID_SIGNATURE", "INVALID_PASSPHRASE", "INVALID_TIMESTAMP",
    ],
    .noMargin: ["INSUFFICIENT_BALANCE"],
    .unknownSymbol: ["GATEWAY_INVALID_CONTRACT_ID", "INVALID_CONTRACT_ID"],
    .malformed: ["GATEWAY_PARAM_INVALID", "INVALID_PARAMETER"],
  ])

  /// What this venue does not have, found before anything is recorded.
  func refusal(of intent: OrderIntent) -> OrderRefusal? {
    if let contracts, contracts[intent.symbol] == nil {
      return OrderRefusal(.unknownSymbol, "edgeX lists no \(intent.symbol)")
    }
    if intent.terms.timeInForce == .gtt {
      return OrderRefusal(
        .unsupported, "gtt has no time here; use gtc, ioc or fok")
    }
    if intent.terms.type == .market, intent.bound == nil {
      return OrderRefusal(
        .unsupported, "a market order needs a quote, for the worst price that is signed")
    }
    return nil
  }

  mutating func write(
    _ request: OrderRequest, _ order: OrderSubject, tag: Int64, at now: Moment
  ) throws(OrderRefusal) -> TradingMessage {
    guard signer != nil, clock.bound(at: now.monotonic) != nil else {
      throw OrderRefusal(.venueDown, "the account is not signed in")
    }
    switch request {
    case .place: return .request(try placement(of: order, at: now))
    case .cancel:
      if let id = order.orderID {
        let ids = EdgeXSignedBody.array([.text(id.string)])
        return .request(post("order/cancelOrderById", ["orderIdList": ids], at: now))
      }
      guard let name = order.name else {
        throw OrderRefusal(.unknownOrder, "the order has neither id nor name")
      }
      let names = EdgeXSignedBody.array([.text(name.string)])
      return .request(
        post("order/cancelOrderByClientOrderId", ["clientOrderIdList": names], at: now))
    case .replace:
      throw OrderRefusal(
        .unsupported, "edgeX changes no orders: with a new_client_id it is placed anew")
    case .account: throw OrderRefusal(.failed, "the request is about no order")
    }
  }

  mutating func write(
    _ request: AccountRequest, tag: Int64, at now: Moment
  ) throws(OrderRefusal) -> TradingMessage? {
    guard clock.bound(at: now.monotonic) != nil else {
      throw OrderRefusal(.venueDown, "the account is not signed in")
    }
    guard case .cancelAll(let symbol) = request else { return nil }
    var members: [String: EdgeXSignedBody] = [:]
    if let symbol {
      guard let row = contracts?[symbol] else {
        throw OrderRefusal(.unknownSymbol, "edgeX lists no \(symbol)")
      }
      members["filterContractIdList"] = .array([.text(row.name)])
    }
    return .request(post("order/cancelAllOrder", members, at: now))
  }

  private mutating func placement(
    of order: OrderSubject, at now: Moment
  ) throws(OrderRefusal) -> HTTPRequest {
    guard let signer, let terms = order.terms, let name = order.name?.string else {
      throw OrderRefusal(.failed, "the order has no terms or no name")
    }
    guard let row = contracts?[order.symbol] else {
      throw OrderRefusal(.unknownSymbol, "edgeX lists no \(order.symbol)")
    }
    guard let scale = row.scale else {
      throw OrderRefusal(.failed, "the venue does not say how to sign orders of \(order.symbol)")
    }
    // A market order is one that is cancelled where it would go beyond its bound.
    let price = terms.price ?? (terms.type == .market ? order.bound : nil)
    let expiry = credentials.generation.expiry(now: timestamp(now))
    let nonce = EdgeXSigningNonce.nonce(clientOrderID: name)
    let signed: EdgeXSignedTerms
    let signature: String
    do throws(EdgeXSigningError) {
      let worst = if let price { price } else { try worstPrice(of: terms, scale.tickSize) }
      signed = try EdgeXSignedTerms(price: worst, size: terms.size, scale)
      signature = try signer.sign(
        EdgeXSignedOrder(
          account: credentials.account, contract: row, isBuy: terms.side == .buy, nonce: nonce,
          amounts: signed.amounts, expiry: expiry), tracing: &trace)
    } catch {
      throw OrderRefusal(.malformed, "the order cannot be signed: \(error)")
    }
    var members: [String: EdgeXSignedBody] = [
      "contractId": .text(row.name), "side": .text(terms.side == .buy ? "BUY" : "SELL"),
      "type": .text(price == nil || terms.type != .market ? terms.type.edgeX : "LIMIT"),
      "timeInForce": .text(terms.edgeXTimeInForce), "price": .text((price ?? .zero).description),
      "size": .text(terms.size.description), "clientOrderId": .text(name),
      "reduceOnly": .flag(terms.isReduceOnly), "expireTime": .text("\(expiry.order)"),
      "l2Nonce": .text("\(nonce)"), "l2Value": .text(signed.value.description),
      "l2Size": .text(terms.size.description), "l2LimitFee": .text(signed.fee.description),
      "l2ExpireTime": .text("\(expiry.signature)"), "l2Signature": .text(signature),
    ]
    if let stop = terms.stopPrice {
      members["triggerPrice"] = .text(stop.description)
      members["triggerPriceType"] = .text(options.settings["trigger_by"] ?? "LAST_PRICE")
    }
    return post("order/createOrder", members, at: now)
  }

  /// What a triggered market order is signed with: the oracle's price will be about that of the
  /// trigger when it acts.
  private func worstPrice(
    of terms: OrderTerms, _ tick: Decimal
  ) throws(EdgeXSigningError) -> Decimal {
    try credentials.generation.marketPrice(
      isBuy: terms.side == .buy, oracle: terms.stopPrice ?? .zero, tickSize: tick)
  }

  // MARK: Answers

  mutating func read(
    _ response: HTTPResponse, answering request: OrderRequest, at now: Moment,
    into facts: inout [TradingFact]
  ) -> OrderAnswer {
    // From 500 on nobody knows what became of it.
    guard response.status < 500 else { return .none }
    let answer = EdgeXAnswer(response)
    guard answer.isSuccess else {
      note(timeRefusedBy: answer)
      if answer.saysDuplicate { return .duplicate }
      if case .cancel = request, answer.saysNotFound { return .notFound }
      return .refused(code: answer.code, message: shown(answer.message), evidence: .restOrder)
    }
    switch request {
    case .cancel: return Self.cancelled(answer)
    // The map within names orders: what becomes of each is told elsewhere.
    case .account: return .accepted(orderID: nil)
    case .place, .replace:
      // "This is acceptance only": what becomes of the order is told elsewhere.
      guard let id = answer.object?.text("orderId").flatMap({ ShortText($0) }), !id.isEmpty else {
        return .none
      }
      return .accepted(orderID: id)
    }
  }

  /// The envelope says success even where the map within does not.
  private static func cancelled(_ answer: EdgeXAnswer) -> OrderAnswer {
    guard let results = answer.object?.object("cancelResultMap"),
      let name = results.names.first, let result = results.text(name)
    else { return .none }
    switch result {
    case "SUCCESS", "SUCCESS_ORDER_CANCELING": return .accepted(orderID: nil)
    case "SUCCESS_ORDER_CANCELED", "FAILED_ORDER_NOT_FOUND", "FAILED_ORDER_FILLED": return .notFound
    default: return .none
    }
  }

  /// "Only a timestamp refusal may be re-sent (once, after re-reading server time)."
  func isToBeRepeated(after answer: OrderAnswer) -> Bool {
    if case .refused(let code, _, _) = answer { code.contains("TIMESTAMP") } else { false }
  }
}

extension OrderType {
  fileprivate var edgeX: String { rawValue.uppercased() }
}

extension OrderTerms {
  /// "Post-only is a time in force, not a flag"; whatever is at the market must be immediate.
  fileprivate var edgeXTimeInForce: String {
    if isPostOnly { return "POST_ONLY" }
    guard type.hasPrice else {
      return timeInForce == .fok && type == .market ? "FILL_OR_KILL" : "IMMEDIATE_OR_CANCEL"
    }
    return switch timeInForce {
    case .ioc: "IMMEDIATE_OR_CANCEL"
    case .fok: "FILL_OR_KILL"
    case .gtc, .gtt, nil: "GOOD_TIL_CANCEL"
    }
  }
}
