import PerpCore

/// How one venue is heard. (S1-43)
package struct VenueLink: Equatable, Sendable {
  private var live: Set<Listing> = []
  package private(set) var reconnects = 0
  /// Nanoseconds on the monotonic clock.
  package private(set) var lastMessage: UInt64?
  /// Milliseconds since the epoch.
  package private(set) var lastMessageTime: Int64?
  package private(set) var lastDisconnect: Int64?
  /// Checks in a row that found it not well. (S1-45)
  package private(set) var failures = 0
  package private(set) var isWell = false

  package init() {}

  package var isConnected: Bool { !live.isEmpty }

  package mutating func note(_ line: GatewayLine, at now: Moment) {
    switch line {
    case .stream(let listing, "bbo", let state, _):
      if state == "live" {
        if live.isEmpty, lastDisconnect != nil { reconnects += 1 }
        live.insert(listing)
      } else if live.remove(listing) != nil, live.isEmpty {
        lastDisconnect = now.wall / 1_000
      }
    case .quote, .book: break
    default: return
    }
    (lastMessage, lastMessageTime) = (now.monotonic, now.wall / 1_000)
  }

  package mutating func disconnect(at now: Moment) {
    if isConnected { lastDisconnect = now.wall / 1_000 }
    live = []
  }

  /// Connected, and heard within `timeout` nanoseconds.
  package func isHeard(_ timeout: UInt64, at now: UInt64) -> Bool {
    isConnected && lastMessage.map { now <= $0 + timeout } ?? false
  }

  package mutating func check(_ isWell: Bool) {
    self.isWell = isWell
    failures = isWell ? 0 : failures + 1
  }

  package var json: JSON {
    [
      "connected": .bool(isConnected), "reconnect_count": .integer(reconnects),
      "last_message_ms": lastMessageTime.map { .integer($0) } ?? .null,
      "last_disconnect_ms": lastDisconnect.map { .integer($0) } ?? .null,
      "healthy": .bool(isWell), "fail_count": .integer(failures),
    ]
  }
}

/// Whether two sources tell the same prices. (S1-44)
package struct ConsistencyCheck: Equatable, Sendable {
  package private(set) var failures = 0
  private var isChecked = false

  package init() {}

  /// False before the first check.
  package func isConsistent(_ limit: Int) -> Bool { isChecked && failures < limit }

  /// `pairs` are the four prices of both sources; nil where any is missing. `tolerance` in
  /// hundredths of a percent.
  package mutating func note(_ pairs: [(Decimal, Decimal)]?, tolerance: Decimal) {
    isChecked = true
    let difference = pairs?.map { one, other in
      Spread.basisPoints(one.minus(other).magnitude, of: one.plus(other).over(Decimal(2)))
    }.max()
    if let difference, difference <= tolerance { failures = 0 } else { failures += 1 }
  }
}

/// Whether a pair may be opened on one symbol now, and why not. Nothing but openings asks. (S1-41)
package struct ZarbGuards: Equatable, Sendable {
  package var isStale = true
  package var isConsistent = false
  package var isHealthy = false
  package var isConnected = false

  package init() {}

  package var canOpen: Bool { !isStale && isConnected && isConsistent && isHealthy }

  package var reason: String {
    var reasons: [String] = []
    if isStale { reasons.append("quotes are stale") }
    if !isConnected { reasons.append("a venue is not connected") }
    if !isConsistent { reasons.append("the second source differs") }
    if !isHealthy { reasons.append("a venue is not well") }
    return reasons.joined(separator: ", ")
  }

  package enum Risk: String, CaseIterable, Sendable { case normal, warning, critical }

  package var risk: Risk {
    if !isConnected || !isHealthy { return .critical }
    return isStale || !isConsistent ? .warning : .normal
  }

  package var json: JSON {
    [
      "stale": .bool(isStale), "consistency_ok": .bool(isConsistent),
      "health_ok": .bool(isHealthy), "ws_ok": .bool(isConnected), "can_open": .bool(canOpen),
      "reason": .text(reason),
    ]
  }
}

/// What is to be done about a position that is not level. (S1-50)
package enum NetPosition: Equatable, Sendable {
  case level
  /// One order at the first or second market.
  case rebalance(isFirst: Bool, Side, Decimal)
  case flatten

  /// `base` is the size of an order; both limits are multiples of it and strict.
  package init(
    first: Decimal, second: Decimal, base: Decimal, rebalanceAt: Decimal, flattenAt: Decimal
  ) {
    let net = first.plus(second)
    if net.magnitude > flattenAt.times(base) {
      self = .flatten
    } else if net.magnitude > rebalanceAt.times(base) {
      let side: Side = net > .zero ? .sell : .buy
      // Long: sold where more is held; short: bought where less is.
      let isFirst = net > .zero ? first >= second : first <= second
      self = .rebalance(isFirst: isFirst, side, min(net.magnitude, base))
    } else {
      self = .level
    }
  }
}
