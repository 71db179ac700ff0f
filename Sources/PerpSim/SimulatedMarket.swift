import PerpCore

/// One market full of random traders, on its own clock: nothing happens between events, and each
/// event says which levels changed and what was traded.
package struct SimulatedMarket: Sendable {
  package struct Execution: Equatable, Sendable {
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
    /// In the order in which they happened.
    package let executions: [Execution]
    /// The best of the book right after this event, whatever has happened since.
    package let bestBid: Level?
    package let bestAsk: Level?
    /// All that happened, if it concerned an order from outside the crowd; its fills are those of
    /// `executions`. Otherwise empty.
    package let happenings: [EngineEvent]
  }

  /// A driver that was away for long catches up in steps of so many events.
  package static let maxEventsPerAdvance = 10_000
  /// Open interest at the start, in typical orders.
  private static let openOrdersAtStart: Int64 = 40_000

  package let profile: MarketProfile
  /// When the next event is due, on the monotonic clock in nanoseconds; never before the start.
  package private(set) var deadline: UInt64 = .max
  package private(set) var lastExecution: Execution?
  /// Traded so far, in quote units.
  package private(set) var volume = Decimal.zero
  /// Where the crowd and perhaps others have their orders.
  package private(set) var engine = MatchingEngine()
  /// What the latest operation brought about, for those whose orders it touched.
  package private(set) var outcome = EngineOutcome()

  private let grid: PriceGrid
  private let startTicks: Int64
  private let fair: FairPrice
  /// The venue's own opinion, so that venues differ a little.
  private let bias: FairPrice
  private let meanInterval: UInt64
  private var random: Random
  private var traders: RandomTraders
  private var startedAt: UInt64 = .max
  /// Microseconds from the start to the latest event, or to when it was last asked for events.
  private var elapsed: Int64 = 0
  private var openLots: Int64
  /// The smoothed mid price in fine steps of the grid.
  private var mark: Int64 = 0

  /// `eventsPerSecond` is shared among markets by their pace. Markets with the same
  /// `fairPriceSeed`, those of one asset on several venues, hold to one fair price; without it the
  /// market has its own.
  package init(
    profile: MarketProfile, eventsPerSecond: Int, seed: UInt64, fairPriceSeed: UInt64? = nil
  ) {
    let (base, volatility) = (profile.base, profile.volatility)
    self.profile = profile
    meanInterval = profile.meanInterval(eventsPerSecond: eventsPerSecond)
    grid = PriceGrid(tickSize: profile.tick, lotSize: profile.lot)
    startTicks = grid.ticks(profile.startPrice)
    fair = FairPrice(seed: fairPriceSeed ?? seed, name: "fair \(base)", volatility: volatility)
    bias = FairPrice(
      seed: seed, name: "bias \(base)", volatility: volatility / 4, octaves: 4..<10)
    random = Random(seed: seed, named: base)
    traders = RandomTraders(profile)
    openLots = profile.typicalLots * Self.openOrdersAtStart
    traders.fillBook(&engine, &outcome, fair: startTicks, &random)
    mark = midInFineSteps ?? indexInFineSteps
  }

  package mutating func start(at now: Moment) {
    startedAt = now.monotonic
    deadline = now.monotonic + nextGap()
  }

  /// Lets pass what is due until `now` and appends it in order of time.
  package mutating func advance(to now: Moment, into events: inout [Event]) {
    for _ in 0..<Self.maxEventsPerAdvance {
      guard deadline <= now.monotonic else {
        pass(to: now.monotonic)
        return
      }
      pass(to: deadline)
      traders.act(&engine, &outcome, fair: fairTicks, &random)
      events.append(publish(at: deadline))
      deadline += nextGap()
    }
  }

  /// One operation from outside the crowd, such as the order of an account. Owners start at 1 and
  /// order ids end below `RandomTraders.firstOrderID`. `outcome` has the caller's part in it.
  package mutating func perform(
    at now: Moment, isLiquidation: Bool = false,
    _ operation: (inout MatchingEngine, inout EngineOutcome) -> Void
  ) -> Event {
    pass(to: now.monotonic)
    operation(&engine, &outcome)
    return publish(at: now.monotonic, isLiquidation: isLiquidation)
  }
}

extension SimulatedMarket {
  package var bids: [Level] { engine.levels(.buy).map(grid.level) }
  package var asks: [Level] { engine.levels(.sell).map(grid.level) }
  package var bestBid: Level? { engine.bestBid.map(grid.level) }
  package var bestAsk: Level? { engine.bestAsk.map(grid.level) }

  /// The fair price, the same on all venues, with at most 8 digits after the point.
  package var indexPrice: Decimal { grid.fine(indexInFineSteps) }

  /// The smoothed middle of the book, with at most 8 digits after the point.
  package var markPrice: Decimal { grid.fine(mark) }

  /// In base units.
  package var openInterest: Decimal { grid.size(openLots) }

  /// How far the mark is above the index, as a part of the index with 8 digits: what funding rates
  /// are made of.
  package var premium: Decimal {
    let index = indexInFineSteps
    return Decimal(trimming: Int64(Int128(mark - index) * 100_000_000 / Int128(index)), scale: 8)
  }

  /// Draws conclusions from `outcome` and tells what the public sees of it.
  private mutating func publish(at time: UInt64, isLiquidation: Bool = false) -> Event {
    traders.learn(outcome.events)
    if let mid = midInFineSteps { mark += (mid - mark) / 16 }
    var executions: [Execution] = []
    for case .filled(let fill) in outcome.events {
      executions.append(
        record(fill, isLiquidation: isLiquidation || traders.isLiquidation(fill.taker)))
    }
    if let last = executions.last { lastExecution = last }
    return Event(
      time: time, bids: changed(.buy), asks: changed(.sell), executions: executions,
      bestBid: bestBid, bestAsk: bestAsk,
      happenings: outcome.events.contains(where: \.isOfAnAccount) ? outcome.events : [])
  }

  private mutating func record(_ fill: EngineFill, isLiquidation: Bool) -> Execution {
    openLots = max(0, openLots + (random.chance(1, in: 2) ? fill.size : -fill.size))
    let execution = Execution(
      price: grid.price(fill.price), size: grid.size(fill.size), side: fill.takerSide,
      isLiquidation: isLiquidation)
    volume = execution.price.multiplied(by: execution.size).flatMap(volume.adding) ?? volume
    return execution
  }

  private func changed(_ side: Side) -> [Level] {
    var levels: [EngineLevel] = []
    for change in outcome.changes where change.side == side {
      levels.append(EngineLevel(price: change.price, size: change.size))
    }
    if levels.count > 1 {
      levels.sort { side == .buy ? $0.price > $1.price : $0.price < $1.price }
    }
    return levels.map(grid.level)
  }

  private mutating func nextGap() -> UInt64 { max(1_000, random.exponential(mean: meanInterval)) }

  private mutating func pass(to time: UInt64) {
    elapsed = max(elapsed, Int64(time - min(time, startedAt)) / 1_000)
  }

  private var fairTicks: Int64 {
    let displacement = fair.displacement(after: elapsed) + bias.displacement(after: elapsed)
    return max(1, startTicks + startTicks * displacement / 1_000_000_000)
  }

  private var indexInFineSteps: Int64 {
    let steps = startTicks * grid.tickInFineSteps
    let moved = Int128(steps) * Int128(fair.displacement(after: elapsed)) / 1_000_000_000
    return max(1, steps + Int64(moved))
  }

  private var midInFineSteps: Int64? {
    guard let bid = engine.bestBid, let ask = engine.bestAsk else { return nil }
    return (bid.price + ask.price) * grid.tickInFineSteps / 2
  }
}

extension EngineEvent {
  /// Whether it concerns an order from outside the crowd.
  fileprivate var isOfAnAccount: Bool {
    switch self {
    case .filled(let fill): fill.makerOwner != 0 || fill.takerOwner != 0
    case .reduced(_, let owner, _), .cancelled(_, let owner, _, _): owner != 0
    case .rested(let id, _), .refused(let id, _): id < RandomTraders.firstOrderID
    }
  }
}
