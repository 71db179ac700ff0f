import PerpCore
import PerpSim
import PerpVenue

/// The endpoints that need a token, or give one.
extension ParadexSimulator {
  static let privateEndpoints: Set<String> = [
    "auth", "account", "balance", "positions", "orders", "orders-history", "fills", "onboarding",
    "tradebusts", "transactions", "transfers", "liquidations",
  ]

  /// Parts of the path after `/v1` of a request for one of them; nil for any other.
  static func privatePath(_ request: HTTPRequest) -> [String]? {
    let parts = request.path.split(separator: "/").map(String.init)
    guard parts.count >= 2, parts[0] == "v1" else { return nil }
    let isPayments = parts.count == 3 && parts[1] == "funding" && parts[2] == "payments"
    return privateEndpoints.contains(parts[1]) || isPayments ? Array(parts.dropFirst()) : nil
  }

  mutating func answer(
    _ id: RequestID, _ request: HTTPRequest, _ path: [String], at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    if path[0] == "auth" {
      let response =
        request.method == .post && path.count <= 2
        ? authenticate(request, key: path.count == 2 ? path[1] : nil, at: now)
        : Self.failure(404, "NOT_FOUND", "no such endpoint")
      return actions.append(.respond(id, response))
    }
    if path[0] == "onboarding" {
      return actions.append(.respond(id, onboarding(request)))
    }
    let token: ParadexSimulatorToken
    switch authorized(request, at: now) {
    case .success(let known): token = known
    case .failure(let refusal): return actions.append(.respond(id, refusal.response))
    }
    if request.method == .get {
      let isAllowed =
        accounts[token.account].questions.take(at: now.monotonic)
        && accounts[token.account].questionsOfMinute.take(at: now.monotonic)
      let response = isAllowed ? look(path, request, token, at: now) : Self.tooManyRequests
      return actions.append(.respond(id, response))
    }
    guard takesOrderRequest(token, at: now) else {
      return actions.append(.respond(id, Self.tooManyRequests))
    }
    change(id, request, path, token, at: now, into: &actions)
  }

  /// A request about orders, with what goes wrong on its way.
  private mutating func change(
    _ id: RequestID, _ request: HTTPRequest, _ path: [String], _ token: ParadexSimulatorToken,
    at now: Moment, into actions: inout [SimulatorAction]
  ) {
    let fate = orderFaults.draw()
    var told = Told()
    var response = HTTPResponse(status: 204)
    if fate.takesEffect || fate.answer == .success {
      let requester = Requester(token: token, isIgnored: !fate.takesEffect)
      do throws(ParadexSimulatorRefusal) {
        response = try act(request, path, requester, at: now, into: &told)
      } catch {
        response = Self.failure(error.status, error.code, error.message)
      }
    }
    switch fate.answer {
    case .own, .success: break
    case .status(429): response = Self.tooManyRequests
    case .status(let status):
      response = Self.failure(status, "SERVICE_UNAVAILABLE", "service unavailable")
    case .none: break
    }
    actions += told.published
    fate.deliver(
      answer: fate.answer == .none ? [] : [.respond(id, response)], reports: told.reports, at: now,
      holding: &held, into: &actions)
  }

  private mutating func act(
    _ request: HTTPRequest, _ path: [String], _ requester: Requester, at now: Moment,
    into told: inout Told
  ) throws(ParadexSimulatorRefusal) -> HTTPResponse {
    switch (request.method, path.first ?? "", path.count) {
    case (.post, "orders", 1):
      let order = try Self.parsed(request.body) { json throws(JSONError) in
        try ParadexSimulatorOrder(&json)
      }
      let row = try place([order], for: requester, at: now, into: &told)[0].get()
      return .json(status: 201) { row.write(to: &$0) }
    case (.post, "orders", 2) where path[1] == "batch":
      return try placeBatch(request, requester, at: now, into: &told)
    case (.put, "orders", 2):
      var order = try Self.parsed(request.body) { json throws(JSONError) in
        try ParadexSimulatorOrder(&json)
      }
      order.id = path[1]
      let row = try modify(order, for: requester, at: now, into: &told)
      return .json { row.write(to: &$0) }
    case (.delete, "orders", 1):
      try cancelAll(
        market: request.query("market").map(String.init), for: requester, at: now, into: &told)
      return .json { $0.append("{}") }
    case (.delete, "orders", 2) where path[1] == "batch":
      return try cancelBatch(request, requester, at: now, into: &told)
    case (.delete, "orders", 2):
      guard let order = exchange.order(named: path[1]) else {
        throw ParadexSimulatorRefusal(.unknownOrder)
      }
      try cancel(order.number, for: requester, at: now, into: &told)
      return HTTPResponse(status: 204)
    case (.delete, "orders", 3) where path[1] == "by_client_id":
      let account = accounts[requester.token.account].number
      guard let order = exchange.order(client: path[2], of: account) else {
        throw ParadexSimulatorRefusal("CLIENT_ORDER_ID_NOT_FOUND", "no such order")
      }
      try cancel(order.number, for: requester, at: now, into: &told)
      return HTTPResponse(status: 204)
    case (.post, "account", 3) where path[1] == "margin":
      return try setMargin(request, path[2], requester)
    default: throw ParadexSimulatorRefusal("NOT_FOUND", "no such endpoint", status: 404)
    }
  }

  /// "201 {"orders":[Order..],"errors":[{"error","message"}]}"
  private mutating func placeBatch(
    _ request: HTTPRequest, _ requester: Requester, at now: Moment, into told: inout Told
  ) throws(ParadexSimulatorRefusal) -> HTTPResponse {
    let orders = try Self.parsed(request.body) { json throws(JSONError) in
      try Self.orders(&json)
    }
    guard (1...Self.maxBatch).contains(orders.count) else {
      throw ParadexSimulatorRefusal("BATCH_SIZE_OUT_OF_RANGE", "a batch has 1 to 10 orders")
    }
    let answers = try place(orders, for: requester, at: now, into: &told)
    return .json(status: 201) { text in
      text.append(#"{"orders":["#)
      var isFirst = true
      for case .success(let row) in answers {
        if !isFirst { text.append(UInt8(ascii: ",")) }
        row.write(to: &text)
        isFirst = false
      }
      text.append(#"],"errors":["#)
      isFirst = true
      for case .failure(let refusal) in answers {
        if !isFirst { text.append(UInt8(ascii: ",")) }
        text.append("{")
        text.put("error", text: refusal.code)
        text.put("message", text: refusal.message)
        text.append("}")
        isFirst = false
      }
      text.append("]}")
    }
  }

  static func orders(_ json: inout JSONReader) throws(JSONError) -> [ParadexSimulatorOrder] {
    var orders: [ParadexSimulatorOrder] = []
    try json.enterArray()
    while try json.nextElement() { orders.append(try ParadexSimulatorOrder(&json)) }
    return orders
  }

  private mutating func cancelBatch(
    _ request: HTTPRequest, _ requester: Requester, at now: Moment, into told: inout Told
  ) throws(ParadexSimulatorRefusal) -> HTTPResponse {
    let (ids, clientIDs) = try Self.parsed(request.body) { json throws(JSONError) in
      var (ids, clientIDs) = ([String](), [String]())
      try json.enterObject()
      while let key = try json.nextKey() {
        switch key.text {
        case "order_ids": ids = try ControlRequest.strings(&json)
        case "client_order_ids": clientIDs = try ControlRequest.strings(&json)
        default: try json.skip()
        }
      }
      return (ids, clientIDs)
    }
    let account = accounts[requester.token.account].number
    var rows: [(ExchangeOrder?, asked: String, isClient: Bool, String)] = []
    for (asked, isClient) in ids.map({ ($0, false) }) + clientIDs.map({ ($0, true) }) {
      let order =
        isClient
        ? exchange.order(client: asked, of: account)
        : exchange.order(named: asked).flatMap { $0.account == account ? $0 : nil }
      rows.append(
        (order, asked, isClient, cancelOne(order, for: requester, at: now, into: &told)))
    }
    return .json { text in
      text.append(#"{"results":["#)
      for (index, (order, asked, isClient, status)) in rows.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        text.append("{")
        if let order {
          text.put("id", text: order.name)
          text.put("client_id", text: order.clientID ?? "")
          text.put("account", text: addressText(account))
          text.put("market", text: markets[order.market].name)
        } else if isClient {
          text.put("client_id", text: asked)
        }
        text.put("status", text: status)
        text.append("}")
      }
      text.append("]}")
    }
  }

  /// The status that a batch tells of one of its orders.
  mutating func cancelOne(
    _ order: ExchangeOrder?, for requester: Requester, at now: Moment, into told: inout Told
  ) -> String {
    guard let order else { return "NOT_FOUND" }
    do throws(ParadexSimulatorRefusal) {
      try cancel(order.number, for: requester, at: now, into: &told)
      return "QUEUED_FOR_CANCELLATION"
    } catch {
      return error.code == "ORDER_IS_CLOSED" ? "ALREADY_CLOSED" : "NOT_FOUND"
    }
  }

  static func parsed<Value>(
    _ body: [UInt8], _ read: (inout JSONReader) throws(JSONError) -> Value
  ) throws(ParadexSimulatorRefusal) -> Value {
    do throws(JSONError) {
      var json = JSONReader(body.span.bytes)
      let value = try read(&json)
      try json.finish()
      return value
    } catch {
      throw ParadexSimulatorRefusal("BINDING_ERROR", "the body is not as expected: \(error)")
    }
  }

  static var tooManyRequests: HTTPResponse {
    var response = failure(429, "RATE_LIMITED", "rate limit exceeded")
    response.fields += [
      HTTPField("x-ratelimit-limit", "800"), HTTPField("x-ratelimit-remaining", "0"),
      HTTPField("x-ratelimit-window", "1"), HTTPField("Retry-After", "1"),
    ]
    return response
  }
}
