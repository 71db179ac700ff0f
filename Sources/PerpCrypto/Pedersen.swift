/// The Pedersen hash of Starknet: of two numbers below p the x of
/// P0 + (a mod 2^248)·P1 + (a >> 248)·P2 + (b mod 2^248)·P3 + (b >> 248)·P4.
/// (StarkEx documentation, "Pedersen Hash Function".) It is of public data: its time tells of it.
package enum Pedersen {
  /// Both must be below p.
  package static func hash(_ left: UInt256, _ right: UInt256) -> UInt256 {
    precondition(left < StarkField.prime && right < StarkField.prime, "not below p")
    var digits = Digits(left)
    var sum = StarkPoint(shiftTable.entry(window: 0, digits.next() + half))
    add(digits, leftTable, leftTopTable, from: 1, to: &sum)
    add(Digits(right), rightTable, rightTopTable, from: 0, to: &sum)
    return sum.publicX ?? slowHash(left, right)
  }

  /// H*: the elements one after another, then their count.
  package static func hash(chain elements: [UInt256]) -> UInt256 {
    var result = UInt256.zero
    for element in elements { result = hash(result, element) }
    return hash(result, UInt256(UInt64(elements.count)))
  }

  @inline(__always)
  private static func add(
    _ digits: Digits, _ table: StarkTable, _ topTable: StarkTable, from first: Int,
    to sum: inout StarkPoint
  ) {
    var (digits, window) = (digits, first)
    while !digits.isAtEnd {
      let digit = digits.next()
      if digit > 0 {
        sum = sum.addingDistinct(table.entry(window: window, digit - 1))
      } else if digit < 0 {
        let entry = table.entry(window: window, -digit - 1)
        sum = sum.addingDistinct(StarkAffinePoint(x: entry.x, y: entry.y.negated))
      }
      window += 1
    }
    if digits.top > 0 { sum = sum.addingDistinct(topTable.entry(window: 0, digits.top - 1)) }
  }

  /// Where two points met that have the same x, which nobody has ever seen.
  static func slowHash(_ left: UInt256, _ right: UInt256) -> UInt256 {
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

  /// 28 windows of nine bits for the lower parts, whose digits have a sign: 0.5 MB each.
  private static let width = 9
  private static let half = 1 << (width - 1)
  private static let leftTable = StarkTable(
    p1, windows: 28, width: width, digits: Array(1...half))
  private static let leftTopTable = StarkTable(p2, windows: 1, width: 4, digits: Array(1...8))
  private static let rightTable = StarkTable(
    p3, windows: 28, width: width, digits: Array(1...half))
  private static let rightTopTable = StarkTable(p4, windows: 1, width: 4, digits: Array(1...8))
  /// The left number's first window with P0 already added, from the least digit on.
  private static let shiftTable = {
    let multiples = StarkPoint.multiples(of: p1, count: half)
    let points = multiples.reversed().map(\.negated) + [.neutral] + multiples
    return StarkTable(StarkPoint.affine(points.map { $0.adding(StarkPoint(shift)) }))
  }()

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

extension Pedersen {
  /// A number's lower 248 bits as digits with a sign, the lowest first, and what is above them.
  private struct Digits {
    private var low: UInt256
    private var carry = 0
    let top: Int

    @inline(__always)
    init(_ number: UInt256) {
      low = number & limit248
      top = Int(number.w3 >> 56)
    }

    @inline(__always)
    var isAtEnd: Bool { low.isZero && carry == 0 }

    /// From -2^(width-1) + 1 to 2^(width-1).
    @inline(__always)
    mutating func next() -> Int {
      let digit = Int(low.w0 & ((1 << UInt64(width)) - 1)) + carry
      let (right, left) = (UInt64(width), UInt64(64 - width))
      low = UInt256(
        low.w0 >> right | low.w1 << left, low.w1 >> right | low.w2 << left,
        low.w2 >> right | low.w3 << left, low.w3 >> right)
      carry = digit > half ? 1 : 0
      return digit - carry << width
    }
  }
}

extension StarkPoint {
  /// x as a number below p; nil for the neutral point. Its time tells of the point.
  fileprivate var publicX: UInt256? {
    // Not in Montgomery's form, and so is the product.
    zz.publicInverse.map { (x * $0).canonical }
  }
}
