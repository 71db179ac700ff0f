/// An account that every simulator of this venue has: made-up values, which open nothing anywhere
/// else.
enum LighterSimulatedAccount {
  static let secrets = [
    "private_key": "706572707769726573696d756c617465646c696768746572"
      + "00112233445566778899aabbccddee00",
    "account_index": "516", "api_key_index": "4",
  ]
  static let account: Int64 = 516
  static let apiKey: Int64 = 4
}
