import Testing
import VenueTesting

@testable import Lighter

@Suite("All orders at once on Lighter")
struct LighterCancelAllTests {
  private func run() -> CancelAllRun {
    CancelAllRun(
      Lighter.descriptor, isOfAll: { $0.contains(#""tx_type":16,"#) },
      isOfOne: { $0.contains(#""tx_type":15,"#) })
  }

  @Test("all that is open goes by one transaction, and what is placed behind it stays")
  func all() {
    var all = run()
    #expect(all.run() == [])
    var market = run()
    #expect(market.run(ofOneMarket: true) == [])
  }

  @Test(
    "whatever becomes of the transaction, all that was open ends",
    arguments: [
      "lose-answer", "lose-request", "fail=503", "fail-after=502", "ignore", "throttle",
    ])
  func fault(fault: String) {
    var run = run()
    #expect(run.run(fault: fault) == [])
  }
}
