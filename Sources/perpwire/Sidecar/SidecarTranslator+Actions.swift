import PerpCore

// MARK: - What the parent says, and how the gateway answers

extension SidecarTranslator {
  /// A line of the parent. One that cannot be read fails alone.
  mutating func receive(parent line: RawSpan, at now: Int64) {
    guard let fields = try? JSONFields(line) else {
      return fail(Request(id: "null", action: ""), "the line is no JSON object", at: now)
    }
    let id = fields.raw("id").map { String(decoding: $0, as: UTF8.self) } ?? "null"
    let request = Request(id: id, action: fields.text("action") ?? "")
    let params = fields.object("params")
    guard !symbols.isEmpty || request.action == "arm" else {
      return fail(request, "markets are not known yet: wait for 'ready'", at: now)
    }
    switch request.action {
    case "create_order": create(request, params, at: now)
    case "cancel_order": cancel(request, params, at: now)
    case "get_account":
      send("balances", .account(request)) { [venue = settings.venue] in
        $0.put("venue", text: venue)
      }
    case "get_positions", "get_position": positions(request, params, at: now)
    case "arm":
      send("arm", .arm(request)) {
        $0.put("confirm", text: params?.text("confirm") ?? "")
      }
    case "": fail(request, "a line must say its action", at: now)
    default:
      fail(
        request,
        "there is no action '\(request.action)'; there are create_order, cancel_order, "
          + "get_account, get_positions, get_position and arm", at: now)
    }
  }

  mutating func receiveTooLong(at now: Int64) {
    fail(Request(id: "null", action: ""), "the line is too long", at: now)
  }

  private mutating func create(_ request: Request, _ params: JSONFields?, at now: Int64) {
    guard let params, let side = params.text("side")?.lowercased(),
      let type = params.text("type")?.lowercased(), let size = params.decimal("size")
    else {
      return fail(request, "create_order needs market, side, type and size", at: now)
    }
    let market = params.text("market") ?? settings.market
    guard let symbol = symbols[market] else {
      return fail(request, "there is no market '\(market)'", at: now)
    }
    guard ["buy", "sell"].contains(side), ["market", "limit"].contains(type) else {
      return fail(request, "side is BUY or SELL, type is MARKET or LIMIT", at: now)
    }
    let price = params.decimal("price")
    guard type == "market" || price != nil else {
      return fail(request, "a LIMIT order needs its price", at: now)
    }
    let name = nextOrderName()
    let venue = settings.venue
    send("order.place", .place(request, clientID: name)) { line in
      line.put("venue", text: venue)
      line.put("symbol", text: symbol)
      line.put("client_id", text: name)
      line.put("side", text: side)
      line.put("order_type", text: type)
      line.put("size", size)
      if type == "limit" { line.put("price", price) }
    }
  }

  private mutating func cancel(_ request: Request, _ params: JSONFields?, at now: Int64) {
    guard let id = params?.text("order_id"), !id.isEmpty else {
      return fail(request, "cancel_order needs order_id", at: now)
    }
    let name = orders[id] != nil ? id : namesByID[Self.normalised(id)]
    if let name, let order = orders[name], order.isFinal {
      return fail(request, "the order is \(order.status)", at: now)
    }
    let venue = settings.venue
    send("order.cancel", .cancel(request, clientID: name)) { line in
      if let name {
        line.put("client_id", text: name)
      } else {
        line.put("order_id", text: id)
        line.put("venue", text: venue)
      }
    }
  }

  private mutating func positions(_ request: Request, _ params: JSONFields?, at now: Int64) {
    let market = params?.text("market")
    if let market, symbols[market] == nil {
      return fail(request, "there is no market '\(market)'", at: now)
    }
    if request.action == "get_position", market == nil {
      return fail(request, "get_position needs its market", at: now)
    }
    let errand: Errand =
      request.action == "get_position"
      ? .position(request, market: market ?? "") : .positions(request, market: market)
    let venue = settings.venue
    send("positions", errand) { $0.put("venue", text: venue) }
  }

  // MARK: Answers

  mutating func receiveAnswer(_ fields: JSONFields, to id: Int64, at now: Int64) {
    guard let errand = errands.removeValue(forKey: id) else { return }
    if let error = fields.object("error") {
      let reason = error.object("data")?.text("reason")
      let message = [reason, error.text("message")].compactMap(\.self).joined(separator: ": ")
      return receiveRefusal(of: errand, message, at: now)
    }
    let result = fields.object("result")
    switch errand {
    case .hello, .markets: break
    case .subscribe:
      let venue = settings.venue
      send("markets", .markets) {
        $0.append(#""venues":["#)
        $0.append(json: venue)
        $0.append("]")
      }
      send("status", .status)
    case .status:
      hasAccount = result?.objects("accounts")?.isEmpty == false
      if hasAccount == false {
        complain("no credentials: there are no orders and no private events", at: now)
      }
      readyIfSo(at: now)
    case .place(let request, let name): wait(for: name, request, .place, at: now)
    case .cancel(let request, let name):
      if let name = name ?? result?.text("client_id") {
        wait(for: name, request, .cancel, at: now)
      } else {
        succeed(request, at: now) { $0.put("status", text: result?.text("status") ?? "") }
      }
    case .account(let request): tellAccount(request, result, at: now)
    case .positions(let request, let market):
      let held = held(result, market)
      succeed(request, at: now) { [venueNames] line in
        line.append(#""positions":["#)
        for (index, position) in held.enumerated() {
          if index > 0 { line.append(",") }
          line.append(position: position, venueNames)
        }
        line.append("]")
      }
    case .position(let request, let market):
      let held = held(result, market).first
      succeed(request, at: now) { [venueNames] line in
        line.put("position")
        if let held { line.append(position: held, venueNames) } else { line.append("null") }
      }
    case .arm(let request):
      succeed(request, at: now) { $0.put("armed_s", result?.integer("armed_s") ?? 0) }
    }
  }

  private mutating func tellAccount(_ request: Request, _ result: JSONFields?, at now: Int64) {
    let address = settings.address
    succeed(request, at: now) { line in
      if let address { line.put("l2_address", text: address) }
      line.put("balances")
      line.append("[")
      for (index, balance) in (result?.objects("balances") ?? []).enumerated() {
        line.append(index > 0 ? ",{" : "{")
        for name in Self.balanceFields { line.put(name, of: balance) }
        line.append("}")
      }
      line.append("]")
    }
  }

  private func held(_ result: JSONFields?, _ market: String?) -> [JSONFields] {
    (result?.objects("positions") ?? []).filter {
      market == nil || $0.text("symbol").flatMap { venueNames[$0] } == market
    }
  }

  /// The outcome may have been told before the answer was.
  private mutating func wait(
    for name: String, _ request: Request, _ aim: Wait.Aim, at now: Int64
  ) {
    waits[name] = Wait(request: request, aim: aim, deadline: now + Self.patience)
    guard let order = orders[name], order.isFinal || aim == .place && order.status != "pending"
    else { return }
    waits[name] = nil
    switch (aim, order.status) {
    case (.place, "rejected"), (.place, "unknown"):
      fail(request, "\(order.status): \(order.reason ?? "no reason")", at: now)
    case (.cancel, let status) where status != "cancelled":
      fail(request, "the order is \(status)", at: now)
    default: succeed(request, at: now) { $0.append(order) }
    }
  }

  private mutating func receiveRefusal(of errand: Errand, _ message: String, at now: Int64) {
    switch errand {
    case .place(let request, _), .cancel(let request, _), .account(let request),
      .positions(let request, _), .position(let request, _), .arm(let request):
      fail(request, message, at: now)
    case .hello, .subscribe, .markets, .status: complain(message, at: now)
    }
  }
}
