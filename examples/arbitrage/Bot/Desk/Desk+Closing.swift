import PerpCore

// MARK: - A good end (S0-44)

extension Desk {
  static let checks = 10
  static let checkInterval = Nanoseconds.seconds(1)
  static let firstCheck = Nanoseconds.milliseconds(100)
  static let checksUntilBelieved = 3
  /// Nanoseconds that trades under way, and a gateway that is gone, are waited for.
  static let patience = Nanoseconds.seconds(60)

  /// The end of a run: cancel all, close both positions, look whether they are closed.
  package struct Closing: Equatable, Sendable {
    let reason: String
    let began: UInt64
    /// On the monotonic clock.
    var nextCheck: UInt64
    var checks = 0
    /// Positions were told since the end began.
    var isConfirmed = false
    /// An earlier run was killed amid this: once it is done, this one begins.
    var goesOn = false
  }

  /// Once: a second wish changes nothing. (C-13)
  package mutating func stop(_ reason: String, at now: Moment) {
    switch phase {
    case .stopping(var closing):
      closing.goesOn = false
      return phase = .stopping(closing)
    case .finished: return
    case .connecting, .starting, .running: break
    }
    outbox.log(.info, "Stopping: \(reason)")
    // Before it has begun it knows no positions but those that an earlier run has left.
    let isLeft = !hasStarted && ledger.isClosing && !isDry
    guard hasStarted, !isDry else { return end(reason, code: isLeft ? 1 : 0, at: now) }
    beginClosing(reason, at: now)
  }

  mutating func beginClosing(_ reason: String, goesOn: Bool = false, at now: Moment) {
    if settings.closesAtEnd, !ledger.isClosing { outbox.keep(.closing(at: now.wall)) }
    for listing in settings.listings {
      cancelAll(listing, at: now)
    }
    // What was filled just now may not be among the positions yet.
    _ = askForPositions()
    phase = .stopping(
      Closing(
        reason: reason, began: now.monotonic, nextCheck: now.monotonic + Self.firstCheck,
        goesOn: goesOn))
  }

  /// True once, when what an earlier run had begun to close is closed, and the strategy may begin.
  mutating func close(at now: Moment) -> Bool {
    guard case .stopping(var closing) = phase, closing.nextCheck <= now.monotonic else {
      return false
    }
    closing.nextCheck = now.monotonic + Self.checkInterval
    // What is in doubt must be known first: it would be closed twice.
    let mayWait = now.monotonic < closing.began + Self.patience
    let isBusy = trades.contains { !$0.isOver } || !isConnected
    if isBusy, mayWait {
      phase = .stopping(closing)
      return false
    }
    let open = settings.closesAtEnd ? settings.listings.filter { !view.position($0).isZero } : []
    let isWorking = orders.contains { !$0.leg.isSettled }
    if open.isEmpty, !isWorking, isSure(closing) || !settings.closesAtEnd {
      if settings.closesAtEnd, !ledger.pairs.held.isEmpty {
        outbox.keep(.flattened(at: now.wall))
      }
      if settings.closesAtEnd { outbox.keep(.closed(at: now.wall)) }
      if closing.goesOn {
        phase = .running
        return true
      }
      end(closing.reason, code: 0, at: now)
      return false
    }
    guard closing.checks < Self.checks else {
      outbox.log(.critical, "Positions are still open: \(positionsText)")
      end(closing.reason, code: 1, at: now)
      return false
    }
    closing.checks += 1
    for listing in open where !self.isWorking(listing) {
      place(closing: listing, closing.checks, at: now)
    }
    _ = askForPositions()
    phase = .stopping(closing)
    return false
  }

  /// Whether positions were told, and are what all fills come to; where they stay another they are
  /// believed.
  private func isSure(_ closing: Closing) -> Bool {
    let isExpected = settings.listings.allSatisfy {
      view.position($0) == (ledger.inventory[$0] ?? .zero)
    }
    return closing.isConfirmed && (isExpected || closing.checks >= Self.checksUntilBelieved)
  }

  mutating func confirmClosing() {
    guard case .stopping(var closing) = phase else { return }
    closing.isConfirmed = true
    phase = .stopping(closing)
  }

  private mutating func place(closing listing: Listing, _ check: Int, at now: Moment) {
    let position = view.position(listing)
    let place = settings.listings.first == listing ? "a" : "b"
    let ticket = taker(
      listing, position.isNegative ? .buy : .sell, position.magnitude,
      name: orderName("c\(check)\(place)", at: now), isReduceOnly: true, at: now)
    if let ticket { self.place(ticket, at: now) }
  }

  /// For good; positions stay as they are.
  package mutating func end(_ reason: String, code: Int32, at now: Moment) {
    phase = .finished
    outbox.log(.info, "Stopped (\(reason)): \(runtimeText(at: now)), \(bookedTrades) trades")
    outbox.notify(
      NotificationText.bold("Stopped") + " (\(NotificationText.escape(reason))): "
        + "\(runtimeText(at: now)), \(bookedTrades) trades")
    outbox.finish(code, summary(at: now))
  }

  private func summary(at now: Moment) -> ExitSummary {
    // What is still held counts at the middle of its market.
    let held = settings.listings.reduce(Decimal.zero) { sum, listing in
      let size = ledger.inventory[listing] ?? .zero
      return sum.plus(size.times(view.quote(listing, at: now)?.mid ?? .zero))
    }
    return ExitSummary(
      bot: settings.name, trades: bookedTrades,
      netProfit: ledger.cash.plus(held).minus(ledger.fees).plus(ledger.funding), fees: ledger.fees,
      maxUnhedgedMilliseconds: Int64(maxUnhedged / 1_000_000),
      endPositions: settings.listings.map { ($0.description, view.position($0)) })
  }
}
