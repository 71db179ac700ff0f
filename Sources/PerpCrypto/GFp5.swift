/// An element of the extension of the Goldilocks field by z with z⁵ = 3: a0 + a1·z + … + a4·z⁴.
/// (Pornin, "EcGFp5: a Specialized Elliptic Curve", section 2.) Nothing here branches on a value
/// but what says so.
package struct GFp5: Hashable, Sendable {
  package var a0, a1, a2, a3, a4: Goldilocks

  @inline(__always)
  package init(
    _ a0: Goldilocks, _ a1: Goldilocks, _ a2: Goldilocks, _ a3: Goldilocks, _ a4: Goldilocks
  ) {
    (self.a0, self.a1, self.a2, self.a3, self.a4) = (a0, a1, a2, a3, a4)
  }

  @inline(__always)
  package init(_ number: Goldilocks) { self.init(number, .zero, .zero, .zero, .zero) }

  package static let zero = GFp5(.zero)
  package static let one = GFp5(.one)

  package var limbs: [Goldilocks] { [a0, a1, a2, a3, a4] }

  package var isZero: Bool { a0.value | a1.value | a2.value | a3.value | a4.value == 0 }

  @inline(__always)
  package static func + (left: GFp5, right: GFp5) -> GFp5 {
    GFp5(
      left.a0 + right.a0, left.a1 + right.a1, left.a2 + right.a2, left.a3 + right.a3,
      left.a4 + right.a4)
  }

  @inline(__always)
  package static func - (left: GFp5, right: GFp5) -> GFp5 {
    GFp5(
      left.a0 - right.a0, left.a1 - right.a1, left.a2 - right.a2, left.a3 - right.a3,
      left.a4 - right.a4)
  }

  @inline(__always)
  package static prefix func - (value: GFp5) -> GFp5 { zero - value }

  package static func * (left: GFp5, right: GFp5) -> GFp5 {
    let (a, b) = (left, right)
    var c0 = ProductSum(a.a1, b.a4)
    c0.add(a.a2, b.a3)
    c0.add(a.a3, b.a2)
    c0.add(a.a4, b.a1)
    c0.triple()
    c0.add(a.a0, b.a0)
    var c1 = ProductSum(a.a2, b.a4)
    c1.add(a.a3, b.a3)
    c1.add(a.a4, b.a2)
    c1.triple()
    c1.add(a.a0, b.a1)
    c1.add(a.a1, b.a0)
    var c2 = ProductSum(a.a3, b.a4)
    c2.add(a.a4, b.a3)
    c2.triple()
    c2.add(a.a0, b.a2)
    c2.add(a.a1, b.a1)
    c2.add(a.a2, b.a0)
    var c3 = ProductSum(a.a4, b.a4)
    c3.triple()
    c3.add(a.a0, b.a3)
    c3.add(a.a1, b.a2)
    c3.add(a.a2, b.a1)
    c3.add(a.a3, b.a0)
    var c4 = ProductSum(a.a0, b.a4)
    c4.add(a.a1, b.a3)
    c4.add(a.a2, b.a2)
    c4.add(a.a3, b.a1)
    c4.add(a.a4, b.a0)
    return GFp5(c0.reduced, c1.reduced, c2.reduced, c3.reduced, c4.reduced)
  }

  package var squared: GFp5 { self * self }

  package static func * (left: GFp5, right: Goldilocks) -> GFp5 {
    GFp5(
      left.a0 * right, left.a1 * right, left.a2 * right, left.a3 * right, left.a4 * right)
  }

  func squared(times count: Int) -> GFp5 {
    var result = self
    for _ in 0..<count { result = result.squared }
    return result
  }

  /// The power p, which multiplies the limbs by those of z^(p-1).
  package var frobenius: GFp5 {
    GFp5(
      a0, a1 * Goldilocks(0x0e73_6627_a0ae_b983), a2 * Goldilocks(0xdb8e_dc80_2dc0_b266),
      a3 * Goldilocks(0x02ef_b5c2_a6f3_5241), a4 * Goldilocks(0x130e_0794_8a9d_41d6))
  }

  /// The power p + p² + p³ + p⁴, whose product with the element, its norm, has one limb.
  private var conjugates: GFp5 {
    let first = frobenius
    let two = first * first.frobenius
    return two * two.frobenius.frobenius
  }

  /// 0 for 0.
  package var inverse: GFp5 {
    let conjugates = conjugates
    return conjugates * (self * conjugates).a0.inverse
  }

  /// 1 for squares, -1 for others, 0 for 0.
  package var legendre: Goldilocks { (self * conjugates).a0.legendre }

  /// One of the two roots; nil where there is none. Its time tells of the value.
  package var squareRoot: GFp5? {
    guard !isZero else { return .zero }
    let v = squared(times: 31)
    let d = self * v.squared(times: 32) * v.inverse
    let e = (d * d.frobenius.frobenius).frobenius
    let square = (self * e.squared).a0
    guard let root = square.squareRoot else { return nil }
    return e.inverse * root
  }

  /// Takes over the limbs of `other` where `mask` is all ones; of several at most one may be taken.
  @inline(__always)
  mutating func merge(_ other: GFp5, where mask: UInt64) {
    a0.merge(other.a0, where: mask)
    a1.merge(other.a1, where: mask)
    a2.merge(other.a2, where: mask)
    a3.merge(other.a3, where: mask)
    a4.merge(other.a4, where: mask)
  }

  @inline(__always)
  func selecting(_ other: GFp5, where mask: UInt64) -> GFp5 {
    GFp5(
      a0.selecting(other.a0, where: mask), a1.selecting(other.a1, where: mask),
      a2.selecting(other.a2, where: mask), a3.selecting(other.a3, where: mask),
      a4.selecting(other.a4, where: mask))
  }
}

extension GFp5 {
  /// Reads 40 bytes: the limbs, each the lowest byte first. Numbers from p on are taken modulo p,
  /// as the venue does.
  package init?(littleEndian bytes: [UInt8]) {
    guard bytes.count == 40 else { return nil }
    let limbs = bytes.withUnsafeBytes { bytes in
      (0..<5).map { limb in
        Goldilocks(
          UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * limb, as: UInt64.self)))
      }
    }
    self.init(limbs[0], limbs[1], limbs[2], limbs[3], limbs[4])
  }

  package var littleEndianBytes: [UInt8] {
    limbs.flatMap { limb in (0..<8).map { UInt8(truncatingIfNeeded: limb.value >> (8 * $0)) } }
  }
}

extension Goldilocks {
  @inline(__always)
  fileprivate mutating func merge(_ other: Goldilocks, where mask: UInt64) {
    self = Goldilocks(canonical: value | other.value & mask)
  }

  @inline(__always)
  fileprivate func selecting(_ other: Goldilocks, where mask: UInt64) -> Goldilocks {
    Goldilocks(canonical: value ^ (value ^ other.value) & mask)
  }
}

/// A sum of products that is reduced once: 128 bits and the carries out of them.
private struct ProductSum {
  private var sum: UInt128
  private var carries: UInt64 = 0

  @inline(__always)
  init(_ left: Goldilocks, _ right: Goldilocks) {
    sum = UInt128(left.value) &* UInt128(right.value)
  }

  @inline(__always)
  mutating func add(_ left: Goldilocks, _ right: Goldilocks) {
    let product = UInt128(left.value) &* UInt128(right.value)
    let (result, isCarried) = sum.addingReportingOverflow(product)
    sum = result
    carries &+= isCarried ? 1 : 0
  }

  @inline(__always)
  mutating func triple() {
    let (twice, first) = sum.addingReportingOverflow(sum)
    let (result, second) = twice.addingReportingOverflow(sum)
    sum = result
    carries = 3 &* carries &+ (first ? 1 : 0) &+ (second ? 1 : 0)
  }

  /// 2^128 is -2^32.
  @inline(__always)
  var reduced: Goldilocks { Goldilocks(wide: sum) - Goldilocks(carries << 32) }
}
