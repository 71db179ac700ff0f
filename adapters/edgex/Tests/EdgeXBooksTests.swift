import Testing
import VenueTesting

@testable import EdgeX

@Suite struct EdgeXBooksTests {
  @Test("very many random changes, and every book is the venue's own")
  func marathon() { BookMarathon.run(.edgeX) }
}
