/// An unsigned integer of 256 bits: hashes, field elements as venues write them, words of typed
/// data. Arithmetic wraps and takes the same time for all values.
package struct UInt256: Hashable, Sendable {
  /// Limbs, the least significant first.
  package var w0, w1, w2, w3: UInt64

  @inline(__always)
  package init(_ w0: UInt64, _ w1: UInt64, _ w2: UInt64, _ w3: UInt64) {
    (self.w0, self.w1, self.w2, self.w3) = (w0, w1, w2, w3)
  }

  @inline(__always)
  package init(_ value: UInt64) { self.init(value, 0, 0, 0) }

  package init(wide value: UInt128) {
    self.init(UInt64(truncatingIfNeeded: value), UInt64(truncatingIfNeeded: value >> 64), 0, 0)
  }

  package init(_ value: Bool) { self.init(value ? 1 : 0) }

  package static let zero = UInt256(0)

  @inline(__always)
  package var isZero: Bool { w0 | w1 | w2 | w3 == 0 }

  package var bitWidth: Int {
    if w3 != 0 { return 256 - w3.leadingZeroBitCount }
    if w2 != 0 { return 192 - w2.leadingZeroBitCount }
    if w1 != 0 { return 128 - w1.leadingZeroBitCount }
    return 64 - w0.leadingZeroBitCount
  }

  package subscript(limb index: Int) -> UInt64 {
    switch index {
    case 0: w0
    case 1: w1
    case 2: w2
    default: w3
    }
  }
}

extension UInt256: Comparable {
  package static func < (left: UInt256, right: UInt256) -> Bool {
    left.subtracting(right).borrow != 0
  }
}

extension UInt256 {
  @inline(__always)
  package func adding(_ other: UInt256) -> (sum: UInt256, carry: UInt64) {
    var carry: UInt64 = 0
    let r0 = add(w0, other.w0, &carry)
    let r1 = add(w1, other.w1, &carry)
    let r2 = add(w2, other.w2, &carry)
    let r3 = add(w3, other.w3, &carry)
    return (UInt256(r0, r1, r2, r3), carry)
  }

  @inline(__always)
  package func subtracting(_ other: UInt256) -> (difference: UInt256, borrow: UInt64) {
    var borrow: UInt64 = 0
    let r0 = subtract(w0, other.w0, &borrow)
    let r1 = subtract(w1, other.w1, &borrow)
    let r2 = subtract(w2, other.w2, &borrow)
    let r3 = subtract(w3, other.w3, &borrow)
    return (UInt256(r0, r1, r2, r3), borrow)
  }

  /// `other` where `mask` is all ones, this where it is zero, without a branch.
  @inline(__always)
  package func selecting(_ other: UInt256, where mask: UInt64) -> UInt256 {
    UInt256(
      w0 ^ (w0 ^ other.w0) & mask, w1 ^ (w1 ^ other.w1) & mask,
      w2 ^ (w2 ^ other.w2) & mask, w3 ^ (w3 ^ other.w3) & mask)
  }

  package static func >> (value: UInt256, count: Int) -> UInt256 {
    var (result, count) = (value, count)
    while count >= 64 {
      result = UInt256(result.w1, result.w2, result.w3, 0)
      count -= 64
    }
    guard count > 0 else { return result }
    let back = 64 - count
    return UInt256(
      result.w0 >> count | result.w1 << back, result.w1 >> count | result.w2 << back,
      result.w2 >> count | result.w3 << back, result.w3 >> count)
  }

  package static func << (value: UInt256, count: Int) -> UInt256 {
    var (result, count) = (value, count)
    while count >= 64 {
      result = UInt256(0, result.w0, result.w1, result.w2)
      count -= 64
    }
    guard count > 0 else { return result }
    let back = 64 - count
    return UInt256(
      result.w0 << count, result.w1 << count | result.w0 >> back,
      result.w2 << count | result.w1 >> back, result.w3 << count | result.w2 >> back)
  }

  package static func | (left: UInt256, right: UInt256) -> UInt256 {
    UInt256(left.w0 | right.w0, left.w1 | right.w1, left.w2 | right.w2, left.w3 | right.w3)
  }

  package static func & (left: UInt256, right: UInt256) -> UInt256 {
    UInt256(left.w0 & right.w0, left.w1 & right.w1, left.w2 & right.w2, left.w3 & right.w3)
  }

  /// The product and sum with small numbers; nil beyond 256 bits.
  func multiplied(by factor: UInt64, adding addend: UInt64) -> UInt256? {
    var carry = addend
    let r0 = multiplyAdd(w0, factor, 0, &carry)
    let r1 = multiplyAdd(w1, factor, 0, &carry)
    let r2 = multiplyAdd(w2, factor, 0, &carry)
    let r3 = multiplyAdd(w3, factor, 0, &carry)
    return carry == 0 ? UInt256(r0, r1, r2, r3) : nil
  }

  func quotientAndRemainder(dividingBy divisor: UInt64) -> (UInt256, UInt64) {
    let (q3, r3) = divisor.dividingFullWidth((0, w3))
    let (q2, r2) = divisor.dividingFullWidth((r3, w2))
    let (q1, r1) = divisor.dividingFullWidth((r2, w1))
    let (q0, r0) = divisor.dividingFullWidth((r1, w0))
    return (UInt256(q0, q1, q2, q3), r0)
  }
}

/// `a + b + carry`; the carry out is 0 or 1.
@inline(__always)
func add(_ a: UInt64, _ b: UInt64, _ carry: inout UInt64) -> UInt64 {
  let sum = UInt128(a) &+ UInt128(b) &+ UInt128(carry)
  carry = UInt64(truncatingIfNeeded: sum >> 64)
  return UInt64(truncatingIfNeeded: sum)
}

/// `a - b - borrow`; the borrow out is 0 or 1.
@inline(__always)
func subtract(_ a: UInt64, _ b: UInt64, _ borrow: inout UInt64) -> UInt64 {
  let difference = UInt128(a) &- UInt128(b) &- UInt128(borrow)
  borrow = UInt64(truncatingIfNeeded: difference >> 64) & 1
  return UInt64(truncatingIfNeeded: difference)
}

/// `a * b + addend + carry`, which two limbs hold; the upper one becomes the carry.
@inline(__always)
func multiplyAdd(_ a: UInt64, _ b: UInt64, _ addend: UInt64, _ carry: inout UInt64) -> UInt64 {
  let result = UInt128(a) &* UInt128(b) &+ UInt128(addend) &+ UInt128(carry)
  carry = UInt64(truncatingIfNeeded: result >> 64)
  return UInt64(truncatingIfNeeded: result)
}
