import PerpCore
import PerpSim
import PerpVenue

/// The methods of a WebSocket that are about an account.
extension ParadexSimulator {
  /// Members of `params` of the methods about orders.
  struct OrderParameters {
    var bearer: String?
    var id: String?
    var clientID: String?
    var market: String?
    var orderIDs: [String] = []
    var isEnabled = false
    var orders: [ParadexSimulatorOrder] = []

    /// `method` says what its parameters are: those of `order.create` are an order.
    init(_ text: RawSpan, method: String) throws(JSONError) {
      var json = JSONReader(text)
      try json.enterObject()
      while let key = try json.nextKey() {
        guard key == "params" else {
          try json.skip()
          continue
        }
        switch (method, try json.peek()) {
        case ("order.create", _), ("order.modify", _):
          orders = [try ParadexSimulatorOrder(&json)]
        case ("order.create_batch", .array): orders = try ParadexSimulator.orders(&json)
        case (_, .object): try read(&json)
        default: try json.skip()
        }
      }
    }

    private mutating func read(_ json: inout JSONReader) throws(JSONError) {
      try json.enterObject()
      while let key = try json.nextKey() {
        switch key.text {
        case "bearer": bearer = try json.string().text
        case "id": id = try json.string().text
        case "client_id": clientID = try json.string().text
        case "market": market = try json.string().text
        case "order_ids": orderIDs = try ControlRequest.strings(&json)
        case "enabled": isEnabled = try json.bool()
        case "orders": orders = try ParadexSimulator.orders(&json)
        default: try json.skip()
        }
      }
    }
  }

  mutating func logIn(
    _ request: ControlRequest, _ text: RawSpan, _ id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    guard let parameters = parameters(request, text), let bearer = parameters.bearer else {
      return refuse(
        request.id, 40_110, "malformed bearer token", nil, id, at: now, into: &actions)
    }
    guard case .valid(let token) = self.bearer(bearer, at: now) else {
      return refuse(request.id, 40_111, "invalid bearer token", nil, id, at: now, into: &actions)
    }
    clients[id]?.token = token
    grant(request.id, ["node_id": "73696d756c61746f"], id, at: now, into: &actions)
  }

  private func parameters(_ request: ControlRequest, _ text: RawSpan) -> OrderParameters? {
    do throws(JSONError) {
      return try OrderParameters(text, method: request.method)
    } catch { return nil }
  }

  /// A method about orders, with what goes wrong on its way.
  mutating func trade(
    _ request: ControlRequest, _ text: RawSpan, _ id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    guard let token = clients[id]?.token else {
      return refuse(request.id, 40_300, "permission denied", nil, id, at: now, into: &actions)
    }
    guard let parameters = parameters(request, text) else {
      return refuse(request.id, -32_602, "Invalid parameters", nil, id, at: now, into: &actions)
    }
    if request.method == "order.cancel_on_disconnect" {
      clients[id]?.cancelsOnDisconnect = parameters.isEnabled
      return answer(request.id, id, at: now, into: &actions) {
        $0.append(parameters.isEnabled ? #"{"enabled":true}"# : #"{"enabled":false}"#)
      }
    }
    guard takesOrderRequest(token, at: now) else {
      return refuse(
        request.id, 42_901, "rate limit exceeded", nil, id, at: now, into: &actions)
    }
    let fate = orderFaults.draw()
    var (told, answers) = (Told(), [SimulatorAction]())
    if fate.takesEffect || fate.answer == .success {
      let requester = Requester(token: token, connection: id, isIgnored: !fate.takesEffect)
      do throws(ParadexSimulatorRefusal) {
        let body = try act(request.method, parameters, requester, at: now, into: &told)
        answer(request.id, id, at: now, into: &answers) { $0.append(body) }
      } catch {
        refuse(request.id, 100, error.message, error.code, id, at: now, into: &answers)
      }
    }
    switch fate.answer {
    case .own, .success: break
    case .status(let status):
      answers = []
      let code: Int64 = status == 429 ? 42_901 : -32_603
      let message = status == 429 ? "rate limit exceeded" : "internal error"
      refuse(request.id, code, message, nil, id, at: now, into: &answers)
    case .none: answers = []
    }
    actions += told.published
    fate.deliver(
      answer: answers, reports: told.reports, at: now, holding: &held, into: &actions)
  }

  /// The result of a method, as JSON.
  private mutating func act(
    _ method: String, _ parameters: OrderParameters, _ requester: Requester, at now: Moment,
    into told: inout Told
  ) throws(ParadexSimulatorRefusal) -> String {
    var text = ByteBuffer(capacity: 1_024)
    switch method {
    case "order.create":
      let row = try place(parameters.orders, for: requester, at: now, into: &told)[0].get()
      write(row, at: now, to: &text)
    case "order.create_batch":
      try placeBatch(parameters.orders, requester, at: now, into: &told, to: &text)
    case "order.modify":
      guard let order = parameters.orders.first else {
        throw ParadexSimulatorRefusal("BINDING_ERROR", "no order")
      }
      let row = try modify(order, for: requester, at: now, into: &told)
      text.append(#"{"order":"#)
      row.write(to: &text)
      text.append("}")
    case "order.cancel":
      let account = accounts[requester.token.account].number
      let order =
        parameters.id.flatMap(exchange.order(named:))
        ?? parameters.clientID.flatMap { exchange.order(client: $0, of: account) }
      guard let order else { throw ParadexSimulatorRefusal(.unknownOrder) }
      try cancel(order.number, for: requester, at: now, into: &told)
      text.append("{")
      text.put("order_id", text: order.name)
      text.put("status", text: "QUEUED_FOR_CANCELLATION")
      text.append("}")
    case "order.cancel_batch": cancelBatch(parameters, requester, at: now, into: &told, to: &text)
    case "order.cancel_all":
      try cancelAll(market: parameters.market, for: requester, at: now, into: &told)
      text.append(#"{"status":"ok"}"#)
    default: throw ParadexSimulatorRefusal("NOT_FOUND", "no such method")
    }
    return text.string
  }

  /// `{"order":{..},"created_at":ms,"received_at":ns}`
  private func write(
    _ row: ParadexSimulatorOrderRow, at now: Moment, to text: inout ByteBuffer
  ) {
    text.append(#"{"order":"#)
    row.write(to: &text)
    text.put("created_at", now.wall / 1_000)
    text.put("received_at", now.wall * 1_000)
    text.append("}")
  }

  private mutating func placeBatch(
    _ orders: [ParadexSimulatorOrder], _ requester: Requester, at now: Moment,
    into told: inout Told, to text: inout ByteBuffer
  ) throws(ParadexSimulatorRefusal) {
    guard (1...Self.maxBatch).contains(orders.count) else {
      throw ParadexSimulatorRefusal("BATCH_SIZE_OUT_OF_RANGE", "a batch has 1 to 10 orders")
    }
    let answers = try place(orders, for: requester, at: now, into: &told)
    text.append(#"{"results":["#)
    for (index, answer) in answers.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      switch answer {
      case .success(let row): write(row, at: now, to: &text)
      case .failure(let refusal):
        text.append(#"{"error":{"#)
        text.put("error", text: refusal.code)
        text.put("message", text: refusal.message)
        text.append("}}")
      }
    }
    text.append("]}")
  }

  private mutating func cancelBatch(
    _ parameters: OrderParameters, _ requester: Requester, at now: Moment, into told: inout Told,
    to text: inout ByteBuffer
  ) {
    text.append(#"{"results":["#)
    for (index, id) in parameters.orderIDs.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      let order = exchange.order(named: id)
      text.append("{")
      text.put("id", text: id)
      if let order { text.put("market", text: markets[order.market].name) }
      text.put("status", text: cancelOne(order, for: requester, at: now, into: &told))
      text.append("}")
    }
    text.append("]}")
  }
}
