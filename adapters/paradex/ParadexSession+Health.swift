import PerpCore
import PerpVenue

extension ParadexSession {
  /// Looks at every stream whose time has come, and sets the timer for the next.
  mutating func checkHealth(at now: Moment, into actions: inout [VenueAction]) {
    guard connection.isOpen else { return }
    // Rhythms change, and with them the limits: look again soon, whatever they are now.
    var next = now.monotonic + Nanoseconds.seconds(1)
    for index in markets.indices {
      for channel in Channel.allCases where markets[index][channel] != nil {
        guard checkHealth(index, channel, at: now, into: &actions) else { return }
        next = min(next, markets[index][channel]?.health.deadline ?? .max)
      }
    }
    repeatUnanswered(at: now)
    deadlines.bring(.health, forwardTo: max(next, now.monotonic + 1))
    drainQueues(at: now, into: &actions)
  }

  /// False when the connection was given up.
  private mutating func checkHealth(
    _ index: Int, _ channel: Channel, at now: Moment, into actions: inout [VenueAction]
  ) -> Bool {
    guard var stream = markets[index][channel] else { return true }
    let silence = (now.monotonic - stream.health.lastProof) / 1_000_000
    let verdict = stream.health.check(at: now.monotonic)
    if verdict == .stale {
      stream.report(
        cause: "no_data", at: now, age: silence, limit: stream.health.limit / 1_000_000,
        into: &actions)
      if channel == .book { markets[index].builder.void() }
    }
    markets[index][channel] = stream
    switch verdict {
    case .sound, .stale: break
    case .probe: questions.append(.probe(index: index))
    case .resubscribe: resubscribe(index, channel)
    case .reconnect:
      // A connection that serves others is not given up for what may be a sleeping market.
      guard stream.health.isFailureProven || !isAnythingLive else {
        markets[index][channel]?.health.retryLater(at: now.monotonic)
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

  static let answerLimit = Nanoseconds.seconds(5)

  /// An answer that never came may mean a subscription that does not exist.
  private mutating func repeatUnanswered(at now: Moment) {
    for id in unanswered.keys.sorted() {
      guard let (subscription, sent) = unanswered[id], now.monotonic - sent >= Self.answerLimit
      else { continue }
      unanswered[id] = nil
      guard subscription.isWanted,
        let stream = markets[subscription.index][subscription.channel],
        stream.health.state != .live
      else { continue }
      resubscribe(subscription.index, subscription.channel)
    }
  }

  /// What the market looked like by REST, at the earliest when it was asked. If we hold the same,
  /// our streams are quiet, not stale; if not, they have until the limit of silence to catch up.
  mutating func probed(_ index: Int, _ quote: ParadexWire.BBO, sent: Moment, at now: Moment) {
    guard indexes[quote.market] == index else { return }
    if let held = markets[index].quote, held.bid == quote.bid, held.ask == quote.ask {
      markets[index].bbo?.health.confirmed(at: sent.monotonic)
    } else {
      markets[index].bbo?.health.contradicted()
    }
    if let sequence = markets[index].builder.sequence, quote.sequence <= sequence {
      markets[index].book?.health.confirmed(at: sent.monotonic)
    } else {
      markets[index].book?.health.contradicted()
    }
    deadlines.bring(.health, forwardTo: now.monotonic + 1)
  }
}
