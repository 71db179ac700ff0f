import PerpCore

// MARK: - What the gateway says

extension SidecarTranslator {
  mutating func receive(gateway line: RawSpan, at now: Int64) {
    guard let fields = try? JSONFields(line) else {
      return complain("a line of the gateway cannot be read", at: now)
    }
    if let id = fields.integer("id") { return receiveAnswer(fields, to: id, at: now) }
    switch fields.text("type") {
    case "bbo": receive(quote: fields, at: now)
    case "book": receive(book: fields, at: now)
    case "trade": pass(fields, as: "trade_update", Self.tradeFields, at: now)
    case "stream": receive(stream: fields, at: now)
    case "market": receive(market: fields)
    case "account": receive(account: fields, at: now)
    case "order": receive(order: fields, at: now)
    case "fill": receive(fill: fields, at: now)
    case "position":
      tell("positions_update", at: Self.time(of: fields, now)) { [venueNames] in
        $0.append(#""positions":["#)
        $0.append(position: fields, venueNames)
        $0.append("]")
      }
    case "balance": pass(fields, as: "account_update", Self.balanceFields, at: now)
    case "error": complain(fields.text("message") ?? "an error without words", at: now)
    case "bye": isReady = false
    default: break
    }
  }

  static let balanceFields: [Renamed] = ["asset", "total", "available", "margin_used"]
  static let tradeFields: [Renamed] = [
    Renamed("trade_id", as: "id"), "side", "price", "size", Renamed("ts", as: "created_at"),
  ]

  /// In milliseconds; by the moment of reading, where that is told.
  static func time(of fields: JSONFields, _ now: Int64) -> Int64 {
    (fields.integer("recv_ts") ?? fields.integer("send_ts")).map { $0 / 1_000 } ?? now
  }

  private func market(of fields: JSONFields) -> String {
    let symbol = fields.text("symbol") ?? ""
    return venueNames[symbol] ?? symbol
  }

  private mutating func pass(
    _ fields: JSONFields, as type: StaticString, _ names: [Renamed], at now: Int64
  ) {
    let market = fields.text("symbol") == nil ? nil : market(of: fields)
    tell(type, at: Self.time(of: fields, now)) { line in
      if let market { line.put("market", text: market) }
      for name in names { line.put(name, of: fields) }
    }
  }

  // MARK: Market data

  /// Every one is told, with its times: who is told of changes alone cannot see silence.
  private mutating func receive(quote fields: JSONFields, at now: Int64) {
    let (market, levels) = (market(of: fields), book)
    tell("price_update", at: Self.time(of: fields, now)) { line in
      line.put("market", text: market)
      for name in ["bid", "ask", "bid_size", "ask_size"] as [Renamed] {
        line.put(name, of: fields)
      }
      if let bid = fields.decimal("bid"), let ask = fields.decimal("ask"),
        let mid = bid.adding(ask)?.multiplied(by: Decimal(mantissa: 5, scale: 1)),
        let spread = ask.subtracting(bid)
      {
        line.put("mid", number: mid)
        line.put("spread", number: spread)
      }
      for name in ["ts", "recv_ts"] as [Renamed] { line.put(name, of: fields) }
      if levels.isWhole {
        line.append(#","orderbook":{"#)
        line.append(levels)
        line.append("}")
      }
    }
    readyIfSo(at: now)
  }

  private mutating func receive(book fields: JSONFields, at now: Int64) {
    guard book.apply(fields, depth: settings.depth) else { return }
    let (market, levels) = (market(of: fields), book)
    tell("orderbook_update", at: Self.time(of: fields, now)) { line in
      line.put("market", text: market)
      line.append(",")
      line.append(levels)
    }
  }

  private mutating func receive(stream fields: JSONFields, at now: Int64) {
    let state = fields.text("state")
    if fields.text("channel") == "book", state != "live" { book = SidecarBook() }
    guard fields.text("channel") == "bbo" else { return }
    if state == "live", !isConnected {
      isConnected = true
      let settings = settings
      tell("connected", at: now) {
        $0.put("l2_address", text: settings.address ?? "")
        $0.put("market", text: settings.market)
        $0.put("env", text: settings.environment)
      }
    } else if state == "down", isConnected {
      (isConnected, isReady) = (false, false)
      tell("disconnected", at: now) { $0.put("reason", text: fields.text("cause") ?? "") }
    }
  }

  private mutating func receive(market fields: JSONFields) {
    guard let symbol = fields.text("symbol"), let name = fields.text("venue_symbol") else {
      return
    }
    symbols[name] = symbol
    venueNames[symbol] = name
  }

  // MARK: The account

  /// Without an account public data go on; what is private is reported.
  private mutating func receive(account fields: JSONFields, at now: Int64) {
    let state = fields.text("state")
    isAccountLive = state == "live"
    hasAccount = true
    if state == "down" {
      complain("private stream: \(fields.text("cause") ?? "down")", at: now)
    }
    readyIfSo(at: now)
  }

  mutating func readyIfSo(at now: Int64) {
    guard isConnected, !isReady, !symbols.isEmpty, isAccountLive || hasAccount == false else {
      return
    }
    isReady = true
    tell("ready", at: now) { _ in }
  }

  private mutating func receive(order fields: JSONFields, at now: Int64) {
    let clientID = fields.text("client_id") ?? fields.text("order_id") ?? ""
    let order = SidecarOrder(fields, market: market(of: fields), name: clientID)
    remember(order)
    tell("orders_update", at: Self.time(of: fields, now)) {
      $0.append(#""orders":[{"#)
      $0.append(order)
      $0.append("}]")
    }
    settle(order, fields, at: now)
  }

  private mutating func remember(_ order: SidecarOrder) {
    let wasEnded = orders.updateValue(order, forKey: order.name)?.isFinal ?? false
    if let id = order.id { namesByID[Self.normalised(id)] = order.name }
    guard order.isFinal, !wasEnded else { return }
    ended.append(order.name)
    guard ended.count > Self.maxOrders else { return }
    if let old = orders.removeValue(forKey: ended.removeFirst()), let id = old.id {
      namesByID[Self.normalised(id)] = nil
    }
  }

  /// Ids are one when they differ in case, dashes and braces alone.
  static func normalised(_ id: String) -> String {
    id.lowercased().filter { !"-{}".contains($0) }
  }

  /// Answers the action that waits for this order, once it is known what has become of it.
  private mutating func settle(_ order: SidecarOrder, _ fields: JSONFields, at now: Int64) {
    guard let wait = waits[order.name] else { return }
    switch wait.aim {
    case .place:
      guard order.status != "pending" else { return }
      waits[order.name] = nil
      switch order.status {
      case "rejected", "unknown":
        let cause = fields.text("venue_message") ?? fields.text("reason") ?? "no reason"
        fail(wait.request, "\(order.status): \(cause)", at: now)
      default: succeed(wait.request, at: now) { $0.append(order) }
      }
    case .cancel:
      if order.isFinal {
        waits[order.name] = nil
        if order.status == "cancelled" {
          succeed(wait.request, at: now) { $0.append(order) }
        } else {
          fail(wait.request, "the order is \(order.status)", at: now)
        }
      } else if fields.text("event") == "cancel_rejected" {
        waits[order.name] = nil
        fail(wait.request, fields.text("venue_message") ?? "cancel rejected", at: now)
      }
    }
  }

  private mutating func receive(fill fields: JSONFields, at now: Int64) {
    guard fields.bool("dup") != true else { return }
    let names: [Renamed] = [
      Renamed("trade_id", as: "id"), "order_id", Renamed("client_id", as: "client_id"), "side",
      "size", "price", "fee", Renamed("fee_asset", as: "fee_token"), "liquidity",
      Renamed("ts", as: "created_at"),
    ]
    pass(fields, as: "fill_update", names, at: now)
  }
}
