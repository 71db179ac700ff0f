import PerpCore
import Testing

@testable import PerpSim

@Suite struct SimulatedMarketTests {
  private static let start = Moment(monotonic: 5_000_000_000, wall: 1_780_000_000_000_000)

  private static func after(_ seconds: Int) -> Moment {
    start.advanced(by: Nanoseconds.seconds(seconds))
  }

  /// One event a millisecond on average, in whatever market.
  private func market(
    _ base: String, seed: UInt64 = 1, rate: Int = 1_000, fairPriceSeed: UInt64? = nil
  ) throws -> SimulatedMarket {
    let profile = try #require(MarketProfile.typical.first { $0.base == base })
    var whole = rate
    if case .share(let parts) = profile.pace { whole = rate * 10_000 / parts }
    var market = SimulatedMarket(
      profile: profile, eventsPerSecond: whole, seed: seed, fairPriceSeed: fairPriceSeed)
    market.start(at: Self.start)
    return market
  }

  @Test("on another grid a market keeps its price and the size of its orders")
  func otherGrid() throws {
    let profile = try #require(MarketProfile.typical.first { $0.base == "ETH" })
    let (tick, lot) = (try #require(Decimal("0.05")), try #require(Decimal("0.01")))
    let other = profile.on(tick: tick, lot: lot)
    #expect(other.startPrice == profile.startPrice && other.volatility == profile.volatility)
    #expect(other.tick == tick && other.lot == lot)
    #expect(other.typicalLots == profile.typicalLots / 100)
    #expect(other.span == profile.span / 5 && other.halfSpread == profile.halfSpread / 5)
    var market = SimulatedMarket(profile: other, eventsPerSecond: 1_000, seed: 1)
    market.start(at: Self.start)
    var events: [SimulatedMarket.Event] = []
    market.advance(to: Self.after(3), into: &events)
    #expect((market.bids + market.asks).allSatisfy { $0.price.isMultiple(of: tick) })
    #expect((market.bids + market.asks).allSatisfy { $0.size.isMultiple(of: lot) })
    #expect(events.count > 500 && market.bids.count > 50)
  }

  @Test(arguments: MarketProfile.typical.map(\.base).filter { $0 != "ORDI" })
  func eventsLeadFromTheFirstBookToTheLast(base: String) throws {
    var market = try market(base)
    var book = Book()
    for level in market.bids { book.set(level, on: .buy) }
    for level in market.asks { book.set(level, on: .sell) }
    #expect(book.bids.count > 90 && book.asks.count > 90)
    var events: [SimulatedMarket.Event] = []
    market.advance(to: Self.after(9), into: &events)
    for event in events {
      let known =
        event.bids.map { book.set($0, on: .buy) } + event.asks.map { book.set($0, on: .sell) }
      #expect(!known.contains(false))
      #expect(event.bids.map(\.price) == event.bids.map(\.price).sorted(by: >))
      #expect(event.asks.map(\.price) == event.asks.map(\.price).sorted(by: <))
      #expect(book.flags == [])
    }
    let invisible = events.filter { $0.bids.isEmpty && $0.asks.isEmpty }
    let executions = events.flatMap(\.executions)
    #expect(book.bids == market.bids && book.asks == market.asks)
    #expect(book.bids.count > 75 && book.asks.count > 75)
    #expect((8_500..<9_500).contains(events.count))
    #expect((25..<40).contains(invisible.count * 100 / events.count))
    #expect(executions.count > events.count / 20 && executions.last == market.lastExecution)
    #expect(executions.contains { $0.isLiquidation } && executions.contains { !$0.isLiquidation })
    #expect(Set(executions.map(\.side)) == [.buy, .sell])
    #expect(invisible.allSatisfy { $0.executions.isEmpty })
  }

  @Test func theSameSeedGivesTheSameEventsHoweverOftenItIsAsked() throws {
    var (once, often) = (try market("BTC"), try market("BTC"))
    var (events, piecemeal) = ([SimulatedMarket.Event](), [SimulatedMarket.Event]())
    once.advance(to: Self.after(2), into: &events)
    for milliseconds in 0...2_000 {
      let now = Self.start.advanced(by: Nanoseconds.milliseconds(milliseconds))
      often.advance(to: now, into: &piecemeal)
    }
    #expect(events == piecemeal && events.count > 1_800)
    #expect(once.deadline == often.deadline && once.deadline > Self.after(2).monotonic)
    #expect(once.indexPrice == often.indexPrice && once.markPrice == often.markPrice)
    var (other, different) = (try market("BTC", seed: 2), [SimulatedMarket.Event]())
    other.advance(to: Self.after(2), into: &different)
    #expect(events != different)
  }

  @Test func venuesAgreeOnTheIndexAndAlmostOnThePrice() throws {
    var north = try market("ETH", seed: 1, rate: 100, fairPriceSeed: 7)
    var south = try market("ETH", seed: 2, rate: 100, fairPriceSeed: 7)
    var stranger = try market("ETH", seed: 2, rate: 100)
    var events: [SimulatedMarket.Event] = []
    var furthest = Decimal.zero
    for second in 1...90 {
      north.advance(to: Self.after(second), into: &events)
      south.advance(to: Self.after(second), into: &events)
      stranger.advance(to: Self.after(second), into: &events)
      #expect(north.indexPrice == south.indexPrice)
      let apart = try #require(north.markPrice.subtracting(south.markPrice))
      furthest = max(furthest, max(apart, apart.negated))
    }
    // Of 3000: less than one in a thousand, more than nothing to speak of.
    #expect(furthest < Decimal(3) && furthest > Decimal(mantissa: 5, scale: 2))
    #expect(north.indexPrice != stranger.indexPrice)
  }

  @Test(arguments: ["BTC", "ETH", "SOL"])
  func quotesFollowTheFairPrice(base: String) throws {
    var (market, events) = (try market(base, rate: 30), [SimulatedMarket.Event]())
    let bound = Decimal(mantissa: 1, scale: 3)
    for step in 1...60 {
      market.advance(to: Self.after(10 * step), into: &events)
      #expect(max(market.premium, market.premium.negated) < bound, "after \(10 * step) s")
    }
    #expect(market.indexPrice != market.profile.startPrice)
  }

  @Test func aQuietMarketWaitsForMinutes() throws {
    for rate in [1, 100_000] {
      var (market, events) = (try market("ORDI", rate: rate), [SimulatedMarket.Event]())
      market.advance(to: Self.after(24 * 3_600), into: &events)
      let gaps = zip(events, events.dropFirst()).map { $1.time - $0.time }
      #expect((2_300..<2_650).contains(events.count))
      #expect(try #require(gaps.max()) > Nanoseconds.seconds(150))
      #expect(try #require(gaps.min()) < Nanoseconds.milliseconds(300))
    }
  }

  @Test func nothingHappensBeforeTheStart() throws {
    let profile = try #require(MarketProfile.typical.first)
    var market = SimulatedMarket(profile: profile, eventsPerSecond: 1_000, seed: 1)
    var events: [SimulatedMarket.Event] = []
    market.advance(to: Self.after(3_600), into: &events)
    #expect(events.isEmpty && market.deadline == .max)
    #expect(market.indexPrice == profile.startPrice && market.lastExecution == nil)
  }

  @Test func catchesUpInSteps() throws {
    var (market, events) = (try market("SOL", rate: 1_000_000), [SimulatedMarket.Event]())
    market.advance(to: Self.after(1), into: &events)
    #expect(events.count == SimulatedMarket.maxEventsPerAdvance)
    #expect(market.deadline < Self.after(1).monotonic)
  }

  @Test func anAccountTradesWithTheCrowd() throws {
    var market = try market("BTC")
    let (ask, top) = (try #require(market.bestAsk), try #require(market.engine.bestAsk))
    let event = market.perform(at: Self.start) { engine, outcome in
      let order = IncomingOrder(
        id: 1, owner: 7, side: .buy, kind: .immediateOrCancel, price: top.price, size: top.size)
      engine.place(order, into: &outcome)
    }
    #expect(event.asks == [Level(price: ask.price, size: .zero)] && event.bids.isEmpty)
    let traded = event.executions.reduce(Decimal.zero) { $0.adding($1.size) ?? $0 }
    #expect(traded == ask.size && market.volume == ask.price.multiplied(by: ask.size))
    #expect(event.executions.allSatisfy { $0.side == .buy && !$0.isLiquidation })
    guard case .filled(let fill) = market.outcome.events.last else {
      Issue.record("no fill: \(market.outcome)")
      return
    }
    #expect(fill.takerOwner == 7 && fill.makerOwner == 0 && fill.takerRemaining == 0)
  }

  @Test func anAccountsOrderIsFilledByTheCrowd() throws {
    var (market, events) = (try market("BTC"), [SimulatedMarket.Event]())
    let bid = try #require(market.engine.bestBid)
    _ = market.perform(at: Self.start) { engine, outcome in
      let order = IncomingOrder(
        id: 1, owner: 7, side: .buy, kind: .postOnly, price: bid.price + 1, size: 10)
      engine.place(order, into: &outcome)
    }
    #expect(market.engine.orders(of: 7).count == 1)
    market.advance(to: Self.after(5), into: &events)
    #expect(market.engine.orders(of: 7).isEmpty)
  }

  @Test func sendsDigitsAsVenuesDo() throws {
    let market = try market("BTC")
    let sizes = (market.bids + market.asks).map(\.size.description)
    #expect(!sizes.contains { $0.contains(".") && $0.hasSuffix("0") })
    #expect(Set(sizes.map(\.count)).count > 3)
  }
}
