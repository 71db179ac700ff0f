import PerpCore
import PerpCrypto

/// What the venue makes of a signed order. Of the second generation: the hashes anew, word by word
/// from the texts of the request and the published type hashes, and the address of the key that
/// must have signed them. Nothing of it is shared with what signs. ("Sign", EIP-712.)
enum EdgeXSimulatorSignature {
  /// Where simulated orders are valid.
  static let chainID: UInt64 = 33_431
  static let contract = "00000000000000000000000000000000000000ed"
  /// Digits of the units of contracts and of their quote coin.
  static let places = (synthetic: 9, collateral: 6)
  private static let collateral: UInt64 = 1_000
  /// "l2ExpireTime >= expireTime + 8 days", in milliseconds.
  private static let days: Int64 = 8 * 86_400_000

  private static let domainType = word(
    "8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f")
  private static let domainVersion = word(
    "c89efdaa54c0f20c7adf612882df0950f5a951637e0307cdcb4c672f298b8bc6")
  private static let baseType = word(
    "b0c68ccdb356edb29f53fc631dc0ba0f4158e85c4c3ed0f2563faa416c59e0d8")
  private static let orderType = word(
    "cb9ff4dd7b0f15e8a1d5b2924a0e73ad7adf2531cc2b90e9458a2076737234fb")

  private static func word(_ digits: String) -> UInt256 { UInt256(hex: digits) ?? .zero }

  /// Throws unless the account has signed just this order. `time` is the venue's, in milliseconds.
  static func check(
    _ order: EdgeXSimulatorOrder, as generation: EdgeXGeneration, signer: EthereumAddress?,
    at time: Int64
  ) throws(EdgeXSimulatorFailure) {
    guard let expiry = Int64(order.expireTime), expiry > time else {
      throw .parameter("expireTime has passed")
    }
    guard let signatureExpiry = Int64(order.l2ExpireTime),
      signatureExpiry.saturating(subtracting: expiry) >= days
    else { throw .parameter("l2ExpireTime is before expireTime and 8 days") }
    let hash = SHA256.hash(Array(order.clientID.utf8)).bigEndianBytes
    let nonce = hash[0..<4].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard order.l2Nonce == "\(nonce)" else {
      throw .parameter("l2Nonce is not that of the clientOrderId")
    }
    try checkAmounts(of: order)
    let isSigned =
      switch generation {
      case .v1: try EdgeXSimulatorStark.isSigned(order)
      case .v2: try isSigned(order, by: signer, expiry: expiry)
      }
    guard isSigned else {
      throw .signature("l2Signature is not of this order, or not of the account")
    }
  }

  private static func isSigned(
    _ order: EdgeXSimulatorOrder, by signer: EthereumAddress?, expiry: Int64
  ) throws(EdgeXSimulatorFailure) -> Bool {
    guard let signer, let digest = digest(of: order, signer, expiry: expiry) else {
      throw .parameter("amounts cannot be read")
    }
    return Secp256k1.signer(of: digest, try parse(order.l2Signature)) == signer
  }

  private static func checkAmounts(of order: EdgeXSimulatorOrder) throws(EdgeXSimulatorFailure) {
    guard Decimal(order.l2Size) == order.terms.size else { throw .parameter("l2Size is not size") }
    guard let value = Decimal(order.l2Value), value > .zero, let fee = Decimal(order.l2LimitFee)
    else { throw .parameter("l2Value or l2LimitFee is no number") }
    if let price = order.terms.price, price.multiplied(by: order.terms.size) != value {
      throw .parameter("l2Value is not price times size")
    }
    guard let due = value.multiplied(by: EdgeXSimulatorDesk.fees.taker), fee >= due else {
      throw .parameter("l2LimitFee is not enough")
    }
  }

  /// 65 bytes in hexadecimal digits, with or without `0x`.
  static func parse(_ text: String) throws(EdgeXSimulatorFailure) -> Secp256k1.Signature {
    let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
    guard digits.utf8.count == 130, let r = UInt256(hex: digits.prefix(64)),
      let s = UInt256(hex: digits.dropFirst(64).prefix(64)),
      let v = UInt8(digits.suffix(2), radix: 16), [0, 1, 27, 28].contains(v)
    else { throw .signature("l2Signature is no signature") }
    let signature = Secp256k1.Signature(r: r, s: s, parity: v % 27)
    guard signature.hasLowS else { throw .signature("l2Signature has a high s") }
    return signature
  }

  private static func digest(
    of order: EdgeXSimulatorOrder, _ signer: EthereumAddress, expiry: Int64
  ) -> UInt256? {
    guard let account = UInt64(EdgeXSimulatedAccount.accountID),
      let nonce = UInt64(order.l2Nonce), let contractID = UInt64(order.contract),
      let synthetic = units(order.l2Size, places.synthetic),
      let value = units(order.l2Value, places.collateral),
      let fee = units(order.l2LimitFee, places.collateral)
    else { return nil }
    let base = Keccak256.hash(words: [
      baseType, UInt256(nonce), signer.word, UInt256(account), UInt256(UInt64(expiry / 1_000)),
    ])
    let message = Keccak256.hash(words: [
      orderType, base, synthetic, value, fee, UInt256(contractID), UInt256(collateral),
      UInt256(order.side == "BUY"), .zero, .zero,
    ])
    let domain = Keccak256.hash(words: [
      domainType, Keccak256.hash("EdgeX"), domainVersion, UInt256(chainID), word(contract),
    ])
    return Keccak256.hash([0x19, 0x01] + domain.bigEndianBytes + message.bigEndianBytes)
  }

  /// Shifts the point of a decimal text and cuts what is left behind it; nil where it is none, or
  /// negative.
  static func units(_ text: String, _ places: Int) -> UInt256? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let fraction = parts.count == 2 ? parts[1] : ""
    let shifted = (fraction + String(repeating: "0", count: places)).prefix(places)
    return UInt256(decimal: parts[0] + shifted)
  }
}
