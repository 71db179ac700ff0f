import Testing
import VenueTesting

@testable import EdgeX

@Suite("All orders at once on edgeX")
struct EdgeXCancelAllTests {
  private func run(_ generation: EdgeXGeneration = .v2) -> CancelAllRun {
    CancelAllRun(
      generation.venue, isOfAll: { $0.contains("/cancelAllOrder ") },
      isOfOne: { $0.contains("/cancelOrderBy") })
  }

  @Test(
    "all that is open goes by one request, and what is placed behind it stays",
    arguments: EdgeXGeneration.both)
  func all(_ generation: EdgeXGeneration) {
    var all = run(generation)
    #expect(all.run() == [])
    var market = run(generation)
    #expect(market.run(ofOneMarket: true) == [])
  }

  @Test(
    "whatever becomes of the request, all that was open ends",
    arguments: [
      "lose-answer", "lose-request", "fail=503", "fail-after=502", "ignore", "throttle",
    ])
  func fault(fault: String) {
    var run = run()
    #expect(run.run(fault: fault) == [])
  }
}
