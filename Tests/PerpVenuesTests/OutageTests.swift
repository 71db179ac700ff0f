import PerpCore
import PerpVenue
import PerpVenues
import Testing
import VenueTesting

/// What all venues go through together.
@Suite struct OutageTests {
  /// The network of all venues fails at the same moment, and comes back to each at another.
  @Test("X43 all venues drop at once and come back in random order", arguments: 1...5)
  func swizzle(seed: Int) throws {
    var random = Random(seed: UInt64(seed))
    for venue in Registry.venues {
      let back = 25 + random.below(60)
      let topics = venue.channels.filter { $0.channel != .trade }.count * 2
      var run = try FaultRun(
        VenueUnderTest(venue, watched: .funding) { _, _ in false }, "", seed: UInt64(seed))
      run.run(to: back + 60, outage: 20..<back)
      let live = run.log.compactMap { time, action -> UInt64? in
        guard case .emit(.stream(let status)) = action, status.state == .live,
          status.topic.channel != .trade, time > Nanoseconds.seconds(back)
        else { return nil }
        return time / 1_000_000
      }
      let converged = (live.max() ?? .max) - UInt64(back * 1_000)
      let attempts = run.attempts.filter { $0 >= 20_000 }
      let most = attempts.map { start in attempts.count { start <= $0 && $0 < start + 60_000 } }
      let isMet =
        run.isAllLive && run.isSound && live.count >= topics / 2 && converged <= 45_000
        && (most.max() ?? 0) <= 20
      evidence(
        "X43", venue.id.description, isMet,
        [
          "converge_ms": converged, "attempts": attempts.count,
          "most_in_a_minute": most.max() ?? 0,
        ])
      #expect(isMet)
    }
  }
}
