import PerpCore

/// Whether one stream is sound, judged by its data alone: keep-alives and acknowledgements are no
/// proof. How much silence is too much follows the stream's own rhythm, so that a quiet market
/// raises no false alarm and a busy one is missed within seconds.
package struct StreamHealth: Sendable {
  package struct Policy: Sendable {
    /// The limit of silence is `patience` times the average distance between frames, kept between
    /// these two, in nanoseconds.
    package var shortest = Nanoseconds.seconds(3)
    package var longest = Nanoseconds.seconds(60)
    package var patience: UInt64 = 20
    /// Half-way to the limit the session may ask the venue in another way whether it is just quiet.
    package var canBeProbed = false
    /// Silence means nothing before the stream has shown a rhythm.
    package var isQuietByNature = false
    /// A request is always answered with data, so that their absence is a proof.
    package var answersAtOnce = false
    /// The time between attempts to get the first data, and how many before the connection is
    /// given up.
    package var retryAfter = Nanoseconds.seconds(2)
    package var triesBeforeReconnect = 2
    /// Nanoseconds that a venue's time stamp may lie in the past.
    package var maxLag = Nanoseconds.seconds(5)

    package init() {}
  }

  package enum Verdict: Equatable, Sendable {
    case sound, probe, stale, resubscribe, reconnect
  }

  /// Between two requests that are put off, at first and at most.
  private static let shortestLeisure = Nanoseconds.seconds(60)
  private static let longestLeisure = Nanoseconds.seconds(3_600)

  package let policy: Policy
  package private(set) var state = StreamStatus.State.connecting
  /// When data, or another proof that there are none, came last.
  package private(set) var lastProof: UInt64 = 0
  /// When data were asked for last: what tells one subscription from the one that renews it.
  package private(set) var requestedAt: UInt64 = 0
  private var lastData: UInt64 = 0
  private var averageGap: UInt64
  private var frames = 0
  private var wasProbed = false
  private var tries = 0
  /// How long the last request was put off at most; zero while it is urgent.
  private var leisure: UInt64 = 0
  /// The venue has shown in another way that data exist which did not come.
  private var isContradicted = false
  /// Never while a request waits to be sent: nothing can be missed that was not asked for.
  private var nextTry = UInt64.max

  package init(policy: Policy) {
    self.policy = policy
    averageGap = policy.shortest / policy.patience
  }

  /// The limit of silence as the stream's rhythm has it now, in nanoseconds.
  package var limit: UInt64 {
    min(max(averageGap * policy.patience, policy.shortest), policy.longest)
  }

  /// When `check` has something to say, at the earliest.
  package var deadline: UInt64 {
    switch state {
    case .live:
      guard watchesSilence else { return .max }
      return lastProof + (policy.canBeProbed && !wasProbed ? limit / 2 : limit)
    case .connecting, .stale, .gap, .resync: return nextTry
    case .down: return .max
    }
  }

  /// A quiet stream is watched once it has a rhythm, and one that `longest` can judge.
  private var watchesSilence: Bool {
    !policy.isQuietByNature
      || (frames >= 32 && averageGap * policy.patience <= policy.longest)
  }

  /// A request for the stream has been sent; data are due.
  package mutating func requested(at now: UInt64) {
    nextTry = policy.isQuietByNature ? .max : now + policy.retryAfter
    requestedAt = now
    lastProof = now
    wasProbed = false
  }

  /// A request for the stream waits to be sent: what still comes belongs to the one before.
  package mutating func renewing(at now: UInt64) {
    nextTry = .max
    requestedAt = now
  }

  /// The request was not even acknowledged. It is made again before its data are missed, which of
  /// what is quiet by nature is never; but not before its time if it was put off.
  package mutating func unanswered(at now: UInt64) {
    guard state != .live, leisure == 0 || nextTry == .max else { return }
    nextTry = min(nextTry, now)
  }

  /// Data came. True when that changes the state, which is then live, or stale when `isLate`.
  @inline(__always)
  package mutating func data(at now: UInt64, isLate: Bool = false) -> Bool {
    // The length of an outage is not of the stream's making; but what cannot be probed may just
    // have been quiet.
    if frames > 0, state == .live || !policy.canBeProbed { learn(gap: now - lastData) }
    frames &+= 1
    lastData = now
    lastProof = now
    wasProbed = false
    (tries, leisure) = (0, 0)
    isContradicted = false
    // Late data may cease as well.
    nextTry = isLate && watchesSilence ? now + limit : .max
    let next: StreamStatus.State = isLate ? .stale : .live
    guard next != state else { return false }
    state = next
    return true
  }

  /// The venue has shown in another way that nothing new existed at `time`. Such a silence is part
  /// of the rhythm: a market that sleeps is not asked every other second.
  package mutating func confirmed(at time: UInt64) {
    guard state == .live, time > lastProof else { return }
    learn(gap: time - lastData)
    lastProof = time
    wasProbed = false
  }

  /// The venue has shown in another way that we lack something new.
  package mutating func contradicted() { isContradicted = true }

  /// Whether it is sure that data are missing. A silence alone may be the market's.
  package var isFailureProven: Bool {
    isContradicted || policy.answersAtOnce || state == .gap || state == .resync
  }

  /// Goes on asking, but at leisure, for others need the messages more: once at a time, after a
  /// wait that doubles. Half of it is random, or all that fell silent together would ask together.
  package mutating func putOff(at now: UInt64, _ random: inout Random) {
    tries = policy.triesBeforeReconnect - 1
    leisure = min(max(leisure * 2, Self.shortestLeisure), Self.longestLeisure)
    nextTry = now + leisure / 2 + UInt64(random.below(Int(leisure / 2)))
  }

  /// Moves the average a sixteenth of the way to the newest gap. What is quiet by nature comes in
  /// bursts, which say little of the silence between them: there short gaps hardly count, and a
  /// longer one counts in full.
  private mutating func learn(gap: UInt64) {
    guard policy.isQuietByNature else {
      averageGap = averageGap - averageGap / 16 + gap / 16
      return
    }
    let isWithinBurst = gap < averageGap / 16
    averageGap = max(averageGap - averageGap / (isWithinBurst ? 256 : 16), gap)
  }

  /// Enters another state than live; false when it is in it already.
  package mutating func enter(_ next: StreamStatus.State, at now: UInt64) -> Bool {
    if next == .connecting || next == .down {
      (tries, leisure) = (0, 0)
      frames = 0
      isContradicted = false
      nextTry = .max
    }
    guard next != state else { return false }
    state = next
    return true
  }

  package mutating func check(at now: UInt64) -> Verdict {
    guard now >= deadline else { return .sound }
    switch state {
    case .live:
      if now >= lastProof + limit {
        state = .stale
        tries = 0
        nextTry = now
        return .stale
      }
      wasProbed = true
      return .probe
    case .connecting, .stale, .gap, .resync:
      guard tries < policy.triesBeforeReconnect else {
        nextTry = .max
        return .reconnect
      }
      tries += 1
      nextTry = .max
      return .resubscribe
    case .down: return .sound
    }
  }
}
