import Testing
import VenueTesting

@testable import Paradex

@Suite struct ParadexBooksTests {
  @Test("a million random deltas, and every book is the venue's own")
  func marathon() { BookMarathon.run(.paradex) }
}
