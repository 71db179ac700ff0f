import PerpCore

/// Opens a pair where the difference of two venues is far from its mean, and closes it when that
/// has come back; several symbols, one engine, and a console to watch and steer it. (S1)
///
/// The gateway is spoken to from the start, so that markets can be compared at any time. The engine
/// is what looks at symbols and orders; the console starts and stops it.
package struct ZarbBot: Bot {
  package enum Engine: String, Sendable { case stopped, starting, running, stopping, error }

  let settings: ZarbSettings
  package internal(set) var desk: Desk
  package internal(set) var engine = Engine.stopped
  package internal(set) var mode: ZarbMode
  /// Prices are made up. (S1-62)
  package internal(set) var simulatesData: Bool
  /// Orders are sent. (S1-61)
  package internal(set) var sendsOrders: Bool
  var symbols: [ZarbSymbol] = []
  var links: [String: VenueLink] = [:]
  var buckets: [String: TokenBucket] = [:]
  var simulated: SimulatedMarkets
  var scanner = MarketScanner()
  var board: SpreadBoard
  var performance = ZarbPerformance()
  var credentials: ZarbCredentials
  /// Oldest first.
  package internal(set) var events: [ZarbEvent] = []
  var eventCount = 0
  /// The symbol that was chosen on the page. (S1-81)
  package internal(set) var selection: String?
  /// Markets whose quotes come, of this connection.
  var subscribed: Set<Listing> = []
  var isConnected = false
  var listeners = 0
  /// Milliseconds since the epoch.
  var started: Int64?
  var volume = DailyVolume()
  let began: Moment
  /// When what comes round is due, on the monotonic clock.
  var timers = ZarbTimers()

  static let keptEvents = 500

  package init(
    _ settings: ZarbSettings, ledger: Ledger = Ledger(), memory: ZarbMemory = ZarbMemory(),
    credentials: ZarbCredentials = ZarbCredentials(), at now: Moment
  ) {
    self.settings = settings
    (mode, simulatesData, sendsOrders) = (
      settings.mode, settings.simulatesData, settings.sendsOrders
    )
    // What an earlier run holds or has left open must be known before anything is done.
    var own = Desk.Settings(name: "zarb", listings: ledger.listings)
    own.cautions = settings.markets.map(\.symbol).joined(separator: " ")
    own.closesAtEnd = false
    own.sendsOrders = settings.sendsOrders
    own.liveConfirmation = settings.sendsOrders ? ZarbSettings.gatewayConfirmation : nil
    own.trade = settings.trade
    desk = Desk(own, ledger: ledger, at: now)
    simulated = SimulatedMarkets(seed: settings.seed)
    board = SpreadBoard(settings.window)
    self.credentials = credentials
    began = now
    symbols = settings.markets.map { ZarbSymbol($0, settings) }
    for venue in venues {
      links[venue] = VenueLink()
      let rates = settings.rates[venue] ?? ZarbRates()
      buckets[venue] = try? TokenBucket(
        rate: rates.orders.rate, capacity: rates.orders.capacity, at: now.monotonic)
    }
    remember(memory, at: now)
  }

  var venues: [String] { [settings.venues.first, settings.venues.second] }

  private mutating func remember(_ memory: ZarbMemory, at now: Moment) {
    events = memory.events.suffix(Self.keptEvents)
    for (symbol, row) in memory.snapshots {
      if let index = index(of: symbol) { symbols[index].stored = row }
    }
    for trade in memory.trades {
      volume.note(trade.size.times(trade.price), at: trade.time)
      guard let index = index(of: trade.symbol) else { continue }
      symbols[index].mark(
        ZarbSymbol.Mark(
          time: trade.time, kind: Self.kind(ofTag: trade.tag), side: trade.side, size: trade.size,
          price: trade.price))
    }
    for (symbol, spreads) in memory.spreads {
      for percent in spreads { board.note(symbol, percent: percent, at: now.monotonic) }
    }
  }

  func index(of symbol: String) -> Int? { symbols.firstIndex { $0.market.symbol == symbol } }
  func index(of listing: Listing) -> Int? {
    symbols.firstIndex { $0.market.listings.contains(listing) }
  }

  // MARK: What happens

  package var deadline: UInt64? {
    guard desk.phase != .finished else { return nil }
    var due = [desk.deadline, timers.next].compactMap { $0 }
    if engine == .running || engine == .stopping {
      due += symbols.map { symbol in
        symbol.work?.sendAt.map { min($0, symbol.nextLook) } ?? symbol.nextLook
      }
    }
    return due.min()
  }

  package mutating func receive(
    _ input: BotInput, at now: Moment, into actions: inout [BotAction]
  ) {
    if case .line(let line) = input { note(line, at: now) }
    let events = desk.receive(input, at: now)
    actions += desk.take()
    for event in events { receive(event, at: now) }
    switch input {
    case .disconnected(let cause):
      isConnected = false
      subscribed = []
      for venue in venues { links[venue]?.disconnect(at: now) }
      tell(.error, "gateway", "The gateway is gone: \(cause)", at: now)
    case .console(.listeners(let count)): listeners = count
    case .console(.request(let request)): desk.outbox.reply(answer(request, at: now))
    default: break
    }
    if desk.phase != .finished { carryOn(at: now) }
    actions += desk.take()
  }

  private mutating func note(_ line: GatewayLine, at now: Moment) {
    switch line {
    case .hello:
      (isConnected, subscribed) = (true, [])
      timers.markets = now.monotonic
    case .quote(let listing, _), .stream(let listing, _, _, _):
      links[listing.venue]?.note(line, at: now)
    case .book(let book): links[book.listing.venue]?.note(line, at: now)
    default: break
    }
  }

  private mutating func receive(_ event: Desk.Event, at now: Moment) {
    switch event {
    case .started:
      tell(.info, "engine", "The gateway is there: \(desk.balancesText)", at: now)
    case .fill(let fill):
      book(fill, at: now)
      if fill.isLiquidation { lose(fill, at: now) }
    case .over(let trade, let report): conclude(trade, report, at: now)
    case .ended(let leg): conclude(leg.ticket, leg.result, at: now)
    case .accepted(let ticket): charge(ticket, at: now)
    case .order, .orders, .positions, .disconnected: break
    }
  }

  // MARK: Telling

  /// To the log, the database, the stream and the pages.
  mutating func tell(
    _ level: ZarbEvent.Level, _ source: String, _ message: String, _ data: JSON = [:],
    at now: Moment
  ) {
    eventCount += 1
    let event = ZarbEvent(
      id: "\(began.wall / 1_000)-\(eventCount)", time: now.wall / 1_000, level: level,
      source: source, message: message, data: data.string)
    if events.count == Self.keptEvents { events.removeFirst() }
    events.append(event)
    let levels: [ZarbEvent.Level: LogLevel] = [.info: .info, .warn: .warning, .error: .error]
    desk.outbox.log(levels[level] ?? .info, "[\(source)] \(message)")
    desk.outbox.store(.event(event))
    publish("event", event.json, at: now)
  }

  mutating func publish(_ type: String, _ data: JSON, at now: Moment) {
    guard listeners > 0 else { return }
    timers.heartbeat = now.monotonic + ZarbTimers.silence
    let message: JSON = ["type": .text(type), "ts": .integer(now.wall / 1_000), "data": data]
    desk.outbox.publish(message.string)
  }
}

/// When what comes round is due, on the monotonic clock.
struct ZarbTimers: Sendable {
  static let silence = Nanoseconds.seconds(20)

  var markets: UInt64 = 0
  var positions: UInt64 = 0
  var balances: UInt64 = 0
  var health: UInt64 = 0
  var equity: UInt64 = 0
  var snapshot: UInt64 = 0
  var spreads: UInt64 = 0
  var samples: UInt64 = 0
  var heartbeat: UInt64 = 0

  var next: UInt64? {
    [markets, positions, balances, health, equity, snapshot, spreads, samples, heartbeat].min()
  }

  /// True once each `interval` nanoseconds.
  static func isDue(_ timer: inout UInt64, _ interval: UInt64, at now: UInt64) -> Bool {
    guard timer <= now else { return false }
    timer = now + interval
    return true
  }
}

/// What was traded within a UTC day.
struct DailyVolume: Sendable {
  private var day: Int64 = 0
  private var sum = Decimal.zero

  /// Milliseconds since the epoch.
  mutating func note(_ value: Decimal, at time: Int64) {
    let today = time / 86_400_000
    guard today >= day else { return }
    if today > day { (day, sum) = (today, .zero) }
    sum = sum.plus(value)
  }

  func value(at time: Int64) -> Decimal { time / 86_400_000 == day ? sum : .zero }
}
