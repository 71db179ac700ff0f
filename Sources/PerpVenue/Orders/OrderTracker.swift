import PerpCore

/// Follows every order of one account at one venue, whatever is lost, repeated, late or out of
/// order on the way. The same for all venues; `OrderRuling` is its state machine.
///
/// - Nothing is sent that is not in the journal: `.record` comes before `.send`.
/// - An outcome is what the venue was seen to say. Without it the order is `unknown`, its market is
///   frozen, and the tracker asks until it is proven. It never sends an order twice.
/// - A fill counts once for each trade id, and an `order` line that includes it comes next.
/// - After a crash it is made again from what the journal has, and then told to `.reconcile`.
package struct OrderTracker: Sendable {
  package struct Settings: Sendable {
    package var naming: OrderNaming
    /// Codes of refusals after which the venue promises that there is no order.
    package var definiteRefusals: Set<String>
    /// What codes of refusals mean, where there is a word for it.
    package var refusalReasons: [String: OrderRefusal.Reason]
    /// Nanoseconds for the venue to show an order, or the end of a cancel.
    package var answerTimeout = Nanoseconds.seconds(2)
    /// After an order or a cancel was taken the venue is asked how it stands so soon; nil where it
    /// tells that unasked.
    package var shownWithin: UInt64?
    package var queryTimeout = Nanoseconds.seconds(5)
    /// Between looks at all that is open, while anything is.
    package var lookInterval = Nanoseconds.seconds(5)
    /// An order that nobody finds is declared not to exist when it is so old, was not found so
    /// often, and history covers so many microseconds around its sending.
    package var absenceAge = Nanoseconds.seconds(5)
    package var absenceRounds = 5
    package var clockSlack: Int64 = 5_000_000
    /// Microseconds before the last record of the journal from which on fills are read again.
    package var restartSlack: Int64 = 60_000_000
    package var maxLive = 1_000
    /// Orders that are kept after their end; more where the end is so recent that a restart may
    /// read their fills again.
    package var keptFinal = 10_000
    package var keptTrades = 100_000
    package var keptStrays = 1_000

    package init(
      naming: OrderNaming, definiteRefusals: Set<String>,
      refusalReasons: [String: OrderRefusal.Reason] = [:]
    ) {
      self.naming = naming
      self.refusalReasons = refusalReasons
      self.definiteRefusals = definiteRefusals
    }

    /// The word for a refusal: the venue's own code first, then what stands before the venue, whose
    /// pages have a status alone.
    func reason(of code: String) -> String {
      if let reason = refusalReasons[code] { return reason.rawValue }
      return switch code {
      case "HTTP_429", "HTTP_418", "HTTP_405": OrderRefusal.Reason.rateLimited.rawValue
      case "HTTP_401": OrderRefusal.Reason.auth.rawValue
      case "HTTP_403": OrderRefusal.Reason.venueDown.rawValue
      default: "refused"
      }
    }
  }

  package struct Counters: Equatable, Sendable {
    package var lateReports = 0
    package var contradictions = 0
    package var repeatedFills = 0
    package var restated = 0
    package var notDelivered = 0
    package var strays = 0
    package var droppedStrays = 0
    package var forgottenOrders = 0
    package var forgottenTrades = 0
    package var unknownOutcomes = 0
  }

  struct TradeKey: Hashable, Sendable {
    let orderID: ShortText
    let tradeID: ShortText
  }

  package internal(set) var counters = Counters()
  let venue: VenueID
  let account: String
  let settings: Settings
  var names: OrderNames
  var orders: [OrderKey: TrackedOrder] = [:]
  /// Those that are not settled, in the order they came; a dictionary has none of its own.
  var live: [OrderKey] = []
  var finals = SettledOrders()
  /// Not told yet.
  var forgotten: [OrderKey] = []
  /// The time of the latest record, in microseconds since the epoch.
  var lastRecord: Int64 = 0
  var keysByOrderID: [ShortText: OrderKey] = [:]
  var keysByName: [ShortText: OrderKey] = [:]
  var trades: RecentSet<TradeKey>
  /// Fills of orders whose id is not known yet.
  var strays: [(fill: FillReport, key: OrderKey)] = []
  /// Orders of a market whose outcome is unknown.
  var doubts: [Symbol: Int] = [:]
  var look: (due: UInt64?, asked: UInt64?) = (nil, nil)
  var sweep = Sweep()

  package init(venue: VenueID, account: String, settings: Settings) {
    self.venue = venue
    self.account = account
    self.settings = settings
    names = OrderNames(settings.naming)
    trades = RecentSet(capacity: settings.keptTrades)
  }

  /// When `.wake` is due on the monotonic clock, in nanoseconds.
  package var deadline: UInt64? {
    var earliest = [look.due, sweep.due].compactMap { $0 }.min()
    for key in live {
      guard let order = orders[key] else { continue }
      for time in [order.answerDue, order.cancelDue, order.inquiry?.due] {
        if let time { earliest = min(earliest ?? time, time) }
      }
    }
    return earliest
  }

  /// Whether no more exposure may be taken on this market.
  package func isFrozen(_ symbol: Symbol) -> Bool { doubts[symbol] != nil }

  /// How an order stands; nil of one that is not known, or not any more.
  package func order(_ key: OrderKey) -> OrderUpdate? {
    orders[key]?.update(.status, AccountHeader(venue: venue, account: account))
  }

  /// The keys of the orders that are not settled, in the order they came.
  package var liveOrders: [OrderKey] { live }

  /// The order as its request needs it; nil of one that is not known, or not any more.
  package func subject(of key: OrderKey) -> OrderSubject? {
    orders[key].map { order in
      OrderSubject(
        key: key, symbol: order.symbol, name: order.name, orderID: order.orderID,
        terms: order.terms, replacement: order.replacement, bound: order.bound,
        filled: order.filled, placed: order.placed)
    }
  }

  package mutating func receive(
    _ input: OrderInput, at now: Moment, into actions: inout [OrderAction]
  ) {
    switch input {
    case .place(let intent): place(intent, at: now, &actions)
    case .cancel(let key): cancel(key, at: now, &actions)
    case .cancelAll(let symbol): cancelAll(of: symbol, at: now, &actions)
    case .replace(let id, let price, let size): replace(id, price, size, at: now, &actions)
    case .look(let key): look(at: key, now, &actions)
    case .sent(let request): note(sent: request, at: now)
    case .notSent(let request, let reason): fail(request, reason, at: now, &actions)
    case .answered(let request, let answer): take(answer, to: request, at: now, &actions)
    case .reported(let report): take(report, at: now, &actions)
    case .filled(let fill): take(fill, at: now, &actions)
    case .found(let query, let findings): take(findings, of: query, at: now, &actions)
    case .reconcile: reconcile(at: now, &actions)
    case .wake: wake(at: now, &actions)
    }
    for case .emit(.order(let order)) in actions {
      lastRecord = max(lastRecord, order.header.received ?? 0)
    }
    retireSettled(at: now)
    for key in forgotten { actions.append(.forget(key)) }
    forgotten.removeAll(keepingCapacity: true)
    if live.isEmpty {
      look = (nil, nil)
    } else if look.due == nil {
      look.due = now.monotonic + settings.lookInterval
    }
  }
}

// MARK: - What the client wants

extension OrderTracker {
  private mutating func place(
    _ intent: OrderIntent, at now: Moment, _ actions: inout [OrderAction]
  ) {
    let key = OrderKey.own(intent.clientID)
    func refuse(_ reason: OrderRefusal.Reason, _ message: String) {
      actions.append(.refuse(key, OrderRefusal(reason, message)))
    }
    if let order = orders[key] {
      guard order.symbol == intent.symbol, order.intended == intent.terms else {
        return refuse(.duplicateClientID, "client_id \(intent.clientID) was used for another order")
      }
      return actions.append(.known(order.update(.status, header())))
    }
    if isFrozen(intent.symbol), !intent.terms.isReduceOnly {
      return refuse(.frozen, "the outcome of an order on \(intent.symbol) is not proven yet")
    }
    guard live.count < settings.maxLive else {
      return refuse(.rateLimited, "\(settings.maxLive) orders are under way, which is the most")
    }
    let name = names.next(for: intent.clientID, at: now.wall)
    guard name != nil || settings.naming == .none else {
      return refuse(.unsupported, "the venue has no names left for orders")
    }
    actions.append(.record(.intent(intent, name: name, at: now.wall)))
    lastRecord = max(lastRecord, now.wall)
    let order = admit(intent, name: name, placed: now)
    emit(order, .pendingNew, &actions)
    actions.append(.send(.place(intent.clientID)))
  }

  /// Begins to follow an order of ours.
  @discardableResult
  mutating func admit(
    _ intent: OrderIntent, name: ShortText?, placed: Moment
  ) -> TrackedOrder {
    let key = OrderKey.own(intent.clientID)
    var order = TrackedOrder(
      key: key, symbol: intent.symbol, name: name, terms: intent.terms,
      originalClientID: intent.originalClientID, placed: placed)
    order.bound = intent.bound
    orders[key] = order
    live.append(key)
    if let name { keysByName[name] = key }
    return order
  }

  private mutating func cancel(
    _ key: OrderKey, at now: Moment, _ actions: inout [OrderAction]
  ) {
    guard var order = orders[key] else {
      return actions.append(.refuse(key, OrderRefusal(.unknownOrder, "there is no order \(key)")))
    }
    guard !order.status.isFinal, !order.isCancelPending else {
      return actions.append(.known(order.update(.status, header())))
    }
    order.isCancelPending = true
    emit(order, .pendingCancel, &actions)
    sendCancel(of: &order, at: now, &actions)
    orders[order.key] = order
  }

  private mutating func look(
    at key: OrderKey, _ now: Moment, _ actions: inout [OrderAction]
  ) {
    guard var order = orders[key] else {
      return actions.append(.refuse(key, OrderRefusal(.unknownOrder, "there is no order \(key)")))
    }
    actions.append(.known(order.update(.status, header())))
    guard !order.status.isFinal else { return }
    inquire(&order, at: now)
    orders[key] = order
    wake(at: now, &actions)
  }

  /// Asks for the cancel, again if need be; later if the venue's id is needed and not known yet.
  mutating func sendCancel(
    of order: inout TrackedOrder, at now: Moment, _ actions: inout [OrderAction]
  ) {
    guard order.name != nil || order.orderID != nil else { return }
    order.cancelTries += 1
    order.isCancelledWithAll = false
    order.cancelDue =
      now.monotonic + settings.answerTimeout * UInt64(min(order.cancelTries, 5))
    actions.append(.send(.cancel(order.key)))
  }

  private mutating func replace(
    _ id: ClientOrderID, _ price: Decimal?, _ size: Decimal?, at now: Moment,
    _ actions: inout [OrderAction]
  ) {
    guard var order = orders[.own(id)], var terms = order.terms,
      order.status == .open || order.status == .partiallyFilled, order.replacement == nil,
      !order.isCancelPending
    else {
      let message = "there is no order \(id) that can be changed now"
      return actions.append(.refuse(.own(id), OrderRefusal(.unknownOrder, message)))
    }
    terms.price = price ?? terms.price
    terms.size = size ?? terms.size
    guard terms.size > order.filled else {
      let message = "\(order.filled) of \(id) is filled already"
      return actions.append(.refuse(.own(id), OrderRefusal(.malformed, message)))
    }
    let wanted = OrderIntent(
      clientID: id, symbol: order.symbol, terms: terms, originalClientID: order.originalClientID)
    actions.append(.record(.replacement(wanted)))
    order.replacement = terms
    order.replacementSent = now.monotonic
    order.answerDue = now.monotonic + settings.answerTimeout
    orders[order.key] = order
    emit(order, .pendingReplace, &actions)
    actions.append(.send(.replace(id)))
  }
}
