import PerpCore

/// What a bot was told, when, and what it did then, line by line. Told the same again, the same bot
/// does the same, whatever venues have refused or not answered. (D-38)
///
///     {"transcript":"pv","mono":70000000,"wall":1795132800000000,"settings":{"size":"0.001"}}
///     {"ledger":"{\"kind\":\"trade\",\"trade\":1}"}
///     {"told":"line","mono":70000100,"wall":1795132800000100,"text":"{\"type\":\"bbo\"}"}
///     {"told":"wake","mono":70500000,"wall":1795132800500000}
///     {"did":"send","text":"{\"id\":4,\"method\":\"order.place\"}"}
package enum Transcript {
  /// The beginning of a run: which bot, made with what.
  package struct Beginning: Sendable {
    package var strategy: String
    /// None of them secret.
    package var settings: [(name: String, value: String)]
    /// Nanoseconds on the monotonic clock, microseconds on the wall's.
    package var moment: Moment

    package init(
      strategy: String, settings: [(name: String, value: String)], at moment: Moment
    ) {
      (self.strategy, self.settings, self.moment) = (strategy, settings, moment)
    }

    package var line: [UInt8] {
      let settings = settings.map { (name: $0.name, value: JSON.text($0.value)) }
      return Transcript.line(
        [("transcript", .text(strategy))] + stamps(moment) + [("settings", .object(settings))])
    }

    /// Nil of another line.
    init?(_ fields: JSONFields) {
      guard let strategy = fields.text("transcript"), let moment = Transcript.moment(fields),
        let settings = fields.object("settings")
      else { return nil }
      let values = settings.names.map { (name: $0, value: settings.text($0) ?? "") }
      self.init(strategy: strategy, settings: values, at: moment)
    }
  }

  /// A line of the ledger that the bot began with.
  package static func ledger(_ line: [UInt8]) -> [UInt8] {
    Self.line([("ledger", .text(String(decoding: line, as: UTF8.self)))])
  }

  /// `heard` is the text of a gateway's line. Nil of what comes from a console: its requests may
  /// carry keys, so bots that have one have no transcript.
  package static func told(
    _ input: BotInput, heard: [UInt8] = [], at now: Moment
  ) -> [UInt8]? {
    let (kind, text): (String, String?)
    switch input {
    case .line: (kind, text) = ("line", String(decoding: heard, as: UTF8.self))
    case .wake: (kind, text) = ("wake", nil)
    case .disconnected(let cause): (kind, text) = ("disconnected", cause)
    case .stop(let reason): (kind, text) = ("stop", reason)
    case .killSwitch(let state): (kind, text) = ("kill_switch", state.file)
    case .console: return nil
    }
    return line(
      [("told", .text(kind))] + stamps(now) + (text.map { [("text", .text($0))] } ?? []))
  }

  /// Nil of what follows from the rest, such as tables.
  package static func did(_ action: BotAction) -> [UInt8]? {
    let (kind, text): (String, String)
    switch action {
    case .send(let line): (kind, text) = ("send", String(decoding: line, as: UTF8.self))
    case .keep(let record): (kind, text) = ("keep", String(decoding: record.line, as: UTF8.self))
    case .log(let level, let words): (kind, text) = ("log", "\(level.rawValue) \(words)")
    case .notify(let words): (kind, text) = ("notify", words)
    case .finish(let code, let summary): (kind, text) = ("finish", "\(code) \(summary.line)")
    case .row, .document, .reply, .publish, .store, .credential, .restartGateway: return nil
    }
    return line([("did", .text(kind)), ("text", .text(text))])
  }

  static func input(_ fields: JSONFields) throws(JSONError) -> (BotInput, Moment)? {
    guard let kind = fields.text("told"), let now = moment(fields) else { return nil }
    let text = fields.text("text") ?? ""
    switch kind {
    case "line": return (.line(try GatewayLine(Array(text.utf8))), now)
    case "wake": return (.wake, now)
    case "disconnected": return (.disconnected(text), now)
    case "stop": return (.stop(reason: text), now)
    case "kill_switch": return (.killSwitch(KillSwitch(file: text)), now)
    default: return nil
    }
  }

  private static func stamps(_ now: Moment) -> [(String, JSON)] {
    [("mono", .integer(Int64(clamping: now.monotonic))), ("wall", .integer(now.wall))]
  }

  private static func moment(_ fields: JSONFields) -> Moment? {
    guard let monotonic = fields.integer("mono"), let wall = fields.integer("wall") else {
      return nil
    }
    return Moment(monotonic: UInt64(clamping: monotonic), wall: wall)
  }

  private static func line(_ members: [(String, JSON)]) -> [UInt8] {
    Array((JSON.object(members.map { (name: $0.0, value: $0.1) }).string + "\n").utf8)
  }
}
