/// A point of the Stark curve y² = x³ + x + β other than the neutral one; both coordinates in
/// Montgomery's form.
struct StarkAffinePoint: Equatable, Sendable {
  var x: StarkField
  var y: StarkField

  /// From numbers below p, which must be on the curve.
  init(_ x: UInt256, _ y: UInt256) { (self.x, self.y) = (StarkField(x), StarkField(y)) }

  @inline(__always)
  init(x: StarkField, y: StarkField) { (self.x, self.y) = (x, y) }

  /// The negative one where `mask` is all ones.
  @inline(__always)
  func negated(where mask: UInt64) -> StarkAffinePoint {
    StarkAffinePoint(x: x, y: y.selecting(y.negated, where: mask))
  }
}

/// A point as (X/ZZ, Y/ZZZ) with ZZ³ = ZZZ²; the neutral one has ZZ = 0. (Explicit-Formulas
/// Database, "XYZZ coordinates for short Weierstrass curves".) All four are below 2p.
struct StarkPoint: Sendable {
  var x, y, zz, zzz: StarkField

  static let neutral = StarkPoint(x: .one, y: .one, zz: .zero, zzz: .zero)

  @inline(__always)
  init(x: StarkField, y: StarkField, zz: StarkField, zzz: StarkField) {
    (self.x, self.y, self.zz, self.zzz) = (x, y, zz, zzz)
  }

  @inline(__always)
  init(_ point: StarkAffinePoint) {
    self.init(x: point.x, y: point.y, zz: .one, zzz: .one)
  }

  var isNeutral: Bool { zz.isZero }

  /// The sum with a point that has another x, in the same time for all. Of points with the same x,
  /// and from then on, ZZ is 0: whoever cannot rule that out must look.
  @inline(__always)
  func addingDistinct(_ other: StarkAffinePoint) -> StarkPoint {
    let p = other.x * zz - x
    let r = other.y * zzz - y
    let pp = p.squared
    let ppp = p * pp
    let q = x * pp
    // r² - ppp - 2q
    let x3 = (r.squared - ppp - q - q).reduced
    let y3 = (r * (q - x3) - y * ppp).reduced
    return StarkPoint(x: x3, y: y3, zz: zz * pp, zzz: zzz * ppp)
  }

  /// The sum of any two points; its time tells whether they are special.
  func adding(_ other: StarkPoint) -> StarkPoint {
    if isNeutral { return other }
    if other.isNeutral { return self }
    let u1 = x * other.zz
    let s1 = y * other.zzz
    let p = other.x * zz - u1
    let r = other.y * zzz - s1
    if p.isZero { return r.isZero ? doubled : .neutral }
    let pp = p.squared
    let ppp = p * pp
    let q = u1 * pp
    let x3 = (r.squared - ppp - q - q).reduced
    let y3 = (r * (q - x3) - s1 * ppp).reduced
    return StarkPoint(
      x: x3, y: y3, zz: zz * other.zz * pp, zzz: zzz * other.zzz * ppp)
  }

  /// Twice the point. There is none of order 2, so only the neutral one gives the neutral one.
  @inline(__always)
  var doubled: StarkPoint {
    let u = y + y
    let v = u.squared
    let w = u * v
    let s = x * v
    let xx = x.squared
    let m = (xx + xx + xx + zz.squared).reduced
    let x3 = (m.squared - s - s).reduced
    let y3 = (m * (s - x3) - w * y).reduced
    return StarkPoint(x: x3, y: y3, zz: v * zz, zzz: w * zzz)
  }

  var negated: StarkPoint { StarkPoint(x: x, y: y.negated, zz: zz, zzz: zzz) }

  /// Nil for the neutral point.
  var affine: StarkAffinePoint? {
    isNeutral ? nil : affine(inverse: zzz.inverse)
  }

  @inline(__always)
  private func affine(inverse: StarkField) -> StarkAffinePoint {
    // 1/z = zz/zzz
    let z = zz * inverse
    return StarkAffinePoint(x: x * z.squared, y: y * inverse)
  }

  /// All of `points`, none of which is neutral, with one inversion (Montgomery's trick).
  static func affine(_ points: [StarkPoint]) -> [StarkAffinePoint] {
    var product = StarkField.one
    let before = points.map { point in
      defer { product = product * point.zzz }
      return product
    }
    var inverse = product.inverse
    var result: [StarkAffinePoint] = []
    for (point, before) in zip(points, before).reversed() {
      result.append(point.affine(inverse: inverse * before))
      inverse = inverse * point.zzz
    }
    return result.reversed()
  }

  /// 1, 2, … `count` times the point.
  static func multiples(of point: StarkAffinePoint, count: Int) -> [StarkPoint] {
    var multiples = [StarkPoint(point), StarkPoint(point).doubled]
    while multiples.count < count {
      multiples.append(multiples[multiples.count - 1].addingDistinct(point))
    }
    return Array(multiples.prefix(count))
  }
}

extension StarkPoint {
  /// Whether it is neutral as `neutral` is: nothing was added yet.
  @inline(__always)
  var isTriviallyNeutral: Bool { zz.raw.isZero }
}
