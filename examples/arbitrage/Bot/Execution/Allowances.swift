import PerpCore

/// Operations that may be made within a span of time. (C-10)
package struct WindowLimiter: Equatable, Sendable {
  package let limit: Int
  /// Nanoseconds.
  package let window: UInt64
  private var times: [UInt64] = []

  package init(limit: Int, window: UInt64) { (self.limit, self.window) = (limit, window) }

  /// Operations younger than the window.
  package func count(at now: UInt64) -> Int {
    // Times are in their order, and may be many: half of those left are passed over each time.
    var (low, high) = (0, times.count)
    while low < high {
      let middle = (low + high) / 2
      if now < times[middle] + window { high = middle } else { low = middle + 1 }
    }
    return times.count - low
  }

  package func allows(_ new: Int = 1, at now: UInt64) -> Bool { count(at: now) + new <= limit }

  /// When so many more are allowed; nil of more than ever are.
  package func opening(for new: Int = 1, at now: UInt64) -> UInt64? {
    guard new <= limit else { return nil }
    let surplus = count(at: now) + new - limit
    return surplus <= 0 ? now : times[times.count - count(at: now) + surplus - 1] + window
  }

  package mutating func note(at now: UInt64) {
    times.removeAll { now >= $0 + window }
    times.append(now)
  }
}

/// A rate with a stock: a bucket that fills evenly and is full at first. (C-11)
package struct TokenBucket: Equatable, Sendable {
  package struct Problem: Error, Equatable, CustomStringConvertible {
    package let description: String
  }

  /// A billionth of a token; a rate of r tokens a second is r of them a nanosecond.
  private static let unit = Int128(1_000_000_000)

  private let rate: Int128
  private let capacity: Int128
  private var tokens: Int128
  private var filledAt: UInt64

  /// `rate` in tokens a second.
  package init(rate: Int, capacity: Int, at now: UInt64) throws(Problem) {
    guard rate > 0, capacity > 0 else {
      throw Problem(description: "a bucket needs a rate and a capacity above 0")
    }
    self.rate = Int128(rate)
    self.capacity = Int128(capacity) * Self.unit
    tokens = self.capacity
    filledAt = now
  }

  /// Tokens that are there; negative of those that were taken ahead of time. For people.
  package func stock(at now: UInt64) -> Double {
    let filled = min(capacity, tokens + Int128(now - min(now, filledAt)) * rate)
    return Double(filled) / Double(Self.unit)
  }

  /// Takes tokens, which may be ahead of time; the nanoseconds to wait for them, or nil when that
  /// is more than `timeout`: then nothing is taken.
  package mutating func acquire(
    _ count: Int = 1, timeout: UInt64, at now: UInt64
  ) throws(Problem) -> UInt64? {
    let wanted = Int128(count) * Self.unit
    guard count > 0, wanted <= capacity else {
      throw Problem(description: "\(count) tokens do not fit into the bucket")
    }
    tokens = min(capacity, tokens + Int128(now - min(now, filledAt)) * rate)
    filledAt = now
    let missing = max(0, wanted - tokens)
    let wait = UInt64((missing + rate - 1) / rate)
    guard wait <= timeout else { return nil }
    tokens -= wanted
    return wait
  }
}

/// How much may still be ordered on the two sides of a hedge, when orders whose outcome is in
/// doubt count as if they were filled. (B-06)
package struct Reservation: Equatable, Sendable {
  /// What the first side is to come to, in base units.
  package let target: Decimal
  /// Filled on the first side, and ordered there that may still be filled.
  package var firstFilled = Decimal.zero
  package var firstWorking = Decimal.zero
  package var secondFilled = Decimal.zero
  package var secondWorking = Decimal.zero

  package init(target: Decimal) { self.target = target }

  package var mayAcquire: Decimal {
    max(.zero, target.minus(firstFilled).minus(firstWorking))
  }
  package var mayHedge: Decimal {
    max(.zero, firstFilled.minus(secondFilled).minus(secondWorking))
  }
}
