import PerpCore

/// An account without a venue: its orders are filled here, against the venue's market data.
///
/// An order that crosses the newest quote is filled at the quote's price, as far as the quote's
/// size goes. What rests is filled at its own price once a quote of the other side reaches it: no
/// queue is pretended, so it is filled later than at the venue rather than sooner. Positions
/// outlive a restart, by the fills of the journal; orders do not, since nobody watched the market
/// meanwhile.
package struct PaperSession: VenueSession {
  package struct Settings: Sendable {
    package var asset: String
    package var balance = Decimal(100_000)
    /// Parts of the traded value.
    package var makerFee = Decimal.zero
    package var takerFee = Decimal(mantissa: 5, scale: 4)

    package init(asset: String) { self.asset = asset }
  }

  /// Digits after the point of a fee.
  private static let feeDigits = 8

  private struct Resting: Sendable {
    let key: OrderKey
    var terms: OrderTerms
    let symbol: Symbol
    let orderID: ShortText
    let bound: Decimal?
    var left: Decimal

    var name: ShortText? { if case .own(let id) = key { id.text } else { nil } }
  }

  private let account: AccountID
  private let settings: Settings
  private var tracker: OrderTracker
  private var paper: PaperAccount
  private var holdings: Holdings
  private var orders: [Resting] = []
  private var quotes: [Symbol: BBO] = [:]
  private var outbox: [OrderRequest] = []
  private var lastNumber: UInt64
  private var isRunning = false

  package init(
    _ account: AccountID, settings: Settings, replaying records: [OrderRecord], at now: Moment
  ) {
    self.account = account
    self.settings = settings
    tracker = OrderTracker(
      venue: account.venue, account: account.name,
      settings: .init(naming: .text, definiteRefusals: [Self.refused]), replaying: records, at: now)
    paper = PaperAccount(balance: settings.balance)
    for case .fill(let fill) in records {
      paper.fill(fill.symbol, fill.side, price: fill.price, size: fill.size, fee: fill.fee)
    }
    holdings = Holdings(of: account)
    // Later than any number of an earlier run.
    lastNumber = UInt64(max(0, now.wall))
  }

  private static let refused = "PAPER"

  package var deadline: UInt64? {
    isRunning ? [holdings.deadline, tracker.deadline].compactMap { $0 }.min() : nil
  }

  package mutating func receive(
    _ input: borrowing VenueInput, at now: Moment, into actions: inout VenueActions
  ) {
    switch input {
    case .start: start(at: now, into: &actions)
    case .stop: isRunning = false
    case .wake:
      holdings.wake(at: now, into: &actions)
      track(.wake, at: now, into: &actions)
    case .trading(.command(let ticket, let command)):
      switch command {
      case .place(let intent): track(.place(intent), for: ticket, at: now, into: &actions)
      case .cancel(let key): track(.cancel(key), for: ticket, at: now, into: &actions)
      case .cancelAll(let symbol):
        track(.cancelAll(symbol), for: ticket, at: now, into: &actions)
      case .replace(let id, let price, let size):
        track(.replace(id, price: price, size: size), for: ticket, at: now, into: &actions)
      case .look(let key): track(.look(key), for: ticket, at: now, into: &actions)
      case .release: actions.append(.trading(.settled(ticket, .accepted)))
      }
    case .trading(.place(let intents)):
      for one in intents { track(.place(one.intent), for: one.ticket, at: now, into: &actions) }
    case .trading(.kept(let isKept)): kept(isKept, at: now, into: &actions)
    case .trading(.quote(let quote)): receive(quote, at: now, into: &actions)
    default: break
    }
  }

  private mutating func start(at now: Moment, into actions: inout VenueActions) {
    isRunning = true
    let header = AccountHeader(venue: account.venue, account: account.name, received: now.wall)
    let status = AccountStatus(header: header, state: .live, cause: "paper", epoch: 1)
    actions.append(.emit(.account(status)))
    for key in tracker.liveOrders {
      guard let order = tracker.subject(of: key) else { continue }
      let report = OrderReport(
        symbol: order.symbol, orderID: order.orderID, name: order.name, state: .cancelled,
        filled: order.filled, reason: "paper_restart", evidence: .webSocket, received: now.wall)
      track(.reported(report), at: now, into: &actions)
    }
    tellHoldings(Array(paper.holdings.keys), at: now, into: &actions)
  }

  // MARK: Orders

  private mutating func track(
    _ input: OrderInput, for ticket: Ticket? = nil, at now: Moment,
    into actions: inout VenueActions
  ) {
    let start = actions.list.count
    var wanted: [OrderAction] = []
    tracker.receive(input, at: now, into: &wanted)
    var outcome = TradeOutcome.accepted
    for action in wanted {
      switch action {
      case .record(let record): actions.append(.trading(.record(record)))
      case .emit(let event): actions.append(.emit(event))
      case .send(let request): outbox.append(request)
      case .ask(let query): answer(query, at: now, into: &actions)
      case .known(let update): outcome = .known(update)
      case .refuse(_, let refusal): outcome = .refused(refusal)
      case .forget(let key): actions.append(.trading(.forget(key)))
      case .freeze, .unfreeze, .alarm: break
      }
    }
    if let ticket { actions.list.insert(.trading(.settled(ticket, outcome)), at: start) }
    if !outbox.isEmpty { actions.append(.trading(.keep)) }
  }

  /// All that is open is here; what is not has ended.
  private mutating func answer(
    _ query: OrderQuery, at now: Moment, into actions: inout VenueActions
  ) {
    let open = orders.compactMap { report(of: $0, .working, at: now) }
    let findings: OrderFindings =
      query.kind == .fills ? .fills([]) : .orders(open, covering: 0...Int64.max)
    track(.found(query, findings), at: now, into: &actions)
  }

  private mutating func kept(
    _ isKept: Bool, at now: Moment, into actions: inout VenueActions
  ) {
    let requests = outbox
    outbox = []
    for request in requests {
      guard isKept else {
        track(.notSent(request, reason: "journal"), at: now, into: &actions)
        continue
      }
      track(.sent(request), at: now, into: &actions)
      carryOut(request, at: now, into: &actions)
    }
  }

  private mutating func carryOut(
    _ request: OrderRequest, at now: Moment, into actions: inout VenueActions
  ) {
    if case .account(.cancelAll(let symbol)) = request {
      for index in orders.indices.reversed() where symbol == nil || orders[index].symbol == symbol {
        end(index, "requested", at: now, into: &actions)
      }
    }
    guard let subject = request.key.flatMap({ tracker.subject(of: $0) }) else { return }
    switch request {
    case .account: break
    case .place: place(subject, at: now, into: &actions)
    case .cancel(let key):
      guard let index = orders.firstIndex(where: { $0.key == key }) else {
        return track(.answered(request, .notFound), at: now, into: &actions)
      }
      end(index, "requested", at: now, into: &actions)
    case .replace:
      guard let index = orders.firstIndex(where: { $0.key == request.key }),
        let terms = subject.replacement,
        let left = terms.size.subtracting(subject.filled), left > .zero
      else { return track(.answered(request, .notFound), at: now, into: &actions) }
      (orders[index].terms, orders[index].left) = (terms, left)
      if let report = report(of: orders[index], .working, at: now) {
        track(.reported(report), at: now, into: &actions)
      }
      match(index, isNew: true, at: now, into: &actions)
    }
  }

  private mutating func place(
    _ subject: OrderSubject, at now: Moment, into actions: inout VenueActions
  ) {
    lastNumber += 1
    guard let terms = subject.terms, let id = ShortText("\(lastNumber)") else { return }
    var order = Resting(
      key: subject.key, terms: terms, symbol: subject.symbol, orderID: id, bound: subject.bound,
      left: terms.size)
    if let reason = refusal(of: terms, subject.symbol, &order.left) {
      var report = report(of: order, .rejected, at: now)
      report?.reason = reason
      if let report { track(.reported(report), at: now, into: &actions) }
      return
    }
    orders.append(order)
    if let report = report(of: order, .working, at: now) {
      track(.reported(report), at: now, into: &actions)
    }
    match(orders.count - 1, isNew: true, at: now, into: &actions)
  }

  /// Why the venue would refuse it; what may not be filled is taken off.
  private func refusal(
    of terms: OrderTerms, _ symbol: Symbol, _ left: inout Decimal
  ) -> String? {
    guard let quote = quotes[symbol] else { return "stale_market" }
    if terms.type != .limit, terms.type != .market { return "unsupported" }
    if terms.isPostOnly, let price = terms.price, quote.reaches(terms.side, price) != nil {
      return "post_only_cross"
    }
    if terms.isReduceOnly {
      let held = paper.size(of: symbol)
      let closes = terms.side == .buy ? held.negated : held
      guard closes > .zero else { return "reduce_only" }
      left = min(left, closes)
    }
    if terms.timeInForce == .fok,
      (quote.reaches(terms.side, terms.price)?.size ?? .zero) < left
    {
      return "unfillable"
    }
    return nil
  }

  // MARK: Filling

  private mutating func receive(
    _ quote: BBO, at now: Moment, into actions: inout VenueActions
  ) {
    guard quote.flags.isEmpty else { return }
    quotes[quote.header.symbol] = quote
    for index in orders.indices.reversed()
    where index < orders.count && orders[index].symbol == quote.header.symbol {
      match(index, isNew: false, at: now, into: &actions)
    }
    let symbol = quote.header.symbol
    if !paper.size(of: symbol).isZero { tellHoldings([symbol], at: now, into: &actions) }
  }

  /// Fills the order as far as the newest quote goes, and ends it if it may not rest.
  private mutating func match(
    _ index: Int, isNew: Bool, at now: Moment, into actions: inout VenueActions
  ) {
    let order = orders[index]
    let limit = order.terms.price ?? order.bound
    if let level = quotes[order.symbol]?.reaches(order.terms.side, limit) {
      fill(
        index, isNew ? level.price : order.terms.price ?? level.price, level.size, isNew: isNew,
        at: now, into: &actions)
    }
    guard let left = orders.firstIndex(where: { $0.key == order.key }) else { return }
    let mayRest =
      order.terms.type == .limit && order.terms.timeInForce != .ioc
      && order.terms.timeInForce != .fok
    if !mayRest { end(left, "remainder", at: now, into: &actions) }
  }

  private mutating func fill(
    _ index: Int, _ price: Decimal, _ offered: Decimal, isNew: Bool, at now: Moment,
    into actions: inout VenueActions
  ) {
    let order = orders[index]
    let size = min(order.left, offered)
    guard size > .zero, let left = order.left.subtracting(size) else { return }
    lastNumber += 1
    let rate = isNew ? settings.takerFee : settings.makerFee
    let fee =
      price.multiplied(by: size)?.multiplied(by: rate)?
      .divided(by: Decimal(1), scale: Self.feeDigits)?.trimmed ?? .zero
    paper.fill(order.symbol, order.terms.side, price: price, size: size, fee: fee)
    orders[index].left = left
    if left.isZero { orders.remove(at: index) }
    let report = FillReport(
      symbol: order.symbol, orderID: order.orderID, name: order.name,
      tradeID: ShortText("\(lastNumber)")!, side: order.terms.side, price: price, size: size,
      fee: fee, feeAsset: settings.asset, liquidity: isNew ? .taker : .maker,
      evidence: .webSocket, venueTime: now.wall, received: now.wall)
    track(.filled(report), at: now, into: &actions)
    tellHoldings([order.symbol], at: now, into: &actions)
  }

  private mutating func end(
    _ index: Int, _ reason: String, at now: Moment, into actions: inout VenueActions
  ) {
    let order = orders.remove(at: index)
    guard var report = report(of: order, .cancelled, at: now) else { return }
    report.reason = reason
    track(.reported(report), at: now, into: &actions)
  }

  private func report(
    of order: Resting, _ state: OrderReport.State, at now: Moment
  ) -> OrderReport? {
    guard let subject = tracker.subject(of: order.key) else { return nil }
    return OrderReport(
      symbol: order.symbol, orderID: order.orderID, name: order.name, state: state,
      filled: subject.filled, terms: order.terms, evidence: .webSocket, venueTime: now.wall,
      received: now.wall)
  }

  private mutating func tellHoldings(
    _ symbols: [Symbol], at now: Moment, into actions: inout VenueActions
  ) {
    for symbol in symbols.sorted() {
      guard let holding = paper.holdings[symbol] else { continue }
      let mark = quotes[symbol].flatMap { holding.size.isNegative ? $0.ask : $0.bid }?.price
      let gain = mark.flatMap { $0.subtracting(holding.entryPrice)?.multiplied(by: holding.size) }
      holdings.take(
        PositionReport(
          symbol: symbol, size: holding.size, entryPrice: holding.entryPrice, markPrice: mark,
          unrealizedPnL: gain?.trimmed, venueTime: now.wall), at: now, into: &actions)
    }
    holdings.take(
      BalanceReport(
        asset: settings.asset, total: paper.balance, available: paper.balance,
        venueTime: now.wall), at: now, into: &actions)
  }
}

extension BBO {
  /// What an order of this side meets within its limit; nil where it would rest.
  fileprivate func reaches(_ side: Side, _ limit: Decimal?) -> Level? {
    guard let level = side == .buy ? ask : bid else { return nil }
    guard let limit else { return level }
    return (side == .buy ? level.price <= limit : level.price >= limit) ? level : nil
  }
}
