/// How often durations fell where: buckets that double, each in eight, so that what is read off is
/// no more than an eighth too high. Of fixed size, whatever is counted.
package struct Histogram: Sendable {
  /// Buckets to each doubling.
  private static let parts = 8
  private static let partBits = 3

  package private(set) var count: UInt64 = 0
  package private(set) var sum: UInt64 = 0
  package private(set) var max: UInt64 = 0
  private var buckets = [UInt64](repeating: 0, count: 62 * Histogram.parts)

  package init() {}

  package mutating func record(_ value: UInt64, times: UInt64 = 1) {
    buckets[Self.bucket(of: value)] += times
    count += times
    sum &+= value &* times
    max = Swift.max(max, value)
  }

  /// The upper end of the bucket below which so many of a thousand lie; 0 for none.
  package func value(at thousandths: UInt64) -> UInt64 {
    guard count > 0 else { return 0 }
    let wanted = Swift.max(1, (count * thousandths + 999) / 1_000)
    var seen: UInt64 = 0
    for (index, number) in buckets.enumerated() {
      seen += number
      if seen >= wanted { return Swift.min(max, Self.end(of: index)) }
    }
    return max
  }

  /// How many were no more than `limit`, as far as the buckets tell.
  package func count(upTo limit: UInt64) -> UInt64 {
    var seen: UInt64 = 0
    for (index, number) in buckets.enumerated() where number > 0 && Self.end(of: index) <= limit {
      seen += number
    }
    return seen
  }

  private static func bucket(of value: UInt64) -> Int {
    if value < UInt64(parts) { return Int(value) }
    let power = 63 - value.leadingZeroBitCount
    let part = Int(value >> UInt64(power - partBits)) - parts
    return (power - partBits + 1) * parts + part
  }

  /// The highest value of a bucket.
  private static func end(of index: Int) -> UInt64 {
    if index < parts { return UInt64(index) }
    let shift = UInt64(index / parts - 1)
    // Of the last one 2^64, which wraps to the largest there is.
    return (UInt64(index % parts + parts + 1) &<< shift) &- 1
  }
}
