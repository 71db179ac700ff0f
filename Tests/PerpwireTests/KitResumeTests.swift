import Foundation
import Testing

/// The recipe `resume`.
extension Kit {
  /// Every lossless line arrives once, as it is in the journal, though gateway and client are
  /// killed again and again.
  func checkResume() async throws {
    let folder = TestFolder()
    let (path, journal, file) = (folder.file("s"), folder.file("j"), folder.file("lines"))
    var client = try start("resume", [path, file])
    var last = 0
    for round in 1...5 {
      let gateway = try Program(
        ["serve", "--quiet", "--sim", "--venues", "paradex", "--socket", path]
          + ["--journal", journal], within: 60)
      let busy = try SocketClient(path)
      if round == 1 { await written(file) { !$0.isEmpty } }
      try churn(busy, times: 15)
      if round.isMultiple(of: 2) {
        try await reach(path, file)
        try churn(busy, times: 3)
        client.send(SIGKILL)
        client = try start("resume", [path, file])
        try churn(busy, times: 30)
        // It is likely to be behind when the gateway is killed.
      } else {
        last = try await reach(path, file)
      }
      gateway.send(SIGKILL)
      _ = await gateway.end()
    }
    client.send(SIGTERM)
    let ending = await client.end()
    #expect(ending.errors == "", "\(ending.errors)")
    try await compare(file, with: journal, upTo: last)
  }

  /// Streams begin and end, and every client is told.
  private func churn(_ client: SocketClient, times: Int) throws {
    for _ in 0..<times {
      _ = try client.ask(1, "subscribe", #"{"channels":["bbo","trade"],"symbols":["*"]}"#)
      _ = try client.ask(2, "unsubscribe")
      pass(seconds: 0.01)
    }
  }

  /// Waits until the last line there is now is written, and says its number.
  @discardableResult
  private func reach(_ path: String, _ file: String) async throws -> Int {
    let hello = try Line(SocketClient(path).next() ?? "")
    let last = (hello.fields["journal"] as? [String: Any])?["last"] as? Int ?? 0
    await written(file) { ($0.last?[number: "seq"] ?? 0) >= last }
    return last
  }

  private func compare(_ file: String, with journal: String, upTo last: Int) async throws {
    let lines = try Self.lines(file)
    let hello = try #require(lines.first)
    let before = (hello.fields["journal"] as? [String: Any])?["last"] as? Int
    let numbers = lines.dropFirst().compactMap { $0[number: "seq"] }
    #expect(hello.type == "hello" && numbers.count == lines.count - 1)
    let end = try #require(numbers.last)
    #expect(end >= last && numbers.count > 100)
    try #require(numbers == Array(((before ?? 0) + 1)...end))
    let query = "SELECT text FROM line WHERE seq > \(before ?? 0) ORDER BY seq"
    let rows = try await Shell.run("sqlite3 -readonly '\(journal)' '\(query)'")
    for (line, row) in zip(lines.dropFirst(), try rows.events()) {
      var fields = line.fields
      fields["dup"] = nil
      #expect(NSDictionary(dictionary: fields) == NSDictionary(dictionary: row.fields))
    }
  }

  /// A gateway that holds some lines no more, sends others twice, and has another journal at last;
  /// nobody can have a million lines in a test.
  func checkGaps() async throws {
    let folder = TestFolder()
    let (path, file) = (folder.file("s"), folder.file("lines"))
    try Self.peer.write(toFile: folder.file("peer.py"), atomically: true, encoding: .utf8)
    let peer = try Program(["python3", folder.file("peer.py"), path], of: "/usr/bin/env")
    // What it has of an earlier day ends in a torn line.
    try """
    {"type":"hello","journal":{"id":"j-1","first":1,"last":4}}
    {"type":"stream","seq":5}
    {"type":"stream","se
    """.write(toFile: file, atomically: true, encoding: .utf8)
    let client = try start("resume", [path, file])
    await written(file) { $0.count >= 7 }
    client.send(SIGTERM)
    _ = await client.end()
    peer.send(SIGTERM)
    let told = await peer.end()
    #expect(told.lines == ["j-1 5", "j-1 20", "j-2 3", "j-2 4"], "\(told.errors)")
    let places = try Self.lines(file).map { $0[number: "seq"] ?? $0[number: "to"] ?? 0 }
    #expect(places == [0, 5, 19, 20, 0, 4, 5])
  }

  /// Tells what each connection resumes from; a connection that says nothing is none.
  private static let peer = """
    import json, os, socket, sys
    stream = lambda *numbers: [{"type": "stream", "seq": number} for number in numbers]
    rounds = [
      ("j-1", 20, stream(4, 5) + [{"type": "gap_fill", "from": 6, "to": 19}] + stream(20)),
      ("j-1", 20, stream(20)),
      ("j-2", 3, stream(4)),
      ("j-2", 5, stream(4, 5)),
    ]
    listener = socket.socket(socket.AF_UNIX); listener.bind(sys.argv[1]); listener.listen()
    while True:
      journal, last, lines = rounds[0]
      connection, _ = listener.accept()
      say = lambda line: connection.sendall(json.dumps(line).encode() + b"\\n")
      say({"type": "hello", "journal": {"id": journal, "first": 1, "last": last}})
      commands = connection.makefile()
      command = commands.readline()
      if command:
        resume = json.loads(command)["params"]["resume"]
        print(resume["journal"], resume["seq"], flush=True)
        subscription = json.loads(commands.readline())
        assert subscription["params"]["symbols"] == ["BTC"], subscription
        say({"id": 1, "result": {}})
        for line in lines: say(line)
        connection.sendall(b'{"type":"stream","seq":99')
        if len(rounds) == 1: commands.readline()
        else: rounds.pop(0)
      commands.close(); connection.close()
    """

  private static func lines(_ file: String) throws -> [Line] {
    try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
      .map { try Line(String($0)) }
  }

  /// Waits until its file is so, for ten seconds at most.
  private func written(_ file: String, _ isSo: ([Line]) -> Bool) async {
    for _ in 0..<500 {
      if let lines = try? Self.lines(file), isSo(lines) { return }
      pass(seconds: 0.02)
    }
    Issue.record("\(file) was not written")
  }
}
