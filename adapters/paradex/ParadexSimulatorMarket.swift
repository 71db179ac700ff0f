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
  private var lastQuote: (bid: Level?, ask: Level?)
  private var lastInteractive: (bid: Level?, ask: Level?)

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
    lastQuote = (market.bestBid, market.bestAsk)
    lastInteractive = interactiveBest
  }

  static func list(_ options: SimulatorOptions, random: inout Random) -> [ParadexSimulatorMarket] {
    let wanted = Set(options.symbols.map(\.description))
    return MarketProfile.typical.compactMap { profile in
      let market = ParadexSimulatorMarket(
        SimulatedMarket(
          profile: profile, eventsPerSecond: options.eventsPerSecond, seed: random.next()),
        firstSequence: 1_000_000 + Int64(random.below(1_000_000_000)))
      return wanted.isEmpty || wanted.contains(market.name) ? market : nil
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
    let best = (bid: market.bestBid, ask: market.bestAsk)
    let interactive = interactiveBest
    var interactiveDelta = delta
    Self.exchange(lastInteractive.bid, for: interactive.bid, in: &interactiveDelta.bids)
    Self.exchange(lastInteractive.ask, for: interactive.ask, in: &interactiveDelta.asks)
    defer { (lastQuote, lastInteractive) = (best, interactive) }
    return Update(
      delta: delta, interactiveDelta: interactiveDelta,
      quote: best == lastQuote ? nil : quote(best, at: time),
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
    quote(interactive ? interactiveBest : (market.bestBid, market.bestAsk), at: changedAt)
  }

  private func quote(_ best: (bid: Level?, ask: Level?), at time: Int64) -> ParadexWire.BBO {
    ParadexWire.BBO(
      market: symbol.text, time: time, sequence: sequence, bid: best.bid, ask: best.ask)
  }

  /// The whole book with the time of its last change.
  func snapshot(interactive: Bool) -> ParadexWire.Book {
    var (bids, asks) = (market.bids, market.asks)
    guard interactive else { return book(changedAt, isSnapshot: true, bids, asks) }
    let best = interactiveBest
    if let bid = best.bid, bid.price != bids.first?.price { bids.insert(bid, at: 0) }
    if let ask = best.ask, ask.price != asks.first?.price { asks.insert(ask, at: 0) }
    var snapshot = book(changedAt, isSnapshot: true, bids, asks)
    snapshot.bestBid = best.bid
    snapshot.bestAsk = best.ask
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
    text.put("imf_shift", .zero)
    text.put("imf_factor", .zero)
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

  /// One RPI order a side, a tick better than the book where the spread leaves room.
  private var interactiveBest: (bid: Level?, ask: Level?) {
    guard let bid = market.bestBid, let ask = market.bestAsk else {
      return (market.bestBid, market.bestAsk)
    }
    let tick = market.profile.tick
    let size = market.profile.lot.multiplied(by: Decimal(37)) ?? market.profile.lot
    guard let better = bid.price.adding(tick), let worse = ask.price.subtracting(tick),
      better < worse
    else { return (bid, ask) }
    return (
      Level(price: better.trimmed, size: size.trimmed),
      Level(price: worse.trimmed, size: size.trimmed)
    )
  }

  /// Replaces the old RPI level by the new one in a delta that has the rest of the book's changes.
  private static func exchange(_ old: Level?, for new: Level?, in levels: inout [Level]) {
    guard old != new else { return }
    if let old, old.price != new?.price, !levels.contains(where: { $0.price == old.price }) {
      levels.append(Level(price: old.price, size: .zero))
    }
    if let new, !levels.contains(where: { $0.price == new.price }) { levels.append(new) }
  }
}
