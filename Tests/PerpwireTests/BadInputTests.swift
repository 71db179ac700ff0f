import Foundation
import Testing

/// What users get wrong, and machines: a clear word on stderr, the right exit code, no crash.
@Suite(.ownThread) struct BadInputTests {
  struct Mistake: CustomTestStringConvertible, Sendable {
    let arguments: [String]
    let status: Int32
    /// What the message must name: the thing, and what would be right.
    let words: [String]
    var environment: [String: String] = [:]
    var testDescription: String { arguments.joined(separator: " ") }

    init(
      _ line: String, _ status: Int32, _ words: String..., environment: [String: String] = [:]
    ) {
      arguments = line.split(separator: " ").map(String.init)
      self.status = status
      self.words = words
      self.environment = environment
    }
  }

  @Test(arguments: [
    Mistake("frobnicate", 64, "frobnicate", "perpwire --help"),
    Mistake("stream", 64, "target", "paradex:BTC", "--sim"),
    Mistake("stream binance:BTC", 64, "binance", "paradex"),
    Mistake("stream paradex", 64, "'paradex'", "venue:SYMBOL"),
    Mistake("stream paradex:", 64, "'paradex:'", "venue:SYMBOL"),
    Mistake("stream :BTC", 64, "''", "paradex"),
    Mistake("stream paradex:BTC-", 64, "'BTC-'", "BTC-USD-PERP"),
    Mistake("stream --sim paradex:BTX", 64, "BTX", "BTC-USD-PERP", "perpwire markets paradex"),
    Mistake("stream --sim paradex:BTC-EUR-PERP", 64, "BTC-EUR-PERP", "BTC-USD-PERP"),
    Mistake("stream --sim --channels bbo,quotes", 64, "'quotes'", "bbo, trade, book, funding"),
    Mistake("stream --sim --channels bbo,", 64, "''", "bbo, trade, book, funding"),
    Mistake("stream --sim --frobnicate", 64, "--frobnicate", "stream --help"),
    Mistake("stream --sim --count 0", 64, "--count", "1 or more"),
    Mistake("stream --sim --count many", 64, "many", "--count"),
    Mistake("stream --sim --duration 0", 64, "--duration", "1 second"),
    Mistake("stream --sim --rate 0", 64, "--rate", "1 to 1000000"),
    Mistake("stream --sim --fault stal", 64, "\"stal\"", "stall"),
    Mistake("sim --fault stall:bob@1s", 64, "\"bob\"", "bbo"),
    Mistake("sim --fault close@1s", 64, "value", "close=CODE"),
    Mistake("sim --fault drop@soon", 64, "soon", "250ms"),
    Mistake("stream paradex:BTC --fault stall", 64, "--fault", "--sim"),
    Mistake("stream --sim --endpoint paradex.ws=ws://127.0.0.1:1", 64, "--endpoint", "--sim"),
    Mistake("stream paradex:BTC --endpoint there", 64, "'there'", "VENUE.ws=URL"),
    Mistake("stream paradex:BTC --endpoint binance.ws=wss://a.b", 64, "binance", "paradex"),
    Mistake("stream paradex:BTC --endpoint paradex.tcp=wss://a.b", 64, "'tcp'", "ws or rest"),
    Mistake("stream paradex:BTC --endpoint paradex.ws=http://a.b", 64, "wss://host/path"),
    Mistake("stream paradex:BTC --endpoint paradex.ws=nowhere", 64, "wss://host/path"),
    Mistake(
      "stream paradex:BTC --endpoint paradex.ws=ws://example.com/v1", 64, "ws://example.com",
      "not encrypted", "wss://"),
    Mistake(
      "stream paradex:BTC --endpoint paradex.rest=http://10.0.0.1/v1", 64, "http://10.0.0.1",
      "not encrypted", "https://"),
    Mistake(
      "stream paradex:BTC", 78, "PERPWIRE_PARADEX_WS_URL", "not encrypted",
      environment: ["PERPWIRE_PARADEX_WS_URL": "ws://example.com/v1"]),
    Mistake("stream paradex:BTC --environment moon", 64, "'moon'", "production, testnet"),
    Mistake("stream paradex:BTC --set paradex.colour=red", 64, "'colour'", "sbe_version"),
    Mistake("stream --sim --sim-set binance.encoding=json", 64, "binance", "paradex"),
    Mistake("stream --sim --sim-set paradex.encodig=json", 64, "encodig", "encoding"),
    Mistake("sim --sim-set paradex.order_faults=loose", 64, "loose", "lose-answer"),
    Mistake("stream --sim --log-level loud", 64, "--log-level", "debug"),
    Mistake("sim --listen 0.0.0.0", 64, "0.0.0.0", "127.0.0.1"),
    Mistake("sim --port 99999", 64, "--port", "65000"),
    Mistake("sim --venues paradex,binance", 64, "binance", "paradex"),
    Mistake("markets binance", 64, "binance", "paradex"),
    Mistake("validate /nowhere/at/all", 65, "/nowhere/at/all", "No such file"),
    Mistake("validate /", 65, "/", "directory"),
  ])
  func isToldClearly(_ mistake: Mistake) async throws {
    let ending = try await Program(
      mistake.arguments, environment: mistake.environment, within: 10
    ).end()
    #expect(ending.status == mistake.status && ending.signal == nil, "\(ending)")
    for word in mistake.words { #expect(ending.errors.contains(word), "\(ending.errors)") }
    #expect(!ending.errors.contains("Precondition") && !ending.isOverdue)
    // Whatever is on standard output is ours.
    for line in ending.lines { #expect(line.hasPrefix("{")) }
  }

  // MARK: Venues that are not there

  private static let nowhere = [
    "--endpoint", "paradex.rest=http://127.0.0.1:9/v1", "--endpoint",
    "paradex.ws=ws://127.0.0.1:9/v1",
  ]

  @Test func anUnreachableVenueEndsAQuestionAtOnce() async throws {
    let markets = try await Program(["markets"] + Self.nowhere, within: 8).end()
    #expect(markets.status == 69 && markets.output == "")
    #expect(markets.errors.contains("http://127.0.0.1:9/v1"))
    #expect(markets.errors.contains("connect"))
  }

  @Test func anUnreachableVenueIsTriedForTheDuration() async throws {
    let stream = try await Program(
      ["stream", "paradex:BTC", "--duration", "2"] + Self.nowhere, within: 8
    ).end()
    #expect(stream.status == 69)
    #expect(stream.errors.contains("http://127.0.0.1:9/v1"))
    #expect(stream.errors.contains("no data came from any venue"))
    #expect(try stream.events().last?.type == "bye")
    try await expectValid(stream.output)
  }

  @Test func aPortInUseIsNamed() async throws {
    let simulator = try await Simulator(seed: 1)
    let port = try #require(URL(string: simulator.rest)?.port)
    let second = try await Program.run("sim", "--port", "\(port)", within: 8)
    await simulator.stop()
    #expect(second.status == 74, "\(second)")
    #expect(second.errors.contains("\(port)") && second.errors.contains("in use"))
  }

  // MARK: Files

  @Test func noiseAndEndlessLinesAreInvalid() async throws {
    let noise = try TemporaryFile(
      (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) })
    let checked = try await Program.run("validate", noise.path)
    #expect(checked.status == 65 && checked.output.contains("invalid lines"))
    let long = try TemporaryFile([UInt8](repeating: UInt8(ascii: "a"), count: 3 << 20))
    let refused = try await Program.run("validate", long.path)
    #expect(refused.status == 65 && refused.errors.contains("longer than"))
    let empty = try await Program.run("validate")
    #expect(empty.status == 0)
  }

  // MARK: Standard streams

  @Test(arguments: [
    ["stream", "--sim"], ["sim", "--print-endpoints"], ["markets", "--sim"], ["venues"],
    ["schema"],
  ])
  func aClosedOutputIsAnError(arguments: [String]) async throws {
    let ending = try await Program(arguments, output: .closed, within: 8).end()
    #expect(ending.status == 74 && ending.signal == nil, "\(ending)")
    #expect(ending.errors.contains("stdout"))
  }

  @Test(arguments: [
    ["stream", "--sim"], ["sim", "--print-endpoints"], ["markets", "--sim"], ["venues"],
    ["schema"],
  ])
  func aFullDiskIsAnError(arguments: [String]) async throws {
    let ending = try await Program(arguments, output: .file("/dev/full"), within: 8).end()
    #expect(ending.status == 74, "\(ending)")
    #expect(ending.errors.contains("stdout") && ending.errors.contains("No space left"))
  }

  /// A reader that goes away ends the stream quietly, also while nothing is written: data stop
  /// after a second.
  @Test(arguments: ["", "--fault stall@1s"])
  func aReaderMayGoAway(fault: String) async throws {
    let shell = try await Shell.run(
      """
      { \(Program.path) stream --sim --quiet \(fault); echo status $? >&2; } |
        { head -c 300 >/dev/null; sleep 1.5; }
      """, within: 6)
    #expect(shell.errors == "status 0\n")
  }

  /// Cron gives /dev/null, a daemon nothing at all; neither has a terminal.
  @Test(arguments: [Program.End.file("/dev/null"), .closed])
  func inputIsNeverRead(input: Program.End) async throws {
    let ending = try await Program(
      ["stream", "--sim", "--count", "30"], input: input, environment: ["TERM": ""], within: 8
    ).end()
    #expect(ending.status == 0 && ending.lines.count == 30 && ending.errors == "")
  }
}
