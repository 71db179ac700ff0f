import PerpCore

/// Bids and asks on one market for what lies between: rests post-only orders around a fair price,
/// and takes a position away that it could not get rid of. (S3)
///
/// What stands against entries never stands against exits. Which state it is in is read off its
/// position and its orders, so that it cannot be wrong about it. (S3-40)
package struct MakerBot: Bot {
  package enum State: String, Sendable {
    case idle = "IDLE"
    case quoting = "QUOTING"
    case long = "INVENTORY_LONG"
    case short = "INVENTORY_SHORT"
  }

  /// What the latest quotes were made of.
  struct Plan: Equatable {
    let fair: Decimal
    let bid: Decimal
    let ask: Decimal
  }

  /// Nanoseconds that an end in good order may take.
  static let patience = Nanoseconds.seconds(60)
  static let heartbeat = Nanoseconds.seconds(1)
  /// Microseconds after which a quote is too old to quote by. (S3-41)
  static let oldestQuote: Int64 = 30_000_000
  /// Nanoseconds that an execution may come after the end of its order.
  private static let fillDelay = Nanoseconds.seconds(1)

  /// First lines of its tables.
  package static let headers: [Table: String] = [
    .trades: FillStatistics.columns.joined(separator: ","), .pauses: PauseRecorder.header,
  ]

  let settings: MakerSettings
  package internal(set) var desk: Desk
  package internal(set) var slots = [QuoteSlot(.buy), QuoteSlot(.sell)]
  package internal(set) var truth = PositionTruth()
  package internal(set) var statistics = FillStatistics()
  var limits: OperationLimits
  var losses: LossLimits
  var filter: EntryFilter?
  var breaker: CircuitBreaker?
  var pauses = PauseRecorder()
  var volatility: any Volatility
  package internal(set) var imbalance: Imbalance
  package internal(set) var pressure: BookPressure?
  package internal(set) var arrivals: ArrivalFit?
  var plan: Plan?
  package internal(set) var exit: EmergencyExit?
  /// Since when something is held, on the monotonic clock.
  var heldSince: UInt64?
  var state = State.idle
  var skips = FailureRun()
  /// Why nothing may be entered, as it was told last.
  var obstacle: String?
  var ordersUsed = 0
  /// The user's wish to end, which waits for the exit.
  var ending: (reason: String, until: UInt64)?
  /// Orders of before may stand at the venue.
  var mustClean = true
  // All on the monotonic clock.
  var firstQuote: UInt64?
  var nextRefresh: UInt64 = 0
  var nextImbalance: UInt64 = 0
  /// When an operation that waits for the limits may be done.
  var nextWork: UInt64?
  var nextStatus: UInt64
  var nextHeartbeat: UInt64
  /// An order has ended by executions that were not told yet.
  var fillDue: UInt64?

  package init(_ settings: MakerSettings, ledger: Ledger = Ledger(), at now: Moment) {
    self.settings = settings
    desk = Desk(settings.desk, ledger: ledger, at: now)
    (limits, losses) = (settings.limits, settings.losses)
    (filter, breaker) = (settings.filter, settings.breaker)
    volatility = settings.volatility
    imbalance = Imbalance(weight: settings.imbalanceWeight)
    (pressure, arrivals) = (settings.pressure, settings.arrivals)
    nextStatus = now.monotonic + settings.statusInterval
    nextHeartbeat = now.monotonic
  }

  package var deadline: UInt64? {
    var due = [desk.deadline].compactMap { $0 }
    if desk.isRunning {
      due += [nextHeartbeat, exit?.deadline ?? nextHeartbeat]
      if exit == nil { due += [max(nextRefresh, fillDue ?? 0), nextWork ?? nextHeartbeat] }
    }
    return due.min()
  }

  package mutating func receive(
    _ input: BotInput, at now: Moment, into actions: inout [BotAction]
  ) {
    if case .stop(let reason) = input, desk.isRunning, !desk.isDry {
      wind(down: reason, at: now)
    } else {
      let wasOpen = desk.phase != .finished
      for event in desk.receive(input, at: now) { receive(event, at: now) }
      if desk.phase == .finished, wasOpen { sayFarewell() }
    }
    if case .line(let line) = input { hear(line, at: now) }
    if desk.isRunning { carryOn(at: now) }
    actions += desk.take()
  }

  // MARK: What is heard

  private mutating func hear(_ line: GatewayLine, at now: Moment) {
    switch line {
    case .quote(settings.listing, let quote) where quote.isSound:
      firstQuote = firstQuote ?? now.monotonic
      volatility.note(mid: quote.mid, at: now.monotonic)
      filter?.note(mid: quote.mid, at: now.monotonic)
      if nextImbalance <= now.monotonic, let book = desk.view.book(settings.listing) {
        nextImbalance = now.monotonic + Self.heartbeat
        if settings.isImbalanceUsed { imbalance.note(book, depth: settings.depth) }
        pressure?.note(book)
      }
    case .trade(let trade) where trade.listing == settings.listing: note(trade, at: now)
    case .stream(settings.listing, "trade", let state, _):
      arrivals?.hear(state == "live", at: now.monotonic)
    case .position(let line) where line.listing == settings.listing:
      truth.note(line, at: now.monotonic)
    default: break
    }
  }

  private mutating func receive(_ event: Desk.Event, at now: Moment) {
    switch event {
    case .started: begin(at: now)
    case .fill(let fill) where fill.listing == settings.listing: note(fill, at: now)
    case .ended(let leg): end(leg, at: now)
    case .positions(let serial):
      if let line = desk.view.positionLine(settings.listing) { truth.note(line, at: now.monotonic) }
      exitHears(serial, at: now)
    case .disconnected:
      arrivals?.hear(false, at: now.monotonic)
      exit?.restart()
      mustClean = true
      endRun(at: now)
    case .accepted, .order, .orders, .over, .fill: break
    }
  }

  private mutating func begin(at now: Moment) {
    if let status = desk.view.rules(settings.listing)?.status, status != "open",
      status != "post_only"
    {
      return desk.end("\(settings.listing) is \(status)", code: 1, at: now)
    }
    if let line = desk.view.positionLine(settings.listing) {
      let price = desk.view.quote(settings.listing, at: now)?.mid ?? .zero
      truth.adopt(line, at: price, now.monotonic)
      heldSince = truth.inventory.size.isZero ? nil : now.monotonic
      desk.outbox.log(.info, "Position \(line.size)")
    }
    nextRefresh = now.monotonic
  }

  /// Quotes of an earlier run, or of a gateway that is gone, would stand beside those of this one.
  private mutating func clean(at now: Moment) {
    mustClean = false
    guard !desk.isDry else { return }
    desk.cancelAll(settings.listing, wholeAccount: true, at: now)
  }

  /// One execution, of whichever order: what is held is what counts. (S3-47, S3-49)
  private mutating func note(_ fill: FillLine, at now: Moment) {
    let before = truth.inventory.size
    fillDue = nil
    guard let gain = truth.note(fill, at: now.monotonic) else {
      return desk.outbox.log(.info, "Fill \(fill.tradeID) was in the venue's position already")
    }
    let profit = gain.minus(fill.fee)
    losses.note(profit, at: now.wall)
    statistics.note(
      FillStatistics.Execution(
        time: now.wall / 1_000, side: fill.side, fee: fill.fee, isMaker: fill.liquidity == "maker",
        realised: gain))
    desk.bookedTrades = statistics.closing
    write(fill, gain, at: now)
    let held = truth.inventory.size
    if held.isZero {
      heldSince = nil
    } else if before.isZero || before.isNegative != held.isNegative {
      heldSince = now.monotonic
    }
    tellState()
    if let breaker = !gain.isZero ? breakerNotes(profit, at: now) : nil {
      desk.outbox.notify(NotificationText.bold("Circuit breaker") + ": \(breaker)")
      return leave(because: breaker, makerWait: 0, at: now)
    }
    guard exit == nil else { return }
    if settings.model.engine == .v2 {
      for index in slots.indices { slots[index].wanted = nil }
      if held.magnitude < before.magnitude { nextRefresh = now.monotonic }
    } else {
      nextRefresh = now.monotonic
    }
  }

  private mutating func breakerNotes(_ profit: Decimal, at now: Moment) -> String? {
    breaker?.note(profit, at: now.monotonic)
  }

  private mutating func end(_ leg: Leg, at now: Moment) {
    let id = leg.ticket.clientID
    if leg.result.filled > leg.executed { fillDue = now.monotonic + Self.fillDelay }
    for index in slots.indices where slots[index].end(id) { return }
    exit?.note(leg, at: now.monotonic)
  }

  // MARK: What follows

  private mutating func carryOn(at now: Moment) {
    let time = now.monotonic
    nextHeartbeat = time + Self.heartbeat
    if mustClean { clean(at: now) }
    if let due = fillDue, due <= time { fillDue = nil }
    recordPauses(at: now)
    reconcile(at: now)
    fitArrivals(at: now)
    if let reason = exitReason(at: now) {
      leave(because: reason.text, makerWait: reason.makerWait, at: now)
    }
    if let ending, exit == nil || ending.until <= time { return endRun(at: now) }
    if exit != nil {
      pursueExit(at: now)
    } else if nextRefresh <= time || obstacleAppears(at: now) {
      refresh(at: now)
    }
    work(at: now)
    tellState()
    tellStatus(at: now)
  }

  private mutating func reconcile(at now: Moment) {
    guard let mid = desk.view.quote(settings.listing, at: now)?.mid,
      let difference = truth.reconcile(at: mid, now.monotonic)
    else { return }
    heldSince = truth.inventory.size.isZero ? nil : heldSince ?? now.monotonic
    nextRefresh = now.monotonic
    desk.outbox.log(
      .warning,
      "The venue's position differs by \(difference.signedText(places: 6)): it is believed, "
        + "\(truth.inventory.size)")
  }
}
