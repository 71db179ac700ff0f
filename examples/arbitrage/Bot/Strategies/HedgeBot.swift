import PerpCore

/// Opens equal and opposite positions at two venues, holds them for a while, closes both, and
/// begins again. (S2)
package struct HedgeBot: Bot {
  /// Looks without quotes of which each is told; one more and it is told no more.
  private static let quoteChecks = 10
  /// Nanoseconds between lines about a pair that is held.
  private static let lineInterval = Nanoseconds.seconds(30)
  /// Failed closes in a row at which people are told.
  private static let alarmingCloses = 3

  let settings: HedgeSettings
  package private(set) var desk: Desk
  package private(set) var cycles = 0
  /// On the monotonic clock.
  private var nextCheck: UInt64
  private var nextCycle: UInt64 = 0
  private var nextLine: UInt64 = 0
  private var failedCloses = 0
  private var missingQuotes = 0
  /// Something is left that could not be undone: no new cycle until both venues are flat.
  private var isStuck = false
  /// A close that rested has left something: both legs take.
  private var isUrgent = false

  package init(_ settings: HedgeSettings, ledger: Ledger = Ledger(), at now: Moment) {
    self.settings = settings
    desk = Desk(settings.desk, ledger: ledger, at: now)
    nextCheck = now.monotonic
  }

  package var deadline: UInt64? {
    ([desk.deadline].compactMap { $0 } + (desk.isRunning ? [nextCheck] : [])).min()
  }

  package mutating func receive(
    _ input: BotInput, at now: Moment, into actions: inout [BotAction]
  ) {
    let events = desk.receive(input, at: now)
    actions += desk.take()
    for event in events {
      switch event {
      case .started: start(at: now)
      case .over(let trade, let report): conclude(trade, report, at: now)
      case .accepted, .order, .orders, .ended, .fill, .positions, .disconnected: break
      }
    }
    if desk.isRunning, nextCheck <= now.monotonic {
      nextCheck = now.monotonic + settings.checkInterval
      check(at: now)
    }
    actions += desk.take()
  }

  // MARK: The cycle

  private mutating func start(at now: Moment) {
    nextCheck = now.monotonic
    nextCycle = now.monotonic + settings.settle
    if desk.trades.isEmpty, !desk.ledger.isConsistent {
      desk.outbox.log(.critical, "The ledger's pair is not what its fills come to")
      return desk.stop("a pair was closed in part", at: now)
    }
    // A pair that is held needs no more balance.
    guard desk.ledger.pairs.held.isEmpty, !desk.isDry else { return }
    let required = settings.margin.times(settings.balanceFactor)
    for listing in [settings.first, settings.second] {
      guard let balance = desk.view.balance(listing.venue), balance < required else { continue }
      let text =
        "Insufficient \(Desk.title(listing.venue)) balance: \(balance.trimmed) USDC "
        + "(required: \(required.trimmed) USDC)"
      desk.outbox.log(.critical, "\(text). Lower --margin, or top up.")
      desk.outbox.notify(NotificationText.bold("Insufficient balance") + "\n\(text)")
      return desk.end("insufficient balance", code: 1, at: now)
    }
  }

  private mutating func check(at now: Moment) {
    if let trade = desk.trades.first { return look(after: trade, at: now) }
    guard let first = desk.view.quote(settings.first, at: now),
      let second = desk.view.quote(settings.second, at: now)
    else { return noteMissingQuotes() }
    missingQuotes = 0
    if let pair = desk.ledger.pairs.held.first {
      watch(pair, first, second, at: now)
    } else if nextCycle <= now.monotonic {
      open(first, second, at: now)
    }
  }

  /// A close that rests is no reason to bear what would close the pair at once.
  private mutating func look(after trade: PairTrade, at now: Moment) {
    guard trade.sequence?.isHurried == false, let pair = desk.ledger.pairs.held.first,
      pair.id == trade.record.pair, let reason = exit(pair, at: now)
    else { return }
    desk.outbox.log(.info, "Closing at once: \(reason)")
    desk.giveUp(trade.record.id, at: now)
  }

  private mutating func noteMissingQuotes() {
    missingQuotes += 1
    guard missingQuotes <= Self.quoteChecks else { return }
    desk.outbox.log(
      .warning, "Waiting for WebSocket data... (\(missingQuotes)/\(Self.quoteChecks))")
  }

  private var style: LegStyle { settings.openMode == .makerFirst ? .makerTaker : .takerTaker }
  private var direction: SpreadDirection { settings.isReverse ? .short : .long }

  /// Base units of a leg, on the coarser grid: of the mean of both middles, or of the price at
  /// which the first leg rests. (S2-21, S2-26)
  func size(_ first: Quote, _ second: Quote) -> Decimal {
    var price = first.mid.plus(second.mid).over(Decimal(2))
    if settings.openMode == .makerFirst, let rules = desk.view.rules(settings.first),
      let own = try? settings.opening.price(direction.sides.first, first, rules)
    {
      price = own
    }
    let size = settings.margin.over(price).floored(to: settings.step)
    let steps = [settings.first, settings.second].compactMap { desk.view.rules($0)?.lot }
    return steps.reduce(size) { $0.floored(to: $1) }
  }

  private mutating func open(_ first: Quote, _ second: Quote, at now: Moment) {
    nextCycle = now.monotonic + settings.cycleWait
    if let obstacle = desk.obstacle {
      return desk.outbox.log(.info, "No new cycle: \(obstacle)")
    }
    let positions = [settings.first, settings.second].map { desk.view.position($0) }
    if isStuck || positions.contains(where: { !$0.isZero }) {
      _ = desk.askForPositions()
      guard positions.allSatisfy(\.isZero) else {
        return desk.outbox.log(.error, "No new cycle until both are flat: \(desk.positionsText)")
      }
      isStuck = false
    }
    let size = size(first, second)
    let notional = size.times(first.mid)
    let deviation = Decimal(100).minus(notional.times(Decimal(100)).over(settings.margin))
    if deviation.magnitude > Decimal(15) {
      desk.outbox.log(
        .warning, "\(size) is worth \(notional.text(places: 2)) of \(settings.margin)")
    }
    guard !desk.isDry else {
      return desk.outbox.log(.info, "Dry run: would open \(direction.rawValue) \(size)")
    }
    do throws(MarketRules.Refusal) {
      let record = try desk.plan(
        direction, direction.sides, size, (first, second), opensPair: true, style: style,
        resting: settings.opening, at: now)
      desk.begin(record, resting: settings.opening, at: now)
    } catch {
      desk.outbox.log(.error, "No order [\(FailureClass.local.rawValue)]: \(error)")
    }
  }

  // MARK: Holding

  private mutating func watch(
    _ pair: PairBook.Held, _ first: Quote, _ second: Quote, at now: Moment
  ) {
    let gains = HedgeGains(pair, first: first.mid, second: second.mid)
    if nextLine <= now.monotonic {
      nextLine = now.monotonic + Self.lineInterval
      desk.outbox.log(.info, text(gains))
    }
    let age = now.wall / 1_000 - pair.id
    let exit = exit(pair, at: now)
    let reason =
      exit ?? (age >= Int64(settings.holdTime / 1_000_000) ? "held for \(age / 1_000) s" : nil)
    guard let reason, desk.lostAccounts.isEmpty, nextCycle <= now.monotonic || failedCloses == 0
    else { return }
    desk.outbox.log(.info, "Closing: \(reason). \(text(gains))")
    do throws(MarketRules.Refusal) {
      let record = try desk.plan(
        closing: pair, (first, second), style: exit == nil && !isUrgent ? style : .takerTaker,
        resting: settings.closing, at: now)
      desk.begin(record, resting: settings.closing, at: now)
    } catch {
      desk.outbox.log(.error, "No order [\(FailureClass.local.rawValue)]: \(error)")
    }
  }

  /// Why the pair is to be closed whatever it costs; nil without quotes, too.
  private func exit(_ pair: PairBook.Held, at now: Moment) -> String? {
    guard let first = desk.view.quote(settings.first, at: now),
      let second = desk.view.quote(settings.second, at: now)
    else { return nil }
    return HedgeGains(pair, first: first.mid, second: second.mid)
      .exit(settings, venues: (settings.first.venue, settings.second.venue))
  }

  private func text(_ gains: HedgeGains) -> String {
    "P&L: \(Desk.title(settings.first.venue))=\(gains.firstPercent.text(places: 2))%, "
      + "\(Desk.title(settings.second.venue))=\(gains.secondPercent.text(places: 2))%"
  }

  // MARK: What comes of trades

  /// (S2-28)
  package static let headers: [Table: String] = [
    .orders: "Timestamp,OrderID,Side,Quantity,Price,Status"
  ]

  private func row(_ leg: Leg, at now: Moment) -> String {
    [
      settings.time.text(now.wall), leg.result.orderID ?? leg.ticket.clientID,
      leg.ticket.side.rawValue, leg.result.filled.description,
      (leg.result.averagePrice ?? .zero).description, leg.result.state.rawValue,
    ].joined(separator: ",")
  }

  private mutating func conclude(
    _ trade: PairTrade, _ report: PairTrade.Report, at now: Moment
  ) {
    let opens = trade.record.pair == trade.record.id
    // What was filled just now may not be among the positions yet.
    nextCheck = now.monotonic + settings.checkInterval
    for leg in trade.legs { desk.outbox.row(.orders, row(leg, at: now)) }
    for leg in trade.undoing {
      let price = leg.result.averagePrice.map { $0.text(places: 2) } ?? "no price"
      let venue = Desk.title(leg.ticket.listing.venue)
      desk.outbox.log(
        .warning, "Rolling back \(venue) position: \(leg.ticket.size) @ \(price)")
    }
    if opens {
      report.outcome == .booked ? tellOpened(report) : tellFailure("Open", report)
      nextCycle = now.monotonic + settings.cycleWait
    } else if trade.record.style != .takerTaker || report.outcome == .booked,
      report.outcome != .residual, isHeld(trade)
    {
      (isUrgent, nextCycle) = (true, now.monotonic)
      desk.outbox.log(.warning, "The close has left a part of the pair: closing it at market")
    } else if report.outcome == .booked {
      if isUrgent { tellEmergency() }
      isUrgent = false
      (failedCloses, cycles) = (0, cycles + 1)
      tellClosed()
      nextCycle = now.monotonic + settings.cycleWait
      desk.outbox.log(.info, "waiting \(settings.cycleWait / 1_000_000_000) s")
    } else {
      failedCloses += 1
      nextCycle = now.monotonic + Nanoseconds.seconds(2)
      tellFailure("Close", report)
      if failedCloses == Self.alarmingCloses {
        desk.outbox.notify(NotificationText.bold("The pair cannot be closed"))
      }
    }
  }

  private func isHeld(_ trade: PairTrade) -> Bool {
    desk.ledger.pairs.held.contains { $0.id == trade.record.pair }
  }

  /// (S2-29)
  private mutating func tellEmergency() {
    desk.outbox.notify(
      NotificationText.bold("Emergency close") + "\nThe rest was closed at market")
  }

  private mutating func tellOpened(_ report: PairTrade.Report) {
    guard let pair = desk.ledger.pairs.held.last else { return }
    desk.outbox.log(
      .info, "Opened \(pair.direction) \(pair.size) at \(pair.firstPrice) / \(pair.secondPrice)")
  }

  private mutating func tellFailure(_ what: String, _ report: PairTrade.Report) {
    let error = report.error ?? "no reason was given"
    guard report.outcome == .residual else {
      return desk.outbox.log(.error, "\(what) failed, \(report.outcome.rawValue) [\(error)]")
    }
    isStuck = true
    desk.outbox.log(.critical, "\(what): rollback failed, \(report.net) stands alone [\(error)]")
    desk.outbox.notify(
      NotificationText.bold("CRITICAL: rollback failed") + "\n\(report.net) stands alone\n"
        + NotificationText.escape(error))
  }

  /// (S2-30)
  private mutating func tellClosed() {
    guard let closed = desk.ledger.pairs.closed.last else { return }
    desk.outbox.log(
      .info,
      "Cycle \(cycles): P&L \(closed.pair.cash.text(places: 4)), fees "
        + "\(closed.pair.fees.text(places: 4)), net \(closed.profit.text(places: 4))")
  }
}

/// What both legs of a pair have gained, at the middle of their markets. (S2-23, S2-27)
package struct HedgeGains: Equatable, Sendable {
  package let firstPercent: Decimal
  package let secondPercent: Decimal
  /// Quote units of both legs together. Leverage changes the margin, not this.
  package let total: Decimal

  package init(_ pair: PairBook.Held, first: Decimal, second: Decimal) {
    let isLong = pair.direction == SpreadDirection.long.rawValue
    let moves = [first.minus(pair.firstPrice), second.minus(pair.secondPrice)]
    let gains = isLong ? [moves[0], moves[1].negated] : [moves[0].negated, moves[1]]
    firstPercent = gains[0].times(Decimal(100)).over(pair.firstPrice)
    secondPercent = gains[1].times(Decimal(100)).over(pair.secondPrice)
    total = gains[0].plus(gains[1]).times(pair.size)
  }

  /// Why the pair is to be closed; the first reason of those that hold.
  func exit(_ settings: HedgeSettings, venues: (first: String, second: String)) -> String? {
    switch settings.exitBasis {
    case .totalAmount:
      if total <= settings.maxLoss.negated { return "stop loss, total \(total)" }
      return total >= settings.maxProfit ? "take profit, total \(total)" : nil
    case .legPercent:
      let legs = [(venues.first, firstPercent), (venues.second, secondPercent)]
      for (venue, gain) in legs where gain <= settings.stopLoss.negated {
        return "stop loss, \(venue)"
      }
      for (venue, gain) in legs where gain >= settings.takeProfit {
        return "take profit, \(venue)"
      }
      return nil
    }
  }
}
