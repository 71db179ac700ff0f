import PerpCore

extension MakerSettings {
  package static let parameters: [Parameter] =
    [
      Parameter("preset", .choice(["v1", "v2"]), default: "v1", "a set of defaults"),
      Parameter(
        "engine", .choice(QuoteModel.Engine.allCases.map(\.rawValue)), default: "v1",
        presets: ["v2": "v2"], "how quotes are computed, and what keeps entries away"),
      Parameter("ticker", .text, default: "BTC", "the asset"),
      Parameter("venue", .text, default: "paradex", "where quotes are"),
      Parameter("paradex.market", .text, default: "", "its market; empty: <ticker>-USD-PERP"),
      Parameter(
        "paradex.profile", .choice(["retail", "pro"]), default: "retail", presets: ["v2": "pro"],
        "the account's profile, for people: limits and fees are settings of their own"),
      Parameter(
        "paradex.env", .choice(["mainnet", "testnet"]), default: "mainnet",
        "the venue's environment, for a gateway that is started here"),
      Parameter("testnet", .flag, default: "false", "the same as --paradex.env testnet"),
      Parameter("dry-run", .flag, default: "false", "send no orders, and log what they would be"),
      Parameter("live", .flag, default: "false", "allow orders at venues that are not simulated"),
      Parameter(
        "confirm", .text, default: "", "must be ENABLE_LIVE_ORDER for --live to take effect"),
    ] + strategyParameters + riskParameters

  private static let span = Decimal.zero...Decimal(1_000_000)
  private static let part = Decimal.zero...Decimal(1)

  private static let strategyParameters: [Parameter] = [
    amount("strategy.gamma", "0.3", "0.03", "aversion to risk"),
    amount("strategy.kappa", "1.5", "0.60", "half spread for each quote unit of volatility"),
    Parameter(
      "strategy.model", .choice(Pricing.allCases.map(\.rawValue)), default: "reference",
      "how quotes are priced: by the reference, or by a model that gamma and kappa are then of"),
    Parameter(
      "strategy.horizon", .seconds(span), default: "0",
      "of avellaneda_stoikov: seconds of each horizon, one after the other; 0: none"),
    Parameter(
      "strategy.intensity", .decimal(Parameter.amounts, above: true), default: "1",
      "of glft: A of orders that take, A * e^(-k * distance) a second, of both sides"),
    Parameter(
      "strategy.decay", .decimal(Parameter.amounts, above: true), default: "1",
      "of glft: its k, for each quote unit of distance"),
    Parameter(
      "strategy.fit_arrivals", .choice(["true", "false"]), default: "true",
      "of glft: whether A and k are fitted to trades, once there are enough"),
    Parameter(
      "strategy.arrival_window", .seconds(Decimal(1)...Decimal(86_400)), default: "600",
      "seconds of trades that are fitted"),
    Parameter(
      "strategy.arrival_refit", .seconds(Decimal(1)...Decimal(3_600)), default: "5",
      "seconds between fits"),
    Parameter(
      "strategy.arrival_min", .integer(2...10_000), default: "50",
      "orders that must have come before they are fitted"),
    Parameter(
      "strategy.shape", .decimal(Decimal.zero...Decimal(100)), default: "0",
      "what adds to a position has e^(-shape * part) of its size; 0: as the engine has it"),
    Parameter(
      "strategy.middle", .choice(Middle.allCases.map(\.rawValue)), default: "mid",
      "what the fair price begins with: the middle, or what sizes weigh, at the best prices or of "
        + "obi.depth levels"),
    amount("pressure.shift", "0", "0", "quote units for each deviation of the book's pressure"),
    Parameter(
      "pressure.band", .decimal(Decimal.zero...Decimal(100)), default: "0.1",
      "per cent of the middle within which sizes count, of obi.depth levels"),
    Parameter(
      "pressure.window", .integer(2...100_000), default: "120", "looks that it is measured by"),
    amount("strategy.min_half_spread", "1.0", "10.0", "quote units"),
    amount("strategy.spread_factor", "0.4", "0.30", "half spread as part of the market's spread"),
    Parameter(
      "strategy.refresh_interval", .seconds(Decimal(mantissa: 1, scale: 1)...Decimal(3_600)),
      default: "8.0", presets: ["v2": "3.0"], "seconds between new quotes"),
    Parameter(
      "strategy.base_size", .decimal(Parameter.amounts, above: true), default: "0.0003",
      presets: ["v2": "0.003"], "base units of each quote"),
    Parameter(
      "strategy.max_position", .decimal(Parameter.amounts, above: true), default: "0.001",
      presets: ["v2": "0.01"], "base units"),
    Parameter(
      "strategy.vol_window", .integer(TickVolatility.fewest...100_000), default: "60",
      "middles that volatility is taken from; the second engine takes candles"),
    amount("strategy.min_sigma", "1", "15", "quote units of volatility at least"),
    Parameter(
      "strategy.vol_lambda_up", .decimal(part), default: "0.70",
      "what the past counts for when volatility rises, of the second engine"),
    Parameter(
      "strategy.vol_lambda_down", .decimal(part), default: "0.95",
      "what the past counts for when volatility falls, of the second engine"),
    Parameter(
      "strategy.momentum_window", .seconds(Decimal(1)...Decimal(60)), default: "45",
      "seconds of a move, of the second engine"),
    amount("strategy.momentum_threshold", "60", "60", "quote units of a move that stop entries"),
    amount("strategy.vol_pause_threshold", "120", "120", "quote units of a minute's range"),
    Parameter(
      "strategy.warmup_seconds", .seconds(span), default: "0", presets: ["v2": "15"],
      "seconds without quotes at first"),
    Parameter(
      "small_size", .choice(QuoteModel.SmallSize.allCases.map(\.rawValue)), default: "zero",
      presets: ["v2": "min"], "what becomes of a size below what the venue takes"),
    Parameter(
      "obi.enabled", .choice(["true", "false"]), default: "true",
      "whether the book's imbalance counts"),
    Parameter(
      "obi.alpha", .decimal(part), default: "0.3", presets: ["v2": "0.5"],
      "what a new look at the book counts for"),
    Parameter(
      "obi.threshold", .decimal(part), default: "0.3", presets: ["v2": "0.40"],
      "imbalance that counts"),
    amount("obi.delta", "0.3", "0", "spreads that the fair price is moved, at an imbalance of 1"),
    Parameter(
      "obi.depth", .integer(1...100), default: "5", presets: ["v2": "10"], "levels of each side"),
    amount("maker_fee_rate", "0", "0.00003", "part of the value, for the breakeven spread"),
    amount("taker_fee_rate", "0", "0.0002", "part of the value"),
  ]

  private static let riskParameters: [Parameter] = [
    amount("risk.max_loss_per_trade", "0.30", "3", "quote units, of the second engine"),
    amount("risk.max_loss_per_hour", "0.50", "10", "quote units that may be lost in a UTC hour"),
    amount("risk.max_loss_per_day", "1.00", "25", "quote units that may be lost in a UTC day"),
    amount("risk.max_unrealized_loss", "0.30", "4.00", "quote units before an exit at once"),
    Parameter(
      "risk.inventory_timeout", .seconds(span), default: "120", presets: ["v2": "30"],
      "seconds that are held before the exit is quoted at the touch"),
    Parameter(
      "risk.emergency_timeout", .seconds(span), default: "300", presets: ["v2": "90"],
      "seconds that are held before an exit at any price within reason"),
    Parameter(
      "risk.consecutive_loss_pause", .integer(0...1_000), default: "5",
      "losses in a row before a pause, of the second engine; 0 for any"),
    Parameter(
      "risk.consecutive_loss_cooldown", .seconds(span), default: "60",
      "seconds of the first pause, of the second engine"),
    Parameter(
      "emergency_maker_wait", .seconds(Decimal.zero...Decimal(600)), default: "3",
      "seconds that such an exit may rest, unless a loss presses"),
    amount("emergency_slippage", "30", "30", "quote units beyond the touch it may cost"),
    limit("per_second", "2", "100"),
    limit("per_minute", "25", "5000"),
    limit("per_hour", "280", "50000"),
    limit("per_day", "950", "500000"),
    Parameter(
      "schedule.active_hours_utc", .text, default: "7-16", presets: ["v2": "5-21"],
      "hours with quotes, both ends included"),
    Parameter(
      "schedule.pause_hours_utc", .text, default: "21,22,23,0-5", presets: ["v2": "22,23,0-4"],
      "hours without; hours on neither list have none"),
    Parameter(
      "logging.console_interval", .seconds(Decimal(1)...Decimal(86_400)), default: "30",
      presets: ["v2": "10"], "seconds between lines of status"),
  ]

  private static func amount(
    _ name: String, _ first: String, _ second: String, _ meaning: String
  ) -> Parameter {
    Parameter(
      name, .decimal(Parameter.amounts), default: first, presets: ["v2": second], meaning)
  }

  private static func limit(_ name: String, _ first: String, _ second: String) -> Parameter {
    Parameter(
      "rate_limit.\(name)", .integer(1...10_000_000), default: first, presets: ["v2": second],
      "orders and cancels")
  }
}
