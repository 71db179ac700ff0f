import PerpCore

/// A trade of two orders that belong together, from its intent to the end of both and of whatever
/// it takes to leave nothing unhedged: a state machine that two-legged strategies share. (C-07)
///
/// Both orders leave at once, or one follows the other: `LegStyle`.
///
/// - Every order is in the ledger before it is sent, under a name made from the ledger's number.
/// - An order is done when the gateway has proof of its end. Until then the trade waits, asks, and
///   sends nothing in its place.
/// - What stands alone is undone by its *filled* size, with the difference alone where both legs
///   were filled in part; where a market is too coarse for that, the other one makes up for it.
package struct PairTrade: Sendable {
  package struct Settings: Equatable, Sendable {
    /// Nanoseconds after which an order that has not ended is cancelled, and asked about.
    package var fillTimeout = Nanoseconds.seconds(5)
    /// Nanoseconds between questions about an order whose end is not proven.
    package var queryInterval = Nanoseconds.seconds(2)
    /// Part of the price that an order which undoes may cost.
    package var offset = Decimal(mantissa: 5, scale: 3)
    /// Nanoseconds before the second try to undo; twice as long before each that follows.
    package var retryDelay = Nanoseconds.milliseconds(250)
    package var longestRetryDelay = Nanoseconds.seconds(5)
    /// Tries to undo, after which people have to.
    package var maxTries = 20
    /// What names of orders begin with.
    package var prefix = "arb"
    /// Of trades whose orders follow each other.
    package var resting = Resting()
    /// Hedges that take, after which the first leg is undone.
    package var hedgeTries = 1

    package init() {}

    /// Nanoseconds before the next try after so many others.
    func delay(after tries: Int) -> UInt64 {
      min(longestRetryDelay, retryDelay << UInt64(min(tries, 8)))
    }
  }

  package struct Report: Equatable, Sendable {
    package var outcome: LedgerRecord.TradeOutcome
    /// Base units left unhedged.
    package var net: Decimal
    /// What both legs have in the end, in base units.
    package var size: Decimal
    /// Nanoseconds from the first order to the end of both legs.
    package var duration: UInt64
    /// Nanoseconds during which one leg had more than the other.
    package var unhedged: UInt64
    /// Why a leg failed, in the venue's words.
    package var error: String?
  }

  package let record: LedgerRecord.TradeRecord
  /// Orders of the trade itself, and what undoes or makes up for one of them.
  package internal(set) var legs: [Leg]
  package private(set) var report: Report?
  /// When `wake` is due, on the monotonic clock.
  package private(set) var deadline: UInt64?
  let settings: Settings
  /// Nil of a trade whose orders leave at once.
  var sequence: LegSequence?
  private let began: UInt64
  private var entered: UInt64?
  private var lastQuery: UInt64?
  private var tries = 0
  private var retryAt: UInt64 = 0
  private var unhedgedSince: UInt64?
  private var unhedged: UInt64 = 0
  private var kept: Set<String> = []

  /// `resting` unless the settings' is meant.
  package init(
    _ record: LedgerRecord.TradeRecord, settings: Settings, resting: Resting? = nil, at now: Moment
  ) {
    self.record = record
    self.settings = settings
    began = now.monotonic
    legs = record.tickets.map { Leg($0) }
    if record.style != .takerTaker {
      sequence = LegSequence(record.style, resting ?? settings.resting, isAcquiring: true)
    }
  }

  /// A trade that an earlier run has left, as its ledger has it. What was filled of it is hedged;
  /// more of it is not wanted.
  package init(resuming entry: Ledger.Entry, settings: Settings, at now: Moment) {
    record = entry.trade
    self.settings = settings
    began = now.monotonic
    legs = entry.tickets.map { Leg($0, result: entry.results[$0.clientID]) }
    kept = Set(entry.results.values.filter { $0.state != .unknown }.map(\.clientID))
    // What was being undone is undone further.
    if record.style != .takerTaker, undoing.isEmpty {
      sequence = LegSequence(record.style, settings.resting, isAcquiring: false)
    }
  }

  package var isOver: Bool { report != nil }
  /// Something of it was sent, and nothing proves what became of it.
  package var isInDoubt: Bool { !isOver && legs.contains { !$0.isSettled } }
  /// What undoes or makes up for an order of the trade.
  package var undoing: [Leg] {
    legs.filter { $0.ticket.clientID.hasPrefix("\(settings.prefix)_\(record.id)_u") }
  }
  /// Base units that one venue has more than the other.
  package var net: Decimal { legs.reduce(Decimal.zero) { $0.plus($1.signedFill) } }

  // MARK: What happens

  /// Keeps the intent, and sends what leaves first.
  package mutating func begin(at now: Moment, _ outbox: inout Outbox) {
    outbox.keep(.trade(record))
    for index in legs.indices { send(index, at: now, &outbox) }
    if let sequence { self.sequence?.due = now.monotonic + sequence.resting.wait }
    setDeadline(at: now)
  }

  /// After a restart, or once the gateway is back: asks for what is not proven.
  package mutating func resume(at now: Moment, _ view: MarketView, _ outbox: inout Outbox) {
    for index in legs.indices where !legs[index].isSettled {
      legs[index].sent = legs[index].sent ?? now.monotonic
      outbox.send(.query(legs[index].ticket.clientID), for: query(index))
    }
    lastQuery = now.monotonic
    proceed(at: now, view, &outbox)
  }

  package mutating func note(
    _ line: OrderLine, at now: Moment, _ view: MarketView, _ outbox: inout Outbox
  ) {
    guard let index = index(line.clientID) else { return }
    if legs[index].note(line) { keepResult(index, &outbox) }
    proceed(at: now, view, &outbox)
  }

  package mutating func note(
    _ fill: FillLine, at now: Moment, _ view: MarketView, _ outbox: inout Outbox
  ) {
    guard let index = index(fill.clientID) else { return }
    if legs[index].note(fill), kept.contains(fill.clientID ?? "") { keepResult(index, &outbox) }
    proceed(at: now, view, &outbox)
  }

  /// The gateway did not take an order, or knows none of this name: nothing of it has left.
  package mutating func refused(
    _ clientID: String, _ refusal: GatewayLine.Refusal, at now: Moment, _ view: MarketView,
    _ outbox: inout Outbox
  ) {
    guard let index = index(clientID), !legs[index].isSettled else { return }
    // Of that name there is an order already: what became of it is to be asked.
    if refusal.reason == "duplicate_client_id" { return resume(at: now, view, &outbox) }
    legs[index].fail("\(refusal.reason): \(refusal.message)")
    keepResult(index, &outbox)
    proceed(at: now, view, &outbox)
  }

  package mutating func wake(at now: Moment, _ view: MarketView, _ outbox: inout Outbox) {
    proceed(at: now, view, &outbox)
  }

  // MARK: What follows from it

  mutating func proceed(at now: Moment, _ view: MarketView, _ outbox: inout Outbox) {
    guard report == nil else { return }
    measure(at: now)
    pursue(at: now, view, &outbox)
    guard legs.allSatisfy(\.isSettled), sequence?.due == nil else {
      press(at: now, &outbox)
      return setDeadline(at: now)
    }
    entered = entered ?? now.monotonic
    sequence = nil
    if net.isZero {
      finish(paired.isZero ? (didTrade ? .unwound : .nothing) : .booked, at: now, &outbox)
    } else if let ticket = levelling(view, at: now) {
      guard tries < settings.maxTries else { return finish(.residual, at: now, &outbox) }
      guard retryAt <= now.monotonic else { return setDeadline(at: now) }
      level(ticket, at: now, &outbox)
    } else {
      finish(paired.isZero ? .residual : .booked, at: now, &outbox)
    }
    setDeadline(at: now)
  }

  /// Orders that have not ended in time are cancelled and asked about, again and again.
  private mutating func press(at now: Moment, _ outbox: inout Outbox) {
    let isDue = lastQuery.map { $0 + settings.queryInterval <= now.monotonic } ?? true
    for index in legs.indices where !legs[index].isSettled {
      guard let due = pressing(legs[index]), due <= now.monotonic, isDue else { continue }
      let id = legs[index].ticket.clientID
      if legs[index].cancelSent == nil || legs[index].ticket.mayRest {
        if legs[index].cancelSent == nil { tellUnfilled(after: settings.fillTimeout, &outbox) }
        legs[index].cancelSent = legs[index].cancelSent ?? now.monotonic
        outbox.send(.cancel(id), for: .cancel(clientID: id))
      }
      outbox.send(.query(id), for: query(index))
      lastQuery = now.monotonic
    }
  }

  /// When the end of an order is overdue, on the monotonic clock; nil of one that may rest.
  private func pressing(_ leg: Leg) -> UInt64? {
    guard !leg.isSettled, let since = leg.ticket.mayRest ? leg.cancelSent : leg.sent else {
      return nil
    }
    return since + settings.fillTimeout
  }

  /// (S2-32)
  func tellUnfilled(after wait: UInt64, _ outbox: inout Outbox) {
    let seconds = Decimal(mantissa: Int128(wait / 1_000_000), scale: 3).trimmed
    outbox.log(
      .warning,
      "[MARKET] Order not filled within \(seconds)s, cancelling: look at liquidity and offset")
  }

  private mutating func level(_ ticket: OrderTicket, at now: Moment, _ outbox: inout Outbox) {
    retryAt = now.monotonic + settings.delay(after: tries)
    tries += 1
    outbox.log(
      .warning,
      "Trade \(record.id): \(net) stands alone, \(ticket.side.rawValue) \(ticket.size) at "
        + "\(ticket.listing.venue), try \(tries)")
    add(ticket, at: now, &outbox)
  }

  private mutating func finish(
    _ outcome: LedgerRecord.TradeOutcome, at now: Moment, _ outbox: inout Outbox
  ) {
    report = Report(
      outcome: outcome, net: net, size: paired, duration: (entered ?? now.monotonic) - began,
      unhedged: unhedged, error: failures.compactMap(\.result.error).first)
    deadline = nil
    outbox.keep(.outcome(trade: record.id, outcome, net: net, at: now.wall))
  }

  // MARK: Levelling

  /// The order that takes the difference away: where more was filled, or else where less was. Nil
  /// where both markets are too coarse for it.
  private func levelling(_ view: MarketView, at now: Moment) -> OrderTicket? {
    let side: Side = net.isNegative ? .buy : .sell
    let fills = [filled(0), filled(1)]
    let order = fills[0].magnitude >= fills[1].magnitude ? [0, 1] : [1, 0]
    for index in order {
      let listing = listings[index]
      guard let rules = view.rules(listing) else { continue }
      let size = net.magnitude.floored(to: rules.lot)
      guard size > .zero, size >= rules.minSize else { continue }
      let quote = view.quote(listing, at: now)
      let price = quote.flatMap {
        try? rules.emulatedMarket(side, against: $0, offset: settings.offset)
      }
      return OrderTicket(
        listing, clientID: name("u"), side: side, size: size, price: price,
        timeInForce: price == nil ? nil : .ioc, isReduceOnly: closes(side, at: index) >= size)
    }
    return nil
  }

  /// Base units that an order of this side only closes: what there was, and what the trade itself
  /// has added or closed.
  func closes(_ side: Side, at index: Int) -> Decimal {
    let position = record.positions[index].plus(filled(index))
    return side == .sell ? position : position.negated
  }

  /// What one venue has of this trade, in base units.
  private func filled(_ index: Int) -> Decimal {
    legs.filter { $0.ticket.listing == listings[index] }
      .reduce(Decimal.zero) { $0.plus($1.signedFill) }
  }

  private var listings: [Listing] { [record.first.listing, record.second.listing] }
  private var paired: Decimal { min(filled(0).magnitude, filled(1).magnitude) }
  private var didTrade: Bool { legs.contains { !$0.result.filled.isZero } }

  // MARK: Bookkeeping

  private func index(_ clientID: String?) -> Int? {
    legs.firstIndex { $0.ticket.clientID == clientID }
  }

  private func query(_ index: Int) -> Outbox.Errand {
    .query(clientID: legs[index].ticket.clientID)
  }

  /// A name that no order of this trade has.
  func name(_ kind: String) -> String {
    "\(settings.prefix)_\(record.id)_\(kind)\(legs.count - 1)"
  }

  /// The trade's own orders of which something is missing, those that nobody has cancelled first.
  private var failures: [Leg] {
    let undoing = Set(undoing.map(\.ticket.clientID))
    let own = legs.filter { !undoing.contains($0.ticket.clientID) }
    return own.filter { $0.cancelSent == nil } + own.filter { $0.cancelSent != nil }
  }

  /// Keeps the intent of one more order, and sends it.
  mutating func add(_ ticket: OrderTicket, at now: Moment, _ outbox: inout Outbox) {
    outbox.keep(.order(trade: record.id, ticket))
    legs.append(Leg(ticket))
    send(legs.count - 1, at: now, &outbox)
  }

  private mutating func send(_ index: Int, at now: Moment, _ outbox: inout Outbox) {
    legs[index].sent = now.monotonic
    let ticket = legs[index].ticket
    outbox.send(.place(ticket), for: .place(clientID: ticket.clientID))
  }

  private mutating func keepResult(_ index: Int, _ outbox: inout Outbox) {
    guard legs[index].isSettled else { return }
    kept.insert(legs[index].ticket.clientID)
    outbox.keep(.result(trade: record.id, legs[index].result))
  }

  private mutating func measure(at now: Moment) {
    if let since = unhedgedSince { unhedged = max(unhedged, now.monotonic - since) }
    if net.isZero { unhedgedSince = nil } else { unhedgedSince = unhedgedSince ?? now.monotonic }
  }

  private mutating func setDeadline(at now: Moment) {
    guard report == nil else { return }
    let overdue = legs.compactMap { pressing($0) }.min().map {
      max($0, lastQuery.map { $0 + settings.queryInterval } ?? 0)
    }
    deadline = [overdue, sequence?.due].compactMap { $0 }.min()
    if deadline == nil, legs.allSatisfy(\.isSettled) { deadline = retryAt }
  }
}
