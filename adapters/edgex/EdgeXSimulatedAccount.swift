/// An account that every simulator of this venue has: made-up values, which open nothing anywhere
/// else.
enum EdgeXSimulatedAccount {
  static let accountID = "640318275904416871"
  static let userID = "640318275771244647"
  static let apiKey = "f376bc25-4ea9-4ec9-9310-01f743c20f56"
  static let passphrase = "GdPCWBBhTT++lUCmBuUK/g"
  static let secret = "k2Rfes+7TlAHee6t54oiacOekrSOIITHr6qJg3k4030"
  /// The text of the secret in Base64: the key of the code that proves requests.
  static let codeKey = "azJSZmVzKzdUbEFIZWU2dDU0b2lhY09la3JTT0lJVEhyNnFKZzNrNDAzMA=="
  static let privateKey = "0x58b2a2055bb55bcbb37d2f2a4276b0bd066548bbcded8077efcfe3fb2c3ea935"

  /// Of the legacy system.
  static let starkPrivateKey = "0x03c5a9d17f24be806b1d94f2e07a58c3316fd0b5e2948a7c6d1f30b792e84a5d"

  static let secrets = [
    "account_id": accountID, "api_key": apiKey, "api_passphrase": passphrase,
    "api_secret": secret, "private_key": privateKey, "stark_private_key": starkPrivateKey,
  ]
}
