import Testing

@Suite("House rules of the source")
struct SourceTests {
  static let maxColumns = 100
  static let maxFunctionLines = 70
  static let maxFileLines = 400

  /// Files and functions above the limits, with the length they may have. This list may only
  /// shrink.
  static let longFiles: [String: Int] = [:]
  static let longFunctions: [String: Int] = [:]

  @Test("the rules read all of the source")
  func findsTheSource() {
    let paths = Repository.swiftFiles.map(\.path)
    #expect(paths.contains("Sources/PerpCore/Decimal.swift"))
    #expect(paths.contains("Tests/TidyTests/SourceTests.swift"))
    #expect(Repository.swiftFiles.filter(\.isPure).count > 20)
  }

  @Test("no line is longer than 100 columns")
  func columns() {
    for file in Repository.swiftFiles {
      for (index, line) in file.lines.enumerated() where line.count > Self.maxColumns {
        Issue.record("\(file.path):\(index + 1) has \(line.count) columns")
      }
    }
  }

  @Test("no file is longer than 400 lines")
  func fileLength() {
    for file in Repository.swiftFiles {
      let length = file.lines.count - 1
      let limit = Self.longFiles[file.path] ?? Self.maxFileLines
      #expect(length <= limit, "\(file.path): split it by topic")
    }
    for (path, limit) in Self.longFiles {
      let length = (Repository.swiftFiles.first { $0.path == path }?.lines.count ?? 1) - 1
      #expect(length == limit, "\(path) has shrunk: lower its entry, or remove it")
    }
  }

  @Test("no function is longer than 70 lines")
  func functionLength() {
    for file in Repository.swiftFiles {
      for function in file.functions {
        let limit = Self.longFunctions[file.path] ?? Self.maxFunctionLines
        #expect(function.length <= limit, "\(file.path):\(function.firstLine)")
      }
    }
  }

  @Test(
    "pure targets import nothing of the system",
    arguments: [
      "Foundation", "FoundationEssentials", "Glibc", "Musl", "Darwin", "Dispatch",
      "Synchronization",
      "PerpIO", "CPerpIO", "CWebSockets", "CCurl",
    ])
  func imports(module: String) {
    for file in Repository.swiftFiles where file.isPure {
      for (index, line) in file.code.enumerated() {
        let words = line.split { !$0.isLetter }
        #expect(
          !(words.contains("import") && words.contains(module[...])),
          "\(file.path):\(index + 1) imports \(module)")
      }
    }
  }

  @Test("a venue knows no other venue, nor the gateway")
  func venueImports() {
    let allowed: Set<Substring> = ["PerpCore", "PerpVenue", "PerpSim", "PerpCrypto"]
    for file in Repository.swiftFiles where file.isAdapter {
      for line in file.code where line.hasPrefix("import ") {
        let module = line.dropFirst("import ".count)
        #expect(allowed.contains(module), "\(file.path) imports \(module)")
      }
    }
  }

  @Test(
    "pure targets have no clock, no chance, no output, no binary fractions",
    arguments: [
      "print", "debugPrint", "Double", "Float", "ContinuousClock", "SuspendingClock",
      "SystemRandomNumberGenerator", "Task", "sleep", "getenv",
    ])
  func pureWords(word: String) {
    for file in Repository.swiftFiles where file.isPure { expectNo(word, in: file) }
  }

  @Test("pure targets draw chance from a seeded generator only")
  func seededRandom() {
    for file in Repository.swiftFiles where file.isPure {
      for (index, line) in file.code.enumerated() {
        let unseeded =
          [".random(in", ".shuffled()", ".shuffle()", ".randomElement()"].contains {
            line.contains($0)
          } && !line.contains("using:")
        #expect(!unseeded, "\(file.path):\(index + 1)")
      }
    }
  }

  @Test(
    "errors are thrown or handled, and nothing is open",
    arguments: [
      "fatalError", "open class",
    ])
  func productWords(word: String) {
    for file in Repository.swiftFiles where !file.isTest && !file.isManifest {
      expectNo(word, in: file)
    }
  }

  /// The compiler inlines across modules what is public, and nothing that is `package`. That is
  /// worth a tenth of the time of a quote, and a word where nobody can import us.
  @Test("public is only the small change of every message")
  func publicWords() {
    let leaves =
      [
        "Decimal", "Decimal+Text", "Event", "JSONString", "ShortText", "Symbol", "VenueID",
      ].map { "Sources/PerpCore/\($0).swift" } + [
        "Sources/PerpVenue/MarketData/MarketDataFacts.swift"
      ]
    for file in Repository.swiftFiles
    where !file.isTest && !file.isManifest && !leaves.contains(file.path) {
      expectNo("public", in: file)
    }
  }

  @Test("no call is forced")
  func noForcedTry() {
    for file in Repository.swiftFiles where !file.isTest {
      for (index, line) in file.code.enumerated() {
        #expect(!line.contains("try!"), "\(file.path):\(index + 1)")
      }
    }
  }

  @Test("every class is final")
  func finalClasses() {
    for file in Repository.swiftFiles {
      for (index, line) in file.code.enumerated() {
        let words = line.split { !$0.isLetter }
        guard let place = words.firstIndex(of: "class"), place + 1 < words.count else { continue }
        let isDeclaration = words[place + 1].first?.isUppercase == true
        #expect(
          !isDeclaration || words.contains("final"), "\(file.path):\(index + 1) is not final")
      }
    }
  }

  @Test("no file or folder is named after nothing in particular")
  func names() {
    let vague = ["Util", "Utils", "Helper", "Helpers", "Common", "Manager", "Misc", "Base"]
    for path in Repository.paths where path.hasSuffix(".swift") {
      for part in path.dropLast(".swift".count).split(separator: "/") {
        #expect(!vague.contains { part.hasSuffix($0) }, "\(path)")
      }
    }
  }

  private func expectNo(_ word: String, in file: SourceFile) {
    for (index, line) in file.code.enumerated() {
      guard line.contains(word) else { continue }
      let isWord = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }.contains(word[...])
      #expect(
        !(word.contains(" ") || isWord), "\(file.path):\(index + 1) says \(word)")
    }
  }
}
