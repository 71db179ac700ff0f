import Bot
import PerpCore
import Testing

/// What a bot of a test was told and did. (D-38)
struct BenchTranscript {
  private enum Line {
    case text([UInt8])
    /// A console has no transcript.
    case console(ConsoleInput, Moment)
  }

  private let bot: any Bot
  private var lines: [Line]

  init(_ bot: any Bot, at now: Moment) {
    self.bot = bot
    lines = [.text(Transcript.Beginning(strategy: "test", settings: [], at: now).line)]
  }

  mutating func add(_ input: BotInput, heard: [UInt8], at now: Moment) {
    if case .console(let input) = input {
      lines.append(.console(input, now))
    } else if let line = Transcript.told(input, heard: heard, at: now) {
      lines.append(.text(line))
    }
  }

  mutating func add(_ action: BotAction) {
    if let line = Transcript.did(action) { lines.append(.text(line)) }
  }

  /// Without LF.
  var text: [[UInt8]] {
    lines.compactMap { line in
      if case .text(let text) = line { Array(text.dropLast()) } else { nil }
    }
  }

  /// The same bot, made and told the same again, does the same: it has no chance of its own.
  func check() {
    do {
      var retrace = Retrace { _, _ in bot }
      for line in lines {
        let difference =
          switch line {
          case .text(let text): try retrace.read(text.dropLast())
          case .console(let input, let now): try retrace.tell(.console(input), at: now)
          }
        guard let difference else { continue }
        Issue.record("D-38 told the same again it does something else: \(difference)")
        return
      }
    } catch {
      Issue.record("D-38 a transcript that cannot be read: \(error)")
    }
  }
}
