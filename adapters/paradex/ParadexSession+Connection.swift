import PerpCore
import PerpVenue

extension ParadexSession {
  mutating func connected(at now: Moment, into actions: inout [VenueAction]) {
    forgetPending()
    decodeErrors = RollingWindow(limit: decodeErrors.limit, per: decodeErrors.span)
    for index in markets.indices {
      for channel in Channel.allCases where markets[index][channel] != nil {
        // A venue may count anew after a restart; what came before is no measure.
        markets[index].forgetData(of: channel)
        markets[index][channel]!.enter(
          .connecting, cause: "subscribing", epoch: connection.epoch, at: now, into: &actions)
        subscriptions.append(Subscription(index: index, channel: channel, isWanted: true))
      }
    }
    drainQueues(at: now, into: &actions)
  }

  mutating func closed(
    _ id: ConnectionID, _ reason: CloseReason, at now: Moment, into actions: inout [VenueAction]
  ) {
    let floor = Self.backoffFloor(reason)
    guard let retry = connection.closed(id, at: now.monotonic, floor: floor) else { return }
    changeVersion(reason, into: &actions)
    lost(
      cause: Self.cause(reason), detail: Self.detail(reason), retry: retry, at: now,
      into: &actions)
  }

  /// Gives up the connection that stands, for a reason of our own.
  mutating func reconnect(cause: String, at now: Moment, into actions: inout [VenueAction]) {
    let retry = connection.abandon(at: now.monotonic, code: 1001, into: &actions)
    lost(cause: cause, retry: retry, at: now, into: &actions)
  }

  private mutating func lost(
    cause: String, detail: String = "", retry: UInt64, at now: Moment,
    into actions: inout [VenueAction]
  ) {
    forgetPending()
    for index in markets.indices {
      markets[index].builder.void()
      for channel in Channel.allCases where markets[index][channel] != nil {
        markets[index][channel]!.enter(
          .down, cause: cause, at: now, attempt: connection.failures, retry: retry, into: &actions)
      }
    }
    setTimers()
    actions.append(
      .note(
        Note(
          .warning,
          "paradex: connection lost (\(cause)\(detail.isEmpty ? "" : ": \(detail)")), "
            + "next attempt in \(retry / 1_000_000) ms")))
  }

  /// What was sent or waited on the old connection means nothing on a new one, and neither does
  /// an answer that was asked for to go with it.
  mutating func forgetPending() {
    subscriptions.removeAll()
    unanswered.removeAll()
    questions.removeAll()
    requests = requests.filter { $1.purpose == .markets || $1.purpose == .clock }
  }

  /// Not every node knows every version: after an upgrade was answered with 400 the next attempt
  /// asks for version 1, and should that be refused as well, for the wanted one again.
  private mutating func changeVersion(_ reason: CloseReason, into actions: inout [VenueAction]) {
    guard reason == .refused(status: 400), options.settings["encoding"] != "json" else { return }
    let wanted = Self.webSocketRequest(options, version: nil)
    let oldest = Self.webSocketRequest(options, version: "1")
    guard wanted != oldest else { return }
    connection.request = connection.request == wanted ? oldest : wanted
    actions.append(
      .note(
        Note(
          .notice, "paradex: the venue refuses this sbe_version; next is \(connection.request.url)"
        )))
  }

  /// Nanoseconds to wait at least: a venue that says it is overloaded or restarting means it.
  private static func backoffFloor(_ reason: CloseReason) -> UInt64 {
    switch reason {
    case .refused(status: 429), .refused(status: 403): Nanoseconds.seconds(60)
    case .refused(status: 503), .closed(code: 1012, _), .closed(code: 1013, _):
      Nanoseconds.seconds(2)
    case .closed(code: 1008, _): Nanoseconds.seconds(5)
    default: 0
    }
  }

  private static func cause(_ reason: CloseReason) -> String {
    switch reason {
    case .unreachable: "unreachable"
    case .refused(let status): "refused_\(status)"
    case .closed(let code, _): "closed_\(code)"
    case .lost: "closed_1006"
    }
  }

  /// What people may want to know beyond the cause.
  private static func detail(_ reason: CloseReason) -> String {
    switch reason {
    case .unreachable(let text), .lost(let text), .closed(_, let text): text
    case .refused: ""
    }
  }
}

extension ParadexSession.MarketState {
  subscript(channel: Channel) -> Stream? {
    get {
      switch channel {
      case .bbo: bbo
      case .trade: trade
      case .book: book
      case .funding: funding
      }
    }
    set {
      switch channel {
      case .bbo: bbo = newValue
      case .trade: trade = newValue
      case .book: book = newValue
      case .funding: funding = newValue
      }
    }
  }

  /// What came by a channel is of no use once the channel has ended.
  mutating func forgetData(of channel: Channel) {
    switch channel {
    case .bbo: quote = nil
    case .trade: break
    case .book:
      builder.void()
      emittedSequence = nil
    case .funding:
      summary = nil
      fundingData = nil
    }
  }

  mutating func forgetAll() {
    for channel in Channel.allCases {
      self[channel] = nil
      forgetData(of: channel)
    }
  }
}
