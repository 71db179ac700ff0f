import PerpCore

/// What the funding strategy is told by its user. (B-14)
package struct FundingSettings: Sendable {
  package enum Sizing: Equatable, Sendable {
    /// Base units of each leg.
    case size(Decimal)
    /// Quote units of each leg.
    case notional(Decimal)
  }

  /// Assets, each of which has at most one pair.
  package var tickers: [String]
  package var venues: [String]
  /// The better quote assets first.
  package var quotes = ["USD", "USDC", "USDT"]
  package var sizing: Sizing
  /// Parts of the value a day: what opens a pair, and what closes it.
  package var minDifference = Decimal(mantissa: 1, scale: 3)
  package var stopDifference = Decimal(mantissa: -1, scale: 3)
  /// Part of a leg's value.
  package var takeProfit = Decimal(mantissa: 1, scale: 2)
  /// Fees and slippage must be less than what its `hold` brings.
  package var edge = EdgeSettings()
  package var breaker = CircuitBreaker.Settings()
  /// Failed entries in a row after which there are none any more until people look; 0 for never.
  package var maxFailures = 2
  /// Nanoseconds; 0 for any.
  package var maxHold: UInt64 = 0
  package var interval = Nanoseconds.seconds(1)
  /// Without another trade of the same asset, after a close and after failures.
  package var pause = Nanoseconds.seconds(20)
  package var stateLine = Nanoseconds.seconds(300)
  package var fillTimeout = Nanoseconds.seconds(5)
  /// Part of the price.
  package var offset = Decimal(mantissa: 5, scale: 3)
  package var sendsOrders = true
  package var liveConfirmation: String?

  package init(tickers: [String], venues: [String], _ sizing: Sizing) {
    (self.tickers, self.venues, self.sizing) = (tickers, venues, sizing)
    (edge.minimum, edge.hold) = (.zero, Nanoseconds.seconds(86_400))
    breaker.longest = Nanoseconds.seconds(86_400)
  }

  package static let parameters: [Parameter] = own + EdgeSettings.costs

  private static let own: [Parameter] = [
    Parameter("tickers", .text, default: "BTC,ETH", "assets, each of which has at most one pair"),
    Parameter("venues", .text, default: "paradex,edgex,lighter,grvt", "where they are traded"),
    Parameter(
      "quotes", .text, default: "USD,USDC,USDT",
      "quote assets of their markets, of several at a venue the first"),
    Parameter(
      "size", .decimal(Parameter.amounts, above: true), default: "",
      "base units of each leg; or --notional"),
    Parameter(
      "notional", .decimal(Parameter.amounts, above: true), default: "",
      "quote units of each leg; or --size"),
    Parameter(
      "min-difference", .decimal(Decimal.zero...percents, above: true), default: "0.1",
      "per cent a day that funding must differ by for a pair to be opened"),
    Parameter(
      "stop-difference", .decimal(percents.negated...percents), default: "-0.1",
      "per cent a day below which what a pair is paid closes it"),
    Parameter(
      "recovery-hours", .decimal(Decimal.zero...hours, above: true), default: "24",
      "hours in which funding must bring what entry and exit cost"),
    Parameter(
      "take-profit", .decimal(Decimal.zero...percents, above: true), default: "1",
      "per cent of a leg's value, funding and the fees of closing counted"),
    Parameter(
      "hold-hours", .decimal(Decimal.zero...hours), default: "0",
      "hours after which a pair is closed; 0 for any"),
    Parameter(
      "max-loss", .decimal(Parameter.amounts), default: "10",
      "quote units that a pair may lose before entries pause"),
    Parameter(
      "losses-in-a-row", .integer(0...1_000), default: "3",
      "pairs that lose before entries pause; 0 for any"),
    Parameter(
      "loss-pause", .seconds(span), default: "3600",
      "seconds without entries then, twice as long each time that follows"),
    Parameter(
      "max-failures", .integer(0...1_000), default: "2",
      "failed entries in a row after which there are no more; 0 for never"),
    Parameter(
      "interval", .seconds(Decimal(mantissa: 1, scale: 2)...Decimal(60)), default: "1",
      "seconds between looks at the markets"),
    Parameter(
      "trade-pause", .seconds(span), default: "20",
      "seconds without another trade of an asset after a close, and after failures"),
    Parameter("state-line", .seconds(span), default: "300", "seconds between lines of state"),
    Parameter("fill-timeout", .seconds(span), default: "5", "seconds for an order to end"),
    Parameter(
      "aggressive-offset", .decimal(Decimal.zero...Decimal(1)), default: "0.005",
      "part of the price that an order which takes may cost"),
    Parameter("dry-run", .flag, default: "false", "send no orders"),
    Parameter("live", .flag, default: "false", "allow orders at venues that are not simulated"),
    Parameter(
      "confirm", .text, default: "", "must be ENABLE_LIVE_ORDER for --live to take effect"),
  ]

  private static let percents = Decimal(1_000)
  private static let hours = Decimal(8_760)
  private static let span = Decimal.zero...Decimal(1_000_000)

  package init(_ settings: Settings) throws(Settings.Problem) {
    var complaints: [String] = []
    let tickers = Self.list(settings.text("tickers").uppercased())
    if tickers.isEmpty || !tickers.allSatisfy({ $0.allSatisfy { $0.isLetter || $0.isNumber } }) {
      complaints.append("--tickers: \"\(settings.text("tickers"))\" is not like BTC,ETH")
    }
    let venues = Self.list(settings.text("venues"))
    if Set(venues).count < 2 {
      complaints.append("--venues: \"\(settings.text("venues"))\" are not two venues")
    }
    let sizing = Self.sizing(settings)
    if sizing == nil { complaints.append("either --size or --notional says how large a leg is") }
    if settings.flag("live"), settings.text("confirm") != SpreadSettings.confirmation {
      complaints.append("--live needs --confirm \(SpreadSettings.confirmation)")
    }
    guard complaints.isEmpty, let sizing else { throw Settings.Problem(lines: complaints) }
    self.init(tickers: tickers, venues: venues, sizing)
    edge = try EdgeSettings(settings, venues: venues, minimum: .zero)
    edge.hold = Self.hours("recovery-hours", settings)
    quotes = Self.list(settings.text("quotes").uppercased())
    minDifference = Self.part("min-difference", settings)
    stopDifference = Self.part("stop-difference", settings)
    takeProfit = Self.part("take-profit", settings)
    maxHold = Self.hours("hold-hours", settings)
    breaker.maxLoss = settings.decimal("max-loss")
    breaker.lossesInARow = settings.integer("losses-in-a-row")
    breaker.cooldown = settings.span("loss-pause")
    maxFailures = settings.integer("max-failures")
    (interval, pause) = (settings.span("interval"), settings.span("trade-pause"))
    (stateLine, fillTimeout) = (settings.span("state-line"), settings.span("fill-timeout"))
    offset = settings.decimal("aggressive-offset")
    sendsOrders = !settings.flag("dry-run")
    liveConfirmation = settings.flag("live") ? SpreadSettings.confirmation : nil
  }

  /// Each once.
  private static func list(_ text: String) -> [String] {
    text.split { $0 == "," || $0.isWhitespace }.map(String.init).reduce(into: []) { list, word in
      if !list.contains(word) { list.append(word) }
    }
  }

  private static func sizing(_ settings: Settings) -> Sizing? {
    switch (settings.text("size").isEmpty, settings.text("notional").isEmpty) {
    case (false, true): .size(settings.decimal("size"))
    case (true, false): .notional(settings.decimal("notional"))
    default: nil
    }
  }

  private static func part(_ name: String, _ settings: Settings) -> Decimal {
    settings.decimal(name).over(Decimal(100), places: 18)
  }

  /// As nanoseconds.
  private static func hours(_ name: String, _ settings: Settings) -> UInt64 {
    let time = settings.decimal(name).times(Decimal(3_600_000_000_000)).floored(to: Decimal(1))
    return UInt64(clamping: time.rescaled(to: 0)?.mantissa ?? 0)
  }

  /// Markets are added as they are traded on.
  func desk(_ ledger: Ledger) -> Desk.Settings {
    var desk = Desk.Settings(name: "funding", listings: ledger.listings)
    let size =
      switch sizing {
      case .size(let size): "size \(size)"
      case .notional(let value): "notional \(value)"
      }
    desk.cautions =
      "\(tickers.joined(separator: " ")) at \(venues.joined(separator: " ")), \(size)"
    (desk.sendsOrders, desk.liveConfirmation) = (sendsOrders, liveConfirmation)
    (desk.trade.fillTimeout, desk.trade.offset, desk.trade.prefix) = (fillTimeout, offset, "fund")
    return desk
  }
}
