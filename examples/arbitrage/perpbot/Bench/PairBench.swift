import Bot
import PerpCore

/// Trades a pair whenever it may, in turns long and short: what is measured is the way from a quote
/// to two orders, by the code that strategies trade with.
struct PairBench: Bot {
  /// Nanoseconds between trades, within what venues take.
  private static let pause = Nanoseconds.milliseconds(200)

  private(set) var desk: Desk
  /// The newest trade, and when the gateway read the quote that it came from, in microseconds since
  /// the epoch.
  private(set) var newest: (trade: Int64, quoted: Int64)?
  private let size: Decimal
  private let count: Int
  private var begun = 0
  private var nextTrade: UInt64 = 0

  init(
    _ first: Listing, _ second: Listing, size: Decimal, count: Int, ledger: Ledger, at now: Moment
  ) {
    (self.size, self.count) = (size, count)
    var settings = Desk.Settings(name: "bench", listings: [first, second])
    settings.trade.prefix = "bench"
    desk = Desk(settings, ledger: ledger, at: now)
  }

  var deadline: UInt64? { desk.deadline }

  mutating func receive(_ input: BotInput, at now: Moment, into actions: inout [BotAction]) {
    let events = desk.receive(input, at: now)
    for case .over in events { nextTrade = now.monotonic + Self.pause }
    if case .line(.quote(_, let quote)) = input { trade(on: quote, at: now) }
    actions += desk.take()
  }

  private mutating func trade(on newest: Quote, at now: Moment) {
    guard desk.isRunning, desk.trades.isEmpty, nextTrade <= now.monotonic else { return }
    let (first, second) = (desk.settings.listings[0], desk.settings.listings[1])
    guard desk.obstacle == nil, begun < count else {
      if begun == count { desk.stop("measured", at: now) }
      return
    }
    guard let quote = desk.view.quote(first, at: now), let other = desk.view.quote(second, at: now)
    else { return }
    let direction: SpreadDirection = begun % 2 == 0 ? .long : .short
    do throws(MarketRules.Refusal) {
      let record = try desk.plan(direction, direction.sides, size, (quote, other), at: now)
      desk.begin(record, at: now)
      begun += 1
      self.newest = (record.id, newest.received)
    } catch {
      desk.outbox.log(.error, "\(error)")
      desk.stop("\(error)", at: now)
    }
  }
}
