import PerpCore

/// How long to wait before trying again: a random share of a bound that doubles with each failure
/// ("full jitter"), so that a thousand clients do not come back at the same instant.
package struct Backoff: Sendable {
  /// In nanoseconds.
  package let base: UInt64
  package let cap: UInt64
  package private(set) var failures = 0
  private var random: Random

  package init(base: UInt64, cap: UInt64, seed: UInt64) {
    self.base = base
    self.cap = cap
    random = Random(seed: seed)
  }

  /// Counts a failure and returns the delay in nanoseconds, never less than `floor`: the random
  /// share comes on top of it, or all who were told to wait a minute would come back together.
  package mutating func fail(floor: UInt64 = 0) -> UInt64 {
    let doublings = min(failures, 20)
    failures += 1
    let bound = min(cap, base << UInt64(doublings))
    return floor + UInt64(random.below(Int(bound) + 1))
  }

  package mutating func succeed() { failures = 0 }
}
