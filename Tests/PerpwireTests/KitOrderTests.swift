import Testing

/// The programs that place an order: one that crosses is filled, one that rests is cancelled when
/// its time is over.
@Suite(.ownThread) struct KitOrderTests {
  static let kits: [Kit] = [.python, .node, .shell]

  @Test("an order that crosses is filled", arguments: kits.filter(\.isReady))
  func filled(kit: Kit) async throws {
    let ending = try await kit.start(
      "order", ["paradex", "BTC", "buy", "0.01", "0.5", "--sim"]
    ).end()
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(ending.lines.contains { $0.contains(#""type":"fill""#) })
    #expect(ending.lines.last?.contains(#""status":"filled""#) == true)
  }

  @Test("an order that rests does not stay", arguments: [Kit.python, .node].filter(\.isReady))
  func rested(kit: Kit) async throws {
    let ending = try await kit.start(
      "order", ["lighter", "BTC", "sell", "0.01", "-2", "--sim"]
    ).end()
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(ending.lines.contains { $0.contains(#""status":"open""#) })
    #expect(ending.lines.last?.contains(#""status":"cancelled""#) == true)
  }
}
