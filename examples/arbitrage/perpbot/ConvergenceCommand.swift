import ArgumentParser
import Bot
import PerpIO

struct ConvergenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ep", abstract: "Pairs that are opened far apart and closed together.",
    subcommands: [Run.self])

  struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Trades; --help tells the settings.", helpNames: [])
    @Argument(parsing: .captureForPassthrough, help: "Settings, such as --amount 0.005")
    var settings: [String] = []

    func run() throws {
      let parameters = ConvergenceSettings.parameters + RunSettings.parameters
      guard !settings.contains("--help"), !settings.contains("-h") else {
        return print(Settings.help(parameters))
      }
      do {
        let run = try RunSettings(parameters, arguments: settings, name: "ep")
        let strategy = try ConvergenceSettings(run.settings)
        try BotDriver(run, headers: [:]).run { ledger, now in
          ConvergenceBot(strategy, ledger: ledger, at: now)
        }
      } catch let problem as Settings.Problem {
        Failure(problem.description).end()
      } catch let failure as Failure {
        failure.end()
      }
    }
  }
}
