import Bot
import PerpCore

/// A strategy as commands know it: run, replayed and swept it is made in the same way.
struct BotStrategy: Sendable {
  /// Of the command, such as `ep`.
  let name: String
  /// What names of its files begin with.
  let file: String
  let parameters: [Parameter]
  let headers: [Table: String]
  let make: @Sendable (RunSettings) throws -> (Ledger, Moment) -> any Bot

  init(
    _ name: String, file: String, _ parameters: [Parameter], headers: [Table: String] = [:],
    _ make: @escaping @Sendable (RunSettings) throws -> (Ledger, Moment) -> any Bot
  ) {
    (self.name, self.file, self.parameters) = (name, file, parameters)
    (self.headers, self.make) = (headers, make)
  }

  /// Those that can be replayed.
  static var all: [BotStrategy] {
    [
      SpreadCommand.strategy, ConvergenceCommand.strategy, HedgeCommand.strategy,
      MakerCommand.strategy, FundingCommand.strategy, ZarbCommand.strategy,
    ]
  }

  /// With the settings of a command line, and those of files and the environment behind them.
  func settings(_ arguments: [String]) throws -> RunSettings {
    try RunSettings(parameters + RunSettings.parameters, arguments: arguments, name: file)
  }
}
