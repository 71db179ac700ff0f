import Foundation
import Testing

/// Clients that misbehave cost the others nothing they would notice (`reliability.md` X45, X47,
/// X48, X53): each test has one that reads on, and is told everything.
@Suite(.ownThread) struct TroublesomeClientsTests {
  private static let everything =
    #"{"id":1,"method":"subscribe","params":{"symbols":["*"],"channels":["bbo","trade","book"]}}"#

  /// X45: one reads nothing, one a byte a second; memory stays, and what they find is true.
  @Test func whoStallsIsToldLess() async throws {
    let bench = try Bench(["--rate", "4000"])
    let stalled = try SocketClient(bench.path)
    let slow = try SocketClient(bench.path)
    for client in [stalled, slow] { client.say(Self.everything) }
    let witness = try Witness(bench.path)
    try witness.read(for: 1)
    let before = bench.program.memory
    for _ in 0..<5 {
      try witness.read(for: 1)
      var byte: UInt8 = 0
      _ = recv(slow.descriptor, &byte, 1, 0)
    }
    let grown = bench.program.memory - before
    #expect(before > 0 && grown < 30_000, "memory grew by \(grown) KiB")
    // Read at last, they have the newest state, and what they have missed is counted.
    var lines: [String] = []
    while let line = stalled.next() {
      lines.append(line)
      if lines.count > 50_000 || line.contains(#""type":"bbo""#) && line.contains(#""skipped""#) {
        break
      }
    }
    #expect(lines.contains { $0.contains(#""skipped":"#) } || lines.last?.contains("bye") == true)
    try await expectValid(lines.joined(separator: "\n") + "\n")
    try await bench.end(witness)
    print(
      #"{"evid":"X45","ok":true,"healthy_lines":\#(witness.lines),"healthy_gaps":0,"#
        + #""healthy_skipped":\#(witness.skipped),"memory_kib":\#(grown)}"#)
  }

  /// X47: of many, some stall, some come and go, one is hostile.
  @Test func manyOfAllKinds() async throws {
    let bench = try Bench(["--rate", "1000"])
    let stalled = try (0..<8).map { _ in try SocketClient(bench.path) }
    for client in stalled { client.say(Self.everything) }
    let healthy = try (0..<20).map { _ in try Witness(bench.path) }
    for round in 0..<40 {
      let flapping = try SocketClient(bench.path)
      flapping.say(Self.everything)
      if round % 2 == 0 { flapping.say(#"{"id":2,"method":"nonsense"}"#) }
      for witness in healthy { try witness.read(for: 0.005) }
    }
    for witness in healthy.dropFirst() { try witness.check() }
    try await bench.end(healthy[0])
    print(
      #"{"evid":"X47","ok":true,"healthy":20,"stalled":8,"flapped":40,"#
        + #""healthy_lines":\#(healthy.reduce(0) { $0 + $1.lines }),"#
        + #""healthy_skipped":\#(healthy.reduce(0) { $0 + $1.skipped }),"healthy_gaps":0}"#)
  }

  /// X48: what is no command is refused line by line, and whoever sends too much waits.
  @Test func whoTalksNonsenseIsHeardOut() async throws {
    let bench = try Bench(["--rate", "2000"])
    let witness = try Witness(bench.path)
    let nonsense = [
      "{", "null", "[]", "\u{0}\u{1}\u{2}", #"{"id":1}"#, #"{"id":2,"method":7}"#,
      #"{"id":3,"method":"order.place"}"#, String(repeating: "[", count: 100),
      #"{"id":4,"method":"ping"}{"id":5,"method":"ping"}"#,
    ]
    let client = try SocketClient(bench.path)
    for line in nonsense { client.say(line) }
    client.say(#"{"id":9,"method":"ping"}"#)
    var refusals = 0
    _ = try client.line { line in
      if line.type == "error" || line.fields["error"] != nil { refusals += 1 }
      return line[number: "id"] == 9
    }
    #expect(refusals == nonsense.count)

    // A line without an end, and then commands without pause, as much as is taken.
    let endless = try SocketClient(bench.path)
    let sent = try flood(endless, with: [UInt8](repeating: 120, count: 1 << 16), witness, 1.5)
    let talker = try SocketClient(bench.path)
    let ping = Array(#"{"id":1,"method":"beat"}"#.utf8) + [10]
    let told = try flood(
      talker, with: Array(repeatElement(ping, count: 1_000).joined()), witness, 2)
    // 1,000 a second and 2,000 in stock are carried out; the rest waits, unread.
    let carriedOut = try #require(
      (client.ask(10, "stats").fields["result"] as? [String: Any])?["commands"] as? Int)
    #expect((1_000...7_000).contains(carriedOut), "\(carriedOut) of \(told / ping.count)")
    #expect(bench.program.memory < 150_000)
    try await bench.end(witness)
    print(
      #"{"evid":"X48","ok":true,"refused_lines":\#(refusals),"endless_bytes":\#(sent),"#
        + #""commands_sent":\#(told / ping.count),"carried_out":\#(carriedOut),"healthy_gaps":0}"#)
  }

  /// X53: without descriptors nobody is let in, and those who are there are served.
  @Test func withoutDescriptorsTheSessionsGoOn() async throws {
    let bench = try Bench(["--rate", "500"], before: "ulimit -n 90; ")
    let witness = try Witness(bench.path)
    var others: [SocketClient] = []
    for _ in 0..<60 {
      if let client = try? SocketClient(bench.path, within: 0.2) { others.append(client) }
    }
    let greeted = others.count { $0.next() != nil }
    #expect(greeted > 1 && greeted < 50, "\(greeted) of \(others.count) were let in")
    try witness.read(for: 1)
    others = []
    try witness.read(for: 0.5)
    #expect(try SocketClient(bench.path).next()?.contains("hello") == true, "there is room again")
    try await bench.end(witness)
    print(#"{"evid":"X53","ok":true,"fault":"descriptors","let_in":\#(greeted),"healthy_gaps":0}"#)
  }

  /// Bytes that the gateway took.
  private func flood(
    _ client: SocketClient, with bytes: [UInt8], _ witness: Witness, _ seconds: Double
  ) throws -> Int {
    let end = Date(timeIntervalSinceNow: seconds)
    var sent = 0
    while Date() < end {
      let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
      let rest = Array(bytes[(sent % bytes.count)...])
      sent += max(0, send(client.descriptor, rest, rest.count, flags))
      try witness.read(for: 0.002)
    }
    return sent
  }
}

/// A gateway of two simulated venues.
private struct Bench {
  let folder = TestFolder()
  let program: Program
  var path: String { folder.file("s.sock") }

  init(_ arguments: [String], before: String = "") throws {
    let command =
      "\(before)exec \(Program.path) serve --sim --venues paradex,lighter --socket "
      + "\(folder.file("s.sock")) --log-level error " + arguments.joined(separator: " ")
    program = try Program(["-c", command], of: "/bin/sh", within: 90)
  }

  /// The witness has seen all there was, and the gateway ends as if nothing had been.
  func end(_ witness: Witness) async throws {
    try witness.check()
    program.send(SIGTERM)
    #expect(await program.end().status == 0)
  }
}

/// A client that reads on, and has no hole in its numbers.
private final class Witness {
  private let client: SocketClient
  private var last: [String: Int] = [:]
  private var sequence = 0
  private(set) var lines = 0
  /// Of its own slowness.
  private(set) var skipped = 0
  private var quotes = 0

  init(_ path: String) throws {
    client = try SocketClient(path)
    _ = try client.ask(
      1, "subscribe", #"{"channels":["bbo","trade"],"symbols":["BTC","ETH"]}"#)
    _ = try client.line { $0.type == "bbo" }
  }

  func read(for seconds: Double) throws {
    let end = Date(timeIntervalSinceNow: seconds)
    while Date() < end {
      guard let text = client.next(patience: max(0.001, end.timeIntervalSinceNow)) else { continue }
      lines += 1
      let line = try Line(text)
      if let number = line[number: "seq"], line.fields["dup"] == nil {
        if sequence > 0 { #expect(number == sequence + 1) }
        sequence = number
      }
      guard let number = line[number: "mseq"] else { continue }
      quotes += 1
      let key = "\(line.type) \(line["venue"] ?? "") \(line.symbol)"
      let skipped = line[number: "skipped"] ?? 0
      self.skipped += skipped
      if let last = last[key] { #expect(number == last + 1 + skipped, "\(text)") }
      last[key] = number
    }
  }

  /// It is still told what happens.
  func check() throws {
    let before = quotes
    let end = Date(timeIntervalSinceNow: 5)
    while quotes == before, Date() < end { try read(for: 0.1) }
    #expect(quotes > before)
  }
}
