import PerpCore

/// What every bot does around its strategy: it greets the gateway, learns markets and accounts,
/// follows orders, keeps the ledger, goes on with what an earlier run has left, and ends flat.
/// A strategy looks at `view`, begins trades, and is told what comes of them.
package struct Desk: Sendable {
  package struct Settings: Sendable {
    /// Of the bot, as its command has it.
    package var name: String
    package var listings: [Listing]
    /// What the banner says of sizes.
    package var cautions = ""
    /// What is subscribed to of each market, books with so many levels on each side.
    package var channels = ["bbo"]
    package var depth: Int?
    /// Markets without a book: there orders at once are market orders.
    package var quoted: Set<Listing> = []
    /// Of market orders, hundredths of a percent.
    package var maxSlippage = 50
    /// Orders are sent. Without it a run is dry, whatever the venues are.
    package var sendsOrders = true
    /// What arms the gateway for venues that are not simulated; nil: such venues get no orders.
    package var liveConfirmation: String?
    /// A lost login ends the bot in good order; otherwise it waits for a new one.
    package var stopsOnLostLogin = false
    /// Positions are closed at the end of a run; otherwise the next run goes on with them.
    package var closesAtEnd = true
    package var trade = PairTrade.Settings()

    package init(name: String, listings: [Listing]) {
      (self.name, self.listings) = (name, listings)
    }
  }

  package enum Phase: Equatable, Sendable {
    /// No gateway, or none that has said hello.
    case connecting
    /// Waits for markets and accounts.
    case starting
    case running
    case stopping(Closing)
    case finished
  }

  /// What a strategy is told.
  package enum Event: Sendable {
    case started
    /// The gateway has taken an order.
    case accepted(OrderTicket)
    case order(OrderLine)
    case fill(FillLine)
    /// Positions that were asked for are in `view`.
    case positions(serial: Int)
    /// Orders that were asked for.
    case orders([OrderLine])
    case over(PairTrade, PairTrade.Report)
    /// Proven: nothing more of this order is filled. Executions may still be told.
    case ended(Leg)
    /// What was asked for before will not be answered.
    case disconnected
  }

  package internal(set) var settings: Settings
  package internal(set) var phase = Phase.connecting
  package internal(set) var view = MarketView()
  package var outbox = Outbox()
  package internal(set) var ledger: Ledger
  /// Those that are not over.
  package internal(set) var trades: [PairTrade] = []
  package internal(set) var killSwitch = KillSwitch.armed
  /// Venues that take no orders.
  package internal(set) var lostAccounts: Set<String> = []
  /// Venues that have closed a position of ours.
  package internal(set) var liquidators: Set<String> = []
  /// Since when, on the monotonic clock, a liquidation has left legs of an asset alone.
  var exposed: [Substring: UInt64] = [:]
  /// Of this run.
  package internal(set) var bookedTrades = 0
  package internal(set) var isDry = false
  /// Orders of no trade, ended ones for a while.
  var orders: [SingleOrder] = []
  /// What the gateway trades on is real.
  package internal(set) var venuesAreLive = false
  var isReadOnly = false
  var isConnected = false
  var maxUnhedged: UInt64 = 0
  var hasStarted = false
  var serial = 0
  /// Actions of `outbox` that the ledger knows.
  private var noted = 0
  /// Times it has asked this gateway for what it must know.
  var questions = 0
  /// When it asks again for what it must know, on the monotonic clock.
  var nextQuestion: UInt64 = 0
  let began: Moment

  package init(_ settings: Settings, ledger: Ledger, at now: Moment) {
    (self.settings, self.ledger, began) = (settings, ledger, now)
  }

  package var isRunning: Bool { phase == .running }
  private var isStopping: Bool { if case .stopping = phase { true } else { false } }

  /// On the monotonic clock.
  package var deadline: UInt64? {
    var due = trades.compactMap(\.deadline)
    if isConnected { due += orders.compactMap { pressing($0) } }
    switch phase {
    case .starting: due.append(nextQuestion)
    case .stopping(let closing): due.append(closing.nextCheck)
    case .connecting, .running, .finished: break
    }
    return due.min()
  }

  package mutating func receive(_ input: BotInput, at now: Moment) -> [Event] {
    guard phase != .finished else { return [] }
    var events: [Event] = []
    switch input {
    case .line(let line): receive(line, at: now, &events)
    case .wake:
      pressOrders(at: now)
      for index in trades.indices { trades[index].wake(at: now, view, &outbox) }
    case .disconnected(let cause):
      disconnected(cause)
      events.append(.disconnected)
    case .stop(let reason): stop(reason, at: now)
    case .killSwitch(let state): receive(state, at: now)
    case .console: break
    }
    noteKept()
    measureExposure(at: now)
    if obstacle != nil || isStopping { for trade in trades { giveUp(trade.record.id, at: now) } }
    for trade in trades {
      guard let report = trade.report else { continue }
      maxUnhedged = max(maxUnhedged, report.unhedged)
      if report.outcome == .booked { bookedTrades += 1 }
      events.append(.over(trade, report))
    }
    trades.removeAll(where: \.isOver)
    if phase == .starting, startIfReady(at: now) { events.append(.started) }
    if close(at: now) { events.append(.started) }
    return events
  }

  /// What is to be done, all of it; the ledger knows what is kept.
  package mutating func take() -> [BotAction] {
    noteKept()
    noted = 0
    return outbox.take()
  }

  /// The ledger learns what is to be kept so far.
  mutating func noteKept() {
    for case .keep(let record) in outbox.actions.dropFirst(noted) { ledger.note(record) }
    noted = outbox.actions.count
  }

  /// Keeps the intent of a trade, and sends its orders; `resting` is how one of them rests, unless
  /// that is as in the settings.
  package mutating func begin(
    _ record: LedgerRecord.TradeRecord, resting: Resting? = nil, at now: Moment
  ) {
    var trade = PairTrade(record, settings: settings.trade, resting: resting, at: now)
    trade.begin(at: now, &outbox)
    trades.append(trade)
    noteKept()
  }

  /// A trade whose first order rests wants no more of it: what is filled is hedged, the rest is
  /// cancelled. Of other trades nothing changes.
  package mutating func giveUp(_ trade: Int64, at now: Moment) {
    for index in trades.indices where trades[index].record.id == trade {
      trades[index].giveUp(at: now, view, &outbox)
    }
  }

  /// Why there must be no entry at all now; nil where nothing stands against it.
  package var obstacle: String? { obstacle(on: settings.listings) }

  /// Why there must be none on these markets.
  package func obstacle(on markets: [Listing]) -> String? {
    if killSwitch.state != .armed { return "kill switch \(killSwitch.reason)" }
    let venues = Set(markets.map(\.venue))
    if let venue = lostAccounts.intersection(venues).min() { return "\(venue) takes no orders" }
    if let venue = liquidators.sorted().first { return "\(venue) has liquidated" }
    for listing in markets {
      if let status = view.rules(listing)?.status, status != "open", status != "quotes_only" {
        return "\(listing) is \(status)"
      }
    }
    return nil
  }

  // MARK: What the gateway says

  private mutating func receive(_ line: GatewayLine, at now: Moment, _ events: inout [Event]) {
    view.note(line, at: now)
    switch line {
    case .hello(let hello): greet(hello, at: now)
    case .order(let order): receive(order, at: now, &events)
    case .fill(let fill):
      for index in trades.indices { trades[index].note(fill, at: now, view, &outbox) }
      noteOrder(fill, &events)
      if fill.isLiquidation, settings.listings.contains(fill.listing) { lose(fill, at: now) }
      events.append(.fill(fill))
    case .stream:
      // What rests must not where there is no price any more.
      for index in trades.indices { trades[index].wake(at: now, view, &outbox) }
    case .account(let venue, let state, let cause):
      noteAccount(venue, isLive: state == "live", cause, at: now)
    case .reply(let id, let result): answered(id, result, at: now, &events)
    case .refusal(let id, let refusal): refused(id, refusal, at: now, &events)
    case .error(let reason, let message, let venue):
      let kind = FailureClass(reason: reason)
      outbox.log(.warning, "\(venue ?? "gateway") [\(kind.rawValue)] \(reason): \(message)")
    case .bye(let reason): outbox.log(.info, "The gateway ends: \(reason)")
    default: break
    }
  }

  private mutating func receive(_ order: OrderLine, at now: Moment, _ events: inout [Event]) {
    for index in trades.indices { trades[index].note(order, at: now, view, &outbox) }
    noteOrder(order, &events)
    events.append(.order(order))
  }

  private mutating func answered(
    _ id: Int, _ result: JSONFields, at now: Moment, _ events: inout [Event]
  ) {
    switch outbox.errand(of: id) {
    case .place(let clientID):
      let legs = trades.flatMap(\.legs)
      if let leg = legs.first(where: { $0.ticket.clientID == clientID }) {
        events.append(.accepted(leg.ticket))
      }
    case .query:
      if let order = result.object("order").flatMap({ OrderLine($0) }) {
        receive(order, at: now, &events)
      }
    case .positions(let serial):
      receive(positions: result, at: now)
      confirmClosing()
      events.append(.positions(serial: serial))
    case .status: receive(status: result, at: now)
    case .balances: receive(balances: result, at: now)
    case .orders:
      events.append(.orders((result.objects("orders") ?? []).compactMap { OrderLine($0) }))
    case .cancel, .markets, .other, nil: break
    }
  }

  private mutating func refused(
    _ id: Int, _ refusal: GatewayLine.Refusal, at now: Moment, _ events: inout [Event]
  ) {
    let text = "\(refusal.reason): \(refusal.message)"
    let kind = FailureClass(reason: refusal.reason).rawValue
    switch outbox.errand(of: id) {
    case .place(let clientID), .query(let clientID):
      for index in trades.indices {
        trades[index].refused(clientID, refusal, at: now, view, &outbox)
      }
      refuseOrder(clientID, refusal, at: now, &events)
    case .markets: outbox.log(.info, "Waiting for markets: \(refusal.message)")
    case .positions: outbox.log(.warning, "Positions are not told [\(kind)] \(text)")
    case .status, .balances, .orders:
      outbox.log(.error, "The gateway does not tell [\(kind)] \(text)")
    case .cancel(let clientID): outbox.log(.debug, "Cancel of \(clientID): \(text)")
    case .other(let what): outbox.log(.error, "\(what) [\(kind)] \(text)")
    case nil: break
    }
  }

  private mutating func disconnected(_ cause: String) {
    isConnected = false
    view.disconnect()
    outbox.forgetErrands()
    if !isStopping { phase = .connecting }
    outbox.log(.error, "The gateway is gone: \(cause)")
  }

  private mutating func receive(_ state: KillSwitch, at now: Moment) {
    guard state != killSwitch else { return }
    killSwitch = state
    outbox.log(.critical, "Kill switch: \(state.state.rawValue) \(state.reason)")
    outbox.notify(NotificationText.bold("Kill switch") + ": \(state.state.rawValue)")
    guard state.state != .armed else { return }
    for listing in settings.listings {
      cancelAll(listing, at: now)
    }
    guard state.state == .flatten else { return }
    settings.closesAtEnd = true
    stop("kill switch", at: now)
  }
}
