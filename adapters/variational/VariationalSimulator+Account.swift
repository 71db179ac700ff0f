import PerpCore
import PerpSim
import PerpVenue

/// What an account may read of itself.
extension VariationalSimulator {
  private static let statuses = ["pending", "cleared", "rejected", "canceled"]
  private static let defaultRows = 20
  private static let maxRows = 100

  /// Nil for a path that is not of accounts.
  mutating func respond(toAccount request: HTTPRequest, at now: Moment) -> HTTPResponse? {
    switch (request.method, request.path) {
    case (.get, "/api/me"):
      .json { text in
        text.append("{")
        text.put("token", text: "simulated-claims")
        text.append("}")
      }
    case (.get, "/api/orders/v2"): orders(request)
    case (.get, "/api/positions"): positions(at: now)
    case (.get, "/api/portfolio"): portfolio(at: now)
    default: nil
    }
  }

  // MARK: Orders

  private func orders(_ request: HTTPRequest) -> HTTPResponse {
    let status = request.query("status").map(String.init)
    if let status, !Self.statuses.contains(status) {
      return Self.plain(400, "Failed to deserialize query string: unknown variant `\(status)`")
    }
    func time(_ name: String) -> Int64? {
      request.query(name).flatMap { VariationalTime.microseconds(Array($0.utf8).span.bytes) }
    }
    let (since, until) = (time("created_at_gte") ?? .min, time("created_at_lte") ?? .max)
    let instrument = request.query("instrument").map(String.init)
    let isAscending = request.query("order") == "asc"
    let rows = exchange.orders.values.filter { order in
      order.account == VariationalSimulatorDesk.owner
        && (status == nil || Self.status(of: order) == status)
        && (instrument == nil || markets[order.market].key == instrument)
        && (since...max(since, until)).contains(order.createdAt)
    }.sorted { isAscending ? $0.number < $1.number : $0.number > $1.number }
    let offset = request.query("offset").flatMap { Int($0) } ?? 0
    let limit = request.query("limit").flatMap { Int($0) } ?? Self.defaultRows
    let page = rows.dropFirst(max(0, offset)).prefix(min(max(1, limit), Self.maxRows))
    return .json { text in
      if desk.arePaged { text.append(#"{"result":"#) }
      text.append("[")
      for (index, order) in page.enumerated() {
        if index > 0 { text.append(",") }
        write(order, to: &text)
      }
      text.append("]")
      guard desk.arePaged else { return }
      text.append(#","pagination":{"object_count":\#(rows.count)}}"#)
    }
  }

  private static func status(of order: ExchangeOrder) -> String {
    switch order.status {
    case .pending, .untriggered, .open: "pending"
    case .filled: "cleared"
    case .rejected: "rejected"
    case .cancelled, .expired: "canceled"
    }
  }

  private func write(_ order: ExchangeOrder, to text: inout ByteBuffer) {
    let terms = order.terms
    text.append("{")
    text.put("rfq_id", text: order.name)
    text.put("order_id", text: "order-\(order.number)")
    text.put("instrument")
    VariationalInstrument.write(markets[order.market].ticker, to: &text)
    text.put("side", text: terms.side.rawValue)
    text.put("qty", terms.size)
    text.put("order_type", text: terms.type.rawValue)
    put("limit_price", terms.price, to: &text)
    put("trigger_price", nil, to: &text)
    put("price", order.averagePrice, to: &text)
    text.put("status", text: Self.status(of: order))
    text.put("clearing_status")
    if let status = desk.clearingStatus[order.number] {
      text.append(json: status)
    } else {
      text.append("null")
    }
    text.put("cancel_reason")
    text.append(order.status == .cancelled ? #""user_cancel""# : "null")
    text.append(#","failed_risk_checks":[],"is_reduce_only":"#)
    text.append(terms.isReduceOnly ? "true" : "false")
    text.append(#","is_auto_resize":false,"use_mark_price":false,"slippage_limit":null"#)
    text.put("tif", text: terms.type == .market ? "fill_or_kill" : "good_til_canceled")
    text.put("created_at", text: VariationalTime.text(order.createdAt))
    text.append("}")
  }

  private func put(_ key: StaticString, _ value: Decimal?, to text: inout ByteBuffer) {
    if let value {
      text.put(key, value)
    } else {
      text.put(key)
      text.append("null")
    }
  }

  // MARK: Holdings

  private mutating func positions(at now: Moment) -> HTTPResponse {
    reckon(at: now)
    return .json { text in
      text.append("[")
      var isFirst = true
      for place in exchange.markets.indices {
        guard let position = exchange.position(of: VariationalSimulatorDesk.owner, market: place),
          position.updatedAt > 0
        else { continue }
        if !isFirst { text.append(",") }
        isFirst = false
        text.append(#"{"position_info":{"instrument":"#)
        VariationalInstrument.write(markets[place].ticker, to: &text)
        text.put("qty", position.size)
        text.put("avg_entry_price", position.entryPrice ?? .zero)
        text.put("updated_at", text: VariationalTime.text(position.updatedAt))
        text.append(#"},"price_info":{"#)
        text.put("price", position.mark)
        text.append("}")
        text.put("upnl", position.unrealizedPnL)
        text.put("rpnl", position.realizedPnL)
        text.append("}")
      }
      text.append("]")
    }
  }

  private mutating func portfolio(at now: Moment) -> HTTPResponse {
    reckon(at: now)
    let balance = exchange.balance(of: VariationalSimulatorDesk.owner, at: now.wall)
    let (total, equity) = (balance?.total ?? .zero, balance?.equity ?? .zero)
    let margin = balance?.marginUsed ?? .zero
    return .json { text in
      text.append(#"{"margin_usage":{"#)
      text.put("initial_margin", margin)
      text.put("maintenance_margin", balance?.maintenance ?? .zero)
      text.append("}")
      text.put("balance", total)
      text.put("upnl", equity.subtracting(total))
      text.append(#","sub_accounts":{}}"#)
    }
  }

  private mutating func reckon(at now: Moment) {
    for place in exchange.markets.indices {
      guard let position = exchange.position(of: VariationalSimulatorDesk.owner, market: place),
        !position.size.isZero
      else { continue }
      exchange.set(mark: markets[place].mark(at: now), of: place)
    }
  }
}
