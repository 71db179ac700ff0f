import PerpCore
import PerpSim
import PerpVenue

/// The venue's side of edgeX: public data, and accounts with their orders, over a small market of
/// random traders. Its settings are named in the descriptor.
package struct EdgeXSimulator: TradingSimulator {
  struct Subscription: Equatable, Sendable {
    let channel: EdgeXChannel
    /// Nothing was sent yet.
    var isFresh = true
  }

  struct Client: Sendable {
    var subscriptions: [Subscription] = []
    var lastPong: UInt64
    var errors = 0
    /// It is told of the account, and subscribes to nothing.
    var isPrivate = false
  }

  /// Books are published so often, with all that happened in between; the venue's pace is not
  /// documented.
  static let booksEvery = Nanoseconds.milliseconds(100)
  static let rowsEvery = Nanoseconds.seconds(1)
  static let fundingEvery = 60
  /// "Server pings every 10 seconds": on round times of its clock, in microseconds.
  private static let pingsEvery: Int64 = 10_000_000
  /// Seen in 2026: closed so long after the client's last pong.
  private static let inactiveAfter = Nanoseconds.seconds(60)
  /// "5 or more errors": the connection may be closed.
  static let maxErrors = 5
  /// Messages that may wait for a slow client; the number is ours.
  private static let maxBacklog = 5_000

  let options: SimulatorOptions
  let generation: EdgeXGeneration
  let versions: EdgeXDepthVersions.Form
  let snapshotEvery: Int
  var random: Random
  var clients = ConnectionTable<Client>()
  var markets: [EdgeXSimulatorMarket] = []
  /// Places in `markets`.
  var indexes: [ShortText: Int] = [:]
  package internal(set) var exchange: SimulatedExchange
  package var orderFaults: OrderFaults {
    get { desk.faults }
    set { desk.faults = newValue }
  }
  var desk: EdgeXSimulatorDesk
  private let speedup: UInt64
  private var startedAt: UInt64 = .max
  private var rowsAt: UInt64 = .max
  private var pingAt: UInt64 = .max
  /// Seconds of rows since the start.
  var seconds = 0
  /// While frozen, the time stamps of everything published stand still at this.
  private var frozenAt: Int64?

  package init(options: SimulatorOptions) {
    self.options = options
    generation = EdgeXGeneration(options.settings)
    versions = EdgeXDepthVersions.Form(options.settings)
    snapshotEvery = options.settings["snapshot_every"].flatMap { Int($0) } ?? 0
    speedup = max(1, options.settings["speedup"].flatMap(UInt64.init) ?? 1)
    random = Random(seed: options.seed)
    markets = EdgeXSimulatorMarket.list(options, random: &random)
    exchange = EdgeXSimulatorDesk.exchange(markets)
    desk = EdgeXSimulatorDesk(options)
    for (index, market) in markets.enumerated() { indexes[market.contract] = index }
  }

  package var deadline: UInt64? {
    let time = min(booksAt, rowsAt, pingAt, accountAt)
    return time == .max ? nil : time
  }

  /// When something happens in the first of the markets, or has happened and is not published.
  private var marketsAt: UInt64 {
    markets.indices.reduce(UInt64.max) { earliest, index in
      min(
        earliest, markets[index].eventsSince ?? .max,
        exchange.deadline(of: markets[index].market, index))
    }
  }

  /// When the first market that has something to publish is published.
  private var booksAt: UInt64 {
    let due = marketsAt
    guard due != .max, due > startedAt else { return due }
    return startedAt + (due - startedAt + Self.booksEvery - 1) / Self.booksEvery * Self.booksEvery
  }

  /// When something is due that concerns the account: at once while it has orders, for what happens
  /// in the markets may be theirs.
  private var accountAt: UInt64 {
    let held = desk.held.deadline ?? .max
    guard !exchange.openOrders(of: EdgeXSimulatorDesk.owner).isEmpty else { return held }
    return markets.indices.reduce(held) {
      min($0, exchange.deadline(of: markets[$1].market, $1))
    }
  }

  package mutating func receive(
    _ input: borrowing SimulatorInput, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    switch input {
    case .start:
      startedAt = now.monotonic
      rowsAt = now.monotonic + Self.rowsEvery
      for index in markets.indices { markets[index].start(at: now) }
      setPing(at: now)
      if let problem = desk.faultsProblem { actions.append(.note(Note(.error, problem))) }
    case .wake: break
    case .upgrade(let id, let request): upgrade(id, request, at: now, into: &actions)
    case .text(let id, let text): receive(text: text, from: id, at: now, into: &actions)
    case .binary(let id, _):
      close(id, code: 1003, reason: "text only", into: &actions)
    // The venue's heartbeat is one of messages; pongs of the protocol prove nothing to it.
    case .pong: break
    case .closed(let id): clients.remove(id)
    case .backlog(let id, let messages):
      guard messages >= Self.maxBacklog else { break }
      actions.append(.abort(id))
      clients.remove(id)
    case .request(let id, let request):
      if request.path.hasPrefix(generation.path + "/private/") {
        answerAccount(id, request, at: now, into: &actions)
      } else {
        actions.append(.respond(id, respond(to: request, at: now)))
      }
    case .freezeTime(let isFrozen): frozenAt = isFrozen ? now.wall : nil
    case .liquidate: liquidate(at: now, into: &actions)
    }
    let areBooksDue = now.monotonic >= booksAt
    if areBooksDue || now.monotonic >= accountAt { advance(at: now, into: &actions) }
    if areBooksDue { publishBooks(into: &actions) }
    if now.monotonic >= rowsAt {
      rowsAt = now.monotonic + Self.rowsEvery
      seconds += 1
      publishRows(at: now, into: &actions)
      closeInactive(at: now, into: &actions)
    }
    if now.monotonic >= pingAt { ping(at: now, into: &actions) }
  }

  private mutating func upgrade(
    _ id: ConnectionID, _ request: HTTPRequest, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    let isPrivate = request.path == "/api/v1/private/ws"
    guard isPrivate || request.path == "/api/v1/public/ws" else {
      actions.append(.refuse(id, HTTPResponse(status: 404)))
      return
    }
    if isPrivate, let refusal = refusal(ofPrivate: request, at: now) {
      actions.append(.refuse(id, refusal))
      return
    }
    clients.add(id, Client(lastPong: now.monotonic, isPrivate: isPrivate))
    actions.append(.accept(id))
    var text = ByteBuffer(capacity: 96)
    text.append("{")
    text.put("sid", text: random.uuid().string)
    text.put("type", text: "connected")
    if isPrivate { text.put("time", text: "\(publishedTime(now) / 1_000)") }
    text.append("}")
    actions.append(.send(id, Frame(.text, text.array)))
    if isPrivate { sendSnapshot(to: id, at: now, into: &actions) }
  }

  mutating func close(
    _ id: ConnectionID, code: Int, reason: String, into actions: inout [SimulatorAction]
  ) {
    actions.append(.close(id, code: code, reason: reason))
    clients.remove(id)
  }

  // MARK: Heartbeat

  private mutating func setPing(at now: Moment) {
    let interval = Self.pingsEvery / Int64(speedup)
    pingAt = now.monotonic + UInt64(interval - now.wall % interval) * 1_000
  }

  private mutating func ping(at now: Moment, into actions: inout [SimulatorAction]) {
    setPing(at: now)
    guard let time = ShortText(String(publishedTime(now) / 1_000)) else { return }
    let frame = Frame(.text, EdgeXRequest.beat("ping", time: time))
    for id in clients.ids { actions.append(.send(id, frame)) }
  }

  private mutating func closeInactive(at now: Moment, into actions: inout [SimulatorAction]) {
    for id in clients.ids {
      guard let client = clients[id],
        now.monotonic - client.lastPong >= Self.inactiveAfter / speedup
      else { continue }
      close(id, code: 1000, reason: "session is inactive", into: &actions)
    }
  }

  package func book(of symbol: Symbol) -> NumberedBook? {
    guard let market = markets.first(where: { $0.symbol == symbol }) else { return nil }
    return NumberedBook(
      sequence: market.version, bids: market.market.bids, asks: market.market.asks)
  }

  /// In microseconds.
  func publishedTime(_ now: Moment) -> Int64 { frozenAt ?? now.wall }
}
