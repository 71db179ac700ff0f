import PerpCore

/// The life of our WebSocket to one venue: opening, heartbeat, loss, waiting, opening again.
///
/// Each attempt has a `ConnectionID` of its own, so that whatever still arrives from an earlier one
/// is told apart. Closing is immediate from here: we do not wait for a peer that may be gone.
package struct Connection: Sendable {
  package struct Policy: Sendable {
    /// Nanoseconds until an attempt counts as failed.
    package var openTimeout = Nanoseconds.seconds(10)
    /// After so much silence the peer is pinged, and again after as much.
    package var pingInterval = Nanoseconds.seconds(5)
    /// So many unanswered pings mean that the peer is gone. Data answer a ping as well as a pong.
    package var missedPings = 2
    /// A connection that lasted so long had been a success; the backoff starts over.
    package var stableAfter = Nanoseconds.seconds(30)
    /// Attempts in any minute, counting successful ones.
    package var attemptsPerMinute = 20
    package var backoffBase = Nanoseconds.milliseconds(250)
    package var backoffCap = Nanoseconds.seconds(10)

    package init() {}
  }

  package enum State: Equatable, Sendable {
    case idle
    case waiting(until: UInt64)
    case opening(since: UInt64)
    case open(since: UInt64)
  }

  /// A session may change it between attempts.
  package var request: WebSocketRequest
  package let policy: Policy
  package private(set) var state = State.idle
  /// Number of the current or latest attempt.
  package private(set) var epoch: UInt64 = 0
  private var backoff: Backoff
  private var attempts: RollingWindow
  private var lastHeard: UInt64 = 0
  private var unansweredPings = 0

  package init(request: WebSocketRequest, policy: Policy = Policy(), seed: UInt64) {
    self.request = request
    self.policy = policy
    backoff = Backoff(base: policy.backoffBase, cap: policy.backoffCap, seed: seed)
    attempts = RollingWindow(limit: policy.attemptsPerMinute, per: Nanoseconds.seconds(60))
  }

  package var id: ConnectionID { ConnectionID(Int(epoch)) }
  package var failures: Int { backoff.failures }

  package var isOpen: Bool {
    if case .open = state { true } else { false }
  }

  package var deadline: UInt64? {
    switch state {
    case .idle: nil
    case .waiting(let until): until
    case .opening(let since): since + policy.openTimeout
    case .open: lastHeard + policy.pingInterval * UInt64(unansweredPings + 1)
    }
  }

  /// Starts the first attempt, or the next one as soon as the limits allow.
  package mutating func open(at now: UInt64, into actions: inout VenueActions) {
    guard attempts.take(at: now) else {
      state = .waiting(until: attempts.earliest)
      return
    }
    epoch += 1
    state = .opening(since: now)
    actions.append(.open(id, request))
  }

  /// False when the news is of an earlier attempt.
  package mutating func opened(_ id: ConnectionID, at now: UInt64) -> Bool {
    guard id == self.id, case .opening = state else { return false }
    state = .open(since: now)
    heard(at: now)
    return true
  }

  /// Whether a message of `id` is of the connection that stands; notes that the peer is alive.
  package mutating func accepts(_ id: ConnectionID, at now: UInt64) -> Bool {
    guard id == self.id, isOpen else { return false }
    heard(at: now)
    return true
  }

  private mutating func heard(at now: UInt64) {
    lastHeard = now
    unansweredPings = 0
  }

  /// The connection is gone. Returns the nanoseconds until the next attempt, or nil when the news
  /// is of an earlier one.
  package mutating func closed(_ id: ConnectionID, at now: UInt64, floor: UInt64 = 0) -> UInt64? {
    guard id == self.id else { return nil }
    switch state {
    case .opening, .open: return retry(at: now, floor: floor)
    case .idle, .waiting: return nil
    }
  }

  /// Gives up the connection that stands. Returns the nanoseconds until the next attempt.
  package mutating func abandon(
    at now: UInt64, code: Int, floor: UInt64 = 0, into actions: inout VenueActions
  ) -> UInt64 {
    actions.append(.close(id, code: code))
    return retry(at: now, floor: floor)
  }

  /// Closes for good.
  package mutating func shut(into actions: inout VenueActions) {
    switch state {
    case .opening, .open: actions.append(.close(id, code: 1000))
    case .idle, .waiting: break
    }
    state = .idle
  }

  private mutating func retry(at now: UInt64, floor: UInt64) -> UInt64 {
    if case .open(let since) = state, now - since >= policy.stableAfter { backoff.succeed() }
    let delay = backoff.fail(floor: floor)
    let until = max(now + delay, attempts.earliest)
    state = .waiting(until: until)
    return until - now
  }

  package enum Wake: Equatable, Sendable {
    case nothing
    /// The attempt or the peer timed out; the session must `abandon` the connection.
    case timedOut(cause: String)
  }

  package mutating func wake(at now: UInt64, into actions: inout VenueActions) -> Wake {
    guard let deadline, now >= deadline else { return .nothing }
    switch state {
    case .idle: break
    case .waiting: open(at: now, into: &actions)
    case .opening: return .timedOut(cause: "open_timeout")
    case .open:
      guard unansweredPings < policy.missedPings else { return .timedOut(cause: "no_pong") }
      unansweredPings += 1
      actions.append(.ping(id))
    }
    return .nothing
  }
}
