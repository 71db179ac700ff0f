import PerpCore
import PerpSim
import PerpVenue

/// A venue as the shared tests need it.
package struct VenueUnderTest: Sendable {
  package let descriptor: VenueDescriptor
  /// Two busy markets, the first of which is the victim of faults.
  package let symbols: [Symbol]
  /// The channel by which faults of the connection are judged.
  package let watched: Channel
  /// Words of its answers to put in place of others, so that a market gets another tick.
  package typealias Relisting = (from: String, to: String)
  package let relisting: Relisting?
  /// With these its messages are text.
  package let textSettings: [String: String]
  /// Whether a message of ours asks the venue for the topic.
  package let isSubscription: @Sendable (_ text: String, Topic) -> Bool

  package init(
    _ descriptor: VenueDescriptor, watched: Channel = .bbo, relisting: Relisting? = nil,
    textSettings: [String: String] = [:],
    isSubscription: @escaping @Sendable (_ text: String, Topic) -> Bool
  ) {
    self.descriptor = descriptor
    self.watched = watched
    self.relisting = relisting
    self.textSettings = textSettings
    symbols = ["BTC", "ETH"].compactMap(descriptor.perpetual)
    self.isSubscription = isSubscription
  }

  /// The channels that the venue has.
  package var channels: [Channel] { descriptor.channels.map(\.channel) }
}

/// The venue's session against its simulator under one plan of faults, on a virtual clock.
package struct FaultRun {
  package let venue: VenueUnderTest
  package private(set) var pair: Pair
  package private(set) var oracle = MarketDataOracle()
  /// What the session did, by nanoseconds since the start.
  package private(set) var log: [(time: UInt64, action: VenueAction)] = []
  private let topics: [Topic]

  /// Without `channels` and `symbols`, all that the venue has; with a `bundle`, several sessions.
  package init(
    _ venue: VenueUnderTest, _ plan: String, channels: [Channel]? = nil,
    symbols: [Symbol]? = nil, settings: [String: String] = [:],
    bundle: SessionBundle.Policy? = nil, options network: PairOptions? = nil,
    relisting: (VenueUnderTest.Relisting, after: Int)? = nil, eventsPerSecond: Int = 200,
    seed: UInt64 = 5
  ) throws {
    self.venue = venue
    let symbols = symbols ?? venue.symbols
    topics = symbols.flatMap { symbol in
      (channels ?? venue.channels).map { Topic($0, symbol) }
    }
    var simulator = venue.descriptor.makeSimulator(
      SimulatorOptions(
        seed: seed, symbols: symbols, eventsPerSecond: eventsPerSecond, settings: settings))
    if let (change, after) = relisting {
      simulator = RelistingSimulator(simulator, change, after: after)
    }
    let options = SessionOptions(
      endpoints: venue.descriptor.simulatorEndpoints("127.0.0.1:1"), seed: seed,
      settings: settings)
    let session: any VenueSession =
      if let bundle {
        venue.descriptor.bundle(options, bundle)
      } else {
        venue.descriptor.makeSession(options)
      }
    pair = Pair(
      session: session,
      simulator: FaultySimulator(
        simulator, plan: plan.isEmpty ? FaultPlan() : try FaultPlan(plan), seed: seed), seed: seed,
      options: network ?? .fixed(latency: Nanoseconds.milliseconds(2)))
    pair.start()
  }

  /// Lets so many seconds pass in all.
  package mutating func run(to seconds: Int, outage: Range<Int>? = nil) {
    if let outage {
      pair.loseNetwork(
        after: Nanoseconds.seconds(outage.lowerBound),
        for: Nanoseconds.seconds(outage.count))
    }
    while pair.elapsed < Nanoseconds.seconds(seconds), pair.step() {
      for symbol in Set(topics.map(\.symbol)) {
        oracle.learn(from: pair.simulator, of: symbol, at: pair.elapsed)
      }
      for timed in pair.drainActions() {
        log.append((pair.elapsed, timed.action))
        switch timed.action {
        case .emit(let event): oracle.observe(event)
        case .answer(let event): oracle.observe(answer: event)
        case .markets where oracle.entered.isEmpty: pair.subscribe(topics)
        default: break
        }
      }
    }
  }

  /// What the session did so far, for long runs.
  package mutating func forget() { log.removeAll() }

  /// The network resets the oldest connection that stands.
  package mutating func resetOldest() { pair.resetOldest() }
}

// MARK: - What came of it; times are milliseconds since the start

extension FaultRun {
  package var victim: Symbol { venue.symbols[0] }
  package var bystander: Symbol { venue.symbols[1] }

  package func states(_ topic: Topic) -> [(ms: UInt64, status: StreamStatus)] {
    log.compactMap { time, action in
      guard case .emit(.stream(let status)) = action, status.topic == topic else { return nil }
      return (time / 1_000_000, status)
    }
  }

  /// When the victim's channel, else the one that is watched, first entered the state at or after
  /// `ms`.
  package func first(
    _ state: StreamStatus.State, after ms: UInt64 = 0, _ channel: Channel? = nil
  ) -> UInt64? {
    states(Topic(channel ?? venue.watched, victim))
      .first { $0.ms >= ms && $0.status.state == state }?.ms
  }

  /// Why the victim's watched channel first went down at or after `ms`.
  package func causeOfFirstDown(after ms: UInt64) -> String? {
    states(Topic(venue.watched, victim))
      .first { $0.ms >= ms && $0.status.state == .down }?.status.cause
  }

  package func quotes(_ symbol: Symbol) -> [(ms: UInt64, bbo: BBO)] {
    log.compactMap { time, action in
      guard case .emit(.bbo(let bbo)) = action, bbo.header.symbol == symbol else { return nil }
      return (time / 1_000_000, bbo)
    }
  }

  /// Attempts to connect.
  package var attempts: [UInt64] {
    log.compactMap { time, action in
      if case .open = action { time / 1_000_000 } else { nil }
    }
  }

  /// Messages that asked for the topic.
  package func subscriptions(_ topic: Topic, after ms: UInt64) -> [UInt64] {
    log.compactMap { time, action in
      guard case .send(_, let bytes) = action, time / 1_000_000 >= ms else { return nil }
      return venue.isSubscription(String(decoding: bytes, as: UTF8.self), topic)
        ? time / 1_000_000 : nil
    }
  }

  package var decodeErrors: Int {
    log.count { _, action in
      if case .emit(.error(let report)) = action { report.place == "decode" } else { false }
    }
  }

  package var isAllLive: Bool {
    topics.allSatisfy { $0.channel == .trade || oracle.state(of: $0) == .live }
  }

  package var isSound: Bool { oracle.violations.isEmpty && pair.failure == nil }
}
