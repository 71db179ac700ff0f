import PerpCore

@testable import Bot

/// The bench with the market maker on it, at 97000/97001 with a volatility of 5.
final class MakerScript {
  let bench: BotBench
  private(set) var settings: MakerSettings

  init(seed: UInt64 = 1, secondOfDay: Int = 10 * 3_600) {
    bench = BotBench(seed: seed, secondOfDay: secondOfDay)
    settings = MakerSettings(Listing("paradex", bench.first.symbol))
    settings.leastSigma = 5
    settings.hours = ActiveHours(active: Set(7...16), paused: Set([21, 22, 23] + Array(0...5)))
    bench.first.market.tickSize = Decimal(1)
    bench.first.market.minSize = Decimal("0.0003")!
    setMid("97000.5")
  }

  func start(_ change: (inout MakerSettings) -> Void = { _ in }) {
    change(&settings)
    bench.run(MakerBot(settings, at: bench.now))
    bench.run(seconds: Decimal(5))
  }

  func setMid(_ mid: String) {
    let half = Decimal("0.5")!
    setSpread(
      Decimal(mid)!.subtracting(half)!.description, Decimal(mid)!.adding(half)!.description)
  }

  func setSpread(_ bid: String, _ ask: String) {
    bench.first.bid = Decimal(bid)!
    bench.first.ask = Decimal(ask)!
    bench.tellQuotesOnce()
  }

  var bot: MakerBot? { bench.bot as? MakerBot }

  /// What rests at the venue.
  var quotes: [String] {
    bench.first.resting.sorted { $0.side.rawValue < $1.side.rawValue }.map {
      "\($0.side.rawValue) \($0.price.trimmed) \($0.size.trimmed)"
        + ($0.isReduceOnly ? " reduce" : "")
    }
  }

  /// Orders that the bot has sent.
  var placements: [String] { bench.sent.filter { $0.contains("\"order.place\"") } }

  func logs(_ part: String) -> [String] { bench.logs.filter { $0.contains(part) } }

  /// The most operations that arrived at the venue within so many seconds.
  func most(within seconds: Int) -> Int {
    let times = bench.first.operations
    var (first, most) = (0, 0)
    for (index, time) in times.enumerated() {
      while time - times[first] >= Nanoseconds.seconds(seconds) { first += 1 }
      most = max(most, index - first + 1)
    }
    return most
  }

  /// The process ends without a word, and another begins with what the ledger has.
  func restart() {
    bench.kill()
    bench.killAfter = nil
    bench.run(MakerBot(settings, ledger: Ledger(lines: bench.ledger), at: bench.now))
  }
}
