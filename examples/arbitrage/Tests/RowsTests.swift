import Foundation
import Testing

/// The table of rows tells the truth. (E1)
@Suite("Rows") struct RowsTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()

  private static func text(_ path: String) -> String {
    (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
  }

  private static let rows = text("ROWS.md")
    .matches(of: /\n\| ([A-Z]\d?-[^|]+) \| `([^`]+)` \| `([^`]+)` \|/)
    .map { (row: String($0.output.1), file: String($0.output.2), test: String($0.output.3)) }

  /// Those of the bot, and of the program where a row is the gateway's.
  private static let tests = ["Tests", "../../Tests/PerpwireTests"].map { folder in
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: "\(root.path)/\(folder)")) ?? []
    return names.filter { $0.hasSuffix("Tests.swift") && $0 != "RowsTests.swift" }
      .map { text("\(folder)/\($0)") }.joined()
  }.joined()

  @Test("E1 every row that is listed as done names a file and a test that exist")
  func rows() {
    #expect(Self.rows.count > 40)
    for (row, file, test) in Self.rows {
      #expect(!Self.text(file).isEmpty, "\(row): there is no \(file)")
      #expect(Self.tests.contains("\"\(test)"), "\(row): there is no test \"\(test)\"")
    }
  }
}
