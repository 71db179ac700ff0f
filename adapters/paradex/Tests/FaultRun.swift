import PerpCore
import PerpSim
import PerpVenue

@testable import Paradex

/// Our session against the simulator under one plan of faults, on a virtual clock.
struct FaultRun {
  static let btc = Symbol("BTC-USD-PERP")!
  static let eth = Symbol("ETH-USD-PERP")!

  private(set) var pair: Pair
  private(set) var oracle = MarketDataOracle()
  /// What the session did, by nanoseconds since the start.
  private(set) var log: [(time: UInt64, action: VenueAction)] = []
  private let topics: [Topic]

  init(
    _ plan: String, channels: [Channel] = [.bbo, .trade, .book, .funding],
    symbols: [Symbol] = [btc, eth], latency: UInt64 = Nanoseconds.milliseconds(2), seed: UInt64 = 5
  ) throws {
    topics = symbols.flatMap { symbol in channels.map { Topic($0, symbol) } }
    let simulator = ParadexSimulator(
      options: SimulatorOptions(seed: seed, symbols: symbols, eventsPerSecond: 200))
    pair = Pair(
      session: ParadexSession(
        options: SessionOptions(
          endpoints: Endpoints(ws: "ws://127.0.0.1:1/v1", rest: "http://127.0.0.1:1/v1"),
          seed: seed)),
      simulator: FaultySimulator(
        simulator, plan: plan.isEmpty ? FaultPlan() : try FaultPlan(plan), seed: seed), seed: seed,
      options: .fixed(latency: latency))
    pair.start()
  }

  /// Lets so many seconds pass in all.
  mutating func run(to seconds: Int, outage: Range<Int>? = nil) {
    if let outage {
      pair.loseNetwork(
        after: Nanoseconds.seconds(outage.lowerBound),
        for: Nanoseconds.seconds(outage.count))
    }
    while pair.elapsed < Nanoseconds.seconds(seconds), pair.step() {
      for topic in Set(topics.map(\.symbol)) {
        oracle.learn(pair.simulator.book(of: topic), of: topic, at: pair.elapsed)
      }
      for timed in pair.drainActions() {
        log.append((pair.elapsed, timed.action))
        switch timed.action {
        case .emit(let event): oracle.observe(event)
        case .markets where oracle.entered.isEmpty: pair.subscribe(topics)
        default: break
        }
      }
    }
  }

  /// Milliseconds since the start and state, for one topic.
  func states(_ channel: Channel, _ symbol: Symbol = btc) -> [(ms: UInt64, status: StreamStatus)] {
    log.compactMap { time, action in
      guard case .emit(.stream(let status)) = action,
        status.topic == Topic(channel, symbol)
      else { return nil }
      return (time / 1_000_000, status)
    }
  }

  /// When the topic first entered the state after `ms`.
  func first(
    _ state: StreamStatus.State, after ms: UInt64 = 0, _ channel: Channel = .bbo,
    _ symbol: Symbol = btc
  ) -> UInt64? {
    states(channel, symbol).first { $0.ms >= ms && $0.status.state == state }?.ms
  }

  func quotes(_ symbol: Symbol = btc) -> [(ms: UInt64, bbo: BBO)] {
    log.compactMap { time, action in
      guard case .emit(.bbo(let bbo)) = action, bbo.header.symbol == symbol else { return nil }
      return (time / 1_000_000, bbo)
    }
  }

  /// Attempts to connect, in milliseconds since the start.
  var attempts: [UInt64] {
    log.compactMap { time, action in
      if case .open = action { time / 1_000_000 } else { nil }
    }
  }

  /// Messages that asked for `channel` again, in milliseconds since the start.
  func requests(_ channel: String, after ms: UInt64) -> [UInt64] {
    log.compactMap { time, action in
      guard case .send(_, let bytes) = action, time / 1_000_000 >= ms else { return nil }
      let text = String(decoding: bytes, as: UTF8.self)
      return text.contains("\"subscribe\"") && text.contains("\"\(channel)\"")
        ? time / 1_000_000 : nil
    }
  }

  var decodeErrors: Int {
    log.count { _, action in
      if case .emit(.error(let report)) = action { report.place == "decode" } else { false }
    }
  }

  var isAllLive: Bool {
    topics.allSatisfy { $0.channel == .trade || oracle.state(of: $0) == .live }
  }

  var isSound: Bool { oracle.violations.isEmpty && pair.failure == nil }
}

/// One line of evidence for a row of the fault table, as JSON on standard output.
func evidence(_ row: String, _ isMet: Bool, _ fields: KeyValuePairs<String, Any>) {
  let rest = fields.map { ",\"\($0.key)\":\($0.value)" }.joined()
  print("{\"evid\":\"\(row)\",\"venue\":\"paradex\",\"ok\":\(isMet)\(rest)}")
}
