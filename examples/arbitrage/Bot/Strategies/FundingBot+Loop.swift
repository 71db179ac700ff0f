import PerpCore

// MARK: - One look at the markets (B-14)

extension FundingBot {
  /// Nanoseconds between questions about markets, about what else is missing, and about positions
  /// that are known.
  private static let question = Nanoseconds.seconds(1)
  private static let round = Nanoseconds.seconds(5)
  private static let verification = Nanoseconds.seconds(60)

  mutating func carryOn(at now: Moment) {
    let time = now.monotonic
    if nextRound <= time {
      nextRound = time + (learn() ? Self.round : Self.question)
      if !knowsPositions || mismatch > .zero || nextVerification <= time {
        nextVerification = time + Self.verification
        _ = desk.askForPositions()
      }
    }
    if nextState <= time {
      nextState = time + settings.stateLine
      desk.outbox.log(.info, stateText)
    }
    guard nextLook <= time else { return }
    nextLook = time + settings.interval
    for listing in schedules.keys.sorted(by: { $0.description < $1.description }) {
      settle(listing, at: now)
    }
    for pair in desk.ledger.pairs.held { watch(pair, at: now) }
    for asset in settings.tickers { consider(asset, at: now) }
  }

  /// Positions are there: they must be what the ledger says. People are told at the second look, as
  /// what was filled just now may not be among them yet.
  mutating func verify() {
    let before = mismatch
    mismatch =
      desk.settings.listings.map { listing in
        desk.view.position(listing).minus(desk.ledger.inventory[listing] ?? .zero).magnitude
      }.max() ?? .zero
    if mismatch.isZero { isMismatchTold = false }
    guard mismatch == before, mismatch > .zero, !isMismatchTold else { return }
    isMismatchTold = true
    desk.tell("Mismatch", "venue and ledger differ by \(mismatch): \(desk.positionsText)")
  }

  private func isPaused(_ asset: String, at now: Moment) -> Bool {
    now.monotonic < pausedUntil[asset] ?? 0
  }

  private func quotes(
    _ first: Listing, _ second: Listing, at now: Moment
  ) -> (first: Quote, second: Quote)? {
    guard let first = desk.view.quote(first, at: now), let second = desk.view.quote(second, at: now)
    else { return nil }
    return (first, second)
  }

  // MARK: Entry

  private mutating func consider(_ asset: String, at now: Moment) {
    guard !desk.ledger.pairs.held.contains(where: { $0.first.symbol.base == asset }),
      desk.trades.isEmpty, !isPaused(asset, at: now), let spread = spread(asset, at: now),
      spread.perDay >= settings.minDifference,
      let quotes = quotes(spread.long, spread.short, at: now)
    else { return }
    let pair = PairView(spread.long, spread.short, quotes, in: desk.view)
    if let obstacle = obstacle(spread, pair, at: now) {
      if skips[asset, default: FailureRun()].note() {
        desk.outbox.log(.info, "\(asset) skipped, \(text(spread)): \(obstacle)")
      }
      return
    }
    skips[asset] = nil
    guard !desk.isDry else {
      pausedUntil[asset] = now.monotonic + settings.pause
      return desk.outbox.log(.info, "Dry run: would open \(asset), \(text(spread))")
    }
    enter(spread, pair, at: now)
  }

  /// Of the markets of an asset that can be traded on now, the two that differ most.
  private func spread(_ asset: String, at now: Moment) -> FundingSpread? {
    let usable = (markets[asset] ?? []).filter { listing in
      desk.view.quote(listing, at: now) != nil && desk.obstacle(on: [listing]) == nil
        && (desk.isDry || desk.view.isAccountLive(listing.venue))
    }
    return .widest(
      usable.compactMap { listing in
        (desk.view.funding(listing)?.hourlyRate).map { (listing, $0) }
      })
  }

  private func obstacle(_ spread: FundingSpread, _ pair: PairView, at now: Moment) -> String? {
    if settings.maxFailures > 0, failures >= settings.maxFailures {
      return "\(failures) entries in a row failed"
    }
    if now.monotonic < breaker.pausedUntil { return "entries pause after losses" }
    if !knowsPositions { return "positions are not known" }
    if mismatch > .zero { return "venue and ledger differ by \(mismatch)" }
    for listing in [spread.long, spread.short] where !desk.view.position(listing).isZero {
      return "\(listing) has a position of \(desk.view.position(listing)) already"
    }
    return settings.edge.objection(to: recovery(pair))
  }

  /// What is left of the funding of so many hours after fees and slippage of entry and exit. A
  /// spread in our favour pays for none of them: nobody says that it goes away.
  private func recovery(_ pair: PairView) -> NetEdge? {
    settings.edge.netEdge(.long, pair).map { edge in
      var edge = edge
      edge.executable = min(edge.executable, .zero)
      return edge
    }
  }

  private mutating func enter(_ spread: FundingSpread, _ pair: PairView, at now: Moment) {
    let asset = String(spread.long.symbol.base)
    let size =
      switch settings.sizing {
      case .size(let size): size
      case .notional(let value): value.over(pair.base)
      }
    do throws(MarketRules.Refusal) {
      let record = try desk.plan(
        .long, SpreadDirection.long.sides, size, pair.quotes, on: (spread.long, spread.short),
        opensPair: true, at: now)
      desk.follow(spread.long)
      desk.follow(spread.short)
      desk.outbox.log(
        .info, "Opening \(asset), \(text(spread)); \(recovery(pair)?.text ?? "")")
      desk.begin(record, at: now)
    } catch {
      refused(asset, error, at: now)
    }
  }

  private mutating func refused(_ asset: String, _ error: MarketRules.Refusal, at now: Moment) {
    pausedUntil[asset] = now.monotonic + settings.pause
    desk.outbox.log(.error, "No order [\(FailureClass.local.rawValue)]: \(error)")
  }

  // MARK: Holding

  private mutating func watch(_ pair: PairBook.Held, at now: Moment) {
    let asset = String(pair.first.symbol.base)
    guard !desk.isDry, !desk.trades.contains(where: { $0.record.pair == pair.id }),
      !isPaused(asset, at: now),
      desk.lostAccounts.isDisjoint(with: [pair.first.venue, pair.second.venue]),
      let quotes = quotes(pair.first, pair.second, at: now),
      let reason = closingReason(pair, quotes, at: now)
    else { return }
    do throws(MarketRules.Refusal) {
      let record = try desk.plan(closing: pair, quotes, at: now)
      desk.outbox.log(.info, "Closing \(asset): \(reason)")
      desk.begin(record, at: now)
    } catch {
      refused(asset, error, at: now)
    }
  }

  /// Why a pair is to be closed now; nil where it is to be held.
  private func closingReason(
    _ pair: PairBook.Held, _ quotes: (first: Quote, second: Quote), at now: Moment
  ) -> String? {
    if let perDay = perDay(pair), perDay < settings.stopDifference {
      return "it is paid \(FundingSpread.percent(perDay))"
    }
    let profit = profit(pair, quotes)
    if profit >= pair.size.times(pair.firstPrice).times(settings.takeProfit) {
      return "profit \(profit.text(places: 4)), \(pair.funding.signedText(places: 4)) of it funding"
    }
    let age = now.wall / 1_000 - pair.id
    return settings.maxHold > 0 && age >= Int64(settings.maxHold / 1_000_000)
      ? "held for \(age / 1_000) s" : nil
  }

  /// If it were closed at once, fees of that taken off.
  private func profit(
    _ pair: PairBook.Held, _ quotes: (first: Quote, second: Quote)
  ) -> Decimal {
    let view = PairView(pair.first, pair.second, quotes, in: desk.view)
    let direction = SpreadDirection(rawValue: pair.direction) ?? .long
    return pair.profit(quotes).minus(settings.edge.exitFees(direction, view).times(pair.size))
  }

  /// Part of the value that it is paid in a day; nil while a rate is not known.
  private func perDay(_ pair: PairBook.Held) -> Decimal? {
    guard let first = desk.view.funding(pair.first)?.hourlyRate,
      let second = desk.view.funding(pair.second)?.hourlyRate
    else { return nil }
    return FundingSpread.perDay(pair.sides, first, second)
  }

  // MARK: For people

  private func text(_ spread: FundingSpread) -> String {
    "long \(spread.long), short \(spread.short), \(FundingSpread.percent(spread.perDay))"
  }

  private var stateText: String {
    let rates = settings.tickers.map { asset in
      let told = (markets[asset] ?? []).map { listing in
        let rate = desk.view.funding(listing)?.hourlyRate.map {
          FundingSpread.percent($0.times(Decimal(24)))
        }
        return "\(listing.venue) \(rate ?? "unknown")"
      }
      return "\(asset): \(told.isEmpty ? "no markets" : told.joined(separator: ", "))"
    }
    let pairs = desk.ledger.pairs.held.map { pair in
      "\(text(pair)), \(perDay(pair).map(FundingSpread.percent) ?? "funding unknown"), funding "
        + pair.funding.signedText(places: 4)
    }
    return "State: \((rates + pairs).joined(separator: "; "))"
  }
}
