import PerpCore

// MARK: - One look at the market (S4-11, S4-12, S4-14)

extension ConvergenceBot {
  private static let confirmationLimit = Nanoseconds.seconds(1)

  mutating func carryOn(at now: Moment) {
    let time = now.monotonic
    if let deadline = confirmation?.deadline, deadline <= time {
      confirmation = nil
      desk.outbox.log(.warning, "Positions were not told in time: the signal is dropped")
    }
    if nextLook <= time {
      nextLook = time + settings.interval
      look(at: now)
    }
    if nextState <= time {
      nextState = time + settings.stateLine
      desk.outbox.log(.info, stateText(at: now))
      // A difference that is gone must not stand in the way for an hour.
      if mismatch > settings.pauseMismatch { _ = desk.askForPositions() }
    }
    if nextStatistics <= time {
      nextStatistics = time + settings.statistics
      desk.outbox.log(.info, statisticsText)
      desk.outbox.notify(NotificationText.bold("Statistics") + "\n" + statisticsText)
    }
    if nextVerification <= time {
      nextVerification = time + settings.verification
      _ = desk.askForPositions()
    }
  }

  /// Both quotes, if they are fresh.
  func quotes(at now: Moment) -> (first: Quote, second: Quote)? {
    guard let first = fresh(settings.first, at: now), let second = fresh(settings.second, at: now)
    else { return nil }
    return (first, second)
  }

  private func fresh(_ listing: Listing, at now: Moment) -> Quote? {
    guard let quote = desk.view.quote(listing, at: now),
      now.wall - quote.received <= Int64(settings.validity / 1_000)
    else { return nil }
    return quote
  }

  private mutating func look(at now: Moment) {
    guard let quotes = quotes(at: now) else {
      if quoteFailures.note() {
        desk.outbox.log(.warning, "No fresh quotes (\(quoteFailures.count) in a row)")
      }
      return
    }
    if quoteFailures.count > 0 {
      desk.outbox.log(.info, "Quotes are back after \(quoteFailures.end()) failures")
    }
    _ = window.note(
      long: SpreadDirection.long.spread(quotes.first, quotes.second),
      short: SpreadDirection.short.spread(quotes.first, quotes.second), at: now.monotonic)
    let mayClose = desk.lostAccounts.isEmpty && nextClose <= now.monotonic
    for pair in desk.ledger.pairs.held where mayClose && !isClosing(pair.id) {
      if let reason = closingReason(pair, quotes, at: now) {
        close(pair, because: reason, quotes, at: now)
      }
    }
    guard let direction = opportunity(quotes) else {
      statistics.wasOpportunity = false
      return
    }
    if !statistics.wasOpportunity { statistics.opportunities += 1 }
    statistics.wasOpportunity = true
    guard desk.trades.isEmpty, confirmation == nil, lockedUntil <= now.monotonic else { return }
    if let obstacle = obstacle(direction, quotes, at: now) {
      if skips.note() { desk.outbox.log(.info, "Opportunity skipped: \(obstacle)") }
      return
    }
    _ = skips.end()
    guard !desk.isDry else {
      lockedUntil = now.monotonic + settings.lockAfterOpen
      let spread = direction.spread(quotes.first, quotes.second)
      desk.outbox.log(.info, "Dry run: would open \(direction.rawValue) at \(spread)")
      return
    }
    confirmation = Confirmation(
      direction: direction, serial: desk.askForPositions(),
      deadline: now.monotonic + Self.confirmationLimit)
  }

  // MARK: Opening

  /// The direction with the larger spread, where that is worth a pair and can be believed.
  private mutating func opportunity(
    _ quotes: (first: Quote, second: Quote)
  ) -> SpreadDirection? {
    let spreads = SpreadDirection.allCases.map { ($0, $0.spread(quotes.first, quotes.second)) }
    guard let (direction, spread) = spreads.max(by: { $0.1 < $1.1 }) else { return nil }
    guard spread <= settings.maxSpread else {
      if badData.note() {
        desk.outbox.log(.warning, "A spread of \(spread) is taken for bad data")
      }
      return nil
    }
    _ = badData.end()
    statistics.best = max(statistics.best ?? spread, spread)
    return isWide(spread, direction) ? direction : nil
  }

  private func isWide(_ spread: Decimal, _ direction: SpreadDirection) -> Bool {
    guard let volatility = settings.volatility else { return spread >= settings.openThreshold }
    return window.reversion(direction, volatility).map {
      spread > volatility.trigger($0, floor: settings.openThreshold)
    } ?? false
  }

  private func obstacle(
    _ direction: SpreadDirection, _ quotes: (first: Quote, second: Quote), at now: Moment
  ) -> String? {
    if let obstacle = desk.obstacle { return obstacle }
    if settings.maxFailures > 0, failures >= settings.maxFailures {
      return "\(failures) entries in a row failed"
    }
    if desk.ledger.pairs.held.count >= settings.maxPairs {
      return "\(settings.maxPairs) pairs are held"
    }
    if mismatch > settings.pauseMismatch { return "venue and ledger differ by \(mismatch)" }
    let profit = desk.ledger.pairs.profit(ofDay: now.wall)
    if settings.dailyLoss > .zero, profit.negated >= settings.dailyLoss {
      return "\(profit.negated.text(places: 2)) were lost today"
    }
    if let volatility = settings.volatility,
      let objection = volatility.objection(
        window.reversion(direction, volatility), quotes, at: now)
    {
      return objection
    }
    return settings.edge.objection(to: netEdge(direction, quotes))
  }

  private func pair(_ quotes: (first: Quote, second: Quote)) -> PairView {
    PairView(settings.first, settings.second, quotes, in: desk.view)
  }

  /// Nil where funding counts and is not known.
  private func netEdge(
    _ direction: SpreadDirection, _ quotes: (first: Quote, second: Quote)
  ) -> NetEdge? {
    settings.edge.netEdge(direction, pair(quotes))
  }

  /// Positions are there: they must be what the ledger says. (S4-14)
  mutating func confirm(_ serial: Int, at now: Moment) {
    if desk.trades.isEmpty { verify() }
    guard let asked = confirmation, asked.serial == serial else { return }
    confirmation = nil
    guard desk.isRunning, let quotes = quotes(at: now), opportunity(quotes) == asked.direction,
      obstacle(asked.direction, quotes, at: now) == nil
    else { return desk.outbox.log(.info, "The opportunity is gone") }
    do throws(MarketRules.Refusal) {
      let direction = asked.direction
      let record = try desk.plan(
        direction, direction.sides, settings.amount, quotes, opensPair: true, at: now)
      if let edge = netEdge(direction, quotes) { desk.outbox.log(.info, "Entry: \(edge.text)") }
      desk.begin(record, at: now)
    } catch {
      desk.outbox.log(.error, "No order [\(FailureClass.local.rawValue)]: \(error)")
      lockedUntil = now.monotonic + settings.lockAfterOpen
    }
  }

  private mutating func verify() {
    let before = mismatch
    mismatch =
      [settings.first, settings.second].map { listing in
        desk.view.position(listing).minus(desk.ledger.inventory[listing] ?? .zero).magnitude
      }.max() ?? .zero
    guard mismatch != before, mismatch > settings.pauseMismatch else { return }
    let text = "venue and ledger differ by \(mismatch): \(desk.positionsText)"
    desk.outbox.log(.error, text)
    if mismatch > settings.alertMismatch {
      desk.outbox.notify(NotificationText.bold("Mismatch") + ": \(text)")
    }
  }

  // MARK: Closing

  private func isClosing(_ pair: Int64) -> Bool {
    desk.trades.contains { $0.record.pair == pair }
  }

  /// Why a pair is to be closed now; nil where it is to be held.
  private func closingReason(
    _ pair: PairBook.Held, _ quotes: (first: Quote, second: Quote), at now: Moment
  ) -> String? {
    guard let direction = SpreadDirection(rawValue: pair.direction), !desk.isDry else { return nil }
    let spread = direction.spread(quotes.first, quotes.second)
    if spread <= settings.closeThreshold { return "spread \(spread)" }
    let loss = pair.profit(quotes).negated
    if loss > pair.size.times(pair.firstPrice).times(settings.stopLoss) { return "loss \(loss)" }
    let age = now.wall / 1_000 - pair.id
    if settings.maxHold > 0, age >= Int64(settings.maxHold / 1_000_000) { return "age \(age) ms" }
    return settings.edge.objection(
      toHolding: direction, self.pair(quotes), gain: spread.minus(settings.closeThreshold), at: now)
  }

  private mutating func close(
    _ pair: PairBook.Held, because reason: String, _ quotes: (first: Quote, second: Quote),
    at now: Moment
  ) {
    do throws(MarketRules.Refusal) {
      let record = try desk.plan(closing: pair, quotes, at: now)
      desk.outbox.log(.info, "Closing pair \(pair.id): \(reason)")
      desk.begin(record, at: now)
    } catch {
      desk.outbox.log(.error, "No order [\(FailureClass.local.rawValue)]: \(error)")
    }
  }

  // MARK: For people

  func stateText(at now: Moment) -> String {
    let spreads = quotes(at: now).map { quotes in
      SpreadDirection.allCases.map {
        "\($0.rawValue) \($0.spread(quotes.first, quotes.second).text(places: 2)) (net "
          + "\(netEdge($0, quotes)?.net.text(places: 2) ?? "unknown"))"
      }.joined(separator: ", ")
    }
    return "State: \(spreads ?? "no fresh quotes"), \(desk.ledger.pairs.held.count)/"
      + "\(settings.maxPairs) pairs, \(desk.positionsText)"
  }

  var statisticsText: String {
    let closed = desk.ledger.pairs.closed
    let total = closed.reduce(Decimal.zero) { $0.plus($1.profit) }
    let wins = closed.count { $0.profit > .zero }
    let count = Decimal(max(1, closed.count))
    let rate = Decimal(wins * 100).over(count).text(places: 1)
    let fees = statistics.fees.sorted { $0.key < $1.key }
      .map { "\($0.key) \($0.value.text(places: 4))" }.joined(separator: ", ")
    return "opportunities \(statistics.opportunities), best "
      + "\((statistics.best ?? .zero).text(places: 2)), closed \(closed.count), net "
      + "\(total.text(places: 4)), average \(total.over(count).text(places: 4)), wins \(rate)%, "
      + "fees \(fees.isEmpty ? "none" : fees), maker \(statistics.makers), "
      + "taker \(statistics.takers)"
  }
}
