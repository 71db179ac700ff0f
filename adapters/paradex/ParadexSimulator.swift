import PerpCore
import PerpCrypto
import PerpSim
import PerpVenue

/// The venue's side of Paradex: the same wire over a small market of random traders.
///
/// Settings: `encoding` is `sbe` (default) or `json` for the venue as it was before September 2026;
/// `speedup` divides the venue's slow timers (ping, idle heartbeat, idle close) for tests;
/// `private` is `sbe` (default) or `json` for what accounts are told on a binary connection;
/// `accounts` adds accounts by their public keys to those of `ParadexTestKeys`; `jwt_lifetime` is
/// that of tokens in seconds; `order_faults` is a list of `OrderFaults`.
package struct ParadexSimulator: TradingSimulator {
  enum Encoding: Hashable, Sendable {
    case json
    case sbe(version: UInt16)
  }

  struct Subscription: Equatable, Sendable {
    let name: String
    let channel: ParadexSimulatorChannel
    /// Of the scoped form of `markets_summary`; empty for all.
    var markets: [String]
    /// For paced channels: when the next may be sent, and whether there is anything new.
    var nextAt: UInt64 = 0
    var isDue = false

    init(name: String, channel: ParadexSimulatorChannel, markets: [String]) {
      self.name = name
      self.channel = channel
      self.markets = markets
    }
  }

  struct Client: Sendable {
    let encoding: Encoding
    var subscriptions: [Subscription] = []
    /// Granted names that are never served.
    var silentNames: Set<String> = []
    var lastSent: UInt64
    /// Since when it has had no subscription.
    var idleSince: UInt64
    var pingAt: UInt64
    /// Closed unless a pong comes before.
    var pongBy: UInt64?
    /// After the method `auth`; "auth does not expire on an open connection".
    var token: ParadexSimulatorToken?
    /// By the names they were asked for with.
    var privateChannels: [String: ParadexSimulatorPrivateChannel] = [:]
    var cancelsOnDisconnect = false
  }

  /// "Server sends a WebSocket ping every 55 s; the client must pong within 5 s."
  static let pingEvery = Nanoseconds.seconds(55)
  static let pongWithin = Nanoseconds.seconds(5)
  /// "On a negotiated connection idle for 20 s the server sends template 40."
  static let heartbeatAfter = Nanoseconds.seconds(20)
  /// "A connection without any live subscription is closed with code 4031"; the time is ours.
  static let closeIdleAfter = Nanoseconds.seconds(30)
  /// "If more than 2000 messages queue up on the server the connection is dropped."
  static let maxBacklog = 2_000
  static let summaryEvery = Nanoseconds.seconds(5)
  static let fundingEvery = Nanoseconds.seconds(5)

  let options: SimulatorOptions
  var random: Random
  var clients = ConnectionTable<Client>()
  var markets: [ParadexSimulatorMarket] = []
  var indexes: [String: Int] = [:]
  /// "New connections: 20/s and 600/min per IP."
  private var connects = RollingWindow(limit: 20, per: Nanoseconds.seconds(1))
  private let speedup: UInt64
  private var housekeepingAt: UInt64 = 0
  var summaryAt: UInt64 = 0
  package var exchange: SimulatedExchange
  var accounts: [ParadexSimulatorAccount]
  let verifier = ParadexSimulatorVerifier(chainID: ParadexTestKeys.chainID)
  var tokens: [String: ParadexSimulatorToken] = [:]
  /// By the number of the order.
  var details: [UInt64: ParadexSimulatorOrderDetails] = [:]
  /// By the number of the account, oldest first.
  var fills: [UInt32: [ParadexSimulatorFillRow]] = [:]
  /// Requests to modify so far.
  var requests: UInt64 = 0
  var privateSequence: Int64 = 0
  package var orderFaults: OrderFaults
  /// Answers that come later.
  var held = HeldActions<SimulatorAction>()
  let sendsPrivateJSON: Bool
  /// While frozen, the time stamps of everything published stand still at this.
  var frozenAt: Int64?

  package init(options: SimulatorOptions) {
    self.options = options
    random = Random(seed: options.seed)
    speedup = max(1, options.settings["speedup"].flatMap(UInt64.init) ?? 1)
    markets = ParadexSimulatorMarket.list(options, random: &random)
    for (index, market) in markets.enumerated() { indexes[market.name] = index }
    exchange = SimulatedExchange(
      rules: Self.rules(),
      markets: markets.map {
        ExchangeMarket($0.market, maxSize: Decimal(100_000), minValue: Decimal(10))
      })
    accounts = ParadexSimulatorAccount.list(options.settings["accounts"])
    for account in accounts { exchange.open(account.number) }
    sendsPrivateJSON = options.settings["private"] == "json"
    orderFaults = Self.orderFaults(options)
  }

  private static func orderFaults(_ options: SimulatorOptions) -> OrderFaults {
    guard let text = options.settings["order_faults"], !text.isEmpty else {
      return OrderFaults(seed: options.seed)
    }
    do throws(OrderFaults.Problem) {
      return try OrderFaults(text, seed: options.seed)
    } catch { preconditionFailure("the setting order_faults: \(error)") }
  }

  package var deadline: UInt64? {
    var time = min(housekeepingAt, summaryAt, held.deadline ?? .max)
    for index in markets.indices {
      time = min(time, exchange.deadline(of: markets[index].market, index))
    }
    return time
  }

  package mutating func receive(
    _ input: borrowing SimulatorInput, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    switch input {
    case .start:
      housekeepingAt = now.monotonic
      summaryAt = now.monotonic
      for index in markets.indices { markets[index].start(at: now) }
    case .wake: break
    case .upgrade(let id, let request): upgrade(id, request, at: now, into: &actions)
    case .text(let id, let text): receive(text: text, from: id, at: now, into: &actions)
    case .binary(let id, _):
      actions.append(.close(id, code: 1003, reason: "text only"))
      clients.remove(id)
    case .pong(let id): clients[id]?.pongBy = nil
    case .closed(let id): lose(id, at: now, into: &actions)
    case .backlog(let id, let messages):
      guard messages >= Self.maxBacklog else { break }
      actions.append(.abort(id))
      lose(id, at: now, into: &actions)
    case .request(let id, let request):
      if let path = Self.privatePath(request) {
        answer(id, request, path, at: now, into: &actions)
      } else {
        actions.append(.respond(id, respond(to: request, at: now)))
      }
    case .freezeTime(let isFrozen): frozenAt = isFrozen ? now.wall : nil
    case .liquidate: liquidate(at: now, into: &actions)
    }
    held.release(at: now, into: &actions)
    publish(at: now, into: &actions)
    keepHouse(at: now, into: &actions)
  }

  /// A connection is gone, and with it what its client wanted to end with it.
  private mutating func lose(
    _ id: ConnectionID, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    let cancels = clients[id]?.cancelsOnDisconnect == true
    clients.remove(id)
    guard cancels else { return }
    var told = Told()
    cancelOrders(of: id, at: now, into: &told)
    told.flush(into: &actions)
  }

  private mutating func liquidate(at now: Moment, into actions: inout [SimulatorAction]) {
    var told = Told()
    for index in markets.indices {
      var consequences = Consequences()
      exchange.liquidateAll(in: &markets[index].market, index, at: now, into: &consequences)
      tell(consequences, at: now, into: &told)
    }
    told.flush(into: &actions)
  }

  private mutating func upgrade(
    _ id: ConnectionID, _ request: HTTPRequest, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    guard connects.take(at: now.monotonic) else {
      actions.append(.refuse(id, HTTPResponse(status: 429)))
      return
    }
    guard request.path == "/v1", let encoding = Self.encoding(request, options) else {
      actions.append(.refuse(id, HTTPResponse(status: request.path == "/v1" ? 400 : 404)))
      return
    }
    clients.add(
      id,
      Client(
        encoding: encoding, lastSent: now.monotonic, idleSince: now.monotonic,
        pingAt: now.monotonic + Self.pingEvery / speedup))
    actions.append(.accept(id))
  }

  /// Nil for a pair of schema and version that the venue does not speak.
  private static func encoding(_ request: HTTPRequest, _ options: SimulatorOptions) -> Encoding? {
    if options.settings["encoding"] == "json" { return .json }
    guard request.query("sbeSchemaId") == "1",
      let version = request.query("sbeSchemaVersion").flatMap({ UInt16($0) }), version <= 3
    else { return nil }
    return .sbe(version: version)
  }

  mutating func send(
    _ frame: Frame, to id: ConnectionID, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    clients[id]?.lastSent = now.monotonic
    actions.append(.send(id, frame))
  }

  /// Pings, heartbeats and closes, looked at every so often.
  private mutating func keepHouse(at now: Moment, into actions: inout [SimulatorAction]) {
    guard now.monotonic >= housekeepingAt else { return }
    housekeepingAt = now.monotonic + Nanoseconds.seconds(1) / speedup
    for id in clients.ids {
      guard let client = clients[id] else { continue }
      if let limit = client.pongBy, now.monotonic >= limit {
        actions.append(.abort(id))
        lose(id, at: now, into: &actions)
      } else if client.subscriptions.isEmpty, client.privateChannels.isEmpty,
        now.monotonic - client.idleSince >= Self.closeIdleAfter / speedup
      {
        actions.append(.close(id, code: 4031, reason: "no active subscriptions"))
        lose(id, at: now, into: &actions)
      } else {
        if now.monotonic >= client.pingAt {
          clients[id]?.pingAt = now.monotonic + Self.pingEvery / speedup
          clients[id]?.pongBy = now.monotonic + Self.pongWithin
          actions.append(.ping(id))
        }
        if client.encoding != .json,
          now.monotonic - client.lastSent >= Self.heartbeatAfter / speedup
        {
          var heartbeat = ParadexFrameWriter(.heartbeat, version: client.encoding.version)
          heartbeat.put(publishedTime(now))
          heartbeat.put(Int64(0))
          heartbeat.endBlock()
          send(Frame(.binary, heartbeat.frame), to: id, at: now, into: &actions)
        }
      }
    }
  }

  package func book(of symbol: Symbol) -> NumberedBook? {
    guard let index = indexes[symbol.description] else { return nil }
    let market = markets[index]
    return NumberedBook(
      sequence: market.sequence, bids: market.market.bids, asks: market.market.asks)
  }

  func publishedTime(_ now: Moment) -> Int64 { frozenAt ?? now.wall }
}

extension ParadexSimulator.Encoding {
  /// Of the binary schema; 0 for JSON.
  var version: UInt16 {
    if case .sbe(let version) = self { version } else { 0 }
  }
}
