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
        // Neither the numbers nor the times of this reader, nor which line came before for it.
        let start = try #require(line.text.range(of: #""symbol":"#)).lowerBound
        let end = try #require(line.text.range(of: #","recv_ts":"#)).lowerBound
        texts["\(line.type) \(key)"] = line.text[start..<end].replacingOccurrences(
          of: #""prev_venue_seq":"[0-9]+","#, with: "", options: .regularExpression)
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

  /// Two simulators with one seed list the same markets, and their books are the same whenever
  /// they have the same number.
  @Test func oneSeedIsOneMarket() async throws {
    var metadata: [String] = []
    var books: [[RebuiltBooks.Book]] = []
    for _ in 0..<2 {
      let simulator = try await Simulator(seed: 7, rate: 2)
      metadata.append(try await simulator.text("markets"))
      var looks: [RebuiltBooks.Book] = []
      for base in ["BTC", "ETH", "SOL", "XRP"] {
        looks.append(try await simulator.book("\(base)-USD-PERP"))
      }
      books.append(looks)
      await simulator.stop()
    }
    #expect(metadata[0] == metadata[1])
    let pairs = zip(books[0], books[1]).filter { $0.sequence == $1.sequence }
    #expect(!pairs.isEmpty)
    for (first, second) in pairs {
      #expect(first.hasSameLevels(as: second) && first.bids.count > 50)
    }
    let other = try await Simulator(seed: 8, rate: 2)
    #expect(try await other.book("BTC-USD-PERP").sequence != books[0][0].sequence)
    await other.stop()
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
