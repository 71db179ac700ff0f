import PerpCore

/// Opens a pair where two venues are far apart, and closes it when they have come together. (S4)
///
/// Opening and closing go by the same measure: what the pair's direction brings at executable
/// prices, so that a pair is not closed by what opened it.
package struct ConvergenceBot: Bot {
  /// An opening that waits for the venues' positions.
  struct Confirmation: Equatable {
    let direction: SpreadDirection
    let serial: Int
    /// On the monotonic clock.
    let deadline: UInt64
  }

  /// What is counted for people. (S4-13)
  struct Statistics: Equatable {
    var best: Decimal?
    var opportunities = 0
    /// By venue.
    var fees: [String: Decimal] = [:]
    var makers = 0
    var takers = 0
    var wasOpportunity = false
  }

  let settings: ConvergenceSettings
  package internal(set) var desk: Desk
  var confirmation: Confirmation?
  var window: SpreadWindow
  var statistics = Statistics()
  var quoteFailures = FailureRun()
  var skips = FailureRun()
  var badData = FailureRun()
  /// Entries that failed in a row.
  var failures = 0
  /// No entries before, on the monotonic clock.
  var lockedUntil: UInt64 = 0
  /// No closing after one that failed before, on the monotonic clock.
  var nextClose: UInt64 = 0
  var mismatch = Decimal.zero
  /// When what comes round is due, on the monotonic clock.
  var nextLook: UInt64
  var nextState: UInt64
  var nextStatistics: UInt64
  var nextVerification: UInt64

  package init(_ settings: ConvergenceSettings, ledger: Ledger = Ledger(), at now: Moment) {
    self.settings = settings
    desk = Desk(settings.desk, ledger: ledger, at: now)
    window = SpreadWindow(capacity: settings.window, interval: settings.sampleInterval)
    nextLook = now.monotonic
    nextState = now.monotonic + settings.stateLine
    nextStatistics = now.monotonic + settings.statistics
    nextVerification = now.monotonic + settings.verification
  }

  package var deadline: UInt64? {
    var due = [desk.deadline, confirmation?.deadline].compactMap { $0 }
    if desk.isRunning { due += [nextLook, nextState, nextStatistics, nextVerification] }
    return due.min()
  }

  package mutating func receive(
    _ input: BotInput, at now: Moment, into actions: inout [BotAction]
  ) {
    // What comes of trades is judged with the ledger that has them.
    let wasOpen = desk.phase != .finished
    let events = desk.receive(input, at: now)
    if case .line(.hello) = input, settings.edge.hold > 0 {
      for listing in [settings.first, settings.second] { desk.followFunding(of: listing) }
    }
    actions += desk.take()
    for event in events { receive(event, at: now) }
    if desk.isRunning { carryOn(at: now) } else { confirmation = nil }
    // At the end all pairs were closed.
    if desk.phase == .finished, wasOpen { writeHistory(at: now) }
    actions += desk.take()
  }

  private mutating func writeHistory(at now: Moment) {
    desk.outbox.write(
      .history,
      desk.ledger.pairs.history(
        first: settings.first.venue, second: settings.second.venue, at: now))
  }

  private mutating func receive(_ event: Desk.Event, at now: Moment) {
    switch event {
    case .started:
      nextLook = now.monotonic
      if desk.trades.isEmpty, !desk.ledger.isConsistent {
        desk.outbox.log(.critical, "The ledger's pairs are not what its fills come to")
        return desk.stop("pairs were closed in part", at: now)
      }
      if !desk.ledger.pairs.held.isEmpty {
        desk.outbox.log(.info, "\(desk.ledger.pairs.held.count) pairs of earlier runs are held")
      }
    case .fill(let fill):
      let fees = statistics.fees[fill.listing.venue] ?? .zero
      statistics.fees[fill.listing.venue] = fees.plus(fill.fee)
      if fill.liquidity == "maker" { statistics.makers += 1 } else { statistics.takers += 1 }
    case .positions(let serial): confirm(serial, at: now)
    case .over(let trade, let report): conclude(trade, report, at: now)
    case .disconnected: confirmation = nil
    case .accepted, .order, .orders, .ended: break
    }
  }

  // MARK: What comes of trades

  private mutating func conclude(
    _ trade: PairTrade, _ report: PairTrade.Report, at now: Moment
  ) {
    let opens = trade.record.pair == trade.record.id
    let isDone = report.outcome == .booked
    writeHistory(at: now)
    if report.duration > Metrics.slow {
      desk.outbox.log(.warning, "Both legs took \(report.duration / 1_000_000) ms")
      desk.outbox.notify(NotificationText.bold("Slow execution"))
    }
    if opens {
      lockedUntil = now.monotonic + settings.lockAfterOpen
      failures = isDone ? 0 : failures + 1
    } else if isDone {
      lockedUntil = now.monotonic + settings.lockAfterClose
    } else {
      nextClose = now.monotonic + settings.lockAfterOpen
    }
    guard isDone else {
      desk.tellFailure(opens ? "Entry" : "Close", report)
      if opens, failures == settings.maxFailures { desk.tellEntriesStopped(after: failures) }
      return
    }
    if opens {
      guard let pair = desk.ledger.pairs.held.last else { return }
      desk.tell(
        "Opened \(pair.direction) \(pair.size)",
        "\(pair.firstPrice) / \(pair.secondPrice), spread \(pair.openSpread.text(places: 2))")
    } else if let closed = desk.ledger.pairs.closed.last, closed.pair.id == trade.record.pair {
      desk.tell(
        "Closed \(closed.pair.direction) \(closed.pair.opened)",
        "spread \(closed.pair.openSpread.text(places: 2)) to "
          + "\((closed.closeSpread ?? .zero).text(places: 2)), "
          + "net \(closed.profit.text(places: 4)), fees \(closed.pair.fees.text(places: 4))")
    }
  }
}
