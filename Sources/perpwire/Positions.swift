import ArgumentParser

struct Positions: AccountListing {
  static let configuration = CommandConfiguration(abstract: "List positions.")
  static let method = "positions"
  static let columns = [
    "venue", "account", "symbol", "size", "entry_price", "unrealized_pnl", "liquidation_price",
    "leverage",
  ]

  @Argument(help: "Venues; all with an account by default.")
  var venues: [String] = []

  @OptionGroup var gateway: GatewayOptions

  var parameters: String { "" }
}
