import PerpCore
import PerpCrypto

/// What the venue makes of a signed order: the hashes anew, word by word from the texts of the
/// request and the published constants, and the address of the key that must have signed them.
/// Nothing of it is shared with what signs. (API documentation, "Signing".)
enum GRVTSimulatorSignature {
  /// A signature may be good for 30 days, in nanoseconds.
  static let longest: Int64 = 30 * 86_400 * 1_000_000_000

  private static let domainType = word(
    "c2f8787176b8ac6bf7215b4adcc1e069bf4ab82d9ab1df05a57a91d425935b6e")
  private static let domainName = word(
    "c0995cfc99c87e372206a249efd983db1e9839a8364d57972734138f5c05703d")
  private static let domainVersion = word(
    "044852b2a670ade5407e78fb2863c51de9fcb96542a07186fe3aeda6bb8a116d")
  private static let legType = word(
    "20ed567ee868ba6c2d788ecc7da6568438d9eb05e6205aef0c3151c341e476c6")
  private static let orderType = word(
    "b4b857ba9641f20a7c4007c73e548a2ee5afb7207744cc41fa7849451419bbb2")

  private static let loginType = word(
    "4451fb6c92ff3fc4a27d19a1cb3287041a7cacdd394d0988eca8af8549ace29b")

  private static func word(_ digits: StaticString) -> UInt256 {
    UInt256(hex: digits.description) ?? .zero
  }

  /// The digest of the order, once it is proven that its signer has signed it. `time` is the
  /// venue's, in nanoseconds.
  static func check(
    _ order: GRVTSimulatorOrder, of instrument: GRVTInstrument, chainID: UInt64, at time: Int64
  ) throws(GRVTFailure) -> UInt256 {
    let signature = try parse(r: order.r, s: order.s, v: order.v)
    guard order.expiration > time else { throw .signatureExpired }
    guard order.expiration - time <= longest else { throw .signatureTooFarAhead }
    guard ["", "0", "\(chainID)"].contains(order.chainID) else { throw .chainID }
    guard let digest = digest(of: order, instrument, chainID) else { throw .malformed }
    guard Secp256k1.signer(of: digest, signature) == order.signer else {
      throw .signatureMismatch
    }
    return digest
  }

  /// The digest of the wish of a key to be let in.
  static func loginDigest(
    of signer: EthereumAddress, nonce: UInt32, expiration: Int64, chainID: UInt64
  ) -> UInt256 {
    digest(
      of: [loginType, signer.word, UInt256(UInt64(nonce)), UInt256(UInt64(expiration))], chainID)
  }

  static func parse(
    r: String, s: String, v: Int64
  ) throws(GRVTFailure) -> Secp256k1.Signature {
    guard let r = scalar(r), let s = scalar(s) else { throw .signatureLength }
    guard v == 27 || v == 28 else { throw .signatureV }
    guard s <= Secp256k1.halfOrder else { throw .signatureHighS }
    return Secp256k1.Signature(r: r, s: s, parity: UInt8(v - 27))
  }

  private static func scalar(_ text: String) -> UInt256? {
    let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
    return digits.utf8.count == 64 ? UInt256(hex: digits) : nil
  }

  private static func digest(
    of order: GRVTSimulatorOrder, _ instrument: GRVTInstrument, _ chainID: UInt64
  ) -> UInt256? {
    guard let asset = instrument.hash.flatMap({ UInt256(hex: $0) }),
      let decimals = instrument.baseDecimals,
      let size = units(order.size, places: Int(decimals)),
      let price = order.isMarket ? .zero : units(order.price, places: 9),
      let account = UInt64(order.subAccount)
    else { return nil }
    let leg = Keccak256.hash(words: [legType, asset, size, price, UInt256(order.isBuying)])
    let fields = [
      orderType, UInt256(account), UInt256(order.isMarket), UInt256(code(order.timeInForce)),
      UInt256(order.isPostOnly), UInt256(order.isReduceOnly), Keccak256.hash(words: [leg]),
      UInt256(UInt64(order.nonce)), UInt256(UInt64(order.expiration)),
    ]
    return digest(of: fields, chainID)
  }

  private static func digest(of fields: [UInt256], _ chainID: UInt64) -> UInt256 {
    let domain = Keccak256.hash(words: [
      domainType, domainName, domainVersion, UInt256(chainID),
    ])
    return Keccak256.hash(
      [0x19, 0x01] + domain.bigEndianBytes + Keccak256.hash(words: fields).bigEndianBytes)
  }

  private static func code(_ timeInForce: String) -> UInt64 {
    switch timeInForce {
    case "GOOD_TILL_TIME": 1
    case "ALL_OR_NONE": 2
    case "IMMEDIATE_OR_CANCEL": 3
    case "FILL_OR_KILL": 4
    default: 5
    }
  }

  /// Shifts the point of a decimal text and cuts what is left behind it; nil beyond 64 bits.
  private static func units(_ text: String, places: Int) -> UInt256? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let fraction = parts.count == 2 ? parts[1] : ""
    let shifted = (fraction + String(repeating: "0", count: places)).prefix(places)
    let value = UInt256(decimal: parts[0] + shifted)
    return value.flatMap { $0 <= UInt256(.max) ? $0 : nil }
  }
}

extension UInt256 {
  fileprivate static func <= (left: UInt256, right: UInt256) -> Bool { !(right < left) }
}
