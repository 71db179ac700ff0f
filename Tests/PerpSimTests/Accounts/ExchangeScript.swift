import PerpCore

@testable import PerpSim

/// One exchange with two markets, and what happened so far.
struct ExchangeScript {
  static let start = Moment(monotonic: 5_000_000_000, wall: 1_780_000_000_000_000)

  var exchange: SimulatedExchange
  var markets: [SimulatedMarket]
  var now = Self.start
  /// Of the latest operation.
  var result = Consequences()

  /// Without a rate the crowd stands still after the opening.
  init(seed: UInt64 = 1, rate: Int? = nil, rules: ExchangeRules = ExchangeRules()) {
    markets = ["BTC", "ETH"].map { base in
      let profile = MarketProfile.typical.first { $0.base == base }!
      return SimulatedMarket(profile: profile, eventsPerSecond: rate ?? 1, seed: seed)
    }
    exchange = SimulatedExchange(rules: rules, markets: markets.map { ExchangeMarket($0) })
    for account in [1, 2, 3] as [UInt32] { exchange.open(account) }
    if rate != nil { for index in markets.indices { markets[index].start(at: now) } }
  }

  var bid: Decimal { markets[0].bestBid!.price }
  var ask: Decimal { markets[0].bestAsk!.price }

  mutating func wait(_ milliseconds: Int) {
    now = now.advanced(by: Nanoseconds.milliseconds(milliseconds))
    result = Consequences()
    for index in markets.indices {
      exchange.advance(&markets[index], index, to: now, into: &result)
    }
  }

  /// Returns the number, or nil with the cause in `refusal`.
  mutating func place(_ placement: OrderPlacement) throws(ExchangeCause) -> UInt64 {
    result = Consequences()
    return try exchange.place(
      placement, in: &markets[placement.market], at: now, into: &result)
  }

  mutating func place(
    by account: UInt32 = 1, _ side: Side, _ size: String, at price: Decimal? = nil,
    stop: Decimal? = nil, type: OrderType? = nil, timeInForce: TimeInForce? = nil,
    postOnly: Bool = false, reduceOnly: Bool = false, client: String? = nil, expiry: Int64? = nil,
    delay: UInt64 = 0
  ) throws(ExchangeCause) -> UInt64 {
    try place(
      OrderPlacement(
        account: account, market: 0, clientID: client,
        terms: OrderTerms(
          side: side, type: type ?? (price == nil ? .market : .limit), timeInForce: timeInForce,
          price: price, stopPrice: stop, size: Decimal(size)!, isPostOnly: postOnly,
          isReduceOnly: reduceOnly),
        expiry: expiry, delay: delay))
  }

  mutating func cancel(_ number: UInt64, of account: UInt32 = 1) throws(ExchangeCause) {
    result = Consequences()
    let market = exchange.orders[number]?.market ?? 0
    try exchange.cancel(number, of: account, in: &markets[market], at: now, into: &result)
  }

  mutating func modify(
    _ number: UInt64, price: Decimal? = nil, size: String? = nil
  ) throws(ExchangeCause) {
    result = Consequences()
    let order = exchange.orders[number]
    try exchange.modify(
      number, of: order?.account ?? 1, price: price, size: size.flatMap { Decimal($0) },
      in: &markets[order?.market ?? 0], at: now, into: &result)
  }

  func order(_ number: UInt64) -> ExchangeOrder { exchange.orders[number]! }
  func position(_ account: UInt32 = 1) -> Decimal {
    exchange.accounts[account]!.positions[0].size
  }

  /// The changes of orders, fills and the rest in a word each.
  var story: [String] {
    result.events.map { event in
      switch event {
      case .order(let order, let change): "\(order.number) \(change)"
      case .fill(let fill): "\(fill.order) \(fill.liquidity)"
      case .position: "position"
      case .balance: "balance"
      }
    }
  }
}
