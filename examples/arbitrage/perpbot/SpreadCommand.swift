import ArgumentParser
import Bot
import Glibc
import PerpCore
import PerpIO

struct SpreadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pv", abstract: "Spread arbitrage between two venues.",
    subcommands: [Run.self, Stats.self])

  static let strategy = BotStrategy(
    "pv", file: "arb", SpreadSettings.parameters, headers: SpreadBot.headers
  ) { run in
    let strategy = try SpreadSettings(run.settings, time: run.time)
    return { ledger, now in SpreadBot(strategy, ledger: ledger, at: now) }
  }

  struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Trades; --help tells the settings.",
      discussion: "Settings: the command line, then --settings-file, then the environment.",
      helpNames: [])
    @Argument(parsing: .captureForPassthrough, help: "Settings, such as --size 0.001")
    var settings: [String] = []

    func run() throws { try runBot(settings, SpreadCommand.strategy) }
  }

  struct Stats: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "How spreads are distributed, and what floor that suggests.")
    @Argument(help: "A file of quotes that `pv run` has written.") var file: String

    func run() throws {
      guard let bytes = readFile(file) else {
        Failure(Failure.ioError, "\(file): \(systemError())").end()
      }
      let rows = String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst()
      guard let report = SpreadStatistics(rows: rows.map(String.init)) else {
        Failure("\(file) has no rows of quotes").end()
      }
      print(report.text)
    }
  }
}
