import PerpCore
import PerpSim
import PerpVenue
import PerpVenues
import Testing
import VenueTesting

/// Every cell of the matrix that `perpwire venues` prints, proven: the channel of the venue brings
/// data, from its session against its simulator.
@Suite struct CapabilityTests {
  struct Cell: Sendable, CustomTestStringConvertible {
    let venue: VenueDescriptor
    let channel: Channel

    var testDescription: String { "\(venue.id) \(channel)" }
  }

  static let cells = Registry.venues.flatMap { venue in
    venue.channels.map { Cell(venue: venue, channel: $0.channel) }
  }

  @Test("each channel of each venue brings data", arguments: cells)
  func brings(_ cell: Cell) throws {
    let venue = VenueUnderTest(cell.venue) { _, _ in false }
    var run = try FaultRun(venue, "", channels: [cell.channel])
    // Quotes of a venue without a stream of them come every half a minute.
    run.run(to: 90)
    let symbols = Set(
      run.log.compactMap { _, action in
        if case .emit(let event) = action { event.symbol(of: cell.channel) } else { nil }
      })
    #expect(symbols == Set(venue.symbols))
    #expect(run.isSound && run.oracle.violations == [])
    for symbol in venue.symbols {
      #expect(run.oracle.state(of: Topic(cell.channel, symbol)) == .live)
    }
  }

  /// Prices on request keep to no grid.
  @Test("each venue with books lists its markets with grids that its own quotes keep to")
  func grids() throws {
    for venue in Registry.venues where venue.channels.contains(where: { $0.channel == .book }) {
      var run = try FaultRun(VenueUnderTest(venue) { _, _ in false }, "", channels: [.bbo])
      run.run(to: 60)
      let listed = run.log.compactMap { _, action in
        if case .markets(let markets) = action { markets } else { nil }
      }
      let markets = try #require(listed.first)
      var compared = 0
      for symbol in run.venue.symbols {
        let market = try #require(markets.first { $0.symbol == symbol })
        for (_, bbo) in run.quotes(symbol) {
          let levels = [bbo.bid, bbo.ask].compactMap { $0 }
          #expect(levels.allSatisfy { $0.price.isMultiple(of: market.tickSize) }, "\(venue.id)")
          #expect(levels.allSatisfy { $0.size.isMultiple(of: market.lotSize) }, "\(venue.id)")
          compared += levels.count
        }
      }
      #expect(compared > 0, "\(venue.id)")
    }
  }
}

extension Event {
  /// The symbol of an event of the channel, nil for all others.
  fileprivate func symbol(of channel: Channel) -> Symbol? {
    switch (self, channel) {
    case (.bbo(let bbo), .bbo): bbo.header.symbol
    case (.trade(let trade), .trade): trade.header.symbol
    case (.book(let update), .book): update.header.symbol
    case (.funding(let funding), .funding): funding.header.symbol
    default: nil
    }
  }
}
