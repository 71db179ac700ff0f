import PerpCore
import PerpVenue
import Testing

@testable import PerpGateway

// MARK: - Clients that are gone, and positions that must be closed

extension GatewayOrderTests {
  /// Two clients, each with an order that works.
  private func two(_ hello: String) -> GatewayScript {
    let script = script()
    script.say(1, #"{"id":1,"method":"hello","params":{\#(hello)}}"#)
    script.open(2)
    for client in 1...2 {
      script.say(client, Self.place("m-\(client)"))
      script.tell(Self.report(.working, "m-\(client)").with(orderID: "\(client)"))
    }
    _ = (words(script), words(script, 2), script.takeWishes())
    return script
  }

  @Test("an order may outlive its client, if that says so")
  func outliving() {
    let script = two(#""cancel_on_disconnect":false"#)
    script.close(1)
    script.pass(5_000)
    #expect(script.takeWishes() == [])
  }

  @Test("what nobody has taken over within the grace is cancelled")
  func graceOver() {
    let script = two(#""deadman":{"grace_ms":3000}"#)
    script.close(1)
    script.pass(2_999)
    #expect(script.takeWishes() == [])
    script.pass(1)
    #expect(script.takeWishes() == ["cancel m-1"])
  }

  @Test("who resumes takes over what belongs to nobody, and that alone")
  func takingOver() {
    let script = two(#""deadman":{"grace_ms":3000}"#)
    script.close(1)
    script.open(3)
    script.say(3, #"{"id":1,"method":"hello","params":{"resume":{"seq":1}}}"#)
    script.close(3)
    #expect(script.takeWishes() == ["cancel m-1"])
    script.close(2)
    #expect(script.takeWishes() == ["cancel m-2"])
  }

  @Test("a client cancels its own orders, and others' only where it says so")
  func cancelAllOfOne() {
    let script = two("")
    script.say(2, #"{"id":1,"method":"order.cancel_all"}"#)
    #expect(script.takeWishes() == ["cancel m-2"])
    script.say(2, #"{"id":1,"method":"order.cancel_all","params":{"scope":"account"}}"#)
    #expect(script.takeWishes() == ["cancel all"])
  }

  @Test("a position is closed by one order at a time, until none is left", arguments: [-3, 3])
  func flatten(size: Int) throws {
    let script = script()
    script.emit(Self.position(size))
    script.say(1, #"{"id":1,"method":"panic","params":{"flatten":true}}"#)
    _ = script.read(1)
    script.pass(1)
    let first = try #require(script.takeWishes().first { $0.hasPrefix("place ") })
    let line = try #require(script.read(1).first)
    #expect(line.contains(#""side":"\#(size < 0 ? "buy" : "sell")""#))
    #expect(line.contains(#""size":"3""#) && line.contains(#""reduce_only":true"#))
    script.pass(4_000)
    #expect(script.takeWishes() == [], "it is under way")
    let name = String(first.dropFirst("place ".count))
    script.tell(Self.report(.cancelled, name))
    script.pass(4_000)
    let second = try #require(script.takeWishes().first)
    #expect(second.hasPrefix("place panic-") && second != first)
    script.tell(
      Self.report(.cancelled, String(second.dropFirst("place ".count))).with(orderID: "8"))
    script.emit(Self.position(0))
    script.pass(4_000)
    #expect(script.takeWishes() == [])
  }
}
