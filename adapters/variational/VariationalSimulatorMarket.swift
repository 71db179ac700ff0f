import PerpCore
import PerpSim
import PerpVenue

/// One listing as the simulated venue shows it: the provider quotes around the price of a market
/// of random traders that nobody sees, or, for what is no perpetual, around a walk.
struct VariationalSimulatorMarket: Sendable {
  enum Kind: Sendable {
    case perpetual
    /// An equity, index or the like, by the code in its key.
    case realWorldAsset(code: String)
    case swap(code: String)
  }

  private enum Origin: Sendable {
    case traders(SimulatedMarket)
    case walk(FairPrice, start: Decimal, startedAt: UInt64)
  }

  /// Half of the spread in millionths of the mark, by notional.
  private static let halfSpreads = (base: 30, size1k: 60, size100k: 250, size1m: 900)
  private static let majors = ["BTC", "ETH", "SOL", "XRP"]

  let ticker: String
  let kind: Kind
  let interval: Int
  private var origin: Origin
  /// As it was published last.
  private(set) var price: VariationalWire.Price
  private(set) var quotes = VariationalWire.Quotes()
  /// When each is made anew, on the monotonic clock.
  private var priceAt: UInt64 = 0
  private var quotesAt: UInt64 = 0
  private var random: Random

  static func list(
    _ options: SimulatorOptions, random: inout Random
  ) -> [VariationalSimulatorMarket] {
    let wanted = Set(options.symbols)
    var perpetuals: [VariationalSimulatorMarket] = []
    for (place, profile) in MarketProfile.typical.enumerated() {
      let market = SimulatedMarket(
        profile: profile, eventsPerSecond: options.eventsPerSecond, seed: random.next(),
        fairPriceSeed: options.seed)
      let listing = VariationalSimulatorMarket(
        profile.base, .perpetual, interval: [28_800, 14_400, 3_600][place % 3],
        .traders(market), random.fork())
      guard wanted.isEmpty || listing.symbol.map(wanted.contains) == true else { continue }
      perpetuals.append(listing)
    }
    guard wanted.isEmpty else { return perpetuals }
    return perpetuals + [
      walking("GOOGL", .realWorldAsset(code: "EQY"), 3_600, start: 360, options, &random),
      walking("US100S", .swap(code: "IDX"), 0, start: 24_000, options, &random),
    ]
  }

  private static func walking(
    _ ticker: String, _ kind: Kind, _ interval: Int, start: Int, _ options: SimulatorOptions,
    _ random: inout Random
  ) -> VariationalSimulatorMarket {
    let fair = FairPrice(seed: options.seed, name: "fair \(ticker)", volatility: 20_000)
    return VariationalSimulatorMarket(
      ticker, kind, interval: interval, .walk(fair, start: Decimal(start), startedAt: 0),
      random.fork())
  }

  private init(
    _ ticker: String, _ kind: Kind, interval: Int, _ origin: Origin, _ random: Random
  ) {
    self.ticker = ticker
    self.kind = kind
    self.interval = interval
    self.origin = origin
    self.random = random
    price = VariationalWire.Price(
      instrument: nil, mark: .zero, interestRate: Decimal(mantissa: 5_288, scale: 8))
    price.instrument = ShortText(key)
  }

  var symbol: Symbol? { VariationalInstrument.symbol(ticker) }

  /// As in the venue's messages.
  var key: String {
    switch kind {
    case .perpetual: VariationalInstrument.key(ticker)
    case .realWorldAsset(let code):
      "P-RWA/\(code)-\(ticker)-\(VariationalInstrument.settlementAsset)"
    case .swap(let code):
      "C-\(code)-\(ticker)-\(VariationalInstrument.settlementAsset)-\(interval)"
    }
  }

  mutating func start(at now: Moment) {
    switch origin {
    case .traders(var market):
      market.start(at: now)
      origin = .traders(market)
    case .walk(let fair, let start, _):
      origin = .walk(fair, start: start, startedAt: now.monotonic)
    }
    refresh(at: now, time: now.wall)
  }

  /// Lets pass what is due, and makes price and quotes anew if it is their time. `time` is what
  /// they are stamped with.
  mutating func refresh(at now: Moment, time: Int64) {
    guard priceAt <= now.monotonic || quotesAt <= now.monotonic else { return }
    let (mark, index) = advance(to: now)
    if priceAt <= now.monotonic {
      // Not in step with the ticks, so that some repeat.
      priceAt = now.monotonic + Nanoseconds.milliseconds(300 + random.below(1_400))
      let scale = max(2, 6 - (index.exponent ?? 0))
      price.mark = mark.cut(to: scale)
      price.index = index.cut(to: scale)
      price.ratio = mark.divided(by: index, scale: 5)?.trimmed
      price.time = time - Int64(random.below(400_000))
    }
    if quotesAt <= now.monotonic {
      quotesAt = now.monotonic + Nanoseconds.seconds(5 + random.below(20))
      let half = Self.halfSpreads
      quotes = VariationalWire.Quotes(
        time: time, base: pair(mark, half.base), size1k: pair(mark, half.size1k),
        size100k: pair(mark, half.size100k),
        size1m: Self.majors.contains(ticker) ? pair(mark, half.size1m) : nil)
    }
  }

  private mutating func advance(to now: Moment) -> (mark: Decimal, index: Decimal) {
    switch origin {
    case .traders(var market):
      var events: [SimulatedMarket.Event] = []
      market.advance(to: now, into: &events)
      origin = .traders(market)
      return (market.markPrice, market.indexPrice)
    case .walk(let fair, let start, let startedAt):
      let moved = Int(fair.displacement(after: Int64((now.monotonic - startedAt) / 1_000)))
      let price = start.multiplied(by: Decimal(mantissa: Int128(1_000_000_000 + moved), scale: 9))
      return (price ?? start, price ?? start)
    }
  }

  /// The provider's quote for a quantity as of now; larger ones are dearer.
  mutating func quote(for quantity: Decimal, at now: Moment) -> VariationalWire.Pair {
    let (mark, _) = advance(to: now)
    let notional = quantity.multiplied(by: mark) ?? .zero
    let half = Self.halfSpreads
    let sizes = [(Decimal(1_000), half.size1k), (Decimal(100_000), half.size100k)]
    return pair(mark, sizes.first { notional <= $0.0 }?.1 ?? half.size1m)
  }

  mutating func mark(at now: Moment) -> Decimal { advance(to: now).mark }

  /// With grids a little finer than what is published; nil for what is no perpetual.
  var exchangeMarket: ExchangeMarket? {
    guard case .traders(let market) = origin, let exponent = market.markPrice.exponent,
      let tick = Decimal(powerOfTen: exponent - 7), let lot = Decimal(powerOfTen: -3 - exponent)
    else { return nil }
    var listed = ExchangeMarket(
      market, minSize: lot, maxSize: Decimal(1_000_000),
      minValue: VariationalSimulatorDesk.leastValue)
    (listed.tick, listed.lot) = (tick, lot)
    return listed
  }

  private func pair(_ mark: Decimal, _ half: Int) -> VariationalWire.Pair {
    func price(_ millionths: Int) -> Decimal {
      let factor = Decimal(mantissa: Int128(1_000_000 + millionths), scale: 6)
      return (mark.multiplied(by: factor) ?? mark).cut(to: max(2, 7 - (mark.exponent ?? 0)))
    }
    return VariationalWire.Pair(bid: price(-half), ask: price(half))
  }

  /// With quotes that are `age` microseconds older than they were.
  func listing(quoteAge age: Int64) -> VariationalWire.Listing {
    var listing = VariationalWire.Listing(
      ticker: ticker, name: "Simulated \(ticker)", markPrice: price.mark,
      fundingInterval: interval)
    listing.quotes = quotes
    listing.quotes?.time = quotes.time.map { $0 - age }
    listing.baseSpread = Decimal(mantissa: Int128(Self.halfSpreads.base * 2), scale: 2).trimmed
    guard case .traders(let market) = origin else {
      listing.fundingRate = .zero
      return listing
    }
    let interest = market.openInterest.multiplied(by: market.markPrice)?.cut(to: 2)
    (listing.longOpenInterest, listing.shortOpenInterest) = (interest, interest)
    listing.volume24h = market.volume.cut(to: 6)
    // A year of the customary 0.01 % in eight hours, and something of the premium.
    let customary = Decimal(mantissa: 1_095, scale: 4)
    listing.fundingRate =
      market.premium.multiplied(by: Decimal(100))?.adding(customary)?.cut(to: 6).trimmed
    return listing
  }
}

extension Decimal {
  /// Digits beyond `scale` are cut off.
  fileprivate func cut(to scale: Int) -> Decimal {
    Int(self.scale) <= scale ? self : divided(by: Decimal(1), scale: min(scale, 38)) ?? self
  }
}
