import PerpCore
import PerpVenue
import Testing

@testable import Lighter
@testable import PerpSim

/// An account at the simulated venue, and somebody who trades on it: a `TradingSession` and the
/// simulator on pretended time.
struct LighterDesk {
  static let btc = Lighter.descriptor.perpetual("BTC")!
  static let account = AccountID(Lighter.id, "main")

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
  private(set) var sent: [String] = []
  /// Paths of what was asked.
  private(set) var asked: [String] = []
  private(set) var records: [OrderRecord] = []

  /// Settings of the simulator have the prefix `sim.`.
  init(
    seed: UInt64 = 1, _ settings: [String: String] = [:], secrets: [String: String] = [:],
    records: [OrderRecord] = [], simulator: LighterSimulator? = nil,
    options: PairOptions = PairOptions()
  ) throws {
    var own: [String: String] = ["tier": "premium"]
    var theirs = ["requests_per_minute": "5000", "transactions_per_minute": "4000"]
    for (name, value) in settings {
      if name.hasPrefix("sim.") {
        theirs[String(name.dropFirst(4))] = value
      } else {
        own[name] = value
      }
    }
    let all = LighterSimulatedAccount.secrets.merging(secrets) { $1 }
    let session = try Lighter.descriptor.trading!.makeSession(
      TradingOptions(
        account: Self.account,
        endpoints: Endpoints(ws: "ws://venue.example/stream", rest: "http://venue.example"),
        seed: seed, settings: own, secrets: all.mapValues { Secret($0) }, records: records,
        now: options.start))
    pair = Pair(
      session: session,
      simulator: simulator
        ?? LighterSimulator(
          options: SimulatorOptions(
            seed: seed, symbols: [Self.btc, Lighter.descriptor.perpetual("ETH")!],
            eventsPerSecond: 4, settings: theirs)),
      seed: seed, options: options)
  }

  /// One whose account is live.
  static func live(seed: UInt64 = 1, _ settings: [String: String] = [:]) throws -> LighterDesk {
    var desk = try LighterDesk(seed: seed, settings)
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
    seconds: Int = 120, until isSo: (LighterDesk) -> Bool,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    for _ in 0..<seconds * 100 {
      if isSo(self) { return }
      run(milliseconds: 10)
    }
    Issue.record("it did not come to that: \(lines.suffix(12))", sourceLocation: location)
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
      case .send(_, let text):
        sent.append(String(decoding: text, as: UTF8.self))
      case .request(_, let request) where request.method == .post:
        sent.append(String(decoding: request.body, as: UTF8.self))
      case .request(_, let request): asked.append(Pair.target(of: request.url))
      default: break
      }
    }
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
    isReduceOnly: Bool = false, stop: Decimal? = nil, bound: Decimal? = nil,
    on symbol: Symbol = Self.btc
  ) {
    var intent = OrderIntent(
      clientID: ClientOrderID(id)!, symbol: symbol,
      terms: OrderTerms(
        side: side, type: type, timeInForce: tif, price: price, stopPrice: stop,
        size: Decimal(size)!, isPostOnly: isPostOnly, isReduceOnly: isReduceOnly))
    intent.bound = bound
    command(.place(intent))
  }

  mutating func cancel(_ id: String) { command(.cancel(.own(ClientOrderID(id)!))) }

  mutating func replace(_ id: String, price: Decimal? = nil, size: String? = nil) {
    command(.replace(ClientOrderID(id)!, price: price, size: size.map { Decimal($0)! }))
  }

  // MARK: How it stands

  var simulator: LighterSimulator {
    get { pair.simulator as! LighterSimulator }
    set { pair.simulator = newValue }
  }

  var exchange: SimulatedExchange { simulator.exchange }

  /// What becomes of the next requests about orders.
  mutating func next(_ change: (inout OrderFate) -> Void) {
    var fate = OrderFate()
    change(&fate)
    simulator.orderFaults.next.append(fate)
  }

  var market: LighterSimulatorMarket { simulator.markets.first { $0.symbol == Self.btc }! }

  /// A price so many ticks better (positive) or worse for the side than the best of its own side.
  func price(_ side: Side, _ ticks: Int) -> Decimal {
    let best = side == .buy ? market.market.bestBid! : market.market.bestAsk!
    let step = market.market.profile.tick.multiplied(by: Decimal(ticks))!
    return side == .buy ? best.price.adding(step)! : best.price.subtracting(step)!
  }

  /// A price at which an order of the side surely trades.
  func crossing(_ side: Side) -> Decimal { price(side == .buy ? .sell : .buy, -500) }

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
    guard
      let name = records.compactMap({ record -> ShortText? in
        if case .intent(let intent, let name, _) = record, intent.clientID.description == id {
          name
        } else {
          nil
        }
      }).first
    else { return [] }
    return exchange.orders.values.filter { $0.clientID == name.string }
  }

  /// The numbers of the transactions that the venue took, in the order of their taking.
  var nonces: [Int64] { simulator.records.values.map(\.nonce).sorted() }
  var nextNonce: Int64 { simulator.accounts[0].keys[LighterSimulatedAccount.apiKey]!.nonce }
}
