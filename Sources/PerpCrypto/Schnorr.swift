/// Schnorr signatures over ECgFp5 with Poseidon2, as Lighter has them. (elliottech/poseidon_crypto,
/// `signature/schnorr`.)
package struct SchnorrSignature: Hashable, Sendable {
  package var s: ECgFp5Scalar
  package var e: ECgFp5Scalar

  package init(s: ECgFp5Scalar, e: ECgFp5Scalar) { (self.s, self.e) = (s, e) }

  /// Reads 80 bytes; numbers from n on are taken modulo n, as the venue does.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count == 80, let s = ECgFp5Scalar(littleEndian: Array(bytes[..<40])),
      let e = ECgFp5Scalar(littleEndian: Array(bytes[40...]))
    else { return nil }
    self.init(s: s, e: e)
  }

  /// s and e, 40 bytes each, the lowest first.
  package var bytes: [UInt8] { s.littleEndianBytes + e.littleEndianBytes }

  /// The challenge: the hash of the commitment k·G and the message.
  package static func challenge(commitment: GFp5, message: GFp5) -> GFp5 {
    Poseidon2.hashToQuintic(commitment, message)
  }

  /// Whether it is a signature of `message`, which is a hash, by the key with this encoding.
  package func isValid(for message: GFp5, publicKey: GFp5) -> Bool {
    ECgFp5(encoded: publicKey).map { isValid(for: message, key: ECgFp5Table($0)) } ?? false
  }

  func isValid(for message: GFp5, key: ECgFp5Table) -> Bool {
    let commitment = ECgFp5.multiplyGenerator(s).adding(key.multiplied(by: e)).encoded
    return ECgFp5Scalar(Self.challenge(commitment: commitment, message: message)) == e
  }
}

/// A number modulo n that nobody else may have.
package struct SchnorrPrivateKey: Sendable {
  /// The encoding of the point that the key makes.
  package let publicKey: GFp5
  private let secret: SecretBytes
  private let verifier: ECgFp5Table

  /// 80 hexadecimal digits, with or without `0x`: 40 bytes, the lowest first.
  package init(hex: String) throws(SecretError) {
    try self.init(SecretBytes(hex: hex, count: 40))
  }

  package init(_ secret: SecretBytes) throws(SecretError) {
    guard secret.count == 40 else { throw .length(digits: 2 * secret.count, expected: 80) }
    let scalar = secret.withBytes { ECgFp5Scalar(littleEndian: $0) }
    guard !scalar.isZero else { throw .outOfRange("1 and the order of ECgFp5") }
    self.secret = secret
    let point = ECgFp5.multiplyGenerator(scalar)
    publicKey = point.encoded
    verifier = ECgFp5Table(point)
  }

  /// The key itself, for those who check it. Whoever has it can sign.
  package var scalar: ECgFp5Scalar { secret.withBytes { ECgFp5Scalar(littleEndian: $0) } }

  /// Signs a message, which is a hash, with a secret number that no other message may have.
  package func sign(_ message: GFp5, nonce: ECgFp5Scalar) -> SchnorrSignature {
    sign(message, nonce: nonce, commitment: ECgFp5.multiplyGenerator(nonce).encoded)
  }

  /// Signs with a commitment that was made before: k·G, encoded, does not depend on the message.
  package func sign(
    _ message: GFp5, nonce: ECgFp5Scalar, commitment: GFp5
  ) -> SchnorrSignature {
    FaultCheck.signature {
      let e = ECgFp5Scalar(SchnorrSignature.challenge(commitment: commitment, message: message))
      return SchnorrSignature(s: nonce - e * scalar, e: e)
    } isRight: {
      $0.isValid(for: message, key: verifier)
    }
  }

  /// The secret number of a message: from the key and the message, so that no other message has
  /// it, and from `extra`, where there is chance to add. 512 bits of HMAC-SHA256, modulo n.
  package func nonce(for message: GFp5, extra: [UInt8] = []) -> ECgFp5Scalar {
    var seed = secret.withBytes { HMACSHA256(key: $0) }
    seed.update(Array("perpwire ECgFp5 nonce".utf8))
    seed.update(message.littleEndianBytes)
    seed.update(extra)
    let key = HMACSHA256(key: seed.finish())
    let halves = (UInt8(0)...1).map { index in
      var code = key
      code.update(byte: index)
      return code.finish()
    }
    let nonce = ECgFp5Scalar(low: halves[0], high: halves[1])
    // Chance enough for a whole life of the universe says that this is never seen.
    return nonce.isZero ? ECgFp5Scalar(1) : nonce
  }
}
