import PerpCore

/// One market full of random traders, on its own clock: nothing happens between events, and each
/// event says which levels changed and what was traded.
package struct SimulatedMarket: Sendable {
  package struct Print: Equatable, Sendable {
    package let price: Decimal
    package let size: Decimal
    /// Of the taker.
    package let side: Side
    package let isLiquidation: Bool
  }

  package struct Event: Equatable, Sendable {
    /// When it happened, on the monotonic clock in nanoseconds.
    package let time: UInt64
    /// Size zero where a level is gone. Best first on each side. Empty for what the published book
    /// does not show.
    package let bids: [Level]
    package let asks: [Level]
    package let prints: [Print]
  }

  package let profile: MarketProfile
  /// When the next event is due, on the monotonic clock in nanoseconds.
  package private(set) var deadline: UInt64 = .max
  package private(set) var lastPrint: Print?
  /// Traded so far, in quote units, and by how many base units positions are open.
  package private(set) var volume = Decimal.zero
  package private(set) var openInterest: Decimal

  private var engine = MatchingEngine()
  private var traders: RandomTraders
  private var random: Random
  /// Average nanoseconds between events.
  private let pace: UInt64

  /// `eventsPerSecond` is shared among markets by their activity.
  package init(profile: MarketProfile, eventsPerSecond: Int, seed: UInt64) {
    self.profile = profile
    random = Random(seed: seed)
    pace = 10_000_000_000_000 / UInt64(max(1, eventsPerSecond * profile.activity))
    let start = profile.startPrice.ticks(of: profile.tick)
    traders = RandomTraders(
      fairPrice: start, typicalLots: profile.typicalLots, seed: random.next())
    openInterest =
      Decimal(mantissa: Int128(profile.typicalLots) * 40_000, scale: 0)
      .multiplied(by: profile.lot)?.trimmed ?? .zero
    for order in traders.openingOrders() {
      var reports: [MatchingEngine.Report] = []
      engine.place(order, into: &reports)
      traders.learn(reports, of: order)
    }
  }

  package mutating func start(at now: Moment) { deadline = now.monotonic + nextGap() }

  /// Lets pass what is due until `now`.
  package mutating func advance(to now: Moment, into events: inout [Event]) {
    while deadline <= now.monotonic {
      let time = deadline
      deadline += nextGap()
      events.append(step(at: time))
    }
  }

  private mutating func step(at time: UInt64) -> Event {
    var reports: [MatchingEngine.Report] = []
    let intent = traders.next(engine)
    switch intent {
    case .nothing: return Event(time: time, bids: [], asks: [], prints: [])
    case .place(let order):
      engine.place(order, into: &reports)
      traders.learn(reports, of: order)
    case .cancel(let id):
      engine.cancel(id, into: &reports)
      traders.learn(reports, of: nil)
    }
    let changes = engine.changes
    return Event(
      time: time, bids: levels(changes, .buy), asks: levels(changes, .sell),
      prints: prints(reports, of: intent))
  }

  private mutating func prints(
    _ reports: [MatchingEngine.Report], of intent: RandomTraders.Intent
  ) -> [Print] {
    guard case .place(let taker) = intent else { return [] }
    let isLiquidation = taker.kind == .market && random.chance(1, in: 40)
    var prints: [Print] = []
    for case .filled(_, _, _, let price, let size, _) in reports {
      let print = Print(
        price: decimalPrice(price), size: decimalSize(size), side: taker.side,
        isLiquidation: isLiquidation)
      prints.append(print)
      volume = print.price.multiplied(by: print.size).flatMap(volume.adding) ?? volume
    }
    if let last = prints.last { lastPrint = last }
    return prints
  }

  private func levels(_ changes: [MatchingEngine.LevelChange], _ side: Side) -> [Level] {
    changes.filter { $0.side == side }
      .sorted { side == .buy ? $0.price > $1.price : $0.price < $1.price }
      .map { Level(price: decimalPrice($0.price), size: decimalSize($0.size)) }
  }

  /// Exponentially distributed around `pace`, so that arrivals do not know of each other: the
  /// number of halvings of a random fraction, and the rest linearly.
  private mutating func nextGap() -> UInt64 {
    let draw = random.next()
    let halvings = UInt64(draw.leadingZeroBitCount)
    let fraction = random.next() >> 54
    // ln 2 = 0.693; within one halving the density is nearly even.
    return max(1_000, pace * 693 / 1_000 * (halvings * 1_024 + fraction) / 1_024)
  }

  // MARK: What there is to see

  package var bids: [Level] { book(.buy) }
  package var asks: [Level] { book(.sell) }
  package var bestBid: Level? { best(engine.bestBid, .buy) }
  package var bestAsk: Level? { best(engine.bestAsk, .sell) }

  /// The price that the traders believe in, which an index would show.
  package var indexPrice: Decimal { decimalPrice(traders.fairPrice) }

  /// The middle of the book, with one more digit than the tick.
  package var markPrice: Decimal {
    guard let bid = engine.bestBid, let ask = engine.bestAsk else { return indexPrice }
    return Decimal(mantissa: Int128(bid + ask) * 5, scale: 1)
      .multiplied(by: profile.tick)?.trimmed ?? indexPrice
  }

  private func book(_ side: Side) -> [Level] {
    engine.levels(side).map {
      Level(price: decimalPrice($0.price), size: decimalSize($0.size))
    }
  }

  private func best(_ price: Int64?, _ side: Side) -> Level? {
    price.map {
      Level(price: decimalPrice($0), size: decimalSize(engine.size(at: $0, side)))
    }
  }

  private func decimalPrice(_ ticks: Int64) -> Decimal {
    Decimal(trimming: ticks * Int64(profile.tick.mantissa), scale: profile.tick.scale)
  }

  private func decimalSize(_ lots: Int64) -> Decimal {
    Decimal(trimming: lots * Int64(profile.lot.mantissa), scale: profile.lot.scale)
  }
}

extension Decimal {
  /// How many ticks the price is, cut to a whole number.
  fileprivate func ticks(of tick: Decimal) -> Int64 {
    divided(by: tick, scale: 0).flatMap { Int64(exactly: $0.mantissa) } ?? 1
  }
}
