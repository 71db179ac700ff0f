import PerpCore
import PerpVenue

// MARK: - What clients say

extension Gateway {
  /// Whether the client may give another command now. One that does not read its answers, or
  /// talks too fast, waits: what it has sent is not lost.
  package func listens(to id: ClientID, at now: Moment) -> Bool {
    guard let client = clients[id], !client.isCut, !isStopping else { return false }
    guard client.outlet.ready.count < limits.unreadBytes else { return false }
    return client.budget.take(at: now.monotonic)
  }

  /// A line of the client, without its LF.
  package func receive(_ text: RawSpan, from id: ClientID, at now: Moment) {
    guard let client = hear(id, at: now) else { return }
    // White space alone, such as of a CR, is no line.
    guard !text.isBlank else { return }
    let request = Request(text, venues: venues.map(\.id))
    switch request.command {
    case .failure(let refusal): refuse(client, request.id, refusal, at: now)
    case .success(let command): carryOut(command, request.id ?? "null", for: client, at: now)
    }
  }

  /// A line of the client that is longer than a line may be, and was passed over.
  package func receiveTooLong(limit: Int, from id: ClientID, at now: Moment) {
    guard let client = hear(id, at: now) else { return }
    refuse(
      client, nil, Refusal(Refusal.invalidRequest, "a line is at most \(limit) bytes"), at: now)
  }

  private func hear(_ id: ClientID, at now: Moment) -> Client? {
    guard let client = clients[id], !client.isCut, !isStopping else { return nil }
    client.lines += 1
    client.heard = now
    counters.commands += 1
    return client
  }

  private func carryOut(
    _ command: Command, _ id: String, for client: Client, at now: Moment
  ) {
    let isFirst = client.state == .silent
    client.state = .active
    if isFirst { setHeartbeat(limits.heartbeat, of: client, at: now) }
    switch command {
    case .hello(let hello): greet(client, id, hello, isFirst: isFirst, at: now)
    case .subscribe(let selection, let view):
      subscribe(client, id: id, selection, view, at: now)
    case .unsubscribe(let selection):
      let count = unsubscribe(client, selection, at: now)
      reply(to: client, id, at: now) { $0.put("unsubscribed", Int64(count)) }
    case .snapshot(let selection):
      let topics = snapshot(client, selection)
      reply(to: client, id, at: now) { $0.put("snapshots", Int64(topics.count)) }
      send(topics, to: client, at: now)
    case .markets(let selection): tellMarkets(client, id, selection, at: now)
    case .place, .batch, .cancel, .cancelAll, .modify, .query, .orders, .positions, .balances,
      .accountLimits, .arm, .disarm, .panic:
      carryOutOrder(command, id, for: client, at: now)
    case .status: reply(to: client, id, at: now) { writeStatus(into: &$0, at: now) }
    case .stats: reply(to: client, id, at: now) { writeStats(into: &$0, at: now) }
    case .ping: reply(to: client, id, at: now) { $0.put("ts", now.wall) }
    case .beat: reply(to: client, id, at: now) { _ in }
    case .shutdown:
      guard client.role == .trade else {
        let refusal = Refusal(Refusal.refused, "auth", "only a client that may trade can end us")
        return refuse(client, id, refusal, at: now)
      }
      reply(to: client, id, at: now) { _ in }
      stop(reason: "shutdown", at: now)
    }
    advance(client)
  }

  // MARK: Replies

  func reply(
    to client: Client, _ id: String, at now: Moment, _ write: (inout ByteBuffer) -> Void
  ) {
    var text = ByteBuffer(capacity: 256)
    text.append(#"{"id":"#)
    text.append(id)
    text.append(#","result":{"#)
    write(&text)
    text.append("}}\n")
    client.outlet.put(lossless: text.bytes)
    touched(client, at: now)
  }

  /// A line whose `id` cannot be read is answered by an `error` that names the line.
  func refuse(_ client: Client, _ id: String?, _ refusal: Refusal, at now: Moment) {
    counters.refusals += 1
    guard let id else {
      let report = ErrorReport(
        venue: nil, place: "command", reason: refusal.reason, message: refusal.message,
        reference: "line \(client.lines)", time: now.wall)
      client.outlet.put(.error(report), at: now)
      return touched(client, at: now)
    }
    var text = ByteBuffer(capacity: 256)
    text.append(#"{"id":"#)
    text.append(id)
    text.append(#","error":"#)
    text.append(refusal)
    text.append("}\n")
    client.outlet.put(lossless: text.bytes)
    touched(client, at: now)
  }

  // MARK: hello

  private func greet(
    _ client: Client, _ id: String, _ hello: Command.Hello, isFirst: Bool, at now: Moment
  ) {
    var replay: ClosedRange<UInt64>?
    if let last = hello.resume {
      if let refusal = problem(last, hello.journal, isFirst: isFirst) {
        if isFirst { client.state = .silent }
        return refuse(client, id, refusal, at: now)
      }
      client.next = last + 1
      client.replayed = journal.last
      if last < journal.last { replay = last + 1...journal.last }
    }
    if let deadMan = hello.deadMan { client.deadMan = deadMan }
    if let cancels = hello.cancelsOnDisconnect { client.cancelsOnDisconnect = cancels }
    if hello.resume != nil, client.role == .trade { adoptOrphans(client) }
    client.bareNumbers = hello.bareNumbers
    client.outlet.bareNumbers = hello.bareNumbers
    client.beat = hello.beatMilliseconds.map { $0 * 1_000_000 }
    if let beat = client.beat { mustWake(by: now.monotonic + beat) }
    if let milliseconds = hello.heartbeatMilliseconds {
      setHeartbeat(Nanoseconds.milliseconds(Int(milliseconds)), of: client, at: now)
    }
    if let parent = hello.parent { actions.append(.watch(client.id, parent: parent)) }
    reply(to: client, id, at: now) { line in
      guard hello.resume != nil else { return }
      line.put("replay")
      line.append("{")
      if let replay {
        line.put("from", Int64(replay.lowerBound))
        line.put("to", Int64(replay.upperBound))
      }
      line.append("}")
    }
  }

  private func problem(_ last: UInt64, _ id: String?, isFirst: Bool) -> Refusal? {
    if !isFirst {
      return Refusal(Refusal.refused, "unsupported", "only the first command can resume")
    }
    if let id, id != journal.id {
      return Refusal(
        Refusal.refused, "unsupported",
        "there is another journal now, \(journal.id): say hello without resume")
    }
    if last > journal.last {
      return Refusal(
        Refusal.refused, "unsupported",
        "the journal ends at \(journal.last): \(last) is not of it; say hello without resume")
    }
    return nil
  }

  // MARK: markets

  private func tellMarkets(
    _ client: Client, _ id: String, _ selection: Command.Selection, at now: Moment
  ) {
    let chosen = venues.filter { selection.venues?.contains($0.id) ?? true }
    var symbols: Set<VenueTopic> = []
    var scope = selection
    scope.channels = nil
    do throws(Refusal) {
      let meaning = try meaning(of: scope)
      if let venue = meaning.unknown.first {
        throw Refusal(Refusal.refused, "venue_down", "\(venue)'s markets are not known yet")
      }
      symbols = Set(meaning.topics.map { VenueTopic($0.venue, Topic(.bbo, $0.topic.symbol)) })
    } catch {
      return refuse(client, id, error, at: now)
    }
    reply(to: client, id, at: now) { $0.put("markets", Int64(symbols.count)) }
    for venue in chosen {
      guard let markets = markets[venue.id] else { continue }
      for symbol in markets.symbols
      where symbols.contains(VenueTopic(venue.id, Topic(.bbo, symbol))) {
        client.outlet.put(.market(markets[symbol]!), at: now)
      }
    }
    touched(client, at: now)
  }
}

extension RawSpan {
  fileprivate var isBlank: Bool {
    for index in 0..<byteCount {
      switch unsafeLoad(fromByteOffset: index, as: UInt8.self) {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): continue
      default: return false
      }
    }
    return true
  }
}
