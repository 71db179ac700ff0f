import Testing

@testable import PerpCrypto

/// What the venues' vectors do not reach: the ends of ranges, and each fast way against a slow one.
@Suite("The Stark curve")
struct StarkCurveTests {
  private static let last = StarkCurve.order.subtracting(UInt256(1)).difference
  private static let scalars: [UInt256] =
    (1...40).map { UInt256(UInt64($0)) }
    + stride(from: 5, to: 252, by: 5).flatMap { bit in
      let power = UInt256(1) << bit
      return [power.subtracting(UInt256(1)).difference, power, power.adding(UInt256(1)).sum]
    }
    + (0..<40).map { last.subtracting(UInt256(UInt64($0))).difference }
    + (0..<40).map { StarkCurve.modOrder(Keccak256.hash("scalar \($0)")) }

  @Test("a secret multiple of the generator is the sum bit by bit")
  func secretMultiples() throws {
    for scalar in Self.scalars {
      let slow = try #require(Self.multiple(StarkCurve.generator, scalar).affine)
      let fast = StarkCurve.multiplyGenerator(secret: scalar)
      #expect(fast.x == slow.x && fast.y == slow.y, "\(scalar.hex)")
      let open = try #require(StarkCurve.multiplyGenerator(scalar).affine)
      #expect(open.x == slow.x && open.y == slow.y, "\(scalar.hex)")
    }
  }

  @Test("the order times the generator is neutral")
  func order() {
    #expect(Self.multiple(StarkCurve.generator, StarkCurve.order).isNeutral)
    #expect(StarkCurve.multiplyGenerator(.zero).isNeutral)
    let twice = StarkPoint(StarkCurve.generator).adding(StarkPoint(StarkCurve.generator))
    #expect(twice.affine == StarkPoint(StarkCurve.generator).doubled.affine)
    let opposite = StarkPoint(StarkCurve.generator).negated
    #expect(StarkPoint(StarkCurve.generator).adding(opposite).isNeutral)
  }

  private static func multiple(_ point: StarkAffinePoint, _ scalar: UInt256) -> StarkPoint {
    var sum = StarkPoint.neutral
    for bit in (0..<256).reversed() {
      sum = sum.adding(sum)
      if scalar[limb: bit >> 6] >> UInt64(bit & 63) & 1 == 1 { sum = sum.adding(StarkPoint(point)) }
    }
    return sum
  }

  private static let numbers: [UInt256] =
    [UInt256(0), UInt256(1), UInt256(2)]
    + (1..<251).map { UInt256(1) << $0 }
    + (1...20).map { StarkCurve.prime.subtracting(UInt256(UInt64($0))).difference }
    + (0..<200).map { Keccak256.hash("number \($0)") >> 5 }

  @Test("both inverses of a number are its inverse; 0 has none")
  func inverses() {
    for number in Self.numbers {
      let field = StarkField(number)
      let open = field.publicInverse
      if number.isZero {
        #expect(open == nil && field.inverse.isZero)
      } else {
        #expect(field * field.inverse == .one, "\(number.hex)")
        #expect(open.map { (field * $0).canonical } == UInt256(1), "\(number.hex)")
      }
      let scalar = StarkScalar(number)
      #expect((scalar * scalar.inverse).number == UInt256(number.isZero ? 0 : 1))
    }
  }

  @Test("sums, differences and lazy reductions keep the number")
  func arithmetic() {
    for number in Self.numbers {
      let field = StarkField(number)
      #expect(field.number == number)
      #expect((field - field).isZero && (field + field.negated).reduced.isZero)
      var sum = field
      for _ in 0..<14 { sum = sum + field }
      #expect(sum.reduced == field * StarkField(UInt256(15)))
      let root = field.squared.squareRoot
      #expect(root == field || root == field.negated, "\(number.hex)")
    }
  }

  @Test("three is no square, and no point has an x whose y² is none")
  func nonResidues() {
    #expect(StarkField(UInt256(3)).squareRoot == nil)
    let points = (1...40).compactMap { StarkPublicKey(x: UInt256(UInt64($0))) }
    #expect((10...30).contains(points.count))
    #expect(StarkPublicKey(x: StarkCurve.prime) == nil)
  }

  @Test("Pedersen is the sum of multiples, whatever the digits")
  func pedersen() {
    for (index, left) in Self.numbers.enumerated() {
      let right = Self.numbers[(index * 7 + 3) % Self.numbers.count]
      #expect(Pedersen.hash(left, right) == Pedersen.slowHash(left, right), "\(left.hex)")
    }
  }

  @Test("keys and signatures out of range are refused")
  func ranges() throws {
    for text in ["0x0", StarkCurve.order.hex, "0x" + String(repeating: "f", count: 64)] {
      #expect(throws: SecretError.outOfRange("1 and the order of the Stark curve")) {
        try StarkPrivateKey(hex: text)
      }
    }
    let private1 = try StarkPrivateKey(hex: "0x1")
    let key = try #require(StarkPublicKey(x: private1.publicKey.x))
    let hash = UInt256(77)
    let signature = private1.sign(hash, extraEntropy: .none)
    #expect(key.verify(signature, of: hash))
    let other = StarkSignature(
      r: signature.r, s: StarkCurve.order.subtracting(signature.s).difference)
    #expect(key.verify(other, of: hash), "both s verify")
    for bad in [
      StarkSignature(r: .zero, s: signature.s), StarkSignature(r: signature.r, s: .zero),
      StarkSignature(r: signature.r, s: signature.s.adding(StarkCurve.order).sum),
      StarkSignature(r: StarkCurve.limit, s: signature.s),
    ] {
      #expect(!key.verify(bad, of: hash))
    }
    #expect(!key.verify(signature, of: StarkCurve.order.adding(hash).sum))
  }

  @Test("no two messages share a secret number")
  func nonces() throws {
    let key = try StarkPrivateKey(hex: "0x5eed")
    let count = 500
    let signatures = (0..<count).map {
      key.sign(UInt256(UInt64($0)), extraEntropy: .number(32))
    }
    #expect(Set(signatures.map(\.r)).count == count)
  }
}
