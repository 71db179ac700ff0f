import Foundation

/// Where tests read their data from.
package enum TestFiles {
  /// A file of vectors: of the directory that `PERPWIRE_VECTORS` names, else the fixture beside
  /// the test that asks.
  package static func vectors(_ name: String, beside test: String = #filePath) -> URL {
    let fixtures = URL(filePath: test).deletingLastPathComponent().appending(path: "Fixtures")
    return (environment("PERPWIRE_VECTORS") ?? fixtures).appending(path: name)
  }

  /// Recorded messages of a venue, which are not part of the repository; nil where there are none.
  package static func messages(_ venue: String) -> URL? {
    let root = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../..").standardized
    let directory =
      environment("PERPWIRE_MESSAGES") ?? root.appending(path: "../shared/venues").standardized
    let file = directory.appending(path: "\(venue)-messages.jsonl")
    return FileManager.default.fileExists(atPath: file.path) ? file : nil
  }

  package static func read(_ file: URL) throws -> [UInt8] { [UInt8](try Data(contentsOf: file)) }

  package static func bytes(base64 text: String) -> [UInt8]? {
    Data(base64Encoded: text).map { [UInt8]($0) }
  }

  private static func environment(_ name: String) -> URL? {
    guard let path = ProcessInfo.processInfo.environment[name], !path.isEmpty else { return nil }
    return URL(filePath: path, directoryHint: .isDirectory)
  }
}
