/// An account that every simulator of this venue has: made-up values, which open nothing anywhere
/// else.
enum VariationalSimulatedAccount {
  static let session = "simulated.session.of-nobody"
  static let address = "0x51aA10C1eD00d15Ea5ED0fA7acEB00Cca11ab1e5"

  static let secrets = ["session": session]
}
