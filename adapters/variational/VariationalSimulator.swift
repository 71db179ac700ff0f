import PerpCore
import PerpSim
import PerpVenue

/// The venue's side of Variational's public data, of quotes for those who have a session, and of
/// one account; what its settings do says the descriptor.
package struct VariationalSimulator: VenueSimulator {
  enum Path: Equatable, Sendable {
    case prices, marketStatus
    /// `/events` and `/portfolio`, which want a session.
    case personal(unauthorizedAt: UInt64)
  }

  struct Client: Sendable {
    let path: Path
    /// Nil where the path has none.
    var heartbeatAt: UInt64?
    /// Places of markets, and when each is due next.
    var subscriptions: [(index: Int, nextAt: UInt64)] = []
  }

  /// "~25 connects in a few minutes per IP."
  private var connects = RollingWindow(limit: 25, per: Nanoseconds.seconds(180))
  static let heartbeatEvery = Nanoseconds.seconds(5)
  static let claimsWithin = Nanoseconds.milliseconds(2_500)
  static let statusEvery = Nanoseconds.seconds(20)
  /// "max-age=30": so long the same answer is served.
  static let statisticsEvery = Nanoseconds.seconds(30)

  let options: SimulatorOptions
  var random: Random
  var clients = ConnectionTable<Client>()
  var markets: [VariationalSimulatorMarket]
  /// The statistics as they are served until they are made anew, whether anybody asks or not.
  var statistics = VariationalWire.Statistics(listings: [])
  var statisticsAt: UInt64 = 0
  var rate = RollingWindow(limit: 10, per: Nanoseconds.seconds(10))
  /// "Bots poll at 250 ms."
  var quoteRate = RollingWindow(limit: 40, per: Nanoseconds.seconds(10))
  var quotesGiven = 0
  /// The latest quote of each market that was asked for, until nobody has asked for a while.
  var given: [Symbol: (quote: QuoteFacts, at: UInt64)] = [:]
  package internal(set) var exchange: SimulatedExchange
  var desk: VariationalSimulatorDesk
  private var statusAt: UInt64 = 0
  private var statusChanges = 0
  private var frozenAt: Int64?

  package init(options: SimulatorOptions) {
    self.options = options
    random = Random(seed: options.seed)
    markets = VariationalSimulatorMarket.list(options, random: &random)
    desk = VariationalSimulatorDesk(options)
    // "Trading fee 0", and five times the collateral by default.
    var listed = markets.compactMap(\.exchangeMarket)
    for place in listed.indices { listed[place].maxLeverage = Decimal(5) }
    exchange = SimulatedExchange(
      rules: ExchangeRules(
        fees: FeeRates(maker: .zero, taker: .zero), orderName: { number, _ in "rfq-\(number)" }),
      markets: listed)
    exchange.open(VariationalSimulatorDesk.owner)
  }

  package var deadline: UInt64? {
    let own = min(statusAt, statisticsAt + Self.statisticsEvery, desk.deadline)
    return clients.ids.reduce(own) { earliest, id in
      min(earliest, clients[id]?.deadline ?? .max)
    }
  }

  package mutating func receive(
    _ input: borrowing SimulatorInput, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    if now.monotonic >= statisticsAt + Self.statisticsEvery { makeStatistics(at: now) }
    clear(at: now, into: &actions)
    switch input {
    case .start:
      statusAt = now.monotonic + Self.statusEvery
      for index in markets.indices { markets[index].start(at: now) }
      makeStatistics(at: now)
      desk.startedAt = now.monotonic
      if let problem = desk.faultsProblem { actions.append(.note(Note(.error, problem))) }
    case .wake, .pong, .backlog, .liquidate: break
    case .upgrade(let id, let request): upgrade(id, request, at: now, into: &actions)
    case .text(let id, let text): receive(text: text, from: id, at: now, into: &actions)
    case .binary(let id, _): close(id, saying: .unexpectedFormat, into: &actions)
    case .closed(let id): clients.remove(id)
    case .request(let id, let request):
      receive(request, id, at: now, into: &actions)
    case .freezeTime(let isFrozen): frozenAt = isFrozen ? now.wall : nil
    }
    publishStatus(at: now, into: &actions)
    for id in clients.ids { serve(id, at: now, into: &actions) }
  }

  private mutating func upgrade(
    _ id: ConnectionID, _ request: HTTPRequest, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    guard !isBlocked("ws") else {
      actions.append(.refuse(id, Self.blockedPage))
      return
    }
    guard connects.take(at: now.monotonic) else {
      actions.append(.refuse(id, HTTPResponse(status: 429)))
      return
    }
    actions.append(.accept(id))
    let heartbeatAt = now.monotonic + Self.heartbeatEvery
    switch request.path {
    case "/prices": clients.add(id, Client(path: .prices, heartbeatAt: heartbeatAt))
    case "/market_status":
      clients.add(id, Client(path: .marketStatus))
      send(status: markets.map { ($0.ticker, "open") }, to: id, into: &actions)
    case "/events", "/portfolio":
      let path = Path.personal(unauthorizedAt: now.monotonic + Self.claimsWithin)
      clients.add(id, Client(path: path, heartbeatAt: heartbeatAt))
    default:
      clients.add(id, Client(path: .marketStatus))
      close(id, saying: .unknownPath, into: &actions)
    }
  }

  /// What is due on one connection.
  private mutating func serve(
    _ id: ConnectionID, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    guard let client = clients[id] else { return }
    if let due = client.heartbeatAt, due <= now.monotonic {
      clients[id]?.heartbeatAt = now.monotonic + Self.heartbeatEvery
      var text = ByteBuffer(capacity: 128)
      text.append("{")
      text.put("timestamp", text: VariationalTime.text(publishedTime(now)))
      text.put("type", text: "heartbeat")
      text.append("}")
      actions.append(.send(id, Frame(.text, text.array)))
    }
    switch client.path {
    case .prices: sendPrices(to: id, at: now, into: &actions)
    case .marketStatus: break
    // There are no accounts here whose claims could be right.
    case .personal(let due):
      if due <= now.monotonic { close(id, saying: .unauthorized, into: &actions) }
    }
  }

  /// Closes are without a status.
  mutating func close(
    _ id: ConnectionID, saying notice: VariationalNotice, into actions: inout [SimulatorAction]
  ) {
    say(notice, to: id, into: &actions)
    actions.append(.close(id, code: 1005, reason: ""))
    clients.remove(id)
  }

  func say(
    _ notice: VariationalNotice, to id: ConnectionID, into actions: inout [SimulatorAction]
  ) {
    actions.append(.send(id, Frame(.text, Array(notice.text.utf8))))
  }

  func publishedTime(_ now: Moment) -> Int64 { frozenAt ?? now.wall }

  func isBlocked(_ host: String) -> Bool {
    (options.settings["blocked"] ?? "").split(separator: ",").contains(host[...])
  }

  // MARK: Market status

  /// `["GOOGL","closed"]`, and every other time the same within a list.
  private mutating func publishStatus(at now: Moment, into actions: inout [SimulatorAction]) {
    guard statusAt <= now.monotonic else { return }
    statusAt = now.monotonic + Self.statusEvery
    statusChanges += 1
    guard let last = markets.last else { return }
    let change = (last.ticker, statusChanges.isMultiple(of: 2) ? "open" : "closed")
    for id in clients.ids where clients[id]?.path == .marketStatus {
      if statusChanges % 4 < 2 {
        var text = ByteBuffer(capacity: 64)
        Self.write(change, to: &text)
        actions.append(.send(id, Frame(.text, text.array)))
      } else {
        send(status: [change], to: id, into: &actions)
      }
    }
  }

  private func send(
    status: [(String, String)], to id: ConnectionID, into actions: inout [SimulatorAction]
  ) {
    var text = ByteBuffer(capacity: 1_024)
    text.append("[")
    for (index, row) in status.enumerated() {
      if index > 0 { text.append(",") }
      Self.write(row, to: &text)
    }
    text.append("]")
    actions.append(.send(id, Frame(.text, text.array)))
  }

  private static func write(_ status: (String, String), to text: inout ByteBuffer) {
    text.append("[")
    text.append(json: status.0)
    text.append(",")
    text.append(json: status.1)
    text.append("]")
  }

  // MARK: Truth

  /// What was given to who asked, else what the statistics say.
  package func quote(of symbol: Symbol) -> QuoteFacts? {
    if let (quote, _) = given[symbol] { return quote }
    return statistics.listings.first { VariationalInstrument.symbol($0.ticker) == symbol }?
      .quote(.size1k)
  }
}

extension VariationalSimulator.Client {
  fileprivate var deadline: UInt64 {
    var earliest = min(heartbeatAt ?? .max, subscriptions.map(\.nextAt).min() ?? .max)
    if case .personal(let due) = path { earliest = min(earliest, due) }
    return earliest
  }
}
