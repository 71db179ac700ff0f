import ArgumentParser
import Bot
import PerpCore
import PerpIO

/// What a scan has found, to standard output.
private final class ScanOutput: BotAttachment {
  func start(loop: EventLoop, tell: @escaping (BotInput) -> Void) {}

  func carryOut(_ action: BotAction) {
    if case .reply(let reply) = action { print(reply.body) }
  }
}

struct ZarbCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "zarb", abstract: "Z-score arbitrage on Paradex and GRVT, with a web console.",
    subcommands: [Serve.self, Scan.self])

  /// For replays, which have no console, and prices of their own.
  static let strategy = BotStrategy("zarb", file: "zarb", ZarbSettings.parameters) { run in
    var settings = try ZarbSettings(run.settings)
    (settings.simulatesData, settings.sendsOrders, settings.startsByItself) = (false, true, true)
    return { ledger, now in ZarbBot(settings, ledger: ledger, at: now) }
  }

  struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Runs the bot and its console; --help tells the settings.", helpNames: [])
    @Argument(parsing: .captureForPassthrough, help: "Settings, such as --web-port 8000")
    var settings: [String] = []

    func run() throws {
      var console: ZarbConsole?
      try runBot(
        settings, ZarbSettings.parameters, name: "zarb",
        attach: { run in
          console = try ZarbConsole(ZarbSettings(run.settings), run.settings)
          return console
        }
      ) { run in
        let settings = try ZarbSettings(run.settings)
        return { ledger, now in
          console?.bot(ledger, at: now) ?? ZarbBot(settings, ledger: ledger, at: now)
        }
      }
    }
  }

  struct Scan: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Compares all pairs that both venues trade, and prints them as JSON.",
      helpNames: [])
    @Argument(parsing: .captureForPassthrough, help: "Settings, such as --limit 20")
    var settings: [String] = []

    private static let parameters = [
      Parameter("limit", .integer(1...100), default: "10", "pairs at most"),
      Parameter(
        "wait", .seconds(Decimal(1)...Decimal(600)), default: "10",
        "seconds that quotes are waited for"),
    ]

    func run() throws {
      try runBot(settings, Self.parameters, name: "scan", attach: { _ in ScanOutput() }) { run in
        let (limit, patience) = (run.settings.integer("limit"), run.settings.span("wait"))
        return { _, now in
          ScanBot(venues: ZarbSettings().venues, limit: limit, patience: patience, at: now)
        }
      }
    }
  }
}
