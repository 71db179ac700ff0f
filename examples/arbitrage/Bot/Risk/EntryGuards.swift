import PerpCore

/// How far a position may go. (S0-32)
package struct PositionCap: Equatable, Sendable {
  /// Base units; nothing at all where it is not positive.
  package let limit: Decimal

  package init(_ limit: Decimal) { self.limit = limit }

  /// `position` of the market that is bought or sold.
  package func allows(_ side: Side, _ size: Decimal, from position: Decimal) -> Bool {
    guard limit > .zero else { return false }
    return side == .buy
      ? position.plus(size) <= limit : position.minus(size) >= limit.negated
  }
}

/// Keeps within what a venue lets retail orders do for nothing: so many an hour and a day, and none
/// for a while once it has charged one or marked it as another kind. Orders that close are counted,
/// and never held back. (S0-40)
package struct InteractiveGuard: Equatable, Sendable {
  package static let flag = "INTERACTIVE"

  package struct Settings: Equatable, Sendable {
    package var hourGuard = 190
    package var dayGuard = 990
    package var hourLimit = 200
    package var dayLimit = 1_000
    /// Nanoseconds.
    package var pause = Nanoseconds.seconds(600)

    package init() {}
  }

  package let settings: Settings
  private var hour: WindowLimiter
  private var day: WindowLimiter
  private var lostAt: UInt64?

  package init(_ settings: Settings = Settings()) {
    self.settings = settings
    hour = WindowLimiter(limit: settings.hourGuard, window: Nanoseconds.seconds(3_600))
    day = WindowLimiter(limit: settings.dayGuard, window: Nanoseconds.seconds(86_400))
  }

  /// An order was taken. `flags` are the venue's, nil where it was not told.
  package mutating func note(flags: [String]?, at now: UInt64) {
    hour.note(at: now)
    day.note(at: now)
    noteKind(flags, at: now)
  }

  /// What is learnt of the kind of an order that was counted already.
  package mutating func noteKind(_ flags: [String]?, at now: UInt64) {
    guard let flags else { return }
    lostAt = flags.contains(Self.flag) ? nil : now
  }

  package func isLost(at now: UInt64) -> Bool {
    lostAt.map { now < $0 + settings.pause } ?? false
  }

  package func pauses(at now: UInt64) -> Bool {
    isLost(at: now) || !hour.allows(at: now) || !day.allows(at: now)
  }

  /// What is told of a skipped signal.
  package func text(at now: UInt64) -> String {
    "1h=\(hour.count(at: now))/\(settings.hourLimit) 24h=\(day.count(at: now))/"
      + "\(settings.dayLimit) interactive_lost=\(isLost(at: now))"
  }

  package func counts(at now: UInt64) -> (hour: Int, day: Int) {
    (hour.count(at: now), day.count(at: now))
  }
}

/// What is done about positions that do not cancel each other out. (S0-13, S0-36)
package enum ImbalanceAction: String, CaseIterable, Sendable {
  case alert, pause, flatten
}
