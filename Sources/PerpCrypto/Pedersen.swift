/// The Pedersen hash of Starknet: of two numbers below p the x of
/// P0 + (a mod 2^248)·P1 + (a >> 248)·P2 + (b mod 2^248)·P3 + (b >> 248)·P4.
/// (StarkEx documentation, "Pedersen Hash Function".) It is of public data: its time tells of it.
package enum Pedersen {
  /// Both must be below p.
  package static func hash(_ left: UInt256, _ right: UInt256) -> UInt256 {
    precondition(left < StarkField.prime && right < StarkField.prime, "not below p")
    var sum = StarkPoint(shift)
    add(left, low: leftTable, high: leftTopTable, to: &sum)
    add(right, low: rightTable, high: rightTopTable, to: &sum)
    if let x = sum.publicX { return x }
    return slowHash(left, right)
  }

  /// H*: the elements one after another, then their count.
  package static func hash(chain elements: [UInt256]) -> UInt256 {
    var result = UInt256.zero
    for element in elements { result = hash(result, element) }
    return hash(result, UInt256(UInt64(elements.count)))
  }

  @inline(__always)
  private static func add(
    _ number: UInt256, low: StarkTable, high: StarkTable, to sum: inout StarkPoint
  ) {
    var rest = number
    for window in 0..<31 {
      let digit = Int(rest.w0 & 255)
      rest = UInt256(
        rest.w0 >> 8 | rest.w1 << 56, rest.w1 >> 8 | rest.w2 << 56,
        rest.w2 >> 8 | rest.w3 << 56, rest.w3 >> 8)
      if digit > 0 { sum = sum.addingDistinct(low.entry(window: window, digit - 1)) }
      if rest.isZero { return }
    }
    sum = sum.addingDistinct(high.entry(window: 0, Int(rest.w0) - 1))
  }

  /// Where two points met that have the same x, which nobody has ever seen.
  private static func slowHash(_ left: UInt256, _ right: UInt256) -> UInt256 {
    var sum = StarkPoint(shift)
    for (number, low, high) in [(left, p1, p2), (right, p3, p4)] {
      for (base, part) in [(low, number & (limit248)), (high, number >> 248)] {
        var power = StarkPoint(base)
        for bit in 0..<248 {
          if part[limb: bit >> 6] >> UInt64(bit & 63) & 1 == 1 { sum = sum.adding(power) }
          power = power.doubled
        }
      }
    }
    return sum.affine?.x.number ?? .zero
  }

  private static let limit248 = UInt256(.max, .max, .max, .max >> 8)

  /// 31 windows of eight bits for the lower parts, 0.5 MB each.
  private static let leftTable = StarkTable(p1, windows: 31, width: 8)
  private static let leftTopTable = StarkTable(p2, windows: 1, width: 4)
  private static let rightTable = StarkTable(p3, windows: 31, width: 8)
  private static let rightTopTable = StarkTable(p4, windows: 1, width: 4)

  private static let shift = StarkAffinePoint(
    UInt256(
      0x551f_de40_50ca_6804, 0x716b_0b10_2294_7733, 0x00ee_1b87_eb59_9f16, 0x049e_e3eb_a8c1_6007),
    UInt256(
      0xd040_5d26_6e10_268a, 0x4e62_1062_c0e0_56c1, 0xf346_d49d_06ea_0ed3, 0x03ca_0cfe_4b3b_c6dd))
  private static let p1 = StarkAffinePoint(
    UInt256(
      0x1080_d179_57eb_e47b, 0x8fa8_120b_6d56_eb0c, 0x969c_7486_55fc_a9e5, 0x0234_287d_cbaf_fe7f),
    UInt256(
      0x6ed0_268e_e89e_5615, 0x9401_35dd_7a6c_94cc, 0x1e88_9527_d41f_4e39, 0x03b0_56f1_00f9_6fb2))
  private static let p2 = StarkAffinePoint(
    UInt256(
      0xb7a6_932d_ba8a_a378, 0x9909_9ec1_de5e_3018, 0x3f9d_ab26_5655_8f33, 0x04fa_56f3_76c8_3db3),
    UInt256(
      0x5168_f4e8_0ff5_b54d, 0x5627_61f9_2a7a_23b4, 0x8113_e0c0_e47e_4401, 0x03fa_0984_c931_c9e3))
  private static let p3 = StarkAffinePoint(
    UInt256(
      0x3aa3_72f0_bd2d_6997, 0x40c6_90c7_4709_e90f, 0x7649_10f7_5b45_f74b, 0x04ba_4cc1_66be_8dec),
    UInt256(
      0x4815_1f27_b24b_219c, 0xcac5_c59a_5ce5_ae7c, 0x4b97_1e46_c4ed_e85f, 0x0040_301c_f5c1_751f))
  private static let p4 = StarkAffinePoint(
    UInt256(
      0xd36f_f12c_49a5_8202, 0x2ca6_5048_d53f_b325, 0x6e44_cca8_f61a_63bb, 0x0543_02dc_b0e6_cc1c),
    UInt256(
      0x879d_cc77_e99c_2426, 0xce98_ad78_3c25_561a, 0xb348_0462_68d8_ae25, 0x01b7_7b3e_37d1_3504))
}

extension StarkPoint {
  /// x as a number below p; nil for the neutral point.
  fileprivate var publicX: UInt256? {
    let inverse = zz.inverse
    return inverse.isZero ? nil : (x * inverse).number
  }
}
