import PerpCore
import Testing
import VenueTesting

@testable import PerpCrypto

/// The arithmetic beneath the signatures.
enum LighterFieldVector {
  static func checkField(_ vector: VectorCase) throws {
    let (a, b) = (try vector.element("a"), try vector.element("b"))
    vector.check("a_bytes", a.littleEndianBytes.hex)
    #expect(GFp5(littleEndian: a.littleEndianBytes) == a)
    vector.check("add", (a + b).texts)
    vector.check("sub", (a - b).texts)
    vector.check("mul", (a * b).texts)
    vector.check("neg_a", (-a).texts)
    vector.check("square_a", a.squared.texts)
    vector.check("inverse_a", a.inverse.texts)
    vector.check("frobenius_a", a.frobenius.texts)
    vector.check("legendre_a", a.legendre.value)
    vector.check("sgn0_a", a.hasEvenSign)
    let root = a.squareRoot
    vector.check("sqrt_a_exists", root != nil)
    if let root { #expect(root.squared == a) }
    // Of both roots the one whose sign is odd.
    guard vector.has("canonical_sqrt_a") else { return }
    vector.check("canonical_sqrt_a", root.map { ($0.hasEvenSign ? -$0 : $0).texts } ?? [])
  }

  static func checkScalar(_ vector: VectorCase) throws {
    let a = try #require(ECgFp5Scalar(decimal: vector.text("a")))
    let b = try #require(ECgFp5Scalar(decimal: vector.text("b")))
    vector.check("a_bytes", a.littleEndianBytes.hex)
    #expect(ECgFp5Scalar(littleEndian: a.littleEndianBytes) == a)
    vector.check("add", (a + b).decimal)
    vector.check("sub", (a - b).decimal)
    vector.check("mul", (a * b).decimal)
  }

  static func checkScalarOfField(_ vector: VectorCase) throws {
    vector.check("out", ECgFp5Scalar(try vector.element("in")).decimal)
  }

  static func checkPermutation(_ vector: VectorCase) throws {
    let numbers = try vector.numbers("in")
    var state = Poseidon2.State { numbers[$0] }
    Poseidon2.permute(&state)
    vector.check("out", (0..<12).map { "\(state[$0].value)" })
  }

  static func checkHash(_ vector: VectorCase) throws {
    let numbers = try vector.numbers("in")
    let count = Int(try vector.integer("n_out"))
    let hash = Poseidon2.hash(numbers, count: count)
    vector.check("out", hash.map { "\($0.value)" })
    if count >= 5 { #expect(Poseidon2.hashToQuintic(numbers).limbs == Array(hash[..<5])) }
  }

  static func checkGenerator(_ vector: VectorCase) throws {
    let scalar = try #require(ECgFp5Scalar(decimal: vector.text("k")))
    let encoded = ECgFp5.multiplyGenerator(scalar).encoded
    vector.check("k_bytes", scalar.littleEndianBytes.hex)
    vector.check("encoded", encoded.texts)
    vector.check("encoded_bytes", encoded.littleEndianBytes.hex)
    #expect(ECgFp5Table(.generator).multiplied(by: scalar).encoded == encoded, "\(vector.name)")
  }

  static func checkPoint(_ vector: VectorCase) throws {
    let w = try vector.element("a")
    let (first, second) = (ECgFp5(encoded: w), ECgFp5(encoded: try vector.element("b")))
    vector.check("a_valid", first != nil)
    vector.check("b_valid", second != nil)
    let a = try #require(first)
    let b = try #require(second)
    let scalar = try #require(ECgFp5Scalar(decimal: vector.text("k")))
    #expect(a.encoded == w)
    vector.check("add", a.adding(b).encoded.texts)
    vector.check("a_plus_a", a.adding(a).encoded.texts)
    vector.check("double_a", a.adding(a).encoded.texts)
    vector.check("mul_a_k", ECgFp5Table(a).multiplied(by: scalar).encoded.texts)
    #expect(a.adding(a.negated).encoded.isZero)
    let image = try #require(weierstrass(w))
    vector.check("a_weierstrass_x", image.x.texts)
    vector.check("a_weierstrass_y", image.y.texts)
  }

  /// The point on the short curve that the official verifier works on: X = x + a/3, Y = -w·x for
  /// the root x of x² - (w² - a)x + b that is a square.
  private static func weierstrass(_ w: GFp5) -> (x: GFp5, y: GFp5)? {
    let e = w.squared - GFp5(Goldilocks(2))
    let fourB = GFp5(.zero, Goldilocks(1_052), .zero, .zero, .zero)
    guard let root = (e.squared - fourB).squareRoot else { return nil }
    let half = Goldilocks(2).inverse
    let roots = [(e + root) * half, (e - root) * half]
    guard let x = roots.first(where: { $0.legendre == .one }) else { return nil }
    return (x + GFp5(Goldilocks(2) * Goldilocks(3).inverse), -(w * x))
  }

  static func checkNoPoint(_ vector: VectorCase) throws {
    let w = try vector.element("w")
    vector.check("w_bytes", w.littleEndianBytes.hex)
    vector.check("valid", ECgFp5(encoded: w) != nil)
  }

  /// The signature verifies, and with one bit changed anywhere it does not.
  static func expectOnlyOwnVerifies(
    _ signature: SchnorrSignature, _ message: GFp5, _ publicKey: GFp5
  ) throws {
    #expect(signature.isValid(for: message, publicKey: publicKey))
    for place in [3, 43] {
      var bytes = signature.bytes
      bytes[place] ^= 4
      let tampered = try #require(SchnorrSignature(bytes))
      #expect(!tampered.isValid(for: message, publicKey: publicKey))
    }
    var bytes = message.littleEndianBytes
    bytes[9] ^= 1
    let other = try #require(GFp5(littleEndian: bytes))
    #expect(!signature.isValid(for: other, publicKey: publicKey))
  }
}

extension GFp5 {
  /// Whether the first limb that is not 0 is even.
  fileprivate var hasEvenSign: Bool {
    limbs.first { $0.value != 0 }.map { $0.value.isMultiple(of: 2) } ?? true
  }
}
