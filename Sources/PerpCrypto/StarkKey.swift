/// ECDSA on the Stark curve. (Paradex API documentation, "Signing"; StarkEx documentation,
/// "Signature construction".)
package struct StarkSignature: Hashable, Sendable {
  package var r: UInt256
  package var s: UInt256

  package init(r: UInt256, s: UInt256) { (self.r, self.s) = (r, s) }

  /// r and s: 128 digits in lower case, without `0x`.
  package var hex: String { r.paddedHex + s.paddedHex }
}

/// A number from 1 to n - 1 that nobody else may have.
package struct StarkPrivateKey: Sendable {
  package let publicKey: (x: UInt256, y: UInt256)
  private let secret: SecretBytes
  private let verifier: StarkPublicKey

  /// Up to 64 hexadecimal digits, with or without `0x`.
  package init(hex: String) throws(SecretError) {
    let digits = hex.hasPrefix("0x") ? hex.dropFirst(2) : hex[...]
    let padded = String(repeating: "0", count: max(0, 64 - digits.utf8.count)) + digits
    try self.init(SecretBytes(hex: padded, count: 32))
  }

  /// 32 bytes, the most significant first.
  package init(_ secret: SecretBytes) throws(SecretError) {
    guard secret.count == 32 else { throw .length(digits: 2 * secret.count, expected: 64) }
    let scalar = secret.withBytes { UInt256(bigEndian: $0.bytes) }
    guard !scalar.isZero, scalar < StarkCurve.order else {
      throw .outOfRange("1 and the order of the Stark curve")
    }
    self.secret = secret
    let point = StarkCurve.multiplyGenerator(secret: scalar)
    publicKey = (point.x.number, point.y.number)
    verifier = StarkPublicKey(point)
  }

  /// What RFC 6979 appends to the hash: Paradex and the libraries around it take 32, StarkEx's
  /// nothing.
  package enum ExtraEntropy: Sendable {
    case none
    case number(UInt64)

    /// The number's bytes, the most significant first, without leading zeros.
    fileprivate var bytes: [UInt8] {
      guard case .number(let number) = self else { return [] }
      return Array(UInt256(number).bigEndianBytes.drop { $0 == 0 })
    }
  }

  /// Signs a hash below 2^251, or below n where a venue reduces it before.
  package func sign(_ hash: UInt256, extraEntropy: ExtraEntropy) -> StarkSignature {
    FaultCheck.signature {
      signWithNonce(hash, extraEntropy).signature
    } isRight: {
      verifier.verify($0, of: hash)
    }
  }

  /// The secret number that `sign` takes, for those who check it step by step. Whoever has it has
  /// the key.
  package func nonce(for hash: UInt256, extraEntropy: ExtraEntropy) -> UInt256 {
    signWithNonce(hash, extraEntropy).nonce
  }

  private func signWithNonce(
    _ hash: UInt256, _ extraEntropy: ExtraEntropy
  ) -> (signature: StarkSignature, nonce: UInt256) {
    precondition(hash < StarkCurve.order, "the hash is not below the order")
    let key = secret.withBytes { UInt256(bigEndian: $0.bytes) }
    var candidates = RFC6979(privateKey: key, hash: hash, extra: extraEntropy.bytes)
    while true {
      // The order has 252 bits.
      let nonce = candidates.next() >> 4
      guard !nonce.isZero, nonce < StarkCurve.order else { continue }
      let r = StarkCurve.multiplyGenerator(secret: nonce).x.number
      guard !r.isZero, r < StarkCurve.limit else { continue }
      let sum = StarkScalar(hash) + StarkScalar(r) * StarkScalar(key)
      let s = (StarkScalar(nonce).inverse * sum).number
      guard !s.isZero else { continue }
      return (StarkSignature(r: r, s: s), nonce)
    }
  }
}

/// The x of a point that a private key makes; which of the two points it is, signatures do not say.
package struct StarkPublicKey: Sendable {
  package let x: UInt256
  /// 1 to 15 times 16^w times one of the two points, for each window w of four bits.
  private let multiples: [StarkAffinePoint]
  private static let windows = 63

  /// Nil where no point has this x.
  package init?(x: UInt256) {
    guard x < StarkCurve.prime else { return nil }
    let field = StarkField(x)
    let square = (field.squared * field + field + StarkCurve.beta).reduced
    guard let y = square.squareRoot else { return nil }
    self.init(StarkAffinePoint(x: field, y: y))
  }

  init(_ point: StarkAffinePoint) {
    x = point.x.number
    var all: [StarkAffinePoint] = []
    var first = point
    for _ in 0..<Self.windows {
      let window = StarkPoint.affine(StarkPoint.multiples(of: first, count: 16))
      all += window.dropLast()
      first = window[15]
    }
    multiples = all
  }

  package func verify(_ signature: StarkSignature, of hash: UInt256) -> Bool {
    guard !signature.r.isZero, signature.r < StarkCurve.limit, !signature.s.isZero,
      signature.s < StarkCurve.order, hash < StarkCurve.order
    else { return false }
    let inverse = StarkScalar(signature.s).inverse
    let first = StarkCurve.multiplyGenerator((StarkScalar(hash) * inverse).number)
    let second = multiply((StarkScalar(signature.r) * inverse).number)
    return [second, second.negated].contains { candidate in
      let sum = first.adding(candidate)
      return !sum.isNeutral && sum.x == StarkField(signature.r) * sum.zz
    }
  }

  private func multiply(_ scalar: UInt256) -> StarkPoint {
    var sum = StarkPoint.neutral
    for window in 0..<Self.windows {
      let digit = Int(scalar[limb: window >> 4] >> UInt64(4 * (window & 15)) & 15)
      if digit > 0 { sum = sum.adding(StarkPoint(multiples[15 * window + digit - 1])) }
    }
    return sum
  }
}

extension StarkField {
  /// One of the two roots; nil where there is none. By Tonelli and Shanks: p - 1 is odd times
  /// 2^192. Its time tells of the value.
  var squareRoot: StarkField? {
    guard !isZero else { return .zero }
    // The odd factor is 2^59 + 17.
    let power = (squared(times: 55) * self).squared(times: 3)
    var root = power * self
    var rest = root * power
    var element = StarkField(Self.nonResiduePower)
    var order = 192
    while rest != .one {
      var exponent = 0
      var square = rest
      while square != .one {
        square = square.squared
        exponent += 1
        if exponent == order { return nil }
      }
      let factor = element.squared(times: order - exponent - 1)
      root = root * factor
      element = factor.squared
      rest = rest * element
      order = exponent
    }
    return root
  }

  /// 3 to the odd factor of p - 1, of order 2^192.
  private static let nonResiduePower = UInt256(
    0x6070_024f_42f8_ef94, 0xad18_7148_e11a_6161, 0x3f04_6451_9c8b_0fa5, 0x0052_82db_8752_9cfa)
}
