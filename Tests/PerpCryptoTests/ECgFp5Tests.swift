import Testing

@testable import PerpCrypto

/// What the venue's vectors do not reach: the ends of ranges, and each fast way against a slow one.
@Suite("ECgFp5")
struct ECgFp5Tests {
  private static let edges: [UInt64] = [
    0, 1, 2, 0xffff_ffff, 0x1_0000_0000, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000,
    Goldilocks.prime - 2, Goldilocks.prime - 1,
  ]

  @Test("Goldilocks arithmetic is that of remainders")
  func goldilocks() {
    let prime = UInt128(Goldilocks.prime)
    for a in Self.edges {
      for b in Self.edges {
        let (x, y) = (Goldilocks(a), Goldilocks(b))
        let (wideA, wideB) = (UInt128(a), UInt128(b))
        #expect(UInt128((x + y).value) == (wideA + wideB) % prime)
        #expect(UInt128((x - y).value) == (wideA + prime - wideB) % prime)
        #expect(UInt128((x * y).value) == wideA * wideB % prime)
      }
      let x = Goldilocks(a)
      #expect(x * x.inverse == (a == 0 ? .zero : .one))
      #expect(x.squared.squareRoot.map { $0 == x || $0 == .zero - x } == true)
      #expect(x.legendre == (a == 0 ? .zero : x.squareRoot == nil ? .zero - .one : .one))
    }
    let products: [UInt128] = [.max, .max - 1, prime * prime, (1 << 96) - 1, prime << 64]
    for wide in products { #expect(UInt128(Goldilocks(wide: wide).value) == wide % prime) }
    #expect(Goldilocks(.max).value == 0xffff_fffe)
  }

  @Test("products of extreme limbs")
  func extension5() {
    let last = Goldilocks(Goldilocks.prime - 1)
    let all = GFp5(last, last, last, last, last)
    // (-1 - z - … - z⁴)² with z⁵ = 3.
    let square = GFp5(
      Goldilocks(13), Goldilocks(11), Goldilocks(9), Goldilocks(7), Goldilocks(5))
    #expect(all.squared == square)
    #expect(all * all.inverse == .one && GFp5.zero.inverse.isZero)
    let root = square.squareRoot
    #expect(root == all || root == -all)
  }

  @Test("a multiple of the generator by windows is that by doubling")
  func multiples() {
    let powers = (0..<319).map { bit in
      (0..<bit).reduce(ECgFp5Scalar(1)) { power, _ in power + power }
    }
    let scalars =
      (0...70).map { ECgFp5Scalar($0) }
      + powers.enumerated().filter { $0.offset % 6 < 2 }.map(\.element)
      + (1...40).map { ECgFp5Scalar(0) - ECgFp5Scalar($0) }
    for scalar in scalars {
      let slow = ECgFp5Table(.generator).multiplied(by: scalar).encoded
      #expect(ECgFp5.multiplyGenerator(scalar).encoded == slow, "\(scalar.decimal)")
    }
  }

  @Test("scalars are reduced, whatever is read")
  func scalars() {
    let ones = [UInt8](repeating: 0xff, count: 40)
    // 2^320 - 1 is 2n and the rest.
    let order = (0..<5).map { ECgFp5Scalar.order[$0] }
    let bytes = order.flatMap { limb in (0..<8).map { UInt8(truncatingIfNeeded: limb >> (8 * $0)) }
    }
    #expect(ECgFp5Scalar(littleEndian: bytes)?.isZero == true)
    let rest =
      "24866161803120518730259667091125890411931983096287"
      + "62237450695560672243311366377249964093"
    #expect(ECgFp5Scalar(littleEndian: ones)?.decimal == rest)
    let minusOne = ECgFp5Scalar(0) - ECgFp5Scalar(1)
    #expect(minusOne * minusOne == ECgFp5Scalar(1) && (minusOne + ECgFp5Scalar(1)).isZero)
    #expect(ECgFp5Scalar(decimal: minusOne.decimal) == minusOne)
    #expect(ECgFp5Scalar(littleEndian: [1]) == nil && ECgFp5Scalar(decimal: "1a") == nil)
    // 2^320 as the sixth limb.
    let radix = ECgFp5Scalar(low: .zero, high: UInt256(0, 1, 0, 0))
    #expect(radix == ECgFp5Scalar(littleEndian: ones).map { $0 + ECgFp5Scalar(1) })
  }

  @Test("keys out of range are refused")
  func ranges() {
    for text in ["0x", "00", String(repeating: "0", count: 80)] {
      #expect(throws: SecretError.self) { try SchnorrPrivateKey(hex: text) }
    }
  }
}
