import Testing

@testable import PerpSetup

@Suite struct SpellingTests {
  @Test(arguments: [
    ("", "", 0), ("a", "", 1), ("", "ab", 2), ("kitten", "sitting", 3), ("levle", "level", 1),
    ("ab", "ba", 1), ("abc", "abc", 0),
  ])
  func distances(one: String, other: String, distance: Int) {
    #expect(Spelling.distance(Array(one), Array(other)) == distance)
    #expect(Spelling.distance(Array(other), Array(one)) == distance)
  }

  @Test func theNearestIsTakenIfItIsNear() {
    let words = ["log.level", "log.format", "serve.race"]
    #expect(Spelling.nearest(to: "log.levl", in: words) == "log.level")
    #expect(Spelling.nearest(to: "serve.rase", in: words) == "serve.race")
    #expect(Spelling.nearest(to: "colour", in: words) == nil)
    #expect(Spelling.nearest(to: "x", in: []) == nil)
  }
}
