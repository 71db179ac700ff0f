import ArgumentParser
import Bot
import Glibc
import PerpCore
import PerpIO

struct SpreadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pv", abstract: "Spread arbitrage between two venues.",
    subcommands: [Run.self, Stats.self])

  struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Trades; --help tells the settings.",
      discussion: "Settings: the command line, then --settings-file, then the environment.",
      helpNames: [])
    @Argument(parsing: .captureForPassthrough, help: "Settings, such as --size 0.001")
    var settings: [String] = []

    func run() throws {
      let parameters = SpreadSettings.parameters + RunSettings.parameters
      guard !settings.contains("--help"), !settings.contains("-h") else {
        return print(Settings.help(parameters))
      }
      do {
        let run = try RunSettings(parameters, arguments: settings, name: "arb")
        let strategy = try SpreadSettings(run.settings, time: run.time)
        try BotDriver(run, headers: SpreadBot.headers).run { ledger, now in
          SpreadBot(strategy, ledger: ledger, at: now)
        }
      } catch let problem as Settings.Problem {
        Failure(problem.description).end()
      } catch let failure as Failure {
        failure.end()
      }
    }
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
