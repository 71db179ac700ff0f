import PerpCore

/// Work that is let through no faster than a rolling window allows, in the order it came.
package struct PacedQueue<Work: Equatable & Sendable>: Sendable {
  private var work: [Work] = []
  private var rate: RollingWindow
  private var pausedUntil: UInt64 = 0

  package init(rate: RollingWindow) { self.rate = rate }

  package var isEmpty: Bool { work.isEmpty }

  /// When the next piece may go, on the monotonic clock; nil when nothing waits.
  package var deadline: UInt64? { work.isEmpty ? nil : max(rate.earliest, pausedUntil) }

  /// Adds a piece unless the same waits already.
  package mutating func append(_ piece: Work) {
    if !work.contains(piece) { work.append(piece) }
  }

  package mutating func next(at now: UInt64) -> Work? {
    guard !work.isEmpty, now >= pausedUntil, rate.take(at: now) else { return nil }
    return work.removeFirst()
  }

  /// Lets nothing through before `time`.
  package mutating func pause(until time: UInt64) { pausedUntil = max(pausedUntil, time) }

  package func contains(where isWanted: (Work) -> Bool) -> Bool {
    work.contains(where: isWanted)
  }

  package mutating func removeAll(where shouldRemove: (Work) -> Bool = { _ in true }) {
    work.removeAll(where: shouldRemove)
  }
}
