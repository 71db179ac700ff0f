import PerpCore
import PerpCrypto
import PerpSim
import PerpVenue

/// What an account can ask of itself.
extension ParadexSimulator {
  mutating func look(
    _ path: [String], _ request: HTTPRequest, _ token: ParadexSimulatorToken, at now: Moment
  ) -> HTTPResponse {
    let account = accounts[token.account].number
    switch (path[0], path.count) {
    case ("account", 1):
      guard let balance = exchange.balance(of: account, at: now.wall) else { break }
      let row = row(balance, at: now)
      return .json { row.write(to: &$0) }
    case ("account", 2) where path[1] == "margin": return margins(account)
    case ("balance", 1): return balance(account, at: now)
    case ("positions", 1):
      let rows = markets.indices.compactMap { exchange.position(of: account, market: $0) }
        .filter { $0.lastFill > 0 }.map { row($0, at: now) }
      return Self.results(rows) { $0.write(to: &$1) }
    case ("orders", 1):
      let market = request.query("market").map(String.init)
      if let market, indexes[market] == nil { return Self.marketNotFound }
      let orders = exchange.openOrders(of: account, market: market.flatMap { indexes[$0] })
      return Self.results(orders.map { row($0, at: now) }) { $0.write(to: &$1) }
    case ("orders", 2):
      guard let order = exchange.order(named: path[1]), order.account == account else {
        return Self.failure(404, "ORDER_ID_NOT_FOUND", "no such order")
      }
      let row = row(order, at: now)
      return .json { row.write(to: &$0) }
    case ("orders", 3) where path[1] == "by_client_id":
      guard let order = exchange.order(client: path[2], of: account) else {
        return Self.failure(404, "CLIENT_ORDER_ID_NOT_FOUND", "no such order")
      }
      let row = row(order, at: now)
      return .json { row.write(to: &$0) }
    case ("orders-history", 1): return history(request, account, at: now)
    case ("fills", 1): return fills(request, account)
    case ("tradebusts", 1), ("transactions", 1), ("transfers", 1), ("liquidations", 1),
      ("funding", 2):
      return Self.results([Int]()) { _, _ in }
    default: break
    }
    return Self.failure(404, "NOT_FOUND", "no such endpoint")
  }

  private func balance(_ account: UInt32, at now: Moment) -> HTTPResponse {
    let size = exchange.accounts[account]?.balance ?? .zero
    return Self.results([size]) { size, text in
      text.append("{")
      text.put("token", text: "USDC")
      text.put("size", size)
      text.put("last_updated_at", now.wall / 1_000)
      text.append("}")
    }
  }

  private func margins(_ account: UInt32) -> HTTPResponse {
    .json { text in
      text.append("{")
      text.put("account", text: addressText(account))
      text.put("margin_methodology", text: "cross_margin")
      text.append(#","configs":["#)
      for (index, market) in markets.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        text.append("{")
        text.put("market", text: market.name)
        let leverage = exchange.position(of: account, market: index)?.leverage ?? Decimal(1)
        text.put("leverage", Int64(leverage.divided(by: Decimal(1), scale: 0)?.mantissa ?? 1))
        text.put("margin_type", text: "CROSS")
        text.append("}")
      }
      text.append("]}")
    }
  }

  /// `{"leverage":20,"margin_type":"CROSS"}`
  mutating func setMargin(
    _ request: HTTPRequest, _ market: String, _ requester: Requester
  ) throws(ParadexSimulatorRefusal) -> HTTPResponse {
    guard let index = indexes[market] else {
      throw ParadexSimulatorRefusal("MARKET_NOT_FOUND", "market not found", status: 404)
    }
    let leverage = try Self.parsed(request.body) { json throws(JSONError) in
      var leverage: Int64 = 0
      try json.enterObject()
      while let key = try json.nextKey() {
        if key == "leverage" { leverage = try json.integer() } else { try json.skip() }
      }
      return leverage
    }
    let account = accounts[requester.token.account].number
    guard exchange.setLeverage(Decimal(Int(leverage)), of: account, market: index) else {
      throw ParadexSimulatorRefusal("VALIDATION_ERROR", "no such leverage")
    }
    return .json { text in
      text.append("{")
      text.put("account", text: addressText(account))
      text.put("leverage", leverage)
      text.put("margin_type", text: "CROSS")
      text.put("market", text: market)
      text.append("}")
    }
  }

  // MARK: Pages

  /// Latest first, with the filters of both lists.
  private mutating func history(
    _ request: HTTPRequest, _ account: UInt32, at now: Moment
  ) -> HTTPResponse {
    let market = request.query("market").map(String.init)
    let all = exchange.openOrders(of: account).reversed() + exchange.history(of: account)
    let rows = all.sorted { $0.createdAt > $1.createdAt }.filter { order in
      (market == nil || markets[order.market].name == market ?? "")
        && Self.isAt(order.createdAt / 1_000, request)
        && request.query("client_id").map { order.clientID == String($0) } ?? true
        && request.query("side").map { ($0 == "BUY") == (order.terms.side == .buy) } ?? true
    }
    let page = Self.page(rows, request)
    return Self.results(page.rows.map { row($0, at: now) }, next: page.next) { $0.write(to: &$1) }
  }

  private func fills(_ request: HTTPRequest, _ account: UInt32) -> HTTPResponse {
    let market = request.query("market").map(String.init)
    let rows = (fills[account] ?? []).reversed().filter { row in
      (market == nil || row.market == market ?? "") && Self.isAt(row.fill.time / 1_000, request)
    }
    let page = Self.page(rows, request)
    return Self.results(page.rows, next: page.next) { $0.write(to: &$1) }
  }

  private static func isAt(_ milliseconds: Int64, _ request: HTTPRequest) -> Bool {
    let start = request.query("start_at").flatMap { Int64($0) } ?? .min
    let end = request.query("end_at").flatMap { Int64($0) } ?? .max
    return (start...max(start, end)).contains(milliseconds)
  }

  /// "page_size (default 100; max 5000), cursor, answer next/prev (opaque)".
  private static func page<Row>(
    _ rows: [Row], _ request: HTTPRequest
  ) -> (rows: [Row], next: String?) {
    let size = max(1, min(5_000, request.query("page_size").flatMap { Int($0) } ?? 100))
    let cursor = request.query("cursor").flatMap { Int($0, radix: 36) } ?? 0
    let start = min(max(0, cursor), rows.count)
    let end = min(start + size, rows.count)
    return (Array(rows[start..<end]), end < rows.count ? String(end, radix: 36) : nil)
  }

  // MARK: Onboarding

  /// Every account exists already: the question about one is answered, onboarding is idempotent.
  func onboarding(_ request: HTTPRequest) -> HTTPResponse {
    guard request.method == .get else { return .json { $0.append("{}") } }
    guard let key = request.query("public_key").flatMap({ UInt256(hex: String($0)) }) else {
      return Self.failure(400, "PUBLIC_KEY_INVALID", "public_key is no key")
    }
    let address = ParadexSignerAccount.address(publicKey: key, ParadexTestKeys.classes)
    return .json { text in
      text.append("{")
      text.put("account_signer_type", text: "starknet")
      text.put("address", text: address.hex)
      text.put("exists")
      text.append(accounts.contains { $0.address == address } ? "true" : "false")
      text.put("derivation_info")
      text.append("{")
      text.put("class_hash", text: ParadexTestKeys.classes.account.hex)
      text.put("proxy_class_hash", text: ParadexTestKeys.classes.proxy.hex)
      text.append("}}")
    }
  }
}
