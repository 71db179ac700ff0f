import PerpCrypto
import PerpVenue

/// Signs for one key of one account. (elliottech/lighter-go, `signer`.)
struct LighterSigner: Sendable {
  private let key: SchnorrPrivateKey
  /// 304 for production.
  let chainID: Int64
  let account: Int64
  let apiKey: Int64

  init(key: SchnorrPrivateKey, chainID: Int64, account: Int64, apiKey: Int64) {
    (self.key, self.chainID, self.account, self.apiKey) = (key, chainID, account, apiKey)
  }

  var publicKey: GFp5 { key.publicKey }

  /// Refuses what the venue would. The secret number comes from the key, the message and `chance`:
  /// it is another one for each message even without any.
  func sign(
    _ body: LighterTransaction.Body, nonce: Int64, expiredAt: Int64,
    attributes: LighterAttributes = LighterAttributes(), chance: [UInt8] = []
  ) throws(LighterSigningRule) -> LighterSignedTransaction {
    let transaction = LighterTransaction(
      body: body, account: account, apiKey: apiKey, nonce: nonce, expiredAt: expiredAt,
      attributes: attributes)
    guard body.isForTrading else {
      throw LighterSigningRule(
        member: "TxType \(body.type)",
        reason: "is refused: only what trades is signed, never what moves money or changes keys")
    }
    try transaction.check()
    let hash = transaction.hash(chainID: chainID)
    return LighterSignedTransaction(
      transaction: transaction, hash: hash,
      signature: key.sign(hash, nonce: key.nonce(for: hash, extra: chance)))
  }

  /// All steps of a signature, where somebody wants to know.
  func explain(_ signed: LighterSignedTransaction, to trace: inout SigningTrace?) {
    guard trace != nil else { return }
    for step in signed.transaction.steps(chainID: chainID) { trace?.add(step.name, step.values) }
    trace?.add("signature", [Base64.encode(signed.signature.bytes)])
    trace?.isVerified = signed.signature.isValid(for: signed.hash, publicKey: publicKey)
  }

  /// A token for private data until `deadline`, in Unix seconds.
  func token(deadline: Int64, chance: [UInt8] = []) -> String {
    let message = LighterToken(deadline: deadline, account: account, apiKey: apiKey)
    let hash = message.hash
    return message.text(
      signature: key.sign(hash, nonce: key.nonce(for: hash, extra: chance)))
  }
}

struct LighterSignedTransaction: Equatable, Sendable {
  var transaction: LighterTransaction
  /// Under this name, as 80 digits, the venue knows it.
  var hash: GFp5
  var signature: SchnorrSignature

  /// `tx_info`.
  var text: String { transaction.text(signature: signature) }
  var name: String { hash.littleEndianBytes.hex }
}

/// What a token says: until when it is valid, and for whom.
struct LighterToken: Equatable, Sendable {
  /// Unix seconds; the venue takes no more than eight hours from now.
  var deadline: Int64
  var account: Int64
  var apiKey: Int64

  var message: String { "\(deadline):\(account):\(apiKey)" }

  /// The message's bytes, eight to an element, the lowest first.
  var elements: [Goldilocks] {
    let bytes = Array(message.utf8)
    return stride(from: 0, to: bytes.count, by: 8).map { start in
      let chunk = bytes[start..<min(start + 8, bytes.count)]
      return Goldilocks(chunk.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
  }

  var hash: GFp5 { Poseidon2.hashToQuintic(elements) }

  func text(signature: SchnorrSignature) -> String { "\(message):\(signature.bytes.hex)" }
}
