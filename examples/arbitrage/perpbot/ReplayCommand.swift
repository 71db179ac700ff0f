import ArgumentParser
import Bot

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Runs a strategy over a recording, and tells what came of it.",
    helpNames: [])
  @Argument(
    parsing: .captureForPassthrough,
    help: "A recording, --strategy and its settings, such as rec.sqlite --strategy ep")
  var words: [String] = []

  func run() throws {
    guard !words.contains("--help"), !words.contains("-h") else {
      return print(ReplaySettings.help())
    }
    try ending {
      let replay = try ReplaySettings(words)
      let strategy = try replay.strategy.make(replay.strategy.settings(replay.arguments))
      let (report, run) = Backtest.run(try replay.tape(), replay.exchange, strategy)
      if replay.settings.flag("log") { for line in run.logs { say(line) } }
      print(replay.settings.flag("json") ? report.line : report.text, terminator: "")
    }
  }
}

/// Ends the process with what is wrong, if anything is.
func ending(_ body: () throws -> Void) throws {
  do {
    try body()
  } catch let problem as Settings.Problem {
    Failure(problem.description).end()
  } catch let failure as Failure {
    failure.end()
  }
}
