import Foundation
import Testing

/// Faults on real sockets: each is told, and each is over some time later.
@Suite(.ownThread) struct FaultTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let plan: String
    /// State and cause that tell of the trouble, as `state cause`.
    let trouble: String
    var testDescription: String { plan }
  }

  @Test(arguments: [
    Case(plan: "stall:bbo@1s+5s", trouble: "stale no_data"),
    Case(plan: "close=1012@1s", trouble: "down closed_1012"),
    Case(plan: "abort@1s", trouble: "down closed_1006"),
    Case(plan: "half-open@1s", trouble: "stale no_data"),
    Case(plan: "garbage@1s+1s%50", trouble: "error malformed"),
    Case(plan: "huge=20000000@1s", trouble: "down too_large"),
    Case(plan: "freeze@500ms+6s", trouble: "stale lagging"),
    Case(plan: "refuse=503@0s+1s", trouble: "down refused_503"),
    Case(plan: "bad-opcode@1s", trouble: "down protocol_error"),
    Case(plan: "masked@1s", trouble: "down protocol_error"),
    Case(plan: "bad-utf8@1s", trouble: "down protocol_error"),
    Case(plan: "drop:book@1s+2s%5", trouble: "gap sequence"),
  ])
  func recovers(_ fault: Case) async throws {
    let program = try Program([
      "stream", "--sim", "paradex:BTC", "paradex:ETH", "--channels", "bbo,book", "--quiet",
      "--fault", fault.plan,
    ])
    var health = StreamLog()
    for await text in program.lines {
      health.note(try Line(text))
      if health.knows(fault.trouble), health.isWell { break }
    }
    program.send(SIGTERM)
    let ending = await program.end()
    #expect(ending.status == 0)
    #expect(health.knows(fault.trouble), "\(health.told)")
    #expect(health.isWell, "\(health.states)")
    #expect(health.misplaced == [])
    try await expectValid(ending.output)
  }

  /// However slowly the bytes come: nothing goes wrong.
  @Test func aDrippingConnectionIsNoFault() async throws {
    let stream = try await Program.run(
      "stream", "--sim", "paradex:BTC", "paradex:ETH", "--channels", "bbo,book", "--duration", "4",
      "--fault", "drip=64/1@1s+2s")
    var health = StreamLog()
    for line in try stream.events() { health.note(line) }
    #expect(stream.status == 0 && health.isWell && health.misplaced == [])
    #expect(health.told == ["connecting subscribing", "live first_data"])
  }

  @Test func aFrozenClockFlagsEveryQuote() async throws {
    let stream = try await Program.run(
      "stream", "--sim", "paradex:BTC", "--channels", "bbo", "--duration", "8", "--fault",
      "freeze@500ms+6s")
    var isLagging = false
    var flagged = 0
    for line in try stream.events() {
      if line.type == "stream" { isLagging = line["cause"] == "lagging" }
      guard line.type == "bbo" else { continue }
      #expect(line.flags.contains("lagging") == isLagging)
      flagged += isLagging ? 1 : 0
    }
    #expect(flagged > 0 && !isLagging)
  }
}

/// What the lines say of the health of each stream.
private struct StreamLog {
  private(set) var states: [String: String] = [:]
  /// Each `state cause` that was told, and `error reason`.
  private(set) var told: Set<String> = []
  /// Data of streams that were said to have none.
  private(set) var misplaced: [String] = []
  /// Streams with data since they became live.
  private var delivering: Set<String> = []

  mutating func note(_ line: Line) {
    switch line.type {
    case "stream":
      let stream = "\(line["channel"] ?? "") \(line.symbol)"
      states[stream] = line["state"]
      told.insert("\(line["state"] ?? "") \(line["cause"] ?? "")")
      delivering.remove(stream)
    case "error": told.insert("error \(line["reason"] ?? "")")
    case "bbo", "book":
      let stream = "\(line.type) \(line.symbol)"
      delivering.insert(stream)
      // A stale stream may show its last state with a flag; the others have nothing to show.
      guard let state = states[stream], ["live", "stale"].contains(state) else {
        return misplaced.append(line.text)
      }
    default: break
    }
  }

  func knows(_ trouble: String) -> Bool { told.contains(trouble) }

  /// All four streams are live and deliver.
  var isWell: Bool {
    states.count == 4 && states.values.allSatisfy { $0 == "live" } && delivering.count == 4
  }
}
