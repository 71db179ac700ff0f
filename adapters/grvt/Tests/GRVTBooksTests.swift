import Testing
import VenueTesting

@testable import GRVT

@Suite struct GRVTBooksTests {
  @Test("a million random deltas, and every book is the venue's own")
  func marathon() { BookMarathon.run(.grvt) }
}
