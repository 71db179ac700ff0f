import PerpCore
import PerpCrypto

/// An account's address and key, where the user has a key of Ethereum or only that of Starknet.
/// (paradex.py, `account`.)
enum ParadexSignerAccount {
  /// The class hashes that the venue's system configuration tells.
  struct Classes: Equatable, Sendable {
    var account: UInt256
    var proxy: UInt256
  }

  /// What the constructor of the account's contract is called with.
  static func calldata(publicKey: UInt256, _ classes: Classes) -> [UInt256] {
    [classes.account, ParadexFelt.keccak("initialize"), UInt256(2), publicKey, .zero]
  }

  static func address(publicKey: UInt256, _ classes: Classes) -> UInt256 {
    let calldata = Pedersen.hash(chain: calldata(publicKey: publicKey, classes))
    let address = Pedersen.hash(chain: [prefix, .zero, publicKey, classes.proxy, calldata])
    return address < bound ? address : address.subtracting(bound).difference
  }

  static let prefix = ParadexTypedData.ascii("STARKNET_CONTRACT_ADDRESS")
  /// 2^251 - 256. An address is below 2^251 + 17·2^192, so it is subtracted once at most.
  private static let bound = UInt256(0xffff_ffff_ffff_ff00, .max, .max, 0x07ff_ffff_ffff_ffff)

  /// The typed data that a key of Ethereum signs to become one of Starknet.
  static func keyRequest(chainID: UInt256) -> (domain: TypedData, message: TypedData) {
    (
      TypedData.domain(name: "Paradex", version: "1", chainID: chainID),
      TypedData(type: keyRequestType, Keccak256.hash("STARK Key"))
    )
  }

  static let keyRequestType = "Constant(string action)"

  /// The key of Starknet that comes of the signature's r by `ground`.
  static func key(
    ethereum key: Secp256k1.PrivateKey, chainID: UInt256
  ) throws(SecretError) -> StarkPrivateKey {
    let (domain, message) = keyRequest(chainID: chainID)
    let signature = key.sign(TypedData.digest(domain: domain.hash, structHash: message.hash))
    let number = ground(seed: signature.r).key
    return try StarkPrivateKey(
      SecretBytes(count: 32) { $0.copyBytes(from: number.bigEndianBytes) })
  }

  /// Hashes the seed and a counter until the hash is below the largest multiple of the order, so
  /// that its remainder favours no key. (StarkEx documentation, "Key derivation".)
  static func ground(seed: UInt256) -> (hashes: [UInt256], key: UInt256) {
    let start = minimalBytes(seed)
    var hashes: [UInt256] = []
    while true {
      let hash = SHA256.hash(start + minimalBytes(UInt256(UInt64(hashes.count))))
      hashes.append(hash)
      guard hash < grindLimit else { continue }
      var key = hash
      while key >= StarkCurve.order { key = key.subtracting(StarkCurve.order).difference }
      return (hashes, key)
    }
  }

  /// 31 times the order: 2^256 less its remainder.
  static let grindLimit = (1...31).reduce(UInt256.zero) { sum, _ in
    sum.adding(StarkCurve.order).sum
  }

  /// Without leading zeros, but at least one byte.
  private static func minimalBytes(_ number: UInt256) -> [UInt8] {
    let bytes = Array(number.bigEndianBytes.drop { $0 == 0 })
    return bytes.isEmpty ? [0] : bytes
  }
}
