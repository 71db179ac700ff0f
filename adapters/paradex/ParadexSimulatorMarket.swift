import PerpCore
import PerpSim
import PerpVenue

/// One market as the simulated venue shows it: numbered, with a book of everyone and a book that
/// also has retail price improvement (RPI) orders, which only interactive clients see.
struct ParadexSimulatorMarket: Sendable {
  static let tradesKept = 1_000
  static let fundingPeriodHours = 8

  let symbol: Symbol
  var market: SimulatedMarket
  /// "Every delta frame increments seq by exactly 1", whatever it shows.
  private(set) var sequence: Int64
  /// Of the last visible change, in microseconds.
  private(set) var changedAt: Int64 = 0
  private(set) var recentTrades: [ParadexWire.Trade] = []
  private var trades: UInt64 = 0
  private var lastBest: Best
  private var lastImprovement: Best = (nil, nil)

  var name: String { symbol.description }

  /// What one event of the market means for subscribers.
  struct Update {
    var delta: ParadexWire.Book
    var interactiveDelta: ParadexWire.Book
    /// Nil when the best did not change.
    var quote: ParadexWire.BBO?
    var interactiveQuote: ParadexWire.BBO?
    var trades: [ParadexWire.Trade]
  }

  init(_ market: SimulatedMarket, firstSequence: Int64) {
    symbol = Symbol("\(market.profile.base)-USD-PERP")!
    self.market = market
    sequence = firstSequence
    lastBest = (market.bestBid, market.bestAsk)
    lastImprovement = improvement(on: lastBest)
  }

  static func list(_ options: SimulatorOptions, random: inout Random) -> [ParadexSimulatorMarket] {
    let wanted = Set(options.symbols.map(\.description))
    return MarketProfile.typical.compactMap { profile in
      // Drawn for every market, so that each is the same whichever others are listed.
      let (seed, first) = (random.next(), random.below(1_000_000_000))
      let name = "\(profile.base)-USD-PERP"
      guard wanted.isEmpty || wanted.contains(name) else { return nil }
      return ParadexSimulatorMarket(
        SimulatedMarket(
          profile: profile, eventsPerSecond: options.eventsPerSecond, seed: seed,
          fairPriceSeed: options.seed),
        firstSequence: 1_000_000 + Int64(first))
    }
  }

  /// Begins to trade; the opening book counts as changed now.
  mutating func start(at now: Moment) {
    market.start(at: now)
    changedAt = now.wall / 1_000 * 1_000
  }

  /// Numbers an event and says what is to be published of it, stamped with `time`.
  mutating func publish(_ event: SimulatedMarket.Event, at time: Int64) -> Update {
    sequence += 1
    if !event.bids.isEmpty || !event.asks.isEmpty { changedAt = time }
    let delta = book(time, isSnapshot: false, event.bids, event.asks)
    let best = (bid: event.bestBid, ask: event.bestAsk)
    let improvement = improvement(on: best)
    let interactive = Self.interactive(best, improvement)
    let lastInteractive = Self.interactive(lastBest, lastImprovement)
    var interactiveDelta = delta
    Self.exchange(lastImprovement.bid, for: improvement.bid, in: &interactiveDelta.bids, >)
    Self.exchange(lastImprovement.ask, for: improvement.ask, in: &interactiveDelta.asks, <)
    let quoted = lastBest
    (lastBest, lastImprovement) = (best, improvement)
    return Update(
      delta: delta, interactiveDelta: interactiveDelta,
      quote: best == quoted ? nil : quote(best, at: time),
      interactiveQuote: interactive == lastInteractive ? nil : quote(interactive, at: time),
      trades: event.executions.map { record($0, at: time) })
  }

  private mutating func record(
    _ execution: SimulatedMarket.Execution, at time: Int64
  ) -> ParadexWire.Trade {
    trades += 1
    let trade = ParadexWire.Trade(
      market: symbol.text, time: time, sequence: sequence,
      // 28 digits, as the venue's are: its time in microseconds and a counter.
      id: ShortText("\(time)" + String(String(1_000_000_000_000 + trades).dropFirst())),
      side: execution.side, price: execution.price, size: execution.size, createdAt: time,
      kind: execution.isLiquidation ? .liquidation : .fill)
    recentTrades.append(trade)
    if recentTrades.count > Self.tradesKept { recentTrades.removeFirst() }
    return trade
  }

  // MARK: What can be asked for

  func quote(interactive: Bool) -> ParadexWire.BBO {
    quote(
      interactive ? Self.interactive(best, improvement(on: best)) : best, at: changedAt)
  }

  private func quote(_ best: Best, at time: Int64) -> ParadexWire.BBO {
    ParadexWire.BBO(
      market: symbol.text, time: time, sequence: sequence, bid: best.bid, ask: best.ask)
  }

  /// The whole book with the time of its last change.
  func snapshot(interactive: Bool) -> ParadexWire.Book {
    var (bids, asks) = (market.bids, market.asks)
    guard interactive else { return book(changedAt, isSnapshot: true, bids, asks) }
    let improvement = improvement(on: best)
    if let bid = improvement.bid { bids.insert(bid, at: 0) }
    if let ask = improvement.ask { asks.insert(ask, at: 0) }
    var snapshot = book(changedAt, isSnapshot: true, bids, asks)
    snapshot.bestBid = bids.first
    snapshot.bestAsk = asks.first
    snapshot.bestBidAPI = market.bestBid
    snapshot.bestAskAPI = market.bestAsk
    return snapshot
  }

  private func book(
    _ time: Int64, isSnapshot: Bool, _ bids: [Level], _ asks: [Level]
  ) -> ParadexWire.Book {
    ParadexWire.Book(
      market: symbol.text, time: time, sequence: sequence, isSnapshot: isSnapshot, bids: bids,
      asks: asks)
  }

  func summary(at time: Int64) -> ParadexWire.Summary {
    let rate = fundingRate
    return ParadexWire.Summary(
      market: symbol.text, time: time, sequence: 0, markPrice: market.markPrice,
      indexPrice: market.indexPrice, lastPrice: market.lastExecution?.price ?? market.markPrice,
      volumeUSD24h: market.volume.trimmed, openInterest: market.openInterest, fundingRate: rate,
      bid: market.bestBid?.price, ask: market.bestAsk?.price, totalVolume: market.volume.trimmed,
      priceChangeRate24h: Decimal("0.0125"), optionFields: [],
      externalFairPrice: market.indexPrice, bidSize: market.bestBid?.size,
      askSize: market.bestAsk?.size, forwardRate: nil, riskFreeRate: nil,
      fundingRatePrecise: rate, settlementTWAPEstimate: nil)
  }

  func funding(at time: Int64) -> ParadexWire.Funding {
    ParadexWire.Funding(
      market: symbol.text, time: time, sequence: 0, rate: fundingRate, index: Decimal("12.5"),
      createdAt: time, premium: premium, rate8h: fundingRate,
      periodHours: Self.fundingPeriodHours, impactPremiumRate: nil)
  }

  /// How far the mark is above the index, as a share of it.
  private var premium: Decimal {
    market.markPrice.subtracting(market.indexPrice)?
      .divided(by: market.indexPrice, scale: 8)?.trimmed ?? .zero
  }

  /// The premium, pulled to the customary 0.01 % and kept within 0.5 %.
  private var fundingRate: Decimal {
    let (base, bound) = (Decimal(mantissa: 1, scale: 4), Decimal(mantissa: 5, scale: 3))
    let rate = premium.adding(base) ?? base
    return max(bound.negated, min(bound, rate)).trimmed
  }

  func writeMetadata(to text: inout ByteBuffer) {
    let profile = market.profile
    text.append("{")
    text.put("symbol", text: name)
    text.put("base_currency", text: profile.base)
    text.put("quote_currency", text: "USD")
    text.put("settlement_currency", text: "USDC")
    text.put("order_size_increment", profile.lot)
    text.put("price_tick_size", profile.tick)
    text.put("min_notional", Decimal(10))
    text.put("open_at", 1_790_000_000_000)
    text.put("expiry_at", 0)
    text.put("asset_kind", text: "PERP")
    text.put("market_kind", text: "cross")
    text.put("position_limit", Decimal(1_000_000))
    text.put("price_bands_width", Decimal(mantissa: 5, scale: 2))
    text.put("max_open_orders", 100)
    text.put("max_funding_rate", Decimal(mantissa: 2, scale: 2))
    text.append(#","delta1_cross_margin_params":{"#)
    text.put("imf_base", Decimal(1).divided(by: Decimal(profile.maxLeverage), scale: 4)?.trimmed)
    text.put("imf_shift", Decimal.zero)
    text.put("imf_factor", Decimal.zero)
    text.put("mmf_factor", Decimal(mantissa: 5, scale: 1))
    text.append("}")
    text.put("price_feed_id", text: "simulated")
    text.put("oracle_ewma_factor", Decimal(mantissa: 2, scale: 1))
    text.put("max_order_size", Decimal(100_000))
    text.put("max_funding_rate_change", Decimal(mantissa: 2, scale: 4))
    text.put("max_tob_spread", Decimal(mantissa: 1, scale: 1))
    text.put("interest_rate", Decimal(mantissa: 1, scale: 2))
    text.put("clamp_rate", Decimal(mantissa: 5, scale: 2))
    text.put("max_slippage", Decimal(mantissa: 5, scale: 2))
    text.put("funding_period_hours", Int64(Self.fundingPeriodHours))
    text.put("trading_mode", text: "STANDARD")
    text.append(#","tags":[]}"#)
  }

  // MARK: RPI

  private typealias Best = (bid: Level?, ask: Level?)

  private var best: Best { (market.bestBid, market.bestAsk) }

  /// One RPI order a side, a tick better than the best of the book; none where the spread leaves
  /// no room.
  private func improvement(on best: Best) -> Best {
    let tick = market.profile.tick
    let size = market.profile.lot.multiplied(by: Decimal(37)) ?? market.profile.lot
    guard let bid = best.bid?.price.adding(tick), let ask = best.ask?.price.subtracting(tick),
      bid < ask
    else { return (nil, nil) }
    return (
      Level(price: bid.trimmed, size: size.trimmed), Level(price: ask.trimmed, size: size.trimmed)
    )
  }

  private static func interactive(_ best: Best, _ improvement: Best) -> Best {
    (improvement.bid ?? best.bid, improvement.ask ?? best.ask)
  }

  /// Replaces the old RPI order by the new one in a delta that has the rest of the book's changes,
  /// best first.
  private static func exchange(
    _ old: Level?, for new: Level?, in levels: inout [Level], _ isBetter: (Decimal, Decimal) -> Bool
  ) {
    guard old != new else { return }
    if let old, !levels.contains(where: { $0.price == old.price }) {
      levels.append(Level(price: old.price, size: .zero))
    }
    if let new {
      levels.removeAll { $0.price == new.price }
      levels.append(new)
    }
    levels.sort { isBetter($0.price, $1.price) }
  }
}
