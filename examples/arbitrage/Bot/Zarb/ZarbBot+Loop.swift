import PerpCore

// MARK: - What comes round (S1-40)

extension ZarbBot {
  private static let marketInterval = Nanoseconds.seconds(1)
  private static let balanceInterval = Nanoseconds.seconds(10)
  private static let equityInterval = Nanoseconds.seconds(2)
  private static let snapshotInterval = Nanoseconds.seconds(1)
  private static let spreadInterval = Nanoseconds.seconds(3)
  private static let pointInterval = Nanoseconds.seconds(1)
  private static let shortestPause = Nanoseconds.milliseconds(10)

  mutating func carryOn(at now: Moment) {
    let time = now.monotonic
    proceedToStart(at: now)
    if ZarbTimers.isDue(&timers.markets, Self.marketInterval, at: time) {
      learnMarkets()
      startByItself(at: now)
    }
    if ZarbTimers.isDue(&timers.positions, settings.positionInterval, at: time),
      desk.isRunning, !desk.settings.listings.isEmpty
    {
      _ = desk.askForPositions()
    }
    if ZarbTimers.isDue(&timers.balances, Self.balanceInterval, at: time), desk.isRunning {
      desk.askForBalances()
    }
    if ZarbTimers.isDue(&timers.health, settings.healthInterval, at: time) { checkHealth() }
    if ZarbTimers.isDue(&timers.samples, settings.warmup.scanInterval, at: time) {
      sampleSpreads(at: now)
    }
    if engine == .running || engine == .stopping {
      for index in symbols.indices { carryOn(index, at: now) }
      if engine == .stopping, symbols.allSatisfy({ $0.work == nil }) {
        engine = .stopped
        tell(.info, "engine", "Engine stopped", at: now)
      }
    }
    if ZarbTimers.isDue(&timers.equity, Self.equityInterval, at: time), engine == .running {
      performance.begin(with: balance)
      markPerformance(at: now)
    }
    if ZarbTimers.isDue(&timers.snapshot, Self.snapshotInterval, at: time) {
      publish("snapshot", snapshot(at: now), at: now)
    }
    if ZarbTimers.isDue(&timers.spreads, Self.spreadInterval, at: time), listeners > 0 {
      publish("market_top_spreads", freshSpreads(at: now), at: now)
    }
    if ZarbTimers.isDue(&timers.heartbeat, ZarbTimers.silence, at: time) {
      publish("heartbeat", [:], at: now)
    }
  }

  mutating func markPerformance(at now: Moment) {
    let mids = Dictionary(
      performance.gains.keys.map { ($0, quote($0, at: now)?.mid) }, uniquingKeysWith: { $1 })
    performance.mark(at: now.wall / 1_000) { mids[$0] ?? nil }
  }

  /// Of both accounts; nil before both are known.
  var balance: Decimal? {
    let balances = venues.compactMap { desk.view.balance($0) }
    return balances.count == venues.count ? balances.reduce(.zero) { $0.plus($1) } : nil
  }

  // MARK: Markets

  /// Everything that both venues trade is watched, and the configured pairs twice: by their quotes
  /// and by their books.
  private mutating func learnMarkets() {
    if isConnected {
      let known = desk.view.markets
      let missing = venues.filter { venue in !known.keys.contains { $0.venue == venue } }
      if !missing.isEmpty {
        desk.outbox.send(.allMarkets(venues: missing), for: .markets)
      }
      scanner.learn(known, venues: settings.venues)
      let configured = symbols.flatMap(\.market.listings)
      for listing in configured where known[listing] != nil { desk.follow(listing) }
      for listing in configured + scanner.pairs.flatMap({ [$0.first, $0.second] })
      where known[listing] != nil && subscribed.insert(listing).inserted {
        desk.outbox.send(.subscribe(listing), for: .other("subscribe \(listing)"))
        if configured.contains(listing) {
          desk.outbox.send(
            .subscribe(listing, channels: ["book"], depth: 1),
            for: .other("subscribe the book of \(listing)"))
          if settings.edge.hold > 0 { desk.followFunding(of: listing) }
        }
      }
    }
    if simulatesData {
      let markets = symbols.flatMap(\.market.listings)
      let rules = MarketRules(tick: Decimal(1), lot: Decimal(1), minSize: Decimal(1))
      scanner.learn(
        Dictionary(markets.map { ($0, rules) }) { $1 }, venues: settings.venues)
    }
  }

  /// What may be believed of a market now.
  func quote(_ listing: Listing, at now: Moment) -> Quote? {
    simulatesData ? simulated.quote(listing) : desk.view.quote(listing, at: now)
  }

  func isFresh(_ quote: Quote, at now: Moment) -> Bool {
    now.wall - quote.received <= Int64(settings.staleness / 1_000)
  }

  private mutating func sampleSpreads(at now: Moment) {
    guard settings.warmup.isEnabled else { return }
    if simulatesData, engine != .running {
      for listing in symbols.flatMap(\.market.listings) { simulated.tick(listing, at: now) }
    }
    for pair in scanner.pairs {
      guard let first = quote(pair.first, at: now), let second = quote(pair.second, at: now)
      else { continue }
      let sample = EdgeSample(first, second)
      let (_, percent) = SpreadBoard.edge(sample)
      board.note(pair.symbol, percent: percent, at: now.monotonic)
      desk.outbox.store(
        .spread(
          symbol: pair.symbol, at: now.wall / 1_000,
          edgeBasisPoints: sample.value(.signedEdge), edgePercent: percent))
    }
  }

  private mutating func checkHealth() {
    for venue in venues {
      let takesOrders = !sendsOrders || desk.view.isAccountLive(venue)
      let isConnected = links[venue]?.isConnected == true
      links[venue]?.check(simulatesData || (takesOrders && isConnected))
    }
  }

  // MARK: One symbol

  private mutating func carryOn(_ index: Int, at now: Moment) {
    if let sendAt = symbols[index].work?.sendAt, sendAt <= now.monotonic {
      send(index, at: now)
    }
    guard symbols[index].nextLook <= now.monotonic else { return }
    symbols[index].nextLook =
      now.monotonic + max(Self.shortestPause, symbols[index].parameters.interval)
    look(index, at: now)
  }

  private mutating func look(_ index: Int, at now: Moment) {
    let market = symbols[index].market
    if simulatesData { for listing in market.listings { simulated.tick(listing, at: now) } }
    judge(index, at: now)
    reconsider(index, at: now)
    let isBusy =
      symbols[index].work != nil || isSettling(index, at: now) || isResuming(index)
    let position = net(index)
    if !isBusy, level(index, position, at: now) { return note(index, at: now) }
    if let quotes = symbols[index].quotes, !symbols[index].guards.isStale {
      let sample = EdgeSample(quotes.first, quotes.second)
      symbols[index].sample = sample
      symbols[index].score = symbols[index].window.note(
        sample.value(settings.series).approximate)
      decide(index, sample, isBusy: isBusy, at: now)
    }
    note(index, at: now)
  }

  /// (S1-41 to S1-45)
  private mutating func judge(_ index: Int, at now: Moment) {
    let market = symbols[index].market
    let quotes = market.listings.compactMap { quote($0, at: now) }
    if quotes.count == 2 { symbols[index].quotes = (quotes[0], quotes[1]) }
    if ZarbTimers.isDue(
      &symbols[index].nextCheck, symbols[index].parameters.consistencyInterval,
      at: now.monotonic)
    {
      symbols[index].consistency.note(
        prices(market, quotes), tolerance: settings.tolerance)
    }
    var guards = ZarbGuards()
    guards.isStale = quotes.count < 2 || !quotes.allSatisfy { isFresh($0, at: now) }
    guards.isConsistent = symbols[index].consistency.isConsistent(settings.consistencyFailures)
    guards.isConnected =
      simulatesData
      || venues.allSatisfy {
        links[$0]?.isHeard(settings.idleTimeout, at: now.monotonic) == true
      }
    guards.isHealthy = venues.allSatisfy { venue in
      links[venue].map { $0.isWell && $0.failures < settings.healthFailures } ?? false
    }
    symbols[index].guards = guards
  }

  /// The four prices by both sources.
  private func prices(_ market: ZarbMarket, _ quotes: [Quote]) -> [(Decimal, Decimal)]? {
    let others = market.listings.compactMap { listing in
      simulatesData ? simulated.best(listing) : desk.view.best(listing)
    }
    guard quotes.count == 2, others.count == 2 else { return nil }
    return zip(quotes, others).flatMap { [($0.bid, $1.bid), ($0.ask, $1.ask)] }
  }

  private mutating func decide(_ index: Int, _ sample: EdgeSample, isBusy: Bool, at now: Moment) {
    guard let score = symbols[index].score else { return }
    let parameters = symbols[index].parameters
    let decision = weighed(
      ScoreDecision(
        score, sample, series: settings.series, held: held(index),
        thresholds: parameters.thresholds(mode, fees: settings.fees), sizes: parameters.sizes),
      index, score, at: now)
    symbols[index].decision = decision
    guard engine == .running, !isBusy, symbols[index].pausedUntil <= now.monotonic else { return }
    switch decision.signal {
    case .hold: break
    case .open(let direction, let batches):
      guard symbols[index].guards.canOpen else { return }
      begin(
        index, .init(kind: .open, direction: direction, sizes: batches), decision.reason, at: now)
    case .close(let size):
      guard let direction = held(index) else { return }
      begin(
        index, .init(kind: .close, direction: direction, sizes: [size]), decision.reason, at: now)
    }
  }

  /// True where a position that is not level keeps everything else from being done. (S1-50)
  private mutating func level(
    _ index: Int, _ positions: (first: Decimal, second: Decimal), at now: Moment
  ) -> Bool {
    guard engine == .running, symbols[index].pausedUntil <= now.monotonic else { return false }
    let base = symbols[index].parameters.sizes.base
    if positions.first.isZero, positions.second.isZero { symbols[index].isLiquidated = false }
    if symbols[index].isLiquidated {
      begin(
        index, .init(kind: .flatten, direction: held(index) ?? .long, sizes: []),
        "the venue has closed a leg", at: now)
      return symbols[index].work != nil
    }
    let step = NetPosition(
      first: positions.first, second: positions.second, base: base,
      rebalanceAt: settings.rebalanceAt, flattenAt: settings.flattenAt)
    let net = positions.first.plus(positions.second)
    let symbol = symbols[index].market.symbol
    let direction: SpreadDirection = positions.first.isNegative ? .short : .long
    switch step {
    case .level: return false
    case .rebalance(let isFirst, let side, let size):
      var work = ZarbSymbol.Work(
        kind: .rebalance, direction: side == .buy ? .long : .short, sizes: [size])
      work.isFirst = isFirst
      begin(index, work, "net \(net) beyond \(settings.rebalanceAt) orders", at: now)
    case .flatten:
      let text = "\(symbol): net \(net) is beyond \(settings.flattenAt) orders of \(base): closing"
      if blockade == nil { tell(.warn, "risk", text, at: now) }
      begin(index, .init(kind: .flatten, direction: direction, sizes: []), text, at: now)
    }
    return symbols[index].work != nil
  }

  /// Nothing that failed before keeps the other leg from being closed. (X57)
  mutating func lose(_ fill: FillLine, at now: Moment) {
    guard let index = index(of: fill.listing) else { return }
    (symbols[index].isLiquidated, symbols[index].pausedUntil) = (true, 0)
    symbols[index].settling = nil
    tell(
      .error, "risk",
      "\(fill.listing.venue) has liquidated \(fill.size) \(symbols[index].market.symbol)", at: now)
  }

  func net(_ index: Int) -> (first: Decimal, second: Decimal) {
    let market = symbols[index].market
    return (desk.view.position(market.first), desk.view.position(market.second))
  }

  /// The direction of the position; nil where there is none.
  func held(_ index: Int) -> SpreadDirection? {
    let (first, second) = net(index)
    if first.isZero, second.isZero { return nil }
    return first > .zero || (first.isZero && second.isNegative) ? .long : .short
  }

  /// What an earlier run has left is brought to its end first.
  func isResuming(_ index: Int) -> Bool {
    let listings = symbols[index].market.listings
    return desk.trades.contains { listings.contains($0.record.first.listing) }
      || listings.contains { desk.isWorking($0) }
  }

  /// What was filled just now may not be among the positions yet.
  private mutating func isSettling(_ index: Int, at now: Moment) -> Bool {
    guard let settling = symbols[index].settling else { return false }
    let isThere = settling.expected.allSatisfy { desk.view.position($0.key) == $0.value }
    if isThere || settling.until <= now.monotonic { symbols[index].settling = nil }
    return symbols[index].settling != nil
  }

  /// (S1-56: at most one row a second is kept)
  private mutating func note(_ index: Int, at now: Moment) {
    symbols[index].updated = now.wall / 1_000
    let isKept = ZarbTimers.isDue(
      &symbols[index].nextPoint, Self.pointInterval, at: now.monotonic)
    guard isKept || listeners > 0 else { return }
    let row = row(index, at: now)
    publish("symbol", row, at: now)
    guard isKept else { return }
    if let score = symbols[index].score, let sample = symbols[index].sample {
      if symbols[index].points.count == ZarbSymbol.keptPoints {
        symbols[index].points.removeFirst()
      }
      symbols[index].points.append(
        .init(
          time: now.wall / 1_000, value: sample.value(settings.series), score: score))
    }
    desk.outbox.store(
      .snapshot(
        symbol: symbols[index].market.symbol, at: now.wall / 1_000, json: row.string,
        row: tableRow(index, at: now)))
  }
}
