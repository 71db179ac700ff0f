import PerpCore
import PerpSim
import PerpVenue

/// One market as the simulated venue shows it.
struct LighterSimulatorMarket: Sendable {
  /// "The last 50 trades" that a new subscriber is told of.
  static let tradesReplayed = 50
  static let hour: Int64 = 3_600_000_000

  /// A trade with what only the venue knows of it.
  struct Print: Sendable {
    let trade: LighterWire.Trade
    let market: Int64
    var askID: Int64
    var bidID: Int64
    /// What accounts called their orders; 0 for none.
    var askClientID: Int64 = 0
    var bidClientID: Int64 = 0
    /// Nil of the crowd.
    var askAccount: Int64?
    var bidAccount: Int64?
    /// Not of a transaction, but of a counter and the time, as the venue's are.
    let transaction: String
  }

  /// What comes of an event and is told at once.
  struct Update {
    var ticker: LighterWire.Ticker?
    var prints: [Print] = []
  }

  let symbol: Symbol
  /// The venue's name of it: `1000BONK`.
  let base: String
  let id: Int64
  let name: ShortText
  let digits: LighterDigits
  var market: SimulatedMarket
  /// As subscribers know it.
  private(set) var book: PublishedBook
  private(set) var ticker: LighterWire.Ticker
  private(set) var recentPrints: [Print] = []
  /// In percent for an hour.
  private(set) var settledRate = Decimal(mantissa: 12, scale: 4)
  private(set) var settledAt: Int64 = 0
  private var changedAt: Int64 = 0
  /// Something happened that subscribers of the book do not know.
  private var hasEvents = false
  private var ownOrders: Int64 = 0

  init(_ market: SimulatedMarket, id: Int64, nonce: Int64) {
    base = Self.name(of: market.profile.base)
    symbol = Symbol("\(base)-USDC-PERP")!
    self.id = id
    name = ShortText("\(id)")!
    digits = LighterDigits(
      price: Int(market.profile.tick.scale), size: Int(market.profile.lot.scale))
    self.market = market
    book = PublishedBook(bids: market.bids, asks: market.asks, sequence: nonce)
    ticker = LighterWire.Ticker(
      market: name, isFirst: false, nonce: nonce, bid: market.bestBid, ask: market.bestAsk)
  }

  /// A thousand tokens, as this venue calls them.
  private static func name(of base: String) -> String {
    base.first == "k" ? "1000\(base.dropFirst())" : base
  }

  /// Those that are wanted, with the ids they always have: the venue lists ETH first.
  static func list(
    _ options: SimulatorOptions, nonce: Int64, random: inout Random
  ) -> [LighterSimulatorMarket] {
    let wanted = Set(options.symbols)
    return MarketProfile.typical.enumerated().compactMap { index, profile in
      let seed = random.next()
      let symbol = Symbol("\(name(of: profile.base))-USDC-PERP")
      guard wanted.isEmpty || symbol.map(wanted.contains) == true else { return nil }
      return LighterSimulatorMarket(
        SimulatedMarket(
          profile: profile, eventsPerSecond: options.eventsPerSecond, seed: seed,
          fairPriceSeed: options.seed),
        id: index < 2 ? Int64(1 - index) : Int64(index), nonce: nonce)
    }
  }

  mutating func start(at now: Moment) {
    market.start(at: now)
    changedAt = now.wall
    ticker.changedAt = now.wall
    settledAt = now.wall / Self.hour * Self.hour
  }

  /// Makes public what happened. Each event takes the venue's next nonce. `complete` puts what
  /// accounts have to do with an execution to what the public sees of it.
  mutating func publish(
    _ event: SimulatedMarket.Event, at time: Int64, nonce: inout Int64, trades: inout Int64,
    complete: (Int, inout Print) -> Void
  ) -> Update {
    nonce += 1
    hasEvents = true
    changedAt = time
    var update = Update()
    for (place, execution) in event.executions.enumerated() {
      var trade = record(execution, at: time, &trades)
      complete(place, &trade)
      recentPrints.append(trade)
      if recentPrints.count > Self.tradesReplayed { recentPrints.removeFirst() }
      update.prints.append(trade)
    }
    guard event.bestBid != ticker.bid || event.bestAsk != ticker.ask else { return update }
    (ticker.nonce, ticker.changedAt) = (nonce, time)
    (ticker.bid, ticker.ask) = (event.bestBid, event.bestAsk)
    update.ticker = ticker
    return update
  }

  /// The number of a new order and its place in time: "asks count up from 0, bids count down from
  /// 2^48 - 1". Those of the crowd are far from here.
  mutating func nextOrder(isAsk: Bool) -> (index: Int64, nonce: Int64) {
    ownOrders += 1
    let nonce = isAsk ? 1 << 41 + ownOrders : (1 << 48) - (1 << 41) - ownOrders
    return ((id + 1) << 48 + nonce, nonce)
  }

  private mutating func record(
    _ execution: SimulatedMarket.Execution, at time: Int64, _ trades: inout Int64
  ) -> Print {
    trades += 1
    let millis = String(time / 1_000, radix: 16)
    let trade = LighterWire.Trade(
      id: trades, price: execution.price, size: execution.size,
      isMakerAsk: execution.side == .buy, kind: execution.isLiquidation ? .liquidation : .trade,
      time: time)
    // Asks count up from the market's first order, bids down from its last.
    let first = (id + 1) << 48
    return Print(
      trade: trade, market: id, askID: first + trades % (1 << 40),
      bidID: first + (1 << 48) - 1 - trades % (1 << 40),
      transaction: Self.padded(String(trades, radix: 16)) + Self.padded(millis)
        + String(repeating: "0", count: 48))
  }

  private static func padded(_ digits: String) -> String {
    String(repeating: "0", count: max(0, 16 - digits.count)) + digits
  }

  /// What has changed since the last batch, if only the nonce; nil when nothing happened.
  mutating func batch(nonce: Int64) -> LighterWire.Book? {
    guard hasEvents else { return nil }
    hasEvents = false
    let changes = book.move(to: market.bids, market.asks, sequence: nonce)
    return LighterWire.Book(
      market: name, isFirst: false, nonce: nonce, beginNonce: book.previousSequence,
      changedAt: changedAt, bids: changes.bids, asks: changes.asks)
  }

  // MARK: What can be asked for

  var snapshot: LighterWire.Book {
    LighterWire.Book(
      market: name, isFirst: true, nonce: book.sequence, beginNonce: 0, changedAt: changedAt,
      bids: book.bids, asks: book.asks)
  }

  /// The premium and a hundredth of a percent, kept within four percent a day; in percent an hour.
  var fundingRate: Decimal {
    let percent = Decimal(mantissa: market.premium.mantissa * 100, scale: market.premium.scale)
    let hourly = percent.divided(by: Decimal(8), scale: 4) ?? .zero
    let bound = Decimal(mantissa: 5, scale: 1)
    return max(bound.negated, min(bound, hourly.adding(settledRateBase) ?? hourly))
  }

  private var settledRateBase: Decimal { Decimal(mantissa: 12, scale: 4) }

  /// Settles funding at full hours.
  mutating func settle(at time: Int64) {
    guard time >= settledAt + Self.hour else { return }
    settledAt = time / Self.hour * Self.hour
    settledRate = fundingRate
  }
}
