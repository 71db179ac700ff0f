/// A number modulo the order n of the group of ECgFp5, times 2^320 (Montgomery's form), below n.
/// Nothing here branches on a value.
package struct ECgFp5Scalar: Hashable, Sendable {
  typealias Limbs = InlineArray<5, UInt64>

  /// In Montgomery's form.
  private var w0, w1, w2, w3, w4: UInt64

  static let order: Limbs = [
    0xe80f_d996_948b_ffe1, 0xe888_5c39_d724_a09c, 0x7fff_ffe6_cfb8_0639, 0x7fff_fff1_0000_0016,
    0x7fff_fffd_8000_0007,
  ]
  private static let squareOfRadix: Limbs = [
    0xa010_01dc_e33d_c739, 0x6c32_28d3_3f62_accf, 0xd1d7_96cc_91cf_8525, 0xaadf_ff5d_1574_c1d8,
    0x4aca_13b2_8ca2_51f5,
  ]
  /// -1/n modulo 2^64.
  private static let negatedInverse: UInt64 = 0xd78b_ef72_057b_7bdf

  /// Limbs already in Montgomery's form.
  private init(form limbs: Limbs) {
    (w0, w1, w2, w3, w4) = (limbs[0], limbs[1], limbs[2], limbs[3], limbs[4])
  }

  private var form: Limbs { [w0, w1, w2, w3, w4] }

  /// The number with these limbs, the lowest first, modulo n.
  init(_ limbs: Limbs) {
    // 2^320 is a little more than 2n, and so two of n may be in it.
    let below = Self.subtractingOrder(Self.subtractingOrder(limbs))
    self.init(form: Self.multiply(below, Self.squareOfRadix))
  }

  package init(_ number: UInt64) { self.init([number, 0, 0, 0, 0]) }

  /// The integer whose limbs of 64 bits are those of the element, modulo n.
  package init(_ element: GFp5) {
    self.init([
      element.a0.value, element.a1.value, element.a2.value, element.a3.value, element.a4.value,
    ])
  }

  /// A number of 512 bits, the lowest limbs first, modulo n.
  init(low: UInt256, high: UInt256) {
    let first = ECgFp5Scalar([low.w0, low.w1, low.w2, low.w3, high.w0])
    let radix = ECgFp5Scalar(form: Self.squareOfRadix)
    self = first + ECgFp5Scalar([high.w1, high.w2, high.w3, 0, 0]) * radix
  }

  /// The limbs of the number, the lowest first.
  var limbs: Limbs { Self.multiply(form, [1, 0, 0, 0, 0]) }

  package var isZero: Bool { w0 | w1 | w2 | w3 | w4 == 0 }

  package static func * (left: ECgFp5Scalar, right: ECgFp5Scalar) -> ECgFp5Scalar {
    ECgFp5Scalar(form: multiply(left.form, right.form))
  }

  package static func + (left: ECgFp5Scalar, right: ECgFp5Scalar) -> ECgFp5Scalar {
    var (carry, sum): (UInt64, Limbs) = (0, [0, 0, 0, 0, 0])
    for index in 0..<5 { sum[index] = add(left.form[index], right.form[index], &carry) }
    // n has 319 bits, so there is no carry.
    return ECgFp5Scalar(form: subtractingOrder(sum))
  }

  package static func - (left: ECgFp5Scalar, right: ECgFp5Scalar) -> ECgFp5Scalar {
    var (borrow, difference): (UInt64, Limbs) = (0, [0, 0, 0, 0, 0])
    for index in 0..<5 {
      difference[index] = subtract(left.form[index], right.form[index], &borrow)
    }
    let mask = 0 &- borrow
    var carry: UInt64 = 0
    for index in 0..<5 { difference[index] = add(difference[index], order[index] & mask, &carry) }
    return ECgFp5Scalar(form: difference)
  }

  /// Less n where it is not below n.
  @inline(__always)
  private static func subtractingOrder(_ limbs: Limbs) -> Limbs {
    var (borrow, difference): (UInt64, Limbs) = (0, [0, 0, 0, 0, 0])
    for index in 0..<5 { difference[index] = subtract(limbs[index], order[index], &borrow) }
    let mask = 0 &- borrow
    for index in 0..<5 { difference[index] ^= (difference[index] ^ limbs[index]) & mask }
    return difference
  }

  /// A product in Montgomery's form of factors below n.
  private static func multiply(_ left: Limbs, _ right: Limbs) -> Limbs {
    var t: Limbs = [0, 0, 0, 0, 0]
    for index in 0..<5 {
      var high: UInt64 = 0
      for place in 0..<5 {
        t[place] = multiplyAdd(left[index], right[place], t[place], &high)
      }
      let m = t[0] &* negatedInverse
      var carry: UInt64 = 0
      _ = multiplyAdd(m, order[0], t[0], &carry)
      for place in 1..<5 { t[place - 1] = multiplyAdd(m, order[place], t[place], &carry) }
      t[4] = high &+ carry
    }
    return subtractingOrder(t)
  }
}

extension ECgFp5Scalar {
  /// Reads 40 bytes, the lowest first, modulo n.
  package init?(littleEndian bytes: [UInt8]) {
    guard bytes.count == 40 else { return nil }
    self = bytes.withUnsafeBytes { ECgFp5Scalar(littleEndian: $0) }
  }

  /// Reads the first 40 bytes, the lowest first, modulo n.
  init(littleEndian bytes: UnsafeRawBufferPointer) {
    self.init(
      Limbs { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)) })
  }

  /// 40 bytes, the lowest first.
  package var littleEndianBytes: [UInt8] {
    let limbs = limbs
    return (0..<40).map { UInt8(truncatingIfNeeded: limbs[$0 / 8] >> UInt64(8 * ($0 % 8))) }
  }

  /// Reads decimal digits, modulo n; nil for other characters.
  package init?(decimal text: some StringProtocol) {
    guard !text.isEmpty else { return nil }
    self.init(0)
    let ten = ECgFp5Scalar(10)
    for character in text.utf8 {
      let digit = character &- UInt8(ascii: "0")
      guard digit <= 9 else { return nil }
      self = self * ten + ECgFp5Scalar(UInt64(digit))
    }
  }

  package var decimal: String {
    var limbs = limbs
    var digits: [UInt8] = []
    repeat {
      var remainder: UInt64 = 0
      for index in (0..<5).reversed() {
        (limbs[index], remainder) = UInt64(10).dividingFullWidth((remainder, limbs[index]))
      }
      digits.append(UInt8(ascii: "0") + UInt8(remainder))
    } while (0..<5).contains { limbs[$0] != 0 }
    return String(decoding: digits.reversed(), as: UTF8.self)
  }
}
