import PerpCore
import PerpSim
import PerpVenue
import Testing

@testable import Paradex

/// What an account's token makes of its orders.
@Suite("Retail orders of Paradex")
struct ParadexRetailTests {
  /// The newest line of an order that is placed.
  private func order(_ pair: inout Pair) -> OrderUpdate? {
    pair.trade(.place(ParadexTradingPair.intent("o-1")), Ticket(1))
    pair.run(for: Nanoseconds.seconds(5))
    var newest: OrderUpdate?
    for case .emit(.order(let update)) in pair.drainActions().map(\.action) { newest = update }
    return newest
  }

  @Test(
    "an order says that it is a Retail one, and one of a Pro's token does not",
    arguments: [("interactive", ["INTERACTIVE"]), ("pro", [])] as [(String, [String])])
  func kinds(usage: String, flags: [String]) throws {
    var pair = try ParadexTradingPair.make(["token_usage": usage])
    let order = order(&pair)
    #expect(order?.status == .open && order?.flags == flags)
  }

  @Test("each bit of a frame is a word", arguments: [0, 1, 8, 9, 63] as [UInt8])
  func bits(bits: UInt8) {
    let words = (0..<6).filter { bits >> $0 & 1 != 0 }.map { ParadexOrderRow.flags[$0] }
    #expect(ParadexOrderRow.words(bits) == words)
    #expect(ParadexOrderRow.flags[3] == "INTERACTIVE" && ParadexOrderRow.flags[0] == "REDUCE_ONLY")
  }
}
