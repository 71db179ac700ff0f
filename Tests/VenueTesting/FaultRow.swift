import PerpCore
import PerpSim
import PerpVenue
import Testing

/// A row of the fault table (`reliability.md` X) that every venue's session must stand, judged on
/// a virtual clock: what is injected and what must come of it.
package struct FaultRow: Sendable, CustomTestStringConvertible {
  package let id: String
  let title: String
  private let judge: @Sendable (VenueUnderTest) throws -> Evidence

  struct Evidence {
    var isMet: Bool
    var fields: KeyValuePairs<String, Any>
  }

  init(
    _ id: String, _ title: String,
    _ judge: @escaping @Sendable (VenueUnderTest) throws -> Evidence
  ) {
    self.id = id
    self.title = title
    self.judge = judge
  }

  package var testDescription: String { "\(id) \(title)" }

  /// Prints the line of evidence.
  package func holds(on venue: VenueUnderTest) throws -> Bool {
    let found = try judge(venue)
    evidence(id, venue.descriptor.id.description, found.isMet, found.fields)
    return found.isMet
  }
}

/// One line of evidence for a row of the fault table, as JSON on standard output.
package func evidence(
  _ row: String, _ venue: String, _ isMet: Bool, _ fields: KeyValuePairs<String, Any>
) {
  let rest = fields.map { ",\"\($0.key)\":\($0.value)" }.joined()
  print("{\"evid\":\"\(row)\",\"venue\":\"\(venue)\",\"ok\":\(isMet)\(rest)}")
}

extension FaultRow {
  /// Rows of the transport have theirs over real sockets in PerpIOTests too.
  package static let all: [FaultRow] =
    [stall, halfOpen, freeze, drip, fragments, garbage, huge, lostAcknowledgement, unreachable]
    + [unknownMembers, ban, slowNetwork, relisting, noFunding, renewal, quietHours]
    + ["bad-utf8", "bad-opcode", "rsv", "masked", "big-control"].map(brokenFrames)
    + ["drop", "duplicate", "reorder"].map(damagedBooks)
    + [1000, 1001, 1006, 1008, 1011, 1012, 1013].map(close)

  static let stall = FaultRow("X01", "a feed stalls, pings are answered") { venue in
    var run = try FaultRun(venue, "stall:bbo:\(venue.symbols[0])@20s+40s")
    run.run(to: 90)
    let topic = Topic(.bbo, run.victim)
    guard let stale = run.states(topic).first(where: { $0.status.state == .stale }),
      let last = run.quotes(run.victim).last(where: { $0.ms <= stale.ms })?.ms,
      let limit = stale.status.limitMilliseconds, let down = run.first(.down, after: stale.ms)
    else { return Evidence(isMet: false, fields: ["detected": false]) }
    let again = run.subscriptions(topic, after: stale.ms)
    let othersGap = run.quotes(run.bystander).filter { $0.ms <= down }
      .reduce((last: UInt64(0), most: UInt64(0))) {
        ($1.ms, $0.last == 0 ? 0 : max($0.most, $1.ms - $0.last))
      }.most
    // Data may have shown life after the last quote: the state of the book need not change it.
    let isMet =
      stale.ms - last <= limit + 2_000 && (again.first ?? .max) <= stale.ms + 2_000
      && again.count { $0 < down } == 2 && run.isAllLive && run.isSound
    return Evidence(
      isMet: isMet,
      fields: [
        "detect_ms": stale.ms - last, "limit_ms": limit,
        "action": "\"resubscribe x2, reconnect\"", "others_gap_ms": othersGap,
      ])
  }

  static let halfOpen = FaultRow("X02", "the peer vanishes without a word") { venue in
    var run = try FaultRun(venue, "half-open@20s+1s")
    run.run(to: 60)
    guard let down = run.first(.down, after: 20_000), let live = run.first(.live, after: down)
    else { return Evidence(isMet: false, fields: ["detected": false]) }
    let detected = min(run.first(.stale, after: 20_000) ?? .max, down)
    return Evidence(
      isMet: detected <= 24_000 && down <= 30_000 && run.isAllLive && run.isSound,
      fields: ["detect_ms": detected - 20_000, "recover_ms": live - 20_000])
  }

  static let freeze = FaultRow("X03", "the time stamps stand still though data flow") { venue in
    var run = try FaultRun(venue, "freeze@20s+30s")
    run.run(to: 70)
    let late = run.quotes(run.victim)
      .filter { (26_000..<50_000).contains($0.ms) && $0.bbo.header.venueTime != nil }
    let unflagged = late.count { !$0.bbo.flags.contains(.lagging) }
    // Some venues stamp no quotes: then there is nothing to freeze.
    let isStamped = run.quotes(run.victim).contains { $0.bbo.header.venueTime != nil }
    return Evidence(
      isMet: late.isEmpty != isStamped && unflagged == 0 && run.isAllLive && run.isSound,
      fields: ["flagged": late.count - unflagged, "unflagged": unflagged])
  }

  static let drip = FaultRow("X06", "one byte at a time") { venue in
    let symbols = [venue.symbols[0]]
    var whole = try FaultRun(venue, "", channels: [.bbo], symbols: symbols)
    var sliced = try FaultRun(venue, "drip=1/1@1s+1s", channels: [.bbo], symbols: symbols)
    whole.run(to: 10)
    sliced.run(to: 60)
    let expected = Dictionary(
      whole.quotes(symbols[0]).map { ($0.bbo.venueSequence, [$0.bbo.bid, $0.bbo.ask]) },
      uniquingKeysWith: { $1 })
    let got = Dictionary(
      sliced.quotes(symbols[0]).map { ($0.bbo.venueSequence, [$0.bbo.bid, $0.bbo.ask]) },
      uniquingKeysWith: { $1 })
    let common = expected.filter { got[$0.key] != nil }
    let isEqual = common.count > 20 && common.allSatisfy { got[$0.key]! == $0.value }
    return Evidence(
      isMet: isEqual && sliced.isSound, fields: ["equal": isEqual, "messages": common.count])
  }

  static let fragments = FaultRow("X07", "a frame in a thousand pieces, pings between") { venue in
    var run = try FaultRun(venue, "fragment=1000@10s+10s")
    run.run(to: 40)
    let isMet = run.first(.down, after: 10_000) == nil && run.isAllLive && run.isSound
    return Evidence(isMet: isMet, fields: ["accepted": isMet])
  }

  static func brokenFrames(_ kind: String) -> FaultRow {
    FaultRow("X08", "broken frames: \(kind)") { venue in
      var run = try FaultRun(venue, "\(kind)@15s")
      run.run(to: 60)
      let cause = run.causeOfFirstDown(after: 15_000)
      return Evidence(
        isMet: cause == "protocol_error" && run.isAllLive && run.isSound,
        fields: ["case": "\"\(kind)\"", "cause": "\"\(cause ?? "")\""])
    }
  }

  static let garbage = FaultRow("X09", "garbage instead of messages") { venue in
    var few = try FaultRun(venue, "garbage:bbo@10s+3s%1")
    few.run(to: 30)
    let survived = few.first(.down, after: 10_000) == nil && few.decodeErrors > 0
    var many = try FaultRun(venue, "garbage@10s+20s%90")
    many.run(to: 90)
    let reconnected = many.first(.down, after: 10_000) != nil && many.decodeErrors >= 5
    return Evidence(
      isMet: survived && reconnected && few.isAllLive && many.isAllLive && few.isSound
        && many.isSound,
      fields: ["dropped": few.decodeErrors + many.decodeErrors, "alive": few.isAllLive])
  }

  static let huge = FaultRow("X10", "a message of 50 MB") { venue in
    var run = try FaultRun(venue, "huge=50000000@15s")
    run.run(to: 60)
    let cause = run.causeOfFirstDown(after: 15_000)
    return Evidence(
      isMet: cause == "too_large" && run.isAllLive && run.isSound,
      fields: [
        "cap_bytes": WebSocketRequest(url: "").maxMessageBytes, "cause": "\"\(cause ?? "")\"",
      ])
  }

  static func damagedBooks(_ kind: String) -> FaultRow {
    FaultRow("X12", "deltas damaged: \(kind)") { venue in
      guard venue.channels.contains(.book) else { return Evidence(isMet: true, fields: [:]) }
      var run = try FaultRun(venue, "\(kind):book@5s+60s%2")
      run.run(to: 100)
      let resyncs = run.oracle.entered[.resync] ?? 0
      return Evidence(
        isMet: (kind == "duplicate" ? resyncs == 0 : resyncs > 0)
          && run.oracle.booksCompared > 1_000 && run.isAllLive && run.isSound,
        fields: [
          "case": "\"\(kind)\"", "resyncs": resyncs, "diff": run.oracle.violations.count,
        ])
    }
  }

  static let lostAcknowledgement = FaultRow("X17", "an acknowledgement is lost") { venue in
    var run = try FaultRun(venue, "no-ack@0s+30s")
    run.run(to: 60)
    let tries = run.subscriptions(Topic(venue.watched, run.victim), after: 0).count
    return Evidence(
      isMet: run.isAllLive && run.isSound && run.attempts.count == 1, fields: ["tries": tries])
  }

  package static func close(_ code: Int) -> FaultRow {
    FaultRow("X18", "close code \(code)") { venue in
      var run = try FaultRun(venue, code == 1006 ? "abort@20s" : "close=\(code)@20s")
      run.run(to: 80)
      let down = run.states(Topic(venue.watched, run.victim))
        .first { $0.status.state == .down }?.status
      guard let down, let retry = down.retryMilliseconds else {
        return Evidence(isMet: false, fields: ["code": code])
      }
      let floor: UInt64 = [1008: 5_000, 1012: 2_000, 1013: 2_000][code] ?? 0
      return Evidence(
        isMet: down.cause == "closed_\(code)" && retry >= floor && run.isAllLive && run.isSound,
        fields: ["code": code, "retry_ms": retry])
    }
  }

  static let unreachable = FaultRow("X19", "nothing to connect to for a minute") { venue in
    var run = try FaultRun(venue, "")
    run.run(to: 180, outage: 20..<80)
    let tries = run.attempts.filter { (20_000..<85_000).contains($0) }
    return Evidence(
      isMet: tries.count >= 3 && run.isAllLive && run.isSound, fields: ["attempts": tries.count])
  }
}
