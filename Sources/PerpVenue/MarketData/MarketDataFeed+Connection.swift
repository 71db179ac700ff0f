import PerpCore

extension MarketDataFeed {
  mutating func opened(
    _ id: ConnectionID, at now: Moment, into actions: inout VenueActions
  ) {
    guard connection.opened(id, at: now.monotonic) else { return }
    decodeErrors = RollingWindow(limit: decodeErrors.limit, per: decodeErrors.span)
    if limits.waitsForGreeting {
      deadlines[.greeting] = now.monotonic + limits.answerWithin
    } else {
      ready(at: now, into: &actions)
    }
  }

  /// The venue has spoken first, as its custom is.
  package mutating func greeted(at now: Moment, into actions: inout VenueActions) {
    guard connection.isOpen, !isReady else { return }
    deadlines[.greeting] = nil
    ready(at: now, into: &actions)
  }

  private mutating func ready(at now: Moment, into actions: inout VenueActions) {
    forgetPending()
    isReady = true
    deadlines[.keepAlive] = limits.keepAliveEvery.map { now.monotonic + $0 }
    for index in markets.indices {
      markets[index].subscribed = 0
      for channel in Channel.allCases where markets[index][channel] != nil {
        // A venue may count anew after a restart; what came before is no measure.
        markets[index].forgetData(of: channel)
        markets[index][channel]!.enter(
          .connecting, cause: "subscribing", epoch: connection.epoch, at: now, into: &actions)
        request(channel, of: index)
      }
    }
    drainQueues(at: now, into: &actions)
  }

  mutating func closed(
    _ id: ConnectionID, _ reason: CloseReason, at now: Moment, into actions: inout VenueActions
  ) {
    if id == connection.id, dialect.bars(reason) {
      return barConnection(reason, at: now, into: &actions)
    }
    let floor = dialect.backoffFloor(after: reason)
    guard let retry = connection.closed(id, at: now.monotonic, floor: floor) else { return }
    if reason == .refused(status: 403) {
      report(
        "connection",
        "\(dialect.venue) refuses us at \(connection.request.url) (\(reason.cause)):"
          + " the next attempt is in \(retry / 1_000_000_000) s", at: now, into: &actions)
    }
    lost(cause: reason.cause, detail: reason.detail, retry: retry, at: now, into: &actions)
  }

  /// Gives up the connection that stands, for a reason of our own.
  package mutating func reconnect(
    cause: String, at now: Moment, into actions: inout VenueActions
  ) {
    let retry = connection.abandon(at: now.monotonic, code: 1001, into: &actions)
    lost(cause: cause, retry: retry, at: now, into: &actions)
  }

  private mutating func lost(
    cause: String, detail: String = "", retry: UInt64, at now: Moment,
    into actions: inout VenueActions
  ) {
    forgetPending()
    for index in markets.indices {
      markets[index].builder.void()
      markets[index].top.void()
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
          "\(dialect.venue): connection lost (\(cause)\(detail.isEmpty ? "" : ": \(detail)")), "
            + "next attempt in \(retry / 1_000_000) ms")))
  }

  /// What was sent or waited on the old connection means nothing on a new one, and neither does
  /// an answer that was asked for to go with it.
  mutating func forgetPending() {
    isReady = false
    subscriptions.removeAll()
    unanswered.removeAll()
    questions.removeAll()
    requests = requests.filter { $1.question.market == nil }
  }
}

extension CloseReason {
  /// One word for it, as `stream` events have it.
  var cause: String {
    switch self {
    case .unreachable: "unreachable"
    case .refused(let status): "refused_\(status)"
    case .closed(let code, _): "closed_\(code)"
    case .violation(code: 1009, _): "too_large"
    case .violation: "protocol_error"
    case .lost: "closed_1006"
    }
  }

  /// What people may want to know beyond the cause.
  var detail: String {
    switch self {
    case .unreachable(let text), .lost(let text), .closed(_, let text), .violation(_, let text):
      text
    case .refused: ""
    }
  }
}
