import Testing

@Suite("Shape of the repository")
struct RepositoryTests {
  static let venues = Repository.names(in: "adapters").filter {
    Repository.isFolder("adapters/\($0)")
  }

  @Test("there are venues")
  func hasVenues() { #expect(!Self.venues.isEmpty) }

  @Test("every venue folder has the same shape", arguments: venues)
  func venueShape(venue: String) {
    let folder = "adapters/\(venue)"
    let files = Repository.names(in: folder).filter { $0.hasSuffix(".swift") }
    let stems = files.map { $0.dropLast(".swift".count) }
    let title = stems.first { $0.lowercased() == venue } ?? ""
    #expect(!title.isEmpty, "\(folder) has no descriptor")
    #expect(stems.allSatisfy { $0.hasPrefix(title) }, "\(folder): names begin with \(title)")
    for name in ["README.md", "Tests/Fixtures/README.md"] {
      #expect(Repository.exists("\(folder)/\(name)"), "\(folder) has no \(name)")
    }
    // A descriptor alone is a venue that is not begun.
    guard stems.count > 1 else { return }
    for part in ["Wire", "Session", "Simulator"] {
      #expect(stems.contains { $0.hasPrefix("\(title)\(part)") }, "\(folder) has no \(part)")
    }
    let tests = Repository.names(in: "\(folder)/Tests")
    #expect(tests.contains { $0.hasPrefix("\(title)Session") }, "\(folder) tests no session")
  }

  /// Adding one touches its folder, a line of the package and one of the registry.
  @Test("nobody but the registry knows a venue by its name", arguments: venues)
  func strangers(venue: String) {
    let stems = Repository.names(in: "adapters/\(venue)").filter { $0.hasSuffix(".swift") }
      .map { String($0.dropLast(".swift".count)) }
    guard let title = stems.first(where: { $0.lowercased() == venue }) else { return }
    for path in Repository.paths where path.hasSuffix(".swift") {
      guard !path.hasPrefix("adapters/\(venue)/"), path != "Sources/PerpVenues/Registry.swift"
      else {
        continue
      }
      let lines = Repository.text(path).split(separator: "\n")
      #expect(!lines.contains { $0.hasSuffix("import \(title)") }, "\(path) imports \(title)")
    }
  }

  @Test("nothing generated is committed")
  func generatedFiles() throws {
    guard let listing = try Repository.run(["git", "ls-files"]), listing.status == 0 else { return }
    for path in listing.output.split(separator: "\n") {
      let isGenerated =
        path.hasPrefix(".build") || path.contains("/.build") || path.hasSuffix("Package.resolved")
        || path.hasSuffix(".o") || path.contains("__pycache__")
      #expect(!isGenerated, "\(path)")
    }
  }

  @Test("swift format has nothing to say")
  func format() throws {
    let folders = ["Package.swift", "Sources", "Tests", "adapters", "examples"]
      .filter(Repository.exists)
    let lint = try Repository.run(["swift", "format", "lint", "-s", "-r"] + folders)
    let result = try #require(lint)
    #expect(result.status == 0, "\(result.output)")
  }
}
