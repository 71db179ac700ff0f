import PerpCore
import PerpSim
import PerpVenue
import Testing

@testable import Paradex

/// An account of Paradex's, signed in at a simulator.
enum ParadexTradingPair {
  static let symbol = Symbol("BTC-USD-PERP")!

  static func options(_ settings: [String: String] = [:]) throws -> TradingOptions {
    let venue = Paradex.descriptor
    return TradingOptions(
      account: AccountID(venue.id, "main"), endpoints: venue.simulatorEndpoints("127.0.0.1:1"),
      seed: 1, settings: settings,
      secrets: try #require(venue.trading).simulatedAccount.mapValues { Secret($0) },
      now: PairOptions().start)
  }

  static func make(_ settings: [String: String] = [:]) throws -> Pair {
    var pair = Pair(
      session: try #require(Paradex.descriptor.trading).makeSession(options(settings)),
      simulator: Paradex.descriptor.makeSimulator(
        SimulatorOptions(seed: 1, symbols: [symbol], eventsPerSecond: 10)),
      seed: 1)
    pair.start()
    pair.run(for: Nanoseconds.seconds(5))
    _ = pair.drainActions()
    return pair
  }

  /// A bid that rests far away.
  static func intent(_ name: String, size: String = "0.01") -> OrderIntent {
    OrderIntent(
      clientID: ClientOrderID(name)!, symbol: symbol,
      terms: OrderTerms(
        side: .buy, type: .limit, timeInForce: .gtc, price: Decimal(10_000), size: Decimal(size)!))
  }
}
