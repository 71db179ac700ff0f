import PerpCore

/// Takes a position away: cancels all, asks the venue what there is, rests at the touch for a
/// while, takes the rest at a bounded price, and looks whether nothing is left. (S3-46)
package struct EmergencyExit: Equatable, Sendable {
  package enum Stage: Equatable, Sendable {
    /// Until all that was cancelled has ended.
    case cancelling
    /// Until positions are told.
    case asking(serial: Int, until: UInt64)
    /// An order at the touch.
    case resting(clientID: String, until: UInt64)
    case taking(clientID: String)
    /// The venue is asked then.
    case pausing(until: UInt64)
  }

  /// Nanoseconds.
  static let verification = Nanoseconds.seconds(1)
  static let retry = Nanoseconds.seconds(10)
  static let answer = Nanoseconds.seconds(5)
  /// A market that takes cancels alone is tried again then.
  static let halt = Nanoseconds.seconds(30)

  package let reason: String
  package internal(set) var stage = Stage.cancelling
  /// Nanoseconds that its order may rest; 0 to take at once.
  let makerWait: UInt64
  /// Of this try, on the monotonic clock.
  var began: UInt64
  var hasRested = false
  /// An order of its own has ended, so that the rest is to be known.
  var hasActed = false

  init(_ reason: String, makerWait: UInt64, at now: UInt64) {
    (self.reason, self.makerWait, began) = (reason, makerWait, now)
  }

  /// On the monotonic clock; nil where it waits for what is told.
  var deadline: UInt64? {
    switch stage {
    case .cancelling, .taking: nil
    case .asking(_, let until), .resting(_, let until), .pausing(let until): until
    }
  }

  mutating func restart() { stage = .cancelling }
  mutating func endRest() { (stage, hasRested) = (.cancelling, true) }

  /// One of its orders has ended: the venue is asked for what is left.
  mutating func note(_ leg: Leg, at now: UInt64) {
    switch stage {
    case .resting(leg.ticket.clientID, _): endRest()
    case .taking(leg.ticket.clientID):
      stage = .pausing(until: now + Self.verification)
      hasActed = true
    default: break
    }
  }
}

// MARK: - Leaving

extension MakerBot {
  /// Why what is held must go at once; nil where it may stay.
  func exitReason(at now: Moment) -> (text: String, makerWait: UInt64)? {
    guard exit == nil, !desk.isDry, desk.killSwitch.state == .armed,
      let rules = desk.view.rules(settings.listing),
      truth.inventory.size.magnitude >= rules.lot
    else { return nil }
    if let mid = desk.view.quote(settings.listing, at: now)?.mid {
      let loss = truth.inventory.unrealised(at: mid).negated
      if loss > settings.maxUnrealisedLoss { return ("a loss of \(loss.text(places: 4))", 0) }
    }
    guard let since = heldSince, now.monotonic >= since + settings.emergencyTimeout else {
      return nil
    }
    return ("held for \((now.monotonic - since) / 1_000_000_000) s", settings.makerWait)
  }

  /// Begins an exit; one at a time.
  mutating func leave(because reason: String, makerWait: UInt64, at now: Moment) {
    guard exit == nil, !desk.isDry else { return }
    desk.outbox.log(.warning, "Emergency exit: \(reason), position \(truth.inventory.size)")
    desk.outbox.notify(
      NotificationText.bold("Emergency exit") + ": " + NotificationText.escape(reason))
    exit = EmergencyExit(reason, makerWait: makerWait, at: now.monotonic)
    cancelQuotes(at: now)
  }

  /// The user's wish: quotes go, then the position, then the run. A second one changes nothing.
  mutating func wind(down reason: String, at now: Moment) {
    guard ending == nil else { return }
    ending = (reason, now.monotonic + Self.patience)
    desk.outbox.log(.info, "Leaving first: \(reason)")
    cancelQuotes(at: now)
    if exit == nil {
      exit = EmergencyExit("shutdown", makerWait: settings.makerWait, at: now.monotonic)
    }
  }

  mutating func endRun(at now: Moment) {
    guard let ending else { return }
    desk.stop(ending.reason, at: now)
  }

  mutating func cancelQuotes(at now: Moment) {
    for index in slots.indices {
      slots[index].wanted = nil
      slots[index].cancel()
    }
    // What holds exits back protects nobody: they are counted, and sent.
    for _ in slots.filter({ $0.clientID != nil }) { limits.note(at: now.monotonic) }
    desk.cancelAll(settings.listing, at: now)
  }

  /// Positions that were asked for are there.
  mutating func exitHears(_ serial: Int, at now: Moment) {
    guard case .asking(serial, _) = exit?.stage else { return }
    let mid = desk.view.quote(settings.listing, at: now)?.mid ?? .zero
    if let line = desk.view.positionLine(settings.listing) {
      truth.adopt(line, at: mid, now.monotonic)
    }
    act(at: now)
  }

  mutating func pursueExit(at now: Moment) {
    guard let current = exit else { return }
    let time = now.monotonic
    switch current.stage {
    case .cancelling:
      if !desk.isWorking(settings.listing) { ask(at: now) }
    case .asking(_, let until):
      if until <= time { ask(at: now) }
    case .resting(let id, let until):
      guard until <= time else { return }
      exit?.endRest()
      limits.note(at: time)
      desk.cancel(id, at: now)
    case .taking: break
    case .pausing(let until):
      if until <= time { ask(at: now) }
    }
  }

  private mutating func ask(at now: Moment) {
    let serial = desk.askForPositions()
    exit?.stage = .asking(serial: serial, until: now.monotonic + EmergencyExit.answer)
  }

  /// The venue has told what there is.
  private mutating func act(at now: Moment) {
    guard let current = exit, let rules = desk.view.rules(settings.listing) else { return }
    let position = truth.inventory.size
    guard position.magnitude >= rules.lot else { return finishExit(at: now) }
    if rules.status == "cancel_only" {
      exit?.stage = .pausing(until: now.monotonic + EmergencyExit.halt)
      return desk.outbox.log(.warning, "\(settings.listing) takes cancels alone: trying again")
    }
    if current.hasActed {
      // Once in ten seconds: something is wrong where it was not enough.
      let next = current.began + EmergencyExit.retry
      if now.monotonic < next { exit?.stage = .pausing(until: next); return }
      exit?.began = now.monotonic
      desk.outbox.log(.error, "Emergency exit: \(position) is left, once more")
    }
    guard let quote = desk.view.quote(settings.listing, at: now) else {
      exit?.stage = .pausing(until: now.monotonic + EmergencyExit.verification)
      return
    }
    let mayRest = current.makerWait > 0 && !current.hasRested
    order(position, quote, rules, rests: mayRest || rules.status == "post_only", at: now)
  }

  private mutating func order(
    _ position: Decimal, _ quote: Quote, _ rules: MarketRules, rests: Bool, at now: Moment
  ) {
    let side: Side = position.isNegative ? .buy : .sell
    let own = side == .buy ? quote.bid : quote.ask
    let slip = side == .buy ? settings.exitSlippage : settings.exitSlippage.negated
    let limit = try? rules.price(quote.price(for: side).plus(slip), side, .aggressive)
    let price = rests ? own : limit ?? own
    var ticket = OrderTicket(
      settings.listing, clientID: desk.orderName("x", at: now), side: side,
      // Reduce-only: what the venue's least is more than there is, it does not fill.
      size: max(position.magnitude.floored(to: rules.lot), rules.leastSize(at: price)),
      price: price, timeInForce: rests ? nil : .ioc, isReduceOnly: true)
    ticket.isPostOnly = rests
    limits.note(at: now.monotonic)
    ordersUsed += 1
    let wait = max(exit?.makerWait ?? 0, EmergencyExit.verification)
    exit?.stage =
      rests
      ? .resting(clientID: ticket.clientID, until: now.monotonic + wait)
      : .taking(clientID: ticket.clientID)
    desk.place(ticket, at: now)
  }

  private mutating func finishExit(at now: Moment) {
    desk.outbox.log(.info, "Emergency exit done: flat (\(exit?.reason ?? ""))")
    exit = nil
    heldSince = nil
    nextRefresh = now.monotonic
    desk.bookedTrades = statistics.closing
    if ending != nil { endRun(at: now) }
  }
}
