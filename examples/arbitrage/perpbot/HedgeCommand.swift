import ArgumentParser
import Bot
import PerpIO

struct HedgeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hedge", abstract: "Equal and opposite positions, held for a while.",
    subcommands: [Run.self])

  static let strategy = BotStrategy(
    "hedge", file: "cross_hedge", HedgeSettings.parameters, headers: HedgeBot.headers
  ) { run in
    let strategy = try HedgeSettings(run.settings, time: run.time)
    return { ledger, now in HedgeBot(strategy, ledger: ledger, at: now) }
  }

  struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Trades; --help tells the settings.", helpNames: [])
    @Argument(parsing: .captureForPassthrough, help: "Settings, such as --margin 100")
    var settings: [String] = []

    func run() throws { try runBot(settings, HedgeCommand.strategy) }
  }
}
