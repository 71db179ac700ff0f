import Bot
import PerpCore
import Testing

/// What a bot was told and did, told again. Every test with a `BotBench` does it with all of its
/// bots; here is what it must find. (D-38)
@Suite("Transcripts") struct TranscriptTests {
  /// D-02: the second venue refuses, so that the first leg is closed again.
  private let script = SpreadScript()
  private let lines: [[UInt8]]
  private let bot: @Sendable (Transcript.Beginning, Ledger) -> any Bot

  init() {
    let settings = script.settings
    bot = { SpreadBot(settings, ledger: $1, at: $0.moment) }
    script.warmUp()
    script.bench.second.fates = [.refused(code: "REFUSED")]
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(1))
    lines = script.bench.transcribed
  }

  /// Number and words of the first difference, and the reading's counts.
  private func retrace(_ lines: [[UInt8]]) throws -> (Retrace.Difference?, Retrace) {
    var retrace = Retrace(bot)
    for line in lines {
      if let difference = try retrace.read(line) { return (difference, retrace) }
    }
    return (nil, retrace)
  }

  private func text(_ line: [UInt8]) -> String { String(decoding: line, as: UTF8.self) }

  private func index(of part: String) -> Int? { lines.firstIndex { text($0).contains(part) } }

  @Test("D-38 after a refusal the same is decided again, with the ledger as it was")
  func same() throws {
    #expect(script.bench.first.placed.count == 2, "the second order closes what the first opened")
    let (difference, retrace) = try retrace(lines)
    #expect(difference == nil && retrace.runs == 1)
    #expect(retrace.inputs + retrace.actions == lines.count - 1)
    #expect(index(of: "order.place") != nil && index(of: #"\"kind\":\"result\""#) != nil)
    // Another run in the same file, after one that was killed while it wrote a line.
    let torn = lines + [Array(lines[1].prefix(9))]
    let (second, both) = try self.retrace(torn + lines)
    #expect(second == nil && both.runs == 2 && both.inputs == 2 * retrace.inputs)
  }

  @Test("D-38 what is done otherwise, no more or in addition is told with its line")
  func differences() throws {
    let sent = try #require(index(of: "order.place"))
    var changed = lines
    changed[sent] = Array(text(lines[sent]).replacing("0.001", with: "0.002").utf8)
    let (other, _) = try retrace(changed)
    #expect(other?.line == sent + 1)
    #expect(other?.then == text(changed[sent]) && other?.now == text(lines[sent]))

    var missing = lines
    missing.remove(at: sent)
    let (less, _) = try retrace(missing)
    // Its second order is there where the first was.
    #expect(less?.line == sent + 1 && less?.now == text(lines[sent]))

    var more = lines
    more.insert(lines[sent], at: sent)
    let (twice, _) = try retrace(more)
    #expect(twice?.line == sent + 2 && twice?.then == text(lines[sent]))

    let last = try #require(lines.lastIndex { text($0).contains(#"{"did""#) })
    let (none, _) = try retrace(lines[..<last] + [lines[1]])
    #expect(none?.then == nil && none?.now == text(lines[last]))
    #expect(none?.description.contains("then: nothing more") == true)
  }

  @Test("D-38 what is no transcript is not read past")
  func problems() {
    for (bad, text) in [
      ([lines[1]], "no beginning"), ([lines[0], [125]] + lines[1...], "line 2 is no JSON"),
      ([lines[0], Array(#"{"told":"tales","mono":1,"wall":1}"#.utf8)], "line 2 is no line"),
    ] {
      #expect { try retrace(bad) } throws: { "\($0)".contains(text) }
    }
  }

  @Test("D-38 a beginning has settings and ledger, and a console is in no transcript")
  func beginning() throws {
    let now = script.bench.now
    let first = Transcript.Beginning(
      strategy: "pv", settings: [("size", "0.001"), ("gateway", "perpwire \"x\"")], at: now)
    var seen: (Transcript.Beginning, Ledger)?
    let settings = script.settings
    var retrace = Retrace { beginning, ledger in
      seen = (beginning, ledger)
      return SpreadBot(settings, ledger: ledger, at: beginning.moment)
    }
    let kept = try #require(script.bench.ledger.first)
    for line in [first.line, Transcript.ledger(kept), lines[1]] {
      _ = try retrace.read(line.last == 10 ? line.dropLast() : line)
    }
    #expect(seen?.0.strategy == "pv" && seen?.0.moment.wall == now.wall)
    #expect(seen?.0.settings.last?.value == "perpwire \"x\"")
    #expect(seen?.1.open.count == 1)
    let request = ConsoleRequest("POST", "/api/credentials/grvt", body: "a key")
    #expect(Transcript.told(.console(.request(request)), at: now) == nil)
  }
}
