import PerpCore

/// Holds an asset at the venue whose funding is lower and owes it at the one whose funding is
/// higher, for as long as that pays. (B-14)
///
/// The first market of a pair is the one that is bought. What a pair is paid is estimated: at the
/// times and by the rates that venues tell, while this bot runs.
package struct FundingBot: Bot {
  let settings: FundingSettings
  package internal(set) var desk: Desk
  /// Of each asset.
  package internal(set) var markets: [String: [Listing]] = [:]
  /// Those that the gateway has.
  var venues: Set<String> = []
  /// Those that were asked for all their markets when they had some.
  var learned: Set<String> = []
  var schedules: [Listing: FundingSchedule] = [:]
  var breaker: CircuitBreaker
  /// Positions were told since the gateway was there.
  var knowsPositions = false
  /// Base units by which venue and ledger differ.
  var mismatch = Decimal.zero
  var isMismatchTold = false
  /// Entries that failed in a row.
  var failures = 0
  /// No trades of an asset before, on the monotonic clock.
  var pausedUntil: [String: UInt64] = [:]
  var skips: [String: FailureRun] = [:]
  /// When what comes round is due, on the monotonic clock.
  var nextLook: UInt64
  var nextRound: UInt64
  var nextVerification: UInt64
  var nextState: UInt64

  package init(_ settings: FundingSettings, ledger: Ledger = Ledger(), at now: Moment) {
    self.settings = settings
    desk = Desk(settings.desk(ledger), ledger: ledger, at: now)
    breaker = CircuitBreaker(settings.breaker)
    (nextLook, nextRound, nextVerification) = (now.monotonic, now.monotonic, now.monotonic)
    nextState = now.monotonic + settings.stateLine
  }

  package var deadline: UInt64? {
    ([desk.deadline].compactMap { $0 } + (desk.isRunning ? [nextLook] : [])).min()
  }

  package mutating func receive(
    _ input: BotInput, at now: Moment, into actions: inout [BotAction]
  ) {
    if case .line(.funding(let line)) = input { note(line, at: now) }
    let events = desk.receive(input, at: now)
    if case .line(.hello(let hello)) = input { greet(hello, at: now) }
    actions += desk.take()
    for event in events { receive(event, at: now) }
    if desk.isRunning { carryOn(at: now) }
    actions += desk.take()
  }

  private mutating func receive(_ event: Desk.Event, at now: Moment) {
    switch event {
    case .started: start(at: now)
    case .positions:
      knowsPositions = true
      if desk.trades.isEmpty { verify() }
    case .over(let trade, let report): conclude(trade, report, at: now)
    case .disconnected: knowsPositions = false
    case .accepted, .order, .orders, .ended, .fill: break
    }
  }

  private mutating func start(at now: Moment) {
    nextLook = now.monotonic
    if desk.trades.isEmpty, !desk.ledger.isConsistent {
      desk.outbox.log(.critical, "The ledger's pairs are not what its fills come to")
      return desk.stop("pairs were closed in part", at: now)
    }
    for pair in desk.ledger.pairs.held {
      desk.outbox.log(.info, "Held of an earlier run: \(text(pair))")
    }
  }

  // MARK: Markets

  /// A gateway that has just been started knows none of what was subscribed to.
  private mutating func greet(_ hello: GatewayLine.Hello, at now: Moment) {
    venues = Set(hello.venues)
    let missing = settings.venues.filter { !venues.contains($0) }
    if !missing.isEmpty {
      desk.outbox.log(.warning, "The gateway has no \(missing.joined(separator: ", "))")
    }
    (knowsPositions, learned, nextRound) = (false, [], now.monotonic)
    let own = desk.settings.listings
    for listing in own { desk.followFunding(of: listing) }
    for listing in settings.tickers.flatMap({ markets[$0] ?? [] }) where !own.contains(listing) {
      follow(listing)
    }
  }

  private mutating func follow(_ listing: Listing) {
    desk.outbox.send(.subscribe(listing), for: .other("subscribe \(listing)"))
    desk.followFunding(of: listing)
  }

  /// Which markets venues have is asked until all have told; false until then. Those of a pair that
  /// is held are told alone, so that to know some is not to know all.
  mutating func learn() -> Bool {
    let known = desk.view.markets
    let silent = settings.venues.filter { venues.contains($0) && !learned.contains($0) }
    if !silent.isEmpty { desk.outbox.send(.allMarkets(venues: silent), for: .markets) }
    learned.formUnion(silent.filter { venue in known.keys.contains { $0.venue == venue } })
    for venue in settings.venues {
      let best = MarketScanner.best(known, venue, settings.quotes)
      for asset in settings.tickers
      where !(markets[asset] ?? []).contains(where: { $0.venue == venue }) {
        guard let listing = best[asset] else { continue }
        markets[asset, default: []].append(listing)
        if !desk.settings.listings.contains(listing) { follow(listing) }
      }
    }
    return silent.isEmpty
  }

  // MARK: Funding

  private mutating func note(_ line: FundingLine, at now: Moment) {
    settle(line.listing, at: now)
    schedules[line.listing, default: FundingSchedule()].note(line, at: now.wall)
  }

  /// What is due by now is kept of the pair that is held: each look begins with it, so that none
  /// was opened since.
  mutating func settle(_ listing: Listing, at now: Moment) {
    while let line = schedules[listing]?.settle(at: now.wall) {
      let mid = desk.view.quote(listing, at: now)?.mid
      let pair = desk.ledger.pairs.held.first { !$0.position(listing).isZero }
      guard let pair, let amount = line.payment(pair.position(listing), mid: mid) else { continue }
      desk.outbox.keep(.funding(pair: pair.id, amount, at: now.wall))
      desk.noteKept()
      desk.outbox.log(
        .info, "Funding of \(listing): \(amount.signedText(places: 4)), as its rate is told")
    }
  }

  // MARK: What comes of trades

  private mutating func conclude(
    _ trade: PairTrade, _ report: PairTrade.Report, at now: Moment
  ) {
    let asset = String(trade.record.first.listing.symbol.base)
    let opens = trade.record.pair == trade.record.id
    let isDone = report.outcome == .booked
    if !opens || !isDone { pausedUntil[asset] = now.monotonic + settings.pause }
    if opens { failures = isDone ? 0 : failures + 1 }
    guard isDone else {
      desk.tellFailure(opens ? "Entry" : "Close", report)
      if opens, failures == settings.maxFailures { desk.tellEntriesStopped(after: failures) }
      return
    }
    if opens, let pair = desk.ledger.pairs.held.last {
      desk.tell("Opened \(asset)", text(pair))
    } else if let closed = desk.ledger.pairs.closed.last, closed.pair.id == trade.record.pair {
      desk.tell(
        "Closed \(asset)",
        "net \(closed.profit.text(places: 4)), funding "
          + "\(closed.pair.funding.signedText(places: 4)), fees "
          + closed.pair.fees.text(places: 4))
      if let reason = breaker.note(closed.profit, at: now.monotonic) {
        desk.tell("Entries pause", reason)
      }
    }
  }

  func text(_ pair: PairBook.Held) -> String {
    "\(pair.size) long \(pair.first) at \(pair.firstPrice), short \(pair.second) at "
      + "\(pair.secondPrice)"
  }
}
