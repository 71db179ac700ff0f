import PerpCore

/// Spread arbitrage between two venues: buys where it is cheap and sells where it is dear, once
/// the difference exceeds what it usually is. (S0)
///
/// It looks at both markets once a loop, and has one trade at a time. What it remembers across
/// restarts is the ledger; what is true beside it, it asks of the gateway.
package struct SpreadBot: Bot {
  /// A signal that waits for the venues' positions.
  struct Confirmation: Equatable {
    let direction: SpreadDirection
    let serial: Int
    /// On the monotonic clock.
    let deadline: UInt64
  }

  let settings: SpreadSettings
  package internal(set) var desk: Desk
  var window: SpreadWindow
  var interactive: InteractiveGuard
  var confirmation: Confirmation?
  var metrics: Metrics
  var quoteFailures = FailureRun()
  var skips = FailureRun()
  var failedTrades = 0
  /// On the monotonic clock.
  var pausedUntil: UInt64 = 0
  var lastTrade: UInt64?
  /// What was told of last.
  var toldImbalance = Decimal.zero
  var schedule: Schedule

  /// When what comes round is due, on the monotonic clock.
  struct Schedule: Equatable {
    var loop: UInt64
    var heartbeat: UInt64
    var report: UInt64
    var imbalance: UInt64
  }

  package init(_ settings: SpreadSettings, ledger: Ledger = Ledger(), at now: Moment) {
    self.settings = settings
    desk = Desk(settings.desk, ledger: ledger, at: now)
    window = SpreadWindow(capacity: settings.window, interval: settings.sampleInterval)
    interactive = InteractiveGuard(settings.guards)
    metrics = Metrics(at: now)
    let start = now.monotonic
    schedule = Schedule(
      loop: start, heartbeat: start + settings.heartbeat, report: start + settings.reportInterval,
      imbalance: start + settings.imbalanceInterval)
    // Orders of earlier runs count too.
    for trade in ledger.recentTrades {
      let age = UInt64(clamping: now.wall / 1_000 - trade)
      let (span, overflow) = age.multipliedReportingOverflow(by: 1_000_000)
      if !overflow, span < start { interactive.note(flags: nil, at: start - span) }
    }
  }

  package var deadline: UInt64? {
    var due = [desk.deadline, confirmation?.deadline].compactMap { $0 }
    if desk.isRunning {
      due += [schedule.loop, schedule.heartbeat, schedule.report, schedule.imbalance]
    }
    return due.min()
  }

  package mutating func receive(
    _ input: BotInput, at now: Moment, into actions: inout [BotAction]
  ) {
    for event in desk.receive(input, at: now) { receive(event, at: now) }
    if case .line(.hello) = input, settings.edge.hold > 0 {
      for listing in [settings.first, settings.second] { desk.followFunding(of: listing) }
    }
    if desk.isRunning { carryOn(at: now) } else { confirmation = nil }
    actions += desk.take()
  }

  private mutating func receive(_ event: Desk.Event, at now: Moment) {
    switch event {
    case .started: schedule.loop = now.monotonic
    case .accepted(let ticket):
      if ticket.listing == settings.first { interactive.note(flags: nil, at: now.monotonic) }
    case .order(let order):
      if settings.evidence == .flags, order.listing.venue == settings.first.venue {
        interactive.noteKind(order.flags, at: now.monotonic)
      }
    case .fill(let fill): noteFee(of: fill, at: now)
    case .positions(let serial): confirm(serial, at: now)
    case .over(let trade, let report): conclude(trade, report, at: now)
    case .disconnected: confirmation = nil
    case .orders, .ended: break
    }
  }

  private mutating func noteFee(of fill: FillLine, at now: Moment) {
    guard settings.evidence == .fees, fill.listing == settings.first else { return }
    let wasLost = interactive.isLost(at: now.monotonic)
    interactive.noteKind(fill.fee > .zero ? [] : [InteractiveGuard.flag], at: now.monotonic)
    if !wasLost, interactive.isLost(at: now.monotonic) {
      desk.outbox.log(.warning, "\(fill.listing.venue) charged \(fill.fee): entries pause")
    }
  }
}
