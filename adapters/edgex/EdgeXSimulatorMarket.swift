import PerpCore
import PerpSim
import PerpVenue

/// One contract as the simulated venue shows it.
struct EdgeXSimulatorMarket: Sendable {
  /// Trades that a new subscriber is told of.
  static let tradesReplayed = 50
  static let fundingMinutes: Int64 = 240
  private static let fundingEvery = fundingMinutes * EdgeXSimulatorCandles.minute

  struct Match: EdgeXRow, Sendable {
    let trade: EdgeXWire.Trade
    /// Ids of the orders and of their accounts.
    var orders: (taker: String, maker: String)
    var accounts: (taker: String, maker: String)

    /// Of two of the crowd; the maker's order is the one before the taker's.
    init(_ trade: EdgeXWire.Trade, order: Int64) {
      self.trade = trade
      orders = ("\(order)", "\(order - 1)")
      accounts = ("\(710_000_000_000_000_001 + order % 97)", "710000000000000000")
    }

    func write(to text: inout ByteBuffer, as generation: EdgeXGeneration) {
      trade.write(to: &text, orders: orders, accounts: accounts)
    }
  }

  let names: EdgeXSimulatorNames
  var market: SimulatedMarket
  /// When the first event happened that is not published yet, on the monotonic clock.
  private(set) var eventsSince: UInt64?
  private var unpublished: [Match] = []
  /// Of the book: rises by one with each event, whatever it shows.
  private(set) var version: Int64
  /// One for each depth on offer.
  private(set) var windows: [EdgeXSimulatorWindow]
  private(set) var recentMatches: [Match] = []
  private(set) var candles = EdgeXSimulatorCandles()
  private var random: Random
  private var orders: Int64 = 790_000_000_000_000_000
  /// Rates of the last two settlements.
  private var settled = (
    last: Decimal(mantissa: 5, scale: 5), before: Decimal(mantissa: 5, scale: 5)
  )
  private var fundingTime: Int64 = 0

  var symbol: Symbol { names.symbol }
  var contract: ShortText { names.contract }
  var contractName: String { names.contractName }

  /// What has come of the events since the last look.
  struct Update {
    /// One for each depth, both sides empty where it shows nothing of what happened.
    var changes: [EdgeXWire.Depth] = []
    var matches: [Match] = []
  }

  init(_ market: SimulatedMarket, _ names: EdgeXSimulatorNames, seed: UInt64) {
    self.names = names
    self.market = market
    random = Random(seed: seed)
    let version = 2_000_000_000 + Int64(random.below(100_000_000))
    self.version = version
    windows = EdgeXChannel.depths.map {
      EdgeXSimulatorWindow(depth: $0, bids: market.bids, asks: market.asks, version: version)
    }
  }

  /// Those that are wanted, with the ids they always have.
  static func list(_ options: SimulatorOptions, random: inout Random) -> [EdgeXSimulatorMarket] {
    let generation = EdgeXGeneration(options.settings)
    return MarketProfile.typical.enumerated().compactMap { index, profile in
      // Drawn for every market, so that each is the same whichever others are listed.
      let (seed, ownSeed) = (random.next(), random.next())
      let names = EdgeXSimulatorNames(profile.base, number: index + 1, generation)
      guard options.symbols.isEmpty || options.symbols.contains(names.symbol) else { return nil }
      return EdgeXSimulatorMarket(
        SimulatedMarket(
          profile: profile.asOnEdgeX, eventsPerSecond: options.eventsPerSecond, seed: seed,
          fairPriceSeed: options.seed),
        names, seed: ownSeed)
    }
  }

  mutating func start(at now: Moment) {
    market.start(at: now)
    fundingTime = now.wall / Self.fundingEvery * Self.fundingEvery
    sample(at: now.wall)
  }

  /// Takes in what happened, to be published with the next batch. `stamp` is when that was;
  /// `complete` puts what accounts have to do with an execution to what the public sees of it.
  @discardableResult
  mutating func take(
    _ event: SimulatedMarket.Event, at stamp: Int64,
    complete: (Int, inout Match) -> Void = { _, _ in }
  ) -> [Match] {
    version += 1
    if eventsSince == nil { eventsSince = event.time }
    let matches = event.executions.enumerated().map { place, execution in
      var match = record(execution, at: stamp)
      complete(place, &match)
      recentMatches.append(match)
      return match
    }
    recentMatches.removeFirst(max(0, recentMatches.count - Self.tradesReplayed))
    unpublished += matches
    return matches
  }

  /// What has come of the events since the last batch; nil where there were none.
  mutating func batch(_ form: EdgeXDepthVersions.Form) -> Update? {
    guard eventsSince != nil else { return nil }
    eventsSince = nil
    var update = Update(matches: unpublished)
    unpublished = []
    let (bids, asks) = (market.bids, market.asks)
    for index in windows.indices {
      let changes = windows[index].move(to: bids, asks, version: version)
      var depth = depth(index, isSnapshot: false)
      (depth.bids, depth.asks) = changes
      if form == .next { depth.startVersion += 1 }
      update.changes.append(depth)
    }
    return update
  }

  private mutating func record(
    _ execution: SimulatedMarket.Execution, at time: Int64
  ) -> Match {
    orders += 2 + Int64(random.below(1_000))
    let trade = EdgeXWire.Trade(
      contract: contract, contractName: contractName, id: random.uuid(), time: time,
      price: execution.price, size: execution.size,
      value: execution.price.multiplied(by: execution.size)?.trimmed,
      isBestMatch: random.chance(1, in: 2), isBuyerMaker: execution.side == .sell)
    candles.add(trade)
    return Match(trade, order: orders)
  }

  /// Once a second: notes the prices, and settles funding when its time has come.
  mutating func sample(at time: Int64) {
    candles.sample(.index, market.indexPrice, at: time)
    candles.sample(.oracle, market.markPrice, at: time)
    candles.sample(.mark, market.markPrice, at: time)
    if let ask = market.bestAsk { candles.sample(.bestAsk, ask.price, at: time) }
    if let bid = market.bestBid { candles.sample(.bestBid, bid.price, at: time) }
    guard time >= fundingTime + Self.fundingEvery else { return }
    fundingTime = time / Self.fundingEvery * Self.fundingEvery
    settled = (fundingRate, settled.last)
  }

  // MARK: What can be asked for

  /// What subscribers of the depth at this place have been told, as a whole book.
  func depth(_ index: Int, isSnapshot: Bool = true) -> EdgeXWire.Depth {
    let window = windows[index]
    return EdgeXWire.Depth(
      contract: contract, contractName: contractName, startVersion: window.previousVersion,
      endVersion: window.version, level: Int64(window.depth), isSnapshot: isSnapshot,
      bids: window.bids, asks: window.asks)
  }

  func bookTicker(at time: Int64) -> EdgeXWire.BookTicker {
    EdgeXWire.BookTicker(
      contract: contract, contractName: contractName, time: time, bid: market.bestBid,
      ask: market.bestAsk)
  }

  /// `isPushed` rather than answered by REST, where there are no best prices.
  func ticker(at time: Int64, isPushed: Bool) -> EdgeXWire.Ticker {
    EdgeXWire.Ticker(
      contract: contract, contractName: contractName, day: candles.lastDay(at: time),
      lastPrice: market.lastExecution?.price, indexPrice: market.indexPrice,
      oraclePrice: market.markPrice, markPrice: market.markPrice,
      openInterest: market.openInterest, fundingRate: fundingRate, fundingTime: fundingTime,
      nextFundingTime: fundingTime + Self.fundingEvery,
      bestBid: isPushed ? market.bestBid?.price : nil,
      bestAsk: isPushed ? market.bestAsk?.price : nil, isMarketOpen: isPushed ? true : nil)
  }

  func funding(at time: Int64) -> EdgeXWire.Funding {
    var row = EdgeXWire.Funding(contract: contract)
    let minute = time / EdgeXSimulatorCandles.minute * EdgeXSimulatorCandles.minute
    (row.fundingTime, row.timestamp, row.premiumTimestamp) = (fundingTime, minute, minute)
    (row.rate, row.previousRate) = (settled.last, settled.before)
    row.previousTimestamp = minute - EdgeXSimulatorCandles.minute
    row.forecastRate = fundingRate
    row.predictedRate = Decimal(mantissa: 5, scale: 5)
    row.isSettlement = false
    (row.oraclePrice, row.markPrice) = (market.markPrice, market.markPrice)
    row.indexPrice = market.indexPrice
    (row.premiumIndex, row.averagePremiumIndex) = (market.premium, market.premium)
    row.impactNotional = Decimal(500)
    (row.impactBid, row.impactAsk) = (market.bestBid?.price, market.bestAsk?.price)
    row.interestRate = Decimal(mantissa: 3, scale: 4)
    row.intervalMinutes = Self.fundingMinutes
    return row
  }

  func candles(
    _ kind: EdgeXChannel.PriceKind, _ interval: EdgeXChannel.Interval, limit: Int
  ) -> [EdgeXWire.Candle] {
    candles.bars(kind, interval, limit: limit).map { bar in
      var row = EdgeXWire.Candle(
        id: ShortText("\(2_000_000_000_000_000_000 + bar.time / 1_000)"), contract: contract,
        contractName: contractName, interval: interval, priceKind: kind, time: bar.time)
      (row.open, row.high, row.low, row.close) = (bar.open, bar.high, bar.low, bar.close)
      (row.trades, row.size, row.value) = (bar.trades, bar.size, bar.value)
      (row.makerBuySize, row.makerBuyValue) = (bar.makerBuySize, bar.makerBuyValue)
      return row
    }
  }

  /// Premium and interest of an interval, within the venue's bounds.
  private var fundingRate: Decimal {
    let (interest, bound) = (Decimal(mantissa: 5, scale: 5), Decimal(mantissa: 4, scale: 3))
    let rate = market.premium.adding(interest) ?? interest
    return max(bound.negated, min(bound, rate))
  }
}

/// What the venue calls a market.
struct EdgeXSimulatorNames: Sendable {
  let symbol: Symbol
  let contract: ShortText
  let contractName: String
  let base: String
  let baseCoin: String

  init(_ name: String, number: Int, _ generation: EdgeXGeneration) {
    let quote = generation == .v1 ? "USD" : "USDC"
    // A thousand tokens, as this venue calls them.
    base = name.first == "k" ? "1000\(name.dropFirst())" : name
    symbol = Symbol("\(base)-\(quote)-PERP")!
    contractName = base + quote
    contract = ShortText("\((generation == .v1 ? 10_000_000 : 30_000_000) + number)")!
    baseCoin = "\(1_000 + number)"
  }
}

extension MarketProfile {
  /// Ticks and lots as the venue has them, where they differ from the others'.
  fileprivate var asOnEdgeX: MarketProfile {
    func on(_ tick: Int128, _ tickScale: UInt8, _ lot: Int128, _ lotScale: UInt8) -> MarketProfile {
      self.on(
        tick: Decimal(mantissa: tick, scale: tickScale),
        lot: Decimal(mantissa: lot, scale: lotScale))
    }
    switch base {
    case "BTC": return on(1, 1, 1, 3)
    case "ETH": return on(1, 2, 1, 2)
    case "SOL": return on(1, 2, 1, 1)
    default: return self
    }
  }
}

extension Random {
  /// Of version 4, in its usual text.
  mutating func uuid() -> ShortText {
    let digits = Array("0123456789abcdef".utf8)
    var bytes: [UInt8] = []
    for place in 0..<36 {
      switch place {
      case 8, 13, 18, 23: bytes.append(UInt8(ascii: "-"))
      case 14: bytes.append(UInt8(ascii: "4"))
      case 19: bytes.append(digits[8 + below(4)])
      default: bytes.append(digits[below(16)])
      }
    }
    return ShortText(bytes.span.bytes) ?? ShortText()
  }
}
