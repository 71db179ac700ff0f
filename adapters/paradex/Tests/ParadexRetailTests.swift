import PerpCore
import PerpSim
import PerpVenue
import Testing

@testable import Paradex

/// An account whose token is a Retail one: up to three orders a second cost nothing, and say so.
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

  /// The newest line of each of so many orders that are placed at once.
  private func orders(_ count: Int, _ pair: inout Pair) -> [OrderUpdate] {
    for number in 1...count {
      let terms = OrderTerms(
        side: .buy, type: .limit, timeInForce: .gtc, price: Decimal(10_000), size: Decimal("0.01")!,
        isReduceOnly: false)
      let intent = OrderIntent(
        clientID: ClientOrderID("o-\(number)")!, symbol: Symbol("BTC-USD-PERP")!, terms: terms)
      pair.trade(.place(intent), Ticket(UInt64(number)))
    }
    pair.run(for: Nanoseconds.seconds(5))
    var newest: [ClientOrderID: OrderUpdate] = [:]
    for case .emit(.order(let update)) in pair.drainActions().map(\.action) {
      newest[update.clientID!] = update
    }
    return newest.values.sorted { $0.clientID!.description < $1.clientID!.description }
  }

  @Test("an order says that it is a Retail one, until there were too many")
  func retail() throws {
    var pair = try pair("interactive")
    let flags = orders(5, &pair).map(\.flags)
    #expect(flags.count == 5)
    #expect(flags.filter { $0 == ["INTERACTIVE"] }.count == 3)
    #expect(flags.filter { $0 == [] }.count == 2)
  }

  @Test("an order of a Pro's token does not")
  func pro() throws {
    var pair = try pair("pro")
    #expect(orders(2, &pair).map(\.flags) == [[], []])
  }

  @Test("each bit of a frame is a word", arguments: [0, 1, 8, 9, 63] as [UInt8])
  func bits(bits: UInt8) {
    let words = (0..<6).filter { bits >> $0 & 1 != 0 }.map { ParadexOrderRow.flags[$0] }
    #expect(ParadexOrderRow.words(bits) == words)
    #expect(ParadexOrderRow.flags[3] == "INTERACTIVE" && ParadexOrderRow.flags[0] == "REDUCE_ONLY")
  }
}
