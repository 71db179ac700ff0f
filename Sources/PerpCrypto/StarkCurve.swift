/// The curve of Starknet and StarkEx: y² = x³ + x + β modulo p = 2^251 + 17·2^192 + 1, a group of
/// prime order. (StarkEx documentation, "STARK Curve".)
package enum StarkCurve {
  package static let prime = StarkField.prime
  package static let order = StarkScalar.order
  /// The first number that r and the hash may not reach.
  static let limit = UInt256(0, 0, 0, 1 << 59)

  /// The number that is signed in place of a hash of 256 bits.
  package static func modOrder(_ hash: UInt256) -> UInt256 { StarkScalar(hash).number }

  static let beta = StarkField(
    UInt256(
      0xf4cd_fcb9_9cee_9e89, 0x609a_d26c_15c9_15c1, 0x150e_596d_72f7_a8c5, 0x06f2_1413_efbe_40de))
  static let generator = StarkAffinePoint(
    UInt256(
      0x3d72_3d8b_c943_cfca, 0xdeac_fd9b_0d18_19e0, 0x7bec_ed41_5a40_f0c7, 0x01ef_15c1_8599_971b),
    UInt256(
      0x2873_000c_36e8_dc1f, 0xde53_ecd1_1abe_43a3, 0xb7be_4801_df46_ec62, 0x0056_6806_0aa4_9730))

  /// Odd multiples of the generator; 51 windows of five bits, of which an odd digit with a sign
  /// leaves sixteen entries: 51 kB.
  private static let secretTable = StarkTable(
    generator, windows: secretWindows, width: 5, digits: Array(stride(from: 1, to: 32, by: 2)))
  private static let secretWindows = 51
  /// 31.5 windows of eight bits.
  private static let publicTable = StarkTable(
    generator, windows: 32, width: 8, digits: Array(1...255))

  /// `scalar` times the generator for a secret scalar from 1 to n - 1: the same instructions and
  /// the same places of memory for all of them.
  static func multiplyGenerator(secret scalar: UInt256) -> StarkAffinePoint {
    // An odd number k is the sum of ±2^i over i < 255, with the sign of i being bit i + 1 of k and
    // the last one plus. In place of an even one its negative is taken, which is odd as n is.
    let isEven = (scalar.w0 & 1) &- 1
    let odd = scalar.selecting(order.subtracting(scalar).difference, where: isEven)
    var signs = odd >> 1 | UInt256(0, 0, 0, 1 << 62)
    var sum = StarkPoint(secretEntry(window: 0, signs.w0 & 31))
    for window in 1..<secretWindows {
      signs = UInt256(
        signs.w0 >> 5 | signs.w1 << 59, signs.w1 >> 5 | signs.w2 << 59,
        signs.w2 >> 5 | signs.w3 << 59, signs.w3 >> 5)
      sum = sum.addingDistinct(secretEntry(window: window, signs.w0 & 31))
    }
    // What is added lies beyond the range of the sum, but for a few scalars of 2^252 at its end.
    let point = sum.affine ?? slowMultiple(generator, odd) ?? generator
    return point.negated(where: isEven)
  }

  /// Of five signs, those of 1, 2, 4, 8 and 16 times: an odd digit from -31 to 31.
  @inline(__always)
  private static func secretEntry(window: Int, _ signs: UInt64) -> StarkAffinePoint {
    let isNegative = (signs >> 4) &- 1
    return secretTable.secretEntry(window: window, (signs ^ isNegative) & 15)
      .negated(where: isNegative)
  }

  /// `scalar` times the generator, in a time that tells of the scalar.
  static func multiplyGenerator(_ scalar: UInt256) -> StarkPoint {
    var sum = StarkPoint.neutral
    for window in 0..<32 {
      let digit = Int(scalar[limb: window >> 3] >> UInt64(8 * (window & 7)) & 255)
      guard digit > 0 else { continue }
      let entry = publicTable.entry(window: window, digit - 1)
      let isFirst = sum.isTriviallyNeutral
      sum = isFirst ? StarkPoint(entry) : sum.addingDistinct(entry)
    }
    guard sum.isNeutral, !scalar.isZero else { return sum }
    return slowMultiple(generator, scalar).map { StarkPoint($0) } ?? .neutral
  }

  /// Bit by bit, with all special cases: for the few sums that meet one.
  private static func slowMultiple(
    _ point: StarkAffinePoint, _ scalar: UInt256
  ) -> StarkAffinePoint? {
    var sum = StarkPoint.neutral
    for bit in (0..<256).reversed() {
      sum = sum.adding(sum)
      if scalar[limb: bit >> 6] >> UInt64(bit & 63) & 1 == 1 { sum = sum.adding(StarkPoint(point)) }
    }
    return sum.affine
  }
}
