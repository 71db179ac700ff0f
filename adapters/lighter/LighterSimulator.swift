import PerpCore
import PerpSim
import PerpVenue

/// The venue's side of Lighter's public data: the same wire over a small market of random traders.
/// Its settings are named in the descriptor.
package struct LighterSimulator: TradingSimulator {
  struct Client: Sendable {
    var channels: [Channel] = []
    /// By their names; when the token expires they were granted to, in Unix seconds.
    var privateChannels: [String: Int64] = [:]
    var isReadOnly = false
    /// When it last sent anything.
    var heardAt: UInt64
    /// "200 client messages per minute."
    var messages = RollingWindow(limit: 200, per: Nanoseconds.seconds(60))
    let isShutDownAt: UInt64
    var isTold = false
  }

  /// A subscription, to one market's channel or to the statistics of all.
  enum Channel: Equatable, Sendable {
    case one(LighterChannel.Family, index: Int)
    case allStats
    case height
  }

  /// "Batched every 50 ms."
  static let booksEvery = Nanoseconds.milliseconds(50)
  static let statsEvery = Nanoseconds.seconds(1)
  /// "The server may send a ping at any time."
  private static let pingsEvery = Nanoseconds.seconds(60)
  /// "No frame for 2 minutes."
  private static let idleAfter = Nanoseconds.seconds(120)
  /// A shutdown follows its notice so much later, in milliseconds.
  private static let shutdownNotice = 5_000
  /// Messages that may wait for a slow client; the number is ours.
  private static let maxBacklog = 5_000
  static let maxSubscriptions = 500

  let options: SimulatorOptions
  var random: Random
  var clients = ConnectionTable<Client>()
  var markets: [LighterSimulatorMarket] = []
  /// Places in `markets`, by the venue's number.
  var indexes: [ShortText: Int] = [:]
  /// Of the matching engine, shared by books, tickers and trades of all markets.
  var nonce: Int64
  /// Of this server: starts anywhere and grows unevenly.
  var offset: Int64
  var trades: Int64
  var height: Int64 = 300_000_000
  var requests: RollingWindow
  /// "New connections 80 per minute."
  private var connects = RollingWindow(limit: 80, per: Nanoseconds.seconds(60))
  private let speedup: UInt64
  private let shutdownAfter: UInt64
  package var exchange: SimulatedExchange
  var accounts: [LighterSimulatorAccount]
  /// The venue's numbers of accounts, by the exchange's.
  let accountNumbers: [UInt32: Int64]
  /// By the venue's number of the order.
  var details: [Int64: LighterSimulatorOrder] = [:]
  /// The exchange's number of an order, by the venue's.
  var numbers: [Int64: UInt64] = [:]
  /// The venue's numbers of what it has placed itself, by the exchange's.
  var liquidations: [UInt64: Int64] = [:]
  /// By their hashes.
  var records: [String: LighterSimulatorRecord] = [:]
  /// By account, oldest first.
  var fills: [UInt32: [LighterSimulatorMarket.Print]] = [:]
  package var orderFaults: OrderFaults
  /// Answers that come later.
  var held = HeldActions<SimulatorAction>()
  /// Nanoseconds that orders and cancels wait.
  let delay: UInt64
  var booksAt: UInt64 = .max
  private var statsAt: UInt64 = .max
  private var pingAt: UInt64 = .max
  /// While frozen, the time stamps of everything published stand still at this.
  private var frozenAt: Int64?

  package init(options: SimulatorOptions) {
    self.options = options
    speedup = max(1, options.settings["speedup"].flatMap(UInt64.init) ?? 1)
    let limit = options.settings["requests_per_minute"].flatMap { Int($0) } ?? 60
    requests = RollingWindow(limit: max(1, limit), per: Nanoseconds.seconds(60))
    shutdownAfter = options.settings["shutdown"].flatMap { Int($0) }.map(Nanoseconds.seconds) ?? 0
    random = Random(seed: options.seed)
    nonce = 18_000_000_000 + Int64(random.below(1_000_000_000))
    offset = Int64(random.below(1_000_000))
    trades = 26_000_000_000 + Int64(random.below(1_000_000))
    markets = LighterSimulatorMarket.list(options, nonce: nonce, random: &random)
    var rules = Self.rules()
    delay = options.settings["delay"].flatMap { Int($0) }.map(Nanoseconds.milliseconds) ?? 0
    // "+200 ms" of makers and cancels, "+300 ms" of takers.
    rules.takerDelay = delay / 2
    exchange = SimulatedExchange(
      rules: rules, markets: markets.map { ExchangeMarket($0.market) })
    accounts = LighterSimulatorAccount.list(options)
    accountNumbers = Dictionary(uniqueKeysWithValues: accounts.map { ($0.number, $0.index) })
    for account in accounts { exchange.open(account.number) }
    orderFaults = Self.orderFaults(options)
    for (index, market) in markets.enumerated() { indexes[market.name] = index }
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
    let schedule = accounts.compactMap(\.cancelAllAt?.monotonic).min() ?? .max
    return markets.indices.reduce(min(booksAt, statsAt, pingAt, held.deadline ?? .max, schedule)) {
      min($0, exchange.deadline(of: markets[$1].market, $1))
    }
  }

  package mutating func receive(
    _ input: borrowing SimulatorInput, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    switch input {
    case .start:
      for index in markets.indices { markets[index].start(at: now) }
      statsAt = now.monotonic + Self.statsEvery
      pingAt = now.monotonic + Self.pingsEvery / speedup
    case .wake: break
    case .upgrade(let id, let request): upgrade(id, request, at: now, into: &actions)
    case .text(let id, let text): receive(text: text, from: id, at: now, into: &actions)
    case .binary(let id, _): close(id, code: 1003, reason: "text only", into: &actions)
    // Reported not to count: only messages keep a connection.
    case .pong: break
    case .closed(let id): clients.remove(id)
    case .backlog(let id, let messages):
      guard messages >= Self.maxBacklog else { break }
      actions.append(.abort(id))
      clients.remove(id)
    case .request(let id, let request):
      guard !respondPrivately(to: request, id, at: now, into: &actions) else { break }
      actions.append(.respond(id, respond(to: request, at: now)))
    case .freezeTime(let isFrozen): frozenAt = isFrozen ? now.wall : nil
    case .liquidate: liquidate(at: now, into: &actions)
    }
    held.release(at: now, into: &actions)
    publish(at: now, into: &actions)
  }

  private mutating func upgrade(
    _ id: ConnectionID, _ request: HTTPRequest, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    guard request.path == "/stream" else {
      return actions.append(.refuse(id, HTTPResponse(status: 404)))
    }
    guard connects.take(at: now.monotonic) else {
      return actions.append(.refuse(id, Self.failure(429, 23_003, "Too Many Connections!")))
    }
    let end = shutdownAfter == 0 ? UInt64.max : now.monotonic + shutdownAfter
    clients.add(id, Client(heardAt: now.monotonic, isShutDownAt: end))
    clients[id]?.isReadOnly = request.query("readonly") == "true"
    actions.append(.accept(id))
    var text = ByteBuffer(capacity: 96)
    text.append("{")
    text.put("session_id", text: random.uuid().string)
    text.put("type", text: "connected")
    text.append("}")
    actions.append(.send(id, Frame(.text, text.array)))
  }

  mutating func close(
    _ id: ConnectionID, code: Int, reason: String, into actions: inout [SimulatorAction]
  ) {
    actions.append(.close(id, code: code, reason: reason))
    clients.remove(id)
  }

  // MARK: Publishing

  private mutating func publish(at now: Moment, into actions: inout [SimulatorAction]) {
    let published = publishedTime(now)
    cancelAllDue(at: now, into: &actions)
    for index in markets.indices
    where exchange.deadline(of: markets[index].market, index) <= now.monotonic {
      var told = Told()
      advance(index, at: now, into: &told)
      told.flush(into: &actions)
    }
    if now.monotonic >= booksAt {
      booksAt = .max
      sendBooks(at: now, into: &actions)
    }
    if now.monotonic >= statsAt {
      statsAt = now.monotonic + Self.statsEvery
      height += 1
      for index in markets.indices { markets[index].settle(at: published) }
      sendStats(at: now, into: &actions)
      endConnections(at: now, into: &actions)
    }
    if now.monotonic >= pingAt {
      pingAt = now.monotonic + Self.pingsEvery / speedup
      for id in clients.ids { actions.append(.send(id, Frame(.text, LighterRequest.ping))) }
    }
  }

  private mutating func endConnections(at now: Moment, into actions: inout [SimulatorAction]) {
    for id in clients.ids {
      endSubscriptions(of: id, at: now, into: &actions)
      guard let client = clients[id] else { continue }
      if now.monotonic - client.heardAt >= Self.idleAfter / speedup {
        close(id, code: 1000, reason: "idle", into: &actions)
      } else if now.monotonic >= client.isShutDownAt {
        let notice = Nanoseconds.milliseconds(Self.shutdownNotice)
        if !client.isTold {
          clients[id]?.isTold = true
          let text = #"{"type":"shutdown","close_in_ms":\#(Self.shutdownNotice)}"#
          actions.append(.send(id, Frame(.text, Array(text.utf8))))
        } else if now.monotonic >= client.isShutDownAt + notice {
          close(id, code: 1001, reason: "shutdown", into: &actions)
        }
      }
    }
  }

  package func book(of symbol: Symbol) -> NumberedBook? {
    guard let market = markets.first(where: { $0.symbol == symbol }) else { return nil }
    return NumberedBook(
      sequence: market.book.sequence, bids: market.book.bids, asks: market.book.asks)
  }

  package func quote(of symbol: Symbol) -> QuoteFacts? {
    guard let ticker = markets.first(where: { $0.symbol == symbol })?.ticker else { return nil }
    return QuoteFacts(bid: ticker.bid, ask: ticker.ask, sequence: ticker.nonce, time: nil)
  }

  /// In microseconds.
  func publishedTime(_ now: Moment) -> Int64 { frozenAt ?? now.wall }
}
