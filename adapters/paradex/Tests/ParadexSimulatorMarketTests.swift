import PerpCore
import PerpSim
import PerpVenue
import Testing

@testable import Paradex

@Suite struct ParadexSimulatorMarketTests {
  /// Several events in a row, as after a late wake-up: each has a number of its own, and what is
  /// said under that number is the state after that event.
  @Test(arguments: [false, true])
  func aQuoteIsTheTopOfTheBookWithItsNumber(interactive: Bool) throws {
    var random = Random(seed: 3)
    let start = Moment(monotonic: 5_000_000_000, wall: 1_790_000_000_000_000)
    var markets = ParadexSimulatorMarket.list(
      SimulatorOptions(seed: 3, eventsPerSecond: 2_000), random: &random)
    for index in markets.indices {
      markets[index].start(at: start)
      var book = Book()
      let opening = markets[index].snapshot(interactive: interactive)
      for level in opening.bids { book.set(level, on: .buy) }
      for level in opening.asks { book.set(level, on: .sell) }
      var events: [SimulatedMarket.Event] = []
      markets[index].market.advance(
        to: start.advanced(by: Nanoseconds.seconds(5)), into: &events)
      var quotes = 0
      for event in events {
        let update = markets[index].publish(event, at: start.wall)
        let delta = interactive ? update.interactiveDelta : update.delta
        // Removals name levels that were there.
        #expect(delta.bids.map { book.set($0, on: .buy) }.allSatisfy { $0 })
        #expect(delta.asks.map { book.set($0, on: .sell) }.allSatisfy { $0 })
        guard let quote = interactive ? update.interactiveQuote : update.quote else { continue }
        quotes += 1
        #expect(quote.sequence == delta.sequence)
        #expect(quote.bid == book.bids.first && quote.ask == book.asks.first)
      }
      let closing = markets[index].snapshot(interactive: interactive)
      #expect(book.bids == closing.bids && book.asks == closing.asks)
      #expect(events.isEmpty || quotes > 0)
    }
  }
}
