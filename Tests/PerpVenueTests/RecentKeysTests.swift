import PerpVenue
import Testing

@Suite("Recent keys")
struct RecentKeysTests {
  @Test("a key is news once, until as many others as there is room for have followed")
  func repetition() {
    var keys = RecentKeys(capacity: 3)
    func insert(_ number: Int64) -> Bool { keys.insert(SIMD4(repeating: number)) }
    #expect([1, 2, 1, 3, 2, 1].map { insert($0) } == [true, true, false, true, false, false])
    #expect(insert(4) == true)
    #expect(insert(1) == true, "4 has taken the place of the oldest")
    #expect(insert(3) == false)
    #expect(insert(2) == true)
  }
}
