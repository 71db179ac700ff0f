/// An element of the field of the Stark curve, modulo p = 2^251 + 17·2^192 + 1, times 2^256
/// (Montgomery's form), as a number below 2p unless a function says otherwise.
///
/// Since 2^256 is nearly 32p, a product of factors below ap and bp is below 2p whenever ab ≤ 32:
/// sums and differences go into the next product as they are. The lowest limb of p is 1 and the
/// two next are 0, so a step of the reduction costs one product of limbs. Nothing here branches on
/// a value.
struct StarkField: Sendable {
  var raw: UInt256

  static let prime = UInt256(1, 0, 0, topLimb)
  static let zero = StarkField(raw: .zero)
  static let one = StarkField(
    raw: UInt256(
      0xffff_ffff_ffff_ffe1, 0xffff_ffff_ffff_ffff, 0xffff_ffff_ffff_ffff, 0x07ff_ffff_ffff_fdf0))
  /// 2^512 modulo p, which brings numbers into Montgomery's form.
  static let squareOfRadix = UInt256(
    0xffff_fd73_7e00_0401, 0x0000_0001_330f_ffff, 0xffff_ffff_ff6f_8000, 0x07ff_d4ab_5e00_8810)
  /// Of p; the only one besides the lowest that is not zero.
  @inline(__always)
  private static var topLimb: UInt64 { 0x0800_0000_0000_0011 }

  @inline(__always)
  init(raw: UInt256) { self.raw = raw }

  /// `number` modulo p.
  @inline(__always)
  init(_ number: UInt256) {
    self = StarkField(raw: number) * StarkField(raw: Self.squareOfRadix)
  }

  /// The number below p.
  var number: UInt256 {
    // At most p, since the factor is 1.
    (self * StarkField(raw: UInt256(1))).canonical
  }

  /// Below p, in the form that it has; for values below 2p.
  var canonical: UInt256 {
    let (difference, borrow) = raw.subtracting(Self.prime)
    return raw.selecting(difference, where: borrow &- 1)
  }

  var isZero: Bool { number.isZero }

  @inline(__always)
  static func * (left: StarkField, right: StarkField) -> StarkField {
    var (t0, t1, t2, t3): (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    step(left.raw.w0, right.raw, &t0, &t1, &t2, &t3)
    step(left.raw.w1, right.raw, &t0, &t1, &t2, &t3)
    step(left.raw.w2, right.raw, &t0, &t1, &t2, &t3)
    step(left.raw.w3, right.raw, &t0, &t1, &t2, &t3)
    return StarkField(raw: UInt256(t0, t1, t2, t3))
  }

  /// t = (t + limb·right + m·p) / 2^64, with the m that makes it divide.
  @inline(__always)
  private static func step(
    _ limb: UInt64, _ right: UInt256,
    _ t0: inout UInt64, _ t1: inout UInt64, _ t2: inout UInt64, _ t3: inout UInt64
  ) {
    var high: UInt64 = 0
    let s0 = multiplyAdd(limb, right.w0, t0, &high)
    let s1 = multiplyAdd(limb, right.w1, t1, &high)
    let s2 = multiplyAdd(limb, right.w2, t2, &high)
    let s3 = multiplyAdd(limb, right.w3, t3, &high)
    // m = -s0, as the lowest limb of p is 1: their sum is 0 with a carry unless s0 is 0.
    let m = 0 &- s0
    var carry = (s0 | m) >> 63
    t0 = add(s1, 0, &carry)
    t1 = add(s2, 0, &carry)
    t2 = multiplyAdd(m, topLimb, s3, &carry)
    t3 = high &+ carry
  }

  @inline(__always)
  var squared: StarkField { self * self }

  /// Below the sum of both bounds.
  @inline(__always)
  static func + (left: StarkField, right: StarkField) -> StarkField {
    StarkField(raw: left.raw.adding(right.raw).sum)
  }

  /// `right` must be below 2p; the difference is below the bound of `left` and 2p more.
  @inline(__always)
  static func - (left: StarkField, right: StarkField) -> StarkField {
    let raised = left.raw.adding(UInt256(2, 0, 0, 2 * topLimb)).sum
    return StarkField(raw: raised.subtracting(right.raw).difference)
  }

  /// Below 2p again; for values below 31p.
  @inline(__always)
  var reduced: StarkField {
    // Subtracts (q - 1)p, q being what stands above 2^251.
    let count = (raw.w3 >> 59) &- 1
    let sign = UInt64(bitPattern: Int64(bitPattern: count) >> 63)
    var borrow: UInt64 = 0
    let r0 = subtract(raw.w0, count, &borrow)
    let r1 = subtract(raw.w1, sign, &borrow)
    let r2 = subtract(raw.w2, sign, &borrow)
    let r3 = raw.w3 &- sign &- count &* Self.topLimb &- borrow
    return StarkField(raw: UInt256(r0, r1, r2, r3))
  }

  /// -self; for values up to 2p.
  @inline(__always)
  var negated: StarkField { (StarkField.zero - self) }

  func squared(times count: Int) -> StarkField {
    var result = self
    for _ in 0..<count { result = result.squared }
    return result
  }

  /// 0 for 0. By Fermat: p - 2 = 2^251 + 2^196 + (2^192 - 1), in the same time for all values.
  var inverse: StarkField {
    let ones2 = squared * self
    let ones4 = ones2.squared(times: 2) * ones2
    let ones8 = ones4.squared(times: 4) * ones4
    let ones16 = ones8.squared(times: 8) * ones8
    var result = (squared(times: 55) * self).squared(times: 4)
    for _ in 0..<12 { result = result.squared(times: 16) * ones16 }
    return result
  }

  @inline(__always)
  func selecting(_ other: StarkField, where mask: UInt64) -> StarkField {
    StarkField(raw: raw.selecting(other.raw, where: mask))
  }
}

extension StarkField: Equatable {
  static func == (left: StarkField, right: StarkField) -> Bool { (left - right).isZero }
}
