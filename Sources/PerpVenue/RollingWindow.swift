/// At most `limit` events in any stretch of `span` nanoseconds, the rule most venues state.
package struct RollingWindow: Sendable {
  package let limit: Int
  package let span: UInt64
  /// Times of the latest events, oldest at `next` once the ring is full.
  private var times: [UInt64] = []
  private var next = 0

  package init(limit: Int, per span: UInt64) {
    precondition(limit > 0)
    self.limit = limit
    self.span = span
  }

  /// One of so many equal parts of what is allowed, and one event at least.
  package func part(_ parts: Int) -> RollingWindow {
    RollingWindow(limit: max(1, limit / max(1, parts)), per: span)
  }

  /// When one more event is allowed, at the earliest.
  package var earliest: UInt64 { times.count < limit ? 0 : times[next] + span }

  /// Events within the last `span`.
  package func used(at now: UInt64) -> Int { times.count - firstCounted(at: now) }

  /// When the oldest event that counts is counted no more; nil where none is.
  package func nextRelease(at now: UInt64) -> UInt64? {
    let first = firstCounted(at: now)
    return first < times.count ? time(first) + span : nil
  }

  /// The place of the oldest event that counts, by halving: a day has a window of thousands.
  private func firstCounted(at now: UInt64) -> Int {
    var (low, high) = (0, times.count)
    while low < high {
      let middle = (low + high) / 2
      if time(middle) + span > now { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// From the oldest on.
  private func time(_ place: Int) -> UInt64 {
    let index = next + place
    return times[index < times.count ? index : index - times.count]
  }

  /// Whether one more leaves so many for others; of a small window one is always for oneself.
  package func hasRoom(beside reserve: Int, at now: UInt64) -> Bool {
    used(at: now) < max(1, limit - reserve)
  }

  /// Records an event if it is allowed now.
  package mutating func take(at now: UInt64) -> Bool {
    guard now >= earliest else { return false }
    if times.count < limit {
      times.append(now)
    } else {
      times[next] = now
      next = (next + 1) % limit
    }
    return true
  }
}
