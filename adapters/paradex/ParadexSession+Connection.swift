import PerpCore
import PerpVenue

extension ParadexSession {
  mutating func connected(at now: Moment, into actions: inout [VenueAction]) {
    forgetPending()
    for index in markets.indices {
      markets[index].builder.void()
      // A venue may count anew after a restart; what came before is no measure.
      markets[index].quote = nil
      markets[index].emittedSequence = nil
      for channel in Channel.allCases where markets[index][channel] != nil {
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
    fallBackToOlderVersion(reason, into: &actions)
    let floor = Self.backoffFloor(reason)
    guard let retry = connection.closed(id, at: now.monotonic, floor: floor) else { return }
    lost(cause: Self.cause(reason), retry: retry, at: now, into: &actions)
  }

  /// Gives up the connection that stands, for a reason of our own.
  mutating func reconnect(cause: String, at now: Moment, into actions: inout [VenueAction]) {
    let retry = connection.abandon(at: now.monotonic, code: 1001, into: &actions)
    lost(cause: cause, retry: retry, at: now, into: &actions)
  }

  private mutating func lost(
    cause: String, retry: UInt64, at now: Moment, into actions: inout [VenueAction]
  ) {
    forgetPending()
    for index in markets.indices {
      markets[index].builder.void()
      for channel in Channel.allCases where markets[index][channel] != nil {
        markets[index][channel]!.enter(
          .down, cause: cause, at: now, attempt: connection.failures, retry: retry, into: &actions)
      }
    }
    deadlines[.connection] = connection.deadline
    actions.append(
      .note(
        Note(
          .warning,
          "paradex: connection lost (\(cause)), next attempt in \(retry / 1_000_000) ms")))
  }

  /// What was sent or waited on the old connection means nothing on a new one.
  private mutating func forgetPending() {
    subscriptions.removeAll()
    unanswered.removeAll()
    questions.removeAll()
  }

  /// "On HTTP 400 at upgrade retry once with 1": not every node knows every version.
  private mutating func fallBackToOlderVersion(
    _ reason: CloseReason, into actions: inout [VenueAction]
  ) {
    guard reason == .refused(status: 400), options.settings["encoding"] != "json" else { return }
    let older = Self.webSocketRequest(options, version: "1")
    guard connection.request != older else { return }
    connection.request = older
    actions.append(
      .note(Note(.notice, "paradex: the venue refuses this sbe_version; asking for 1")))
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
}
