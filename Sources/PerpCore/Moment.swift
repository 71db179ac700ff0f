/// An instant on both clocks. Pure code is handed moments and never reads a clock.
package struct Moment: Equatable, Sendable {
  /// Nanoseconds on the monotonic clock; for deadlines and ages.
  package var monotonic: UInt64
  /// Microseconds since the epoch, UTC; for time stamps.
  package var wall: Int64

  package init(monotonic: UInt64, wall: Int64) {
    self.monotonic = monotonic
    self.wall = wall
  }

  package func advanced(by nanoseconds: UInt64) -> Moment {
    Moment(
      monotonic: monotonic + nanoseconds,
      wall: wall + Int64((monotonic + nanoseconds) / 1_000) - Int64(monotonic / 1_000))
  }
}

/// Spans of the monotonic clock, in nanoseconds.
package enum Nanoseconds {
  package static func milliseconds(_ count: Int) -> UInt64 { UInt64(count) * 1_000_000 }
  package static func seconds(_ count: Int) -> UInt64 { UInt64(count) * 1_000_000_000 }
}
