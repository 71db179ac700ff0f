import PerpCore

/// What the market maker is told by its user. (S3-01 to S3-19) Names are those of the system it
/// follows, in our own form of settings files: `strategy.gamma = 0.3`.
package struct MakerSettings: Sendable {
  package var listing: Listing
  package var model = QuoteModel()
  package var profile = "retail"
  /// Nanoseconds.
  package var refresh = Nanoseconds.seconds(8)
  /// Middles, and seconds of the second engine, that volatility is taken from.
  package var volatilityWindow = 60
  /// Quote units.
  package var leastSigma = 1.0
  package var candles = CandleVolatility.Settings()
  package var isImbalanceUsed = true
  package var imbalanceWeight = Decimal(mantissa: 3, scale: 1)
  package var depth = 5
  package var middle = Middle.mid
  /// What the book's pressure is told by; nil where it does not count.
  package var pressure: BookPressure?
  /// What orders that take are counted by; nil where the model's own A and k count.
  package var arrivals: ArrivalFit?
  /// Of Avellaneda and Stoikov, nanoseconds; 0: none.
  package var horizon: UInt64 = 0
  package var losses = LossLimits(hour: Decimal(mantissa: 5, scale: 1), day: Decimal(1))
  package var maxUnrealisedLoss = Decimal(mantissa: 3, scale: 1)
  package var inventoryTimeout = Nanoseconds.seconds(120)
  package var emergencyTimeout = Nanoseconds.seconds(300)
  /// Of an exit that is not pressed by a loss: so long it may rest, in nanoseconds.
  package var makerWait = Nanoseconds.seconds(3)
  /// Quote units beyond the touch that an order which must take may cost.
  package var exitSlippage = Decimal(30)
  package var limits = OperationLimits(second: 2, minute: 25, hour: 280, day: 950)
  package var hours = ActiveHours()
  package var statusInterval = Nanoseconds.seconds(30)
  /// After the first quote, without quoting while nothing is held; nanoseconds.
  package var warmup: UInt64 = 0
  /// Of the second engine alone.
  package var filter: EntryFilter?
  package var breaker: CircuitBreaker?
  /// Parts of the value.
  package var makerFee = Decimal.zero
  package var takerFee = Decimal.zero
  package var sendsOrders = true
  package var liveConfirmation: String?

  package init(_ listing: Listing) { self.listing = listing }

  /// Quote units between bid and ask that a fill on both sides must bring to pay its fees. (S3-53)
  package static func breakeven(price: Decimal, makerFee: Decimal) -> Decimal {
    price.times(makerFee).times(Decimal(2))
  }

  package init(_ settings: Settings) throws(Settings.Problem) {
    var complaints: [String] = []
    let market = settings.text("paradex.market")
    let symbol = SpreadSettings.symbol(market, ticker: settings.text("ticker"), quote: "USD")
    if symbol == nil {
      complaints.append("--paradex.market: \"\(market)\" is no market like BTC-USD-PERP")
    }
    let hours = ["active", "pause"].map { name -> Set<Int> in
      let text = settings.text("schedule.\(name)_hours_utc")
      guard let hours = ActiveHours.hours(text) else {
        complaints.append(
          "--schedule.\(name)_hours_utc: \"\(text)\" are no hours like 7-16 or 21,22,23,0-5")
        return []
      }
      return hours
    }
    if settings.decimal("strategy.base_size") > settings.decimal("strategy.max_position") {
      complaints.append(
        "--strategy.base_size \(settings.text("strategy.base_size")) must not be above "
          + "--strategy.max_position \(settings.text("strategy.max_position"))")
    }
    if settings.span("risk.inventory_timeout") > settings.span("risk.emergency_timeout") {
      complaints.append("--risk.inventory_timeout must not be above --risk.emergency_timeout")
    }
    let model = settings.text("strategy.model")
    if model != Pricing.reference.rawValue,
      settings.decimal("strategy.gamma").isZero || settings.decimal("strategy.kappa").isZero
    {
      complaints.append("--strategy.model \(model): gamma and kappa must be above 0")
    }
    if settings.flag("live"), settings.text("confirm") != SpreadSettings.confirmation {
      complaints.append("--live needs --confirm \(SpreadSettings.confirmation)")
    }
    guard complaints.isEmpty, let symbol else { throw Settings.Problem(lines: complaints) }
    self.init(Listing(settings.text("venue"), symbol))
    self.hours = ActiveHours(active: hours[0], paused: hours[1])
    readStrategy(settings)
    readRisk(settings)
    sendsOrders = !settings.flag("dry-run")
    liveConfirmation = settings.flag("live") ? SpreadSettings.confirmation : nil
  }

  private mutating func readStrategy(_ settings: Settings) {
    model.engine = QuoteModel.Engine(rawValue: settings.text("engine")) ?? .v1
    model.pricing = Pricing(rawValue: settings.text("strategy.model")) ?? .reference
    model.intensity = settings.decimal("strategy.intensity")
    model.decay = settings.decimal("strategy.decay")
    model.shape = settings.decimal("strategy.shape")
    model.gamma = settings.decimal("strategy.gamma")
    model.kappa = settings.decimal("strategy.kappa")
    model.minHalfSpread = settings.decimal("strategy.min_half_spread")
    model.spreadFactor = settings.decimal("strategy.spread_factor")
    model.baseSize = settings.decimal("strategy.base_size")
    model.maxPosition = settings.decimal("strategy.max_position")
    model.smallSize = QuoteModel.SmallSize(rawValue: settings.text("small_size")) ?? .zero
    profile = settings.text("paradex.profile")
    refresh = settings.span("strategy.refresh_interval")
    volatilityWindow = settings.integer("strategy.vol_window")
    leastSigma = settings.decimal("strategy.min_sigma").approximate
    candles.least = leastSigma
    candles.whenRising = settings.decimal("strategy.vol_lambda_up").approximate
    candles.whenFalling = settings.decimal("strategy.vol_lambda_down").approximate
    isImbalanceUsed = settings.flag("obi.enabled")
    imbalanceWeight = settings.decimal("obi.alpha")
    model.imbalanceThreshold = settings.decimal("obi.threshold")
    model.imbalanceShift = isImbalanceUsed ? settings.decimal("obi.delta") : .zero
    depth = settings.integer("obi.depth")
    middle = Middle(rawValue: settings.text("strategy.middle")) ?? .mid
    model.pressureShift = settings.decimal("pressure.shift")
    if model.pressureShift > .zero {
      pressure = BookPressure(
        band: settings.decimal("pressure.band").over(Decimal(100)),
        looks: settings.integer("pressure.window"))
    }
    horizon = settings.span("strategy.horizon")
    if model.pricing == .glft, settings.flag("strategy.fit_arrivals") {
      var fit = ArrivalFit.Settings()
      fit.window = settings.span("strategy.arrival_window")
      fit.refit = settings.span("strategy.arrival_refit")
      fit.least = settings.integer("strategy.arrival_min")
      arrivals = ArrivalFit(fit)
    }
    warmup = settings.span("strategy.warmup_seconds")
    makerFee = settings.decimal("maker_fee_rate")
    takerFee = settings.decimal("taker_fee_rate")
  }

  private mutating func readRisk(_ settings: Settings) {
    losses = LossLimits(
      hour: settings.decimal("risk.max_loss_per_hour"),
      day: settings.decimal("risk.max_loss_per_day"))
    maxUnrealisedLoss = settings.decimal("risk.max_unrealized_loss")
    inventoryTimeout = settings.span("risk.inventory_timeout")
    emergencyTimeout = settings.span("risk.emergency_timeout")
    makerWait = settings.span("emergency_maker_wait")
    exitSlippage = settings.decimal("emergency_slippage")
    limits = OperationLimits(
      second: settings.integer("rate_limit.per_second"),
      minute: settings.integer("rate_limit.per_minute"),
      hour: settings.integer("rate_limit.per_hour"), day: settings.integer("rate_limit.per_day"))
    statusInterval = settings.span("logging.console_interval")
    guard model.engine == .v2 else { return }
    var filter = EntryFilter.Settings()
    filter.momentumWindow = settings.span("strategy.momentum_window")
    filter.momentumThreshold = settings.decimal("strategy.momentum_threshold")
    filter.pauseThreshold = settings.decimal("strategy.vol_pause_threshold")
    filter.imbalanceThreshold = isImbalanceUsed ? model.imbalanceThreshold : Decimal(1)
    self.filter = EntryFilter(filter)
    var breaker = CircuitBreaker.Settings()
    breaker.maxLoss = settings.decimal("risk.max_loss_per_trade")
    breaker.lossesInARow = settings.integer("risk.consecutive_loss_pause")
    breaker.cooldown = settings.span("risk.consecutive_loss_cooldown")
    self.breaker = CircuitBreaker(breaker)
  }

  var volatility: any Volatility {
    model.engine == .v1
      ? TickVolatility(window: volatilityWindow, least: leastSigma) : CandleVolatility(candles)
  }

  private var modelText: String {
    model.pricing == .reference ? "" : ", model \(model.pricing.rawValue)"
  }

  var desk: Desk.Settings {
    var desk = Desk.Settings(name: "mm", listings: [listing])
    desk.cautions =
      "profile \(profile), engine \(model.engine.rawValue)\(modelText), base \(model.baseSize), "
      + "at most \(model.maxPosition), gamma \(model.gamma), kappa \(model.kappa), imbalance "
      + (isImbalanceUsed ? "on" : "off")
    let isBookUsed = isImbalanceUsed || pressure != nil || middle == .vamp
    desk.channels = isBookUsed ? ["bbo", "book"] : ["bbo"]
    if arrivals != nil { desk.channels.append("trade") }
    desk.depth = isBookUsed ? depth : nil
    (desk.sendsOrders, desk.liveConfirmation) = (sendsOrders, liveConfirmation)
    desk.trade.prefix = "mm"
    return desk
  }
}
