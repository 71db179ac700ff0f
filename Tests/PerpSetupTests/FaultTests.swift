import Foundation
import Testing

@testable import PerpSetup

@Suite struct FaultTests {
  /// The document names each fault once, with the exit code it has, and no other.
  @Test func theDocumentIsComplete() throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/PerpSetup/FAULTS.md")
    let text = try String(contentsOf: path, encoding: .utf8)
    let rows = text.matches(of: /\n\| `([a-z_]+)` \| [a-z, ]+ \| (69|77|78|warning) \|/)
    #expect(rows.map { String($0.output.1) }.sorted() == Fault.allCases.map(\.rawValue).sorted())
    for row in rows where row.output.2 != "warning" {
      #expect(Fault(rawValue: String(row.output.1))?.exitCode == Int32(row.output.2))
    }
  }
}
