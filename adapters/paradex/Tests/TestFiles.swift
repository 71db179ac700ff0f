import Foundation

/// Where tests read their data from.
enum TestFiles {
  /// The binary frames: of the directory that `PERPWIRE_VECTORS` names, else the fixture.
  static var frames: URL {
    let directory =
      environment("PERPWIRE_VECTORS")
      ?? URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    return directory.appending(path: "paradex-sbe.json")
  }

  /// Recorded messages, which are not part of the repository; nil where there are none.
  static var messages: URL? {
    let root = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../..").standardized
    let directory =
      environment("PERPWIRE_MESSAGES") ?? root.appending(path: "../shared/venues").standardized
    let file = directory.appending(path: "paradex-messages.jsonl")
    return FileManager.default.fileExists(atPath: file.path) ? file : nil
  }

  static func read(_ file: URL) throws -> [UInt8] { [UInt8](try Data(contentsOf: file)) }

  static func bytes(base64 text: String) -> [UInt8]? {
    Data(base64Encoded: text).map { [UInt8]($0) }
  }

  private static func environment(_ name: String) -> URL? {
    guard let path = ProcessInfo.processInfo.environment[name], !path.isEmpty else { return nil }
    return URL(filePath: path, directoryHint: .isDirectory)
  }

  /// Rows of cells as a table with a head, columns aligned.
  static func printTable(_ title: String, _ rows: [[String]]) {
    let widths = (0..<(rows.first?.count ?? 0)).map { column in
      rows.map { $0[column].count }.max() ?? 0
    }
    print(title)
    for row in rows {
      let cells = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
      print("  " + cells.joined(separator: "  "))
    }
  }
}
