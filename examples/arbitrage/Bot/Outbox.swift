import PerpCore

/// What a bot is told. Times are passed in beside it.
package enum BotInput: Sendable {
  case line(GatewayLine)
  case wake
  /// The gateway is gone; it is being started again, and says `hello` once it is there.
  case disconnected(String)
  /// The user's wish, or a signal: end in good order.
  case stop(reason: String)
  /// The kill switch of all bots.
  case killSwitch(KillSwitch)
  /// Of bots that have a console.
  case console(ConsoleInput)
}

/// What a bot wants done, in this order.
package enum BotAction: Equatable, Sendable {
  /// To be durable before any action that follows is carried out.
  case keep(LedgerRecord)
  case send([UInt8])
  case log(LogLevel, String)
  /// Text with the few tags that Telegram knows; what is variable in it is escaped.
  case notify(String)
  case row(Table, String)
  /// A file that is written anew.
  case document(Document, String)
  /// What a browser is answered, and one message of the stream.
  case reply(ConsoleReply)
  case publish(String)
  case store(StoreRecord)
  /// To be kept where only its owner reads it.
  case credential(CredentialChange)
  /// So that it signs in anew; a gateway that somebody else has started stays as it is.
  case restartGateway
  /// All is done; `code` is the process's.
  case finish(code: Int32, ExitSummary)
}

package enum LogLevel: String, CaseIterable, Comparable, Sendable {
  case debug, info, warning, error, critical

  package static func < (left: LogLevel, right: LogLevel) -> Bool {
    (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
  }
}

/// A strategy: what happened in, all that is to be done out. It reads no clock and opens nothing,
/// so that it runs the same against venues, simulators, a virtual clock and a recording.
package protocol Bot: Sendable {
  /// When `.wake` is due, in nanoseconds on the monotonic clock.
  var deadline: UInt64? { get }
  mutating func receive(_ input: BotInput, at now: Moment, into actions: inout [BotAction])
}

/// What a strategy's parts put what they want into, and who waits for which answer.
package struct Outbox: Sendable {
  /// What a command was given for.
  package enum Errand: Equatable, Sendable {
    case place(clientID: String)
    case query(clientID: String)
    case cancel(clientID: String)
    case positions(serial: Int)
    case balances, markets, status, orders
    case other(String)
  }

  package private(set) var actions: [BotAction] = []
  private var errands: [Int: Errand] = [:]
  private var lastID = 0

  package init() {}

  package mutating func send(_ command: GatewayCommand, for errand: Errand) {
    lastID += 1
    errands[lastID] = errand
    actions.append(.send(command.line(id: lastID)))
  }

  package mutating func keep(_ record: LedgerRecord) { actions.append(.keep(record)) }
  package mutating func log(_ level: LogLevel, _ text: String) { actions.append(.log(level, text)) }
  package mutating func notify(_ text: String) { actions.append(.notify(text)) }
  package mutating func row(_ table: Table, _ text: String) { actions.append(.row(table, text)) }
  package mutating func write(_ document: Document, _ text: String) {
    actions.append(.document(document, text))
  }
  package mutating func reply(_ reply: ConsoleReply) { actions.append(.reply(reply)) }
  package mutating func publish(_ message: String) { actions.append(.publish(message)) }
  package mutating func store(_ record: StoreRecord) { actions.append(.store(record)) }
  package mutating func keep(_ change: CredentialChange) { actions.append(.credential(change)) }
  package mutating func restartGateway() { actions.append(.restartGateway) }
  package mutating func finish(_ code: Int32, _ summary: ExitSummary) {
    actions.append(.finish(code: code, summary))
  }

  /// Who asked; nil of an answer that nobody waits for.
  package mutating func errand(of id: Int) -> Errand? { errands.removeValue(forKey: id) }

  /// No answer comes any more.
  package mutating func forgetErrands() { errands = [:] }

  package mutating func take() -> [BotAction] {
    defer { actions = [] }
    return actions
  }
}
