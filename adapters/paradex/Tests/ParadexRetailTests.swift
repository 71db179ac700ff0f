import PerpCore
import PerpSim
import PerpVenue
import Testing

@testable import Paradex

/// What an account's token makes of its orders.
@Suite("Retail orders of Paradex")
struct ParadexRetailTests {
  private func pair(_ usage: String) throws -> Pair {
    let venue = Paradex.descriptor
    let trading = try #require(venue.trading)
    let start = PairOptions().start
    let options = TradingOptions(
      account: AccountID(venue.id, "main"), endpoints: venue.simulatorEndpoints("127.0.0.1:1"),
      seed: 1, settings: ["token_usage": usage],
      secrets: trading.simulatedAccount.mapValues { Secret($0) }, now: start)
    var pair = Pair(
      session: try trading.makeSession(options),
      simulator: venue.makeSimulator(
        SimulatorOptions(seed: 1, symbols: [Symbol("BTC-USD-PERP")!], eventsPerSecond: 10)),
      seed: 1)
    pair.start()
    pair.run(for: Nanoseconds.seconds(5))
    _ = pair.drainActions()
    return pair
  }

  /// The newest line of an order that is placed.
  private func order(_ pair: inout Pair) -> OrderUpdate? {
    let terms = OrderTerms(
      side: .buy, type: .limit, timeInForce: .gtc, price: Decimal(10_000), size: Decimal("0.01")!)
    let intent = OrderIntent(
      clientID: ClientOrderID("o-1")!, symbol: Symbol("BTC-USD-PERP")!, terms: terms)
    pair.trade(.place(intent), Ticket(1))
    pair.run(for: Nanoseconds.seconds(5))
    var newest: OrderUpdate?
    for case .emit(.order(let update)) in pair.drainActions().map(\.action) { newest = update }
    return newest
  }

  @Test(
    "an order says that it is a Retail one, and one of a Pro's token does not",
    arguments: [("interactive", ["INTERACTIVE"]), ("pro", [])] as [(String, [String])])
  func kinds(usage: String, flags: [String]) throws {
    var pair = try pair(usage)
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
