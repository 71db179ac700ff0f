import PerpCore
import PerpSim
import PerpVenue

/// The endpoints about accounts and transactions.
extension LighterSimulator {
  /// True where it was one of them, and is answered.
  mutating func respondPrivately(
    to request: HTTPRequest, _ id: RequestID, at now: Moment, into actions: inout [SimulatorAction]
  ) -> Bool {
    guard request.path.hasPrefix("/api/v1/") else { return false }
    let name = String(request.path.dropFirst("/api/v1/".count))
    if name == "sendTx", request.method == .post {
      guard requests.take(at: now.monotonic) else {
        actions.append(.respond(id, Self.failure(429, 23_000, "Too Many Requests!")))
        return true
      }
      send(form: request.body, id, at: now, into: &actions)
      return true
    }
    guard Self.endpoints.contains(name) else { return false }
    guard requests.take(at: now.monotonic) else {
      actions.append(.respond(id, Self.failure(429, 23_000, "Too Many Requests!")))
      return true
    }
    // What is due comes before what is asked.
    var told = Told()
    for index in markets.indices { advance(index, at: now, into: &told) }
    told.flush(into: &actions)
    var response: HTTPResponse
    do throws(LighterSimulatorRefusal) {
      response = try answer(name, request, at: now)
    } catch {
      response = Self.failure(error.status, error.code, error.message)
    }
    actions.append(.respond(id, response))
    return true
  }

  private static let endpoints: Set<String> = [
    "account", "apikeys", "nextNonce", "accountLimits", "accountActiveOrders",
    "accountInactiveOrders", "accountOrders", "trades", "tx",
  ]
  /// Those that anybody may ask.
  private static let open: Set<String> = ["account", "apikeys", "nextNonce", "tx"]

  private func answer(
    _ name: String, _ request: HTTPRequest, at now: Moment
  ) throws(LighterSimulatorRefusal) -> HTTPResponse {
    if name == "tx" { return try transaction(request) }
    let asked = request.query(name == "account" ? "value" : "account_index").flatMap { Int64($0) }
    guard let account = accounts.first(where: { $0.index == asked }) else {
      throw LighterSimulatorRefusal(21_100, "account not found")
    }
    if !Self.open.contains(name) {
      let token =
        request.fields.first { $0.name.lowercased() == "authorization" }?.value
        ?? request.query("auth").map(String.init)
      guard let token else {
        throw LighterSimulatorRefusal(
          20_001, "invalid param : auth query param and Authorization header are empty")
      }
      guard try self.account(for: token, at: now).index == account.index else {
        throw LighterSimulatorRefusal(20_013, "invalid auth: account mismatch", status: 401)
      }
    }
    switch name {
    case "account": return row(account, at: now)
    case "apikeys", "nextNonce": return try keys(name, account, request)
    case "trades": return trades(account, request)
    case "accountLimits":
      return .json {
        $0.append(#"{"code":200,"user_tier":"premium","current_maker_fee_tick":28,"#)
        $0.append(#""current_taker_fee_tick":196}"#)
      }
    default: return try orders(name, account, request)
    }
  }

  /// `{"code":200,"nonce":722}`
  private func keys(
    _ name: String, _ account: LighterSimulatorAccount, _ request: HTTPRequest
  ) throws(LighterSimulatorRefusal) -> HTTPResponse {
    // "255: all".
    let wanted = request.query("api_key_index") ?? (name == "apikeys" ? "255" : "")
    guard let slot = Int64(wanted) else {
      throw LighterSimulatorRefusal(20_001, "invalid param : api_key_index")
    }
    if name == "nextNonce" {
      guard let key = account.keys[slot] else {
        throw LighterSimulatorRefusal(21_109, "api key not found")
      }
      return .json { text in
        text.append("{\"code\":200")
        text.put("nonce", key.nonce)
        text.append("}")
      }
    }
    return .json { text in
      text.append(#"{"code":200,"api_keys":["#)
      var isFirst = true
      for (index, key) in account.keys.sorted(by: { $0.key < $1.key })
      where slot == 255 || slot == index {
        if !isFirst { text.append(",") }
        isFirst = false
        text.append("{")
        text.put("account_index", account.index)
        text.put("api_key_index", index)
        text.put("nonce", key.nonce)
        text.put("public_key", text: key.publicKey.littleEndianBytes.hex)
        text.put("transaction_time", 0)
        text.append("}")
      }
      text.append("]}")
    }
  }

  // MARK: Orders and trades

  private func orders(
    _ name: String, _ account: LighterSimulatorAccount, _ request: HTTPRequest
  ) throws(LighterSimulatorRefusal) -> HTTPResponse {
    let market = request.query("market_id").flatMap { ShortText(String($0)) }.map { indexes[$0] }
    if let market, market == nil { throw Self.unknownMarket }
    var found: [ExchangeOrder]
    var next: Int?
    switch name {
    case "accountActiveOrders":
      found = exchange.openOrders(of: account.number, market: market ?? nil)
        .filter { $0.status != .pending }
    case "accountOrders":
      let wanted = request.query("client_order_indexes")?.split(separator: ",") ?? []
      found = wanted.compactMap { exchange.order(client: String($0), of: account.number) }
        .filter { $0.status != .pending }
    default:
      let limit = request.query("limit").flatMap { Int($0) } ?? 0
      guard (1...100).contains(limit) else {
        throw LighterSimulatorRefusal(20_001, "invalid param : limit")
      }
      let start = request.query("cursor").flatMap { Int($0) } ?? 0
      let all = exchange.history(of: account.number, market: market ?? nil)
        .filter { row($0) != nil }
      found = Array(all.dropFirst(start).prefix(limit))
      next = start + limit < all.count ? start + limit : nil
    }
    let rows = found.compactMap(row)
    return .json { text in
      text.append(#"{"code":200,"#)
      if let next {
        text.append("\"next_cursor\":\"\(next)\",")
      }
      text.append(#""orders":["#)
      for (place, row) in rows.enumerated() {
        if place > 0 { text.append(",") }
        row.write(to: &text, isUpdate: false)
      }
      text.append("]}")
    }
  }

  /// The latest first.
  private func trades(
    _ account: LighterSimulatorAccount, _ request: HTTPRequest
  ) -> HTTPResponse {
    let limit = min(request.query("limit").flatMap { Int($0) } ?? 100, 100)
    let start = request.query("cursor").flatMap { Int($0) } ?? 0
    let all = (fills[account.number] ?? []).reversed()
    let page = all.dropFirst(start).prefix(limit)
    return .json { text in
      text.append(#"{"code":200"#)
      if start + limit < all.count { text.put("next_cursor", text: "\(start + limit)") }
      text.put("trades")
      text.append("[")
      for (place, trade) in page.enumerated() {
        if place > 0 { text.append(",") }
        let market = markets.first { $0.id == trade.market }
        trade.write(to: &text, market?.digits ?? LighterDigits(price: 2, size: 4))
      }
      text.append("]}")
    }
  }

  private func row(_ account: LighterSimulatorAccount, at now: Moment) -> HTTPResponse {
    let balance = exchange.balance(of: account.number, at: now.wall)
    let held = markets.indices.compactMap {
      exchange.position(of: account.number, market: $0)
    }.filter { $0.updatedAt > 0 }
    return .json { text in
      text.append(#"{"code":200,"total":1,"accounts":[{"code":0,"account_type":0"#)
      text.put("index", account.index)
      text.put("account_index", account.index)
      text.put("l1_address", text: "0x0000000000000000000000000000000000000000")
      text.put("status", 1)
      if let balance {
        text.put("available_balance", Self.money(balance.available))
        text.put("collateral", Self.money(balance.total))
        text.put("total_asset_value", Self.money(balance.equity))
        text.put("cross_asset_value", Self.money(balance.equity))
      }
      text.put("total_order_count", Int64(exchange.openOrders(of: account.number).count))
      text.put("cancel_all_time", account.cancelAllAt.map { $0.wall / 1_000 } ?? 0)
      text.put("positions")
      text.append("[")
      for (place, position) in held.enumerated() {
        if place > 0 { text.append(",") }
        write(position, to: &text)
      }
      text.append("]}]}")
    }
  }

  // MARK: Transactions

  /// "The verdict is in `event_info`: a JSON text; its member `ae` is "" when fine, else a JSON
  /// text."
  private func transaction(
    _ request: HTTPRequest
  ) throws(LighterSimulatorRefusal) -> HTTPResponse {
    guard request.query("by") == "hash", let name = request.query("value") else {
      throw LighterSimulatorRefusal(20_001, "invalid param : by")
    }
    guard let record = records[String(name)] else {
      throw LighterSimulatorRefusal(21_500, "transaction not found")
    }
    var verdict = ""
    if let refusal = record.verdict {
      var text = ByteBuffer(capacity: 96)
      text.append("{\"code\":")
      text.append(refusal.code)
      text.put("message", text: refusal.message)
      text.append("}")
      verdict = text.string
    }
    var event = ByteBuffer(capacity: 160)
    event.append("{\"m\":0")
    event.put("ae", text: verdict)
    event.append("}")
    return .json { text in
      text.append(#"{"code":200"#)
      text.put("hash", text: record.name)
      text.put("type", record.type)
      text.put("info", text: String(decoding: record.text, as: UTF8.self))
      text.put("event_info", text: event.string)
      text.put("status", 2)
      text.put("account_index", record.account)
      text.put("api_key_index", record.key)
      text.put("nonce", record.nonce)
      text.put("expire_at", record.expiredAt)
      text.put("block_height", height)
      text.put("queued_at", record.queuedAt)
      text.append("}")
    }
  }

  /// `tx_type=14&tx_info=%7B…`
  private mutating func send(
    form: [UInt8], _ id: RequestID, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    var values: [String: [UInt8]] = [:]
    for pair in form.split(separator: UInt8(ascii: "&")) {
      let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1)
      guard parts.count == 2 else { continue }
      values[String(decoding: parts[0], as: UTF8.self)] = Self.decoded(parts[1])
    }
    guard let text = values["tx_info"],
      let type = values["tx_type"].flatMap({ Int64(String(decoding: $0, as: UTF8.self)) })
    else {
      return actions.append(
        .respond(id, Self.failure(400, 20_001, "invalid param : tx_type, tx_info")))
    }
    carryOut(type, text, at: now, into: &actions) { answer in
      switch answer {
      case .failure(let refusal):
        .respond(id, Self.failure(refusal.status, refusal.code, refusal.message))
      case .success(let hash):
        .respond(
          id,
          .json { text in
            text.append(#"{"code":200"#)
            text.put("message", text: #"{"ratelimit": "didn't use volume quota"}"#)
            text.put("tx_hash", text: hash)
            text.put("predicted_execution_time_ms", now.wall / 1_000 + 1)
            text.append("}")
          })
      }
    }
  }

  /// Percent-decoded as forms are.
  private static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "+") {
        bytes.append(UInt8(ascii: " "))
      } else if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return bytes
  }
}
