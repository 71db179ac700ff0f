import ArgumentParser
import Bot

struct FundingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "funding", abstract: "Pairs that are held for the difference of their funding.",
    subcommands: [Run.self])

  static let strategy = BotStrategy(
    "funding", file: "funding", FundingSettings.parameters
  ) { run in
    let strategy = try FundingSettings(run.settings)
    return { ledger, now in FundingBot(strategy, ledger: ledger, at: now) }
  }

  struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Trades; --help tells the settings.", helpNames: [])
    @Argument(parsing: .captureForPassthrough, help: "Settings, such as --notional 200")
    var settings: [String] = []

    func run() throws { try runBot(settings, FundingCommand.strategy) }
  }
}
