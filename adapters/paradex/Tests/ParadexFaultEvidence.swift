import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import Paradex

/// The fault table, row by row: what is injected, what must come of it, and a line of evidence.
@Suite struct ParadexFaultEvidence {
  /// "A connection without any live subscription is closed with code 4031."
  @Test(arguments: FaultRow.all + [.close(4031)])
  func row(_ row: FaultRow) throws { #expect(try row.holds(on: .paradex)) }

  @Test("X14 the venue's own quote is crossed or locked", arguments: ["101", "100"])
  func crossed(ask: String) {
    var script = ParadexScript.connected([Topic(.bbo, Venue.btc)])
    script.bbo(9_000_000_000, "101x1", "\(ask)x1")
    let flags = script.all.compactMap { action -> QuoteFlags? in
      if case .emit(.bbo(let bbo)) = action, bbo.venueSequence == 9_000_000_000 {
        bbo.flags
      } else {
        nil
      }
    }
    let expected: QuoteFlags = ask == "101" ? .locked : .crossed
    evidence("X14", "paradex", flags == [expected], ["flagged": flags.count])
    #expect(flags == [expected])
  }
}
