import PerpCore
import PerpSim
import PerpVenue

/// The venue's side of GRVT: one gateway for public data, logins and orders, both spellings, over a
/// small market of random traders. Its settings are named in the descriptor.
package struct GRVTSimulator: TradingSimulator {
  struct Subscription: Equatable, Sendable {
    /// Place of the feed.
    let feed: Int
    let isGlobal: Bool
  }

  struct Client: Sendable {
    let encoding: GRVTEncoding
    var subscriptions: [Subscription] = []
    /// The cookie it came with, for as long as that holds.
    var session: String?
    /// Places of private feeds.
    var accountFeeds: [Int] = []
    /// Nil where everything is allowed.
    var requests: RollingWindow?
    var pingAt: UInt64
    /// Dropped unless a pong comes before.
    var pongBy: UInt64?
    /// When its session is over, on the monotonic clock.
    var sessionEnd = UInt64.max
  }

  /// An answer that is to come after the first data.
  struct LateAnswer: Sendable {
    let client: ConnectionID
    let frame: Frame
    let dueAt: UInt64
  }

  /// Messages that may wait for a slow client; the number is ours.
  private static let maxBacklog = 5_000
  /// No heartbeat of the venue's is known. Ours stands for the patience of its sockets: a client to
  /// which a ping cannot get through is behind for good.
  private static let pingEvery = Nanoseconds.seconds(20)
  private static let pongWithin = Nanoseconds.seconds(10)

  let options: SimulatorOptions
  var random: Random
  var clients = ConnectionTable<Client>()
  var markets: [GRVTSimulatorMarket] = []
  /// Places in `markets`.
  var indexes: [ShortText: Int] = [:]
  /// What was ever subscribed to; it is published from then on.
  var feeds: [GRVTSimulatorFeed] = []
  var places: [GRVTSelector: Int] = [:]
  /// Everything the venue publishes is counted here.
  var cluster: Int64
  /// In the order they are due.
  var lateAnswers: [LateAnswer] = []
  var requests: RollingWindow?
  package internal(set) var exchange: SimulatedExchange
  package var orderFaults: OrderFaults {
    get { desk.faults }
    set { desk.faults = newValue }
  }
  var desk: GRVTSimulatorDesk
  private var restartAt = UInt64.max
  /// While frozen, the time stamps of everything published stand still at this.
  private var frozenAt: Int64?

  package init(options: SimulatorOptions) {
    self.options = options
    random = Random(seed: options.seed)
    cluster = Int64(random.below(1_000_000_000))
    requests = Self.limit(options)
    markets = GRVTSimulatorMarket.list(options, random: &random)
    exchange = GRVTSimulatorDesk.exchange(markets)
    desk = GRVTSimulatorDesk(options)
    for (index, market) in markets.enumerated() { indexes[market.name] = index }
  }

  private static func limit(_ options: SimulatorOptions) -> RollingWindow? {
    let limit = options.settings["requests_per_second"].flatMap { Int($0) } ?? 0
    return limit > 0 ? RollingWindow(limit: limit, per: Nanoseconds.seconds(1)) : nil
  }

  package var deadline: UInt64? {
    var time = min(restartAt, lateAnswers.first?.dueAt ?? .max)
    time = min(time, desk.deadline)
    for index in markets.indices {
      time = min(time, exchange.deadline(of: markets[index].market, index))
    }
    for feed in feeds { time = min(time, feed.dueAt) }
    for id in clients.ids {
      guard let client = clients[id] else { continue }
      time = min(time, client.pongBy ?? client.pingAt, client.sessionEnd)
    }
    return time == .max ? nil : time
  }

  package mutating func receive(
    _ input: borrowing SimulatorInput, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    switch input {
    case .start:
      for index in markets.indices { markets[index].market.start(at: now) }
      setRestart(at: now)
      if let problem = desk.faultsProblem { actions.append(.note(Note(.error, problem))) }
    case .wake: break
    case .upgrade(let id, let request): upgrade(id, request, at: now, into: &actions)
    case .text(let id, let text): receive(text: text, from: id, at: now, into: &actions)
    case .binary(let id, _):
      actions.append(.close(id, code: 1003, reason: "text only"))
      clients.remove(id)
    case .pong(let id): clients[id]?.pongBy = nil
    case .closed(let id): clients.remove(id)
    case .backlog(let id, let messages):
      guard messages >= Self.maxBacklog else { break }
      actions.append(.abort(id))
      clients.remove(id)
    case .request(let id, let request):
      if !answerAccount(id, request, at: now, into: &actions) {
        actions.append(.respond(id, respond(to: request, at: now)))
      }
    case .freezeTime(let isFrozen): frozenAt = isFrozen ? now.wall : nil
    case .liquidate: liquidate(at: now, into: &actions)
    }
    publish(at: now, into: &actions)
    serveAccount(at: now, into: &actions)
    sendLateAnswers(at: now, into: &actions)
    ping(at: now, into: &actions)
    if now.monotonic >= restartAt { restart(at: now) }
  }

  /// Public data need no login, and who has none finds out when he asks for more. The framing of
  /// `/ws` is obsolete.
  private mutating func upgrade(
    _ id: ConnectionID, _ request: HTTPRequest, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    let encoding =
      request.path.hasPrefix("/ws/")
      ? GRVTEncoding(rawValue: String(request.path.dropFirst(4))) : nil
    guard let encoding else {
      actions.append(.refuse(id, HTTPResponse(status: 404)))
      return
    }
    var client = Client(
      encoding: encoding, requests: Self.limit(options), pingAt: now.monotonic + Self.pingEvery)
    if let session = session(of: request), desk.isValid(session, at: now) {
      (client.session, client.sessionEnd) = (session, desk.end(of: session, now))
    }
    clients.add(id, client)
    actions.append(.accept(id))
  }

  private mutating func ping(at now: Moment, into actions: inout [SimulatorAction]) {
    for id in clients.ids {
      guard let client = clients[id] else { continue }
      if let limit = client.pongBy {
        guard now.monotonic >= limit else { continue }
        actions.append(.abort(id))
        clients.remove(id)
      } else if now.monotonic >= client.pingAt {
        clients[id]?.pingAt = now.monotonic + Self.pingEvery
        clients[id]?.pongBy = now.monotonic + Self.pongWithin
        actions.append(.ping(id))
      }
    }
  }

  private mutating func sendLateAnswers(at now: Moment, into actions: inout [SimulatorAction]) {
    while let answer = lateAnswers.first, answer.dueAt <= now.monotonic {
      lateAnswers.removeFirst()
      if clients[answer.client] != nil { actions.append(.send(answer.client, answer.frame)) }
    }
  }

  // MARK: Restarts

  private mutating func setRestart(at now: Moment) {
    guard let seconds = options.settings["restart_every"].flatMap({ Int($0) }), seconds > 0
    else { return }
    restartAt = now.monotonic + Nanoseconds.seconds(seconds)
  }

  private mutating func restart(at now: Moment) {
    setRestart(at: now)
    for index in feeds.indices { feeds[index].restart(from: randomNumber()) }
    for index in desk.feeds.indices { desk.feeds[index].number = randomNumber() }
  }

  /// Where a feed begins to count.
  mutating func randomNumber() -> Int64 { 1_000 + Int64(random.below(1_000_000_000)) }

  // MARK: Truth

  /// The book as those know it who subscribed first, under its number.
  package func book(of symbol: Symbol) -> NumberedBook? {
    guard let feed = feeds.first(where: { $0.book != nil && isFeed($0, of: symbol) }),
      let book = feed.book
    else { return nil }
    return NumberedBook(
      sequence: isGlobal ? feed.globalNumber : feed.number, bids: book.bids, asks: book.asks)
  }

  package func quote(of symbol: Symbol) -> QuoteFacts? {
    guard let market = markets.first(where: { $0.symbol == symbol }) else { return nil }
    let feed = feeds.first { $0.selector.stream == .miniDeltas && isFeed($0, of: symbol) }
    return QuoteFacts(
      bid: market.market.bestBid, ask: market.market.bestAsk,
      sequence: isGlobal ? feed?.globalQuoteNumber : feed?.quoteNumber, time: nil)
  }

  /// Which numbers those see who compare.
  private var isGlobal: Bool { options.settings["sequence"] == "global" }

  private func isFeed(_ feed: GRVTSimulatorFeed, of symbol: Symbol) -> Bool {
    markets[feed.market].symbol == symbol
  }

  // MARK: Time

  /// Of something that happened at a time of the monotonic clock, in nanoseconds since the epoch.
  func publishedTime(of event: UInt64, _ now: Moment) -> Int64 {
    let age = Int64(now.monotonic - min(event, now.monotonic))
    return frozenAt.map { $0 * 1_000 } ?? now.wall * 1_000 - age
  }

  func publishedTime(_ now: Moment) -> Int64 { (frozenAt ?? now.wall) * 1_000 }
}
