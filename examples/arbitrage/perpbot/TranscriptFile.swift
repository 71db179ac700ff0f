import Bot
import PerpCore

/// The transcript of a bot on disk, each run after the one before. (D-38)
final class TranscriptFile {
  static let parameter = Parameter(
    "transcript", .text, default: "",
    "a file of all that the bot is told and does, for `perpbot retrace`")

  private let file: AppendedFile
  private let strategy: String
  private let settings: Settings

  /// Nil where none is wanted.
  init?(_ strategy: String, _ settings: Settings) throws {
    let path = settings.text(Self.parameter.name)
    guard !path.isEmpty else { return nil }
    (self.strategy, self.settings) = (strategy, settings)
    file = try AppendedFile(path)
    try file.lock()
    try file.endTornLine()
  }

  /// `ledger` is what the bot begins with.
  func begin(_ ledger: [[UInt8]], at now: Moment) throws {
    let beginning = Transcript.Beginning(strategy: strategy, settings: settings.shareable, at: now)
    try file.append(beginning.line + ledger.flatMap { Transcript.ledger($0) })
  }

  /// What it was told, and what it does then, before any of it is done.
  func keep(
    _ input: BotInput, heard: [UInt8], _ actions: [BotAction], at now: Moment
  ) throws {
    guard let told = Transcript.told(input, heard: heard, at: now) else { return }
    try file.append(told + actions.compactMap { Transcript.did($0) }.joined())
  }
}
