import Foundation
import Testing

@Suite(.ownThread) struct RecordTests {
  /// A folder that is gone when the test is.
  private final class Folder {
    let path = "/tmp/perpwire-record-\(UUID().uuidString)"

    init() {
      try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    var file: String { path + "/a.sqlite" }
  }

  private static let everything = ["--sim", "--channels", "bbo,trade,book,funding"]

  /// With what goes wrong for sessions, lest only the fair weather is recorded.
  @Test(arguments: [
    ["--fault", "abort@1s,drop:book@2s+500ms%10,close=1001@3s"],
    ["--race", "--fault", "abort@1500ms"],
    ["--fault", "stall:bbo@1s"],
  ])
  func replayIsWhatWasStreamed(arguments: [String]) async throws {
    let folder = Folder()
    let live = try await Program(
      ["stream", "--quiet", "--duration", "5", "--record", folder.file] + Self.everything
        + arguments, within: 60
    ).end()
    #expect(live.status == 0 && live.errors == "")
    #expect(live.lines.count > 500)
    let venues = Set(try live.events().compactMap { $0["venue"] })
    #expect(venues == ["paradex", "edgex", "grvt", "lighter", "variational"])
    for speed in ["max", "20", "2"] {
      let replay = try await Program.run("replay", folder.file, "--speed", speed)
      #expect(replay.status == 0 && replay.errors == "")
      #expect(replay.output == live.output, "at speed \(speed)")
    }
    try await expectValid(live.output)
  }

  /// N12: whoever subscribes is told the same bytes, at every speed.
  @Test func programsAreServedTheRecording() async throws {
    let folder = Folder()
    chmod(folder.path, 0o700)
    let live = try await Program(
      ["stream", "--duration", "4", "--record", folder.file] + Self.everything, within: 60
    ).end()
    let wanted = try live.events().filter {
      ["stream", "error"].contains($0.type)
        || ["bbo", "book"].contains($0.type) && $0["venue"] == "paradex"
          && $0.symbol == "ETH-USD-PERP"
    }
    #expect(wanted.count > 300)
    for speed in ["4", "max", "max"] {
      let path = folder.path + "/s.sock"
      let program = try Program(["replay", folder.file, "--socket", path, "--speed", speed])
      let client = try SocketClient(path)
      client.say(
        #"{"id":1,"method":"subscribe","params":{"channels":["bbo","book"],"symbols":["ETH"],"#
          + #""venues":["paradex"]}}"#)
      var lines: [String] = []
      while let line = client.next() { lines.append(line) }
      #expect(try Line(lines[0])["mode"] == "sim")
      let told = lines.filter { !$0.contains(#""id":1"#) }.dropFirst().dropLast()
      #expect(Array(told) == wanted.map(\.text), "at speed \(speed)")
      #expect(try Line(lines.last ?? "")["reason"] == "recording_ended")
      let ending = await program.end()
      #expect(ending.status == 0 && ending.errors == "")
    }
  }

  @Test func theLinesComeWhenTheyCame() async throws {
    let folder = Folder()
    let record = try await Program.run(
      "record", "--sim", "paradex:BTC", "--duration", "3", "--into", folder.file)
    #expect(record.status == 0 && record.output == "")
    #expect(record.errors.contains("BTC-USD-PERP bbo live: first_data"))
    #expect(record.errors.contains("recorded "))
    let start = Date()
    let replay = try await Program.run("replay", folder.file)
    #expect((2.5...4).contains(Date().timeIntervalSince(start)))
    #expect(try replay.events().last?.type == "bye")
    let numbers = try await Program.run("replay", folder.file, "--speed", "max", "--numbers")
    #expect(numbers.output != replay.output && numbers.lines.count == replay.lines.count)
    let more = try await Program.run("replay", folder.file, "--speed", "max", "--markets")
    let (markets, rest) = (
      more.lines.filter { $0.contains(#""type":"market""#) },
      more.lines.filter { !$0.contains(#""type":"market""#) }
    )
    #expect(rest == replay.lines && Set(markets).count == markets.count)
    #expect(markets.contains { $0.contains("BTC") && $0.contains(#""tick_size":"#) })
  }

  /// The first lines are there, and it is said that there are no more.
  @Test func aKilledRecordingIsReplayedToItsEnd() async throws {
    let folder = Folder()
    let live = try Program(["stream", "--quiet", "--record", folder.file] + Self.everything)
    pass(seconds: 3)
    live.send(SIGKILL)
    let ending = await live.end()
    let replay = try await Program.run("replay", folder.file, "--speed", "max")
    #expect(replay.status == 0 && replay.errors.contains("cut off"))
    #expect(replay.lines.count > 200)
    #expect(ending.output.hasPrefix(replay.output) || replay.output.hasPrefix(ending.output))
  }

  /// The recording ends and says so; the stream goes on.
  @Test func aFullDiskEndsTheRecordingAlone() async throws {
    let folder = Folder()
    let stream = try await Shell.run(
      "ulimit -f 1000; \(Program.path) stream --sim --channels book --rate 2000 --duration 6 "
        + "--record \(folder.file) 2>&1 >/dev/null | cat")
    #expect(stream.output.contains("the recording ends here"))
    let record = try await Shell.run(
      "ulimit -f 1000; \(Program.path) record --sim --channels book --rate 2000 --duration 20 "
        + "--into \(folder.path)/b.sqlite --quiet; echo $?")
    #expect(record.lines.last == "74" && record.errors.contains("the recording ends here"))
    let replay = try await Program.run("replay", "\(folder.path)/b.sqlite", "--speed", "max")
    #expect(replay.status == 0 && replay.errors.contains("cut off"))
    #expect(replay.lines.count > 10)
  }

  @Test func whatCannotBeReplayedIsRefused() async throws {
    let folder = Folder()
    try "no database".write(toFile: folder.file, atomically: false, encoding: .utf8)
    for arguments in [[folder.file], ["/nowhere"]] {
      let replay = try await Program(["replay"] + arguments).end()
      #expect(replay.status == 65 && replay.output == "" && replay.errors.contains(arguments[0]))
    }
    for wrong in [
      ["--speed", "0"], ["--speed", "fast"], ["--serve", "nobody"],
      ["--listen", "0.0.0.0:1"],
    ] {
      let replay = try await Program(["replay", folder.file] + wrong).end()
      #expect(replay.status == 64, "\(wrong)")
    }
    let taken = try await Program.run("record", "--sim", "--into", folder.file)
    #expect(taken.status == 74 && taken.errors.contains("exists"))
  }

  /// A client of the venue reads from the recording what was recorded.
  @Test(arguments: [
    ("paradex", "encoding=sbe"), ("paradex", "encoding=json"), ("edgex", "generation=v2"),
    ("lighter", ""), ("grvt", "encoding=full"), ("grvt", "encoding=lite"),
  ])
  func aRecordingIsServedInTheVenuesOwnProtocol(venue: String, setting: String) async throws {
    let (then, now) = try await served(venue, setting, "bbo,trade,book", count: 100)
    #expect(now.count > 80)
    // The first message of a channel races with the first answer: the one may be passed over then
    // and the other now.
    #expect(now.subtracting(then).count <= 3)
  }

  /// Its quotes are answers to questions: they come again as time goes on.
  @Test func aRecordingOfQuestionsIsServed() async throws {
    let (then, now) = try await served("variational", "", "bbo,funding", count: 9)
    #expect(now.count > 1 && now.subtracting(then).isEmpty)
  }

  /// What was told then, and what a client of the served recording is told.
  private func served(
    _ venue: String, _ setting: String, _ channels: String, count: Int
  ) async throws -> (then: Set<String>, now: Set<String>) {
    let folder = Folder()
    let set = setting.isEmpty ? [] : ["--set", "\(venue).\(setting)"]
    let record = try await Program(
      [
        "stream", "--sim", "\(venue):BTC", "\(venue):ETH", "--channels", channels,
        "--duration", "4", "--record", folder.file, "--rate", "200",
      ] + set + (venue == "paradex" ? ["--sim-set", "paradex.\(setting)"] : [])
    ).end()
    #expect(record.status == 0)
    let server = try Program(["replay", folder.file, "--serve", venue, "--speed", "2"])
    var endpoints: Line?
    for await line in server.lines {
      endpoints = try Line(line)
      break
    }
    let client = try await Program(
      [
        "stream", "\(venue):BTC", "--channels", channels, "--count", "\(count)", "--quiet",
        "--endpoint", "\(venue).ws=\(endpoints?["ws"] ?? "")",
        "--endpoint", "\(venue).rest=\(endpoints?["rest"] ?? "")",
      ] + set
    ).end()
    server.send(SIGTERM)
    #expect(await server.end().status == 0)
    func facts(_ ending: Program.Ending) throws -> Set<String> {
      Set(
        try ending.events().compactMap { line in
          switch line.type {
          case "bbo": "\(line.symbol) \(line["bid"] ?? "") \(line["venue_seq"] ?? "")"
          case "trade": "\(line.symbol) \(line["price"] ?? "") \(line["trade_id"] ?? "")"
          case "book": "\(line.symbol) \(line.levels("bids")) \(line["venue_seq"] ?? "")"
          case "funding": "\(line.symbol) \(line["mark_price"] ?? "") \(line["index_price"] ?? "")"
          default: nil
          }
        })
    }
    #expect(client.status == 0)
    try await expectValid(client.output)
    return (try facts(record), try facts(client))
  }
}
