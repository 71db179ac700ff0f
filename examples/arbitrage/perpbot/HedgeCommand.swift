import ArgumentParser
import Bot
import Glibc
import PerpIO

struct HedgeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hedge", abstract: "Equal and opposite positions, held for a while.",
    subcommands: [Run.self, Watch.self])

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

  struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Follows the logs of all accounts and tickers, until it is interrupted.")
    @Option(help: "Where the logs are.") var folder = "logs"

    func run() throws {
      var follower = LogFollower(
        folder, beginning: HedgeCommand.strategy.file + "_", ending: "_activity.log")
      do {
        try follower.follow { name, line in
          // At once, also into a pipe.
          let bytes = Array("\(name)  \(line)\n".utf8)
          _ = write(STDOUT_FILENO, bytes, bytes.count)
        }
      } catch let failure as Failure {
        failure.end()
      }
    }
  }
}
