import PerpCore

// MARK: - From a decision to its orders (S1-46 to S1-50)

extension ZarbBot {
  /// Nanoseconds that an order may wait for its turn.
  private static let turn = Nanoseconds.milliseconds(800)
  /// Nanoseconds after which positions are believed as they are.
  private static let settlingLimit = Nanoseconds.seconds(3)
  private static let blockageInterval = Nanoseconds.seconds(60)
  private static let shortestPause = Nanoseconds.seconds(1)
  private static let longestPause = Nanoseconds.seconds(60)

  /// Why no orders are sent; nil where they are. (S1-63)
  var blockade: String? {
    if simulatesData { return "prices are made up" }
    if !sendsOrders { return "orders are off" }
    if !desk.isRunning { return "the gateway is not ready" }
    return desk.isDry ? "the gateway lets this client send none" : nil
  }

  /// Begins, or reports as blocked. False where nothing is sent.
  @discardableResult
  mutating func begin(
    _ index: Int, _ work: ZarbSymbol.Work, _ reason: String, at now: Moment
  ) -> Bool {
    let isOpening = work.kind == .open
    if let obstacle = blockade ?? (isOpening ? desk.obstacle ?? cap(index, work) : nil) {
      return block(index, work, obstacle, reason, at: now)
    }
    let market = symbols[index].market
    var work = work
    work.expected = Dictionary(
      market.listings.map { ($0, desk.view.position($0)) }, uniquingKeysWith: { $1 })
    symbols[index].blocked = nil
    symbols[index].work = work
    tell(
      .info, "signal", "\(market.symbol) \(work.kind.rawValue): \(reason)",
      [
        "symbol": .text(market.symbol), "kind": .text(work.kind.rawValue),
        "batches": .list(work.sizes.map { .number($0) }),
      ], at: now)
    reserve(index, at: now)
    return true
  }

  /// The same is told once a minute.
  private mutating func block(
    _ index: Int, _ work: ZarbSymbol.Work, _ obstacle: String, _ reason: String, at now: Moment
  ) -> Bool {
    let text = "\(work.kind.rawValue) blocked: \(obstacle)"
    if let blocked = symbols[index].blocked, blocked.text == text, now.monotonic < blocked.until {
      return false
    }
    symbols[index].blocked = (text, now.monotonic + Self.blockageInterval)
    let symbol = symbols[index].market.symbol
    tell(
      .warn, "execution", "\(symbol) \(text) (\(reason))",
      [
        "symbol": .text(symbol), "kind": .text(work.kind.rawValue), "blocked": true,
        "attempted_orders": 0,
      ], at: now)
    return false
  }

  /// Neither position may go beyond the cap with the next batch. (S1-48)
  private func cap(_ index: Int, _ work: ZarbSymbol.Work) -> String? {
    let limit = PositionCap(symbols[index].parameters.sizes.maxPosition)
    let (first, second) = net(index)
    let sides = work.direction.sides
    guard let size = work.sizes.first, limit.allows(sides.first, size, from: first),
      limit.allows(sides.second, size, from: second)
    else { return "the position is at its cap of \(limit.limit)" }
    return nil
  }

  /// Takes tokens for the next orders, which leave when those are there.
  private mutating func reserve(_ index: Int, at now: Moment) {
    guard let work = symbols[index].work else { return }
    let market = symbols[index].market
    let needed =
      work.kind == .rebalance
      ? [work.isFirst ? market.first.venue : market.second.venue] : market.listings.map(\.venue)
    var wait: UInt64 = 0
    for venue in needed {
      guard let own = (try? buckets[venue]?.acquire(timeout: Self.turn, at: now.monotonic)) ?? nil
      else { return finish(index, failure: "rate limited at \(venue)", at: now) }
      wait = max(wait, own)
    }
    symbols[index].work?.sendAt = now.monotonic + wait
    if wait == 0 { send(index, at: now) }
  }

  mutating func send(_ index: Int, at now: Moment) {
    guard let work = symbols[index].work else { return }
    symbols[index].work?.sendAt = nil
    // Somebody may have switched orders off while it waited for its turn.
    guard blockade == nil else { return finish(index, failure: blockade, at: now) }
    switch work.kind {
    case .open: sendOpening(index, work, at: now)
    case .close: sendClosing(index, work, at: now)
    case .flatten:
      let (first, second) = net(index)
      sendAlone(index, [(true, first.negated), (false, second.negated)], at: now)
    case .rebalance:
      guard let size = work.sizes.first else { return finish(index, failure: nil, at: now) }
      sendAlone(
        index, [(work.isFirst, work.direction == .long ? size : size.negated)], at: now)
    }
  }

  private mutating func sendOpening(_ index: Int, _ work: ZarbSymbol.Work, at now: Moment) {
    guard symbols[index].guards.canOpen, cap(index, work) == nil, let size = work.sizes.first
    else { return finish(index, failure: nil, at: now) }
    sendPair(index, work.direction, work.direction.sides, size, isReducing: false, at: now)
  }

  /// Both legs together where both have enough to be closed, so that one that fails is made up for;
  /// each for itself where one has less. (S1-49)
  private mutating func sendClosing(_ index: Int, _ work: ZarbSymbol.Work, at now: Moment) {
    let (first, second) = net(index)
    guard let wanted = work.sizes.first else { return finish(index, failure: nil, at: now) }
    let sizes = (min(first.magnitude, wanted), min(second.magnitude, wanted))
    let isPair = sizes.0 == sizes.1 && !sizes.0.isZero && first.isNegative != second.isNegative
    guard isPair, symbols[index].quotes != nil else {
      let one = first.isNegative ? sizes.0 : sizes.0.negated
      let other = second.isNegative ? sizes.1 : sizes.1.negated
      return sendAlone(index, [(true, one), (false, other)], at: now)
    }
    let sides = work.direction.sides
    sendPair(
      index, work.direction, (sides.first.opposite, sides.second.opposite), sizes.0,
      isReducing: true, at: now)
  }

  private mutating func sendPair(
    _ index: Int, _ direction: SpreadDirection, _ sides: (first: Side, second: Side),
    _ size: Decimal, isReducing: Bool, at now: Moment
  ) {
    let market = symbols[index].market
    guard let quotes = symbols[index].quotes else {
      return finish(index, failure: "no quotes", at: now)
    }
    do throws(MarketRules.Refusal) {
      let record = try desk.plan(
        direction, sides, size, quotes, on: (market.first, market.second),
        isReducing: isReducing, style: isReducing ? .takerTaker : settings.legStyle, at: now)
      symbols[index].work?.trade = record.id
      symbols[index].work?.attempted += record.tickets.count
      desk.begin(record, at: now)
    } catch {
      // Batches get smaller: one that is too small for the market is where they end.
      let isFirst = symbols[index].work?.attempted == 0
      finish(index, failure: isFirst ? "\(error)" : nil, at: now)
    }
  }

  /// Reduce-only orders of no trade; `changes` are signed base units at the first or second market.
  private mutating func sendAlone(
    _ index: Int, _ changes: [(isFirst: Bool, size: Decimal)], at now: Moment
  ) {
    let market = symbols[index].market
    for change in changes where !change.size.isZero {
      let listing = change.isFirst ? market.first : market.second
      let kind = symbols[index].work?.kind.rawValue ?? ""
      let name = desk.orderName("\(kind.prefix(1))\(change.isFirst ? "a" : "b")", at: now)
      guard
        let ticket = desk.taker(
          listing, change.size.isNegative ? .sell : .buy, change.size.magnitude, name: name,
          isReduceOnly: true, at: now)
      else { continue }
      symbols[index].work?.orders.insert(name)
      symbols[index].work?.attempted += 1
      desk.place(ticket, at: now)
    }
    if symbols[index].work?.orders.isEmpty == true { finish(index, failure: nil, at: now) }
  }

  // MARK: What came of them

  mutating func conclude(_ trade: PairTrade, _ report: PairTrade.Report, at now: Moment) {
    guard let index = index(of: trade.record.first.listing) else { return }
    guard symbols[index].work?.trade == trade.record.id else {
      return tell(
        .info, "execution",
        "Trade \(trade.record.id) of an earlier run is over: \(report.outcome.rawValue)", at: now)
    }
    symbols[index].work?.trade = nil
    symbols[index].work?.attempted += trade.legs.count - trade.record.tickets.count
    for leg in trade.legs { expect(index, leg.ticket.listing, leg.signedFill) }
    guard report.outcome == .booked else {
      let reason = report.error ?? report.outcome.rawValue
      return finish(index, failure: reason, net: report.net, at: now)
    }
    symbols[index].work?.sizes.removeFirst()
    let isMore = symbols[index].work?.sizes.isEmpty == false
    if isMore, engine == .running, blockade == nil {
      reserve(index, at: now)
    } else {
      finish(index, failure: nil, at: now)
    }
  }

  /// A trade whose orders follow each other has taken a token at each venue before it began; its
  /// other orders leave in any case, and count for those that wait. (S1-46)
  mutating func charge(_ ticket: OrderTicket, at now: Moment) {
    guard let place = ticket.clientID.split(separator: "_").last?.first, "mhu".contains(place)
    else { return }
    _ = try? buckets[ticket.listing.venue]?.acquire(timeout: .max, at: now.monotonic)
  }

  /// Nothing more is opened where an opening would not be begun. (S1-41)
  mutating func reconsider(_ index: Int, at now: Moment) {
    guard let work = symbols[index].work, work.kind == .open, let trade = work.trade else { return }
    if !symbols[index].guards.canOpen || engine != .running || blockade != nil {
      desk.giveUp(trade, at: now)
    }
  }

  mutating func conclude(_ ticket: OrderTicket, _ result: LegResult, at now: Moment) {
    guard let index = index(of: ticket.listing),
      symbols[index].work?.orders.remove(ticket.clientID) != nil
    else { return }
    expect(index, ticket.listing, result.signedFill(ticket.side))
    if result.state != .filled {
      symbols[index].work?.failure = result.error ?? "\(ticket.venueText) is not filled"
    }
    guard symbols[index].work?.orders.isEmpty == true else { return }
    finish(index, failure: symbols[index].work?.failure, at: now)
  }

  private mutating func expect(_ index: Int, _ listing: Listing, _ change: Decimal) {
    let before = symbols[index].work?.expected[listing] ?? desk.view.position(listing)
    symbols[index].work?.expected[listing] = before.plus(change)
  }

  /// Work that fails is not begun again at once.
  private mutating func finish(
    _ index: Int, failure: String?, net: Decimal = .zero, at now: Moment
  ) {
    guard let work = symbols[index].work else { return }
    symbols[index].work = nil
    if work.attempted > 0 {
      symbols[index].settling = ZarbSymbol.Settling(
        expected: work.expected, until: now.monotonic + Self.settlingLimit)
      _ = desk.askForPositions()
    }
    let symbol = symbols[index].market.symbol
    guard let failure else {
      symbols[index].failures = 0
      if work.attempted > 0 {
        tell(.info, "execution", "\(symbol) \(work.kind.rawValue) is done", at: now)
      }
      return
    }
    symbols[index].failures += 1
    let pause = Self.shortestPause << UInt64(min(symbols[index].failures - 1, 6))
    symbols[index].pausedUntil = now.monotonic + min(Self.longestPause, pause)
    tell(
      net.isZero ? .warn : .error, "execution", "\(symbol) \(work.kind.rawValue): \(failure)",
      [
        "symbol": .text(symbol), "kind": .text(work.kind.rawValue),
        "attempted_orders": .integer(work.attempted), "net": .number(net),
      ], at: now)
  }

  /// What was executed goes into the tables, the chart and the sums. (S1-52, S1-55, S1-56)
  mutating func book(_ fill: FillLine, at now: Moment) {
    guard let name = fill.clientID, name.hasPrefix("\(settings.trade.prefix)_"),
      let index = index(of: fill.listing)
    else { return }
    performance.note(fill)
    volume.note(fill.size.times(fill.price), at: now.wall / 1_000)
    let tag = tag(name, index)
    desk.outbox.store(
      .trade(
        ZarbTrade(
          id: "\(fill.listing.venue):\(fill.tradeID)", time: now.wall / 1_000,
          venue: fill.listing.venue, symbol: symbols[index].market.symbol, side: fill.side,
          size: fill.size, price: fill.price, order: name, tag: tag)))
    symbols[index].mark(
      .init(
        time: now.wall / 1_000, kind: Self.kind(ofTag: tag), side: fill.side, size: fill.size,
        price: fill.price))
  }

  /// An order's name tells whether it is of a pair, undoes one, or is of none.
  private func tag(_ name: String, _ index: Int) -> String {
    let last = name.split(separator: "_").last ?? ""
    switch last.first {
    case "u", "h": return "open-hedge"
    case "m": return "open-maker"
    case "r": return "rebalance"
    case "f": return "flatten"
    case "c": return "close"
    default:
      if symbols[index].work?.kind == .close { return "close" }
      return settings.legStyle == .makerTaker ? "open-maker" : "open-taker"
    }
  }

  static func kind(ofTag tag: String) -> String { tag.hasPrefix("open") ? "open" : tag }
}

extension OrderTicket {
  fileprivate var venueText: String { "\(side.rawValue) \(size) at \(listing.venue)" }
}
