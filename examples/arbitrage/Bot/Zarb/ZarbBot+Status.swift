import PerpCore

// MARK: - How things are, for pages and tables (S1-70, S1-71)

extension ZarbBot {
  /// `isFull` of those who have the token.
  func status(isFull: Bool, at now: Moment) -> JSON {
    let risks = symbols.map(\.guards.risk)
    let counts = ZarbGuards.Risk.allCases.map { risk in
      (name: risk.rawValue, value: JSON.integer(risks.count { $0 == risk }))
    }
    let isHeard =
      simulatesData
      || venues.allSatisfy {
        links[$0]?.isHeard(settings.idleTimeout, at: now.monotonic) == true
      }
    let isHealthy = venues.allSatisfy { links[$0]?.isWell == true }
    var members: [(name: String, value: JSON)] = [
      ("engine_status", .text(engine.rawValue)), ("mode", .text(mode.rawValue)),
      (
        "runtime",
        [
          "simulated_market_data": .bool(simulatesData), "live_order_enabled": .bool(sendsOrders),
          "venues": .text(desk.venuesAreLive ? "live" : "simulated"),
          "gateway_connected": .bool(isConnected), "blocked_reason": .text(blockade ?? ""),
        ]
      ),
      ("active_symbols", .integer(symbols.count)),
      (
        "consistency_ok_count",
        .integer(symbols.count { $0.guards.isConsistent })
      ),
      ("ws_ok", .bool(isHeard)), ("health_ok", .bool(isHealthy)),
      ("net_exposure", .number(exposure(at: now))),
      ("daily_volume", .number(volume.value(at: now.wall / 1_000))),
      ("risk_counts", .object(counts)),
      ("started_at", started.map { .integer($0) } ?? .null),
      ("updated_at", .integer(now.wall / 1_000)), ("rate_limit", rateLimits(at: now)),
      (
        "connections",
        .object(venues.map { (name: $0, value: links[$0]?.json ?? .null) })
      ),
    ]
    if isFull {
      members += [
        ("performance", performance.summary), ("balances", balances),
        ("positions_summary", positionsSummary(at: now)),
        ("selection", selection.map { .text($0) } ?? .null),
      ]
    }
    return .object(members)
  }

  /// In quote units: what is held on one side more than on the other.
  private func exposure(at now: Moment) -> Decimal {
    symbols.indices.reduce(.zero) { sum, index in
      let (first, second) = net(index)
      let mid = symbols[index].sample?.base ?? .zero
      return sum.plus(first.plus(second).magnitude.times(mid))
    }
  }

  private func rateLimits(at now: Moment) -> JSON {
    .object(
      venues.map { venue in
        let rates = settings.rates[venue] ?? ZarbRates()
        let tokens = buckets[venue]?.stock(at: now.monotonic) ?? 0
        return (
          name: venue,
          value: [
            "order": [
              "rate_per_sec": .integer(rates.orders.rate),
              "capacity": .integer(rates.orders.capacity), "tokens": .real(tokens),
            ],
            // Data come by themselves: none are asked for.
            "market_data": [
              "rate_per_sec": .integer(rates.data.rate),
              "capacity": .integer(rates.data.capacity), "tokens": .integer(rates.data.capacity),
            ],
          ]
        )
      })
  }

  private var balances: JSON {
    .object(venues.map { (name: $0, value: .optional(desk.view.balance($0))) })
  }

  private func positionsSummary(at now: Moment) -> JSON {
    .list(
      symbols.indices.compactMap { index in
        let (first, second) = net(index)
        guard !first.isZero || !second.isZero else { return nil }
        return [
          "symbol": .text(symbols[index].market.symbol), "paradex_position": .number(first),
          "grvt_position": .number(second), "net_position": .number(first.plus(second)),
        ]
      })
  }

  func snapshot(at now: Moment) -> JSON {
    ["status": status(isFull: true, at: now), "symbols": rows(at: now)]
  }

  func rows(at now: Moment) -> JSON {
    .list(
      symbols.indices.map { index in
        if symbols[index].updated == nil, let stored = symbols[index].stored { return .raw(stored) }
        return row(index, at: now)
      })
  }

  func row(_ index: Int, at now: Moment) -> JSON {
    let symbol = symbols[index]
    let (first, second) = net(index)
    func mid(_ quote: Quote?) -> JSON { .optional(quote?.mid) }
    return [
      "symbol": .text(symbol.market.symbol), "status": .text(rowStatus(index)),
      "signal": .text(symbol.decision?.signal.name ?? "HOLD"),
      "paradex_bid": .optional(symbol.quotes?.first.bid),
      "paradex_ask": .optional(symbol.quotes?.first.ask), "paradex_mid": mid(symbol.quotes?.first),
      "grvt_bid": .optional(symbol.quotes?.second.bid),
      "grvt_ask": .optional(symbol.quotes?.second.ask), "grvt_mid": mid(symbol.quotes?.second),
      "spread_bps": .optional(symbol.sample?.differenceBasisPoints),
      "spread_price": .optional(symbol.sample?.difference),
      "net_edge_bps": .optional(symbol.netEdge?.basisPoints),
      "zscore": symbol.score.map { .real($0.z) } ?? .null,
      "net_position": .number(first.plus(second)), "target_position": .number(target(index)),
      "paradex_position": .number(first), "grvt_position": .number(second),
      "updated_at": symbol.updated.map { .integer($0) } ?? .null,
      "risk": symbol.guards.json, "reason": .text(symbol.decision?.reason ?? ""),
      "params": symbol.parameters.json,
    ]
  }

  private func rowStatus(_ index: Int) -> String {
    let symbol = symbols[index]
    guard engine == .running || engine == .stopping else { return engine.rawValue }
    if let work = symbol.work { return work.kind.rawValue }
    if symbol.quotes == nil { return "waiting" }
    return symbol.score?.isReady == true ? "running" : "warming_up"
  }

  /// What the first position is to come to, base units.
  private func target(_ index: Int) -> Decimal {
    let position = net(index).first
    let sign: (Decimal) -> Decimal
    switch symbols[index].decision?.signal {
    case .open(let direction, let batches):
      sign = { direction == .long ? $0 : $0.negated }
      return position.plus(sign(batches.reduce(.zero) { $0.plus($1) }))
    case .close(let size):
      let rest = max(.zero, position.magnitude.minus(size))
      return position.isNegative ? rest.negated : rest
    case .hold, nil: return position
    }
  }

  /// (S1-56)
  func tableRow(_ index: Int, at now: Moment) -> [String] {
    let symbol = symbols[index]
    let (first, second) = net(index)
    return [
      "\(now.wall / 1_000)", symbol.market.symbol, rowStatus(index),
      symbol.decision?.signal.name ?? "HOLD",
      symbol.sample?.differenceBasisPoints.description ?? "",
      symbol.score.map { "\($0.z)" } ?? "", "\(first.plus(second))", "\(target(index))",
    ]
  }

  /// What charts show.
  func history(_ index: Int, limit: Int) -> JSON {
    let symbol = symbols[index]
    return [
      "symbol": .text(symbol.market.symbol),
      "points": .list(
        symbol.points.suffix(limit).map { point in
          [
            "ts_ms": .integer(point.time), "spread_bps": .number(point.value),
            "zscore": .real(point.score.z), "ma": .real(point.score.mean),
            "std": .real(point.score.deviation),
          ]
        }),
      "trades": .list(
        symbol.marks.map { mark in
          [
            "ts_ms": .integer(mark.time), "kind": .text(mark.kind),
            "side": .text(mark.side.rawValue), "quantity": .number(mark.size),
            "price": .number(mark.price),
          ]
        }),
    ]
  }
}
