import ArgumentParser
import Bot
import Glibc
import PerpCore

struct RetraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retrace",
    abstract: "Tells a bot again what its transcript says, and compares what it does.",
    discussion: """
      A transcript is what `--transcript FILE` of pv, ep, hedge, mm and funding has written. Ends
      with 0 when all that the bot does is what it did then, byte for byte; with 1 at the first
      difference, as of another version of the program.
      """)
  /// Of these a bot sees nothing: they say where settings came from.
  private static let sources = ["settings-file", "env-file", TranscriptFile.parameter.name]

  @Argument(help: "The transcript.") var file: String

  func run() throws {
    try ending {
      guard let input = fopen(file, "r") else { throw Failure("\(file): \(systemError())") }
      defer { fclose(input) }
      var retrace = Retrace(Self.bot)
      var (text, room): (UnsafeMutablePointer<CChar>?, Int) = (nil, 0)
      defer { free(text) }
      while case let count = getline(&text, &room, input), count > 0 {
        let line = UnsafeRawBufferPointer(start: text, count: count).filter { $0 != 10 }
        if let difference = try Self.next(line, &retrace, of: file) {
          throw Failure("\(file), \(difference)")
        }
      }
      print(
        "\(retrace.inputs) inputs of \(retrace.runs) runs, \(retrace.actions) actions: the same")
    }
  }

  private static func next(
    _ line: [UInt8], _ retrace: inout Retrace, of file: String
  ) throws -> Retrace.Difference? {
    do { return try retrace.read(line) } catch let problem as Retrace.Problem {
      throw Failure("\(file): \(problem)")
    }
  }

  private static func bot(_ beginning: Transcript.Beginning, _ ledger: Ledger) throws -> any Bot {
    guard let strategy = BotStrategy.all.first(where: { $0.name == beginning.strategy }) else {
      throw Failure("there is no strategy \(beginning.strategy)")
    }
    let arguments = beginning.settings.filter { !sources.contains($0.name) }
      .map { "--\($0.name)=\($0.value)" }
    return try strategy.make(strategy.settings(arguments))(ledger, beginning.moment)
  }
}
