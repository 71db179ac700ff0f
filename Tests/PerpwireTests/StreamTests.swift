import Foundation
import Testing

@Suite(.ownThread) struct StreamTests {
  @Test func aHundredLinesAreAHundredValidLines() async throws {
    let stream = try await Program.run("stream", "--sim", "--count", "100")
    #expect(stream.status == 0)
    #expect(stream.errors == "")
    let events = try stream.events()
    #expect(stream.output.hasSuffix("\n") && events.count == 100)
    #expect(events.first?.type == "hello")
    #expect(Set(events.filter { $0.type == "bbo" }.map(\.symbol)).count >= 2)
    try await expectValid(stream.output)
  }

  @Test func headEndsItAtOnceAndQuietly() async throws {
    let shell = try await Shell.run("\(Program.path) stream --sim | head -3", within: 5)
    #expect(shell.lines.count == 3)
    #expect(shell.errors == "" && shell.status == 0)
  }

  /// The same digits, once in quotes and once without.
  @Test func numbersHaveTheDigitsOfTheStrings() async throws {
    let simulator = try await Simulator(seed: 5)
    let channels = ["--channels", "bbo,trade,book,funding", "--duration", "3"]
    let quoted = try Program(["stream", "paradex:BTC"] + channels + simulator.endpoints)
    let bare = try Program(["stream", "paradex:BTC", "--numbers"] + channels + simulator.endpoints)
    let (strings, numbers) = (await quoted.end(), await bare.end())
    await simulator.stop()
    // What both saw, told apart by its type and the venue's own number of it.
    func texts(_ ending: Program.Ending) throws -> [String: String] {
      var texts: [String: String] = [:]
      for line in try ending.events() {
        let key = line["trade_id"] ?? line["venue_seq"]
        guard let key, line["source"] != "poll", !line.text.contains(#""snapshot":true"#) else {
          continue
        }
        // Everything between the venue's sequence of lines and the times of this reader.
        let start = line.text.range(of: #""symbol":"#)!.lowerBound
        let end = line.text.range(of: #","recv_ts":"#)!.lowerBound
        texts["\(line.type) \(key)"] = String(line.text[start..<end])
      }
      return texts
    }
    let (first, second) = (try texts(strings), try texts(numbers))
    let common = Set(first.keys).intersection(second.keys)
    #expect(common.count > 20)
    for key in common {
      #expect(Self.unquoted(first[key]!) == second[key]!)
    }
    try await expectValid(numbers.output)
  }

  /// Takes the quotes off all values that are prices, sizes or rates.
  private static func unquoted(_ text: String) -> String {
    var text = text
    for name in [
      "bid", "bid_size", "ask", "ask_size", "price", "size", "rate", "rate_1h", "mark_price",
      "index_price", "open_interest",
    ] {
      text = text.replacingOccurrences(
        of: #"("\#(name)":)"([^"]*)""#, with: "$1$2", options: .regularExpression)
    }
    return text.replacingOccurrences(
      of: #"\["([^"]*)","([^"]*)"\]"#, with: "[$1,$2]", options: .regularExpression)
  }

  @Test func oneSeedIsOneMarket() async throws {
    var metadata: [String] = []
    var openings: [[String]] = []
    for _ in 0..<2 {
      let simulator = try await Simulator(seed: 7, rate: 1)
      metadata.append(try await simulator.text("markets"))
      // At one event a second of all markets together, the first look is at the opening book of
      // nearly all; sequence numbers and levels must agree wherever nothing has happened yet.
      var books: [String] = []
      for market in ["BTC-USD-PERP", "ETH-USD-PERP", "SOL-USD-PERP"] {
        let book = try await simulator.book(market)
        books.append("\(market) \(book.sequence) \(book.bids.sorted { $0.key < $1.key })")
      }
      openings.append(books)
      await simulator.stop()
    }
    #expect(metadata[0] == metadata[1])
    #expect(!zip(openings[0], openings[1]).filter(==).isEmpty)
    #expect(openings[0].map { $0.prefix(12) } == openings[1].map { $0.prefix(12) })
  }
}

/// A whole recording is valid, by the judgement of `perpwire validate`.
func expectValid(
  _ output: String, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
  let path = FileManager.default.temporaryDirectory.path + "/perpwire-\(UUID().uuidString).jsonl"
  defer { try? FileManager.default.removeItem(atPath: path) }
  try output.write(toFile: path, atomically: false, encoding: .utf8)
  let validate = try await Program.run("validate", path)
  #expect(validate.status == 0, "\(validate.output.prefix(2_000))", sourceLocation: sourceLocation)
  #expect(
    validate.output.contains("0 invalid lines of"), sourceLocation: sourceLocation)
}
