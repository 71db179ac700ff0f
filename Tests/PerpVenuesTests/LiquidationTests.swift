import PerpVenue
import PerpVenues
import Testing
import VenueTesting

@Suite("Liquidation")
struct LiquidationTests {
  @Test(
    "X57: a liquidation is told as the venue's own order, with its fills, and what it ends",
    arguments: ["edgex", "grvt", "lighter", "paradex"])
  func liquidation(name: String) throws {
    let venue = try #require(Registry.venue(name))
    var run = LiquidationRun(venue)
    #expect(run.run() == [])
  }
}
