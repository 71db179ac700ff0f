import Testing
import VenueTesting

@testable import Paradex

@Suite("All orders at once on Paradex")
struct ParadexCancelAllTests {
  private func run() -> CancelAllRun {
    CancelAllRun(
      Paradex.descriptor, isOfAll: { $0.hasPrefix("delete http") && !$0.contains("/orders/") },
      isOfOne: { $0.hasPrefix("delete http") && $0.contains("/orders/") })
  }

  @Test("all that is open goes by one request, and what is placed behind it stays")
  func all() {
    var all = run()
    #expect(all.run() == [])
    var market = run()
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
