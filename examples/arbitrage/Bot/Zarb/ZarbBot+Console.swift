import PerpCore

// MARK: - What a browser asks (S1-70 to S1-82)

extension ZarbBot {
  mutating func answer(_ request: ConsoleRequest, at now: Moment) -> ConsoleReply {
    let parts = request.path.split(separator: "/").map(String.init)
    let reply: ConsoleReply? =
      switch request.method {
      case "GET": look(request, at: now)
      case "POST":
        parts.count == 4 && parts[1] == "symbol"
          ? change(request, symbol: parts[2], verb: parts[3], at: now) : change(request, at: now)
      default: request.reply(405, "\(request.method) is not known here")
      }
    return reply ?? request.reply(404, "there is no \(request.method) \(request.path)")
  }

  // MARK: Reading

  private mutating func look(_ request: ConsoleRequest, at now: Moment) -> ConsoleReply? {
    let limit = request.integer("limit")
    switch request.path {
    case "/api/health": return request.reply(["ok": true, "engine_status": .text(engine.rawValue)])
    case "/api/status": return request.reply(status(isFull: request.isTrusted, at: now))
    case "/api/symbols": return request.reply(rows(at: now))
    case "/api/events":
      let count = min(max(limit ?? 100, 1), Self.keptEvents)
      return request.reply(.list(events.suffix(count).reversed().map(\.json)))
    case "/api/market/top-spreads": return spreads(request, at: now)
    case "/api/market/spreads": return board(request, at: now)
    case "/api/market/warmup-status": return request.reply(warmupStatus(at: now))
    case "/api/trade/selection":
      refreshSpreads(isForced: request.query["force_refresh"] == "true", at: now)
      return request.reply(selectionJSON)
    case "/api/config": return request.reply(publicSettings)
    case "/api/credentials/status": return request.reply(credentials.json)
    case "/api/performance": return request.reply(performance.json)
    case "/api/history":
      guard let index = index(of: request.query["symbol"] ?? "") else {
        return request.reply(404, "there is no symbol \(request.query["symbol"] ?? "")")
      }
      let count = min(max(limit ?? 600, 1), ZarbSymbol.keptPoints)
      return request.reply(history(index, limit: count))
    case "/ws/stream":
      return request.reply(["type": "snapshot", "data": snapshot(at: now)])
    default: return nil
    }
  }

  private mutating func spreads(_ request: ConsoleRequest, at now: Moment) -> ConsoleReply {
    if let refusal = warmupRefusal(request, at: now) { return refusal }
    refreshSpreads(isForced: request.query["force_refresh"] == "true", at: now)
    return request.reply(scanner.json(limit: request.rowLimit, request.fallback))
  }

  private mutating func board(_ request: ConsoleRequest, at now: Moment) -> ConsoleReply {
    if let refusal = warmupRefusal(request, at: now) { return refusal }
    var fresh = scanner
    fresh.scan(at: now) { quote($0, at: now) }
    return request.reply(
      board.json(
        fresh.rows(request.fallback), configured: settings.markets.count,
        comparable: scanner.pairs.count, limit: request.rowLimit))
  }

  private func warmupRefusal(_ request: ConsoleRequest, at now: Moment) -> ConsoleReply? {
    let (isOver, ready, total) = warmup(at: now)
    guard settings.warmup.isRequired, !isOver else { return nil }
    let text = "Warming up: \(ready) of \(total) pairs have \(settings.window.least) samples"
    return ConsoleReply(
      id: request.id, status: 503,
      ["ok": false, "message": .text(text), "warmup": warmupStatus(at: now)])
  }

  private func warmupStatus(at now: Moment) -> JSON {
    let (isOver, ready, total) = warmup(at: now)
    return [
      "enabled": .bool(settings.warmup.isEnabled), "required": .bool(settings.warmup.isRequired),
      "done": .bool(isOver), "ready_symbols": .integer(ready), "total_symbols": .integer(total),
      "min_samples": .integer(settings.window.least),
      "elapsed_sec": .integer(Int64((now.monotonic - began.monotonic) / 1_000_000_000)),
      "timeout_sec": .integer(Int64(settings.warmup.timeout / 1_000_000_000)),
      "samples": .object(
        scanner.pairs.map { (name: $0.symbol, value: .integer(board.samples($0.symbol))) }),
    ]
  }

  private var selectionJSON: JSON {
    let rows = scanner.rows(.init())
    return [
      "symbol": (selection ?? rows.first?.symbol).map { .text($0) } ?? .null,
      "chosen": .bool(selection != nil),
      "candidates": .list(rows.map { .text($0.symbol) }),
      "updated_at": scanner.updated.map { .integer($0) } ?? .null,
      "last_error": scanner.error.map { .text($0) } ?? .null,
    ]
  }

  /// Nothing that is secret.
  private var publicSettings: JSON {
    [
      "mode": .text(settings.mode.rawValue), "series": .text(settings.series.rawValue),
      "leg_style": .text(settings.legStyle.rawValue),
      "symbols": .list(
        settings.markets.map {
          [
            "symbol": .text($0.symbol), "paradex_market": .text($0.first.symbol.description),
            "grvt_market": .text($0.second.symbol.description),
            "recommended_leverage": .integer($0.leverage),
          ]
        }),
      "ma_window": .integer(settings.window.mean),
      "std_window": .integer(settings.window.deviation),
      "min_samples": .integer(settings.window.least), "params": settings.parameters.json,
      "symbol_params": .object(
        symbols.map { (name: $0.market.symbol, value: $0.parameters.json) }),
      "fee_bps": .number(settings.fees),
      "fees": .text(settings.edge.fees.text(venues)),
      "min_net_edge_bps": .optional(settings.edge.minimum),
      "stale_ms": .integer(Int64(settings.staleness / 1_000_000)),
      "position_sync_ms": .integer(Int64(settings.positionInterval / 1_000_000)),
      "consistency_tol_bps": .number(settings.tolerance),
      "net_pos_guard_mult": .number(settings.rebalanceAt),
      "hard_net_limit_mult": .number(settings.flattenAt),
      "market_warmup_enabled": .bool(settings.warmup.isEnabled),
      "market_history_retention": .integer(settings.warmup.retention),
    ]
  }

  // MARK: Changing

  private mutating func change(_ request: ConsoleRequest, at now: Moment) -> ConsoleReply? {
    guard let body = request.fields else { return request.reply(400, "the body must be an object") }
    switch request.path {
    case "/api/runtime/order-execution":
      guard let isOn = body.bool("live_order_enabled") else {
        return request.reply(400, "live_order_enabled must be true or false")
      }
      return request.reply(
        switchOrders(isOn, confirmation: body.text("confirm_text"), at: now), runtime)
    case "/api/runtime/market-data-mode":
      guard let isSimulated = body.bool("simulated_market_data") else {
        return request.reply(400, "simulated_market_data must be true or false")
      }
      return request.reply(switchData(isSimulated: isSimulated, at: now), runtime)
    case "/api/engine/start": return request.reply(startEngine(at: now))
    case "/api/engine/stop": return request.reply(stopEngine(at: now))
    case "/api/mode": return request.reply(switchMode(body.text("mode") ?? "", at: now))
    case "/api/trade/selection":
      let isForced = body.bool("force_refresh") ?? false
      return request.reply(
        choose(body.text("symbol") ?? "", isForced: isForced, at: now), selectionJSON)
    case "/api/credentials": return request.reply(keep(body, at: now), credentials.json)
    case "/api/credentials/apply":
      let missing = credentials.missing.map { venue, field -> JSON in
        ["exchange": .text(venue), "field": .text(field)]
      }
      return request.reply(applyCredentials(at: now), ["missing_fields": .list(missing)])
    case "/api/credentials/validate": return validate(request, body)
    default: return nil
    }
  }

  private var runtime: JSON {
    ["simulated_market_data": .bool(simulatesData), "live_order_enabled": .bool(sendsOrders)]
  }

  private mutating func change(
    _ request: ConsoleRequest, symbol: String, verb: String, at now: Moment
  ) -> ConsoleReply? {
    switch verb {
    case "params":
      guard let body = request.fields else {
        return request.reply(400, "the body must be an object")
      }
      let outcome = change(symbol, body.object("params") ?? body, at: now)
      let index = index(of: symbol)
      return request.reply(outcome, index.map { symbols[$0].parameters.json } ?? .null)
    case "flatten":
      let (outcome, orders) = flatten(symbol, at: now)
      return request.reply(
        outcome, ["symbol": .text(symbol), "attempted_orders": .integer(orders)])
    default: return nil
    }
  }

  // MARK: Credentials (S1-82)

  private mutating func keep(_ body: JSONFields, at now: Moment) -> Outcome {
    let payload = body.object("payload") ?? body
    var changes: [CredentialChange] = []
    for venue in payload.names {
      let names = ZarbCredentials.fields.first { $0.venue == venue }?.names ?? []
      guard let fields = payload.object(venue), !names.isEmpty else {
        return .wrong("there are no credentials of \(venue)")
      }
      for field in fields.names {
        guard names.contains(field), let text = fields.text(field) else {
          return .wrong("\(venue) has no field \(field), or it is no text")
        }
        let value = text.trimmingSpaces
        guard !value.contains(where: \.isNewline), value.utf8.count <= 4_096 else {
          return .wrong("\(venue).\(field) must be one line")
        }
        changes.append(
          CredentialChange(venue: venue, field: field, value: value.isEmpty ? nil : value))
      }
    }
    for change in changes {
      credentials.note(change.venue, change.field, change.value, at: now.wall / 1_000)
      desk.outbox.keep(change)
    }
    let names = changes.map(\.description).joined(separator: ", ")
    tell(.info, "credentials", "Saved: \(names)", at: now)
    return .done("\(changes.count) fields are saved")
  }

  /// The gateway signs in, with what it is started with.
  private mutating func applyCredentials(at now: Moment) -> Outcome {
    guard engine == .stopped else { return .refused("Stop the engine first") }
    guard credentials.missing.isEmpty else { return .refused("Fields are missing.") }
    tell(.info, "credentials", "Credentials are complete: the gateway is started again", at: now)
    desk.outbox.restartGateway()
    return .done(
      "All fields are there. The gateway is started again, and signs in with them; one that runs "
        + "by itself (--socket) has its own.")
  }

  private func validate(_ request: ConsoleRequest, _ body: JSONFields) -> ConsoleReply {
    var draft: [String: String]?
    if body.text("source") == "draft" {
      let payload = body.object("payload")
      draft = [:]
      for (venue, names) in ZarbCredentials.fields {
        for name in names { draft?["\(venue).\(name)"] = payload?.object(venue)?.text(name) }
      }
    }
    let checks = credentials.checks(draft) + gatewayChecks
    return request.reply([
      "ok": .bool(checks.allSatisfy(\.isRight)),
      "data": ["checks": .list(checks.map(\.json))],
    ])
  }

  /// What the gateway has found with the credentials that it has.
  private var gatewayChecks: [CredentialCheck] {
    venues.flatMap { venue in
      let known = desk.view.markets.keys.contains { $0.venue == venue }
      let isLive = desk.view.isAccountLive(venue)
      let cause = desk.view.accountCause(venue) ?? "the gateway has no account here"
      let balance = desk.view.balance(venue)
      let held = desk.view.positions(of: venue).count { !$0.size.isZero }
      return [
        CredentialCheck(
          venue: venue, name: "load_markets", isRight: known,
          text: known ? "the gateway knows its markets" : "the gateway has told none"),
        CredentialCheck(
          venue: venue, name: "api_key_login", isRight: isLive,
          text: isLive ? "the gateway is signed in" : cause),
        CredentialCheck(
          venue: venue, name: "fetch_balance", isRight: balance != nil,
          text: balance.map { "\($0)" } ?? "the gateway has told none"),
        CredentialCheck(
          venue: venue, name: "fetch_positions", isRight: isLive,
          text: isLive ? "\(held) open" : cause),
        CredentialCheck(
          venue: venue, name: "api_key_account_match", isRight: isLive && balance != nil,
          text: isLive && balance != nil ? "the account tells what it has to this key" : cause),
        leverageCheck(of: venue),
      ]
    }
  }

  /// Of the pair that is traded first.
  private func leverageCheck(of venue: String) -> CredentialCheck {
    let listing = symbols.first?.market.listings.first { $0.venue == venue }
    let greatest = listing.flatMap { desk.view.rules($0)?.maxLeverage }
    return CredentialCheck(
      venue: venue, name: "fetch_max_leverage", isRight: greatest != nil,
      text: greatest.map { "\($0.trimmed) of \(listing?.symbol.description ?? "")" }
        ?? "the venue tells none")
  }
}

extension ConsoleRequest {
  func reply(_ body: JSON) -> ConsoleReply { ConsoleReply(id: id, body) }

  func reply(_ status: Int, _ message: String) -> ConsoleReply {
    ConsoleReply(id: id, status: status, ["ok": false, "message": .text(message)])
  }

  func reply(_ outcome: ZarbBot.Outcome, _ data: JSON = .null) -> ConsoleReply {
    ConsoleReply(
      id: id, status: outcome.status,
      ["ok": .bool(outcome.isDone), "message": .text(outcome.message), "data": data])
  }

  /// The body's members; of no body none.
  var fields: JSONFields? { try? JSONFields((body.isEmpty ? Array("{}".utf8) : body).span.bytes) }
  func integer(_ name: String) -> Int? { query[name].flatMap { Int($0) } }

  /// (S1-73)
  var rowLimit: Int { min(max(integer("limit") ?? 10, 1), 100) }

  var fallback: MarketScanner.Fallback {
    var fallback = MarketScanner.Fallback()
    func leverage(_ name: String) -> Decimal {
      MarketScanner.Row.clamp(query[name].flatMap { Decimal($0) } ?? Decimal(2))
    }
    fallback.first = leverage("paradex_fallback_leverage")
    fallback.second = leverage("grvt_fallback_leverage")
    return fallback
  }
}
