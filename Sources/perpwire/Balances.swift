import ArgumentParser

struct Balances: AccountListing {
  static let configuration = CommandConfiguration(abstract: "List balances.")
  static let method = "balances"
  static let columns = ["venue", "account", "asset", "total", "available", "margin_used"]

  @Argument(help: "Venues; all with an account by default.")
  var venues: [String] = []

  @OptionGroup var gateway: GatewayOptions

  var parameters: String { "" }
}
