/// The curve y² = x·(x² + 2x + 263z) over GFp5, whose points but for the one of order two make a
/// group of prime order. (Pornin, "EcGFp5: a Specialized Elliptic Curve".)
///
/// A point is (x, u) with u = x/y, as the fractions X/Z and U/T; the neutral one is (0, 0). The
/// formulas hold for all points, so nothing here branches on a value but what says so.
package struct ECgFp5: Sendable {
  var x, z, u, t: GFp5

  static let neutral = ECgFp5(x: .zero, z: .one, u: .zero, t: .one)

  static let generator = ECgFp5(
    x: GFp5(
      Goldilocks(0xb2ca_178e_cf44_53a1), Goldilocks(0x3c75_7788_836d_3ea4),
      Goldilocks(0x48d7_f28a_26da_fd0b), Goldilocks(0x1e0f_15c7_fd44_c28e),
      Goldilocks(0x21fa_7ffc_c825_2211)),
    z: .one, u: .one, t: GFp5(Goldilocks(4)))

  /// Both coordinates whole.
  struct Affine: Sendable {
    var x, u: GFp5
  }

  func adding(_ other: ECgFp5) -> ECgFp5 {
    let t1 = x * other.x
    let t2 = z * other.z
    let t3 = u * other.u
    let t4 = t * other.t
    let t5 = (x + z) * (other.x + other.z) - t1 - t2
    let t6 = (u + t) * (other.u + other.t) - t3 - t4
    return Self.sum(t1, t2, t3, t4, t5, t6)
  }

  @inline(__always)
  func adding(_ other: Affine) -> ECgFp5 {
    let t1 = x * other.x
    let t3 = u * other.u
    let t5 = x + z * other.x
    let t6 = u + t * other.u
    return Self.sum(t1, z, t3, t, t5, t6)
  }

  @inline(__always)
  private static func sum(
    _ t1: GFp5, _ t2: GFp5, _ t3: GFp5, _ t4: GFp5, _ t5: GFp5, _ t6: GFp5
  ) -> ECgFp5 {
    let bt2 = t2.timesB
    let t7 = t1 + bt2
    let t8 = t4 * t7
    let bt5 = t5.timesB
    let t9 = t3 * (bt5 + bt5 + t7 + t7)
    let t10 = (t4 + t3 + t3) * (t5 + t7)
    return ECgFp5(x: (t10 - t8).timesB, z: t8 - t9, u: t6 * (bt2 - t1), t: t8 + t9)
  }

  var negated: ECgFp5 { ECgFp5(x: x, z: z, u: -u, t: t) }

  /// The point as one element, w = y/x; 0 for the neutral point.
  package var encoded: GFp5 { t * u.inverse }

  /// The point with this encoding; nil where there is none. Its time tells of the point.
  package init?(encoded w: GFp5) {
    guard !w.isZero else {
      self = .neutral
      return
    }
    let e = w.squared - GFp5(Goldilocks(2))
    let discriminant = e.squared - GFp5(Goldilocks(4)).timesB
    guard let root = discriminant.squareRoot else { return nil }
    let half = Goldilocks(2).inverse
    let first = (e + root) * half
    let isSquare = first.legendre == .one
    self.init(x: isSquare ? (e - root) * half : first, z: .one, u: .one, t: w)
  }

  init(x: GFp5, z: GFp5, u: GFp5, t: GFp5) {
    (self.x, self.z, self.u, self.t) = (x, z, u, t)
  }
}

extension ECgFp5 {
  private static let windows = 54
  private static let width = 6
  private static let half = 1 << (width - 1)
  /// 1 to 32 times 2^(6w) times the generator, for each window w: 138 kB.
  private nonisolated(unsafe) static let table: UnsafePointer<Affine> = {
    var points: [ECgFp5] = []
    var first = generator
    for _ in 0..<windows {
      var multiple = first
      for _ in 0..<half {
        points.append(multiple)
        multiple = multiple.adding(first)
      }
      first = points[points.count - 1].adding(points[points.count - 1])
    }
    let table = UnsafeMutablePointer<Affine>.allocate(capacity: points.count)
    for (index, point) in points.enumerated() {
      let inverse = (point.z * point.t).inverse
      let affine = Affine(x: point.x * point.t * inverse, u: point.u * point.z * inverse)
      (table + index).initialize(to: affine)
    }
    return UnsafePointer(table)
  }()

  /// `scalar` times the generator, with the same instructions and the same places of memory for
  /// all scalars.
  package static func multiplyGenerator(_ scalar: ECgFp5Scalar) -> ECgFp5 {
    let limbs = scalar.limbs
    var sum = ECgFp5.neutral
    var carry: UInt64 = 0
    for window in 0..<windows {
      let place = window * width
      let (limb, shift) = (place >> 6, UInt64(place & 63))
      var bits = limbs[limb] >> shift
      if shift > 58, limb < 4 { bits |= limbs[limb + 1] << (64 - shift) }
      // 0 to 64, of which 32 and more are taken as less than 0 and one in the next window.
      let digit = bits & 63 &+ carry
      carry = (digit &+ 32) >> 6
      let isNegative = 0 &- carry
      let magnitude = (digit &- carry << 6) ^ isNegative &- isNegative
      sum = sum.adding(secretEntry(window, magnitude, negated: isNegative))
    }
    return sum
  }

  /// Reads all entries of the window and keeps one, or none for 0, so that nobody sees which.
  @inline(__always)
  private static func secretEntry(
    _ window: Int, _ magnitude: UInt64, negated isNegative: UInt64
  ) -> Affine {
    let entries = table + window * half
    var result = Affine(x: .zero, u: .zero)
    for candidate in 0..<half {
      let difference = UInt64(candidate &+ 1) ^ magnitude
      let mask = UInt64(bitPattern: Int64(bitPattern: difference &- 1) >> 63)
      result.x.merge(entries[candidate].x, where: mask)
      result.u.merge(entries[candidate].u, where: mask)
    }
    result.u = result.u.selecting(-result.u, where: isNegative)
    return result
  }
}

/// Multiples of a public point, for products in a time that tells of the scalar.
package struct ECgFp5Table: Sendable {
  private static let windows = 80
  /// 0 to 15 times 16^w times the point, for each window w of four bits.
  private let multiples: [ECgFp5]

  package init(_ point: ECgFp5) {
    var multiples: [ECgFp5] = []
    var first = point
    for _ in 0..<Self.windows {
      var multiple = ECgFp5.neutral
      for _ in 0..<16 {
        multiples.append(multiple)
        multiple = multiple.adding(first)
      }
      first = multiple
    }
    self.multiples = multiples
  }

  package func multiplied(by scalar: ECgFp5Scalar) -> ECgFp5 {
    let limbs = scalar.limbs
    var sum = ECgFp5.neutral
    for window in 0..<Self.windows {
      let digit = Int(limbs[window >> 4] >> UInt64(4 * (window & 15)) & 15)
      if digit > 0 { sum = sum.adding(multiples[16 * window + digit]) }
    }
    return sum
  }
}

extension GFp5 {
  /// The product with b = 263z.
  @inline(__always)
  fileprivate var timesB: GFp5 {
    GFp5(a4.times(789), a0.times(263), a1.times(263), a2.times(263), a3.times(263))
  }
}

extension Goldilocks {
  @inline(__always)
  fileprivate func times(_ factor: UInt64) -> Goldilocks { self * Goldilocks(factor) }
}
