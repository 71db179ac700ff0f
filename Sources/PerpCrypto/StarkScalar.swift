/// A number modulo the order n of the Stark curve's group, times 2^256 (Montgomery's form), below
/// 2n. Nothing here branches on a value.
struct StarkScalar: Sendable {
  private var raw: UInt256

  static let order = UInt256(
    0x1e66_a241_adc6_4d2f, 0xb781_126d_cae7_b232, 0xffff_ffff_ffff_ffff, 0x0800_0000_0000_0010)
  private static let squareOfRadix = UInt256(
    0x6021_b3f1_ea1c_688d, 0x509c_f64d_14ce_60b9, 0xbaf0_ab4c_f78b_babb, 0x07d9_e57c_2333_766e)
  /// -1/n modulo 2^64.
  private static let negatedInverse: UInt64 = 0xbb6b_3c4c_e8bd_e631

  private init(raw: UInt256) { self.raw = raw }

  /// `number` modulo n.
  init(_ number: UInt256) {
    raw = Self.multiply(number, Self.squareOfRadix)
  }

  /// The number below n.
  var number: UInt256 {
    let value = Self.multiply(raw, UInt256(1))
    let (difference, borrow) = value.subtracting(Self.order)
    return value.selecting(difference, where: borrow &- 1)
  }

  static func * (left: StarkScalar, right: StarkScalar) -> StarkScalar {
    StarkScalar(raw: multiply(left.raw, right.raw))
  }

  /// The compiler leaves out the products that come twice.
  private var squared: StarkScalar { StarkScalar(raw: Self.multiply(raw, raw)) }

  static func + (left: StarkScalar, right: StarkScalar) -> StarkScalar {
    let sum = left.raw.adding(right.raw).sum
    let twice = order.adding(order).sum
    let (difference, borrow) = sum.subtracting(twice)
    return StarkScalar(raw: sum.selecting(difference, where: borrow &- 1))
  }

  /// 0 for 0. By Fermat, with windows of four bits of n - 2, which is no secret.
  var inverse: StarkScalar {
    var powers: InlineArray<16, StarkScalar> = InlineArray(repeating: StarkScalar(UInt256(1)))
    for index in 1..<16 { powers[index] = powers[index - 1] * self }
    let exponent = Self.order.subtracting(UInt256(2)).difference
    var result = powers[0]
    for window in (0..<63).reversed() {
      for _ in 0..<4 { result = result.squared }
      let limb = exponent[limb: window >> 4]
      let digit = Int(limb >> UInt64(4 * (window & 15)) & 15)
      if digit > 0 { result = result * powers[digit] }
    }
    return result
  }

  /// A product in Montgomery's form, below 2n where the factors' bounds are at most 32n².
  @inline(__always)
  private static func multiply(_ left: UInt256, _ right: UInt256) -> UInt256 {
    var t = UInt256(0)
    step(left.w0, right, &t)
    step(left.w1, right, &t)
    step(left.w2, right, &t)
    step(left.w3, right, &t)
    return t
  }

  @inline(__always)
  private static func step(_ limb: UInt64, _ right: UInt256, _ t: inout UInt256) {
    var high: UInt64 = 0
    let s0 = multiplyAdd(limb, right.w0, t.w0, &high)
    let s1 = multiplyAdd(limb, right.w1, t.w1, &high)
    let s2 = multiplyAdd(limb, right.w2, t.w2, &high)
    let s3 = multiplyAdd(limb, right.w3, t.w3, &high)
    let m = s0 &* negatedInverse
    var carry: UInt64 = 0
    _ = multiplyAdd(m, order.w0, s0, &carry)
    t.w0 = multiplyAdd(m, order.w1, s1, &carry)
    t.w1 = multiplyAdd(m, order.w2, s2, &carry)
    t.w2 = multiplyAdd(m, order.w3, s3, &carry)
    t.w3 = high &+ carry
  }
}
