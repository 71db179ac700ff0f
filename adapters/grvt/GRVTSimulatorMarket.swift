import PerpCore
import PerpSim
import PerpVenue

/// One market as the simulated venue shows it: whole states, from which feeds make changes.
struct GRVTSimulatorMarket: Sendable {
  static let tradesKept = 1_000

  let symbol: Symbol
  let instrument: GRVTInstrument
  var market: SimulatedMarket
  var candles = GRVTSimulatorCandles()
  /// Oldest first.
  private(set) var recentTrades: [GRVTWire.Trade] = []
  private var matches: Int64
  private var buyVolume = Volume()
  private var sellVolume = Volume()
  private var range: (open: Decimal, high: Decimal, low: Decimal)

  private struct Volume {
    var base = Decimal.zero
    var quote = Decimal.zero

    mutating func add(_ execution: SimulatedMarket.Execution) {
      base = base.adding(execution.size) ?? base
      quote = execution.price.multiplied(by: execution.size).flatMap(quote.adding) ?? quote
    }
  }

  var name: ShortText { instrument.name }

  private init(_ listing: GRVTSimulatorInstruments, _ market: SimulatedMarket, firstMatch: Int64) {
    symbol = Symbol("\(listing.instrument.base)-USDT-PERP")!
    instrument = listing.instrument
    self.market = market
    matches = firstMatch
    range = (market.markPrice, market.markPrice, market.markPrice)
  }

  static func list(_ options: SimulatorOptions, random: inout Random) -> [GRVTSimulatorMarket] {
    let wanted = Set(options.symbols.map(\.description))
    return MarketProfile.typical.compactMap { profile in
      // Drawn for every market, so that each is the same whichever others are listed.
      let (seed, first) = (random.next(), random.below(100_000_000))
      guard let listing = GRVTSimulatorInstruments(profile),
        wanted.isEmpty || wanted.contains("\(listing.instrument.base)-USDT-PERP")
      else { return nil }
      return GRVTSimulatorMarket(
        listing,
        SimulatedMarket(
          profile: listing.profile, eventsPerSecond: options.eventsPerSecond, seed: seed,
          fairPriceSeed: options.seed),
        firstMatch: Int64(first))
    }
  }

  /// What was traded in an event at `time`, in nanoseconds.
  mutating func record(
    _ event: SimulatedMarket.Event, at time: Int64
  ) -> [GRVTWire.Trade] {
    guard !event.executions.isEmpty else { return [] }
    matches += 1
    return event.executions.enumerated().map { place, execution in
      if execution.side == .buy { buyVolume.add(execution) } else { sellVolume.add(execution) }
      range.high = max(range.high, execution.price)
      range.low = min(range.low, execution.price)
      let trade = GRVTWire.Trade(
        instrument: name, time: time, isTakerBuyer: execution.side == .buy,
        size: execution.size.spelt, price: execution.price.spelt,
        markPrice: market.markPrice.spelt, indexPrice: market.indexPrice.spelt,
        interestRate: Decimal.zero.spelt, forwardPrice: Decimal.zero.spelt,
        id: ShortText("\(matches)-\(place + 1)") ?? ShortText(), venue: .orderBook, isRPI: false)
      recentTrades.append(trade)
      if recentTrades.count > Self.tradesKept { recentTrades.removeFirst() }
      return trade
    }
  }

  // MARK: States

  /// `best` is that of an event, or of the book as it stands.
  func mini(_ best: (bid: Level?, ask: Level?), at time: Int64) -> GRVTWire.Mini {
    GRVTWire.Mini(
      instrument: name, time: time, bidPrice: .state(best.bid?.price),
      bidSize: .state(best.bid?.size), askPrice: .state(best.ask?.price),
      askSize: .state(best.ask?.size), midPrice: .state(Self.middle(best)),
      markPrice: .state(market.markPrice), indexPrice: .state(market.indexPrice),
      lastPrice: .state(market.lastExecution?.price), lastSize: .state(market.lastExecution?.size))
  }

  private static func middle(_ best: (bid: Level?, ask: Level?)) -> Decimal? {
    guard let bid = best.bid?.price, let ask = best.ask?.price else { return nil }
    return bid.adding(ask)?.multiplied(by: Decimal(mantissa: 5, scale: 1))
  }

  var best: (bid: Level?, ask: Level?) { (market.bestBid, market.bestAsk) }

  func ticker(at time: Int64) -> GRVTWire.Ticker {
    var ticker = GRVTWire.Ticker(mini: mini(best, at: time))
    ticker.fundingRate8h = .state(fundingRate)
    ticker.fundingRate8hAverage = .state(fundingRate)
    ticker.interestRate = .state(.zero)
    ticker.forwardPrice = .state(.zero)
    ticker.buyVolumeBase = .state(buyVolume.base)
    ticker.sellVolumeBase = .state(sellVolume.base)
    ticker.buyVolumeQuote = .state(buyVolume.quote)
    ticker.sellVolumeQuote = .state(sellVolume.quote)
    ticker.highPrice = .state(range.high)
    ticker.lowPrice = .state(range.low)
    ticker.openPrice = .state(range.open)
    ticker.openInterest = .state(market.openInterest)
    ticker.longShortRatio = .state(Decimal(mantissa: 1_205, scale: 3))
    ticker.fundingRate = .state(fundingRate)
    ticker.fundingIntervalHours = instrument.fundingIntervalHours
    let interval = (instrument.fundingIntervalHours ?? 8) * 3_600_000_000_000
    ticker.nextFundingTime = (time / interval + 1) * interval
    return ticker
  }

  /// Percent: the premium, pulled to the customary 0.01 and kept within the bounds.
  private var fundingRate: Decimal {
    let percent = market.premium.multiplied(by: Decimal(100)) ?? .zero
    let rate = percent.adding(Decimal(mantissa: 1, scale: 2)) ?? percent
    guard let cap = instrument.fundingRateCap, let floor = instrument.fundingRateFloor else {
      return rate
    }
    return max(floor, min(cap, rate))
  }

  /// The best `depth` levels.
  func book(depth: Int, at time: Int64) -> GRVTWire.Book {
    GRVTWire.Book(
      instrument: name, time: time, bids: market.bids.prefix(depth).map(\.spelt),
      asks: market.asks.prefix(depth).map(\.spelt))
  }

  /// There is no history of settlements but the current interval's.
  func funding(at time: Int64) -> GRVTWire.Funding {
    let interval = (instrument.fundingIntervalHours ?? 8) * 3_600_000_000_000
    return GRVTWire.Funding(
      instrument: name, rate: fundingRate.spelt, time: time / interval * interval,
      markPrice: market.markPrice.spelt, rateAverage: fundingRate.spelt,
      intervalHours: instrument.fundingIntervalHours)
  }
}

extension GRVTWire.Change {
  /// In a whole state every value is told.
  fileprivate static func state(_ value: Decimal?) -> Self {
    if let value { .value(value.spelt) } else { .gone }
  }
}

extension Level {
  /// Size zero stays as short as the venue writes it where a level is gone.
  var spelt: Level {
    Level(price: price.spelt, size: size.isZero ? Decimal.zero : size.spelt)
  }
}
