import PerpCore
import PerpCrypto
import PerpVenue

/// Signs for one key of the first generation, whose messages are those of StarkEx. (StarkEx
/// documentation, "Signature construction"; official Python library, branch v1.)
struct EdgeXStarkSigner: Sendable {
  private let key: StarkPrivateKey

  init(key: StarkPrivateKey) { self.key = key }

  var publicKey: (x: UInt256, y: UInt256) { key.publicKey }

  func sign(_ hash: UInt256) -> StarkSignature {
    key.sign(StarkCurve.modOrder(hash), extraEntropy: .none)
  }

  /// The hash of the text that a request is authenticated by, before it is reduced.
  static func requestHash(
    timestamp: UInt64, method: String, path: String, body: String
  ) -> UInt256 {
    Keccak256.hash(
      EdgeXAuthentication.message(timestamp: timestamp, method: method, path: path, body: body))
  }

  /// `X-edgeX-Api-Signature`, which some clients end with the key's y.
  static func headerText(_ signature: StarkSignature, y: UInt256? = nil) -> String {
    signature.hex + (y?.paddedHex ?? "")
  }
}

extension EdgeXStarkSigner: EdgeXOrderSigner {
  func sign(
    _ order: EdgeXSignedOrder, tracing trace: inout SigningTrace?
  ) throws(EdgeXSigningError) -> String {
    let steps = EdgeXStarkMessage.steps(try EdgeXStarkMessage.LimitOrder(order))
    let signature = sign(steps.hash)
    guard trace != nil else { return signature.hex }
    for step in steps.named { trace?.add(step.name, step.values) }
    trace?.add("signature", [signature.hex])
    let key = StarkPublicKey(x: publicKey.x)
    trace?.isVerified = key?.verify(signature, of: StarkCurve.modOrder(steps.hash)) ?? false
    return signature.hex
  }
}

extension EdgeXStarkSigner: EdgeXProof {
  func headers(
    timestamp: UInt64, method: String, path: String, body: String
  ) -> [(name: String, value: String)] {
    let hash = Self.requestHash(timestamp: timestamp, method: method, path: path, body: body)
    return [
      ("X-edgeX-Api-Timestamp", "\(timestamp)"),
      ("X-edgeX-Api-Signature", Self.headerText(sign(hash))),
    ]
  }

  func socketQuery(timestamp: UInt64, account: UInt64) -> String { "accountId=\(account)" }
}

extension EdgeXStarkMessage.LimitOrder {
  /// Amounts have 64 bits, whatever the order is worth.
  init(_ order: EdgeXSignedOrder) throws(EdgeXSigningError) {
    guard let assets = order.contract.assets else { throw .noAssets }
    let (amounts, hours) = (order.amounts, order.expiry.signature / 3_600_000)
    guard let synthetic = UInt64(exactly: amounts.synthetic),
      let collateral = UInt64(exactly: amounts.collateral),
      let fee = UInt64(exactly: amounts.fee), let hours = UInt32(exactly: hours)
    else { throw .tooWide }
    self.init(
      isBuy: order.isBuy, synthetic: assets.synthetic, collateral: assets.collateral,
      feeAsset: assets.collateral, amountSynthetic: synthetic, amountCollateral: collateral,
      amountFee: fee, nonce: order.nonce, position: order.account, expirationHours: hours)
  }
}

/// An order, a transfer or a withdrawal as numbers that are packed and hashed.
enum EdgeXStarkMessage {
  struct LimitOrder: Equatable, Sendable {
    var isBuy: Bool
    var synthetic: UInt256
    var collateral: UInt256
    var feeAsset: UInt256
    var amountSynthetic: UInt64
    var amountCollateral: UInt64
    var amountFee: UInt64
    var nonce: UInt32
    var position: UInt64
    /// Whole hours since 1970.
    var expirationHours: UInt32
  }

  struct Transfer: Equatable, Sendable {
    var asset: UInt256
    var feeAsset: UInt256
    var receiverKey: UInt256
    var sender: UInt64
    var receiver: UInt64
    var feePosition: UInt64
    var nonce: UInt32
    var amount: UInt64
    var maxFee: UInt64
    var expirationHours: UInt32
  }

  struct Withdrawal: Equatable, Sendable {
    var asset: UInt256
    var address: EthereumAddress
    var position: UInt64
    var nonce: UInt32
    var amount: UInt64
    var expirationHours: UInt32
  }

  /// What is hashed one after another, from the first pair on, and the results.
  struct Steps: Equatable, Sendable {
    var hashes: [UInt256]
    var packed: [UInt256]

    var hash: UInt256 { hashes[hashes.count - 1] }

    var named: [SigningStep] {
      let names = hashes.indices.dropLast().map { "h\($0 + 1)" } + ["messageHash"]
      return zip(names, hashes).map { SigningStep($0, number: $1) }
        + packed.enumerated().map { SigningStep("packed\($0.offset)", number: $0.element) }
        + [SigningStep("hashModN", number: StarkCurve.modOrder(hash))]
    }
  }

  static func steps(_ order: LimitOrder) -> Steps {
    let (sold, bought) =
      order.isBuy ? (order.collateral, order.synthetic) : (order.synthetic, order.collateral)
    let (amountSold, amountBought) =
      order.isBuy
      ? (order.amountCollateral, order.amountSynthetic)
      : (order.amountSynthetic, order.amountCollateral)
    let amounts = UInt256(amountSold).appending(amountBought).appending(order.amountFee)
      .appending(order.nonce)
    let positions =
      UInt256(3).appending(order.position).appending(order.position)
      .appending(order.position).appending(order.expirationHours) << 17
    return chain([sold, bought, order.feeAsset], packed: [amounts, positions])
  }

  static func steps(_ transfer: Transfer) -> Steps {
    let positions = UInt256(transfer.sender).appending(transfer.receiver)
      .appending(transfer.feePosition).appending(transfer.nonce)
    let amounts =
      UInt256(4).appending(transfer.amount).appending(transfer.maxFee)
      .appending(transfer.expirationHours) << 81
    return chain(
      [transfer.asset, transfer.feeAsset, transfer.receiverKey], packed: [positions, amounts])
  }

  static func steps(_ withdrawal: Withdrawal) -> Steps {
    let packed =
      UInt256(7).appending(withdrawal.position).appending(withdrawal.nonce)
      .appending(withdrawal.amount).appending(withdrawal.expirationHours) << 49
    return chain([withdrawal.asset, withdrawal.address.word], packed: [packed])
  }

  private static func chain(_ numbers: [UInt256], packed: [UInt256]) -> Steps {
    var hashes: [UInt256] = []
    for number in (numbers + packed).dropFirst() {
      hashes.append(Pedersen.hash(hashes.last ?? numbers[0], number))
    }
    return Steps(hashes: hashes, packed: packed)
  }
}

extension UInt256 {
  fileprivate func appending(_ number: UInt64) -> UInt256 { self << 64 | UInt256(number) }
  fileprivate func appending(_ number: UInt32) -> UInt256 { self << 32 | UInt256(UInt64(number)) }
}
