import PerpCore

extension ZarbSettings {
  /// What the pairs are unless they are told. (S1-06)
  package static let assets = [
    "BTC", "ETH", "SOL", "XRP", "DOGE", "ADA", "LINK", "AVAX", "DOT", "LTC",
  ]

  package static let parameters: [Parameter] =
    [
      Parameter(
        "simulated-market-data", .flag, default: "", variable: "ARB_SIMULATED_MARKET_DATA",
        "make prices up; as --dry-run unless it is told"),
      Parameter(
        "live-order-enabled", .flag, default: "", variable: "ARB_LIVE_ORDER_ENABLED",
        "send orders; the opposite of --dry-run unless it is told"),
      Parameter(
        "dry-run", .flag, default: "true", variable: "ARB_DRY_RUN",
        "what the two above are where they are not told"),
      Parameter(
        "autostart", .flag, default: "false", variable: "ARB_AUTOSTART",
        "start the engine with the first of the pairs that has quotes, once; else by the console"),
      Parameter(
        "confirm-text", .text, default: "ENABLE_LIVE_ORDER",
        variable: "ARB_ENABLE_LIVE_ORDER_CONFIRM_TEXT", "what must be typed to enable orders"),
      Parameter(
        "mode", .text, default: ZarbMode.normal.rawValue, variable: "ARB_DEFAULT_MODE",
        "normal_arb, or zero_wear for volume; anything else is normal_arb"),
      Parameter(
        "symbols", .text, default: "", variable: "ARB_SYMBOLS",
        "pairs, such as BTC-PERP,ETH-PERP; empty: ten of them"),
      Parameter(
        "paradex-markets", .text, default: "", variable: "PARADEX_MARKETS",
        "one for each symbol, such as BTC-USD-PERP or BTC/USD:USDC"),
      Parameter(
        "grvt-markets", .text, default: "", variable: "GRVT_MARKETS",
        "one for each symbol, such as BTC_USDT_Perp"),
      Parameter(
        "recommended-leverages", .text, default: "", variable: "ARB_RECOMMENDED_LEVERAGES",
        "one for each symbol, at least 1; 2 where there is none"),
    ] + signalParameters + EdgeSettings.parameters + guardParameters + serverParameters

  private static let signalParameters: [Parameter] = [
    Parameter(
      "ma-window", .integer(2...100_000), default: "120", variable: "ARB_MA_WINDOW",
      "samples of the mean"),
    Parameter(
      "std-window", .integer(2...100_000), default: "120", variable: "ARB_STD_WINDOW",
      "samples of the standard deviation"),
    Parameter(
      "min-samples", .integer(2...100_000), default: "60", variable: "ARB_MIN_SAMPLES",
      "samples before there are signals"),
    Parameter(
      "half-lives", .decimal(Decimal(mantissa: 1, scale: 1)...Decimal(1_000)), default: "",
      variable: "ARB_HALF_LIVES",
      "half-lives of the series in which a sample counts half; empty: all samples count alike"),
    Parameter(
      "max-sigma-bps", .decimal(Parameter.amounts, above: true), default: "",
      variable: "ARB_MAX_SIGMA_BPS", "deviation above which nothing is opened; empty: any"),
    Parameter(
      "z-entry", .decimal(scores, above: true), default: "1.8", variable: "ARB_Z_ENTRY",
      "standard deviations from the mean at which a pair is opened"),
    Parameter(
      "z-exit", .decimal(scores), default: "0.6", variable: "ARB_Z_EXIT",
      "those within which it is closed"),
    Parameter(
      "z-zero-entry", .decimal(scores, above: true), default: "1.2", variable: "ARB_Z_ZERO_ENTRY",
      "the same of zero_wear"),
    Parameter(
      "z-zero-exit", .decimal(scores), default: "0.3", variable: "ARB_Z_ZERO_EXIT",
      "the same of zero_wear"),
    Parameter(
      "min-edge-bps", .decimal(Parameter.anyAmount), default: "1.0", variable: "ARB_MIN_EDGE_BPS",
      "what an opening must bring at executable prices, fees on top; 0.7 of it in zero_wear"),
    Parameter(
      "fee-bps", .decimal(Parameter.amounts), default: "0", variable: "ARB_FEE_BPS",
      "what both legs cost together"),
    Parameter(
      "series", .choice(ScoreSeries.allCases.map(\.rawValue)), default: "mid",
      variable: "ARB_SERIES", "what the statistics are of"),
    Parameter(
      "base-order-qty", .decimal(Parameter.amounts, above: true), default: "0.001",
      variable: "ARB_BASE_ORDER_QTY", "base units of the first batch"),
    Parameter(
      "max-batch-qty", .decimal(Parameter.amounts, above: true), default: "0.005",
      variable: "ARB_MAX_BATCH_QTY", "base units of a batch at most"),
    Parameter(
      "max-position", .decimal(Parameter.amounts), default: "0.1", variable: "ARB_MAX_POSITION",
      "base units that a position may reach"),
    Parameter(
      "leg-style", .choice(LegStyle.allCases.map(\.rawValue)), default: "taker_taker",
      variable: "ARB_LEG_STYLE", "how both legs of an opening follow each other"),
    Parameter(
      "hedge-retries", .integer(1...100), default: "3", variable: "ARB_HEDGE_RETRIES",
      "prices at which an order rests, and at which a hedge is tried again"),
    Parameter(
      "hedge-wait-ms", .integer(10...600_000), default: "1500", variable: "ARB_HEDGE_WAIT_MS",
      "that an order rests at a price"),
  ]

  private static let guardParameters: [Parameter] =
    [
      Parameter(
        "loop-interval-ms", .integer(10...60_000), default: "100", variable: "ARB_LOOP_INTERVAL_MS",
        "between looks at a symbol"),
      Parameter(
        "position-sync-ms", .integer(100...600_000), default: "1500",
        variable: "ARB_POSITION_SYNC_MS", "between questions for positions"),
      Parameter(
        "rest-consistency-ms", .integer(10...600_000), default: "1000",
        variable: "ARB_REST_CONSISTENCY_MS", "between comparisons with the second source"),
      Parameter(
        "stale-ms", .integer(1...600_000), default: "1200", variable: "ARB_STALE_MS",
        "that a quote is good for"),
      Parameter(
        "consistency-tol-bps", .decimal(Parameter.amounts), default: "2.0",
        variable: "ARB_CONSISTENCY_TOL_BPS", "by which both sources may differ"),
      Parameter(
        "consistency-max-failures", .integer(1...1_000), default: "3",
        variable: "ARB_CONSISTENCY_MAX_FAILURES", "differences in a row that stop openings"),
      Parameter(
        "ws-idle-timeout-sec", .integer(1...3_600), default: "8",
        variable: "ARB_WS_IDLE_TIMEOUT_SEC", "without data after which a venue is not connected"),
      Parameter(
        "health-fail-threshold", .integer(1...1_000), default: "3",
        variable: "ARB_HEALTH_FAIL_THRESHOLD", "failed checks in a row that stop openings"),
      Parameter(
        "health-cache-ms", .integer(10...600_000), default: "3000", variable: "ARB_HEALTH_CACHE_MS",
        "between checks"),
      Parameter(
        "net-pos-guard-mult", .decimal(Parameter.amounts, above: true), default: "1.5",
        variable: "ARB_NET_POS_GUARD_MULT", "base orders of net position that are levelled"),
      Parameter(
        "hard-net-limit-mult", .decimal(Parameter.amounts, above: true), default: "3.0",
        variable: "ARB_HARD_NET_LIMIT_MULT", "base orders of net position at which all is closed"),
    ]
    + ["paradex", "grvt"].flatMap { venue in
      [("market-data", "15", "25"), ("order", "8", "12")].flatMap { use, rate, capacity in
        let variable = "ARB_RL_\(venue)_\(use)".uppercased().replacingDashes
        return [
          Parameter(
            "rl-\(venue)-\(use)-rate", .integer(1...10_000), default: rate,
            variable: "\(variable)_RATE", "tokens a second"),
          Parameter(
            "rl-\(venue)-\(use)-cap", .integer(1...10_000), default: capacity,
            variable: "\(variable)_CAP", "tokens at most"),
        ]
      }
    }

  private static let serverParameters: [Parameter] = [
    Parameter(
      "sqlite-path", .text, default: "data/arbbot.db", variable: "ARB_SQLITE_PATH",
      "the database"),
    Parameter(
      "csv-dir", .text, default: "data/csv", variable: "ARB_CSV_DIR", "where tables go"),
    Parameter(
      "web-host", .choice(["127.0.0.1", "0.0.0.0"]), default: "127.0.0.1",
      variable: "ARB_WEB_HOST", "where the console listens; 0.0.0.0 is everywhere"),
    Parameter(
      "web-port", .integer(1...65_535), default: "8000", variable: "ARB_WEB_PORT",
      "its port"),
    Parameter(
      "web-log-level", .choice(LogLevel.allCases.map(\.rawValue)), default: "info",
      variable: "ARB_WEB_LOG_LEVEL", "what of the console goes to the log"),
    Parameter(
      "web-allowed-hosts", .text, default: "", variable: "ARB_WEB_ALLOWED_HOSTS",
      "names by which a proxy is called, with ports other than 80 and 443"),
    Parameter(
      "token-file", .text, default: "", variable: "ARB_WEB_TOKEN_FILE",
      "a file of mode 0600 with the console's token; empty: a new one with each start"),
    Parameter(
      "credentials-dir", .text, default: "credentials", variable: "ARB_CREDENTIALS_DIR",
      "where credentials are kept that the console is given"),
    Parameter(
      "market-warmup-enabled", .flag, default: "true", variable: "ARB_MARKET_WARMUP_ENABLED",
      "compare all pairs from the start"),
    Parameter(
      "market-api-require-warmup", .flag, default: "true",
      variable: "ARB_MARKET_API_REQUIRE_WARMUP", "no market pages before"),
    Parameter(
      "market-warmup-timeout-sec", .integer(1...86_400), default: "90",
      variable: "ARB_MARKET_WARMUP_TIMEOUT_SEC", "after which there are in any case"),
    Parameter(
      "market-warmup-scan-interval-ms", .integer(50...600_000), default: "2000",
      variable: "ARB_MARKET_WARMUP_SCAN_INTERVAL_MS", "between samples of all pairs"),
    Parameter(
      "market-history-retention", .integer(200...1_000_000), default: "2000",
      variable: "ARB_MARKET_HISTORY_RETENTION", "spreads of a pair that are kept"),
    Parameter(
      "seed", .integer(0...1_000_000_000), default: "1", variable: "ARB_SEED",
      "of prices that are made up"),
  ]

  private static let scores = Decimal.zero...Decimal(1_000)
}

// MARK: - Reading them

extension ZarbSettings {
  package init(_ settings: Settings) throws(Settings.Problem) {
    self.init()
    let isDry = settings.flag("dry-run")
    simulatesData =
      settings.isTold("simulated-market-data") ? settings.flag("simulated-market-data") : isDry
    sendsOrders =
      settings.isTold("live-order-enabled") ? settings.flag("live-order-enabled") : !isDry
    startsByItself = settings.flag("autostart")
    confirmation = settings.text("confirm-text")
    mode = ZarbMode(rawValue: settings.text("mode")) ?? .normal
    var complaints: [String] = []
    markets = Self.markets(settings, &complaints)
    readSignal(settings)
    edge = try EdgeSettings(settings, venues: [venues.first, venues.second])
    readGuards(settings)
    readServer(settings)
    complaints += parameters.complaints
    if flattenAt <= rebalanceAt {
      complaints.append("--hard-net-limit-mult must be above --net-pos-guard-mult")
    }
    if simulatesData, sendsOrders {
      complaints.append("orders cannot be sent on prices that are made up: set one of both")
    }
    guard complaints.isEmpty else { throw Settings.Problem(lines: complaints) }
  }

  private mutating func readSignal(_ settings: Settings) {
    window.mean = settings.integer("ma-window")
    window.deviation = settings.integer("std-window")
    window.least = settings.integer("min-samples")
    func statistic(_ name: String) -> Double? {
      settings.text(name).isEmpty ? nil : settings.decimal(name).approximate
    }
    (window.halfLives, window.mostDeviation) = (statistic("half-lives"), statistic("max-sigma-bps"))
    parameters.entry = [
      .normal: settings.decimal("z-entry"), .zeroWear: settings.decimal("z-zero-entry"),
    ]
    parameters.exit = [
      .normal: settings.decimal("z-exit"), .zeroWear: settings.decimal("z-zero-exit"),
    ]
    parameters.minEdge = settings.decimal("min-edge-bps")
    parameters.sizes.base = settings.decimal("base-order-qty")
    parameters.sizes.maxBatch = settings.decimal("max-batch-qty")
    parameters.sizes.maxPosition = settings.decimal("max-position")
    parameters.interval = settings.milliseconds("loop-interval-ms")
    parameters.consistencyInterval = settings.milliseconds("rest-consistency-ms")
    fees = settings.decimal("fee-bps")
    series = ScoreSeries(rawValue: settings.text("series")) ?? .mid
    order(
      LegStyle(rawValue: settings.text("leg-style")) ?? .takerTaker,
      tries: settings.integer("hedge-retries"), wait: settings.milliseconds("hedge-wait-ms"))
  }

  /// A hedge that takes is tried once after those that rested, or after its retries. (S1-47)
  mutating func order(
    _ style: LegStyle, tries: Int = 3, wait: UInt64 = Nanoseconds.milliseconds(1_500)
  ) {
    legStyle = style
    (trade.resting.tries, trade.resting.wait) = (tries, wait)
    trade.hedgeTries = style == .makerTaker ? tries + 1 : 1
  }

  private mutating func readGuards(_ settings: Settings) {
    positionInterval = settings.milliseconds("position-sync-ms")
    staleness = settings.milliseconds("stale-ms")
    tolerance = settings.decimal("consistency-tol-bps")
    consistencyFailures = settings.integer("consistency-max-failures")
    idleTimeout = Nanoseconds.seconds(settings.integer("ws-idle-timeout-sec"))
    healthFailures = settings.integer("health-fail-threshold")
    healthInterval = settings.milliseconds("health-cache-ms")
    rebalanceAt = settings.decimal("net-pos-guard-mult")
    flattenAt = settings.decimal("hard-net-limit-mult")
    for venue in [venues.first, venues.second] {
      var rates = ZarbRates()
      rates.data.rate = settings.integer("rl-\(venue)-market-data-rate")
      rates.data.capacity = settings.integer("rl-\(venue)-market-data-cap")
      rates.orders.rate = settings.integer("rl-\(venue)-order-rate")
      rates.orders.capacity = settings.integer("rl-\(venue)-order-cap")
      self.rates[venue] = rates
    }
  }

  private mutating func readServer(_ settings: Settings) {
    webHost = settings.text("web-host")
    webPort = settings.integer("web-port")
    warmup.isEnabled = settings.flag("market-warmup-enabled")
    warmup.isRequired = settings.flag("market-api-require-warmup")
    warmup.timeout = Nanoseconds.seconds(settings.integer("market-warmup-timeout-sec"))
    warmup.scanInterval = settings.milliseconds("market-warmup-scan-interval-ms")
    warmup.retention = settings.integer("market-history-retention")
    seed = UInt64(settings.integer("seed"))
  }

  /// Lists are matched by position; what is missing in one is made of the symbol.
  private static func markets(_ settings: Settings, _ complaints: inout [String]) -> [ZarbMarket] {
    let symbols = list(settings.text("symbols"))
    let names = symbols.isEmpty ? assets.map { "\($0)-PERP" } : symbols
    let firsts = list(settings.text("paradex-markets"))
    let seconds = list(settings.text("grvt-markets"))
    let leverages = list(settings.text("recommended-leverages"))
    return names.enumerated().compactMap { index, name in
      let base = String(name.prefix { $0 != "-" })
      let first = index < firsts.count ? firsts[index] : "\(base)-USD-PERP"
      let second = index < seconds.count ? seconds[index] : "\(base)_USDT_Perp"
      guard name == "\(base)-PERP", let one = listing("paradex", first),
        let other = listing("grvt", second)
      else {
        complaints.append("symbol \"\(name)\": no markets like BTC-PERP, \(first), \(second)")
        return nil
      }
      let leverage = index < leverages.count ? Int(leverages[index]) ?? 2 : 2
      return ZarbMarket(name, first: one, second: other, leverage: max(1, leverage))
    }
  }

  private static func list(_ text: String) -> [String] {
    text.split(separator: ",").map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
  }

  /// `BTC-USD-PERP`, `BTC/USD:USDC` or `BTC_USDT_Perp`, in the words of the gateway.
  package static func listing(_ venue: String, _ text: String) -> Listing? {
    let parts = text.split { "-_/:".contains($0) }
    guard parts.count >= 2 else { return nil }
    return Symbol("\(parts[0])-\(parts[1])-PERP").map { Listing(venue, $0) }
  }
}

extension ZarbParameters {
  /// What contradicts itself. (S1-08, S1-09)
  package var complaints: [String] {
    ZarbMode.allCases.compactMap { mode in
      let (entry, exit) = (entry[mode] ?? .zero, exit[mode] ?? .zero)
      return exit < entry
        ? nil : "the exit \(exit) of \(mode.rawValue) must be below its entry \(entry)"
    }
  }
}

extension Settings {
  fileprivate func milliseconds(_ name: String) -> UInt64 {
    Nanoseconds.milliseconds(integer(name))
  }
}

extension String {
  fileprivate var replacingDashes: String { String(map { $0 == "-" ? "_" : $0 }) }
}
