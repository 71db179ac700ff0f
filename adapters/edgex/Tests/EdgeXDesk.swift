import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import EdgeX
@testable import PerpSim

extension EdgeXGeneration {
  static let both: [EdgeXGeneration] = [.v1, .v2]

  var quote: String { self == .v1 ? "USD" : "USDC" }

  func symbol(_ base: String) -> Symbol { Symbol("\(base)-\(quote)-PERP")! }

  /// The venue with both sides of this generation.
  var venue: VenueDescriptor {
    let name = rawValue
    var venue = EdgeX.descriptor
    venue.quoteAsset = quote
    venue.makeSimulator = { options in
      var options = options
      options.settings["generation"] = name
      return EdgeXSimulator(options: options)
    }
    venue.trading?.makeDialect = { (options) throws(TradingProblem) in
      var options = options
      options.settings["generation"] = name
      return try EdgeXTrading(options)
    }
    return venue
  }
}

/// An account at the simulated venue, and somebody who trades on it: a `TradingSession` and the
/// simulator on pretended time.
struct EdgeXDesk {
  static let btc = EdgeXGeneration.v2.symbol("BTC")
  static let eth = EdgeXGeneration.v2.symbol("ETH")
  static let account = AccountID(EdgeX.id, "main")

  let generation: EdgeXGeneration
  var pair: Pair
  private var tickets: UInt64 = 0
  private(set) var outcomes: [TradeOutcome] = []
  private(set) var updates: [OrderUpdate] = []
  private(set) var fills: [Fill] = []
  private(set) var positions: [Position] = []
  private(set) var balances: [Balance] = []
  private(set) var states: [String] = []
  private(set) var errors: [String] = []
  private(set) var drifts: [String] = []
  /// Requests in the order they left, and the WebSockets that were opened.
  private(set) var requests: [HTTPRequest] = []
  private(set) var sockets: [WebSocketRequest] = []
  private(set) var records: [OrderRecord] = []

  /// Settings of the simulator have the prefix `sim.`.
  init(
    seed: UInt64 = 1, as generation: EdgeXGeneration = .v2, _ settings: [String: String] = [:],
    secrets: [String: String] = [:], records: [OrderRecord] = [],
    simulator: EdgeXSimulator? = nil, options: PairOptions = PairOptions()
  ) throws {
    self.generation = generation
    var own = ["generation": generation.rawValue]
    var theirs = own
    for (name, value) in settings {
      if name.hasPrefix("sim.") {
        theirs[String(name.dropFirst(4))] = value
      } else {
        own[name] = value
      }
    }
    let session = try Self.session(
      seed: seed, own, secrets: secrets, records: records, at: options.start)
    pair = Pair(
      session: session,
      simulator: simulator
        ?? EdgeXSimulator(
          options: SimulatorOptions(
            seed: seed, symbols: [generation.symbol("BTC"), generation.symbol("ETH")],
            eventsPerSecond: 4, settings: theirs)),
      seed: seed, options: options)
  }

  static func session(
    seed: UInt64 = 1, _ settings: [String: String] = [:], secrets: [String: String] = [:],
    records: [OrderRecord] = [], at now: Moment
  ) throws -> any VenueSession {
    let all = EdgeXSimulatedAccount.secrets.merging(secrets) { $1 }
    return try EdgeX.descriptor.trading!.makeSession(
      TradingOptions(
        account: Self.account,
        endpoints: Endpoints(ws: "ws://venue.example", rest: "http://venue.example"),
        seed: seed, settings: settings, secrets: all.mapValues { Secret($0) }, records: records,
        now: now))
  }

  /// One whose account is live.
  static func live(
    seed: UInt64 = 1, as generation: EdgeXGeneration = .v2, _ settings: [String: String] = [:],
    options: PairOptions = PairOptions()
  ) throws -> EdgeXDesk {
    var desk = try EdgeXDesk(seed: seed, as: generation, settings, options: options)
    desk.pair.start()
    try desk.wait(until: { $0.states.last == "live signed_in" })
    desk.run(seconds: 1)
    return desk
  }

  // MARK: What happens

  mutating func run(milliseconds: Int) {
    pair.run(for: Nanoseconds.milliseconds(milliseconds))
    collect()
  }

  mutating func run(seconds: Int) { run(milliseconds: 1_000 * seconds) }

  mutating func wait(
    seconds: Int = 120, until isSo: (EdgeXDesk) -> Bool,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    for _ in 0..<seconds * 100 {
      if isSo(self) { return }
      run(milliseconds: 10)
    }
    Issue.record(
      "it did not come to that: \(states) \(errors) \(lines.suffix(12))", sourceLocation: location)
    throw Never()
  }

  struct Never: Error {}

  private mutating func collect() {
    for action in pair.drainActions().map(\.action) {
      switch action {
      case .trading(.settled(_, let outcome)): outcomes.append(outcome)
      case .trading(.record(let record)): records.append(record)
      case .emit(.order(let update)):
        updates.append(update)
        records.append(.order(update))
      case .emit(.fill(let fill)):
        fills.append(fill)
        records.append(.fill(fill))
      case .emit(.position(let position)): positions.append(position)
      case .emit(.balance(let balance)): balances.append(balance)
      case .emit(.account(let status)):
        states.append("\(status.state.rawValue) \(status.cause)")
      case .emit(.error(let report)): errors.append("\(report.reason) \(report.message)")
      case .emit(.drift(let drift)): drifts.append("\(drift.channel) \(drift.path) \(drift.sample)")
      case .request(_, let request): requests.append(request)
      case .open(_, let request): sockets.append(request)
      default: break
      }
    }
  }

  /// The process ends, and another begins with what the journal has.
  mutating func restart() throws {
    let settings = ["generation": generation.rawValue]
    pair.restart(with: try Self.session(seed: 2, settings, records: records, at: pair.now))
    collect()
  }

  // MARK: What somebody wants

  mutating func command(_ command: TradeCommand) {
    tickets += 1
    pair.tellSession(.trading(.command(Ticket(tickets), command)))
    collect()
  }

  mutating func place(
    _ id: String, _ side: Side, _ size: String = "0.010", at price: Decimal? = nil,
    type: OrderType = .limit, tif: TimeInForce? = .gtc, isPostOnly: Bool = false,
    isReduceOnly: Bool = false, stop: Decimal? = nil, bound: Decimal? = nil
  ) {
    var intent = OrderIntent(
      clientID: ClientOrderID(id)!, symbol: btc,
      terms: OrderTerms(
        side: side, type: type, timeInForce: tif, price: price, stopPrice: stop,
        size: Decimal(size)!, isPostOnly: isPostOnly, isReduceOnly: isReduceOnly))
    intent.bound = bound
    command(.place(intent))
  }

  mutating func cancel(_ id: String) { command(.cancel(.own(ClientOrderID(id)!))) }

  // MARK: How it stands

  var simulator: EdgeXSimulator {
    get { pair.simulator as! EdgeXSimulator }
    set { pair.simulator = newValue }
  }

  var exchange: SimulatedExchange { simulator.exchange }

  /// What becomes of the next request about orders.
  mutating func next(_ change: (inout OrderFate) -> Void) {
    var fate = OrderFate()
    change(&fate)
    simulator.orderFaults.next.append(fate)
  }

  var btc: Symbol { generation.symbol("BTC") }

  var market: EdgeXSimulatorMarket { simulator.markets.first { $0.symbol == btc }! }

  /// A price so many ticks better (positive) or worse for the side than the best of its own side.
  func price(_ side: Side, _ ticks: Int) -> Decimal {
    let best = side == .buy ? market.market.bestBid! : market.market.bestAsk!
    let step = market.market.profile.tick.multiplied(by: Decimal(ticks))!
    return side == .buy ? best.price.adding(step)! : best.price.subtracting(step)!
  }

  /// A price at which an order of the side surely trades.
  func crossing(_ side: Side) -> Decimal { price(side == .buy ? .sell : .buy, -5_000) }

  func order(_ id: String) -> OrderUpdate? { updates.last { $0.clientID == ClientOrderID(id) } }

  func status(_ id: String) -> String {
    guard let order = order(id) else { return "none" }
    return [order.status.rawValue, order.reason].compactMap { $0 }.joined(separator: " ")
  }

  /// The changes of one order.
  func changes(_ id: String) -> [String] {
    updates.filter { $0.clientID == ClientOrderID(id) }
      .map { "\($0.change.rawValue) \($0.status.rawValue)" }
  }

  /// All of all orders.
  var lines: [String] {
    updates.map {
      "\($0.clientID?.description ?? "?") \($0.change.rawValue) \($0.status.rawValue) "
        + "\($0.filled?.description ?? "-") \($0.reason ?? "")"
    }
  }

  /// Orders at the venue that bear the name of ours.
  func atVenue(_ id: String) -> [ExchangeOrder] {
    exchange.orders.values.filter { $0.clientID == id }
  }

  var held: Decimal { exchange.position(of: 1, market: 0)?.size ?? .zero }

  /// Of the requests to one path the bodies.
  func bodies(_ path: String) -> [JSONTree] {
    requests.filter { $0.url.hasSuffix("\(generation.path)/private/order/\(path)") }
      .compactMap { try? JSONTree($0.body) }
  }

  /// Somebody else trades at the venue, up to a price.
  mutating func tradeAgainst(_ side: Side, _ price: Decimal, size: Decimal = Decimal(10_000)) throws
  {
    var simulator = simulator
    if simulator.exchange.accounts[9] == nil {
      simulator.exchange.open(9, collateral: Decimal(1_000_000_000_000))
    }
    var result = Consequences()
    _ = try simulator.exchange.place(
      OrderPlacement(
        account: 9, market: 0,
        terms: OrderTerms(side: side, type: .limit, timeInForce: .ioc, price: price, size: size)),
      in: &simulator.markets[0].market, at: pair.now, into: &result)
    var actions: [SimulatorAction] = []
    let reports = simulator.tell(result, at: pair.now)
    simulator.deliver(reports.map { .report($0) }, at: pair.now, into: &actions)
    self.simulator = simulator
    pair.perform(all: actions)
  }
}

extension Pair {
  fileprivate mutating func perform(all actions: [SimulatorAction]) {
    for action in actions { perform(action) }
  }
}
