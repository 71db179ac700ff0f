import PerpCore

extension MarketDataFeed {
  /// Looks at every stream whose time has come, and sets the timer for the next.
  mutating func checkHealth(at now: Moment, into actions: inout VenueActions) {
    guard isReady else { return }
    noteUnanswered(at: now)
    // Rhythms change, and with them the limits: look again soon, whatever they are now.
    var next = now.monotonic + Nanoseconds.seconds(1)
    for index in markets.indices {
      for channel in Channel.allCases where markets[index][channel] != nil {
        guard checkHealth(index, channel, at: now, into: &actions) else { return }
        next = min(next, markets[index][channel]?.health.deadline ?? .max)
      }
    }
    deadlines.bring(.health, forwardTo: max(next, now.monotonic + 1))
    drainQueues(at: now, into: &actions)
  }

  /// False when the connection was given up.
  private mutating func checkHealth(
    _ index: Int, _ channel: Channel, at now: Moment, into actions: inout VenueActions
  ) -> Bool {
    guard var stream = markets[index][channel] else { return true }
    let silence = (now.monotonic - stream.health.lastProof) / 1_000_000
    let verdict = stream.health.check(at: now.monotonic)
    if verdict == .stale {
      stream.report(
        cause: "no_data", at: now, age: silence, limit: stream.health.limit / 1_000_000,
        into: &actions)
      if channel == .book { markets[index].builder.void() }
      if channel == .bbo { markets[index].top.void() }
    }
    markets[index][channel] = stream
    switch verdict {
    case .sound, .stale: break
    case .probe: questions.append(.probe(index))
    case .resubscribe: resubscribe(index, channel)
    case .reconnect:
      // A connection that serves others is not given up for what may be a sleeping market.
      guard stream.health.isFailureProven || !isAnythingLive else {
        markets[index][channel]?.health.putOff(at: now.monotonic, &random)
        return true
      }
      reconnect(cause: "no_data", at: now, into: &actions)
      return false
    }
    return true
  }

  private var isAnythingLive: Bool {
    markets.contains { market in
      Channel.allCases.contains { market[$0]?.health.state == .live }
    }
  }

  /// An answer that never came may mean a subscription that does not exist.
  private mutating func noteUnanswered(at now: Moment) {
    let within = limits.answerWithin
    let late = unanswered.filter { now.monotonic - $0.sent >= within }
    unanswered.removeAll { now.monotonic - $0.sent >= within }
    for (_, subscription, _) in late where subscription.isWanted {
      let (index, wire) = (subscription.index, subscription.channel)
      let waiting = channels(of: wire, in: index)
      for channel in waiting { markets[index][channel]?.health.unanswered(at: now.monotonic) }
      // A companion is asked for again with the channel it goes with.
      if waiting.isEmpty { markets[index].subscribed &= ~wire.bit }
    }
  }
}
