/// A number modulo p = 2^64 - 2^32 + 1, always below p. (Plonky2, "Goldilocks field".) Nothing here
/// branches on a value but what says so.
package struct Goldilocks: Hashable, Sendable {
  package let value: UInt64

  package static let prime: UInt64 = 0xffff_ffff_0000_0001
  /// 2^64 modulo p.
  @inline(__always)
  private static var epsilon: UInt64 { 0xffff_ffff }

  package static let zero = Goldilocks(canonical: 0)
  package static let one = Goldilocks(canonical: 1)

  /// `number` modulo p.
  @inline(__always)
  package init(_ number: UInt64) {
    // Below 2p in any case.
    let (difference, isBelow) = number.subtractingReportingOverflow(Self.prime)
    value = difference &+ Self.mask(isBelow) & Self.prime
  }

  /// A number that is below p.
  @inline(__always)
  init(canonical value: UInt64) { self.value = value }

  /// `number` modulo p.
  @inline(__always)
  init(wide number: UInt128) {
    let low = UInt64(truncatingIfNeeded: number)
    let high = UInt64(truncatingIfNeeded: number >> 64)
    // 2^96 is -1, 2^64 is 2^32 - 1.
    let (t, borrow) = low.subtractingReportingOverflow(high >> 32)
    let reduced = t &- Self.mask(borrow) & Self.epsilon
    let (sum, carry) = reduced.addingReportingOverflow((high & Self.epsilon) &* Self.epsilon)
    self.init(sum &+ Self.mask(carry) & Self.epsilon)
  }

  @inline(__always)
  private static func mask(_ flag: Bool) -> UInt64 { 0 &- (flag ? 1 : 0) }

  @inline(__always)
  package static func + (left: Goldilocks, right: Goldilocks) -> Goldilocks {
    left - Goldilocks(canonical: prime &- right.value)
  }

  @inline(__always)
  package static func - (left: Goldilocks, right: Goldilocks) -> Goldilocks {
    let (difference, borrow) = left.value.subtractingReportingOverflow(right.value)
    return Goldilocks(canonical: difference &+ mask(borrow) & prime)
  }

  @inline(__always)
  package static func * (left: Goldilocks, right: Goldilocks) -> Goldilocks {
    Goldilocks(wide: UInt128(left.value) &* UInt128(right.value))
  }

  @inline(__always)
  package var squared: Goldilocks { self * self }

  /// x⁷, the S-box of Poseidon2.
  @inline(__always)
  var seventhPower: Goldilocks {
    let square = squared
    return square.squared * (square * self)
  }

  func squared(times count: Int) -> Goldilocks {
    var result = self
    for _ in 0..<count { result = result.squared }
    return result
  }

  /// 0 for 0. By Fermat: p - 2 = (2^32 - 1)·2^32 - 1 = (2^31 - 1)·2^33 + (2^32 - 1).
  package var inverse: Goldilocks {
    let ones31 = onesPower(31)
    return ones31.squared(times: 33) * (ones31.squared * self)
  }

  /// To the power of 2^count - 1.
  private func onesPower(_ count: Int) -> Goldilocks {
    var (result, ones) = (self, 1)
    while ones < count {
      if 2 * ones <= count {
        result = result.squared(times: ones) * result
        ones *= 2
      } else {
        result = result.squared * self
        ones += 1
      }
    }
    return result
  }

  /// To the power of (p - 1)/2: 1 for squares, -1 for others, 0 for 0.
  var legendre: Goldilocks { onesPower(32).squared(times: 31) }

  /// One of the two roots; nil where there is none. By Tonelli and Shanks: its time tells of the
  /// value.
  var squareRoot: Goldilocks? {
    guard value != 0 else { return .zero }
    // p - 1 is 2^32 times 2^32 - 1, of which half is 2^31 - 1 and a bit.
    let power = onesPower(31)
    var root = power * self
    var rest = root * power
    var element = Goldilocks(Self.elementOfOrder32)
    var order = 32
    while rest != .one {
      var exponent = 0
      var square = rest
      while square != .one {
        square = square.squared
        exponent += 1
        if exponent == order { return nil }
      }
      let factor = element.squared(times: order - exponent - 1)
      root = root * factor
      element = factor.squared
      rest = rest * element
      order = exponent
    }
    return root
  }

  /// An element of order 2^32.
  private static let elementOfOrder32: UInt64 = 7_277_203_076_849_721_926
}
