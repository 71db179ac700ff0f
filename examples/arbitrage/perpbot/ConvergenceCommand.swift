import ArgumentParser
import Bot
import PerpIO

struct ConvergenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ep", abstract: "Pairs that are opened far apart and closed together.",
    subcommands: [Run.self])

  static let strategy = BotStrategy("ep", file: "ep", ConvergenceSettings.parameters) { run in
    let strategy = try ConvergenceSettings(run.settings)
    return { ledger, now in ConvergenceBot(strategy, ledger: ledger, at: now) }
  }

  struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Trades; --help tells the settings.", helpNames: [])
    @Argument(parsing: .captureForPassthrough, help: "Settings, such as --amount 0.005")
    var settings: [String] = []

    func run() throws { try runBot(settings, ConvergenceCommand.strategy) }
  }
}
