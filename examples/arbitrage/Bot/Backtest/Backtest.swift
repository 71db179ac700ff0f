import PerpCore

/// One run of a strategy over a recording, on a clock of its own: the same tape, settings and
/// strategy give the same report, byte by byte. (B-12)
package struct Backtest: Sendable {
  /// Nanoseconds that a bot has after the recording's end to close what it holds.
  private static let farewell = Nanoseconds.seconds(600)
  /// A bot is not woken more often than that.
  private static let shortestSleep = Nanoseconds.milliseconds(1)
  /// Hours before the first moment, on the monotonic clock: bots look back.
  private static let before = Nanoseconds.seconds(1_000_000)

  private var bot: any Bot
  private var exchange: PaperExchange
  private var now: Moment
  private var lastWake: UInt64 = 0
  private var summary: ExitSummary?
  /// The ledger's number of the trade that an order belongs to.
  private var trades: [String: Int64] = [:]
  /// Orders as the bot decided on them, in their order.
  package private(set) var decisions: [OrderTicket] = []
  package private(set) var logs: [String] = []

  /// Runs over the lines in `range`; those before it tell how the markets are at its beginning.
  package static func run(
    _ tape: Tape, in range: Range<Int>? = nil, _ settings: PaperExchange.Settings,
    _ make: (Ledger, Moment) -> any Bot
  ) -> (report: BacktestReport, run: Backtest) {
    let range = range ?? 0..<tape.count
    let first = tape.entries[range].first?.wall ?? 0
    let start = Moment(monotonic: before, wall: first)
    var run = Backtest(
      bot: make(Ledger(), start), exchange: PaperExchange(tape, settings), now: start)
    for entry in tape.entries[..<range.lowerBound] { run.exchange.note(entry, at: start) }
    run.play(tape.entries[range])
    let report = BacktestReport(
      fills: run.exchange.fills, payments: run.exchange.payments, trades: run.trades,
      summary: run.summary,
      span: (first, tape.entries[range].last?.wall ?? first), lines: range.count,
      venues: Set(tape.listings.map(\.venue)).sorted(), settings)
    return (report, run)
  }

  private init(bot: any Bot, exchange: PaperExchange, now: Moment) {
    (self.bot, self.exchange, self.now) = (bot, exchange, now)
  }

  private mutating func play(_ entries: ArraySlice<Tape.Entry>) {
    let start = now
    exchange.open(at: now)
    for entry in entries {
      let time = start.monotonic + UInt64(clamping: entry.wall - start.wall) * 1_000
      advance(to: time)
      exchange.note(entry, at: now)
    }
    tell(.stop(reason: "the recording ends"))
    advance(to: now.monotonic + Self.farewell)
  }

  /// All that is due before, and the clock to it.
  private mutating func advance(to time: UInt64) {
    while summary == nil {
      let wake = bot.deadline.map { max($0, lastWake + Self.shortestSleep) } ?? .max
      let due = max(min(exchange.deadline(at: now), wake), now.monotonic)
      guard due < time else { break }
      set(due)
      if let line = exchange.hear(at: now) {
        tell(.line(line))
      } else if wake <= due {
        lastWake = due
        tell(.wake)
      }
    }
    if summary == nil { set(time) }
  }

  private mutating func set(_ time: UInt64) {
    if time > now.monotonic { now = now.advanced(by: time - now.monotonic) }
  }

  private mutating func tell(_ input: BotInput) {
    var actions: [BotAction] = []
    bot.receive(input, at: now, into: &actions)
    for action in actions {
      switch action {
      case .send(let line): exchange.command(line, at: now)
      case .keep(.trade(let trade)): note(trade.id, [trade.first, trade.second])
      case .keep(.order(let trade, let ticket)): note(trade, [ticket])
      case .log(let level, let text): logs.append("\(level.rawValue) \(text)")
      case .finish(_, let summary): self.summary = summary
      case .keep, .notify, .row, .document, .reply, .publish, .store, .credential, .restartGateway:
        break
      }
    }
  }

  private mutating func note(_ trade: Int64, _ tickets: [OrderTicket]) {
    for ticket in tickets { trades[ticket.clientID] = trade }
    decisions += tickets
  }
}
