import PerpCore
import PerpSim
import PerpVenue
import Testing

/// A venue's books over very many random deltas, without faults: after each the rebuilt book is
/// the venue's own, and it is never crossed unless it says so.
package struct BookMarathon {
  /// Debug builds are some ten times slower.
  private static var deltas: Int {
    #if DEBUG
      10_000
    #else
      1_000_000
    #endif
  }

  package static func run(_ venue: VenueUnderTest) {
    let symbols = ["BTC", "ETH", "SOL"].compactMap(venue.descriptor.perpetual)
    var options = PairOptions.fixed(latency: Nanoseconds.milliseconds(1))
    options.keepsActions = true
    var pair = Pair(
      session: venue.descriptor.makeSession(
        SessionOptions(endpoints: venue.descriptor.simulatorEndpoints("127.0.0.1:1"), seed: 1)),
      simulator: venue.descriptor.makeSimulator(
        SimulatorOptions(seed: 77, symbols: symbols, eventsPerSecond: 20_000)),
      seed: 1, options: options)
    var oracle = MarketDataOracle()
    var deltas = 0
    pair.start()
    while deltas < Self.deltas, pair.step() {
      for symbol in symbols { oracle.learn(from: pair.simulator, of: symbol, at: pair.elapsed) }
      for timed in pair.drainActions() {
        switch timed.action {
        case .emit(let event):
          oracle.observe(event)
          if case .book(let update) = event { deltas += update.bids.count + update.asks.count }
        case .markets where oracle.entered.isEmpty:
          pair.subscribe(symbols.map { Topic(.book, $0) })
        default: break
        }
      }
    }
    #expect(pair.failure == nil)
    #expect(oracle.violations == [])
    #expect(oracle.entered[.gap] == nil)
    // A venue that publishes in batches changes hundreds of levels at once.
    #expect(oracle.booksCompared > Self.deltas / 1_000)
    print(
      "books of \(venue.descriptor.id): \(deltas) changed levels, \(oracle.booksCompared) books "
        + "equal, \(oracle.violations.count) violations")
  }
}
