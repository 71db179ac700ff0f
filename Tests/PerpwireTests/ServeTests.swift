import Foundation
import Testing

@Suite(.ownThread) struct ServeTests {
  /// C1: the transcript of the protocol's section 7, its market data part.
  @Test func transcript() async throws {
    let folder = TestFolder()
    let arguments = ["--sim", "--venues", "paradex,lighter", "--journal", folder.file("j.sqlite")]
    var last = 0
    for _ in 1...2 {
      let dialogue = try Dialogue(arguments)
      let hello = try await dialogue.line()
      #expect(hello.type == "hello" && hello[number: "protocol"] == 1 && hello["mode"] == "sim")
      #expect(hello[number: "pid"] == Int(dialogue.program.pid))
      #expect(hello.fields["venues"] as? [String] == ["paradex", "lighter"])
      let journal = try #require(hello.fields["journal"] as? [String: Any])
      #expect(journal["last"] as? Int == last)

      let resumed = max(0, last - 2)
      let parent = #""parent_pid":\#(getpid()),"deadman":{"scope":"mine","grace_ms":3000}"#
      let reply = try await dialogue.ask(
        1, "hello", #"{"resume":{"seq":\#(resumed)},\#(parent)}"#)
      let result = try #require(reply.fields["result"] as? [String: Any])
      let replay = try #require(result["replay"] as? [String: Int])
      // The accounts of the simulated venues may have signed in since `hello`.
      let end = replay["to"] ?? resumed
      #expect(end >= last && (replay["from"] ?? resumed + 1) == resumed + 1)
      for number in resumed..<end {
        let line = try await dialogue.line()
        #expect(line[number: "seq"] == number + 1)
        #expect(line.fields["dup"] as? Bool == true)
      }
      let subscribed = try await dialogue.ask(
        2, "subscribe",
        #"{"venues":["paradex"],"channels":["bbo"],"symbols":["BTC-USD-PERP"]}"#)
      #expect(subscribed.text == #"{"id":2,"result":{"subscribed":1}}"#)
      let live = try await dialogue.line { $0.type == "stream" && $0["state"] == "live" }
      #expect(live["cause"] == "first_data" && live["channel"] == "bbo")
      let first = try await dialogue.line { $0.type == "bbo" }
      #expect(first.symbol == "BTC-USD-PERP" && first["venue"] == "paradex")
      #expect(first[number: "mseq"] == 1)

      dialogue.endInput()
      let ending = await dialogue.program.end()
      #expect(ending.status == 0 && ending.errors == "")
      let events = try ending.events()
      #expect(events.last?.type == "bye" && events.last?["reason"] == "input_ended")
      try await expectValid(ending.output)
      last = events.compactMap { $0[number: "seq"] }.max() ?? 0
      #expect(last > 0)
    }
  }

  @Test func thePartsOfALineMayComeOneByOne() async throws {
    let dialogue = try Dialogue(["--sim", "--venues", "edgex"])
    _ = try await dialogue.line()
    for piece in ["{\"id\":1,", "\"method\":", "\"ping\"}\r\n\n{\"id\":2,\"method\":\"nope\"}"] {
      dialogue.say(piece: piece)
      pass(seconds: 0.05)
    }
    // Accounts tell of themselves meanwhile.
    _ = try await dialogue.line { $0.fields["result"] != nil }
    dialogue.endInput()
    let refusal = try await dialogue.line { $0.fields["error"] != nil }
    #expect(refusal.text.contains("-32601"), "the last line needs no LF")
    #expect(await dialogue.program.end().status == 0)
  }

  @Test func manyClientsShareTheSocket() async throws {
    let folder = TestFolder()
    let path = folder.file("s.sock")
    let program = try Program(["serve", "--socket", path, "--sim", "--venues", "paradex"])
    let clients = try (0..<50).map { _ in try SocketClient(path) }
    for client in clients {
      let hello = try Line(try #require(client.next()))
      #expect(hello.type == "hello" && hello["role"] == "trade")
      let reply = try client.ask(
        1, "subscribe", #"{"channels":["bbo","book"],"symbols":["BTC","ETH"]}"#)
      #expect(reply.text == #"{"id":1,"result":{"subscribed":4}}"#)
    }
    for client in clients {
      _ = try client.line { $0.type == "bbo" && $0.symbol == "ETH-USD-PERP" }
    }
    let stats = try clients[0].ask(2, "stats")
    #expect((stats.fields["result"] as? [String: Any])?["topics"] as? Int == 4)
    #expect(try mode(of: path) == 0o600)

    // A second gateway leaves it alone.
    let second = try await Program.run("serve", "--socket", path, "--sim")
    #expect(second.status == 73)
    #expect(second.errors.contains("another gateway owns \(path)"))
    // Killed, it leaves its socket behind, and the next one takes it over.
    program.send(SIGKILL)
    _ = await program.end()
    #expect(FileManager.default.fileExists(atPath: path))
    let next = try Program(["serve", "--socket", path, "--sim", "--venues", "paradex"])
    let client = try SocketClient(path)
    #expect(try client.ask(1, "shutdown").text == #"{"id":1,"result":{}}"#)
    #expect(try client.line { $0.type == "bye" }["reason"] == "shutdown")
    let ending = await next.end()
    #expect(ending.status == 0 && ending.errors == "")
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func aSocketThatCannotBeIsRefused() async throws {
    let folder = TestFolder()
    let long = folder.file(String(repeating: "x", count: 110))
    try Data().write(to: URL(fileURLWithPath: folder.file("file")))
    try FileManager.default.createDirectory(
      atPath: folder.file("open"), withIntermediateDirectories: false)
    chmod(folder.file("open"), 0o777)
    for (path, cause) in [
      (long, "at most 107 bytes"), (folder.file("file"), "is no socket"),
      (folder.file("open/s"), "chmod 700"), (folder.file("none/s"), "mkdir -m 700"),
    ] {
      let ending = try await Program.run("serve", "--socket", path, "--sim")
      #expect(ending.status == 73 && ending.output == "", "\(path)")
      #expect(ending.errors.contains(cause), "\(ending.errors)")
    }
  }

  @Test func aJournalOfAnotherOrADamagedOneIsRefused() async throws {
    let folder = TestFolder()
    let journal = folder.file("j.sqlite")
    let dialogue = try Dialogue(["--sim", "--venues", "paradex", "--journal", journal])
    _ = try await dialogue.line()
    let second = try await Program.run("serve", "--stdio", "--sim", "--journal", journal)
    #expect(second.status == 73 && second.errors.contains("another gateway holds"))
    dialogue.endInput()
    #expect(await dialogue.program.end().status == 0)
    try Data(repeating: 9, count: 9_000).write(to: URL(fileURLWithPath: journal))
    let third = try await Program.run("serve", "--stdio", "--sim", "--journal", journal)
    #expect(third.status == 65 && third.errors.contains("move the journal away"))
  }

  /// X52: a full disk stops the journal, loudly, and not the data.
  @Test func aFullDiskStopsTheJournalAlone() async throws {
    let folder = TestFolder()
    let command =
      "ulimit -f 64; exec \(Program.path) serve --stdio --sim --venues paradex,edgex "
      + "--journal \(folder.file("j.sqlite"))"
    let script = """
      (for i in $(seq 40); do
        echo '{"id":1,"method":"subscribe","params":{"channels":["bbo","trade"],"symbols":["*"]}}'
        sleep 0.05
        echo '{"id":2,"method":"unsubscribe","params":{}}'
      done; sleep 0.5
      echo '{"id":3,"method":"subscribe","params":{"channels":["bbo"],"symbols":["BTC"]}}'
      sleep 1) | (\(command))
      """
    let ending = try await Shell.run(script)
    #expect(ending.status == 0)
    let events = try ending.events()
    let place = try #require(events.firstIndex { $0["where"] == "journal" })
    #expect(events[place].fields["fatal"] as? Bool == true)
    let after = events[place...]
    #expect(after.contains { $0.type == "bbo" } && after.last?.type == "bye")
    #expect(after.contains { $0[number: "id"] == 3 })
    try await expectValid(ending.output)
    print(#"{"evid":"X52","ok":true,"fault":"disk full","lines_after":\#(after.count)}"#)
  }

  private func mode(of path: String) throws -> Int {
    try #require(
      FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }
}

/// A folder of the test's own, with short paths for sockets.
final class TestFolder {
  let path = "/tmp/pw-\(UInt32.random(in: 0 ... .max))"

  init() {
    try? FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }
}
