import PerpCore

// MARK: - Quoting (S3-40 to S3-45)

extension MakerBot {
  /// Why nothing may be entered; nil where nothing stands against it. (S3-44)
  func entryObstacle(at now: Moment) -> String? {
    if let obstacle = desk.obstacle { return obstacle }
    if !settings.hours.allow(now.wall) { return "outside the active hours" }
    if let obstacle = losses.obstacle(at: now.wall) { return obstacle }
    if let until = breaker?.pausedUntil, now.monotonic < until { return "the circuit breaker" }
    let isWarm = firstQuote.map { now.monotonic >= $0 + settings.warmup } ?? false
    if !isWarm, isFlat { return "warming up" }
    return nil
  }

  var isFlat: Bool { settings.model.isFlat(truth.inventory.size) }

  /// What forbids entries does so at once, and not with the next refresh.
  mutating func obstacleAppears(at now: Moment) -> Bool {
    let before = obstacle
    obstacle = entryObstacle(at: now)
    if let obstacle, before == nil { desk.outbox.log(.info, "No entries: \(obstacle)") }
    if before != nil, obstacle == nil { desk.outbox.log(.info, "Entries again") }
    return (before == nil) != (obstacle == nil)
  }

  /// A quote that may be quoted by.
  private func quote(at now: Moment) -> Quote? {
    guard let quote = desk.view.quote(settings.listing, at: now),
      now.wall - quote.received <= Self.oldestQuote
    else { return nil }
    return quote
  }

  /// Decides anew what both sides are to be.
  mutating func refresh(at now: Moment) {
    // The position would be that of before the execution.
    guard fillDue == nil else { return }
    nextRefresh = now.monotonic + settings.refresh
    guard let quote = quote(at: now), let rules = desk.view.rules(settings.listing) else {
      if skips.note() { desk.outbox.log(.warning, "No quotes to quote by") }
      return want(nil, nil)
    }
    var market = QuoteModel.Market(
      quote: quote, rules: rules, sigma: volatility.sigma, position: truth.inventory.size,
      imbalance: imbalance.smooth)
    market.middle = settings.middle.price(
      quote, desk.view.book(settings.listing), depth: settings.depth)
    market.pressure = Decimal(statistic: pressure?.z ?? 0)
    market.arrivals = volatility.span.flatMap { arrivals?.rate?.each(seconds: $0) }
    market.remaining = AvellanedaStoikov.remaining(
      of: settings.horizon, after: now.monotonic - desk.began.monotonic)
    guard let prices = settings.model.prices(market) else {
      if skips.note() { desk.outbox.log(.info, "Skipped: spread_too_tight") }
      return want(nil, nil)
    }
    _ = skips.end()
    plan = Plan(fair: settings.model.fair(market), bid: prices.bid, ask: prices.ask)
    guard desk.killSwitch.state == .armed, desk.lostAccounts.isEmpty else { return want(nil, nil) }
    let isTightened =
      heldSince.map { now.monotonic >= $0 + settings.inventoryTimeout } ?? false && !isFlat
    if isTightened {
      wantExit(quote.bid, quote.ask, rules)
    } else if entryObstacle(at: now) != nil {
      wantExit(prices.bid, prices.ask, rules)
    } else {
      wantBoth(prices, market, at: now)
    }
    logQuotes(at: now)
  }

  private mutating func want(_ bid: QuoteSlot.Terms?, _ ask: QuoteSlot.Terms?) {
    (slots[0].wanted, slots[1].wanted) = (bid, ask)
  }

  private mutating func wantBoth(
    _ prices: (bid: Decimal, ask: Decimal), _ market: QuoteModel.Market, at now: Moment
  ) {
    let reasons =
      filter?.reasons(sigma: market.sigma, imbalance: market.imbalance, at: now.monotonic) ?? []
    let blocked = EntryFilter.blocked(reasons, position: market.position, isFlat: isFlat)
    if !blocked.isEmpty {
      desk.outbox.log(
        .debug, "Filtered: \(reasons.map { "\($0.kind.rawValue) \($0.text)" })")
    }
    let terms = [(Side.buy, prices.bid), (.sell, prices.ask)].map {
      side, price -> QuoteSlot.Terms? in
      let size = settings.model.size(
        side, position: market.position, rules: market.rules, at: price)
      return size.isZero || blocked.contains(side) ? nil : QuoteSlot.Terms(price: price, size: size)
    }
    want(terms[0], terms[1])
  }

  /// Only the side that takes the position away, and no more than there is. (S3-45)
  private mutating func wantExit(_ bid: Decimal, _ ask: Decimal, _ rules: MarketRules) {
    let position = truth.inventory.size
    guard position.magnitude >= rules.lot else { return want(nil, nil) }
    let size = min(settings.model.baseSize, position.magnitude).floored(to: rules.lot)
    let price = position.isNegative ? bid : ask
    let terms = QuoteSlot.Terms(
      price: price, size: max(size, rules.leastSize(at: price)), isReduceOnly: true)
    if position.isNegative { want(terms, nil) } else { want(nil, terms) }
  }

  // MARK: Orders

  /// Brings the orders to what they are to be, as far as the limits allow now. Cancels come first.
  mutating func work(at now: Moment) {
    guard exit == nil, desk.isRunning, !desk.isDry else { return }
    let time = now.monotonic
    defer { nextWork = slots.compactMap { opening(for: $0, at: time) }.min() }
    for index in slots.indices {
      guard case .cancel(let id) = slots[index].step,
        opening(for: slots[index], at: time) == time
      else { continue }
      limits.note(at: time)
      ordersUsed += 1
      slots[index].cancel()
      desk.cancel(id, at: now)
    }
    for index in slots.indices {
      guard case .place(let terms) = slots[index].step,
        opening(for: slots[index], at: time) == time
      else { continue }
      place(terms, at: index, now)
    }
  }

  /// When the limits allow what this side wants, on the monotonic clock. What is placed must be
  /// cancelled one day, and so must what stands already; an exit needs no such room.
  private func opening(for slot: QuoteSlot, at now: UInt64) -> UInt64? {
    switch slot.step {
    case .nothing: return nil
    case .cancel: return limits.opening(at: now)
    case .place(let terms):
      let standing = slots.count { $0.clientID != nil }
      return limits.opening(reserve: terms.isReduceOnly ? 0 : 1 + standing, at: now)
    }
  }

  private mutating func place(_ terms: QuoteSlot.Terms, at index: Int, _ now: Moment) {
    let side = slots[index].side
    var ticket = OrderTicket(
      settings.listing, clientID: desk.orderName(side == .buy ? "b" : "a", at: now), side: side,
      size: terms.size, price: terms.price, isReduceOnly: terms.isReduceOnly)
    ticket.isPostOnly = true
    limits.note(at: now.monotonic)
    ordersUsed += 1
    slots[index].place(terms, as: ticket.clientID)
    desk.place(ticket, at: now)
  }

  // MARK: For people, and for tables

  private func text(_ slot: QuoteSlot) -> String {
    slot.wanted.map { "\($0.price) x \($0.size)" } ?? "none"
  }

  private mutating func logQuotes(at now: Moment) {
    let prefix = desk.isDry ? "Dry run: would quote" : "Quotes:"
    desk.outbox.log(
      desk.isDry ? .info : .debug,
      "\(prefix) bid \(text(slots[0])), ask \(text(slots[1])), obi "
        + imbalance.smooth.text(places: 4))
  }

  mutating func tellState() {
    let held = isFlat ? Decimal.zero : truth.inventory.size
    let isQuoting = slots.contains { slot in
      slot.clientID.flatMap { desk.order($0) }.map { $0.executed < $0.ticket.size } ?? false
    }
    let next: State =
      held > .zero ? .long : held.isNegative ? .short : isQuoting ? .quoting : .idle
    if next != state { desk.outbox.log(.info, "\(state.rawValue) to \(next.rawValue)") }
    state = next
  }

  mutating func tellStatus(at now: Moment) {
    guard nextStatus <= now.monotonic else { return }
    nextStatus = now.monotonic + settings.statusInterval
    desk.outbox.log(.info, statusText(at: now))
    _ = desk.askForPositions()
  }

  /// (S3-51)
  func statusText(at now: Moment) -> String {
    let quote = desk.view.quote(settings.listing, at: now)
    let unrealised = quote.map { truth.inventory.unrealised(at: $0.mid) } ?? .zero
    return "Status: position \(truth.inventory.size), unrealised \(unrealised.text(places: 4)), "
      + "realised \(truth.inventory.realised.text(places: 4)), quotes \(text(slots[0])) / "
      + "\(text(slots[1])), spread \(quote?.spread.description ?? "unknown"), obi "
      + "\(imbalance.smooth.text(places: 2)), vol "
      + "\(Decimal(statistic: volatility.sigma).text(places: 2)), fills \(statistics.fills), "
      + "maker \(statistics.makerShare.text(places: 1))%, \(limits.text(at: now.monotonic))"
      + arrivalText
  }

  mutating func write(_ fill: FillLine, _ gain: Decimal, at now: Moment) {
    let mid = desk.view.quote(settings.listing, at: now)?.mid ?? fill.price
    let cells: [String] = [
      "\(now.wall / 1_000)", fill.side.rawValue, "\(fill.price)", "\(fill.size)", "\(fill.fee)",
      fill.liquidity, "\(truth.inventory.size)", "\(truth.inventory.unrealised(at: mid))",
      "\(gain)", "\(imbalance.smooth)", "\(Decimal(statistic: volatility.sigma))",
      plan.map { "\($0.fair)" } ?? "", plan.map { "\($0.bid)" } ?? "",
      plan.map { "\($0.ask)" } ?? "",
    ]
    desk.outbox.row(.trades, cells.joined(separator: ","))
    desk.outbox.log(
      .info,
      "Fill: \(fill.side.rawValue) \(fill.size) at \(fill.price) \(fill.liquidity), position "
        + "\(truth.inventory.size), realised \(gain)")
  }

  mutating func recordPauses(at now: Moment) {
    guard let filter, let mid = desk.view.quote(settings.listing, at: now)?.mid else { return }
    let reason = filter.reasons(
      sigma: Decimal(statistic: volatility.sigma), imbalance: .zero, at: now.monotonic
    ).first { $0.kind == .range }
    if let record = pauses.note(mid: mid, reason: reason?.text, at: now) {
      desk.outbox.row(.pauses, record.row)
      desk.outbox.row(.pauseLines, record.line)
    }
  }

  /// (S3-52)
  mutating func sayFarewell() {
    desk.outbox.log(.info, "Summary: \(statistics.summary), \(ordersUsed) orders used")
  }
}
