import PerpCore

// MARK: - What is watched beside the orders themselves

extension TradingSession {
  /// Tells how much of each window is used, when that has come into another quarter of it.
  mutating func tellRates(at now: Moment, into actions: inout VenueActions) {
    for (index, window) in windows.enumerated() {
      let used = window.used(at: now.monotonic)
      let quarter = used * 4 / window.limit
      guard quarter != toldQuarters[index] else { continue }
      toldQuarters[index] = quarter
      let reset = window.nextRelease(at: now.monotonic).map {
        now.wall + Int64(clamping: ($0 - now.monotonic) / 1_000)
      }
      actions.append(
        .emit(
          .limits(
            RateUse(
              header: AccountHeader(venue: account.venue, account: account.name),
              bucket: "requests_\(window.name)", used: used, limit: window.limit, reset: reset))))
    }
    ratesDue =
      toldQuarters.contains { $0 > 0 } ? now.monotonic + Nanoseconds.seconds(1) : nil
  }

  // MARK: A stream that went deaf

  /// An order was taken: the stream must say something of orders soon.
  mutating func expectEcho(of request: OrderRequest, at now: Moment) {
    guard case .place(let id) = request, connection.isOpen, echo == nil else { return }
    echo = (.own(id), now.monotonic + dialect.limits.echoWithin)
  }

  /// The venue says that the order stands, and its stream has not said a word: a token may have
  /// expired without notice, so it is opened anew.
  mutating func missEcho(at now: Moment, into actions: inout VenueActions) {
    guard let (key, _) = echo else { return }
    echo = nil
    switch tracker.order(key)?.evidence {
    case .restOrder, .restHistory: break
    default: return
    }
    guard tracker.order(key)?.status != .rejected else { return }
    reconnect("no_echo", at: now, into: &actions)
  }

  // MARK: Somebody else with the same key

  /// Somebody else uses the account's numbers: told, and at the second time within a minute nothing
  /// more is placed for a minute.
  mutating func noteConflicts(at now: Moment, into actions: inout VenueActions) {
    guard dialect.conflicts > conflicts.count else { return }
    conflicts.count = dialect.conflicts
    let isRepeated = conflicts.last.map { $0 + Self.conflictSpan > now.monotonic } ?? false
    conflicts.last = now.monotonic
    if isRepeated { conflicts.lockedUntil = now.monotonic + Self.conflictSpan }
    let report = ErrorReport(
      venue: account.venue, place: "account", reason: isRepeated ? "locked" : "nonce",
      message: "\(account): another program uses the same key, whose numbers it takes away; "
        + (isRepeated ? "no order is placed for a minute; " : "") + "give each a key of its own",
      time: now.wall)
    actions.append(.emit(.error(report)))
  }

  static var conflictSpan: UInt64 { Nanoseconds.seconds(60) }
}

/// Signs of another program with the same key.
struct KeyConflicts: Sendable {
  var count = 0
  var last: UInt64?
  var lockedUntil: UInt64 = 0
}

extension RollingWindow {
  /// `1s`, `1250ms`.
  fileprivate var name: String {
    let milliseconds = span / 1_000_000
    return milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000)s" : "\(milliseconds)ms"
  }
}
