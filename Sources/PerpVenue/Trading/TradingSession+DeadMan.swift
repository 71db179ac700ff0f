import PerpCore

/// How the venue's own dead man's switch stands, which cancels all that is open on the account when
/// nobody puts it off any more: after the end of this process, or of its network.
struct DeadMan: Sendable {
  /// When it is put off next.
  var due: UInt64?
  /// It is not wanted any more, for the program is about to end.
  var isReleased = false
  /// Who waits to hear that the venue knows.
  var ticket: Ticket?
}

extension TradingSession {
  /// It is tried again in half the time, unless this comes to something.
  mutating func putOffDeadMan(at now: Moment) {
    deadMan.due = nil
    guard let every = dialect.limits.deadManEvery, !deadMan.isReleased, phase != .stopped else {
      return
    }
    deadMan.due = now.monotonic + every / 2
    tell(.deadMan(isArmed: true), at: now)
  }

  mutating func releaseDeadMan(
    for ticket: Ticket, at now: Moment, into actions: inout VenueActions
  ) {
    guard deadMan.due != nil else {
      return actions.append(.trading(.settled(ticket, .accepted)))
    }
    deadMan = DeadMan(isReleased: true, ticket: ticket)
    tell(.deadMan(isArmed: false), at: now)
  }

  private mutating func tell(_ request: AccountRequest, at now: Moment) {
    for isArmed in [false, true] { _ = line.remove(.account(.deadMan(isArmed: isArmed))) }
    line.add(.account(request), until: now.monotonic + dialect.limits.waitsAtMost)
  }

  /// What became of such a request; false of what is about orders.
  mutating func noteDeadMan(
    _ input: OrderInput, at now: Moment, into actions: inout VenueActions
  ) -> Bool {
    let isArmed: Bool
    var failure: String?
    switch input {
    case .sent(.account(.deadMan)): return true
    case .answered(.account(.deadMan(let wanted)), let answer):
      isArmed = wanted
      switch answer {
      case .accepted: break
      case .refused(let code, _, _): failure = code
      case .notFound, .duplicate, .none: failure = "no_answer"
      }
    case .notSent(.account(.deadMan(let wanted)), let reason): (isArmed, failure) = (wanted, reason)
    default: return false
    }
    if !isArmed, let ticket = deadMan.ticket {
      deadMan.ticket = nil
      actions.append(.trading(.settled(ticket, .accepted)))
    }
    if let failure {
      let report = ErrorReport(
        venue: account.venue, place: "account", reason: "deadman",
        message: "\(account): the venue's own dead man's switch could not be "
          + (isArmed ? "put off" : "disarmed") + ": \(failure)",
        time: now.wall)
      actions.append(.emit(.error(report)))
    } else if isArmed, deadMan.due != nil, let every = dialect.limits.deadManEvery {
      deadMan.due = now.monotonic + every
    }
    return true
  }
}
