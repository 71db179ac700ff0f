import Foundation
import PerpCore
import Testing

@testable import perpwire

/// `perpwire serve --s4`: the words of the sidecar that perpwire takes the place of.
@Suite(.ownThread) struct SidecarTests {
  private static let simulated = ["--s4", "--sim", "--quiet"]

  private static func buy(_ id: Int, _ more: String = "") -> String {
    #"{"id":\#(id),"action":"create_order","params":{"market":"BTC-USD-PERP","side":"BUY","#
      + #""type":"MARKET","size":0.01\#(more)}}"#
  }

  private static func isResult(_ line: Line, of id: String) -> Bool {
    line.type == "command_result" && "\(line.data["id"] ?? "")" == id
  }

  @Test("D-33 connected, ready, prices, an order, its fill; what is wrong fails alone")
  func aParent() async throws {
    let dialogue = try Dialogue(Self.simulated)
    let connected = try await dialogue.line { $0.type == "connected" }
    #expect(connected.data["market"] as? String == "BTC-USD-PERP")
    _ = try await dialogue.line { $0.type == "ready" }
    let price = try await dialogue.line { $0.type == "price_update" }
    let number = { (name: String) in price.data[name] as? Double ?? .nan }
    #expect(abs(number("mid") - (number("bid") + number("ask")) / 2) < 1e-6)
    #expect(abs(number("spread") - (number("ask") - number("bid"))) < 1e-6)
    #expect(price.data["recv_ts"] != nil && price.fields["timestamp"] is NSNumber)

    dialogue.say("no json at all")
    dialogue.say(#"{"id":"a","action":"fly"}"#)
    dialogue.say(Self.buy(7))
    let bad = try await dialogue.line { $0.type == "command_result" }
    #expect(bad.data["success"] as? Bool == false && bad.data["id"] is NSNull)
    let unknown = try await dialogue.line { Self.isResult($0, of: "a") }
    #expect(unknown.data["success"] as? Bool == false)
    #expect((unknown.data["error"] as? String)?.contains("there is no action 'fly'") == true)
    let fill = try await dialogue.line { $0.type == "fill_update" }
    #expect(fill.data["market"] as? String == "BTC-USD-PERP")
    #expect(fill.data["size"] as? NSNumber == 0.01 && fill.data["fee_token"] as? String == "USDC")
    #expect(try #require(fill.data["fee"] as? NSNumber).decimalValue > 0)
    let done = try await dialogue.line { Self.isResult($0, of: "7") }
    #expect(done.data["success"] as? Bool == true)
    let order = try #require(done.data["data"] as? [String: Any])
    #expect(order["status"] as? String == "filled" && order["filled"] as? NSNumber == 0.01)

    dialogue.say(#"{"id":8,"action":"get_position","params":{"market":"BTC-USD-PERP"}}"#)
    let held = try await dialogue.line { Self.isResult($0, of: "8") }
    let position = (held.data["data"] as? [String: Any])?["position"] as? [String: Any]
    #expect(position?["size"] as? NSNumber == 0.01)
    dialogue.endInput()
    let last = try await dialogue.line { $0.type == "disconnected" }
    #expect(last.data["reason"] as? String == "closed")
    #expect(await dialogue.program.end().status == 0)
  }

  @Test("S4-05 a resting order is cancelled by its id in whatever form")
  func cancel() async throws {
    let dialogue = try Dialogue(Self.simulated)
    _ = try await dialogue.line { $0.type == "ready" }
    let price = try await dialogue.line { $0.type == "price_update" }
    let bid = try #require(price.data["bid"] as? NSNumber).intValue
    dialogue.say(
      #"{"id":1,"action":"create_order","params":{"market":"BTC-USD-PERP","side":"buy","#
        + #""type":"limit","size":"0.01","price":\#(bid - 500)}}"#)
    let placed = try await dialogue.line { Self.isResult($0, of: "1") }
    let order = try #require(placed.data["data"] as? [String: Any])
    #expect(order["status"] as? String == "open")
    let id = try #require(order["id"] as? String)
    dialogue.say(
      #"{"id":2,"action":"cancel_order","params":{"order_id":"{\#(id.prefix(4))-"#
        + #"\#(id.dropFirst(4).uppercased())}"}}"#)
    let cancelled = try await dialogue.line { Self.isResult($0, of: "2") }
    #expect(cancelled.data["success"] as? Bool == true, "\(cancelled.data)")
    #expect((cancelled.data["data"] as? [String: Any])?["status"] as? String == "cancelled")
    dialogue.say(#"{"id":3,"action":"cancel_order","params":{"order_id":"\#(id)"}}"#)
    let again = try await dialogue.line { Self.isResult($0, of: "3") }
    #expect(again.data["error"] as? String == "the order is cancelled")
  }

  @Test("D-34 whoever of the two is killed, the other ends")
  func killed() async throws {
    let dialogue = try Dialogue(Self.simulated)
    _ = try await dialogue.line { $0.type == "ready" }
    let gateway = try #require(Self.child(of: dialogue.program.pid))
    kill(gateway, SIGKILL)
    let last = try await dialogue.line { $0.type == "disconnected" }
    #expect(last.data["reason"] as? String == "the gateway has ended")
    #expect(await dialogue.program.end().status == 137)

    let second = try Dialogue(Self.simulated)
    _ = try await second.line { $0.type == "ready" }
    let other = try #require(Self.child(of: second.program.pid))
    second.program.send(SIGKILL)
    for _ in 0..<500 where kill(other, 0) == 0 { pass(seconds: 0.01) }
    #expect(kill(other, 0) != 0, "the gateway lives on")
  }

  /// The client that is shipped, as a parent.
  @Test(
    "D-34 a parent starts a gateway again that was killed, and events go on",
    .enabled(if: Kit.swift.isReady, Kit.swift.need))
  func restarted() async throws {
    let demo = try Program(
      ["0.01", "--sim", "--quiet"], of: Kit.root + "/examples/swift/.build/debug/sidecar-demo",
      environment: ["PERPWIRE": Program.path], within: 60)
    var lines = demo.lines.makeAsyncIterator()
    func line(_ start: String) async throws -> String {
      while let line = await lines.next() { if line.hasPrefix(start) { return line } }
      throw POSIXError(.EPIPE)
    }
    #expect(try await line("fill").hasPrefix("fill buy 0.01 "))
    #expect(try await line("order").hasPrefix("order filled "))
    // `env` has become the translator.
    let translator = try #require(Self.child(of: demo.pid))
    kill(translator, SIGKILL)
    _ = try await line("restarting")
    _ = try await line("ready")
    _ = try await line("price")
    demo.send(SIGKILL)
    _ = await demo.end()
  }

  /// Of whichever thread.
  private static func child(of parent: Int32) -> Int32? {
    let tasks = "/proc/\(parent)/task"
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
    return threads.lazy
      .compactMap { try? String(contentsOfFile: "\(tasks)/\($0)/children", encoding: .utf8) }
      .compactMap { $0.split(separator: " ").first.flatMap { Int32($0) } }.first
  }

  // MARK: The translator alone

  private func spoken(
    _ lines: [String], _ translator: inout SidecarTranslator, at now: Int64 = 1_000
  ) -> (commands: [String], events: [String]) {
    for line in lines { translator.receive(gateway: Array(line.utf8).span.bytes, at: now) }
    let (commands, events) = translator.take()
    func split(_ bytes: [UInt8]) -> [String] {
      String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
    return (split(commands), split(events))
  }

  private func started() -> SidecarTranslator {
    var translator = SidecarTranslator(.init(run: "r"))
    translator.begin()
    let market = #"{"type":"market","symbol":"BTC-USD-PERP","venue_symbol":"BTC-USD-PERP"}"#
    _ = spoken([market], &translator)
    return translator
  }

  @Test("S4-07 an order is told as filled by its fills alone, and as unknown when it is")
  func outcomes() {
    var translator = started()
    translator.receive(parent: Array(Self.buy(1).utf8).span.bytes, at: 1_000)
    let placed = spoken([], &translator).commands.last ?? ""
    #expect(
      placed.contains(#""method":"order.place""#) && placed.contains(#""client_id":"s4-r-1""#))
    let id = placed.split(separator: ",")[0].dropFirst(6)
    let pending = #"{"type":"order","client_id":"s4-r-1","status":"pending","size":"0.01"}"#
    let taken = #"{"id":\#(id),"result":{"client_id":"s4-r-1","status":"pending"}}"#
    let early = spoken([pending, taken], &translator).events
    #expect(!early.contains { $0.contains("command_result") }, "it is not known what became of it")
    let unknown =
      #"{"type":"order","client_id":"s4-r-1","status":"unknown","reason":"no_answer"}"#
    let late = spoken([unknown], &translator).events
    #expect(late.contains { $0.contains(#""success":false,"error":"unknown: no_answer""#) })
  }

  @Test("S4-05 an action without an outcome is answered after 30 s")
  func patience() {
    var translator = started()
    translator.receive(parent: Array(Self.buy(1).utf8).span.bytes, at: 1_000)
    let placed = spoken([], &translator).commands.last ?? ""
    let id = placed.split(separator: ",")[0].dropFirst(6)
    _ = spoken([#"{"id":\#(id),"result":{"client_id":"s4-r-1"}}"#], &translator)
    translator.wake(at: 30_999)
    #expect(spoken([], &translator).events.isEmpty)
    translator.wake(at: 31_000)
    #expect(spoken([], &translator).events.first?.contains("no outcome within 30 s") == true)
  }

  @Test("S4-07 a line that cannot be read does not end the stream")
  func aBadLine() {
    var translator = started()
    let quote =
      #"{"type":"bbo","symbol":"BTC-USD-PERP","bid":"1.5","ask":"1.6","recv_ts":7000000}"#
    let events = spoken(["{{{", quote, quote], &translator).events
    #expect(events.count == 3 && events[0].contains(#""type":"error""#))
    #expect(events[2].contains(#""timestamp":7000,"#), "the same price again is told again")
    #expect(events[2].contains(#""mid":1.55"#) && events[2].contains(#""spread":0.1"#))
  }
}

extension Line {
  fileprivate var data: [String: Any] { fields["data"] as? [String: Any] ?? [:] }
}
