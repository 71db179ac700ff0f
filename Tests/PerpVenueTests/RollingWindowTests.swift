import PerpCore
import PerpVenue
import Testing

@Suite("Rolling window")
struct RollingWindowTests {
  @Test("no stretch of the span ever holds more than the limit, and none is refused below it")
  func property() {
    for seed in 0..<200 {
      var random = Random(seed: UInt64(seed))
      let (limit, span) = (random.below(20) + 1, UInt64(random.below(1_000) + 1))
      var window = RollingWindow(limit: limit, per: span)
      var taken: [UInt64] = []
      var now: UInt64 = 0
      for _ in 0..<500 {
        now += UInt64(random.below(Int(span) / limit * 2 + 2))
        let recent = taken.filter { now - $0 < span }.count
        #expect(window.take(at: now) == (recent < limit), "seed \(seed) at \(now)")
        if recent < limit { taken.append(now) }
        let counted = taken.filter { $0 + span > now }
        #expect(window.used(at: now) == counted.count, "seed \(seed) at \(now)")
        #expect(window.nextRelease(at: now) == counted.first.map { $0 + span }, "seed \(seed)")
      }
      for index in taken.indices.dropFirst(limit) {
        #expect(taken[index] - taken[index - limit] >= span, "seed \(seed)")
      }
    }
  }

  @Test("it says when the next is allowed")
  func earliest() {
    var window = RollingWindow(limit: 2, per: 100)
    #expect(window.earliest == 0)
    #expect(window.take(at: 10) == true)
    #expect(window.take(at: 20) == true)
    #expect(window.earliest == 110)
    #expect(window.take(at: 109) == false)
    #expect(window.take(at: 110) == true)
    #expect(window.earliest == 120)
  }
}
