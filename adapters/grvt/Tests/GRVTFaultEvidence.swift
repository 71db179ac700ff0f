import Testing
import VenueTesting

@testable import GRVT

/// The fault table, row by row: what is injected, what must come of it, and a line of evidence.
@Suite struct GRVTFaultEvidence {
  @Test(arguments: FaultRow.all)
  func row(_ row: FaultRow) throws { #expect(try row.holds(on: .grvt)) }
}
