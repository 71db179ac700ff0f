import ArgumentParser
import Bot
import PerpCore
import PerpIO

struct MakerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mm", abstract: "Quotes on both sides of one market.",
    subcommands: [Run.self, Analyze.self, Balance.self, LogStats.self])

  static let strategy = BotStrategy(
    "mm", file: "mm", MakerSettings.parameters, headers: MakerBot.headers
  ) { run in
    let strategy = try MakerSettings(run.settings)
    return { ledger, now in MakerBot(strategy, ledger: ledger, at: now) }
  }

  /// The name that its users know.
  private static func renamed(_ arguments: [String]) -> [String] {
    arguments.map { argument in
      argument == "--config" || argument.hasPrefix("--config=")
        ? "--settings-file" + argument.dropFirst("--config".count) : argument
    }
  }

  private static func lines(of file: String) -> [Substring] {
    guard let bytes = readFile(file) else {
      Failure("\(file): \(systemError())").end()
    }
    return String(decoding: bytes, as: UTF8.self).split { $0.isNewline }
  }

  struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Trades; --help tells the settings.",
      discussion: "--config FILE is the same as --settings-file FILE: lines of name = value.",
      helpNames: [])
    @Argument(parsing: .captureForPassthrough, help: "Settings, such as --preset v2")
    var settings: [String] = []

    func run() throws { try runBot(MakerCommand.renamed(settings), MakerCommand.strategy) }
  }

  struct Analyze: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "How it has done, from its table of fills.")
    @Option(help: "A table that `mm run` has written.") var file = "logs/mm_BTC_trades.csv"

    func run() throws {
      let lines = MakerCommand.lines(of: file).map(String.init)
      print(FillStatistics(table: lines)?.report ?? "no trades")
    }
  }

  struct Balance: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What the account has, and what is open.", helpNames: [])
    @Argument(parsing: .captureForPassthrough, help: "Settings, such as --testnet")
    var settings: [String] = []

    func run() throws {
      try runBot(
        MakerCommand.renamed(settings), MakerSettings.parameters, name: "mm-balance"
      ) { run in
        let listing = try MakerSettings(run.settings).listing
        return { ledger, now in AccountBot(listing, ledger: ledger, at: now) }
      }
    }
  }

  struct LogStats: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "log-stats", abstract: "What a log says of the quotes.")
    @Argument(help: "A log that `mm run` has written, such as logs/mm_BTC_activity.log.")
    var log: String

    func run() throws {
      print(QuoteLogStatistics(lines: MakerCommand.lines(of: log))?.report ?? "no quotes")
    }
  }
}
