import Foundation
import Testing

@Suite(.ownThread) struct CommandTests {
  @Test(arguments: [
    [], ["stream"], ["record"], ["replay"], ["sim"], ["venues"], ["markets"], ["doctor"],
    ["validate"], ["schema"], ["bench"],
  ])
  func helpShowsExamples(command: [String]) async throws {
    let help = try await Program(command + ["--help"]).end()
    #expect(help.status == 0 && help.errors == "")
    #expect(help.output.contains("EXAMPLES"))
    #expect(help.output.contains("perpwire \(command.first ?? "stream")"))
  }

  @Test func versionIsThatOfHello() async throws {
    let version = try await Program.run("--version")
    #expect(version.status == 0)
    let hello = try await Program.run("stream", "--sim", "--count", "1").events()
    #expect(hello.first?["version"].map { $0 + "\n" } == version.output)
  }

  @Test func schemaIsJSONAndClaimsEveryType() async throws {
    let schema = try await Program.run("schema")
    #expect(schema.status == 0)
    let root = try Line(schema.output)
    #expect(root["$schema"] != nil)
    for type in ["hello", "bbo", "trade", "book", "funding", "stream", "error", "bye"] {
      #expect(schema.output.contains("\"\(type)\""))
    }
  }

  @Test func venuesInBothForms() async throws {
    let table = try await Program.run("venues")
    #expect(table.status == 0 && table.output.contains("wss://"))
    let lines = try await Program.run("venues", "--json")
    let venue = try #require(try lines.events().first)
    #expect(lines.status == 0 && venue["venue"] == "paradex")
    #expect((venue.fields["channels"] as? [String: String])?["bbo"] != nil)
  }

  @Test func marketsInBothForms() async throws {
    let table = try await Program.run("markets", "--sim")
    #expect(table.status == 0 && table.lines.first?.hasPrefix("VENUE") == true)
    let json = try await Program.run("markets", "--json", "--sim")
    let markets = try json.events()
    #expect(json.status == 0 && markets.count == table.lines.count - 1)
    let bitcoin = try #require(markets.first { $0.symbol == "BTC-USD-PERP" })
    #expect(bitcoin.type == "market" && bitcoin["tick_size"] != nil && bitcoin["lot_size"] != nil)
    #expect(bitcoin.symbol == bitcoin["venue_symbol"])
  }
}
