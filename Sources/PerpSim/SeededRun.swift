import PerpCore
import PerpVenue

/// One run of a venue's session against its simulator under a swarm of faults, all drawn from a
/// seed: first trouble, then peace, in which everything must come right again.
package struct SeededRun: Sendable {
  package struct Report: Sendable {
    package let seed: UInt64
    package let plan: String
    package let steps: Int
    package let virtualSeconds: UInt64
    package let faults: Int
    package let entered: [StreamStatus.State: Int]
    package let booksCompared: Int
    package let quotesCompared: Int
    package let violations: [String]
  }

  package let venue: VenueDescriptor
  package let symbols: [Symbol]
  package let steps: Int
  /// With a policy there are several sessions that act as one.
  private let bundle: SessionBundle.Policy?

  /// A busy market and one that sleeps for half a minute at a time.
  package init(venue: VenueDescriptor, steps: Int, bundle: SessionBundle.Policy? = nil) {
    self.venue = venue
    self.bundle = bundle
    symbols = ["BTC", "ORDI"].compactMap(venue.perpetual)
    self.steps = steps
  }

  /// After so many steps a reader who has missed something asks for one topic's state.
  private static let snapshotEvery = 32

  /// `onAction` is shown all that the session does, with the nanoseconds since the start.
  package func run(
    seed: UInt64, plan chosen: FaultPlan? = nil,
    onAction: ((UInt64, VenueAction) -> Void)? = nil
  ) -> Report {
    var random = Random(seed: seed)
    let drawn = FaultPlan.swarm(seed: random.next())
    let plan = chosen ?? drawn
    let endpoints = venue.simulatorEndpoints("127.0.0.1:1")
    let isVariant = !venue.variants.isEmpty && random.chance(1, in: 5)
    let settings = isVariant ? venue.variants[random.below(venue.variants.count)] : [:]
    let simulator = venue.makeSimulator(
      SimulatorOptions(
        seed: random.next(), symbols: symbols, eventsPerSecond: 20 << random.below(4),
        settings: settings))
    var options = PairOptions()
    options.keepsActions = true
    let sessionOptions = SessionOptions(
      endpoints: endpoints, seed: random.next(), settings: settings)
    let session: any VenueSession =
      if let bundle { venue.bundle(sessionOptions, bundle) } else {
        venue.makeSession(sessionOptions)
      }
    var pair = Pair(
      session: session,
      simulator: FaultySimulator(simulator, plan: plan, seed: random.next()),
      seed: random.next(), options: options)
    var oracle = MarketDataOracle()
    let topics = symbols.flatMap { symbol in venue.channels.map { Topic($0.channel, symbol) } }

    pair.start()
    while pair.steps < steps, pair.step() { watch(&pair, &oracle, topics, onAction) }
    let lastFault = max(pair.elapsed, plan.end ?? 0)
    let end = lastFault + venue.recovery + plan.penalty
    while pair.elapsed < end, pair.step() { watch(&pair, &oracle, topics, onAction) }
    let quietByNature = topics.filter { $0.channel != .trade }
    oracle.expectRecovered(quietByNature, since: lastFault)
    var violations = oracle.violations
    if let failure = pair.failure { violations.append(failure) }
    if !oracle.blocked.isEmpty, !plan.mayBlock { violations.append("blocked without a reason") }
    if plan.clauses.isEmpty {
      for state in [StreamStatus.State.stale, .gap, .down] where oracle.entered[state] != nil {
        violations.append("alarm without a fault: \(state)")
      }
    }
    return Report(
      seed: seed, plan: plan.description, steps: pair.steps,
      virtualSeconds: pair.elapsed / Nanoseconds.seconds(1),
      faults: (pair.simulator as? FaultySimulator)?.counts.values.reduce(0, +) ?? 0,
      entered: oracle.entered, booksCompared: oracle.booksCompared,
      quotesCompared: oracle.quotesCompared, violations: violations)
  }

  private func watch(
    _ pair: inout Pair, _ oracle: inout MarketDataOracle, _ topics: [Topic],
    _ onAction: ((UInt64, VenueAction) -> Void)?
  ) {
    for symbol in symbols {
      oracle.learn(from: pair.simulator, of: symbol, at: pair.elapsed)
    }
    if pair.steps.isMultiple(of: Self.snapshotEvery) {
      pair.requestSnapshot(topics[pair.steps / Self.snapshotEvery % topics.count])
    }
    for timed in pair.drainActions() {
      onAction?(pair.elapsed, timed.action)
      switch timed.action {
      case .emit(let event): oracle.observe(event)
      case .answer(let event): oracle.observe(answer: event)
      case .markets where oracle.entered.isEmpty: pair.subscribe(topics)
      default: break
      }
    }
  }
}

extension FaultPlan {
  /// Nanoseconds that a client stays away after the last of it, because it was told to.
  fileprivate var penalty: UInt64 {
    let statuses = clauses.filter { $0.kind == .refuse || $0.kind == .rest }.map(\.value)
    return statuses.contains(.number(403))
      ? Nanoseconds.seconds(180) : statuses.contains(.number(429)) ? Nanoseconds.seconds(60) : 0
  }

  /// Whether it turns clients away for good.
  fileprivate var mayBlock: Bool {
    clauses.contains { clause in
      (clause.kind == .refuse || clause.kind == .rest)
        && [.number(401), .number(403)].contains(clause.value)
    }
  }
}
