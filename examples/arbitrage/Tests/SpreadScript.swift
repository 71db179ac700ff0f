import Bot
import PerpCore

/// The bench with the spread strategy on it, and words for what tests do with it.
final class SpreadScript {
  let bench: BotBench
  private(set) var settings: SpreadSettings

  /// Warm-up 20, floor 20, thresholds 10, 0.001 for each trade; the mean of both spreads is −1.22.
  init(seed: UInt64 = 1, _ change: (inout SpreadSettings) -> Void = { _ in }) {
    bench = BotBench(seed: seed)
    var settings = SpreadSettings(
      first: Listing("paradex", bench.first.symbol),
      second: Listing("variational", bench.second.symbol),
      size: Decimal("0.001")!, maxPosition: Decimal("0.01")!)
    settings.warmup = 20
    settings.thresholds.floor = Decimal(20)
    settings.loopInterval = Nanoseconds.milliseconds(100)
    change(&settings)
    self.settings = settings
    setShortSpread("-1.22")
    bench.run(SpreadBot(settings, at: bench.now))
  }

  /// The first venue's bid less the second's ask.
  func setShortSpread(_ spread: String) {
    bench.first.bid = bench.second.ask.adding(Decimal(spread)!)!
    bench.first.ask = bench.first.bid.adding(Decimal(1))!
    bench.tellQuotesOnce()
  }

  /// The second venue's bid less the first's ask.
  func setLongSpread(_ spread: String) {
    bench.first.ask = bench.second.bid.subtracting(Decimal(spread)!)!
    bench.first.bid = bench.first.ask.subtracting(Decimal(1))!
    bench.tellQuotesOnce()
  }

  var bot: SpreadBot? { bench.bot as? SpreadBot }

  func warmUp() {
    _ = bench.run(seconds: 60) { !logs("Warm after").isEmpty }
  }

  /// The process ends without a word, and another begins with what the ledger has.
  func restart() {
    bench.kill()
    bench.killAfter = nil
    bench.run(SpreadBot(settings, ledger: Ledger(lines: bench.ledger), at: bench.now))
  }

  /// Both positions as the venues have them.
  var positions: [String] { bench.venues.map { $0.position.trimmed.description } }
  var net: Decimal { bench.first.position.adding(bench.second.position)! }
  func logs(_ part: String) -> [String] { bench.logs.filter { $0.contains(part) } }
  func notices(_ part: String) -> [String] { bench.notices.filter { $0.contains(part) } }
}
