import CSecp256k1

/// ECDSA on secp256k1 by libsecp256k1: deterministic secret numbers (RFC 6979), the lower of both
/// values of s, and the bit from which the public key is recovered.
package enum Secp256k1 {
  /// The order of the group.
  package static let order = UInt256(
    0xbfd2_5e8c_d036_4141, 0xbaae_dce6_af48_a03b, 0xffff_ffff_ffff_fffe, 0xffff_ffff_ffff_ffff)
  /// The largest s that venues take.
  package static let halfOrder = order >> 1

  /// Only read once it is made, which the library allows from several threads.
  fileprivate nonisolated(unsafe) static let context: OpaquePointer = {
    let flags = UInt32(SECP256K1_CONTEXT_SIGN) | UInt32(SECP256K1_CONTEXT_VERIFY)
    guard let context = secp256k1_context_create(flags) else {
      preconditionFailure("libsecp256k1 has no context")
    }
    return context
  }()

  package struct Signature: Hashable, Sendable {
    package var r: UInt256
    package var s: UInt256
    /// 0 or 1: whether the point that r comes from has an odd y.
    package var parity: UInt8

    package init(r: UInt256, s: UInt256, parity: UInt8) {
      (self.r, self.s, self.parity) = (r, s, parity)
    }

    /// 27 or 28.
    package var v: UInt8 { 27 + parity }

    /// r, s and v: 130 digits in lower case, without `0x`.
    package var hex: String { r.paddedHex + s.paddedHex + [v].hex }

    package var hasLowS: Bool { s <= Secp256k1.halfOrder }
  }

  /// The address whose key made this signature of `digest`; nil where no key can have. A high s is
  /// not refused here.
  package static func signer(of digest: UInt256, _ signature: Signature) -> EthereumAddress? {
    guard signature.parity <= 1 else { return nil }
    var parsed = secp256k1_ecdsa_recoverable_signature()
    let compact = signature.r.bigEndianBytes + signature.s.bigEndianBytes
    var key = secp256k1_pubkey()
    guard
      secp256k1_ecdsa_recoverable_signature_parse_compact(
        context, &parsed, compact, Int32(signature.parity)) == 1,
      secp256k1_ecdsa_recover(context, &key, &parsed, digest.bigEndianBytes) == 1
    else { return nil }
    return address(of: key)
  }

  fileprivate static func address(of key: secp256k1_pubkey) -> EthereumAddress {
    let coordinates = coordinates(of: key)
    return EthereumAddress(hashOfKey: Keccak256.hash(words: [coordinates.x, coordinates.y]))
  }

  fileprivate static func coordinates(of key: secp256k1_pubkey) -> (x: UInt256, y: UInt256) {
    var key = key
    var count = 65
    let bytes = [UInt8](unsafeUninitializedCapacity: 65) { buffer, initialized in
      secp256k1_ec_pubkey_serialize(
        context, buffer.baseAddress!, &count, &key, UInt32(SECP256K1_EC_UNCOMPRESSED))
      initialized = count
    }
    return (
      UInt256(bigEndian: bytes.span.bytes.extracting(1..<33)),
      UInt256(bigEndian: bytes.span.bytes.extracting(33..<65))
    )
  }
}

extension Secp256k1 {
  package struct PrivateKey: Sendable {
    package let address: EthereumAddress
    let publicX: UInt256
    private let secret: SecretBytes
    private let publicKey: secp256k1_pubkey

    /// 64 hexadecimal digits, with or without `0x`.
    package init(hex: String) throws(SecretError) {
      try self.init(SecretBytes(hex: hex, count: 32))
    }

    /// 32 bytes, the most significant first.
    package init(_ secret: SecretBytes) throws(SecretError) {
      guard secret.count == 32 else {
        throw .length(digits: 2 * secret.count, expected: 64)
      }
      var key = secp256k1_pubkey()
      let isValid = secret.withBytes { bytes in
        secp256k1_ec_pubkey_create(context, &key, bytes.words) == 1
      }
      guard isValid else { throw .outOfRange("1 and the order of secp256k1") }
      self.secret = secret
      publicKey = key
      publicX = Secp256k1.coordinates(of: key).x
      address = Secp256k1.address(of: key)
    }

    package func sign(_ digest: UInt256) -> Signature {
      let message = digest.bigEndianBytes
      var signature = FaultCheck.signature {
        sign(message)
      } isRight: {
        verify($0, of: message)
      }
      var parity: Int32 = 0
      let compact = [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
        secp256k1_ecdsa_recoverable_signature_serialize_compact(
          context, buffer.baseAddress!, &parity, &signature)
        count = 64
      }
      return Signature(
        r: UInt256(bigEndian: compact.span.bytes),
        s: UInt256(bigEndian: compact.span.bytes.extracting(32..<64)), parity: UInt8(parity))
    }

    private func sign(_ message: [UInt8]) -> secp256k1_ecdsa_recoverable_signature {
      var signature = secp256k1_ecdsa_recoverable_signature()
      let isSigned = secret.withBytes { bytes in
        secp256k1_ecdsa_sign_recoverable(
          context, &signature, message, bytes.words, nil, nil) == 1
      }
      // Fails for a key out of range alone, which no key of ours is.
      precondition(isSigned, "libsecp256k1 refused a valid key")
      return signature
    }

    private func verify(
      _ signature: secp256k1_ecdsa_recoverable_signature, of message: [UInt8]
    ) -> Bool {
      var (signature, plain, key) = (signature, secp256k1_ecdsa_signature(), publicKey)
      secp256k1_ecdsa_recoverable_signature_convert(context, &plain, &signature)
      return secp256k1_ecdsa_verify(context, &plain, message, &key) == 1
    }

    /// The secret number that `sign` takes, for those who check it step by step. Whoever has it
    /// has the key.
    package func nonce(for digest: UInt256) -> UInt256 {
      let key = secret.withBytes { UInt256(bigEndian: $0.bytes) }
      var candidates = RFC6979(privateKey: key, hash: digest)
      while true {
        let candidate = candidates.next()
        if !candidate.isZero, candidate < order { return candidate }
      }
    }
  }
}

extension UnsafeRawBufferPointer {
  fileprivate var words: UnsafePointer<UInt8> {
    assumingMemoryBound(to: UInt8.self).baseAddress!
  }
}
