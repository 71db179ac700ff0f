/// An account that every simulator of this venue has: made-up values, which open nothing anywhere
/// else.
enum GRVTSimulatedAccount {
  static let apiKey = "simulated-api-key-of-nobody"
  static let privateKey = "7d1c0f3a5b2e48960a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef"
  static let subAccount = "8312704915528173"
  /// What the header `X-Grvt-Account-Id` has.
  static let accountID = "ACC:simulated-main"
  static let mainAccount = "0x51aa10c1ed00d15ea5ed0fa7aceb00cca11ab1e5"

  static let secrets = ["api_key": apiKey, "private_key": privateKey, "sub_account_id": subAccount]
}
