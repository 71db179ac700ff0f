import PerpCore
import PerpGateway
import Testing

@Suite("Checks across lines")
struct LineCheckerTests {
  private static let hello =
    #"{"type":"hello","protocol":1,"version":"0","pid":1,"run_id":"r","mode":"sim","venues":[]}"#

  @Test("a sound recording has no problems, and is counted by type")
  func sound() throws {
    let result = try check(
      Self.hello, stream(1), bbo(1), bbo(2), bbo(5, #","skipped":2"#), stream(2, #","dup":true"#),
      stream(2), book(1, "true", bids: #"["5","1"]"#, asks: #"["6","1"]"#, #","venue_seq":"1""#),
      book(2, "false", asks: #"["6","0"],["7","2"]"#, #","venue_seq":"2","prev_venue_seq":"1""#),
      #"{"id":1,"result":{}}"#, #"{"id":1,"method":"ping"}"#,
      #"{"type":"bye","reason":"stopped","open_orders":0}"#)
    #expect(result.problems == [])
    #expect(
      result.summary == "bbo 3, book 2, bye 1, command 1, hello 1, reply 1, stream 3")
  }

  @Test("a recording that begins in the middle is a warning")
  func beginning() throws {
    #expect(
      try check(bbo(7), bbo(8)).problems == ["line 1: warning: $ is the first line and not hello"])
  }

  @Test("what is not of the protocol is an error, and the rest goes on")
  func invalidLine() throws {
    let result = try check(Self.hello, bbo(1), "{\"type\":\"bbo\"}", "", "nonsense", bbo(2))
    #expect(
      result.problems == [
        "line 3: error: $ lacks bid", "line 4: error: $ the text ends too early at byte 0",
        "line 5: error: $ the text is not valid JSON at byte 1",
      ])
  }

  private static let unsubscribed = #"{"id":1,"result":{"unsubscribed":1}}"#

  @Test("numbers run on for each market and type, and for lossless lines")
  func sequences() throws {
    let result = try check(
      Self.hello, bbo(1), bbo(3), bbo(4), bbo(6, #","skipped":2"#), bbo(6), stream(4), stream(6),
      bbo(9, symbol: "ETH-USD-PERP"), bbo(10, symbol: "ETH-USD-PERP"))
    #expect(
      result.problems == [
        "line 3: error: $.mseq is 3 after 1 with 0 skipped",
        "line 5: error: $.mseq is 6 after 4 with 2 skipped",
        "line 8: error: $.seq is 6 after 4",
      ], "a state may be told once more")
    #expect(
      try check(Self.hello, bbo(5), #"{"id":1,"result":{"unsubscribed":1}}"#, bbo(1)).problems
        == [],
      "another subscription")
    #expect(try check(Self.hello, bbo(5), Self.hello, bbo(1)).problems == [], "another run")
  }

  @Test("a quote that is crossed or locked must say so")
  func crossedQuotes() throws {
    let result = try check(
      Self.hello, bbo(1, bid: "7", ask: "6"), bbo(2, #","flags":["crossed"]"#, bid: "7", ask: "6"),
      bbo(3, bid: "6.0", ask: "6"), bbo(4, #","flags":["locked"]"#, bid: "6.0", ask: "6"),
      bbo(5, #","flags":["crossed"]"#, bid: "6", ask: "6"))
    #expect(
      result.problems == [
        "line 2: error: $ is crossed and not flagged", "line 4: error: $ is locked and not flagged",
        "line 6: error: $ is locked and not flagged",
      ])
  }

  @Test("books are rebuilt from their changes")
  func books() throws {
    let result = try check(
      Self.hello, book(1, "false", bids: #"["5","1"]"#),
      book(2, "true", bids: #"["5","1"]"#, asks: #"["6","1"]"#),
      book(3, "false", bids: #"["6.5","1"]"#),
      book(4, "false", bids: #"["6.5","0"],["6","2"]"#, #","flags":["locked"]"#),
      book(5, "false", bids: #"["6","0"]"#),
      book(6, "true", bids: #"["3","1"]"#, asks: #"["4","1"]"#))
    #expect(
      result.problems == [
        "line 2: error: $ is a change of a book without a snapshot",
        "line 4: error: $ is crossed and not flagged",
      ])
  }

  @Test("a change follows the venue's number before it")
  func venueSequences() throws {
    let result = try check(
      Self.hello, book(1, "true", #","venue_seq":"10""#),
      book(2, "false", #","venue_seq":"12","prev_venue_seq":"10""#),
      book(3, "false", #","venue_seq":"14","prev_venue_seq":"13""#),
      book(4, "true", #","venue_seq":"50""#),
      book(5, "false", #","venue_seq":"51","prev_venue_seq":"50""#))
    #expect(
      result.problems == [
        "line 4: error: $ follows venue_seq 13, but the one before was 12"
      ])
  }

  @Test("after a gap, or after something was skipped, only a snapshot will do")
  func gaps() throws {
    let result = try check(
      Self.hello, book(1, "true"), stream(1, state: "gap", channel: "book"), book(2, "false"),
      book(3, "true"), stream(2, state: "stale", channel: "book"), book(4, "false"),
      book(6, "false", #","skipped":1"#), book(7, "false"), book(9, "true", #","skipped":1"#))
    #expect(
      result.problems == [
        "line 4: error: $ is a change of a book without a snapshot",
        "line 8: error: $ is a change of a book after changes were skipped",
        "line 9: error: $ is a change of a book without a snapshot",
      ])
  }

  @Test("the parts of a book come in a row, and are looked at together")
  func parts() throws {
    let first = book(1, "true", bids: #"["7","1"]"#, #","part":1,"parts":2"#)
    let result = try check(
      Self.hello, first, book(1, "true", asks: #"["6","1"]"#, #","part":2,"parts":2"#),
      book(2, "true", #","part":2,"parts":2"#), book(3, "true", #","part":1,"parts":3"#),
      book(3, "true", #","part":3,"parts":3"#))
    #expect(
      result.problems == [
        "line 3: error: $ is crossed and not flagged",
        "line 4: error: $.mseq is 2 in a later part of 1",
        "line 4: error: $ is part 2 without those before it",
        "line 6: error: $ is part 3 of 3 where part 2 of 3 must come",
      ])
  }

  @Test("a line has at most 60,000 bytes")
  func length() throws {
    let pad = String(repeating: "x", count: 60_000)
    let result = try check(
      Self.hello, #"{"type":"heartbeat","pad":"\#(pad)"}"#,
      #"{"id":1,"method":"ping","params":{"pad":"\#(pad)"}}"#)
    #expect(result.problems == ["line 2: error: $ is longer than 60000 bytes"])
  }
}

extension LineCheckerTests {
  private func check(_ lines: String...) throws -> (problems: [String], summary: String) {
    var checker = try LineChecker()
    var problems: [LineProblem] = []
    for line in lines {
      let bytes = Array(line.utf8)
      let span = bytes.span
      checker.check(span.bytes, into: &problems)
    }
    #expect(checker.lines == lines.count)
    #expect(checker.errors + checker.warnings == problems.count)
    let summary = checker.summary.map { "\($0.type) \($0.count)" }.joined(separator: ", ")
    return (problems.map(\.description), summary)
  }

  private func bbo(
    _ mseq: Int, _ more: String = "", bid: String = "5", ask: String = "6",
    symbol: String = "BTC-USD-PERP"
  ) -> String {
    #"{"type":"bbo","mseq":\#(mseq),"venue":"paradex","symbol":"\#(symbol)","bid":"\#(bid)","#
      + #""bid_size":"1","ask":"\#(ask)","ask_size":"1","source":"bbo"\#(more),"recv_ts":1,"#
      + #""send_ts":2}"#
  }

  private func book(
    _ mseq: Int, _ snapshot: String, bids: String = "", asks: String = "", _ more: String = ""
  ) -> String {
    #"{"type":"book","mseq":\#(mseq),"venue":"paradex","symbol":"BTC-USD-PERP","#
      + #""snapshot":\#(snapshot),"bids":[\#(bids)],"asks":[\#(asks)]\#(more),"recv_ts":1,"#
      + #""send_ts":2}"#
  }

  private func stream(
    _ sequence: Int, _ more: String = "", state: String = "live", channel: String = "bbo"
  ) -> String {
    #"{"type":"stream","seq":\#(sequence)\#(more),"venue":"paradex","symbol":"BTC-USD-PERP","#
      + #""channel":"\#(channel)","state":"\#(state)","cause":"x","epoch":1,"ts":1,"send_ts":2}"#
  }
}
