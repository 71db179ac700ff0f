import PerpCore
import Testing
import VenueTesting

@testable import EdgeX

/// The fault table, row by row: what is injected, what must come of it, and a line of evidence.
@Suite struct EdgeXFaultEvidence {
  @Test(arguments: FaultRow.all) func row(_ row: FaultRow) throws {
    #expect(try row.holds(on: .edgeX))
  }

  @Test("X14 the venue's book is crossed or locked", arguments: ["101", "100"])
  func crossed(ask: String) {
    var script = EdgeXScript.connected([Topic(.bbo, Venue.btc)])
    script.depth(9, 10, snapshot: true, "101x1", "\(ask)x1")
    let flags = script.events.compactMap { event -> QuoteFlags? in
      if case .bbo(let bbo) = event { bbo.flags } else { nil }
    }
    let expected: QuoteFlags = ask == "101" ? .locked : .crossed
    evidence("X14", "edgex", flags == [expected], ["flagged": flags.count])
    #expect(flags == [expected])
  }
}
