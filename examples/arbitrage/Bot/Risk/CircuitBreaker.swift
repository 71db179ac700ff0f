import PerpCore

/// Stops after one loss that is too large, or several in a row, each time for twice as long until
/// something is won. (S3-64)
package struct CircuitBreaker: Equatable, Sendable {
  package struct Settings: Equatable, Sendable {
    /// Quote units.
    package var maxLoss = Decimal(3)
    /// 0 for any.
    package var lossesInARow = 5
    /// Nanoseconds.
    package var cooldown = Nanoseconds.seconds(60)
    package var longest = Nanoseconds.seconds(300)

    package init() {}
  }

  private let settings: Settings
  private var streak = 0
  private var firings = 0
  /// On the monotonic clock.
  package private(set) var pausedUntil: UInt64 = 0

  package init(_ settings: Settings = Settings()) { self.settings = settings }

  /// Why it fires; nil where it does not. What neither won nor lost says nothing.
  package mutating func note(_ profit: Decimal, at now: UInt64) -> String? {
    if profit > .zero { (streak, firings) = (0, 0) }
    guard profit.isNegative else { return nil }
    streak += 1
    let isLarge = profit.negated > settings.maxLoss
    let isStreak = settings.lossesInARow > 0 && streak >= settings.lossesInARow
    guard isLarge || isStreak else { return nil }
    let reason = isLarge ? "a loss of \(profit.negated)" : "\(streak) losses in a row"
    streak = 0
    pausedUntil = now + min(settings.longest, settings.cooldown << UInt64(min(firings, 16)))
    firings += 1
    return reason
  }
}
