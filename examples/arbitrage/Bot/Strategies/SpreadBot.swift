import PerpCore

/// Spread arbitrage between two venues: buys where it is cheap and sells where it is dear, once
/// the difference exceeds what it usually is. (S0)
///
/// It looks at both markets once a loop, and has one trade at a time. What it remembers across
/// restarts is the ledger; what is true beside it, it asks of the gateway.
package struct SpreadBot: Bot {
  enum Phase: Equatable {
    /// No gateway, or none that has said hello.
    case connecting
    /// Waits for markets, quotes and accounts.
    case starting
    case running
    case stopping(Closing)
    case finished
  }

  /// A signal that waits for the venues' positions.
  struct Confirmation: Equatable {
    let direction: SpreadDirection
    let serial: Int
    /// On the monotonic clock.
    let deadline: UInt64
  }

  let settings: SpreadSettings
  var phase = Phase.connecting
  var view = MarketView()
  var outbox = Outbox()
  var window: SpreadWindow
  var interactive: InteractiveGuard
  package internal(set) var ledger: Ledger
  /// One at a time, but for those that an earlier run has left.
  var trades: [PairTrade] = []
  var confirmation: Confirmation?
  var serial = 0
  var metrics: Metrics
  let began: Moment

  var hasStarted = false
  var isDry = false
  var quoteFailures = FailureRun()
  var skips = FailureRun()
  var failedTrades = 0
  var pausedUntil: UInt64 = 0
  var lastTrade: UInt64?
  var killSwitch = KillSwitch.armed
  /// What was told of last.
  var toldImbalance = Decimal.zero
  var lostAccounts: Set<String> = []
  var maxUnhedged: UInt64 = 0
  var bookedTrades = 0
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
    self.ledger = ledger
    window = SpreadWindow(capacity: settings.window, interval: settings.sampleInterval)
    interactive = InteractiveGuard(settings.guards)
    metrics = Metrics(at: now)
    began = now
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
    var due = trades.compactMap(\.deadline) + [confirmation?.deadline].compactMap { $0 }
    switch phase {
    case .running: due += [schedule.loop, schedule.heartbeat, schedule.report, schedule.imbalance]
    case .stopping(let closing): due.append(closing.nextCheck)
    case .starting: due.append(schedule.loop)
    case .connecting, .finished: break
    }
    return due.min()
  }

  package mutating func receive(
    _ input: BotInput, at now: Moment, into actions: inout [BotAction]
  ) {
    guard phase != .finished else { return }
    switch input {
    case .line(let line): receive(line, at: now)
    case .wake:
      for index in trades.indices { trades[index].wake(at: now, view, &outbox) }
    case .disconnected(let cause): disconnected(cause)
    case .stop(let reason): stop(reason, at: now)
    case .killSwitch(let state): receive(state, at: now)
    }
    concludeTrades(at: now)
    carryOn(at: now)
    for action in outbox.take() {
      if case .keep(let record) = action { ledger.note(record) }
      actions.append(action)
    }
  }

  // MARK: What the gateway says

  private mutating func receive(_ line: GatewayLine, at now: Moment) {
    view.note(line, at: now)
    switch line {
    case .hello(let hello): greet(hello, at: now)
    case .order(let order): receive(order, at: now)
    case .fill(let fill): receive(fill, at: now)
    case .account(let venue, let state, let cause):
      noteAccount(venue, isLive: state == "live", cause, at: now)
    case .reply(let id, let result): answered(id, result, at: now)
    case .refusal(let id, let refusal): refused(id, refusal, at: now)
    case .error(let reason, let message, let venue):
      let kind = FailureClass(reason: reason)
      outbox.log(.warning, "\(venue ?? "gateway") [\(kind.rawValue)] \(reason): \(message)")
    case .bye(let reason): outbox.log(.info, "The gateway ends: \(reason)")
    default: break
    }
  }

  private mutating func receive(_ order: OrderLine, at now: Moment) {
    if settings.evidence == .flags, order.listing.venue == settings.first.venue {
      interactive.noteKind(order.flags, at: now.monotonic)
    }
    for index in trades.indices { trades[index].note(order, at: now, view, &outbox) }
    noteClosing(order)
  }

  private mutating func receive(_ fill: FillLine, at now: Moment) {
    if settings.evidence == .fees, fill.listing == settings.first {
      let wasLost = interactive.isLost(at: now.monotonic)
      let flags = fill.fee > .zero ? [] : [InteractiveGuard.flag]
      interactive.noteKind(flags, at: now.monotonic)
      if !wasLost, interactive.isLost(at: now.monotonic) {
        outbox.log(.warning, "\(fill.listing.venue) charged \(fill.fee): entries pause")
      }
    }
    for index in trades.indices { trades[index].note(fill, at: now, view, &outbox) }
    noteClosing(fill)
  }

  private mutating func answered(_ id: Int, _ result: JSONFields, at now: Moment) {
    switch outbox.errand(of: id) {
    case .place(let clientID):
      let first = trades.flatMap(\.legs).first { $0.ticket.clientID == clientID }?.ticket.listing
      if first == settings.first { interactive.note(flags: nil, at: now.monotonic) }
    case .query:
      if let order = result.object("order").flatMap({ OrderLine($0) }) { receive(order, at: now) }
    case .positions(let serial): receive(positions: result, serial, at: now)
    case .status: receive(status: result, at: now)
    case .balances: receive(balances: result, at: now)
    case .cancel, .markets, .other, nil: break
    }
  }

  private mutating func refused(_ id: Int, _ refusal: GatewayLine.Refusal, at now: Moment) {
    let text = "\(refusal.reason): \(refusal.message)"
    switch outbox.errand(of: id) {
    case .place(let clientID), .query(let clientID):
      for index in trades.indices {
        trades[index].refused(clientID, refusal, at: now, view, &outbox)
      }
      refuseClosing(clientID, text)
    case .positions:
      confirmation = nil
      outbox.log(.warning, "Positions were not told: \(text)")
    case .markets: outbox.log(.info, "Waiting for markets: \(refusal.message)")
    case .status, .balances: outbox.log(.error, "The gateway does not tell: \(text)")
    case .cancel(let clientID): outbox.log(.debug, "Cancel of \(clientID): \(text)")
    case .other(let what):
      let kind = FailureClass(reason: refusal.reason)
      outbox.log(.error, "\(what) [\(kind.rawValue)] \(text)")
    case nil: break
    }
  }

  private mutating func disconnected(_ cause: String) {
    view.disconnect()
    outbox.forgetErrands()
    confirmation = nil
    if case .stopping = phase {} else { phase = .connecting }
    outbox.log(.error, "The gateway is gone: \(cause)")
  }

  private mutating func receive(_ state: KillSwitch, at now: Moment) {
    guard state != killSwitch else { return }
    killSwitch = state
    outbox.log(.critical, "Kill switch: \(state.state.rawValue) \(state.reason)")
    outbox.notify(NotificationText.bold("Kill switch") + ": \(state.state.rawValue)")
    guard state.state != .armed else { return }
    for listing in [settings.first, settings.second] {
      outbox.send(.cancelAll(listing), for: .other("cancel_all"))
    }
    if state.state == .flatten { stop("kill switch", at: now) }
  }
}
