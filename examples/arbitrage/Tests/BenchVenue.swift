import PerpCore
import PerpSim

@testable import PerpVenue

/// A venue of one market with one account, that does with orders what a test says, behind the
/// product's own tracker of orders. Its prices stand until a test moves them.
final class BenchVenue {
  /// What becomes of the next order.
  enum Fate: Equatable {
    /// As the market has it.
    case own
    case refused(code: String)
    /// No more than so much of it is filled.
    case filled(upTo: Decimal)
    /// It takes effect, and nobody says so; the venue tells when it is asked.
    case unheard
    /// It never arrives.
    case lost
    /// It is carried out after so many nanoseconds.
    case slow(UInt64)
    /// It meets nobody, and stands whatever it asked for.
    case resting
    /// As if it were filled, and cost a fee of this part of the value.
    case charged(Decimal)
  }

  private struct Order {
    let orderID: ShortText
    let name: ShortText?
    let symbol: Symbol
    let terms: OrderTerms
    let placed: Int64
    var state = OrderReport.State.cancelled
    var filled = Decimal.zero
    var fills: [FillReport] = []
  }

  let account: AccountID
  let symbol: Symbol
  var market: Market
  var bid: Decimal
  var ask: Decimal
  /// Nil: more than anybody wants.
  var size: Decimal?
  var fates: [Fate] = []
  /// All orders from now on, once `fates` is empty.
  var fate = Fate.own
  var feeRate = Decimal.zero
  /// What is said of funding: the rate, and of how many seconds it is. Nobody pays it.
  var funding: (rate: Decimal, interval: Int)?
  var nextFunding: Int64?
  /// What it says of the kind of each order.
  var flags: [String]?
  private(set) var position = Decimal.zero
  private(set) var cash = Decimal.zero
  var balance = Decimal(1_000)
  /// Quotes of this venue are told.
  var isQuoted = true
  /// What prices of the book are of those of the quotes.
  var bookFactor = Decimal(1)
  private(set) var isLive = false
  /// Placements that arrived, in their order.
  private(set) var placed: [(at: UInt64, side: Side, size: Decimal, isReduceOnly: Bool)] = []
  /// What they were called.
  private(set) var names: [String] = []
  /// When orders and cancels arrived, on the monotonic clock.
  private(set) var operations: [UInt64] = []
  /// Of an execution the position is told before the order.
  var tellsPositionFirst = false
  /// Nothing is told of positions any more.
  var isSilentOnPositions = false
  private var orders: [Order] = []
  private var tracker: OrderTracker
  private var holdings: Holdings
  private var lastNumber = 0
  private var trades = 0
  private unowned let bench: BotBench

  init(_ name: StaticString, _ symbol: String, bid: Decimal, ask: Decimal, bench: BotBench) {
    account = AccountID(VenueID(name), "main")
    self.symbol = Symbol(symbol)!
    (self.bid, self.ask, self.bench) = (bid, ask, bench)
    market = Market(
      venue: account.venue, symbol: self.symbol, venueSymbol: symbol,
      base: String(self.symbol.base), quote: "USD", tickSize: Decimal("0.1")!,
      lotSize: Decimal("0.0001")!, minSize: Decimal("0.0001")!, minNotional: nil,
      maxLeverage: nil, fundingIntervalSeconds: nil, status: .open)
    tracker = OrderTracker(
      venue: account.venue, account: account.name,
      settings: .init(naming: .text, definiteRefusals: ["REFUSED", "AUTH", "LIMIT"]))
    holdings = Holdings(of: account)
  }

  var deadline: UInt64? { [tracker.deadline, holdings.deadline].compactMap { $0 }.min() }

  func wake() {
    track(.wake)
    hold { $0.wake(at: bench.now, into: &$1) }
  }

  func command(_ command: TradeCommand, _ ticket: Ticket) {
    let input: OrderInput =
      switch command {
      case .place(let intent): .place(intent)
      case .cancel(let key): .cancel(key)
      case .cancelAll(let symbol): .cancelAll(symbol)
      case .replace(let id, let price, let size): .replace(id, price: price, size: size)
      case .look(let key): .look(key)
      case .release: .wake
      }
    track(input, ticket)
  }

  /// Takes orders, or does not any more.
  func setLive(_ isLive: Bool, cause: String = "signed_in") {
    self.isLive = isLive
    let header = AccountHeader(venue: account.venue, account: account.name)
    bench.emit(
      .account(
        AccountStatus(header: header, state: isLive ? .live : .down, cause: cause, epoch: 1)))
    tellHoldings()
  }

  func tellHoldings() {
    guard !isSilentOnPositions else { return }
    let (position, balance) = (position, balance)
    let report = PositionReport(symbol: symbol, size: position, entryPrice: nil)
    hold { holdings, actions in
      holdings.take(report, at: bench.now, into: &actions)
      holdings.take(
        BalanceReport(asset: "USD", total: balance, available: balance), at: bench.now,
        into: &actions)
    }
  }

  /// Something happens to the position that the bot has no part in.
  func seize(_ size: Decimal) {
    position = size
    tellHoldings()
  }

  /// The venue closes the position by an order of its own.
  func liquidate() {
    lastNumber += 1
    let isShort = position.isNegative
    let terms = OrderTerms(
      side: isShort ? .buy : .sell, type: .market, timeInForce: .ioc,
      size: isShort ? position.negated : position, isReduceOnly: true)
    var order = Order(
      orderID: ShortText("o\(lastNumber)")!, name: nil, symbol: symbol, terms: terms,
      placed: bench.now.wall)
    execute(&order, terms.size, at: isShort ? ask : bid, .taker, .zero, isLiquidation: true)
    order.state = .filled
    orders.append(order)
    let orderID = order.orderID
    bench.after(bench.latency()) { [unowned self] in tell(orderID) }
  }

  private func hold(_ change: (inout Holdings, inout VenueActions) -> Void) {
    var actions = VenueActions()
    change(&holdings, &actions)
    for case .emit(let event) in actions.list { bench.emit(event) }
  }

  // MARK: The tracker's wishes

  private func track(_ input: OrderInput, _ ticket: Ticket? = nil) {
    var actions: [OrderAction] = []
    tracker.receive(input, at: bench.now, into: &actions)
    var outcome = TradeOutcome.accepted
    for case .known(let update) in actions { outcome = .known(update) }
    for case .refuse(_, let refusal) in actions { outcome = .refused(refusal) }
    if let ticket { bench.settled(ticket, outcome, account) }
    for action in actions {
      switch action {
      case .emit(let event): bench.emit(event)
      case .send(let request): send(request)
      case .ask(let query):
        bench.after(bench.latency() * 2) { [unowned self] in
          track(.found(query, isLive ? findings(query) : .nothingHeard))
        }
      default: break
      }
    }
  }

  private func send(_ request: OrderRequest) {
    if case .account = request { return track(.notSent(request, reason: "unsupported")) }
    let subject = request.key.flatMap { tracker.subject(of: $0) }
    track(.sent(request))
    let fate = if case .place = request { takeFate() } else { Fate.own }
    var delay = bench.latency()
    if case .slow(let more) = fate { delay += more }
    bench.after(delay) { [unowned self] in
      guard fate != .lost else { return }
      switch request {
      case .place(let id):
        guard let subject else { return }
        place(id, subject, fate)
      case .cancel(let key): cancel(key)
      case .replace, .account: break
      }
    }
  }

  private func takeFate() -> Fate { fates.isEmpty ? fate : fates.removeFirst() }

  private func answer(_ request: OrderRequest, _ answer: OrderAnswer) {
    bench.after(bench.latency()) { [unowned self] in track(.answered(request, answer)) }
  }

  // MARK: The venue

  private func place(_ id: ClientOrderID, _ subject: OrderSubject, _ fate: Fate) {
    guard let terms = subject.terms else { return }
    operations.append(bench.now.monotonic)
    placed.append((bench.now.monotonic, terms.side, terms.size, terms.isReduceOnly))
    names.append(id.description)
    if case .refused(let code) = fate {
      return answer(
        .place(id), .refused(code: code, message: "the venue said no", evidence: .restOrder))
    }
    lastNumber += 1
    var order = Order(
      orderID: ShortText("o\(lastNumber)")!, name: subject.name, symbol: symbol, terms: terms,
      placed: bench.now.wall)
    if terms.isPostOnly,
      terms.side == .buy ? (terms.price ?? ask) >= ask : (terms.price ?? bid) <= bid
    {
      order.state = .rejected
    } else if fate == .resting {
      order.state = .working
    } else {
      fill(&order, subject.bound, fate)
      let mayRest = terms.type == .limit && terms.timeInForce != .ioc
      if mayRest, order.state == .cancelled { order.state = .working }
    }
    orders.append(order)
    guard fate != .unheard else { return }
    let orderID = order.orderID
    bench.after(bench.latency()) { [unowned self] in
      track(.answered(.place(id), .accepted(orderID: orderID)))
      tell(orderID)
    }
  }

  /// What an order and the position are now.
  private func tell(_ orderID: ShortText) {
    guard let order = orders.first(where: { $0.orderID == orderID }) else { return }
    if tellsPositionFirst { tellHoldings() }
    for fill in order.fills { track(.filled(fill)) }
    track(.reported(report(order)))
    if !tellsPositionFirst { tellHoldings() }
  }

  private func cancel(_ key: OrderKey) {
    operations.append(bench.now.monotonic)
    let name = tracker.subject(of: key)?.name
    guard
      let index = orders.firstIndex(where: { $0.name == name && $0.state == .working })
    else { return answer(.cancel(key), .notFound) }
    orders[index].state = .cancelled
    let orderID = orders[index].orderID
    bench.after(bench.latency()) { [unowned self] in
      track(.answered(.cancel(key), .accepted(orderID: orderID)))
      tell(orderID)
    }
  }

  // MARK: Orders that rest

  var resting: [(side: Side, price: Decimal, size: Decimal, isReduceOnly: Bool)] {
    orders.filter { $0.state == .working }.map {
      ($0.terms.side, $0.terms.price!, $0.terms.size.subtracting($0.filled)!, $0.terms.isReduceOnly)
    }
  }

  /// Others take what rests on this side, no more than so much of each order.
  func hit(_ side: Side, upTo most: Decimal? = nil) {
    for index in orders.indices
    where orders[index].state == .working && orders[index].terms.side == side {
      let left = orders[index].terms.size.subtracting(orders[index].filled)!
      var amount = min(left, most ?? left)
      if orders[index].terms.isReduceOnly {
        let closes = side == .buy ? position.negated : position
        amount = min(amount, max(.zero, closes))
      }
      execute(&orders[index], amount, at: orders[index].terms.price!, .maker, feeRate)
      orders[index].state = amount == left ? .filled : .working
      let orderID = orders[index].orderID
      bench.after(bench.latency()) { [unowned self] in tell(orderID) }
    }
  }

  private func fill(_ order: inout Order, _ bound: Decimal?, _ fate: Fate) {
    let isBuy = order.terms.side == .buy
    let price = isBuy ? ask : bid
    if let limit = order.terms.price ?? bound, isBuy ? limit < price : limit > price { return }
    var amount = min(order.terms.size, size ?? order.terms.size)
    if case .filled(let most) = fate { amount = min(amount, most) }
    if order.terms.isReduceOnly {
      let closes = isBuy ? Decimal(mantissa: -position.mantissa, scale: position.scale) : position
      amount = min(amount, max(.zero, closes))
    }
    guard amount > .zero else { return }
    let rate = if case .charged(let rate) = fate { rate } else { feeRate }
    execute(&order, amount, at: price, .taker, rate)
    order.state = order.filled == order.terms.size ? .filled : .cancelled
  }

  private func execute(
    _ order: inout Order, _ amount: Decimal, at price: Decimal, _ liquidity: Fill.Liquidity,
    _ rate: Decimal, isLiquidation: Bool = false
  ) {
    let isBuy = order.terms.side == .buy
    let value = price.multiplied(by: amount)!
    let fee = value.multiplied(by: rate)!.trimmed
    position = isBuy ? position.adding(amount)! : position.subtracting(amount)!
    cash = isBuy ? cash.subtracting(value)! : cash.adding(value)!
    cash = cash.subtracting(fee)!
    trades += 1
    order.filled = order.filled.adding(amount)!
    order.fills.append(
      FillReport(
        symbol: symbol, orderID: order.orderID, name: order.name,
        tradeID: ShortText("t\(trades)")!, side: order.terms.side, price: price, size: amount,
        fee: fee, feeAsset: "USD", liquidity: liquidity, isLiquidation: isLiquidation,
        evidence: .webSocket,
        venueTime: bench.now.wall, received: bench.now.wall))
  }

  private func report(_ order: Order) -> OrderReport {
    var report = OrderReport(
      symbol: symbol, orderID: order.orderID, name: order.name, state: order.state,
      filled: order.filled, averagePrice: order.fills.first?.price, terms: order.terms,
      reason: order.state == .rejected ? "post_only" : nil,
      evidence: .webSocket, venueTime: order.placed, received: bench.now.wall)
    report.flags = flags
    return report
  }

  private func findings(_ query: OrderQuery) -> OrderFindings {
    tellHoldings()
    switch query.kind {
    case .fills:
      return .fills(orders.filter { $0.placed >= query.since }.flatMap(\.fills))
    case .openOrders:
      let open = orders.filter { $0.state == .working }
      return .orders(open.map(report), covering: 0...Int64.max)
    case .history: return .orders(orders.map(report), covering: 0...bench.now.wall)
    case .order:
      let subject = query.order.flatMap { tracker.subject(of: $0) }
      let found = orders.filter { $0.name != nil && $0.name == subject?.name }
      return .orders(found.map(report), covering: 0...bench.now.wall)
    }
  }
}
