import PerpCore
import PerpVenue

@testable import PerpGateway

/// A gateway with clients and venues made up as a test needs them, on a clock of its own.
final class GatewayScript {
  static let paradex = Sample.venue
  static let lighter = VenueID("lighter")

  let gateway: Gateway
  private(set) var now = Moment(monotonic: 10_000_000_000, wall: 1_000_000)
  /// What the journal holds.
  private(set) var journal: [(sequence: UInt64, line: [UInt8])]
  /// What the venues were asked for.
  private(set) var wishes: [String] = []
  private(set) var closed: [Int] = []
  private(set) var stopped: String?
  /// Follows the orders of the one account there may be, as its session would.
  private(set) var desk: OrderDesk?

  /// Without heartbeats, unless a test is about them.
  static var limits: Gateway.Limits {
    var limits = Gateway.Limits()
    limits.heartbeat = 0
    return limits
  }

  init(
    journal: [(sequence: UInt64, line: [UInt8])] = [],
    limits: Gateway.Limits = GatewayScript.limits,
    hasMarkets: Bool = true, mode: Hello.Mode = .sim
  ) {
    self.journal = journal
    let range = JournalRange(
      id: "j-1", first: journal.first?.sequence ?? 1, last: journal.last?.sequence ?? 0)
    gateway = Gateway(
      Hello(
        version: "0.1.0", pid: 7, runID: "r-1", mode: mode, venues: [Self.paradex, Self.lighter]),
      venues: [
        .init(id: Self.paradex, channels: Set(Channel.allCases)),
        .init(id: Self.lighter, channels: [.bbo, .trade, .book]),
      ],
      journal: range, limits: limits, at: now)
    if hasMarkets {
      list(["BTC-USD-PERP", "ETH-USD-PERP"], on: Self.paradex)
      list(["BTC-USDC-PERP"], on: Self.lighter)
    }
  }

  // MARK: What happens

  @discardableResult
  func open(_ number: Int, role: Role = .trade) -> Bool {
    let isIn = gateway.open(ClientID(number), role: role, at: now)
    settle()
    return isIn
  }

  func close(_ number: Int) {
    gateway.close(ClientID(number), at: now)
    settle()
  }

  func say(_ number: Int, _ line: String) {
    gateway.receive(Array(line.utf8).span.bytes, from: ClientID(number), at: now)
    settle()
  }

  func subscribe(
    _ number: Int, _ channels: String = #""bbo""#, _ symbols: String = #""BTC-USD-PERP""#,
    more: String = ""
  ) {
    say(
      number,
      #"{"id":1,"method":"subscribe","params":{"channels":[\#(channels)],"symbols":[\#(symbols)]"#
        + "\(more)}}")
  }

  func emit(_ event: Event) {
    gateway.receive(event, at: now)
    settle()
  }

  func answer(_ event: Event) {
    gateway.receive(answer: event, at: now)
    settle()
  }

  func list(_ symbols: [String], on venue: VenueID, tick: Int = 1) {
    let markets = symbols.compactMap { Symbol($0) }.map { symbol in
      var market = Sample.terms(symbol, tick: tick)
      market.venue = venue
      return market
    }
    gateway.receive(markets, of: venue, at: now)
    settle()
  }

  func pass(_ milliseconds: Int) {
    now = now.advanced(by: Nanoseconds.milliseconds(milliseconds))
    gateway.wake(at: now)
    settle()
  }

  /// Carries out what the gateway wants.
  private func settle() {
    while !gateway.actions.isEmpty || !gateway.unkept.isEmpty {
      journal += gateway.unkept
      gateway.unkept = []
      let actions = gateway.actions
      gateway.actions = []
      for action in actions { perform(action) }
    }
  }

  private func perform(_ action: Gateway.Action) {
    switch action {
    case .subscribe(let venue, let topics): wishes.append("subscribe \(venue) \(topics)")
    case .unsubscribe(let venue, let topics): wishes.append("unsubscribe \(venue) \(topics)")
    case .snapshot(let topic): wishes.append("snapshot \(topic.venue) \(topic.topic)")
    case .readJournal(let id, let from, let limit):
      let page = journal.filter { $0.sequence >= from }.prefix(limit)
      gateway.receive(page: Array(page), for: id, at: now)
    case .watch(let id, let parent): wishes.append("watch \(id.number) \(parent)")
    case .close(let id):
      closed.append(id.number)
      gateway.close(id, at: now)
    case .trade(_, let ticket, let command): trade(command, ticket)
    case .stop(let reason): stopped = reason
    case .note: break
    }
  }

  // MARK: An account

  func addAccount() {
    desk = OrderDesk()
    gateway.add(OrderDesk.account)
    quote()
  }

  /// A quote of BTC on Paradex, as one who subscribes gets it.
  func quote(bid: Int = 99, ask: Int = 101) {
    _ = gateway.watch(Sample.bitcoin, at: Self.paradex)
    settle()
    emit(Sample.stream(.bbo, .live))
    emit(Sample.quote(bid: bid, ask: ask))
  }

  private func trade(_ command: TradeCommand, _ ticket: Ticket) {
    let input: OrderInput =
      switch command {
      case .place(let intent): .place(intent)
      case .cancel(let key): .cancel(key)
      case .cancelAll(let symbol): .cancelAll(symbol)
      case .replace(let id, let price, let size): .replace(id, price: price, size: size)
      case .look(let key): .look(key)
      case .release: .wake
      }
    tell(input, ticket)
  }

  /// The venue says something of an order.
  func tell(_ input: OrderInput, _ ticket: Ticket? = nil) {
    guard let (outcome, events, sent) = desk?.receive(input, at: now) else { return }
    if let ticket { gateway.settled(ticket, outcome, of: OrderDesk.account, at: now) }
    wishes += sent
    for event in events { emit(event) }
    settle()
  }

  // MARK: What came of it

  /// What the client reads, all of it.
  func read(_ number: Int) -> [String] {
    var text = ""
    let id = ClientID(number)
    while let ready = gateway.ready(for: id), !ready.isEmpty {
      text += String(decoding: ready, as: UTF8.self)
      gateway.consume(id, ready.count, isBlocked: false, at: now)
      settle()
    }
    _ = gateway.takeDirty()
    return text.split(separator: "\n").map(String.init)
  }

  /// The client has taken so many bytes of what is ready.
  func consume(_ number: Int, _ count: Int, isBlocked: Bool) {
    gateway.consume(ClientID(number), count, isBlocked: isBlocked, at: now)
    settle()
  }

  /// What the client reads, in a word or two each.
  func brief(_ number: Int) -> [String] {
    read(number).map { line in
      guard let brief = Line(line)?.brief, !brief.isEmpty else { return line }
      return brief + (line.contains(#""dup":true"#) ? " dup" : "")
    }
  }

  func takeWishes() -> [String] {
    defer { wishes = [] }
    return wishes
  }
}
