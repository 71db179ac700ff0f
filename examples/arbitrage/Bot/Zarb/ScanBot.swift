import PerpCore

/// Compares every asset that both venues trade, once, and ends. (S1-85)
package struct ScanBot: Bot {
  private static let look = Nanoseconds.milliseconds(500)

  private let venues: (first: String, second: String)
  private let limit: Int
  private var view = MarketView()
  private var scanner = MarketScanner()
  private var outbox = Outbox()
  private var subscribed: Set<Listing> = []
  private var isConnected = false
  private var isOver = false
  private var nextLook: UInt64
  private let end: UInt64

  /// `patience`: nanoseconds that quotes are waited for.
  package init(
    venues: (first: String, second: String), limit: Int, patience: UInt64, at now: Moment
  ) {
    (self.venues, self.limit) = (venues, limit)
    nextLook = now.monotonic
    end = now.monotonic + patience
  }

  package var deadline: UInt64? { isOver ? nil : min(nextLook, end) }

  package mutating func receive(
    _ input: BotInput, at now: Moment, into actions: inout [BotAction]
  ) {
    guard !isOver else { return }
    switch input {
    case .line(let line):
      view.note(line, at: now)
      if case .hello = line { (isConnected, subscribed) = (true, []) }
    case .disconnected(let cause):
      isConnected = false
      view.disconnect()
      outbox.log(.error, "The gateway is gone: \(cause)")
    case .stop: finish(at: now)
    case .wake, .killSwitch, .console: break
    }
    if ZarbTimers.isDue(&nextLook, Self.look, at: now.monotonic), isConnected { learn() }
    if end <= now.monotonic { finish(at: now) }
    actions += outbox.take()
  }

  private mutating func learn() {
    let known = view.markets
    let missing = [venues.first, venues.second].filter { venue in
      !known.keys.contains { $0.venue == venue }
    }
    if !missing.isEmpty { outbox.send(.allMarkets(venues: missing), for: .markets) }
    scanner.learn(known, venues: venues)
    for listing in scanner.pairs.flatMap({ [$0.first, $0.second] })
    where subscribed.insert(listing).inserted {
      outbox.send(.subscribe(listing), for: .other("subscribe \(listing)"))
    }
  }

  private mutating func finish(at now: Moment) {
    guard !isOver else { return }
    isOver = true
    scanner.scan(at: now) { view.quote($0, at: now) }
    if let error = scanner.error { outbox.log(.error, error) }
    outbox.reply(ConsoleReply(id: 0, scanner.json(limit: limit, .init())))
    outbox.finish(
      scanner.error == nil ? 0 : 1,
      ExitSummary(
        bot: "scan", trades: 0, netProfit: .zero, fees: .zero, maxUnhedgedMilliseconds: 0,
        endPositions: []))
  }
}
