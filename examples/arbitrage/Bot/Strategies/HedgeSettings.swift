import PerpCore

/// What the hedge cycle is told by its user. (S2-01 to S2-12)
package struct HedgeSettings: Sendable {
  package enum ExitBasis: String, CaseIterable, Sendable {
    /// Each leg alone, in per cent of its entry price.
    case legPercent = "leg_pct"
    /// Both legs together, in quote units.
    case totalAmount = "total_usdc"
  }

  package enum OpenMode: String, CaseIterable, Sendable {
    /// Both legs at once; each takes.
    case concurrent
    /// The first leg rests, and what is filled of it is taken at the second venue.
    case makerFirst = "maker_first"
  }

  package var ticker = "BTC"
  package var first: Listing
  package var second: Listing
  /// Quote units of each leg.
  package var margin = Decimal(100)
  /// Base units; sizes are multiples of it and of both markets' steps.
  package var step = Decimal(mantissa: 1, scale: 4)
  /// The first venue is sold and the second bought.
  package var isReverse = false
  /// Per cent of a leg's entry price.
  package var takeProfit = Decimal(50)
  package var stopLoss = Decimal(50)
  package var exitBasis = ExitBasis.legPercent
  package var openMode = OpenMode.concurrent
  /// Prices of the first leg that are tried; what is not filled then is given up.
  package var openTries = 360
  /// Of a close whose first leg rests; what is left of the pair is taken at both venues.
  package var closeTries = 30
  /// Nanoseconds.
  package var closeWait = Nanoseconds.seconds(3)
  /// Quote units of both legs together.
  package var maxLoss = Decimal(50)
  package var maxProfit = Decimal(100)
  /// Each venue must have so many times the margin.
  package var balanceFactor = Decimal(2)
  /// Parts of the price.
  package var offset = Decimal(mantissa: 3, scale: 3)
  /// Nanoseconds.
  package var holdTime = Nanoseconds.seconds(300)
  package var cycleWait = Nanoseconds.seconds(20)
  package var fillWait = Nanoseconds.seconds(10)
  package var settle = Nanoseconds.seconds(5)
  package var checkInterval = Nanoseconds.seconds(1)
  package var sendsOrders = true
  package var liveConfirmation: String?
  package var time = WallTime(offset: 0)

  package init(first: Listing, second: Listing) {
    (self.first, self.second) = (first, second)
  }

  package static let parameters: [Parameter] = [
    Parameter(
      "preset", .choice(["default", "calm", "fast"]), default: "default", "a set of defaults"),
    Parameter("ticker", .text, default: "BTC", "the asset, at both venues"),
    Parameter(
      "margin", .decimal(Parameter.amounts, above: true), default: "100",
      presets: ["calm": "50"], variable: "CROSS_HEDGE_MARGIN", "quote units of each leg"),
    Parameter(
      "hold-time", .seconds(span), default: "300", presets: ["calm": "600", "fast": "180"],
      variable: "CROSS_HEDGE_POSITION_HOLD_TIME", "seconds that a pair is held at most"),
    Parameter(
      "take-profit", .decimal(Parameter.amounts), default: "50", presets: ["calm": "30"],
      variable: "CROSS_HEDGE_TAKE_PROFIT", "per cent of a leg's entry price"),
    Parameter(
      "stop-loss", .decimal(Parameter.amounts), default: "50", presets: ["calm": "30"],
      variable: "CROSS_HEDGE_STOP_LOSS", "per cent of a leg's entry price"),
    Parameter(
      "reverse", .choice(["false", "true"]), default: "false", variable: "CROSS_HEDGE_REVERSE",
      "sell the first venue and buy the second"),
    Parameter(
      "cycle-wait", .seconds(span), default: "20", variable: "CROSS_HEDGE_CYCLE_WAIT",
      "seconds between cycles, and after failures"),
    Parameter(
      "aggressive-offset", .decimal(Decimal.zero...Decimal(1)), default: "0.003",
      "part of the price that an order which takes may cost"),
    Parameter("fill-wait", .seconds(span), default: "10", "seconds for an order to end"),
    Parameter("settle", .seconds(span), default: "5", "seconds before the first cycle"),
    Parameter(
      "balance-factor", .decimal(Parameter.amounts), default: "2",
      "times the margin that each venue must have"),
    Parameter(
      "check-interval", .seconds(Decimal(mantissa: 1, scale: 2)...Decimal(60)), default: "1",
      "seconds between looks at a pair"),
    Parameter(
      "qty-step", .decimal(Parameter.amounts, above: true), default: "0.0001",
      "base units that sizes are multiples of"),
    Parameter(
      "max-loss-usdc", .decimal(Parameter.amounts), default: "50",
      variable: "CROSS_HEDGE_MAX_LOSS_USDC", "of both legs, with --exit-basis total_usdc"),
    Parameter(
      "max-profit-usdc", .decimal(Parameter.amounts), default: "100",
      variable: "CROSS_HEDGE_MAX_PROFIT_USDC", "of both legs, with --exit-basis total_usdc"),
    Parameter(
      "exit-basis", .choice(ExitBasis.allCases.map(\.rawValue)), default: "leg_pct",
      "what profit and loss are measured by"),
    Parameter(
      "open-mode", .choice(OpenMode.allCases.map(\.rawValue)), default: "concurrent",
      "both legs at once, or a first leg that rests and is hedged as it is filled"),
    Parameter(
      "maker-open-tries", .integer(1...100_000), default: "360",
      "prices of --fill-wait each at which maker_first tries to open"),
    Parameter(
      "maker-close-tries", .integer(1...100_000), default: "30",
      "prices at which it tries to close, before both legs take"),
    Parameter(
      "maker-close-wait", .seconds(span), default: "3", "seconds at each of them"),
    Parameter("first-venue", .text, default: "paradex", "one venue"),
    Parameter("second-venue", .text, default: "lighter", "the other"),
    Parameter("first-market", .text, default: "", "its market; empty: <ticker>-USD-PERP"),
    Parameter("second-market", .text, default: "", "its market; empty: <ticker>-USDC-PERP"),
    Parameter("dry-run", .flag, default: "false", "send no orders"),
    Parameter("live", .flag, default: "false", "allow orders at venues that are not simulated"),
    Parameter(
      "confirm", .text, default: "", "must be ENABLE_LIVE_ORDER for --live to take effect"),
  ]

  private static let span = Decimal.zero...Decimal(1_000_000)

  package init(
    _ settings: Settings, time: WallTime = WallTime(offset: 0)
  ) throws(Settings.Problem) {
    let ticker = settings.text("ticker").uppercased()
    var complaints: [String] = []
    let names = [("first", "USD"), ("second", "USDC")]
    let listings = names.compactMap { place, quote -> Listing? in
      let text = settings.text("\(place)-market")
      guard let symbol = SpreadSettings.symbol(text, ticker: ticker, quote: quote) else {
        complaints.append("--\(place)-market: \"\(text)\" is no market like BTC-USD-PERP")
        return nil
      }
      return Listing(settings.text("\(place)-venue"), symbol)
    }
    if settings.flag("live"), settings.text("confirm") != SpreadSettings.confirmation {
      complaints.append("--live needs --confirm \(SpreadSettings.confirmation)")
    }
    guard complaints.isEmpty, listings.count == 2 else { throw Settings.Problem(lines: complaints) }
    self.init(first: listings[0], second: listings[1])
    (self.ticker, self.time) = (ticker, time)
    (margin, step) = (settings.decimal("margin"), settings.decimal("qty-step"))
    isReverse = settings.text("reverse") == "true"
    (takeProfit, stopLoss) = (settings.decimal("take-profit"), settings.decimal("stop-loss"))
    exitBasis = ExitBasis(rawValue: settings.text("exit-basis")) ?? .legPercent
    openMode = OpenMode(rawValue: settings.text("open-mode")) ?? .concurrent
    openTries = settings.integer("maker-open-tries")
    closeTries = settings.integer("maker-close-tries")
    closeWait = settings.span("maker-close-wait")
    (maxLoss, maxProfit) = (settings.decimal("max-loss-usdc"), settings.decimal("max-profit-usdc"))
    balanceFactor = settings.decimal("balance-factor")
    offset = settings.decimal("aggressive-offset")
    (holdTime, cycleWait) = (settings.span("hold-time"), settings.span("cycle-wait"))
    (fillWait, settle) = (settings.span("fill-wait"), settings.span("settle"))
    checkInterval = settings.span("check-interval")
    sendsOrders = !settings.flag("dry-run")
    liveConfirmation = settings.flag("live") ? SpreadSettings.confirmation : nil
  }

  /// How the first leg rests where it does: its size is the margin's at each price. (S2-26)
  var opening: Resting {
    var resting = Resting()
    (resting.place, resting.wait, resting.tries) = (.insideTick, fillWait, openTries)
    (resting.value, resting.step) = (margin, step)
    return resting
  }

  var closing: Resting {
    var resting = Resting()
    (resting.place, resting.wait, resting.tries) = (.insideTick, closeWait, closeTries)
    return resting
  }

  var desk: Desk.Settings {
    var desk = Desk.Settings(name: "hedge", listings: [first, second])
    desk.cautions =
      "\(ticker), margin \(margin), hold \(holdTime / 1_000_000_000) s, "
      + "take profit \(takeProfit)%, stop loss \(stopLoss)%, "
      + (isReverse ? "reverse" : "normal") + ", \(openMode.rawValue)"
    (desk.sendsOrders, desk.liveConfirmation) = (sendsOrders, liveConfirmation)
    (desk.trade.fillTimeout, desk.trade.offset, desk.trade.prefix) = (fillWait, offset, "hedge")
    return desk
  }
}
