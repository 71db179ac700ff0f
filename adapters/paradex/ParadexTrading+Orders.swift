import PerpCore
import PerpCrypto
import PerpVenue

// MARK: - Orders

extension ParadexTrading {
  /// Codes after which there is no order: what the venue finds wrong before it queues one.
  /// ("Errors"; a status of 401, 403 or 429 comes from before the order is looked at.)
  static let definiteRefusals: Set<String> = [
    "VALIDATION_ERROR", "BINDING_ERROR", "INVALID_REQUEST_PARAMETER", "INVALID_ORDER_SIZE",
    "INVALID_SYMBOL", "INVALID_TOKEN", "INVALID_STARKNET_ADDRESS", "INVALID_STARKNET_SIGNATURE",
    "STARKNET_SIGNATURE_VERIFICATION_FAILED", "NOT_ONBOARDED", "INVALID_TIMESTAMP",
    "INVALID_ORDER_SIGNATURE", "UNAUTHORIZED_ERROR", "MARKET_NOT_FOUND", "MARKET_NOT_OPEN",
    "GEO_IP_BLOCK", "REQUEST_NOT_ALLOWED", "BATCH_SIZE_OUT_OF_RANGE",
    "ISOLATED_MARKET_ACCOUNT_MISMATCH", "NO_ACCESS_TO_MARKET", "RPI_ACCOUNT_NOT_WHITELISTED",
    "SYSTEM_STATUS_POST_ONLY", "SYSTEM_STATUS_CANCEL_ONLY", "MARKET_MARGIN_RESTRICTED",
    "INVALID_SUBKEY", "INVALID_TOKEN_SCOPE", "IP_NOT_ALLOWED", "INVALID_PRICE_PRECISION",
    "BAD_STARKNET_REQUEST", "HTTP_401", "HTTP_403", "HTTP_429",
  ]

  static let refusalReasons = OrderRefusal.reasons([
    .auth: [
      "INVALID_TOKEN", "INVALID_STARKNET_ADDRESS", "INVALID_STARKNET_SIGNATURE",
      "STARKNET_SIGNATURE_VERIFICATION_FAILED", "NOT_ONBOARDED", "INVALID_TIMESTAMP",
      "INVALID_ORDER_SIGNATURE", "UNAUTHORIZED_ERROR", "GEO_IP_BLOCK", "INVALID_SUBKEY",
      "INVALID_TOKEN_SCOPE", "IP_NOT_ALLOWED",
    ],
    .badTick: ["INVALID_PRICE_PRECISION"], .badLot: ["INVALID_ORDER_SIZE"],
    .unknownSymbol: ["INVALID_SYMBOL", "MARKET_NOT_FOUND"],
    .venueDown: ["MARKET_NOT_OPEN", "SYSTEM_STATUS_POST_ONLY", "SYSTEM_STATUS_CANCEL_ONLY"],
    .noMargin: ["MARKET_MARGIN_RESTRICTED"],
    .malformed: ["VALIDATION_ERROR", "BINDING_ERROR", "INVALID_REQUEST_PARAMETER"],
  ])

  /// What this venue does not have, found before anything is recorded.
  func refusal(of intent: OrderIntent) -> OrderRefusal? {
    switch intent.terms.timeInForce {
    case .fok, .gtt:
      OrderRefusal(.unsupported, "Paradex has neither fok nor gtt; use gtc or ioc")
    case .gtc, .ioc, nil: nil
    }
  }

  mutating func write(
    _ request: OrderRequest, _ order: OrderSubject, tag: Int64, at now: Moment
  ) throws(OrderRefusal) -> TradingMessage {
    guard let signer, clock.bound(at: now.monotonic) != nil else {
      throw OrderRefusal(.venueDown, "the account is not signed in")
    }
    let (method, path, body): (HTTPRequest.Method, String, [UInt8])
    switch request {
    case .place:
      (method, path) = (.post, "/orders")
      body = try self.body(order, order.terms, isNew: true, signer, at: now)
      // What the venue is to cancel with the connection must have come over it.
      if hasDeadMan { return .message(Self.call(tag, "order.create", body)) }
    case .replace:
      guard let id = order.orderID else {
        throw OrderRefusal(.unknownOrder, "the venue's id of the order is not known yet")
      }
      (method, path) = (.put, "/orders/\(id.string)")
      body = try self.body(order, order.replacement, isNew: false, signer, at: now)
    case .cancel:
      body = []
      if let id = order.orderID {
        (method, path) = (.delete, "/orders/\(id.string)")
      } else if let name = order.name {
        method = .delete
        path = "/orders/by_client_id/\(name.string)?market=\(order.symbol)"
      } else {
        throw OrderRefusal(.unknownOrder, "the order has neither id nor name")
      }
    case .account: throw OrderRefusal(.failed, "the request is about no order")
    }
    return .request(self.request(method, path, body))
  }

  /// What a retail token may order is counted by order, not by request.
  var ordersTogether: Int {
    guard !hasDeadMan, !isRetail else { return 1 }
    return min(max(options.settings["batch_size"].flatMap { Int($0) } ?? 10, 1), 50)
  }

  /// An array of what `POST /orders` takes. ("Batch place")
  mutating func write(
    placing orders: [OrderSubject], at now: Moment
  ) throws(OrderRefusal) -> HTTPRequest {
    guard let signer, clock.bound(at: now.monotonic) != nil else {
      throw OrderRefusal(.venueDown, "the account is not signed in")
    }
    var text = ByteBuffer(capacity: 512 * orders.count)
    text.append("[")
    for (index, order) in orders.enumerated() {
      if index > 0 { text.append(",") }
      text.append(try body(order, order.terms, isNew: true, signer, at: now))
    }
    text.append("]")
    return request(.post, "/orders/batch", text.array)
  }

  /// `{"orders":[{…}],"errors":[{"error":"NOT_ENOUGH_MARGIN","message":"…"}]}`: orders are known by
  /// their names, errors are those of the others.
  mutating func read(
    _ response: HTTPResponse, answering orders: [OrderSubject], at now: Moment,
    into facts: inout [TradingFact]
  ) -> [OrderAnswer]? {
    let nothing = orders.map { _ in OrderAnswer.none }
    if response.status == 401 { forgetToken() }
    guard (200..<300).contains(response.status) else {
      guard response.status < 500 else { return nothing }
      let (code, message) = Self.error(in: response)
      // One of them was found wrong before any was looked at; it does not say which.
      let isOfOne = Self.definiteRefusals.contains(code) && code != "BATCH_SIZE_OUT_OF_RANGE"
      if isOfOne, ![401, 403, 429].contains(response.status) { return nil }
      return orders.map { _ in Self.refusal(code, message, .restOrder) }
    }
    guard let fields = try? JSONFields(response.body.span.bytes),
      let rows = fields.objects("orders")?.compactMap({ ParadexOrderRow($0) })
    else { return nothing }
    let taken = Dictionary(rows.compactMap { row in row.clientID.map { ($0, row) } }) { $1 }
    for row in rows {
      if let report = row.report(.restOrder, at: now) { facts.append(.order(report)) }
    }
    var errors = (fields.objects("errors") ?? [])[...]
    let others = orders.count { $0.name.flatMap { taken[$0] } == nil }
    // Whose is which is told by their order alone: where they differ each order is asked for.
    if errors.count != others || Set(errors.map { $0.text("error") }).count > 1 { errors = [] }
    return orders.map { order in
      if let row = order.name.flatMap({ taken[$0] }) { return .accepted(orderID: row.id) }
      guard let error = errors.popFirst(), let code = error.text("error") else { return .none }
      return Self.refusal(code, String((error.text("message") ?? "").prefix(200)), .restOrder)
    }
  }

  mutating func write(
    _ request: AccountRequest, tag: Int64, at now: Moment
  ) throws(OrderRefusal) -> TradingMessage? {
    guard signer != nil, clock.bound(at: now.monotonic) != nil else {
      throw OrderRefusal(.venueDown, "the account is not signed in")
    }
    switch request {
    case .cancelAll(let symbol):
      let market = symbol.map { "?market=\($0)" } ?? ""
      return .request(self.request(.delete, "/orders" + market, []))
    case .deadMan(let isArmed):
      let parameters = Array("{\"enabled\":\(isArmed)}".utf8)
      return .message(Self.call(tag, "order.cancel_on_disconnect", parameters))
    }
  }

  /// A call by JSON-RPC on the private stream.
  private static func call(
    _ id: Int64, _ method: StaticString, _ parameters: [UInt8]
  ) -> [UInt8] {
    var text = ByteBuffer(capacity: 640)
    text.append(#"{"jsonrpc":"2.0","id":"#)
    text.append(id)
    text.append(#","method":""#)
    text.append(method)
    text.append(#"","params":"#)
    text.append(parameters)
    text.append("}")
    return text.array
  }

  private func request(
    _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8]
  ) -> HTTPRequest {
    HTTPRequest(
      method, options.endpoints.rest + path,
      fields: authorization + [HTTPField("Content-Type", "application/json")], body: body,
      timeoutMilliseconds: 5_000)
  }

  /// `{"market":"BTC-USD-PERP","side":"BUY","type":"LIMIT","size":"0.1","price":"60000",`
  /// `"instruction":"POST_ONLY","client_id":"m-1","flags":["REDUCE_ONLY"],`
  /// `"signature":"[\"1\",\"2\"]","signature_timestamp":1795132800000}`
  private mutating func body(
    _ order: OrderSubject, _ terms: OrderTerms?, isNew: Bool, _ signer: ParadexSigner,
    at now: Moment
  ) throws(OrderRefusal) -> [UInt8] {
    guard let terms else { throw OrderRefusal(.malformed, "what the order is to be is not known") }
    let signed = ParadexTypedData.Order(
      timestamp: timestamp(at: now), market: order.symbol.description,
      isBuy: terms.side == .buy, type: terms.type.rawValue.uppercased(), size: terms.size,
      price: terms.price ?? .zero, id: isNew ? nil : order.orderID?.string)
    let signature: String
    do throws(ParadexSigningError) {
      signature = ParadexSigner.text(signer.sign(try .order(signed), tracing: &trace))
    } catch {
      throw OrderRefusal(.malformed, "the order cannot be signed: \(error)")
    }
    var text = ByteBuffer(capacity: 512)
    text.append("{")
    if !isNew, let id = order.orderID { text.put("id", text: id.string) }
    text.put("market", text: signed.market)
    text.put("side", text: terms.side == .buy ? "BUY" : "SELL")
    text.put("type", text: signed.type)
    text.put("size", terms.size)
    text.put("price", terms.price ?? .zero)
    if let trigger = terms.stopPrice { text.put("trigger_price", trigger) }
    text.put("instruction", text: terms.instruction)
    if isNew, let name = order.name { text.put("client_id", text: name.string) }
    if terms.isReduceOnly {
      text.put("flags")
      text.append(#"["REDUCE_ONLY"]"#)
    }
    text.put("signature", text: signature)
    text.put("signature_timestamp", Int64(signed.timestamp))
    text.append("}")
    return text.array
  }

  mutating func read(
    _ response: HTTPResponse, answering request: OrderRequest, at now: Moment,
    into facts: inout [TradingFact]
  ) -> OrderAnswer {
    if response.status == 401 { forgetToken() }
    if (200..<300).contains(response.status) {
      guard case .place = request else { return .accepted(orderID: nil) }
      guard let fields = try? JSONFields(response.body.span.bytes),
        let row = ParadexOrderRow(fields)
      else { return .none }
      if let report = row.report(.restOrder, at: now) { facts.append(.order(report)) }
      return .accepted(orderID: row.id)
    }
    // From 500 on nobody knows what became of it.
    guard response.status < 500 else { return .none }
    let (code, message) = Self.error(in: response)
    return Self.refusal(code, message, .restOrder)
  }

  private static func refusal(
    _ code: String, _ message: String, _ evidence: OrderEvidence
  ) -> OrderAnswer {
    switch code {
    case "DUPLICATED_CLIENT_ID": .duplicate
    case "ORDER_ID_NOT_FOUND", "CLIENT_ORDER_ID_NOT_FOUND", "ORDER_IS_CLOSED",
      "ORDER_IS_NOT_OPEN", "NOT_FOUND":
      .notFound
    default: .refused(code: code, message: message, evidence: evidence)
    }
  }

  /// The answer to a call on the stream. Of an error the name is its `data`.
  ///
  ///     {"id":7,"result":{"order":{…},"created_at":…}}
  ///     {"id":7,"error":{"code":100,"message":"…","data":"INVALID_ORDER_SIZE"}}
  func answer(_ fields: JSONFields) -> OrderAnswer {
    guard let error = fields.object("error") else {
      let order = fields.object("result")?.object("order")
      return .accepted(orderID: order.flatMap { ParadexOrderRow($0) }?.id)
    }
    let code = error.integer("code") ?? 0
    // Internal errors prove nothing.
    if (-32_699 ... -32_600).contains(code) { return .none }
    let name = code == 42_901 ? "HTTP_429" : error.text("data") ?? "RPC_\(code)"
    return Self.refusal(name, String((error.text("message") ?? "").prefix(200)), .webSocket)
  }

  /// `{"error":"NOT_ONBOARDED","message":"…"}`; where the token is at fault only the message.
  static func error(in response: HTTPResponse) -> (code: String, message: String) {
    let fields = try? JSONFields(response.body.span.bytes)
    let message = String((fields?.text("message") ?? "").prefix(200))
    return (fields?.text("error") ?? "HTTP_\(response.status)", message)
  }

  mutating func problem(_ response: HTTPResponse) -> TradingProblem {
    let (code, message) = Self.error(in: response)
    let text = "\(code) \(message)"
    switch response.status {
    case 429:
      let seconds = response.field("Retry-After").flatMap(Int.init) ?? 1
      return .limited(Nanoseconds.seconds(min(max(seconds, 1), 3_600)), text)
    case 401 where code == "HTTP_401":
      forgetToken()
      return .expired(text)
    case 400..<500: return .credentials("the venue refuses the account: \(text)")
    default: return .again(text)
    }
  }
}

extension OrderTerms {
  fileprivate var instruction: String {
    if isPostOnly { return "POST_ONLY" }
    return timeInForce == .ioc || type == .market ? "IOC" : "GTC"
  }
}

// MARK: - Questions

extension ParadexTrading {
  mutating func write(
    _ question: AccountQuestion, page: String?, at now: Moment
  ) throws(TradingProblem) -> TradingQuery {
    let cursor = page.map { "&cursor=\($0)" } ?? ""
    switch question {
    case .order(let order):
      if let id = order.orderID { return .request(get("/orders/\(id.string)")) }
      guard let name = order.name else { return .impossible }
      return .request(get("/orders/by_client_id/\(name.string)?market=\(order.symbol)"))
    case .openOrders: return .request(get("/orders"))
    case .history(let since):
      return .request(get("/orders-history?page_size=500&start_at=\(since / 1_000)\(cursor)"))
    case .fills(let since):
      return .request(get("/fills?page_size=500&start_at=\(since / 1_000)\(cursor)"))
    case .positions: return .request(get("/positions"))
    case .balances: return .request(get("/account"))
    }
  }

  mutating func read(
    _ response: HTTPResponse, answering question: AccountQuestion, at now: Moment,
    into facts: inout [TradingFact]
  ) throws(TradingProblem) -> AnswerPage {
    if case .order = question, response.status == 400 || response.status == 404 {
      // "Closed ones disappear soon": that it is not found proves nothing.
      return AnswerPage()
    }
    guard response.status == 200 else { throw problem(response) }
    guard let fields = try? JSONFields(response.body.span.bytes) else {
      throw .again("the answer about \(options.account) is no JSON object")
    }
    if case .order = question {
      guard let row = ParadexOrderRow(fields) else { throw .again("an order lacks its members") }
      if let report = row.report(.restOrder, at: now) { facts.append(.order(report)) }
      return AnswerPage()
    }
    if question == .balances {
      guard let report = BalanceReport(paradex: fields) else {
        throw .again("the account's summary lacks its members")
      }
      facts.append(.balance(report))
      return AnswerPage()
    }
    guard let rows = fields.objects("results") else { throw .again("the answer has no results") }
    for row in rows {
      guard let fact = fact(row, answering: question, at: now) else { continue }
      facts.append(fact)
    }
    var page = AnswerPage(next: fields.text("next").flatMap { $0.isEmpty ? nil : $0 })
    if case .history(let since) = question { page.covering = since...max(since, now.wall) }
    return page
  }

  private func fact(
    _ row: JSONFields, answering question: AccountQuestion, at now: Moment
  ) -> TradingFact? {
    switch question {
    case .fills: FillReport(paradex: row, .restHistory, at: now).map { .fill($0) }
    case .positions:
      PositionReport(paradex: row).flatMap { $0.size.isZero ? nil : .position($0) }
    default:
      ParadexOrderRow(row)?.report(.restHistory, at: now).map { .order($0) }
    }
  }
}
