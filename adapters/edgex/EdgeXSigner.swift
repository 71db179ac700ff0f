import PerpCrypto
import PerpVenue

/// Signs for one key of the second generation. (API documentation, "Signature".)
struct EdgeXSigner: Sendable {
  private let key: Secp256k1.PrivateKey
  private let domain: UInt256

  init(key: Secp256k1.PrivateKey, chainID: UInt256, contract: EthereumAddress) {
    self.key = key
    domain = EdgeXTypedData.domain(chainID: chainID, contract: contract).hash
  }

  var address: EthereumAddress { key.address }

  func sign(_ message: EdgeXTypedData) -> Secp256k1.Signature {
    key.sign(steps(message).digest)
  }

  /// The same, with all steps of it where somebody wants to know.
  func sign(
    _ message: EdgeXTypedData, tracing trace: inout SigningTrace?
  ) -> Secp256k1.Signature {
    let signature = sign(message)
    guard trace != nil else { return signature }
    let steps = steps(message)
    for step in steps.named { trace?.add(step.name, step.values) }
    trace?.add("signature", [signature.hex])
    trace?.isVerified = Secp256k1.signer(of: steps.digest, signature) == address
    return signature
  }

  /// The hashes on the way to what is signed.
  func steps(_ message: EdgeXTypedData) -> Steps {
    let structHash = message.encoded.hash
    return Steps(
      message: message, domain: domain, structHash: structHash,
      digest: TypedData.digest(domain: domain, structHash: structHash))
  }

  struct Steps {
    let message: EdgeXTypedData
    let domain: UInt256
    let structHash: UInt256
    let digest: UInt256

    var named: [SigningStep] {
      var steps: [SigningStep] = []
      if case .limitOrder(let order) = message {
        steps.append(SigningStep("orderBaseStructHash", word: order.base.hash))
      }
      return steps + [
        SigningStep("messageStructHash", word: structHash),
        SigningStep("domainSeparator", word: domain), SigningStep("digest", word: digest),
      ]
    }
  }
}

/// An order as far as it is signed, whatever its generation makes of that.
struct EdgeXSignedOrder: Sendable {
  var account: UInt64
  var contract: EdgeXContracts.Row
  var isBuy: Bool
  var nonce: UInt32
  var amounts: EdgeXSignedAmounts
  var expiry: EdgeXSignedExpiry
}

/// Signs orders of one account as its generation has them signed.
protocol EdgeXOrderSigner: Sendable {
  /// `l2Signature`, with all steps to it where somebody wants to know.
  func sign(
    _ order: EdgeXSignedOrder, tracing trace: inout SigningTrace?
  ) throws(EdgeXSigningError) -> String
}

extension EdgeXSigner: EdgeXOrderSigner {
  func sign(_ order: EdgeXSignedOrder, tracing trace: inout SigningTrace?) -> String {
    sign(
      .limitOrder(
        EdgeXTypedData.LimitOrder(
          nonce: order.nonce, signer: address, account: order.account,
          expiration: order.expiry.order / 1_000, amounts: order.amounts,
          contract: order.contract.number, collateral: order.contract.collateral,
          isBuy: order.isBuy)), tracing: &trace
    ).hex
  }
}

/// The number that tells two signed messages of the same content apart comes from the client's id
/// of the order: the first four bytes of its SHA-256.
enum EdgeXSigningNonce {
  static func nonce(clientOrderID: String) -> UInt32 {
    UInt32(truncatingIfNeeded: SHA256.hash(Array(clientOrderID.utf8)).w3 >> 32)
  }
}

/// When an order ends, and until when its signature is valid; Unix milliseconds.
struct EdgeXSignedExpiry: Equatable, Sendable {
  var order: UInt64
  var signature: UInt64

  private static let dayMs: UInt64 = 86_400_000

  /// The second generation's: 22 days, and 8 more for the signature.
  init(order: UInt64?, now: UInt64) {
    self.order = order ?? now + 22 * Self.dayMs
    signature = self.order + 8 * Self.dayMs
  }

  /// The first generation's: a day, and nine more for the signature.
  init(firstGenerationNow now: UInt64) {
    order = now + Self.dayMs
    signature = order + 9 * Self.dayMs
  }

  /// What a change of the margin mode is sent with: 14 days after the hour that now is in.
  static func marginMode(now: UInt64) -> UInt64 {
    let hourMs: UInt64 = 3_600_000
    return (now + hourMs - 1) / hourMs * hourMs + 14 * dayMs
  }

  /// What a transfer is valid for.
  static func transfer(now: UInt64) -> UInt64 { now + 10 * dayMs }
}
