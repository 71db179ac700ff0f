import PerpCore

/// What the spread strategy is told by its user. (S0-01 to S0-15)
package struct SpreadSettings: Sendable {
  package var ticker = "BTC"
  package var first: Listing
  package var second: Listing
  /// Base units of each trade.
  package var size: Decimal
  package var maxPosition: Decimal
  package var thresholds = SpreadWindow.Thresholds()
  package var forecast: SpreadForecast?
  package var minBalance = Decimal(10)
  package var warmup = 100
  package var window = 500
  /// Parts of the price.
  package var offset = Decimal(mantissa: 5, scale: 3)
  /// Hundredths of a percent.
  package var maxSlippage = 50
  /// The second venue has no book: its orders are market orders.
  package var isSecondQuoted = true
  package var edge = EdgeSettings()
  package var imbalanceThreshold = Decimal(mantissa: 1, scale: 3)
  package var imbalanceAction = ImbalanceAction.alert
  package var guards = InteractiveGuard.Settings()
  /// By what the loss of the venue's favour is known.
  package var evidence = Evidence.flags
  /// Failed trades in a row after which entries pause; 0 for never.
  package var maxFailures = 3
  /// A lost login ends the bot in good order; otherwise it waits for a new one.
  package var stopsOnLostLogin = false
  /// Nanoseconds.
  package var fillTimeout = Nanoseconds.seconds(5)
  package var cooldown = Nanoseconds.seconds(3)
  package var sampleInterval = Nanoseconds.milliseconds(900)
  package var loopInterval = Nanoseconds.seconds(1)
  package var heartbeat = Nanoseconds.seconds(300)
  package var reportInterval = Nanoseconds.seconds(1_800)
  package var imbalanceInterval = Nanoseconds.seconds(30)
  /// Orders are sent. Without it a run is dry, whatever the venues are.
  package var sendsOrders = true
  /// What arms the gateway for venues that are not simulated; nil: such venues get no orders.
  package var liveConfirmation: String?
  package var time = WallTime(offset: 0)

  package enum Evidence: String, CaseIterable, Sendable {
    /// An order without the flag, where the gateway passes flags on.
    case flags
    /// A fill at the first venue that cost a fee.
    case fees
    case none
  }

  package init(first: Listing, second: Listing, size: Decimal, maxPosition: Decimal) {
    (self.first, self.second, self.size, self.maxPosition) = (first, second, size, maxPosition)
  }

  package static let parameters: [Parameter] =
    own + EdgeSettings.parameters + VolatilityThreshold.parameters + SpreadForecast.parameters

  private static let own: [Parameter] = [
    Parameter("ticker", .text, default: "BTC", "the asset, at both venues"),
    Parameter(
      "size", .decimal(Parameter.amounts, above: true), default: nil,
      "base units of each trade, both legs; 0.001 is recommended"),
    Parameter(
      "max-position", .decimal(Parameter.anyAmount), default: nil,
      "base units that the first venue's position may reach; none are entered at 0 and below"),
    Parameter(
      "long-threshold", .decimal(Parameter.anyAmount), default: "10",
      "quote units over the mean at which the first venue is bought"),
    Parameter(
      "short-threshold", .decimal(Parameter.anyAmount), default: "10",
      "quote units over the mean at which the first venue is sold"),
    Parameter(
      "min-spread", .decimal(Parameter.anyAmount), default: "5",
      "quote units that a spread must have at least; 20 is recommended"),
    Parameter(
      "dynamic-min-spread", .decimal(Parameter.amounts), default: "0",
      "standard deviations of the latest 100 spreads that are added to min-spread"),
    Parameter("fill-timeout", .seconds(span), default: "5", "seconds for an order to end"),
    Parameter(
      "min-balance", .decimal(Parameter.amounts), default: "10",
      "collateral of either venue below which the bot stops"),
    Parameter(
      "warmup-samples", .integer(1...1_000_000), default: "100", "samples before any signal"),
    Parameter("window", .integer(1...1_000_000), default: "500", "samples that a mean is made of"),
    Parameter("trade-cooldown", .seconds(span), default: "3.0", "seconds between trades"),
    Parameter("sample-interval", .seconds(span), default: "0.9", "seconds between samples"),
    Parameter(
      "loop-interval", .seconds(Decimal(mantissa: 1, scale: 2)...Decimal(60)), default: "1.0",
      "seconds between looks at the market"),
    Parameter("heartbeat", .seconds(span), default: "300", "seconds between signs of life"),
    Parameter("report-interval", .seconds(span), default: "1800", "seconds between reports"),
    Parameter(
      "aggressive-offset", .decimal(part), default: "0.005",
      "part of the price that an order which takes may cost"),
    Parameter(
      "max-slippage", .decimal(part), default: "0.005",
      "part of the price by which a market order may be worse"),
    Parameter(
      "pause-seconds", .seconds(span), default: "600",
      "seconds without entries once the venue's favour is lost"),
    Parameter("hour-limit", .integer(1...1_000_000), default: "200", "orders an hour for nothing"),
    Parameter("day-limit", .integer(1...1_000_000), default: "1000", "orders a day for nothing"),
    Parameter("hour-guard", .integer(1...1_000_000), default: "190", "entries pause there"),
    Parameter("day-guard", .integer(1...1_000_000), default: "990", "entries pause there"),
    Parameter(
      "interactive-evidence", .choice(Evidence.allCases.map(\.rawValue)), default: "flags",
      "how the loss of the venue's favour is known"),
    Parameter(
      "imbalance-threshold", .decimal(Parameter.amounts), default: "0.001",
      "base units that both positions may differ by"),
    Parameter(
      "imbalance-action", .choice(ImbalanceAction.allCases.map(\.rawValue)), default: "alert",
      "what is done beyond"),
    Parameter(
      "max-failures", .integer(0...1_000), default: "3",
      "failed trades in a row after which entries pause; 0 for never"),
    Parameter(
      "lost-login", .choice(["hold", "stop"]), default: "hold",
      "what is done when a venue takes the login no more"),
    Parameter("first-venue", .text, default: "paradex", "the venue with a book"),
    Parameter("second-venue", .text, default: "variational", "the other venue"),
    Parameter(
      "first-market", .text, default: "", variable: "PARADEX_MARKET",
      "its market; empty: <ticker>-USD-PERP"),
    Parameter(
      "second-market", .text, default: "", variable: "VARIATIONAL_MARKET",
      "its market; empty: <ticker>-USDC-PERP"),
    Parameter(
      "second-orders", .choice(["market", "limit"]), default: "market",
      "how the second venue takes orders at once"),
    Parameter("dry-run", .flag, default: "false", "send no orders"),
    Parameter("live", .flag, default: "false", "allow orders at venues that are not simulated"),
    Parameter(
      "confirm", .text, default: "", "must be ENABLE_LIVE_ORDER for --live to take effect"),
    Parameter(
      "variational-auth-mode", .choice(["cookie", "siwe"]), default: "cookie",
      "how the gateway logs in at Variational; siwe is not supported"),
  ]

  /// Those that all bots have.
  var desk: Desk.Settings {
    var desk = Desk.Settings(name: "pv", listings: [first, second])
    desk.cautions = "\(ticker), size \(size), at most \(maxPosition)"
    desk.quoted = isSecondQuoted ? [second] : []
    desk.maxSlippage = maxSlippage
    (desk.sendsOrders, desk.liveConfirmation) = (sendsOrders, liveConfirmation)
    desk.stopsOnLostLogin = stopsOnLostLogin
    (desk.trade.fillTimeout, desk.trade.offset) = (fillTimeout, offset)
    return desk
  }

  private static let span = Decimal.zero...Decimal(1_000_000)
  private static let part = Decimal.zero...Decimal(1)
  package static let confirmation = "ENABLE_LIVE_ORDER"

  /// The venue's own name of a quoted market may stand for ours. (S0-14)
  static func symbol(_ text: String, ticker: String, quote: String) -> Symbol? {
    if text.isEmpty { return Symbol("\(ticker)-\(quote)-PERP") }
    let parts = text.split(separator: "-")
    if parts.count == 4, parts[0] == "P" { return Symbol("\(parts[1])-\(parts[2])-PERP") }
    return Symbol(text)
  }

  package init(_ settings: Settings, time: WallTime) throws(Settings.Problem) {
    let ticker = settings.text("ticker")
    var complaints: [String] = []
    let names = [("first", "USD"), ("second", "USDC")]
    let listings = names.compactMap { place, quote -> Listing? in
      let text = settings.text("\(place)-market")
      guard let symbol = Self.symbol(text, ticker: ticker, quote: quote) else {
        complaints.append("--\(place)-market: \"\(text)\" is no market like BTC-USD-PERP")
        return nil
      }
      return Listing(settings.text("\(place)-venue"), symbol)
    }
    if settings.text("variational-auth-mode") == "siwe" {
      complaints.append(
        "--variational-auth-mode siwe is not supported: log in with a browser and use cookie")
    }
    if settings.flag("live"), settings.text("confirm") != Self.confirmation {
      complaints.append("--live needs --confirm \(Self.confirmation)")
    }
    guard complaints.isEmpty, listings.count == 2 else { throw Settings.Problem(lines: complaints) }
    self.init(
      first: listings[0], second: listings[1], size: settings.decimal("size"),
      maxPosition: settings.decimal("max-position"))
    (self.ticker, self.time) = (ticker, time)
    edge = try EdgeSettings(settings, venues: listings.map(\.venue))
    thresholds.volatility = try VolatilityThreshold(settings)
    readAmounts(settings)
    readSpans(settings)
    sendsOrders = !settings.flag("dry-run")
    liveConfirmation = settings.flag("live") ? Self.confirmation : nil
  }

  private mutating func readAmounts(_ settings: Settings) {
    thresholds.long = settings.decimal("long-threshold")
    thresholds.short = settings.decimal("short-threshold")
    thresholds.floor = settings.decimal("min-spread")
    thresholds.dynamic = settings.decimal("dynamic-min-spread")
    forecast = SpreadForecast(settings)
    minBalance = settings.decimal("min-balance")
    warmup = settings.integer("warmup-samples")
    window = settings.integer("window")
    offset = settings.decimal("aggressive-offset")
    let slippage = settings.decimal("max-slippage").times(Decimal(10_000))
    maxSlippage = Int(slippage.floored(to: Decimal(1)).rescaled(to: 0)?.mantissa ?? 0)
    isSecondQuoted = settings.text("second-orders") == "market"
    imbalanceThreshold = settings.decimal("imbalance-threshold")
    imbalanceAction = ImbalanceAction(rawValue: settings.text("imbalance-action")) ?? .alert
    guards.hourLimit = settings.integer("hour-limit")
    guards.dayLimit = settings.integer("day-limit")
    guards.hourGuard = settings.integer("hour-guard")
    guards.dayGuard = settings.integer("day-guard")
    evidence = Evidence(rawValue: settings.text("interactive-evidence")) ?? .flags
    maxFailures = settings.integer("max-failures")
    stopsOnLostLogin = settings.text("lost-login") == "stop"
  }

  private mutating func readSpans(_ settings: Settings) {
    fillTimeout = settings.span("fill-timeout")
    cooldown = settings.span("trade-cooldown")
    sampleInterval = settings.span("sample-interval")
    loopInterval = settings.span("loop-interval")
    heartbeat = settings.span("heartbeat")
    reportInterval = settings.span("report-interval")
    guards.pause = settings.span("pause-seconds")
  }
}
