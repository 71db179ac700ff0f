import Foundation
import Testing

@Suite("Documents tell the truth")
struct DocumentTests {
  @Test("links within the repository lead somewhere")
  func links() {
    for document in Repository.documents {
      let folder = document.contains("/") ? (document as NSString).deletingLastPathComponent : ""
      for link in Repository.text(document).matches(of: /\]\(([^)\s]+)\)/).map(\.output.1) {
        let target = link.prefix { $0 != "#" }
        guard !target.isEmpty, !link.contains("://"), !link.hasPrefix("mailto:") else { continue }
        #expect(
          Repository.exists(folder.isEmpty ? String(target) : "\(folder)/\(target)"),
          "\(document) links to \(link)")
      }
    }
  }

  @Test("PROTOCOL.md and Event.swift name the same types of lines")
  func eventTypes() {
    let events = Repository.text("Sources/PerpCore/Event.swift")
      .prefix(upTo: "\n}")
      .matches(of: /\n  (?:indirect )?case ([a-z]+)\(/).map { String($0.output.1) }
    #expect(events.count >= 8)
    let implemented = Repository.text("Sources/PerpGateway/PROTOCOL.md")
      .matches(of: /\n\| `([a-z_]+)` \| now \|/).map { String($0.output.1) }
    // The gateway writes these of its own accord.
    #expect(Set(implemented) == Set(events).union(["hello", "bye", "gap_fill", "heartbeat"]))
    #expect(implemented.count == Set(implemented).count)
  }

  @Test("RECORDING.md describes the tables as they are made")
  func recordingTables() {
    let made = Repository.text("Sources/PerpIO/RecordingFile.swift")
      .matches(of: /CREATE TABLE ([a-z]+) \(([^;]+)\) STRICT/)
      .map { table in
        let columns = table.output.2.split(separator: ",").compactMap { column in
          column.split { " \n\"".contains($0) }.first.map(String.init)
        }
        return "\(table.output.1): \(columns.joined(separator: " "))"
      }
    let described = Repository.text("Sources/PerpIO/RECORDING.md")
      .matches(of: /\n### `([a-z]+)`\n(?s:(.*?))(?=\n#|$)/)
      .map { table in
        let columns = table.output.2.matches(of: /\n\| `([a-z0-9_]+)` \|/).map(\.output.1)
        return "\(table.output.1): \(columns.joined(separator: " "))"
      }
    #expect(made.count == 11 && described == made)
    let kinds = Repository.text("Sources/PerpIO/RecordedRow.swift")
      .prefix(upTo: "var direction").matches(of: /case ([a-z, ]+)\n/)
      .flatMap { $0.output.1.split(separator: ",").map { $0.filter { $0 != " " } } }
    let named = Repository.text("Sources/PerpIO/RECORDING.md")
      .matches(of: /\n\| `([a-z]+)` \| (?:in|out|own) \|/).map { String($0.output.1) }
    #expect(kinds.count == 22 && kinds.sorted() == named.sorted())
  }

  @Test("ORDER-FAULTS.md names files and tests that exist")
  func orderFaults() {
    let rows = Repository.text("Tests/ORDER-FAULTS.md")
      .matches(of: /\n\| (X[0-9]+) \| [^|]+ \| `([^`]+)` \| `([^`]+)` \|/)
    #expect(Set(rows.map(\.output.1)).count >= 34)
    for row in rows {
      let (_, id, file, test) = row.output
      #expect(Repository.text(String(file)).contains(test), "\(id): \(file) has no \(test)")
    }
  }

  @Test("PLANTED-BUGS.md names texts that are there once, and tests that exist")
  func plantedBugs() {
    let table = Repository.text("Tests/PLANTED-BUGS.md")
    let rows = table.matches(
      of: /\n\| ([0-9]+) \| [^|]+ \| `([^`]+)` \| `([^`]+)` \| (?:`([^`]+)`|nothing) \| (.+) \|/)
    #expect(rows.count >= 30 && rows.count == table.matches(of: /\n\| [0-9]/).count)
    #expect(Set(rows.map(\.output.1)).count == rows.count)
    let tests = Repository.swiftFiles.filter(\.isTest).map { Repository.text($0.path) }
    for row in rows {
      let (_, number, file, text, _, test) = row.output
      let places = Repository.text(String(file))
        .components(separatedBy: text.replacing(#"\|"#, with: "|"))
      #expect(places.count == 2, "\(number): \(file) has \(places.count - 1) of its text")
      let name = test.components(separatedBy: " (and ")[0]
      // These are no tests' names.
      guard !["no end of the tests", "the tests crash"].contains(name) else { continue }
      #expect(tests.contains { $0.contains(name) }, "\(number): there is no test \(name)")
    }
  }

  @Test("subcommands in the README exist")
  func subcommands() {
    let code = Repository.text("README.md").matches(of: /`[^`]+`/).map(\.output)
    for span in code {
      for name in span.matches(of: /perpwire ([a-z][a-z-]*)/).map(\.output.1) {
        let file = name.split(separator: "-").map(\.capitalized).joined()
        #expect(
          Repository.exists("Sources/perpwire/\(file).swift"),
          "README.md speaks of perpwire \(name)")
      }
    }
  }

  @Test("every fixture is named with its source")
  func fixtures() {
    let folders = Set(
      Repository.paths.filter { $0.contains("/Fixtures/") }
        .map { $0.components(separatedBy: "/Fixtures/")[0] + "/Fixtures" })
    for folder in folders.sorted() {
      #expect(Repository.exists("\(folder)/README.md"), "\(folder)")
      let readme = Repository.text("\(folder)/README.md")
      let files = Repository.names(in: folder).filter { $0 != "README.md" }
      for file in files { #expect(readme.contains(file), "\(folder)/README.md omits \(file)") }
      #expect(
        files.isEmpty || readme.contains("http") || readme.lowercased().contains("source"),
        "\(folder)/README.md names no source")
    }
  }
}

extension String {
  /// What comes before the first `end`; all of it where there is none.
  fileprivate func prefix(upTo end: String) -> String { components(separatedBy: end)[0] }
}
