import Bot
import PerpCore
import PerpVenue

@testable import PerpGateway

/// A bot, the product's gateway and two venues in one process, on a clock of their own: hours pass
/// in milliseconds, and the same seed gives the same run. All they have of each other is lines.
final class BotBench {
  private struct Mail {
    let due: UInt64
    let number: Int
    let body: () -> Void
  }

  static let markets:
    (
      first: (venue: StaticString, symbol: String), second: (venue: StaticString, symbol: String)
    ) = (("paradex", "BTC-USD-PERP"), ("variational", "BTC-USDC-PERP"))

  var quoteInterval = Nanoseconds.milliseconds(500)

  private(set) var now = Moment(monotonic: 1_000_000_000_000_000, wall: 1_795_132_800_000_000)
  let start: Moment
  private let gateway: Gateway
  private(set) var first: BenchVenue!
  private(set) var second: BenchVenue!
  var bot: (any Bot)?
  private var transcript: BenchTranscript?
  private var client = ClientID(1)
  private var clients = 1
  private var mail: [Mail] = []
  private var mailed = 0
  private var random: Random
  private var watched: Set<VenueTopic> = []
  private var unheard = [UInt8]()
  /// What the gateway has told the bot.
  private(set) var heard: [[UInt8]] = []
  private var mseq: UInt64 = 0
  /// The first venue's book is what a test has said.
  private var hasOwnBook = false
  /// Quotes are told; without them a stream goes stale.
  var areQuotesTold = true { didSet { tellStreams() } }

  // What the bot did.
  private(set) var logs: [String] = []
  private(set) var notices: [String] = []
  private(set) var rows: [Table: [String]] = [:]
  private(set) var documents: [Document: String] = [:]
  private(set) var replies: [ConsoleReply] = []
  private(set) var published: [String] = []
  private(set) var stored: [StoreRecord] = []
  /// How often it wanted the gateway started again.
  private(set) var restarts = 0
  private(set) var ledger: [[UInt8]] = []
  private(set) var end: (code: Int32, summary: ExitSummary)?
  /// What it said to the gateway, in order, and records that it kept, marked by their kind.
  private(set) var sent: [String] = []
  /// The bot is killed as if by -9 when it has had so many actions carried out.
  var killAfter: Int?
  private var carriedOut = 0

  init(
    seed: UInt64 = 1, secondOfDay: Int = 0,
    _ firstMarket: (venue: StaticString, symbol: String) = BotBench.markets.first,
    _ secondMarket: (venue: StaticString, symbol: String) = BotBench.markets.second
  ) {
    random = Random(seed: seed)
    now = now.advanced(by: Nanoseconds.seconds(secondOfDay))
    start = now
    var limits = Gateway.Limits()
    limits.orders.maxOrderNotional = Decimal(10_000_000)
    let ids = [VenueID(firstMarket.venue), VenueID(secondMarket.venue)]
    gateway = Gateway(
      Hello(
        version: "0.1.0", pid: 7, runID: "bench", mode: .sim, venues: ids),
      venues: ids.map { .init(id: $0, channels: [.bbo, .book, .trade, .funding]) },
      journal: JournalRange(id: "j-1", first: 1, last: 0), limits: limits, at: now)
    let (bid, ask) = (Decimal(69_420), Decimal(69_421))
    first = BenchVenue(firstMarket.venue, firstMarket.symbol, bid: bid, ask: ask, bench: self)
    second = BenchVenue(secondMarket.venue, secondMarket.symbol, bid: bid, ask: ask, bench: self)
    for venue in venues {
      gateway.add(venue.account)
      // A gateway that has just been started has to ask first.
      after(Nanoseconds.milliseconds(1_500)) { [unowned self] in
        gateway.receive([venue.market], of: venue.account.venue, at: now)
      }
      after(Nanoseconds.milliseconds(2_500)) { venue.setLive(true) }
    }
    tellQuotes()
  }

  deinit { transcript?.check() }

  /// The transcript of the bot that runs, without LF.
  var transcribed: [[UInt8]] { transcript?.text ?? [] }

  var venues: [BenchVenue] { [first, second] }
  var elapsed: UInt64 { now.monotonic - start.monotonic }

  // MARK: The bot

  func run(_ bot: any Bot) {
    transcript?.check()
    transcript = BenchTranscript(bot, at: now)
    self.bot = bot
    clients += 1
    client = ClientID(clients)
    _ = gateway.open(client, role: .trade, at: now)
    settle()
  }

  /// The bot is killed when so many more of its actions are carried out.
  func dieAfter(_ actions: Int) { killAfter = carriedOut + actions }

  /// As by -9: nothing is said, and nothing is tidied up.
  func kill() {
    bot = nil
    unheard = []
    gateway.close(client, at: now)
    settle()
  }

  func tell(_ input: BotInput, heard: [UInt8] = []) {
    guard bot != nil else { return }
    var actions: [BotAction] = []
    bot?.receive(input, at: now, into: &actions)
    transcript?.add(input, heard: heard, at: now)
    for action in actions {
      if let killAfter, carriedOut >= killAfter { return kill() }
      carriedOut += 1
      transcript?.add(action)
      carryOut(action)
    }
  }

  func hear(_ text: String) throws { try hear(Array(text.utf8)) }

  private func hear(_ line: [UInt8]) throws { tell(.line(try GatewayLine(line)), heard: line) }

  private func carryOut(_ action: BotAction) {
    switch action {
    case .keep(let record):
      ledger.append(record.line)
      sent.append(
        "keep " + String(decoding: record.line, as: UTF8.self).dropLast())
    case .send(let line):
      sent.append(String(decoding: line, as: UTF8.self).trimmed)
      let client = client
      after(Nanoseconds.milliseconds(1)) { [unowned self] in
        guard client == self.client, bot != nil else { return }
        gateway.receive(Array(line.dropLast()).span.bytes, from: client, at: now)
      }
    case .log(let level, let text): logs.append("\(level.rawValue) \(text)")
    case .notify(let text): notices.append(text)
    case .row(let table, let text): rows[table, default: []].append(text)
    case .document(let document, let text): documents[document] = text
    case .reply(let reply): replies.append(reply)
    case .publish(let message): published.append(message)
    case .store(let record): stored.append(record)
    case .credential: break
    case .restartGateway: restarts += 1
    case .finish(let code, let summary): end = (code, summary)
    }
  }

  // MARK: Time

  func latency() -> UInt64 { Nanoseconds.milliseconds(5 + random.below(40)) }

  func after(_ delay: UInt64, _ body: @escaping () -> Void) {
    mailed += 1
    mail.append(Mail(due: now.monotonic + delay, number: mailed, body: body))
  }

  func run(seconds: Decimal) {
    let span = UInt64(seconds.multiplied(by: Decimal(1_000_000_000))!.rescaled(to: 0)!.mantissa)
    let last = now.monotonic + span
    while let due = next, due <= last { step(due) }
    now = now.advanced(by: last - now.monotonic)
  }

  /// False when it did not come to be within so many seconds.
  func run(seconds: Int, until condition: () -> Bool) -> Bool {
    let last = now.monotonic + Nanoseconds.seconds(seconds)
    while !condition() {
      guard let due = next, due <= last else { return false }
      step(due)
    }
    return true
  }

  private var next: UInt64? {
    let times =
      [mail.map(\.due).min(), gateway.deadline, bot?.deadline ?? nil]
      + venues.map(\.deadline)
    return times.compactMap { $0 }.min().map { max($0, now.monotonic) }
  }

  private func step(_ time: UInt64) {
    if time > now.monotonic { now = now.advanced(by: time - now.monotonic) }
    let due = mail.indices.filter { mail[$0].due <= time }
      .min { (mail[$0].due, mail[$0].number) < (mail[$1].due, mail[$1].number) }
    if let due {
      mail.remove(at: due).body()
    } else if let venue = venues.first(where: { ($0.deadline ?? .max) <= time }) {
      venue.wake()
    } else if (gateway.deadline ?? .max) <= time {
      gateway.wake(at: now)
    } else {
      tell(.wake)
    }
    settle()
  }

  // MARK: The gateway

  func emit(_ event: Event) {
    gateway.receive(event, at: now)
    settle()
  }

  func settled(_ ticket: Ticket, _ outcome: TradeOutcome, _ account: AccountID) {
    gateway.settled(ticket, outcome, of: account, at: now)
  }

  private func settle() {
    while !gateway.actions.isEmpty {
      let actions = gateway.actions
      gateway.actions = []
      for action in actions { perform(action) }
    }
    gateway.unkept = []
    read()
  }

  private func perform(_ action: Gateway.Action) {
    switch action {
    case .subscribe(let venue, let topics):
      for topic in topics { watched.insert(VenueTopic(venue, topic)) }
      tellStreams()
      tellQuotesOnce()
      tellFunding()
    case .unsubscribe(let venue, let topics):
      for topic in topics { watched.remove(VenueTopic(venue, topic)) }
    case .trade(let account, let ticket, let command):
      venues.first { $0.account == account }?.command(command, ticket)
    case .close(let id): gateway.close(id, at: now)
    default: break
    }
  }

  private func read() {
    while let ready = gateway.ready(for: client), !ready.isEmpty {
      unheard += ready
      gateway.consume(client, ready.count, isBlocked: false, at: now)
    }
    _ = gateway.takeDirty()
    while let end = unheard.firstIndex(of: 10) {
      let line = Array(unheard[..<end])
      unheard.removeFirst(end + 1)
      heard.append(line)
      let client = client
      after(Nanoseconds.milliseconds(1)) { [unowned self] in
        if client == self.client { try? hear(line) }
      }
    }
  }

  /// The venue's market is as it says now.
  func tellMarket(of venue: BenchVenue) {
    gateway.receive([venue.market], of: venue.account.venue, at: now)
    settle()
  }

  // MARK: Market data

  fileprivate func nextNumber() -> UInt64 {
    mseq += 1
    return mseq
  }

  private func tellStreams() {
    for (venue, channel) in venues.flatMap({ venue in
      [Channel.bbo, .book, .trade, .funding].map { (venue, $0) }
    }) {
      let topic = Topic(channel, venue.symbol)
      guard watched.contains(VenueTopic(venue.account.venue, topic)) else { continue }
      emit(
        .stream(
          StreamStatus(
            venue: venue.account.venue, topic: topic, state: areQuotesTold ? .live : .stale,
            cause: areQuotesTold ? "first_data" : "no_data", epoch: 1, time: now.wall)))
    }
  }

  private func tellQuotes() {
    tellQuotesOnce()
    after(quoteInterval) { [unowned self] in tellQuotes() }
  }

  /// The first venue's whole book from now on, sizes from the best price on.
  func tellBook(bids: [Decimal], asks: [Decimal]) {
    hasOwnBook = true
    mseq += 1
    func levels(_ sizes: [Decimal], _ step: Int, from price: Decimal) -> [Level] {
      sizes.enumerated().map { Level(price: price.adding(Decimal(step * $0))!, size: $1) }
    }
    emit(
      .book(
        BookUpdate(
          header: EventHeader(
            venue: first.account.venue, symbol: first.symbol, mseq: mseq, venueTime: now.wall,
            received: now.wall),
          isSnapshot: true, bids: levels(bids, -1, from: first.bid),
          asks: levels(asks, 1, from: first.ask), venueSequence: nil, previousVenueSequence: nil)))
  }

  /// Others trade at the first venue.
  func tellTrade(_ side: Side, at price: Decimal) {
    emit(
      .trade(
        Trade(
          header: EventHeader(
            venue: first.account.venue, symbol: first.symbol, mseq: nextNumber(),
            venueTime: now.wall, received: now.wall),
          tradeID: nil, price: price, size: Decimal(1), side: side, isLiquidation: false)))
  }

  /// The markets as they are now.
  func tellQuotesOnce() {
    guard areQuotesTold else { return }
    for venue in venues where venue.isQuoted {
      let book = VenueTopic(venue.account.venue, Topic(.book, venue.symbol))
      if watched.contains(book), !(hasOwnBook && venue === first) {
        tellBook(venue)
      }
      let size = venue.size ?? Decimal(10)
      emit(
        .bbo(
          BBO(
            header: EventHeader(
              venue: venue.account.venue, symbol: venue.symbol, mseq: nextNumber(),
              venueTime: now.wall,
              received: now.wall),
            bid: Level(price: venue.bid, size: size), ask: Level(price: venue.ask, size: size),
            venueSequence: nil, source: .bbo)))
    }
  }
}

extension BotBench {
  /// Rates as venues have them now.
  func tellFunding() {
    for venue in venues {
      guard let (rate, interval) = venue.funding,
        watched.contains(VenueTopic(venue.account.venue, Topic(.funding, venue.symbol)))
      else { continue }
      emit(
        .funding(
          Funding(
            header: EventHeader(
              venue: venue.account.venue, symbol: venue.symbol, mseq: nextNumber(),
              venueTime: now.wall, received: now.wall),
            rate: rate, intervalSeconds: interval,
            hourlyRate: FundingLine.hourly(rate, interval: Int64(interval)),
            nextTime: venue.nextFunding)))
    }
  }

  /// The second source of quotes, which may be made to differ.
  private func tellBook(_ venue: BenchVenue) {
    let size = Decimal(1)
    emit(
      .book(
        BookUpdate(
          header: EventHeader(
            venue: venue.account.venue, symbol: venue.symbol, mseq: nextNumber(),
            venueTime: now.wall, received: now.wall),
          isSnapshot: true,
          bids: [Level(price: venue.bid.multiplied(by: venue.bookFactor)!, size: size)],
          asks: [Level(price: venue.ask.multiplied(by: venue.bookFactor)!, size: size)],
          venueSequence: nil, previousVenueSequence: nil)))
  }
}

extension String {
  fileprivate var trimmed: String { hasSuffix("\n") ? String(dropLast()) : self }
}
