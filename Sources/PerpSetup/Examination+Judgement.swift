import PerpCore
import PerpVenue

extension Examination {
  // MARK: The way

  static func judge(_ lookup: ExaminationFact.Lookup, of place: Place) -> Finding {
    switch lookup {
    case .addresses(let addresses):
      .ok("dns", "\(place.host) is \(addresses.joined(separator: ", "))")
    case .failed(let text): .fail("dns", .nameUnresolved, "\(place.host): \(text)")
    case .noAnswer: .fail("dns", .nameUnresolved, "\(place.host): the name server is silent")
    }
  }

  /// A fault only where no address is left; the first of them says which.
  static func judge(_ attempts: [ExaminationFact.Attempt], at place: Place) -> [Finding] {
    var dead: [Finding] = []
    var fastest: (address: String, time: Int64)?
    for attempt in attempts {
      switch attempt.outcome {
      case .connected(let time):
        if time < fastest?.time ?? .max { fastest = (attempt.address, time) }
      case .refused: dead.append(.fail("tcp", .connectionRefused, "\(attempt.address) refuses"))
      case .noAnswer:
        dead.append(.fail("tcp", .connectionTimeout, "\(attempt.address) does not answer"))
      case .failed(let text):
        dead.append(.fail("tcp", .connectionFailed, "\(attempt.address): \(text)"))
      }
    }
    guard let fastest else {
      return [dead.first ?? .fail("tcp", .connectionFailed, "\(place.name): no address")]
    }
    let ways = place.ways.map(\.rawValue).joined(separator: " and ")
    let detail = "\(fastest.address) in \(milliseconds(fastest.time)) (\(ways))"
    return [.ok("tcp", detail)] + dead.map { .warn("tcp", .addressDead, $0.detail) }
  }

  static func judge(_ handshake: ExaminationFact.Handshake, with place: Place) -> Finding {
    switch handshake {
    case .done(let version, let expiresIn, let time):
      .ok(
        "tls",
        "\(version) with \(place.host) in \(milliseconds(time)), certificate for "
          + "\(expiresIn / 86_400) days more")
    case .untrusted(let text): .fail("tls", .tlsUntrusted, "\(place.name): \(text)")
    case .expired(let text): .fail("tls", .tlsExpired, "\(place.name): \(text)")
    case .wrongHost(let text): .fail("tls", .tlsWrongHost, "\(place.name): \(text)")
    case .failed(let text): .fail("tls", .tlsFailed, "\(place.name): \(text)")
    case .noAnswer: .fail("tls", .tlsFailed, "\(place.name): no answer to our greeting")
    }
  }

  // MARK: The venue

  static func judge(_ answer: ExaminationFact.RESTAnswer, _ budget: RateBudget) -> [Finding] {
    switch answer {
    case .markets(0, _, _): [.fail("rest", .marketsMissing, "the venue lists no market")]
    case .markets(let count, let time, let fields):
      [.ok("rest", "\(count) markets in \(milliseconds(time))"), judge(fields, budget)]
    case .status(let status, let isBarred, let retryAfter):
      [judge(status: status, isBarred: isBarred, retryAfter)]
    case .unreadable(let text): [.fail("rest", .restUnreadable, "the answer \(text)")]
    case .notSent(let text): [.fail("rest", .restFailed, text)]
    case .noAnswer(let text): [.fail("rest", .restSilent, text)]
    }
  }

  private static func judge(status: Int, isBarred: Bool, _ retryAfter: String?) -> Finding {
    let wait = retryAfter.map { "; try again after \($0) s" } ?? ""
    let detail = "HTTP status \(status)\(wait)"
    if status == 429 || status == 418 { return .fail("rest", .restLimited, detail) }
    if isBarred || status == 401 || status == 403 || status == 451 {
      return .fail("rest", .restBanned, detail)
    }
    return .fail("rest", .restFailed, detail)
  }

  /// Less than a tenth left is little.
  private static func judge(
    _ fields: ExaminationFact.RateFields, _ budget: RateBudget
  ) -> Finding {
    guard let remaining = fields.remaining else { return .ok("rate", budget.text) }
    let limit = fields.limit.map { " of \($0)" } ?? ""
    let detail = "\(remaining)\(limit) requests left, says the venue; \(budget.text)"
    let isLow = fields.limit.map { remaining * 10 < $0 } ?? (remaining == 0)
    return isLow ? .warn("rate", .rateLow, detail) : .ok("rate", detail)
  }

  /// Microseconds by which clocks may differ: beyond the first signatures with an expiry become
  /// risky, beyond the second they fail.
  static let tolerableOffset: Int64 = 500_000
  static let fatalOffset: Int64 = 2_000_000

  /// Only what is certain counts: the bound of the error speaks for us.
  static func judge(_ reading: ExaminationFact.ClockReading) -> Finding {
    switch reading {
    case .none: return .ok("clock", "the venue tells no time")
    case .unknown(let text): return .warn("clock", .clockUnknown, text)
    case .offset(let offset, let bound):
      let distance = offset == .min ? .max : abs(offset)
      let certain = distance.saturating(subtracting: bound)
      let detail =
        "the venue's is \(milliseconds(distance)) \(offset < 0 ? "behind" : "ahead of") ours, "
        + "give or take \(milliseconds(bound))"
      if certain > fatalOffset { return .fail("clock", .clockOff, detail) }
      if certain > tolerableOffset { return .warn("clock", .clockOff, detail) }
      return .ok("clock", detail)
    }
  }

  static func judge(_ upgrade: ExaminationFact.Upgrade) -> Finding {
    switch upgrade {
    case .opened(let time): .ok("websocket", "open in \(milliseconds(time))")
    case .refused(let status): .fail("websocket", .wsRefused, "HTTP status \(status)")
    case .failed(let text): .fail("websocket", .wsFailed, text)
    }
  }

  static func judge(_ listening: ExaminationFact.Listening) -> [Finding] {
    listening.channels.map { heard in
      let (check, symbol) = (heard.channel.rawValue, listening.symbol)
      switch heard.outcome {
      case .data(let time): return .ok(check, "\(symbol) after \(milliseconds(time))")
      case .down(let cause):
        let words = listening.lastError.map { "; \($0)" } ?? ""
        return .fail(check, .channelRefused, "\(symbol) is down: \(cause)\(words)")
      case .silent(let cause):
        let words = cause.map { " (\($0))" } ?? ""
        let detail = "\(symbol): nothing within \(listening.seconds) s\(words)"
        // Trades come when somebody trades.
        return heard.channel == .trade
          ? .warn(check, .channelQuiet, detail) : .fail(check, .channelSilent, detail)
      }
    }
  }

  /// Two digits or more: `0.3 ms`, `12 ms`, `30000 ms`.
  private static func milliseconds(_ microseconds: Int64) -> String {
    microseconds >= 10_000
      ? "\(microseconds / 1_000) ms" : "\(microseconds / 1_000).\(microseconds / 100 % 10) ms"
  }
}
