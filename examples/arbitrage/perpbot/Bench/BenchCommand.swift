import ArgumentParser
import Bot
import Glibc
import PerpCore
import PerpIO

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "How long it takes from a quote to two orders.",
    discussion: """
      Trades pairs on simulated venues, in turns long and short, and times each:
        in the bot    from the line of a quote to both orders, formed; and written, after the
                      ledger has them on disk
        end to end    from the venue's quote in the gateway's socket to both legs told to have
                      come to their venue, on the way back as well
        skew          between the two legs, as that was told
      """)

  @Option(help: "The command of a gateway with simulated venues.")
  var gateway = "perpwire serve --stdio --sim --quiet"

  @Option(help: "The markets, as venue:symbol.")
  var first = "paradex:BTC-USD-PERP"

  @Option(help: "The other leg.")
  var second = "grvt:BTC-USDT-PERP"

  @Option(help: "Base units of an order.")
  var size = "0.002"

  @Option(help: "Pairs of orders.")
  var trades = 100

  @Option(help: "Where the ledger is kept; nothing else may be there.")
  var folder = "bench"

  func run() throws {
    guard let first = Self.listing(first), let second = Self.listing(second) else {
      throw ValidationError("markets are written like paradex:BTC-USD-PERP")
    }
    guard let size = Decimal(size), size > .zero, trades > 0 else {
      throw ValidationError("--size and --trades are more than zero")
    }
    do {
      let run = try BenchRun(gateway: gateway, folder: folder)
      try run.run { ledger, now in
        PairBench(first, second, size: size, count: trades, ledger: ledger, at: now)
      }
      guard run.count > 0 else { throw Failure("nothing was measured: no order was taken") }
      print(run.table)
    } catch let failure as Failure {
      failure.end()
    }
  }

  private static func listing(_ text: String) -> Listing? {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2, let symbol = Symbol(parts[1]) else { return nil }
    return Listing(parts[0], symbol)
  }
}

/// The bot with a clock beside it.
final class BenchRun {
  /// Microseconds, one for each trade.
  private struct Times {
    var formed: [UInt64] = []
    var written: [UInt64] = []
    var endToEnd: [UInt64] = []
    var skew: [UInt64] = []
  }

  private let loop = EventLoop()
  private let ledger: LedgerFile
  private let gateway: String
  private var peer: GatewayPeer?
  private var timer: Timer?
  private var bot: PairBench?
  private var times = Times()
  /// When each leg of the newest trade was told to be at its venue, by its name.
  private var arrivals: [String: Int64] = [:]
  private var timed: Int64 = 0

  init(gateway: String, folder: String) throws {
    self.gateway = gateway
    ledger = try LedgerFile("\(folder)/bench_ledger.jsonl")
  }

  func run(_ make: (Ledger, Moment) -> PairBench) throws {
    bot = make(ledger.ledger, loop.now())
    timer = loop.timer { [unowned self] in tell(.wake, since: Clock.now().monotonic) }
    peer = GatewayPeer(
      command: gateway, socket: "", loop: loop, onLine: { [unowned self] in heard($0) },
      onEnd: { [unowned self] cause in
        say("The gateway is gone: \(cause)")
        loop.stop()
      })
    peer?.start()
    loop.run()
    peer?.stop()
  }

  private func heard(_ text: [UInt8]) {
    let begin = Clock.now().monotonic
    guard let line = try? GatewayLine(text) else { return }
    tell(.line(line), since: begin)
    if case .order(let order) = line { note(order) }
  }

  private func tell(_ input: BotInput, since begin: UInt64) {
    let before = bot?.newest?.trade
    var actions: [BotAction] = []
    bot?.receive(input, at: Clock.now(), into: &actions)
    let formed = Clock.now().monotonic
    for action in actions { carryOut(action) }
    if bot?.newest?.trade != before {
      times.formed.append((formed - begin) / 1_000)
      times.written.append((Clock.now().monotonic - begin) / 1_000)
    }
    timer?.deadline = bot?.deadline
  }

  private func carryOut(_ action: BotAction) {
    switch action {
    case .keep(let record):
      do { try ledger.keep(record) } catch {
        say("\(error)")
        loop.stop()
      }
    case .send(let line): peer?.send(line)
    case .log(let level, let text): if level >= .warning { say(text) }
    case .finish: loop.stop()
    case .notify, .row, .document, .reply, .publish, .store, .credential, .restartGateway: break
    }
  }

  /// The first that is told of an order beyond that it is on its way.
  private func note(_ order: OrderLine) {
    guard let newest = bot?.newest, newest.trade != timed, order.status.isAtVenue,
      let name = order.clientID, arrivals[name] == nil
    else { return }
    let names = ["bench_\(newest.trade)_a", "bench_\(newest.trade)_b"]
    guard names.contains(name) else { return }
    arrivals[name] = Clock.now().wall
    let both = names.compactMap { arrivals[$0] }
    guard both.count == 2 else { return }
    times.endToEnd.append(UInt64(max(0, max(both[0], both[1]) - newest.quoted)))
    times.skew.append(UInt64(abs(both[0] - both[1])))
    arrivals = [:]
    timed = newest.trade
  }

  /// Trades of which both legs were told.
  var count: Int { times.endToEnd.count }

  /// Milliseconds, one row for each of what was timed.
  var table: String {
    let rows = [
      ("in the bot, orders formed", times.formed),
      ("in the bot, in the ledger and written", times.written),
      ("end to end, both legs told", times.endToEnd), ("skew of the legs", times.skew),
    ]
    return
      (["what, in ms".padded(38) + "count".padded(8) + "p50".padded(10) + "p99"]
      + rows.map { name, values in
        name.padded(38) + "\(values.count)".padded(8) + Self.part(50, of: values).padded(10)
          + Self.part(99, of: values)
      }).joined(separator: "\n")
  }

  private static func part(_ percent: Int, of values: [UInt64]) -> String {
    guard !values.isEmpty else { return "-" }
    let sorted = values.sorted()
    let place = min(values.count - 1, values.count * percent / 100)
    return Decimal(mantissa: Int128(sorted[place]), scale: 3).description
  }
}

extension OrderStatus {
  fileprivate var isAtVenue: Bool { self != .pending && self != .unknown }
}

extension String {
  fileprivate func padded(_ width: Int) -> String {
    self + String(repeating: " ", count: max(1, width - count))
  }
}
