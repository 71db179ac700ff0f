import PerpCore

/// What the convergence strategy is told by its user. (S4-10)
package struct ConvergenceSettings: Sendable {
  package var first: Listing
  package var second: Listing
  /// Base units of each pair.
  package var amount = Decimal(mantissa: 5, scale: 3)
  /// Quote units for one base unit.
  package var openThreshold = Decimal(100)
  package var closeThreshold = Decimal(40)
  /// Beyond, a spread is taken for bad data.
  package var maxSpread = Decimal(500)
  package var maxPairs = 5
  /// Part of a pair's value.
  package var stopLoss = Decimal(mantissa: 2, scale: 1)
  /// Quote units within a UTC day; 0 for any.
  package var dailyLoss = Decimal.zero
  /// Failed entries in a row after which there are none any more until people look; 0 for never.
  package var maxFailures = 2
  /// Base units by which venue and ledger may differ before entries pause, and before people are
  /// told.
  package var pauseMismatch = Decimal(mantissa: 1, scale: 4)
  package var alertMismatch = Decimal(mantissa: 1, scale: 3)
  /// Nanoseconds.
  package var interval = Nanoseconds.seconds(1)
  package var lockAfterOpen = Nanoseconds.seconds(10)
  package var lockAfterClose = Nanoseconds.seconds(30)
  /// 0 for any.
  package var maxHold: UInt64 = 0
  package var validity = Nanoseconds.seconds(3)
  package var statistics = Nanoseconds.seconds(600)
  package var stateLine = Nanoseconds.seconds(30)
  package var verification = Nanoseconds.seconds(3_600)
  package var fillTimeout = Nanoseconds.seconds(5)
  /// Part of the price.
  package var offset = Decimal(mantissa: 5, scale: 3)
  package var edge = EdgeSettings()
  /// In place of `openThreshold` alone, which is then the least.
  package var volatility: VolatilityThreshold?
  /// Samples that a spread is judged by where its volatility counts, and nanoseconds between them.
  package var window = 500
  package var sampleInterval = Nanoseconds.seconds(1)
  package var sendsOrders = true
  package var liveConfirmation: String?

  package init(first: Listing, second: Listing) {
    (self.first, self.second) = (first, second)
  }

  package static let parameters: [Parameter] =
    own + EdgeSettings.parameters + VolatilityThreshold.parameters

  private static let own: [Parameter] = [
    Parameter("ticker", .text, default: "BTC", "the asset, at both venues"),
    Parameter(
      "amount", .decimal(Parameter.amounts, above: true), default: "0.005",
      "base units of each pair"),
    Parameter(
      "open-threshold", .decimal(Parameter.anyAmount), default: "100",
      "quote units that a spread must have for a pair to be opened"),
    Parameter(
      "close-threshold", .decimal(Parameter.anyAmount), default: "40",
      "quote units to which a pair's spread must have fallen for it to be closed"),
    Parameter(
      "max-spread", .decimal(Parameter.anyAmount), default: "500",
      "quote units beyond which a spread is taken for bad data"),
    Parameter("max-positions", .integer(1...1_000), default: "5", "pairs that are held at once"),
    Parameter(
      "stop-loss", .decimal(Decimal.zero...Decimal(100)), default: "20",
      "per cent of a pair's value that may be lost"),
    Parameter(
      "daily-loss", .decimal(Parameter.amounts), default: "0",
      "quote units that may be lost within a UTC day; 0 for any, 200 is usual"),
    Parameter(
      "max-failures", .integer(0...1_000), default: "2",
      "failed entries in a row after which there are no more; 0 for never"),
    Parameter(
      "pause-mismatch", .decimal(Parameter.amounts), default: "0.0001",
      "base units by which venue and ledger may differ before entries pause"),
    Parameter(
      "alert-mismatch", .decimal(Parameter.amounts), default: "0.001",
      "base units by which they may differ before people are told"),
    Parameter(
      "interval", .seconds(Decimal(mantissa: 1, scale: 2)...Decimal(60)), default: "1",
      "seconds between looks at the market"),
    Parameter("lock-after-open", .seconds(span), default: "10", "seconds without another entry"),
    Parameter("lock-after-close", .seconds(span), default: "30", "seconds without another entry"),
    Parameter(
      "max-hold", .seconds(span), default: "0", "seconds after which a pair is closed; 0 for any"),
    Parameter("data-validity", .seconds(span), default: "3", "seconds that a quote is good for"),
    Parameter("statistics", .seconds(span), default: "600", "seconds between statistics"),
    Parameter("state-line", .seconds(span), default: "30", "seconds between lines of state"),
    Parameter("fill-timeout", .seconds(span), default: "5", "seconds for an order to end"),
    Parameter(
      "aggressive-offset", .decimal(Decimal.zero...Decimal(1)), default: "0.005",
      "part of the price that an order which takes may cost"),
    Parameter("first-venue", .text, default: "edgex", "one venue"),
    Parameter("second-venue", .text, default: "paradex", "the other"),
    Parameter("first-market", .text, default: "", "its market; empty: <ticker>-USD-PERP"),
    Parameter("second-market", .text, default: "", "its market; empty: <ticker>-USD-PERP"),
    Parameter(
      "window", .integer(10...1_000_000), default: "500",
      "samples that spreads are judged by, with --threshold volatility"),
    Parameter("sample-interval", .seconds(span), default: "1", "seconds between them"),
    Parameter("dry-run", .flag, default: "false", "send no orders"),
    Parameter("live", .flag, default: "false", "allow orders at venues that are not simulated"),
    Parameter(
      "confirm", .text, default: "", "must be ENABLE_LIVE_ORDER for --live to take effect"),
  ]

  private static let span = Decimal.zero...Decimal(1_000_000)

  package init(_ settings: Settings) throws(Settings.Problem) {
    let ticker = settings.text("ticker")
    var complaints: [String] = []
    let listings = ["first", "second"].compactMap { place -> Listing? in
      let text = settings.text("\(place)-market")
      guard let symbol = SpreadSettings.symbol(text, ticker: ticker, quote: "USD") else {
        complaints.append("--\(place)-market: \"\(text)\" is no market like BTC-USD-PERP")
        return nil
      }
      return Listing(settings.text("\(place)-venue"), symbol)
    }
    if settings.decimal("close-threshold") >= settings.decimal("open-threshold") {
      complaints.append(
        "--close-threshold \(settings.text("close-threshold")) must be below --open-threshold "
          + "\(settings.text("open-threshold")): a pair would be closed as soon as it is opened")
    }
    if settings.flag("live"), settings.text("confirm") != SpreadSettings.confirmation {
      complaints.append("--live needs --confirm \(SpreadSettings.confirmation)")
    }
    guard complaints.isEmpty, listings.count == 2 else { throw Settings.Problem(lines: complaints) }
    self.init(first: listings[0], second: listings[1])
    edge = try EdgeSettings(settings, venues: listings.map(\.venue))
    volatility = try VolatilityThreshold(settings)
    (window, sampleInterval) = (settings.integer("window"), settings.span("sample-interval"))
    readAmounts(settings)
    interval = settings.span("interval")
    (lockAfterOpen, lockAfterClose) = (
      settings.span("lock-after-open"), settings.span("lock-after-close")
    )
    (maxHold, validity) = (settings.span("max-hold"), settings.span("data-validity"))
    (statistics, stateLine) = (settings.span("statistics"), settings.span("state-line"))
    fillTimeout = settings.span("fill-timeout")
    sendsOrders = !settings.flag("dry-run")
    liveConfirmation = settings.flag("live") ? SpreadSettings.confirmation : nil
  }

  private mutating func readAmounts(_ settings: Settings) {
    amount = settings.decimal("amount")
    openThreshold = settings.decimal("open-threshold")
    closeThreshold = settings.decimal("close-threshold")
    maxSpread = settings.decimal("max-spread")
    maxPairs = settings.integer("max-positions")
    stopLoss = settings.decimal("stop-loss").over(Decimal(100))
    dailyLoss = settings.decimal("daily-loss")
    maxFailures = settings.integer("max-failures")
    pauseMismatch = settings.decimal("pause-mismatch")
    alertMismatch = settings.decimal("alert-mismatch")
    offset = settings.decimal("aggressive-offset")
  }

  var desk: Desk.Settings {
    var desk = Desk.Settings(name: "ep", listings: [first, second])
    desk.cautions = "amount \(amount), at most \(maxPairs) pairs"
    (desk.sendsOrders, desk.liveConfirmation) = (sendsOrders, liveConfirmation)
    (desk.trade.fillTimeout, desk.trade.offset, desk.trade.prefix) = (fillTimeout, offset, "ep")
    return desk
  }
}
