import PerpCore
import PerpSim
import PerpVenue

/// One seeded run of an account's session against its venue's simulator: orders in plenty, answers
/// lost, late and doubled, the network gone, the process killed. At the end, once all is well
/// again, what was told must be what is true at the venue.
package struct TradingRun {
  package struct Report: Sendable {
    package var seed: UInt64
    package var placed = 0
    package var fills = 0
    package var unknown = 0
    package var restarts = 0
    package var outages = 0
    package var refusals: [String: Int] = [:]
    package var statuses: [OrderStatus: Int] = [:]
    /// What must not be.
    package var violations: [String] = []
  }

  package enum Trouble: Sendable {
    case nothing
    /// Some kinds of faults with requests, drawn for the run; outages and restarts.
    case drawn
    /// These faults with requests alone, as `OrderFaults` are written.
    case orders(String)
    /// The network goes, for seconds.
    case outages
    /// Nobody is there to log in at, for five minutes amid the orders.
    case absence
    /// The process is killed, and started again from its journal.
    case restarts
  }

  /// What may go wrong with a request, and how often; each run has some of them.
  private static let faults = [
    "lose-answer%8", "lose-request%8", "late=900%15", "late=9000%4", "duplicate-report%10",
    "report-first%20", "fail=503%5", "fail-after=502%5", "ignore%3", "throttle%3",
  ]
  private static let absence = Nanoseconds.seconds(300)
  /// Virtual time for everything to be settled after the last fault.
  private static let recovery = Nanoseconds.seconds(90)

  /// Half minutes.
  private static let patience = 40

  private let venue: VenueDescriptor
  private let symbol: Symbol
  private let trouble: Trouble
  private var random: Random
  private var pair: Pair
  private var report: Report
  private var records: [OrderRecord] = []
  private var told: [ClientOrderID: OrderUpdate] = [:]
  private var names: [ClientOrderID: String] = [:]
  private var trades: Set<String> = []
  private var net = Decimal.zero
  private var position = Decimal.zero
  /// Whether the venue takes names that we give its orders.
  private var hasNames = true
  private var isLive = false
  private var count = 0

  package init(_ venue: VenueDescriptor, seed: UInt64, trouble: Trouble = .drawn) {
    self.venue = venue
    self.trouble = trouble
    symbol = venue.perpetual("BTC")!
    random = Random(seed: seed, named: "trading run")
    report = Report(seed: seed)
    let simulator = venue.makeSimulator(
      SimulatorOptions(seed: random.next(), symbols: [symbol], eventsPerSecond: 10))
    let start = PairOptions().start
    pair = Pair(
      session: Self.session(venue, [], seed: random.next(), at: start), simulator: simulator,
      seed: random.next())
  }

  private static func session(
    _ venue: VenueDescriptor, _ records: [OrderRecord], seed: UInt64, at now: Moment
  ) -> any VenueSession {
    let trading = venue.trading!
    let options = TradingOptions(
      account: AccountID(venue.id, "main"),
      endpoints: venue.simulatorEndpoints("127.0.0.1:1"), seed: seed,
      secrets: trading.simulatedAccount.mapValues { Secret($0) }, records: records, now: now)
    do throws(TradingProblem) { return try trading.makeSession(options) } catch {
      preconditionFailure(error.text)
    }
  }

  /// So many things happen before all is made well.
  package mutating func run(steps: Int) -> Report {
    pair.start()
    pass(Nanoseconds.seconds(5))
    guard isLive else {
      report.violations.append("not signed in after 5 s")
      return report
    }
    pair.setOrderFaults(faults())
    for step in 0..<steps {
      if case .absence = trouble, step == steps / 2 { leave() }
      act()
      pass(UInt64(random.below(400_000_000)))
      guard report.violations.isEmpty else { return report }
    }
    pair.setOrderFaults(OrderFaults(seed: 1))
    if case .absence = trouble { pass(Self.absence) }
    pair.isDown = false
    cancelAll()
    pass(Self.recovery)
    if !isLive { report.violations.append("not signed in again") }
    // What only the end of a time proves may take longer.
    for _ in 0..<Self.patience where told.values.contains(where: { !$0.status.isFinal }) {
      cancelAll()
      pass(Nanoseconds.seconds(30))
    }
    pass(Nanoseconds.seconds(40))
    judge()
    return report
  }

  private mutating func faults() -> OrderFaults {
    let some: [String]
    switch trouble {
    case .nothing, .outages, .absence, .restarts: some = []
    case .drawn: some = Self.faults.filter { _ in random.chance(1, in: 3) }
    case .orders(let text): some = [text]
    }
    do throws(OrderFaults.Problem) {
      return some.isEmpty
        ? OrderFaults(seed: random.next())
        : try OrderFaults(some.joined(separator: ","), seed: random.next())
    } catch { preconditionFailure(error.description) }
  }

  // MARK: What is done

  private mutating func act() {
    var disaster = 30..<30
    switch trouble {
    case .nothing, .orders, .absence: break
    case .drawn: disaster = 30..<40
    case .outages: disaster = 30..<32
    case .restarts: disaster = 32..<34
    }
    let draw = random.below(30 + disaster.count)
    switch draw < 30 ? draw : disaster.lowerBound + draw - 30 {
    case 0..<16: place()
    case 16..<24: if let id = anyLive() { command(.cancel(.own(id))) }
    case 24..<27: if let id = anyLive() { command(.replace(id, price: price(.buy, 3), size: nil)) }
    case 27..<30: if let id = anyLive() { command(.look(.own(id))) }
    case 30..<32:
      report.outages += 1
      pair.loseNetwork(after: 0, for: UInt64(1 + random.below(8)) * 1_000_000_000)
    case 32: restart()
    default: break
    }
  }

  private mutating func leave() {
    report.outages += 1
    pair.loseNetwork(after: 0, for: Self.absence)
  }

  private mutating func command(_ command: TradeCommand) {
    count += 1
    pair.trade(command, Ticket(UInt64(count)))
    take()
  }

  /// One order, or several where the venue takes them in one request.
  private mutating func place() {
    let most = pair.session.ordersTogether
    guard most > 1, random.chance(1, in: 3) else {
      if let intent = intent() { command(.place(intent)) }
      return
    }
    let intents = (0...random.below(min(4, most))).compactMap { _ in intent() }
    pair.place(intents.map { TicketedIntent(Ticket(UInt64(count) + 1_000_000), $0) })
    take()
  }

  private mutating func intent() -> OrderIntent? {
    count += 1
    let side: Side = random.chance(1, in: 2) ? .buy : .sell
    var terms = OrderTerms(
      side: side, type: .limit, timeInForce: .gtc, price: nil,
      size: Decimal(mantissa: Int128(1 + random.below(20)), scale: 2))
    switch random.below(8) {
    case 0: (terms.type, terms.timeInForce) = (.market, .ioc)
    case 1: (terms.price, terms.timeInForce) = (price(side, -1), .ioc)
    case 2: (terms.price, terms.isPostOnly) = (price(side, random.chance(1, in: 2) ? 1 : -1), true)
    case 3: (terms.price, terms.isReduceOnly) = (price(side, -1), true)
    case 4: terms.price = price(side, 0)
    case 5: terms.price = price(side, -1)
    default: terms.price = price(side, 1 + random.below(4))
    }
    guard let id = ClientOrderID("t-\(count)") else { return nil }
    var intent = OrderIntent(clientID: id, symbol: symbol, terms: terms)
    if terms.type == .market { intent.bound = price(side, -5) }
    report.placed += 1
    return intent
  }

  /// So many percent away from the market; negative crosses it.
  private func price(_ side: Side, _ percent: Int) -> Decimal? {
    let book = pair.simulator.book(of: symbol)
    let quote = pair.simulator.quote(of: symbol)
    guard let bid = book?.bids.first?.price ?? quote?.bid?.price,
      let ask = book?.asks.first?.price ?? quote?.ask?.price
    else { return nil }
    let best = side == .buy ? bid : ask
    let sign = side == .buy ? -1 : 1
    let away = best.multiplied(by: Decimal(mantissa: Int128(sign * percent), scale: 2))
    let tick = Decimal(10)
    return away.flatMap(best.adding)?.divided(by: tick, scale: 0)?.multiplied(by: tick)
  }

  private mutating func anyLive() -> ClientOrderID? {
    let live = told.values.filter { !$0.status.isFinal }.compactMap(\.clientID).sorted()
    return live.isEmpty ? nil : live[random.below(live.count)]
  }

  private mutating func cancelAll() {
    for id in told.values.filter({ !$0.status.isFinal }).compactMap(\.clientID).sorted() {
      command(.cancel(.own(id)))
    }
  }

  private mutating func restart() {
    report.restarts += 1
    isLive = false
    pair.restart(
      with: Self.session(venue, records, seed: random.next(), at: pair.now))
    take()
  }

  private mutating func pass(_ nanoseconds: UInt64) {
    let end = pair.now.advanced(by: nanoseconds)
    while let next = pair.deadline, next <= end.monotonic, pair.failure == nil {
      _ = pair.step()
      take()
    }
    pair.run(until: end)
    if let failure = pair.failure { report.violations.append(failure) }
  }

  // MARK: What is told

  private mutating func take() {
    for timed in pair.drainActions() {
      switch timed.action {
      case .trading(.record(let record)):
        records.append(record)
        if case .intent(let intent, let name, _) = record {
          names[intent.clientID] = name?.string
          hasNames = name != nil
        }
      case .trading(.forget(let key)): records.removeAll { $0.key == key }
      case .trading(.settled(_, .refused(let refusal))):
        report.refusals[refusal.reason.rawValue, default: 0] += 1
      case .emit(.order(let update)): take(update)
      case .emit(.fill(let fill)): take(fill)
      case .emit(.position(let position)) where position.symbol == symbol:
        self.position = position.size
      case .emit(.account(let status)): isLive = status.state == .live
      case .emit(.error(let report)) where report.reason == "internal":
        self.report.violations.append("alarm: \(report.message)")
      default: break
      }
    }
  }

  private mutating func take(_ update: OrderUpdate) {
    records.append(.order(update))
    guard let id = update.clientID else { return }
    // Where orders have no names of ours they are told by the venue's ids.
    if !hasNames, let orderID = update.orderID { names[id] = orderID.string }
    if update.status == .unknown { report.unknown += 1 }
    if let before = told[id] {
      if (update.filled ?? .zero) < (before.filled ?? .zero) {
        report.violations.append("\(id): filled fell")
      }
      if before.status.isFinal, update.status != before.status, update.change != .restated {
        report.violations.append("\(id): \(before.status) became \(update.status)")
      }
    }
    if update.status.isFinal, update.evidence == nil {
      report.violations.append("\(id) has ended without evidence")
    }
    told[id] = update
  }

  private mutating func take(_ fill: Fill) {
    records.append(.fill(fill))
    report.fills += 1
    if !trades.insert("\(fill.orderID.string) \(fill.tradeID.string)").inserted {
      report.violations.append("fill \(fill.tradeID.string) was told twice")
    }
    let signed = fill.side == .buy ? fill.size : fill.size.negated
    net = net.adding(signed) ?? net
  }

  // MARK: The truth

  private mutating func judge() {
    guard let exchange = pair.exchange else {
      return report.violations.append("the simulator has no accounts")
    }
    var there: [String: [ExchangeOrder]] = [:]
    for order in exchange.orders.values where order.account == 1 {
      there[order.clientID ?? order.name, default: []].append(order)
    }
    for (name, orders) in there where orders.count > 1 {
      report.violations.append("\(name) is at the venue \(orders.count) times")
    }
    for name in there.keys where !names.values.contains(name) {
      report.violations.append("\(name) is at the venue without a record")
    }
    for (id, update) in told.sorted(by: { $0.key < $1.key }) {
      report.statuses[update.status, default: 0] += 1
      let order = names[id].flatMap { there[$0] }?.first
      // Where a venue has no names of ours, and says nothing, nobody can tell: that is no guess.
      if !hasNames, order == nil, update.status == .unknown { continue }
      if let fault = Self.difference(update, order) { report.violations.append("\(id): \(fault)") }
    }
    let held = exchange.position(of: 1, market: 0)?.size ?? .zero
    if net != held { report.violations.append("fills come to \(net), the venue has \(held)") }
    if position != held { report.violations.append("position \(position), the venue's is \(held)") }
  }

  private static func difference(_ told: OrderUpdate, _ order: ExchangeOrder?) -> String? {
    let filled = told.filled ?? .zero
    guard let order else {
      // A venue may take an order and forget it: then it has ended as far as anybody can tell.
      let isForgotten = told.status == .cancelled && told.reason == "not_found"
      return filled.isZero && (told.status == .rejected || isForgotten)
        ? nil : "\(told.status.rawValue), and the venue has never had it"
    }
    if filled != order.filled { return "filled \(filled), at the venue \(order.filled)" }
    let isSame =
      switch order.status {
      case .pending, .untriggered, .open: !told.status.isFinal && told.status != .unknown
      case .filled: told.status == .filled
      case .cancelled: told.status == .cancelled
      case .rejected: told.status == .rejected || told.status == .cancelled
      case .expired: told.status == .expired || told.status == .cancelled
      }
    return isSame ? nil : "\(told.status.rawValue), at the venue \(order.status)"
  }
}
