import PerpCore
import PerpCrypto

/// What the venue of the first generation makes of signatures: what must have been signed anew, as
/// limbs from the texts of the request, and the account's public key. Nothing of it is shared with
/// what signs. (StarkEx documentation, "Limit order with fees".)
enum EdgeXSimulatorStark {
  /// What is signed in place of the collateral.
  static let collateral = UInt256(0x1000)
  private static let point =
    (try? StarkPrivateKey(hex: EdgeXSimulatedAccount.starkPrivateKey))?.publicKey
  private static let key = point.flatMap { StarkPublicKey(x: $0.x) }

  /// What is signed in place of a contract: its digits, and four more.
  static func asset(ofContract contract: String) -> UInt256 {
    UInt256(hex: contract + "0000") ?? .zero
  }

  /// 64 bytes in hexadecimal digits, for requests with the key's y behind them.
  static func isProof(_ text: String, of message: String) -> Bool {
    guard let end = point?.y.paddedHex, ["", end[...]].contains(text.dropFirst(128)),
      let signature = parse(text.prefix(128))
    else { return false }
    return key?.verify(signature, of: StarkCurve.modOrder(Keccak256.hash(message))) ?? false
  }

  /// Whether the account has signed just this order.
  static func isSigned(_ order: EdgeXSimulatorOrder) throws(EdgeXSimulatorFailure) -> Bool {
    let text = order.l2Signature
    guard let signature = parse(text.hasPrefix("0x") ? text.dropFirst(2) : text[...]) else {
      throw .signature("l2Signature is no signature")
    }
    guard let hash = hash(of: order) else { throw .parameter("amounts cannot be read") }
    return key?.verify(signature, of: hash) ?? false
  }

  private static func parse(_ digits: Substring) -> StarkSignature? {
    guard digits.utf8.count == 128, let r = UInt256(hex: digits.prefix(64)),
      let s = UInt256(hex: digits.dropFirst(64))
    else { return nil }
    return StarkSignature(r: r, s: s)
  }

  private static func hash(of order: EdgeXSimulatorOrder) -> UInt256? {
    guard let account = UInt64(EdgeXSimulatedAccount.accountID),
      let nonce = UInt64(order.l2Nonce), nonce >> 32 == 0,
      let hours = UInt64(order.l2ExpireTime).map({ $0 / 3_600_000 }), hours >> 32 == 0,
      let size = limb(order.l2Size, EdgeXSimulatorSignature.places.synthetic),
      let value = limb(order.l2Value, EdgeXSimulatorSignature.places.collateral),
      let fee = limb(order.l2LimitFee, EdgeXSimulatorSignature.places.collateral)
    else { return nil }
    let isBuy = order.side == "BUY"
    let (sold, bought) = isBuy ? (value, size) : (size, value)
    let contract = asset(ofContract: order.contract)
    // 64 bits each of what is sold, bought and paid at most, and 32 of the nonce.
    let amounts = UInt256(
      fee << 32 | nonce, bought << 32 | fee >> 32, sold << 32 | bought >> 32, sold >> 32)
    // 3, three times the account, 32 bits of the hour, and 17 of nothing.
    let parties = account >> 15 | account << 49
    let rest = UInt256(
      hours << 17 | account << 49, parties, parties, account >> 15 | 3 << 49)
    var hash = Pedersen.hash(isBuy ? collateral : contract, isBuy ? contract : collateral)
    for word in [collateral, amounts, rest] { hash = Pedersen.hash(hash, word) }
    return StarkCurve.modOrder(hash)
  }

  private static func limb(_ text: String, _ places: Int) -> UInt64? {
    let units = EdgeXSimulatorSignature.units(text, places)
    return units.flatMap { $0.bitWidth <= 64 ? $0.w0 : nil }
  }
}
