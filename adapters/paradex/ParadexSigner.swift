import PerpCore
import PerpCrypto
import PerpVenue

/// Signs for one account of one environment. A subkey signs for the main account.
struct ParadexSigner: Sendable {
  private let key: StarkPrivateKey
  let account: UInt256
  /// The domain's hash and what all messages of the account begin with.
  private let domain: UInt256
  private let prefix: UInt256

  /// `account` is a hexadecimal address; `chainID` such as `PRIVATE_SN_POTC_SEPOLIA` is told by
  /// the venue's system configuration.
  init(
    key: StarkPrivateKey, account: String, chainID: String
  ) throws(ParadexSigningError) {
    guard let address = UInt256(hex: account), address < StarkCurve.prime else { throw .account }
    self.key = key
    self.account = address
    domain = try ParadexTypedData.domain(chainID: chainID).structHash
    prefix = [ParadexTypedData.ascii("StarkNet Message"), domain, address]
      .reduce(.zero) { Pedersen.hash($0, $1) }
  }

  var publicKey: UInt256 { key.publicKey.x }

  func sign(_ message: ParadexTypedData) -> StarkSignature {
    key.sign(hash(structHash: message.structHash), extraEntropy: Self.extraEntropy)
  }

  /// The same, with all steps of it where somebody wants to know.
  func sign(_ message: ParadexTypedData, tracing trace: inout SigningTrace?) -> StarkSignature {
    let signature = sign(message)
    guard trace != nil else { return signature }
    let steps = steps(message)
    for step in steps.named { trace?.add(step.name, step.values) }
    trace?.add("signature", [signature.r.decimal, signature.s.decimal])
    trace?.isVerified =
      StarkPublicKey(x: publicKey)?.verify(signature, of: steps.messageHash) ?? false
    return signature
  }

  /// The hashes on the way to what is signed.
  func steps(_ message: ParadexTypedData) -> Steps {
    let structHash = message.structHash
    return Steps(
      message: message, domain: domain, structHash: structHash,
      messageHash: hash(structHash: structHash))
  }

  struct Steps {
    let message: ParadexTypedData
    let domain: UInt256
    let structHash: UInt256
    let messageHash: UInt256

    var named: [SigningStep] {
      [
        SigningStep("type_string", message.type.text),
        SigningStep("type_hash", number: message.type.hash),
        SigningStep("encoded_fields", message.fields.map(\.hex)),
        SigningStep("domain_hash", number: domain),
        SigningStep("struct_hash", number: structHash),
        SigningStep("message_hash", number: messageHash),
      ]
    }
  }

  private func hash(structHash: UInt256) -> UInt256 {
    Pedersen.hash(Pedersen.hash(prefix, structHash), UInt256(4))
  }

  /// As the official libraries do, so that signatures are the same; the venue takes any.
  static let extraEntropy = StarkPrivateKey.ExtraEntropy.number(32)
}

extension ParadexSigner {
  /// A signature as headers and orders have it: `["<r>","<s>"]`, in decimal digits.
  static func text(_ signature: StarkSignature) -> String {
    "[\"\(signature.r.decimal)\",\"\(signature.s.decimal)\"]"
  }

  /// The headers of a request for a token.
  func authHeaders(
    timestamp: UInt64, expiration: UInt64
  ) -> [(name: String, value: String)] {
    let signature = sign(.auth(timestamp: timestamp, expiration: expiration))
    return [
      ("PARADEX-STARKNET-ACCOUNT", account.hex),
      ("PARADEX-STARKNET-SIGNATURE", Self.text(signature)),
      ("PARADEX-TIMESTAMP", "\(timestamp)"),
      ("PARADEX-SIGNATURE-EXPIRATION", "\(expiration)"),
    ]
  }

  /// Where a token is asked for.
  var authPath: String { "/v1/auth/\(publicKey.hex)" }
}
