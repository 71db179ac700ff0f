import PerpCore
import PerpVenue
import Testing

@testable import PerpGateway

// MARK: - Orders that are changed under a new name

extension GatewayOrderTests {
  private static func modify(_ more: String = #","price":"99""#, as id: String = "m-2") -> String {
    #"{"id":2,"method":"order.modify","params":{"client_id":"m-1","#
      + #""new_client_id":"\#(id)"\#(more)}}"#
  }

  /// With an order m-1 of 2 at 100 that works, and of which so much is filled.
  private func working(filled: Int = 0) -> GatewayScript {
    let script = script()
    script.say(1, Self.place())
    script.tell(Self.report(.working, filled: filled))
    _ = (words(script), script.takeWishes())
    return script
  }

  private func lines(_ script: GatewayScript) -> [String] {
    script.read(1).compactMap { line in
      guard let object = Line(line)?.object else { return nil }
      if object["type"] as? String == "error" {
        return "error \(object["reason"]!) ref \(object["ref"]!): \(object["message"]!)"
      }
      guard object["type"] as? String == "order" else { return nil }
      let names = ["client_id", "orig_client_id", "event", "price", "size"]
      return names.compactMap { object[$0] as? String }.joined(separator: " ")
    }
  }

  @Test("an order is placed anew once the old one is proven to be cancelled, less what was filled")
  func succession() {
    let script = working()
    script.say(1, Self.modify())
    #expect(script.takeWishes() == ["cancel m-1"])
    #expect(lines(script) == ["m-1 pending_cancel 100 2"])
    script.tell(Self.report(.working, filled: 1))
    #expect(script.takeWishes() == [], "it is not cancelled yet")
    script.tell(Self.report(.cancelled, filled: 1))
    #expect(script.takeWishes() == ["place m-2"])
    #expect(lines(script).suffix(2) == ["m-1 cancelled 100 2", "m-2 m-1 pending_new 99 1"])
    script.tell(Self.report(.working, "m-2").with(orderID: "10"))
    script.say(1, Self.modify())
    #expect(words(script).last == "client_id m-2, seq 7, status open", "asked again, as it is")
    #expect(script.takeWishes() == [])
    script.close(1)
    #expect(script.takeWishes() == ["cancel m-2"], "it is the client's own")
  }

  @Test(
    "what cannot be placed then is refused now, and nothing is cancelled",
    arguments: [
      (#","price":"120""#, "m-2", "price_band"), (#","size":"0""#, "m-2", "malformed"),
      (#","size":"5000""#, "m-2", "max_size"), (#","price":"99""#, "m-1", "duplicate_client_id"),
      (#","size":"1""#, "m-2", "malformed"),
    ])
  func refusedSuccession(_ more: String, _ id: String, _ reason: String) {
    let script = working(filled: 1)
    script.say(1, Self.modify(more, as: id))
    #expect(words(script).last == "no: \(reason)")
    #expect(script.takeWishes() == [])
  }

  @Test("an order that is filled instead of cancelled is followed by none")
  func filledInstead() {
    let script = working()
    script.say(1, Self.modify())
    script.tell(Self.report(.filled, filled: 2))
    #expect(script.takeWishes() == ["cancel m-1"])
    #expect(lines(script).last == "error unknown_order ref 2: m-2 is not placed: m-1 is filled")
  }

  @Test("what is to be cancelled meanwhile is not placed", arguments: [false, true])
  func cancelledMeanwhile(_ isAll: Bool) {
    let script = working()
    script.say(1, Self.modify())
    script.say(
      1,
      isAll
        ? #"{"id":3,"method":"order.cancel_all","params":{}}"#
        : #"{"id":3,"method":"order.cancel","params":{"client_id":"m-1"}}"#)
    script.tell(Self.report(.cancelled))
    #expect(!script.takeWishes().contains { $0.hasPrefix("place") })
    #expect(lines(script).contains { $0.hasPrefix("error unknown_order ref 2: m-2 is not placed") })
  }

  @Test("a client that is gone is not followed, nor is a panic")
  func goneMeanwhile() {
    let gone = working()
    gone.say(1, #"{"id":1,"method":"hello","params":{"deadman":{"grace_ms":3000}}}"#)
    gone.say(1, Self.modify())
    gone.close(1)
    gone.tell(Self.report(.cancelled))
    #expect(gone.takeWishes() == ["cancel m-1"])

    let panic = working()
    panic.say(1, Self.modify())
    panic.open(2)
    panic.say(2, #"{"id":3,"method":"panic"}"#)
    panic.tell(Self.report(.cancelled))
    #expect(!panic.takeWishes().contains { $0.hasPrefix("place") })
  }
}
