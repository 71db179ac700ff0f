import PerpCore
import PerpCrypto
import PerpSim
import PerpVenue

/// An account that the simulated venue knows.
struct LighterSimulatorAccount: Sendable {
  struct Key: Sendable {
    let publicKey: GFp5
    /// Of the next transaction.
    var nonce: Int64
  }

  /// In the exchange.
  let number: UInt32
  let index: Int64
  var keys: [Int64: Key]
  /// "Transactions per minute (REST and WebSocket together, per account)."
  var transactions: RollingWindow
  /// Everything is cancelled then, unless it is put off.
  var cancelAllAt: Moment?

  /// The account of the made-up key, then one for each `index:slot:public key` of the setting.
  static func list(_ options: SimulatorOptions) -> [LighterSimulatorAccount] {
    let limit = options.settings["transactions_per_minute"].flatMap { Int($0) } ?? 60
    let window = RollingWindow(limit: max(1, limit), per: Nanoseconds.seconds(60))
    var accounts = [
      LighterSimulatorAccount(
        number: 1, index: LighterSimulatedAccount.account,
        keys: [LighterSimulatedAccount.apiKey: Key(publicKey: ownKey, nonce: 722)],
        transactions: window)
    ]
    for entry in (options.settings["accounts"] ?? "").split(separator: ",") {
      let parts = entry.split(separator: ":")
      guard parts.count == 3, let index = Int64(parts[0]), let slot = Int64(parts[1]),
        let key = publicKey(parts[2])
      else { continue }
      accounts.append(
        LighterSimulatorAccount(
          number: UInt32(accounts.count + 1), index: index,
          keys: [slot: Key(publicKey: key, nonce: 0)], transactions: window))
    }
    return accounts
  }

  private static var ownKey: GFp5 {
    do throws(SecretError) {
      return try SchnorrPrivateKey(hex: LighterSimulatedAccount.secrets["private_key"] ?? "")
        .publicKey
    } catch { preconditionFailure("the simulated account has no key: \(error)") }
  }

  private static func publicKey(_ digits: Substring) -> GFp5? {
    let digits = Array(digits).compactMap(\.hexDigitValue)
    guard digits.count == 80 else { return nil }
    return GFp5(
      littleEndian: stride(from: 0, to: 80, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
  }
}

/// What the venue knows of an order beside what the exchange does.
struct LighterSimulatorOrder: Sendable {
  /// "(market_id + 1) * 2^48 + order_nonce" of its creation.
  let index: Int64
  /// For the priority in time; a new one with each change.
  var nonce: Int64
  let clientIndex: Int64
  /// The numbers of the request; 6 of what the venue places to close a position.
  let type: Int64
  let timeInForce: Int64
  /// Milliseconds; 0 for none.
  let expiry: Int64
  /// Of the transaction that made it.
  let transaction: String
  /// Refused so late and for such a reason that nobody is told.
  var isHidden = false
  /// Microseconds of its latest change.
  var time: Int64 = 0
}

/// A transaction that was taken, and what came of it.
struct LighterSimulatorRecord: Sendable {
  let name: String
  let type: Int64
  let text: [UInt8]
  let account: Int64
  let key: Int64
  let nonce: Int64
  let expiredAt: Int64
  /// Milliseconds.
  let queuedAt: Int64
  var verdict: LighterSimulatorRefusal?
}
