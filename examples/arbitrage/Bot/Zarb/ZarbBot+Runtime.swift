import PerpCore

// MARK: - What people switch (S1-60 to S1-63, S1-79, S1-81)

extension ZarbBot {
  /// What a wish came to. A refusal is no error: it says why.
  struct Outcome {
    var isDone: Bool
    var message: String
    var status = 200

    static func done(_ message: String) -> Outcome { Outcome(isDone: true, message: message) }
    static func refused(_ message: String) -> Outcome { Outcome(isDone: false, message: message) }
    static func wrong(_ message: String, _ status: Int = 400) -> Outcome {
      Outcome(isDone: false, message: message, status: status)
    }
  }

  mutating func startEngine(at now: Moment) -> Outcome {
    guard engine == .stopped || engine == .error else {
      return .refused("The engine is \(engine.rawValue) already")
    }
    guard !(simulatesData && sendsOrders) else {
      return .refused("Orders cannot be sent on prices that are made up")
    }
    refreshSpreads(isForced: false, at: now)
    guard let symbol = selection ?? scanner.rows(.init()).first?.symbol else {
      return .refused("There is no pair to trade yet: \(scanner.error ?? "no quotes")")
    }
    select(symbol)
    for index in symbols.indices { symbols[index].forget(settings) }
    performance = ZarbPerformance()
    performance.begin(with: balance)
    started = now.wall / 1_000
    engine = .starting
    proceedToStart(at: now)
    let advice =
      "First run on real prices with orders off; check API rights, leverage, least sizes and "
      + "precision; choose risk parameters by each pair's volatility. Start small."
    tell(
      .info, "engine", "Engine started on \(symbol) and \(symbols.count) pairs. \(advice)", at: now)
    return .done("The engine is \(engine.rawValue)")
  }

  /// Once: whoever stops the engine has it stopped.
  mutating func startByItself(at now: Moment) {
    guard settings.startsByItself, started == nil, simulatesData || desk.isRunning else { return }
    refreshSpreads(isForced: true, at: now)
    let found = Set(scanner.rows(.init()).map(\.symbol))
    if let symbol = settings.markets.map(\.symbol).first(where: found.contains) {
      selection = symbol
      _ = startEngine(at: now)
    }
  }

  /// Without prices there is nothing to run on.
  mutating func proceedToStart(at now: Moment) {
    if engine == .starting, simulatesData || desk.isRunning { engine = .running }
  }

  /// What is under way is ended first; positions stay as they are.
  mutating func stopEngine(at now: Moment) -> Outcome {
    guard engine == .running || engine == .starting else {
      return .refused("The engine is not running: it is \(engine.rawValue)")
    }
    engine = symbols.contains { $0.work != nil } ? .stopping : .stopped
    tell(.info, "engine", "Engine \(engine.rawValue)", at: now)
    return .done("The engine is \(engine.rawValue)")
  }

  /// (S1-61)
  mutating func switchOrders(_ isOn: Bool, confirmation: String?, at now: Moment) -> Outcome {
    guard isOn else {
      sendsOrders = false
      desk.allowOrders(false, confirmation: nil)
      tell(.info, "runtime", "Orders are off", at: now)
      return .done("Orders are off")
    }
    guard (confirmation ?? "").trimmingSpaces == settings.confirmation else {
      return .wrong("The confirm text is not \(settings.confirmation)")
    }
    guard !simulatesData else { return .refused("Prices are made up: switch to real ones first") }
    guard engine == .stopped else { return .refused("Stop the engine first") }
    sendsOrders = true
    desk.allowOrders(true, confirmation: ZarbSettings.gatewayConfirmation)
    tell(.warn, "runtime", "LIVE: orders are sent from the next start on", at: now)
    return .done("Orders are on")
  }

  /// (S1-62)
  mutating func switchData(isSimulated: Bool, at now: Moment) -> Outcome {
    guard engine == .stopped else { return .refused("Stop the engine first") }
    let wasLive = sendsOrders
    simulatesData = isSimulated
    if isSimulated {
      sendsOrders = false
      desk.allowOrders(false, confirmation: nil)
    }
    scanner = MarketScanner()
    timers.markets = now.monotonic
    selection = nil
    for index in symbols.indices { symbols[index].forget(settings) }
    let text = isSimulated ? "Prices are made up" : "Prices are the venues'"
    let forced = isSimulated && wasLive ? ", and orders were switched off" : ""
    tell(.info, "runtime", text + forced, at: now)
    return .done(text + forced)
  }

  mutating func switchMode(_ name: String, at now: Moment) -> Outcome {
    guard let mode = ZarbMode(rawValue: name) else {
      return .wrong("The mode must be normal_arb or zero_wear")
    }
    self.mode = mode
    tell(.info, "runtime", "Mode \(name)", at: now)
    return .done("The mode is \(name)")
  }

  /// (S1-79)
  mutating func flatten(_ symbol: String, at now: Moment) -> (outcome: Outcome, orders: Int) {
    guard let index = index(of: symbol) else { return (.refused("There is no \(symbol) here"), 0) }
    guard symbols[index].work == nil, !isResuming(index) else {
      return (.refused("\(symbol) has orders under way: try again when they are done"), 0)
    }
    if let blockade { return (.refused("Blocked: \(blockade)"), 0) }
    guard let direction = held(index) else { return (.done("\(symbol) has no position"), 0) }
    let count = [net(index).first, net(index).second].count { !$0.isZero }
    begin(index, .init(kind: .flatten, direction: direction, sizes: []), "by hand", at: now)
    return (.done("\(symbol) is being closed"), count)
  }

  /// Only one that both venues have now. (S1-81)
  mutating func choose(_ symbol: String, isForced: Bool, at now: Moment) -> Outcome {
    guard engine == .stopped else { return .refused("Stop the engine first") }
    refreshSpreads(isForced: isForced, at: now)
    guard scanner.rows(.init()).contains(where: { $0.symbol == symbol }) else {
      return .refused("\(symbol) is not among the pairs that both venues have now")
    }
    select(symbol)
    return .done("\(symbol) is chosen")
  }

  /// It is traded beside the configured ones.
  private mutating func select(_ symbol: String) {
    selection = symbol
    guard index(of: symbol) == nil,
      let pair = scanner.pairs.first(where: { $0.symbol == symbol })
    else { return }
    symbols.append(ZarbSymbol(pair.market, settings))
    for listing in pair.market.listings {
      desk.follow(listing)
      if isConnected {
        desk.outbox.send(
          .subscribe(listing, channels: ["book"], depth: 1),
          for: .other("subscribe the book of \(listing)"))
      }
    }
  }

  /// Per symbol, and only what can be right. (S1-78)
  mutating func change(_ symbol: String, _ values: JSONFields, at now: Moment) -> Outcome {
    guard let index = index(of: symbol) else { return .wrong("There is no \(symbol) here", 404) }
    var parameters = symbols[index].parameters
    var complaints: [String] = []
    for name in values.names {
      guard Self.changeable.contains(name), let text = values.text(name),
        let parameter = ZarbSettings.parameters.first(where: { $0.name == name.dashed })
      else {
        complaints.append("there is no parameter \(name)")
        continue
      }
      if let complaint = parameter.complaint(about: text) {
        complaints.append("\(name) \(complaint)")
      } else if let value = Decimal(text) {
        parameters.set(name, value)
      }
    }
    complaints += parameters.complaints
    guard complaints.isEmpty else { return .wrong(complaints.joined(separator: "; ")) }
    symbols[index].parameters = parameters
    tell(
      .info, "runtime", "\(symbol): \(values.names.joined(separator: ", ")) changed",
      ["symbol": .text(symbol), "params": parameters.json], at: now)
    return .done("\(symbol) is changed")
  }

  private static let changeable = [
    "z_entry", "z_exit", "z_zero_entry", "z_zero_exit", "base_order_qty", "max_batch_qty",
    "max_position", "min_edge_bps", "loop_interval_ms", "rest_consistency_ms",
  ]

  // MARK: Comparing all pairs

  mutating func refreshSpreads(isForced: Bool, at now: Moment) {
    guard isForced || scanner.isDue(at: now.monotonic) else { return }
    let found = Dictionary(
      scanner.pairs.flatMap { [$0.first, $0.second] }.map { ($0, quote($0, at: now)) },
      uniquingKeysWith: { $1 })
    scanner.scan(at: now) { found[$0] ?? nil }
  }

  /// As things are now, for the stream: what pages are told otherwise stays as it is.
  func freshSpreads(at now: Moment) -> JSON {
    var fresh = scanner
    fresh.scan(at: now) { quote($0, at: now) }
    return fresh.json(limit: 10, .init())
  }

  /// Pairs with enough samples, of all; and whether market pages may be shown. (S1-22)
  func warmup(at now: Moment) -> (isOver: Bool, ready: Int, total: Int) {
    let total = scanner.pairs.count
    let ready = scanner.pairs.count { board.samples($0.symbol) >= settings.window.least }
    let isLate = now.monotonic >= began.monotonic + settings.warmup.timeout
    let isWarm = total > 0 && ready == total
    return (!settings.warmup.isEnabled || isWarm || isLate, ready, total)
  }
}

extension ZarbParameters {
  mutating func set(_ name: String, _ value: Decimal) {
    switch name {
    case "z_entry": entry[.normal] = value
    case "z_exit": exit[.normal] = value
    case "z_zero_entry": entry[.zeroWear] = value
    case "z_zero_exit": exit[.zeroWear] = value
    case "base_order_qty": sizes.base = value
    case "max_batch_qty": sizes.maxBatch = value
    case "max_position": sizes.maxPosition = value
    case "min_edge_bps": minEdge = value
    case "loop_interval_ms": interval = Self.span(value)
    case "rest_consistency_ms": consistencyInterval = Self.span(value)
    default: break
    }
  }

  private static func span(_ milliseconds: Decimal) -> UInt64 {
    Nanoseconds.milliseconds(Int(milliseconds.description) ?? 0)
  }

  var json: JSON {
    [
      "z_entry": .optional(entry[.normal]), "z_exit": .optional(exit[.normal]),
      "z_zero_entry": .optional(entry[.zeroWear]), "z_zero_exit": .optional(exit[.zeroWear]),
      "base_order_qty": .number(sizes.base), "max_batch_qty": .number(sizes.maxBatch),
      "max_position": .number(sizes.maxPosition), "min_edge_bps": .number(minEdge),
      "loop_interval_ms": .integer(Int64(interval / 1_000_000)),
      "rest_consistency_ms": .integer(Int64(consistencyInterval / 1_000_000)),
    ]
  }
}

extension ZarbSettings {
  /// What arms a gateway. (`PROTOCOL.md`, section 7)
  static let gatewayConfirmation = "ENABLE_LIVE_ORDER"
}

extension String {
  fileprivate var dashed: String { String(map { $0 == "_" ? "-" : $0 }) }

  var trimmingSpaces: String {
    var text = self[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
