import PerpVenue
import Testing

@Suite("Backoff")
struct BackoffTests {
  @Test("the bound doubles with each failure, up to the cap")
  func bounds() {
    let bounds: [UInt64] = [100, 200, 400, 800, 1_000, 1_000]
    var largest: [UInt64] = Array(repeating: 0, count: bounds.count)
    for seed in 0..<2_000 {
      var backoff = Backoff(base: 100, cap: 1_000, seed: UInt64(seed))
      for (index, bound) in bounds.enumerated() {
        let delay = backoff.fail()
        #expect(delay <= bound, "seed \(seed)")
        largest[index] = max(largest[index], delay)
      }
    }
    // Full jitter: all of the range is used.
    for (largest, bound) in zip(largest, bounds) { #expect(largest > bound - bound / 20) }
  }

  @Test("success starts over")
  func success() {
    var backoff = Backoff(base: 100, cap: 100_000, seed: 1)
    for _ in 0..<30 { _ = backoff.fail() }
    #expect(backoff.failures == 30)
    backoff.succeed()
    #expect(backoff.failures == 0)
    #expect(backoff.fail() <= 100)
  }

  @Test("a floor is kept, and those who wait it out do not come back at one instant")
  func floor() {
    var delays: Set<UInt64> = []
    for seed in UInt64(0)..<100 {
      var backoff = Backoff(base: 1_000_000, cap: 10_000_000, seed: seed)
      delays.insert(backoff.fail(floor: 60_000_000))
    }
    #expect(delays.allSatisfy { (60_000_000...61_000_000).contains($0) })
    #expect(delays.count > 90)
  }

  @Test("the same seed gives the same delays")
  func determinism() {
    var (one, two) = (
      Backoff(base: 250, cap: 10_000, seed: 7), Backoff(base: 250, cap: 10_000, seed: 7)
    )
    for _ in 0..<50 { #expect(one.fail() == two.fail()) }
  }
}
