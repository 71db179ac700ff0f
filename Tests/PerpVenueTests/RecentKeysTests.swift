import PerpVenue
import Testing

@Suite("Recent keys")
struct RecentKeysTests {
  @Test("a key is news once, until as many others as there is room for have followed")
  func repetition() {
    var keys = RecentKeys<Int>(capacity: 3)
    #expect([1, 2, 1, 3, 2, 1].map { keys.insert($0) } == [true, true, false, true, false, false])
    #expect(keys.insert(4) == true)
    #expect(keys.insert(1) == true, "4 has taken the place of the oldest")
    #expect(keys.insert(3) == false)
    #expect(keys.insert(2) == true)
  }
}
