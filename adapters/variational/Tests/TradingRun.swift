import PerpCore
import Testing

@testable import PerpSim
@testable import PerpVenue
@testable import Variational

/// An account's session against the simulated venue, on pretended time.
struct TradingRun {
  static let btc = Symbol("BTC-USDC-PERP")!

  var pair: Pair
  /// All that the session did, in order.
  private(set) var log: [VenueAction] = []
  private var tickets: UInt64 = 0

  init(
    _ settings: [String: String] = [:], seed: UInt64 = 1, symbols: [Symbol] = [btc],
    events: Int = 50, records: [OrderRecord] = [], secrets: [String: String] = [:],
    simulator: VariationalSimulator? = nil, at start: Moment? = nil
  ) throws {
    var options = PairOptions()
    if let start { options.start = start }
    let session = TradingSession(
      AccountID(Variational.id, "main"),
      dialect: try Self.dialect(settings, secrets: secrets, records: records, now: options.start),
      replaying: records, seed: seed, at: options.start)
    pair = Pair(
      session: session,
      simulator: simulator
        ?? VariationalSimulator(
          options: SimulatorOptions(
            seed: seed, symbols: symbols, eventsPerSecond: events, settings: settings)),
      seed: seed, options: options)
  }

  static func dialect(
    _ settings: [String: String] = [:], secrets: [String: String] = [:],
    records: [OrderRecord] = [], now: Moment
  ) throws -> VariationalTrading {
    let settings = ["orders": "on"].merging(settings) { $1 }
    let all = VariationalSimulatedAccount.secrets.merging(secrets) { $1 }.filter {
      !$0.value.isEmpty
    }
    return try VariationalTrading(
      TradingOptions(
        account: AccountID(Variational.id, "main"),
        endpoints: Variational.descriptor.simulatorEndpoints("127.0.0.1:1"), seed: 1,
        settings: settings,
        secrets: all.mapValues { Secret($0) }, records: records, now: now))
  }

  /// Signed in, with everything heard.
  static func live(_ settings: [String: String] = [:], seed: UInt64 = 1) throws -> TradingRun {
    var run = try TradingRun(settings, seed: seed)
    run.pair.start()
    #expect(run.runs(10) { $0.statuses.last?.state == .live })
    return run
  }

  // MARK: Time

  mutating func run(_ seconds: Double) {
    pair.run(for: UInt64(seconds * 1e9))
    drain()
  }

  /// Whether it comes to be so within as many seconds.
  mutating func runs(_ seconds: Int, until condition: (TradingRun) -> Bool) -> Bool {
    for _ in 0..<(seconds * 100) {
      if condition(self) { return true }
      run(0.01)
    }
    return condition(self)
  }

  private mutating func drain() { log += pair.drainActions().map(\.action) }

  // MARK: What is wanted

  @discardableResult
  mutating func command(_ command: TradeCommand) -> TradeOutcome? {
    tickets += 1
    let ticket = Ticket(tickets)
    pair.tellSession(.trading(.command(ticket, command)))
    drain()
    return log.lazy.compactMap { action -> TradeOutcome? in
      guard case .trading(.settled(ticket, let outcome)) = action else { return nil }
      return outcome
    }.first
  }

  @discardableResult
  mutating func place(
    _ id: String, _ side: Side, _ size: String, at price: String? = nil,
    type: OrderType? = nil, _ timeInForce: TimeInForce? = .gtc, stop: String? = nil,
    postOnly: Bool = false, reduceOnly: Bool = false, bound: String? = nil
  ) -> TradeOutcome? {
    var intent = OrderIntent(
      clientID: ClientOrderID(id)!, symbol: Self.btc,
      terms: OrderTerms(
        side: side, type: type ?? (price == nil ? .market : .limit), timeInForce: timeInForce,
        price: price.flatMap { Decimal($0) }, stopPrice: stop.flatMap { Decimal($0) },
        size: Decimal(size)!, isPostOnly: postOnly, isReduceOnly: reduceOnly))
    intent.bound = bound.flatMap { Decimal($0) }
    return command(.place(intent))
  }

  @discardableResult
  mutating func cancel(_ id: String) -> TradeOutcome? {
    command(.cancel(.own(ClientOrderID(id)!)))
  }

  // MARK: What came of it

  var session: TradingSession<VariationalTrading> {
    pair.session as! TradingSession<VariationalTrading>
  }
  var simulator: VariationalSimulator {
    get { pair.simulator as! VariationalSimulator }
    set { pair.simulator = newValue }
  }

  func order(_ id: String) -> OrderUpdate? { session.tracker.order(.own(ClientOrderID(id)!)) }
  func status(_ id: String) -> OrderStatus? { order(id)?.status }

  var events: [Event] {
    log.compactMap { if case .emit(let event) = $0 { event } else { nil } }
  }

  var statuses: [AccountStatus] {
    events.compactMap { if case .account(let status) = $0 { status } else { nil } }
  }

  var fills: [Fill] { events.compactMap { if case .fill(let fill) = $0 { fill } else { nil } } }

  var positions: [Position] {
    events.compactMap { if case .position(let position) = $0 { position } else { nil } }
  }

  var balances: [Balance] {
    events.compactMap { if case .balance(let balance) = $0 { balance } else { nil } }
  }

  var errors: [ErrorReport] {
    events.compactMap { if case .error(let report) = $0 { report } else { nil } }
  }

  func updates(_ id: String) -> [OrderUpdate] {
    events.compactMap { event in
      guard case .order(let update) = event, update.clientID?.description == id else { return nil }
      return update
    }
  }

  /// The history of an order in words: `pending_new new fill`.
  func story(_ id: String) -> String {
    updates(id).map(\.change.rawValue).joined(separator: " ")
  }

  /// What a journal would have.
  var records: [OrderRecord] {
    log.compactMap { action in
      switch action {
      case .trading(.record(let record)): record
      case .emit(.order(let update)): .order(update)
      case .emit(.fill(let fill)): .fill(fill)
      default: nil
      }
    }
  }

  // MARK: The venue

  /// Every order of the account, oldest first.
  var venueOrders: [ExchangeOrder] {
    simulator.exchange.orders.values.sorted { $0.number < $1.number }
  }

  func venueOrder(_ id: String) -> ExchangeOrder? {
    let name = order(id)?.orderID?.string
    return venueOrders.first { $0.name == name }
  }

  var venuePosition: Decimal { simulator.exchange.position(of: 1, market: 0)?.size ?? .zero }

  /// The venue's mark.
  var mark: Decimal { simulator.statistics.listings[0].markPrice }

  /// So many percent of the mark, on the grid.
  func price(_ percent: Int) -> String {
    "\(mark.multiplied(by: Decimal(percent))!.divided(by: Decimal(100), scale: 0)!)"
  }

  /// The requests that the session made of a path, in order.
  func requests(_ path: String) -> [HTTPRequest] {
    log.compactMap { action in
      guard case .request(_, let request) = action, request.path.hasSuffix(path) else { return nil }
      return request
    }
  }

  /// What becomes of the next requests about orders.
  mutating func next(_ fates: OrderFaults.Kind..., value: Int = 0) {
    simulator.desk.faults.next += fates.map {
      OrderFate(OrderFaults.Clause(kind: $0, value: value))
    }
  }
}
