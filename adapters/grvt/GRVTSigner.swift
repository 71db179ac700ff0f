import PerpCore
import PerpCrypto
import PerpVenue

/// Signs orders and logins of one key on one chain. (API documentation, "Signing".)
struct GRVTSigner: Sendable {
  let chainID: UInt64
  private let key: Secp256k1.PrivateKey
  private let domain: UInt256

  /// `key` is 64 hexadecimal digits, with or without `0x`; `chainID` is 325 for production and
  /// 326 for the test network.
  init(key: Secp256k1.PrivateKey, chainID: UInt64) {
    (self.key, self.chainID) = (key, chainID)
    domain = Self.domain(chainID: chainID).hash
  }

  var address: EthereumAddress { key.address }

  func sign(_ message: GRVTTypedData) -> GRVTSignature {
    let digest = TypedData.digest(domain: domain, structHash: message.encoded.hash)
    return GRVTSignature(
      signer: key.address, signature: key.sign(digest), validity: message.validity,
      chainID: chainID)
  }

  /// The same, with all steps of it where somebody wants to know.
  func sign(_ message: GRVTTypedData, tracing trace: inout SigningTrace?) -> GRVTSignature {
    let signature = sign(message)
    guard trace != nil else { return signature }
    let steps = GRVTSigningSteps(message, chainID: chainID)
    for step in steps.named { trace?.add(step.name, step.values) }
    trace?.add("signature", [signature.r, signature.s, "\(27 + signature.signature.parity)"])
    trace?.isVerified = Secp256k1.signer(of: steps.digest, signature.signature) == address
    return signature
  }

  /// The domain has neither a contract nor a salt.
  static func domain(chainID: UInt64) -> TypedData {
    TypedData.domain(name: "GRVT Exchange", version: "0", chainID: UInt256(chainID))
  }
}

/// A signature as requests have it.
///
///     {"signer":"0xe93185de246fce8ec210bade289da496a2955a35","r":"0x5a21…","s":"0x6ca5…","v":28,
///      "expiration":"1795132800000000000","nonce":1001,"chain_id":"325"}
struct GRVTSignature: Equatable, Sendable {
  var signer: EthereumAddress
  var signature: Secp256k1.Signature
  var validity: GRVTTypedData.Validity
  var chainID: UInt64

  /// Always 64 digits: leading zeros are refused to be left out.
  var r: String { "0x\(signature.r.paddedHex)" }
  var s: String { "0x\(signature.s.paddedHex)" }
}

extension GRVTSignature {
  /// Why the venue refuses a signature, with its code. (API documentation, "Error codes".)
  enum Refusal: Int, Error {
    case signerMismatch = 2002
    case v = 2005
    case rOrS = 2006
    case highS = 2007
  }

  /// Reads the parts of a request's signature as strictly as the venue.
  static func parse(
    r: String, s: String, v: Int128
  ) throws(Refusal) -> Secp256k1.Signature {
    guard let first = word(r), let second = word(s) else { throw .rOrS }
    guard v == 27 || v == 28 else { throw .v }
    let signature = Secp256k1.Signature(r: first, s: second, parity: UInt8(v - 27))
    guard signature.hasLowS else { throw .highS }
    return signature
  }

  /// Refuses a signature of `digest` that is not `signer`'s own.
  static func verify(
    _ signature: Secp256k1.Signature, of digest: UInt256, by signer: EthereumAddress
  ) throws(Refusal) {
    guard Secp256k1.signer(of: digest, signature) == signer else { throw .signerMismatch }
  }

  private static func word(_ text: String) -> UInt256? {
    text.utf8.count == 66 && text.hasPrefix("0x") ? UInt256(hex: text) : nil
  }
}

/// The hashes on the way from a message to what is signed.
struct GRVTSigningSteps {
  let message: GRVTTypedData
  var legHashes: [UInt256] = []
  var legsHash: UInt256?
  let encoded: TypedData
  let structHash: UInt256
  let domain: UInt256
  let digest: UInt256

  init(_ message: GRVTTypedData, chainID: UInt64) {
    self.message = message
    if case .order(let order) = message {
      legHashes = order.legs.map(\.encoded.hash)
      legsHash = order.legsHash
    }
    encoded = message.encoded
    structHash = encoded.hash
    domain = GRVTSigner.domain(chainID: chainID).hash
    digest = TypedData.digest(domain: domain, structHash: structHash)
  }

  var named: [SigningStep] {
    var steps = [
      SigningStep("primary_type", String(message.primaryType)),
      SigningStep("type_string", message.encodedType),
      SigningStep("type_hash", word: encoded.words[0]),
    ]
    if case .order(let order) = message, let legsHash {
      steps += [
        SigningStep("leg_encoded_data", order.legs.map(\.encoded.text)),
        SigningStep("leg_hashes", legHashes.map { "0x\($0.paddedHex)" }),
        SigningStep("legs_array_hash", word: legsHash),
      ]
    }
    return steps + [
      SigningStep("encoded_data", encoded.text), SigningStep("struct_hash", word: structHash),
      SigningStep("domain_separator", word: domain), SigningStep("digest", word: digest),
    ]
  }
}

extension TypedData {
  fileprivate var text: String { "0x" + words.map(\.paddedHex).joined() }
}
