import PerpCore

/// How far the venue's clock is from ours, estimated from answers that carry its time: the answer
/// was made at some instant between request and response, so half the round trip bounds the error
/// (RFC 5905 section 8). The estimate with the smallest bound wins; as clocks drift and are set,
/// the bound of an old estimate grows.
package struct ClockOffset: Sendable {
  /// Parts per million by which two computers' clocks may drift apart; crystals keep within it.
  package static let drift: UInt64 = 50

  /// Venue minus ours, in microseconds.
  package private(set) var microseconds: Int64 = 0
  /// The bound of the error in microseconds when it was measured, and when that was.
  private var measured: (bound: Int64, at: UInt64)?

  package init() {}

  /// The bound of the error in microseconds as of now, on the monotonic clock; nil while nothing
  /// is known.
  package func bound(at now: UInt64) -> Int64? {
    guard let measured else { return nil }
    let age = now > measured.at ? now - measured.at : 0
    return measured.bound.saturating(adding: Int64(age / 1_000_000_000 * Self.drift))
  }

  /// `venue` is the venue's time in microseconds, cut to whole units of `resolution`. The round
  /// trip is measured on the monotonic clock: ours may be set in between.
  package mutating func measured(sent: Moment, received: Moment, venue: Int64, resolution: Int64) {
    guard received.monotonic >= sent.monotonic else { return }
    let half = Int64((received.monotonic - sent.monotonic) / 2_000)
    let bound = half + resolution
    if let known = self.bound(at: received.monotonic), bound > known { return }
    // A venue may send any 64 bits as its time; they must not trap.
    microseconds = venue.saturating(adding: resolution / 2)
      .saturating(adding: half).saturating(subtracting: received.wall)
    measured = (bound, received.monotonic)
  }

  /// The venue's time stamp on our clock.
  package func ours(_ venueTime: Int64) -> Int64 {
    venueTime.saturating(subtracting: microseconds)
  }
}

extension Int64 {
  /// The sum, or the end of the range that it would pass.
  package func saturating(adding other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }

  /// The difference, or the end of the range that it would pass.
  package func saturating(subtracting other: Int64) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (other < 0 ? .max : .min) : difference
  }
}
