import Foundation
import Testing

/// What `examples/` offers runs against simulated venues.
@Suite struct ExamplesTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  private static func run(_ command: String) async throws -> Program.Ending {
    let program = try Program(
      ["-c", "cd \(root)/examples && \(command)"], of: "/bin/sh",
      environment: ["PERPWIRE": Program.path])
    return await program.end()
  }

  private static func has(_ tool: String) async throws -> Bool {
    try await run("command -v \(tool)").status == 0
  }

  @Test func theSpreadOfEveryQuote() async throws {
    guard try await Self.has("jq") else { return }
    let example = try await Self.run("shell/spread.sh --sim paradex:BTC --count 30")
    #expect(example.status == 0 && example.errors == "")
    #expect(example.lines.count >= 25)
    for line in example.lines {
      let cells = line.split(separator: "\t")
      #expect(cells.count == 5 && cells[1] == "BTC-USD-PERP")
      #expect(Double(cells[4]).map { $0 > 0 } == true)
    }
  }

  @Test func theHealthOfTheFeeds() async throws {
    guard try await Self.has("jq") else { return }
    let example = try await Self.run(
      "shell/health.sh --sim paradex:BTC --duration 4 --quiet --fault abort@1s")
    #expect(example.status == 0)
    #expect(example.lines.contains { $0.hasSuffix("bbo down: closed_1006") })
    #expect(example.lines.last?.hasSuffix("bbo live: first_data") == true)
  }

  @Test func theBestOfAllVenues() async throws {
    guard try await Self.has("node") else { return }
    let example = try await Self.run("node node/best.mjs BTC --sim | head -20")
    #expect(example.status == 0 && example.errors == "")
    #expect(example.lines.count == 20)
    for line in example.lines {
      let cells = line.split(separator: " ", omittingEmptySubsequences: true)
      #expect(cells.count == 6 && Double(cells[1]) != nil && Double(cells[3]) != nil)
    }
  }

  /// Both sides are restarted again and again; every line is printed, once.
  @Test func goingOnWhereOneWas() async throws {
    guard try await Self.has("python3") else { return }
    let folder = TestFolder()
    let serve =
      "\(Program.path) serve --quiet --sim --venues paradex --socket \(folder.file("s")) "
      + "--journal \(folder.file("j"))"
    let follow = "python3 python/resume.py \(folder.file("s")) \(folder.file("state"))"
    let example = try await Self.run(
      """
      for round in 1 2 3; do
        \(serve) & gateway=$!
        timeout 1 \(follow); timeout 1 \(follow)
        kill -9 $gateway
      done
      """)
    let numbers = try example.events().compactMap { $0[number: "seq"] }
    #expect(numbers.count >= 6, "\(example.errors)")
    #expect(numbers == Array((numbers.first ?? 0)..<(numbers.first ?? 0) + numbers.count))
  }

  @Test func theNewestQuotes() async throws {
    guard try await Self.has("python3") else { return }
    let example = try await Self.run(
      "python3 python/quotes.py --sim --duration 2")
    #expect(example.status == 0 && example.errors == "")
    #expect(example.lines.allSatisfy { $0.contains(" spread ") })
    // Bitcoin and ether of every venue.
    let venues = Dictionary(grouping: example.lines) { $0.prefix { $0 != " " } }
    #expect(venues["paradex"]?.count == 2 && venues.values.allSatisfy { $0.count == 2 })
  }
}
