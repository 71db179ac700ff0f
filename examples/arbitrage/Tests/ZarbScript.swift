import PerpCore

@testable import Bot

/// The bench with the z-score strategy on it, and words for what tests do with it. The middles are
/// equal, one tick apart, unless a test moves them.
final class ZarbScript {
  let bench: BotBench
  let settings: ZarbSettings
  private var requests = 0

  /// Windows of 20 samples, a look every 500 ms, and orders that are sent.
  init(_ change: (inout ZarbSettings) -> Void = { _ in }) {
    bench = BotBench(("paradex", "BTC-USD-PERP"), ("grvt", "BTC-USDT-PERP"))
    var settings = ZarbSettings()
    settings.markets = [
      ZarbMarket(
        "BTC-PERP", first: Listing("paradex", bench.first.symbol),
        second: Listing("grvt", bench.second.symbol))
    ]
    (settings.simulatesData, settings.sendsOrders) = (false, true)
    (settings.window.mean, settings.window.deviation, settings.window.least) = (20, 20, 20)
    settings.parameters.interval = Nanoseconds.milliseconds(500)
    settings.warmup.isRequired = false
    change(&settings)
    self.settings = settings
    setMiddles("69420", "69420")
    bench.run(ZarbBot(settings, at: bench.now))
  }

  /// One unit of spread on each side.
  func setMiddles(_ first: String, _ second: String) {
    for (venue, middle) in zip(bench.venues, [first, second]) {
      venue.bid = decimal(middle).minus(decimal("0.5"))
      venue.ask = decimal(middle).plus(decimal("0.5"))
    }
    bench.tellQuotesOnce()
  }

  var bot: ZarbBot? { bench.bot as? ZarbBot }
  var symbol: ZarbSymbol? { bot?.symbols.first }
  var positions: [String] { bench.venues.map { $0.position.trimmed.description } }
  var orders: Int { bench.venues.reduce(0) { $0 + $1.placed.count } }
  func events(_ part: String) -> [ZarbEvent] {
    bot?.events.filter { $0.message.contains(part) } ?? []
  }

  /// Starts the engine, and waits until there are enough samples: both venues' middles differ by a
  /// little, first this way, then that.
  func warmUp() {
    bench.run(seconds: Decimal(8))
    _ = post("/api/engine/start")
    for round in 0..<26 {
      setMiddles("69420", round % 2 == 0 ? "69421" : "69419")
      bench.run(seconds: decimal("0.5"))
    }
  }

  /// Both markets apart by so much that the score is far beyond 3; one more look.
  func pullApart(_ second: String = "69520") {
    setMiddles("69420", second)
    bench.run(seconds: decimal("0.5"))
  }

  // MARK: The console

  @discardableResult
  func post(_ path: String, _ body: String = "{}") -> (status: Int, ok: Bool?, text: String) {
    let reply = ask("POST", path, body: body)
    return (reply.status, fields(reply.body)?.bool("ok"), reply.body)
  }

  func get(_ path: String, _ query: [String: String] = [:]) -> String {
    ask("GET", path, query: query).body
  }

  func ask(
    _ method: String, _ path: String, query: [String: String] = [:], body: String = ""
  ) -> ConsoleReply {
    requests += 1
    bench.tell(
      .console(
        .request(ConsoleRequest(id: requests, method, path, query: query, body: body))))
    return bench.replies.last!
  }

  func fields(_ text: String) -> JSONFields? { try? JSONFields(Array(text.utf8).span.bytes) }

  /// The process ends without a word, and another begins with ledger and database.
  func restart() {
    var memory = ZarbMemory()
    for record in bench.stored {
      switch record {
      case .event(let event): memory.events.append(event)
      case .trade(let trade):
        if !memory.trades.contains(where: { $0.id == trade.id }) { memory.trades.append(trade) }
      case .snapshot(let symbol, _, let json, _): memory.snapshots = [(symbol, json)]
      case .spread: break
      }
    }
    bench.kill()
    bench.run(
      ZarbBot(settings, ledger: Ledger(lines: bench.ledger), memory: memory, at: bench.now))
  }
}
