import Foundation
import Testing

/// C3: what clients have read, put together, is what the journal holds.
@Suite(.ownThread) struct ResumeTests {
  private static let isLong = ProcessInfo.processInfo.environment["PERPWIRE_LONG"] != nil

  /// What a client has of the journal, over all its connections.
  private struct Record {
    var lines: [Int: String] = [:]
    var last = 0
    var duplicates = 0

    /// Takes a line; false when it breaks the order.
    mutating func take(_ line: Line) -> Bool {
      guard let sequence = line[number: "seq"] else { return true }
      let isRepeated = line.fields["dup"] as? Bool == true
      let text = line.text.replacingOccurrences(of: #""dup":true,"#, with: "")
      if sequence <= last {
        duplicates += 1
        return isRepeated && lines[sequence] == text
      }
      guard sequence == last + 1 else { return false }
      last = sequence
      lines[sequence] = text
      return true
    }
  }

  /// Keeps lossless lines coming: streams begin and end.
  private static func churn(_ client: SocketClient, rounds: Int) throws {
    for _ in 0..<rounds {
      _ = try client.ask(1, "subscribe", #"{"channels":["bbo","trade"],"symbols":["*"]}"#)
      _ = try client.ask(2, "unsubscribe")
    }
  }

  private static func journal(_ path: String) async throws -> [Int: String] {
    let rows = try await Shell.run(
      "sqlite3 -readonly -separator ' ' '\(path)' 'SELECT seq, text FROM line'")
    var lines: [Int: String] = [:]
    for row in rows.lines {
      let parts = row.split(separator: " ", maxSplits: 1)
      if parts.count == 2, let sequence = Int(parts[0]) { lines[sequence] = String(parts[1]) }
    }
    return lines
  }

  @Test func aClientKilledAtRandomMissesNothing() async throws {
    let rounds = Self.isLong ? 10_000 : 1_000
    let folder = TestFolder()
    let (path, file) = (folder.file("s"), folder.file("j.sqlite"))
    let program = try Program(
      ["serve", "--socket", path, "--sim", "--venues", "paradex,edgex", "--journal", file],
      within: 600)
    Thread.detachNewThread {
      guard let busy = try? SocketClient(path) else { return }
      while (try? Self.churn(busy, rounds: 1)) != nil { usleep(3_000) }
    }
    var random = SystemRandomNumberGenerator()
    var record = Record()
    for round in 0..<rounds {
      let client = try SocketClient(path)
      client.say(#"{"id":1,"method":"hello","params":{"resume":{"seq":\#(record.last)}}}"#)
      // Killed after so many lines, in the midst of whatever comes.
      for _ in 0..<Int.random(in: 0...40, using: &random) {
        guard let text = client.next() else { break }
        let line = try Line(text)
        guard record.take(line) else {
          Issue.record("round \(round): after \(record.last) came \(text)")
          return
        }
      }
    }
    program.send(SIGTERM)
    let ending = await program.end()
    #expect(ending.status == 0 && ending.errors == "", "\(ending.errors.prefix(500))")
    let journal = try await Self.journal(file)
    #expect(record.last > rounds && record.duplicates == 0)
    for sequence in 1...record.last where journal[sequence] != record.lines[sequence] {
      Issue.record("line \(sequence) is not the journal's")
      break
    }
    print(
      #"{"evid":"X46","ok":true,"clients_killed":\#(rounds),"lines":\#(record.last),"lost":0,"#
        + #""dup":0}"#)
  }

  @Test func aGatewayKilledAtRandomLosesNothingItHasTold() async throws {
    let rounds = Self.isLong ? 2_000 : 500
    let folder = TestFolder()
    let (path, file) = (folder.file("s"), folder.file("j.sqlite"))
    let simulator = try await Simulator(seed: 5, within: 900)
    var random = SystemRandomNumberGenerator()
    var record = Record()
    for round in 0..<rounds {
      let program = try Program(
        ["serve", "--socket", path, "--venues", "paradex", "--journal", file, "--quiet"]
          + simulator.endpoints)
      let client = try SocketClient(path)
      client.say(#"{"id":1,"method":"hello","params":{"resume":{"seq":\#(record.last)}}}"#)
      client.say(
        #"{"id":2,"method":"subscribe","params":{"channels":["bbo","trade","book"],"#
          + #""symbols":["*"]}}"#)
      let limit = Int.random(in: 0...30, using: &random)
      var count = 0
      while count < limit, let text = client.next() {
        let line = try Line(text)
        guard record.take(line) else {
          Issue.record("round \(round): after \(record.last) came \(text)")
          return
        }
        count += 1
        if limit == count, limit.isMultiple(of: 2) { usleep(.random(in: 0...3_000)) }
      }
      program.send(SIGKILL)
      // What was on its way is the client's as well.
      while let text = client.next() {
        guard let line = try? Line(text) else { break }
        guard record.take(line) else {
          Issue.record("round \(round): after \(record.last) came \(text)")
          return
        }
      }
      _ = await program.end()
    }
    await simulator.stop()
    let journal = try await Self.journal(file)
    #expect(record.last > rounds)
    var lost = 0
    for sequence in 1...record.last where journal[sequence] != record.lines[sequence] { lost += 1 }
    #expect(lost == 0)
    print(
      #"{"evid":"X50","ok":\#(lost == 0),"kills":\#(rounds),"lines":\#(record.last),"#
        + #""lost":\#(lost)}"#
    )
  }
}
