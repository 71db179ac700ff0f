import PerpCore
import PerpCrypto
import PerpVenue

/// Keys of the simulated venue's own accounts. They are made up and printed here: nothing of
/// value may ever be signed with them.
enum ParadexTestKeys {
  /// The private keys of the accounts 1 and 2; their addresses follow from them.
  static let accounts = ["0x7061726164657831", "0x7061726164657832"]
  /// A key that may trade for account 1.
  static let subkey = "0x7061726164657873"
  /// What the simulated venue's system configuration tells.
  static let chainID = "PRIVATE_SN_POTC_SEPOLIA"
  static let classes = ParadexSignerAccount.Classes(
    account: UInt256(
      hex: "0x41cb0280ebadaa75f996d8d92c6f265f6d040bb3ba442e5f86a554f1765244e")!,
    proxy: UInt256(
      hex: "0x3530cc4759d78042f1b543bf797f5f3d647cde0388c33734cf91b7f7b9314a9")!)

  static func publicKey(_ hex: String) -> UInt256 {
    do throws(SecretError) {
      return try StarkPrivateKey(hex: hex).publicKey.x
    } catch { preconditionFailure("a test key is none") }
  }
}

/// An account that the simulated venue knows.
struct ParadexSimulatorAccount: Sendable {
  /// In the exchange.
  let number: UInt32
  let address: UInt256
  /// With which the account signs, the main one and those that may trade for it.
  var keys: [UInt256: StarkPublicKey]
  let mainKey: UInt256
  /// "Pro: 800/s and 17250/min per account", over REST and WebSocket together.
  var orders = RollingWindow(limit: 800, per: Nanoseconds.seconds(1))
  var ordersOfMinute = RollingWindow(limit: 17_250, per: Nanoseconds.seconds(60))
  /// "GET private 120/s or 600/min per account."
  var questions = RollingWindow(limit: 120, per: Nanoseconds.seconds(1))
  var questionsOfMinute = RollingWindow(limit: 600, per: Nanoseconds.seconds(60))
  /// "Retail: 3/s, 30/min, 300/h, 1000/24 h"; beyond, orders are silently those of a Pro.
  var retail = [
    RollingWindow(limit: 3, per: Nanoseconds.seconds(1)),
    RollingWindow(limit: 30, per: Nanoseconds.seconds(60)),
    RollingWindow(limit: 300, per: Nanoseconds.seconds(3_600)),
    RollingWindow(limit: 1_000, per: Nanoseconds.seconds(86_400)),
  ]
  /// Hashes that were signed already.
  var signed: Set<UInt256> = []

  /// Nil where no point of the curve has the key.
  init?(number: UInt32, publicKey: UInt256) {
    guard let key = StarkPublicKey(x: publicKey) else { return nil }
    self.number = number
    mainKey = publicKey
    keys = [publicKey: key]
    address = ParadexSignerAccount.address(
      publicKey: publicKey, ParadexTestKeys.classes)
  }

  /// The accounts of the test keys, then one for each public key of the setting `accounts`.
  static func list(_ setting: String?) -> [ParadexSimulatorAccount] {
    var keys = ParadexTestKeys.accounts.map(ParadexTestKeys.publicKey)
    keys += (setting ?? "").split(separator: ",").compactMap { UInt256(hex: String($0)) }
    var accounts = keys.enumerated().compactMap { index, key in
      ParadexSimulatorAccount(number: UInt32(index + 1), publicKey: key)
    }
    let subkey = ParadexTestKeys.publicKey(ParadexTestKeys.subkey)
    accounts[0].keys[subkey] = StarkPublicKey(x: subkey)
    return accounts
  }

  /// Whether one of the keys, or the given one, signed the hash.
  func signed(_ signature: StarkSignature, _ hash: UInt256, key: UInt256? = nil) -> Bool {
    keys.contains { $0.key == key ?? $0.key && $0.value.verify(signature, of: hash) }
  }
}

/// What a bearer token stands for.
struct ParadexSimulatorToken: Sendable {
  /// Its place among the simulator's accounts.
  let account: Int
  /// Microseconds since the epoch.
  let expires: Int64
  /// For the Retail profile: `token_usage=interactive`.
  let isInteractive: Bool
}
