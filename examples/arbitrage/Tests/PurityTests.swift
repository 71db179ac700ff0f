import Foundation
import Testing

/// The strategies know nothing but what they are told.
@Suite("Purity") struct PurityTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()

  private static let files: [(path: String, text: String)] = {
    let folder = root.appending(path: "Bot")
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }
    return (names ?? []).filter { $0.hasSuffix(".swift") }.sorted().map { name in
      let text = try? String(contentsOf: folder.appending(path: name), encoding: .utf8)
      return (name, text ?? "")
    }
  }()

  @Test("bots import the decimals and the JSON of the product, and nothing else")
  func imports() {
    #expect(Self.files.count > 10)
    for (path, text) in Self.files {
      let imports = text.split(separator: "\n").filter { $0.hasPrefix("import ") }
      #expect(imports.allSatisfy { $0 == "import PerpCore" }, "\(path)")
    }
  }

  @Test(
    "bots read no clock, draw no chance and print nothing",
    arguments: ["print(", "ContinuousClock", "Task {", "random(", "getenv"])
  func words(word: String) {
    for (path, text) in Self.files { #expect(!text.contains(word), "\(path) says \(word)") }
  }
}
