import PerpCore

// MARK: - One look at the market (S0-20 to S0-33)

extension SpreadBot {
  /// After a failed look the next comes sooner. (S0-30)
  private static let failureInterval = Nanoseconds.milliseconds(500)
  /// Nanoseconds in which positions must be told for a signal to stand.
  private static let confirmationLimit = Nanoseconds.seconds(1)

  mutating func carryOn(at now: Moment) {
    startIfReady(at: now)
    switch phase {
    case .running:
      if let deadline = confirmation?.deadline, deadline <= now.monotonic {
        confirmation = nil
        outbox.log(.warning, "Positions were not told in time: the signal is dropped")
      }
      if schedule.loop <= now.monotonic { look(at: now) }
      comeRound(at: now)
    case .stopping: close(at: now)
    case .connecting, .starting, .finished: break
    }
  }

  private mutating func look(at now: Moment) {
    guard let first = view.quote(settings.first, at: now),
      let second = view.quote(settings.second, at: now)
    else { return noteFailedLook(at: now) }
    schedule.loop = now.monotonic + settings.loopInterval
    metrics.note(areQuotesSound: true)
    if quoteFailures.count > 0 {
      outbox.log(.info, "Quotes are back after \(quoteFailures.end()) failures")
    }
    let long = SpreadDirection.long.spread(first, second)
    let short = SpreadDirection.short.spread(first, second)
    if window.note(long: long, short: short, at: now.monotonic) { noteSample() }
    outbox.row(.bbo, quotesRow(first, second, long, short, at: now))
    guard isWarm, let direction = window.signal(settings.thresholds) else { return }
    consider(direction, at: now)
  }

  private mutating func noteFailedLook(at now: Moment) {
    schedule.loop = now.monotonic + min(settings.loopInterval, Self.failureInterval)
    metrics.note(areQuotesSound: false)
    let isWorthALine = quoteFailures.note()
    guard isWorthALine || !isWarm else { return }
    let missing = [settings.first, settings.second].filter { view.quote($0, at: now) == nil }
    let names = missing.map(\.description).joined(separator: ", ")
    outbox.log(.warning, "No sound quote of \(names) (\(quoteFailures.count) in a row)")
  }

  var isWarm: Bool { window.count >= settings.warmup }

  private mutating func noteSample() {
    let count = window.count
    if count == settings.warmup {
      outbox.log(.info, "Warm after \(count) samples: \(meansText)")
    } else if count < settings.warmup, count.isMultiple(of: 20) {
      outbox.log(.info, "Warming up: \(count)/\(settings.warmup) samples")
    }
  }

  // MARK: Entry

  private mutating func consider(_ direction: SpreadDirection, at now: Moment) {
    guard trades.isEmpty, confirmation == nil else { return }
    if let lastTrade, now.monotonic < lastTrade + settings.cooldown { return }
    if let reason = obstacle(direction, at: now) {
      if skips.note() { outbox.log(.info, "Signal \(direction.rawValue) skipped: \(reason)") }
      return
    }
    _ = skips.end()
    announce(direction, at: now)
    guard !isDry else {
      lastTrade = now.monotonic
      outbox.log(.info, "Dry run: no orders")
      return
    }
    askForPositions()
    confirmation = Confirmation(
      direction: direction, serial: serial, deadline: now.monotonic + Self.confirmationLimit)
  }

  /// Why there must be no entry now; nil where nothing stands against it.
  private func obstacle(_ direction: SpreadDirection, at now: Moment) -> String? {
    let time = now.monotonic
    if killSwitch.state != .armed { return "kill switch \(killSwitch.reason)" }
    if interactive.pauses(at: time) { return interactive.text(at: time) }
    if time < pausedUntil { return "paused after failures" }
    if let venue = lostAccounts.sorted().first { return "\(venue) takes no orders" }
    if settings.imbalanceAction == .pause, isImbalanced { return "positions differ by \(net)" }
    for listing in [settings.first, settings.second] {
      if let status = view.rules(listing)?.status, status != "open", status != "quotes_only" {
        return "\(listing) is \(status)"
      }
    }
    let position = view.position(settings.first)
    let cap = PositionCap(settings.maxPosition)
    return cap.allows(direction.sides.first, settings.size, from: position)
      ? nil : "position \(position) is at its cap"
  }

  /// The venues' positions, asked for on behalf of a signal or at the start. What is not among
  /// them is flat.
  mutating func receive(positions result: JSONFields, _ serial: Int, at now: Moment) {
    let rows = (result.objects("positions") ?? []).compactMap { PositionLine($0) }
    for listing in [settings.first, settings.second] {
      let row = rows.first { $0.listing == listing } ?? PositionLine(listing, .zero)
      view.note(.position(row), at: now)
    }
    guard let asked = confirmation, asked.serial == serial else { return }
    confirmation = nil
    guard phase == .running, obstacle(asked.direction, at: now) == nil,
      let first = view.quote(settings.first, at: now),
      let second = view.quote(settings.second, at: now),
      let trigger = window.trigger(asked.direction, settings.thresholds),
      asked.direction.spread(first, second) > trigger
    else {
      outbox.log(.info, "The signal is gone")
      return
    }
    enter(asked.direction, first, second, at: now)
  }

  private mutating func enter(
    _ direction: SpreadDirection, _ first: Quote, _ second: Quote, at now: Moment
  ) {
    lastTrade = now.monotonic
    do throws(MarketRules.Refusal) {
      let record = try plan(direction, first, second, at: now)
      var trade = PairTrade(record, settings: tradeSettings, at: now)
      trade.begin(at: now, &outbox)
      trades.append(trade)
      metrics.note(orders: 2, filled: 0)
    } catch {
      outbox.log(.error, "No order [\(FailureClass.local.rawValue)]: \(error)")
    }
  }

  private func plan(
    _ direction: SpreadDirection, _ first: Quote, _ second: Quote, at now: Moment
  ) throws(MarketRules.Refusal) -> LedgerRecord.TradeRecord {
    guard let rules = view.rules(settings.first), let otherRules = view.rules(settings.second)
    else { throw MarketRules.Refusal(description: "the markets' rules are not known") }
    let sides = direction.sides
    // The same size on both, on the coarser grid.
    let common = settings.size.floored(to: rules.lot).floored(to: otherRules.lot)
    let size = try rules.size(common, at: first.price(for: sides.first))
    _ = try otherRules.size(size, at: second.price(for: sides.second))
    let id = ledger.nextTrade(at: now)
    let firstTicket = OrderTicket(
      settings.first, clientID: "arb_\(id)_a", side: sides.first, size: size,
      price: try rules.emulatedMarket(sides.first, against: first, offset: settings.offset),
      timeInForce: .ioc)
    var secondTicket = OrderTicket(
      settings.second, clientID: "arb_\(id)_b", side: sides.second, size: size)
    if settings.isSecondQuoted {
      secondTicket.maxSlippage = settings.maxSlippage
    } else {
      secondTicket.price = try otherRules.emulatedMarket(
        sides.second, against: second, offset: settings.offset)
      secondTicket.timeInForce = .ioc
    }
    return LedgerRecord.TradeRecord(
      id: id, direction: direction.rawValue, first: firstTicket, second: secondTicket,
      positions: [view.position(settings.first), view.position(settings.second)])
  }
}
