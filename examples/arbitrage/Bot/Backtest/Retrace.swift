import PerpCore

/// Tells a bot again what its transcript says that it was told, and compares what it does. (D-38)
package struct Retrace {
  /// Where a bot does something else than it did.
  package struct Difference: Equatable, Sendable, CustomStringConvertible {
    /// Of the transcript, from 1.
    package var line: Int
    /// Lines of a transcript; nil where there was, or is, nothing more.
    package var then: String?
    package var now: String?

    package var description: String {
      "line \(line)\n  then: \(then ?? "nothing more")\n  now:  \(now ?? "nothing more")"
    }
  }

  /// What a transcript cannot be read for.
  package struct Problem: Error, Equatable, CustomStringConvertible {
    package let description: String
  }

  private let make: (Transcript.Beginning, Ledger) throws -> any Bot
  private var beginning: Transcript.Beginning?
  private var ledger: [[UInt8]] = []
  private var bot: (any Bot)?
  /// What the bot has done now, and the transcript has not told yet.
  private var ahead: [[UInt8]] = []
  private var line = 0
  /// A line that cannot be read: at the end of a run it is what a crash has left.
  private var torn: Problem?

  package private(set) var runs = 0
  package private(set) var inputs = 0
  package private(set) var actions = 0

  /// `make` makes the bot of each run that the transcript has.
  package init(_ make: @escaping (Transcript.Beginning, Ledger) throws -> any Bot) {
    self.make = make
  }

  /// The next line, without its LF. Throws when it is none of a transcript's, and what `make` does.
  package mutating func read(_ text: [UInt8]) throws -> Difference? {
    line += 1
    guard let fields = try? JSONFields(text.span.bytes) else {
      if let torn { throw torn }
      torn = Problem(description: "line \(line) is no JSON object")
      return nil
    }
    if let next = Transcript.Beginning(fields) {
      // The run before may have been killed in the midst of what it did.
      (beginning, ledger, bot, ahead, torn) = (next, [], nil, [], nil)
      runs += 1
      return nil
    }
    if let torn { throw torn }
    if let record = fields.text("ledger") {
      ledger.append(Array(record.utf8))
      return nil
    }
    if fields.text("did") != nil { return compare(text) }
    guard let (input, moment) = try Transcript.input(fields) else {
      throw Problem(description: "line \(line) is no line of a transcript")
    }
    return try tell(input, at: moment)
  }

  /// What the bot was told next.
  package mutating func tell(_ input: BotInput, at now: Moment) throws -> Difference? {
    if let first = ahead.first { return Difference(line: line, then: nil, now: shown(first)) }
    if bot == nil {
      guard let beginning else { throw Problem(description: "the transcript has no beginning") }
      bot = try make(beginning, Ledger(lines: ledger))
    }
    inputs += 1
    var actions: [BotAction] = []
    bot?.receive(input, at: now, into: &actions)
    ahead = actions.compactMap { Transcript.did($0)?.dropLast() }.map(Array.init)
    return nil
  }

  private mutating func compare(_ text: [UInt8]) -> Difference? {
    actions += 1
    let now = ahead.isEmpty ? nil : ahead.removeFirst()
    return now == text ? nil : Difference(line: line, then: shown(text), now: now.map(shown))
  }

  private func shown(_ line: [UInt8]) -> String { String(decoding: line, as: UTF8.self) }
}
