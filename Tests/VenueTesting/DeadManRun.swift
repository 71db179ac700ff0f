import PerpCore
import PerpSim
import PerpVenue

/// One run of an account whose venue cancels all that is open when nobody tells it any more that we
/// live.
package struct DeadManRun {
  private let symbol: Symbol
  private var pair: Pair
  private var names: [String] = []
  private var isSettled = false

  package init(_ venue: VenueDescriptor, settings: [String: String]) {
    symbol = venue.perpetual("BTC")!
    let trading = venue.trading!
    let options = TradingOptions(
      account: AccountID(venue.id, "main"),
      endpoints: venue.simulatorEndpoints("127.0.0.1:1"), seed: 1, settings: settings,
      secrets: trading.simulatedAccount.mapValues { Secret($0) }, now: PairOptions().start)
    let simulator = venue.makeSimulator(
      SimulatorOptions(seed: 1, symbols: [symbol], eventsPerSecond: 2))
    do throws(TradingProblem) {
      pair = Pair(session: try trading.makeSession(options), simulator: simulator, seed: 1)
    } catch { preconditionFailure(error.text) }
  }

  /// How an order stands at the venue after twice so many seconds with us, and after twice as many
  /// without us. `isReleased`: we have said goodbye before.
  package mutating func run(seconds: Int, isReleased: Bool) -> [ExchangeOrder.Status?] {
    pair.start()
    pass(5)
    place()
    pass(2 * seconds)
    let first = status
    if isReleased {
      pair.trade(.release, Ticket(2))
      pass(2)
      precondition(isSettled, "nobody knows whether the venue was told")
    }
    pair.loseNetwork(after: 0, for: UInt64(4 * seconds) * 1_000_000_000)
    pass(2 * seconds)
    return [first, status]
  }

  /// So far away that nobody takes it.
  private mutating func place() {
    let bid =
      pair.simulator.book(of: symbol)?.bids.first?.price
      ?? pair.simulator.quote(of: symbol)?.bid?.price
    let price = bid?.multiplied(by: Decimal(mantissa: 8, scale: 1))?
      .divided(by: Decimal(10), scale: 0)?.multiplied(by: Decimal(10))
    let terms = OrderTerms(
      side: .buy, type: .limit, timeInForce: .gtc, price: price,
      size: Decimal(mantissa: 1, scale: 2))
    let intent = OrderIntent(clientID: ClientOrderID("stays")!, symbol: symbol, terms: terms)
    pair.trade(.place(intent), Ticket(1))
  }

  private mutating func pass(_ seconds: Int) {
    pair.run(for: Nanoseconds.seconds(seconds))
    for action in pair.drainActions().map(\.action) {
      switch action {
      case .trading(.record(.intent(_, let name?, _))): names.append(name.string)
      case .trading(.settled(Ticket(2), _)): isSettled = true
      default: break
      }
    }
  }

  private var status: ExchangeOrder.Status? {
    pair.exchange?.orders.values.first { $0.clientID == names.first }?.status
  }
}
