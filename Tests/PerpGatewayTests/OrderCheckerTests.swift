import PerpCore
import PerpGateway
import Testing

@Suite("Checks of orders across lines")
struct OrderCheckerTests {
  @Test("a sound life of orders has no problems")
  func sound() throws {
    #expect(
      try problems(
        order("pending_new", "pending", "0", "5"), order("status", "unknown", "0", "5"),
        order("new", "open", "0", "5"), fill("t1", "2", filled: "2"),
        order("fill", "partially_filled", "2", "3"),
        order("fill", "partially_filled", "2", "3", client: "other"),
        order("cancelled", "cancelled", "2", "0"),
        // A fill that was late for the cancel.
        fill("t2", "3", filled: "5"), order("restated", "filled", "5", "0")) == [])
  }

  @Test("what is sent again is no news")
  func repeated() throws {
    #expect(
      try problems(
        fill("t1", "2", filled: "2"), order("fill", "filled", "2", "0", size: "2"),
        fill("t1", "2", filled: "2", repeated: 1),
        order("fill", "partially_filled", "1", "1", size: "2", repeated: 2)) == [])
  }

  @Test("a final status never leaves", arguments: ["filled", "cancelled", "rejected", "expired"])
  func final(status: String) throws {
    #expect(
      try problems(order("status", status, "0", "0"), order("status", "open", "0", "5"))
        == ["is open after \(status), which is final"])
  }

  @Test("filled never falls, and with what remains it is the size")
  func figures() throws {
    #expect(
      try problems(
        order("fill", "partially_filled", "2", "3"), order("fill", "partially_filled", "1", "4"))
        == ["has filled 1 after 2"])
    #expect(
      try problems(order("fill", "partially_filled", "2", "2"))
        == ["has filled 2 and 2 remaining of 5"])
    #expect(
      try problems(order("cancelled", "cancelled", "2", "3")) == ["is final with 3 remaining"])
  }

  @Test("one fill is told once, and an order line includes it")
  func fills() throws {
    #expect(
      try problems(
        fill("t1", "2", filled: "2"), order("fill", "partially_filled", "2", "3"),
        fill("t1", "2", filled: "4")) == ["is a second fill of that trade_id"])
    #expect(
      try problems(fill("t1", "2", filled: "2"), order("fill", "partially_filled", "1", "4"))
        == ["has filled 1 where a fill came to 2"])
    #expect(
      try problems(fill("t1", "2", filled: "2"), fill("t2", "1", filled: "3"))
        == ["follows a fill that no order line has included"])
    #expect(
      try problems(
        fill("t1", "2", filled: "2"), order("fill", "partially_filled", "2", "3"),
        fill("t2", "2", filled: "3")) == ["has filled 3 where fills sum up to 4"])
  }
}

extension OrderCheckerTests {
  /// A line without its number, or one that is sent again with the number it had.
  private struct Line {
    var type: String
    var rest: String
    var repeated: Int?
  }

  private func problems(_ lines: Line...) throws -> [String] {
    var checker = try LineChecker()
    var problems: [LineProblem] = []
    var sequence = 0
    let hello =
      #"{"type":"hello","protocol":1,"version":"0","pid":1,"run_id":"r","mode":"sim","venues":[]}"#
    let texts = lines.map { line in
      if line.repeated == nil { sequence += 1 }
      let number = line.repeated.map { #"\#($0),"dup":true"# } ?? "\(sequence)"
      return #"{"type":"\#(line.type)","seq":\#(number),"venue":"v","account":"a","#
        + #""symbol":"A-B-PERP",\#(line.rest)}"#
    }
    for text in [hello] + texts {
      let bytes = Array(text.utf8)
      checker.check(bytes.span.bytes, into: &problems)
    }
    return problems.map { $0.path == "$" ? $0.cause : $0.description }
  }

  private func order(
    _ event: String, _ status: String, _ filled: String, _ remaining: String, size: String = "5",
    client: String = "c", repeated: Int? = nil
  ) -> Line {
    Line(
      type: "order",
      rest: #""client_id":"\#(client)","event":"\#(event)","status":"\#(status)","#
        + #""size":"\#(size)","filled":"\#(filled)","remaining":"\#(remaining)","evidence":"ws""#,
      repeated: repeated)
  }

  private func fill(_ trade: String, _ size: String, filled: String, repeated: Int? = nil) -> Line {
    Line(
      type: "fill",
      rest: #""client_id":"c","order_id":"9","trade_id":"\#(trade)","side":"buy","price":"1","#
        + #""size":"\#(size)","fee":"0","fee_asset":"USD","liquidity":"taker","#
        + #""filled":"\#(filled)","remaining":"0""#,
      repeated: repeated)
  }
}
