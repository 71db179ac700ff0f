/// How far the venue's clock is from ours, estimated from answers that carry its time: the answer
/// was made at some instant between request and response, so half the round trip bounds the error
/// (RFC 5905 section 8). The estimate with the smallest bound wins.
package struct ClockOffset: Sendable {
  /// Venue minus ours, in microseconds.
  package private(set) var microseconds: Int64 = 0
  /// The bound of the error in microseconds; nil while nothing is known.
  package private(set) var bound: Int64?

  package init() {}

  /// All times in microseconds; `venue` has the resolution `resolution`.
  package mutating func measured(sent: Int64, received: Int64, venue: Int64, resolution: Int64) {
    let bound = (received - sent) / 2 + resolution
    guard received >= sent, bound <= (self.bound ?? .max) else { return }
    microseconds = venue + resolution / 2 - (sent + received) / 2
    self.bound = bound
  }

  /// The venue's time stamp on our clock.
  package func ours(_ venueTime: Int64) -> Int64 { venueTime - microseconds }
}
