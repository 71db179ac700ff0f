import PerpCore
import PerpVenue
import Testing

@Suite("Clock offset")
struct ClockOffsetTests {
  private static let start = Moment(monotonic: 1_000_000_000_000, wall: 1_795_000_000_000_000)

  /// A venue whose clock is `ahead` of ours, asked over a line that takes `there` and `back`.
  private func measure(
    _ offset: inout ClockOffset, after seconds: Int, ahead: Int64, there: Int64, back: Int64
  ) {
    let sent = Self.start.advanced(by: Nanoseconds.seconds(seconds))
    let received = sent.advanced(by: UInt64(there + back) * 1_000)
    let venue = (sent.wall + there + ahead) / 1_000 * 1_000
    offset.measured(sent: sent, received: received, venue: venue, resolution: 1_000)
  }

  @Test("the error stays within the bound, however lopsided the line")
  func bound() {
    var random = Random(seed: 1)
    for _ in 0..<1_000 {
      var offset = ClockOffset()
      #expect(offset.bound(at: Self.start.monotonic) == nil)
      let ahead = Int64(random.below(7_200_000_000) - 3_600_000_000)
      measure(
        &offset, after: 0, ahead: ahead, there: Int64(random.below(500_000)),
        back: Int64(random.below(500_000)))
      let bound = offset.bound(at: Self.start.monotonic) ?? 0
      #expect(abs(offset.microseconds - ahead) <= bound)
      #expect(offset.ours(10_000_000_000 + ahead) - 10_000_000_000 == ahead - offset.microseconds)
    }
  }

  @Test("a quicker answer replaces a slower one, not the reverse")
  func best() {
    var offset = ClockOffset()
    measure(&offset, after: 0, ahead: 5_000, there: 90_000, back: 10_000)
    #expect(abs(offset.microseconds - 5_000) > 30_000)
    measure(&offset, after: 1, ahead: 5_000, there: 2_000, back: 2_000)
    #expect(abs(offset.microseconds - 5_000) <= 1_000)
    measure(&offset, after: 2, ahead: 5_000, there: 90_000, back: 10_000)
    #expect(abs(offset.microseconds - 5_000) <= 1_000)
  }

  @Test("an old estimate gives way: clocks drift")
  func ageing() {
    var offset = ClockOffset()
    measure(&offset, after: 0, ahead: 0, there: 500, back: 500)
    // Fifty parts per million are 3.6 ms after 72 s, 180 ms after an hour.
    measure(&offset, after: 3_600, ahead: 100_000, there: 20_000, back: 20_000)
    #expect(abs(offset.microseconds - 100_000) <= 21_000)
  }

  @Test("our own clock being set during a request does not count as a round trip")
  func ownStep() {
    var offset = ClockOffset()
    let received = Moment(
      monotonic: Self.start.monotonic + 2_000_000, wall: Self.start.wall - 5_000_000)
    offset.measured(
      sent: Self.start, received: received, venue: received.wall - 1_000, resolution: 1_000)
    #expect(abs(offset.microseconds) <= 2_000)
  }

  @Test("a time that passes the range stays at its end, and does not turn into another age")
  func saturation() {
    for ahead in [Int64(5_000_000), -5_000_000] {
      var offset = ClockOffset()
      measure(&offset, after: 0, ahead: ahead, there: 0, back: 0)
      #expect(ahead < 0 || offset.ours(.min) == .min)
      #expect(ahead > 0 || offset.ours(.max) == .max)
    }
  }

  @Test(
    "times of any 64 bits do not trap", arguments: [Int64.min, .min + 1, -1, 0, .max - 1, .max])
  func hostile(_ time: Int64) {
    var offset = ClockOffset()
    offset.measured(sent: Self.start, received: Self.start, venue: time, resolution: 1_000)
    for other in [Int64.min, -1, 0, 1, .max] { _ = offset.ours(other) }
    _ = offset.bound(at: .max)
    _ = offset.bound(at: 0)
  }
}
