import PerpCore

// MARK: - One look at the market (S0-20 to S0-33)

extension SpreadBot {
  /// After a failed look the next comes sooner. (S0-30)
  private static let failureInterval = Nanoseconds.milliseconds(500)
  /// Nanoseconds in which positions must be told for a signal to stand.
  private static let confirmationLimit = Nanoseconds.seconds(1)

  mutating func carryOn(at now: Moment) {
    if let deadline = confirmation?.deadline, deadline <= now.monotonic {
      confirmation = nil
      desk.outbox.log(.warning, "Positions were not told in time: the signal is dropped")
    }
    if schedule.loop <= now.monotonic { look(at: now) }
    comeRound(at: now)
  }

  private mutating func look(at now: Moment) {
    guard let first = desk.view.quote(settings.first, at: now),
      let second = desk.view.quote(settings.second, at: now)
    else { return noteFailedLook(at: now) }
    schedule.loop = now.monotonic + settings.loopInterval
    metrics.note(areQuotesSound: true)
    if quoteFailures.count > 0 {
      desk.outbox.log(.info, "Quotes are back after \(quoteFailures.end()) failures")
    }
    let long = SpreadDirection.long.spread(first, second)
    let short = SpreadDirection.short.spread(first, second)
    if window.note(long: long, short: short, at: now.monotonic) { noteSample() }
    desk.outbox.row(.bbo, quotesRow(first, second, long, short, at: now))
    guard isWarm, let direction = window.signal(settings.thresholds) else { return }
    consider(direction, (first, second), at: now)
  }

  private mutating func noteFailedLook(at now: Moment) {
    schedule.loop = now.monotonic + min(settings.loopInterval, Self.failureInterval)
    metrics.note(areQuotesSound: false)
    let isWorthALine = quoteFailures.note()
    guard isWorthALine || !isWarm else { return }
    let missing = [settings.first, settings.second].filter { desk.view.quote($0, at: now) == nil }
    let names = missing.map(\.description).joined(separator: ", ")
    desk.outbox.log(.warning, "No sound quote of \(names) (\(quoteFailures.count) in a row)")
  }

  var isWarm: Bool { window.count >= settings.warmup }

  private mutating func noteSample() {
    let count = window.count
    if count == settings.warmup {
      desk.outbox.log(.info, "Warm after \(count) samples: \(meansText)")
    } else if count < settings.warmup, count.isMultiple(of: 20) {
      desk.outbox.log(.info, "Warming up: \(count)/\(settings.warmup) samples")
    }
  }

  // MARK: Entry

  private mutating func consider(
    _ direction: SpreadDirection, _ quotes: (first: Quote, second: Quote), at now: Moment
  ) {
    guard desk.trades.isEmpty, confirmation == nil else { return }
    if let lastTrade, now.monotonic < lastTrade + settings.cooldown { return }
    if let reason = obstacle(direction, quotes, at: now) {
      if skips.note() { desk.outbox.log(.info, "Signal \(direction.rawValue) skipped: \(reason)") }
      return
    }
    _ = skips.end()
    announce(direction, quotes, at: now)
    guard !desk.isDry else {
      lastTrade = now.monotonic
      desk.outbox.log(.info, "Dry run: no orders")
      return
    }
    confirmation = Confirmation(
      direction: direction, serial: desk.askForPositions(),
      deadline: now.monotonic + Self.confirmationLimit)
  }

  /// Why there must be no entry now; nil where nothing stands against it.
  private func obstacle(
    _ direction: SpreadDirection, _ quotes: (first: Quote, second: Quote), at now: Moment
  ) -> String? {
    let time = now.monotonic
    if let obstacle = desk.obstacle { return obstacle }
    if interactive.pauses(at: time) { return interactive.text(at: time) }
    if time < pausedUntil { return "paused after failures" }
    if settings.imbalanceAction == .pause, isImbalanced { return "positions differ by \(net)" }
    let position = desk.view.position(settings.first)
    let cap = PositionCap(settings.maxPosition)
    guard cap.allows(direction.sides.first, settings.size, from: position) else {
      return "position \(position) is at its cap"
    }
    if let volatility = settings.thresholds.volatility,
      let objection = volatility.objection(
        window.reversion(direction, volatility), quotes, at: now)
    {
      return objection
    }
    if let forecast = settings.forecast {
      guard let trigger = window.trigger(direction, settings.thresholds),
        let expected = window.forecast(direction, by: forecast)
      else { return "there are too few samples for a forecast" }
      if expected <= trigger {
        return "a spread of \(expected.text(places: 2)) is expected, which is not above "
          + trigger.text(places: 2)
      }
    }
    return settings.edge.objection(to: netEdge(direction, quotes))
  }

  /// Nil where funding counts and is not known.
  func netEdge(
    _ direction: SpreadDirection, _ quotes: (first: Quote, second: Quote)
  ) -> NetEdge? {
    let position = desk.view.position(settings.first)
    let opposite = direction == .long ? position.negated : position
    return settings.edge.netEdge(
      direction, PairView(settings.first, settings.second, quotes, in: desk.view),
      isReducing: opposite >= settings.size)
  }

  /// The venues' positions, asked for on behalf of a signal, are there.
  mutating func confirm(_ serial: Int, at now: Moment) {
    guard let asked = confirmation, asked.serial == serial else { return }
    confirmation = nil
    guard desk.isRunning, let first = desk.view.quote(settings.first, at: now),
      let second = desk.view.quote(settings.second, at: now),
      obstacle(asked.direction, (first, second), at: now) == nil,
      let trigger = window.trigger(asked.direction, settings.thresholds),
      asked.direction.spread(first, second) > trigger
    else {
      desk.outbox.log(.info, "The signal is gone")
      return
    }
    enter(asked.direction, first, second, at: now)
  }

  private mutating func enter(
    _ direction: SpreadDirection, _ first: Quote, _ second: Quote, at now: Moment
  ) {
    lastTrade = now.monotonic
    do throws(MarketRules.Refusal) {
      let record = try desk.plan(
        direction, direction.sides, settings.size, (first, second), at: now)
      desk.begin(record, at: now)
      metrics.note(orders: 2, filled: 0)
    } catch {
      desk.outbox.log(.error, "No order [\(FailureClass.local.rawValue)]: \(error)")
    }
  }
}
