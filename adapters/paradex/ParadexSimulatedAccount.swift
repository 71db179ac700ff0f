/// An account that every simulator of this venue has: made-up values, which open nothing anywhere
/// else.
enum ParadexSimulatedAccount {
  static let secrets = ["private_key": "0x7061726164657831"]
}
