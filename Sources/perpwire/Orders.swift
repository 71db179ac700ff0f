import ArgumentParser

struct Orders: AccountListing {
  static let configuration = CommandConfiguration(
    abstract: "List open orders, also those that were not placed here.")
  static let method = "orders"
  static let columns = [
    "venue", "account", "symbol", "client_id", "order_id", "status", "side", "order_type", "price",
    "size", "filled",
  ]

  @Argument(help: "Venues; all with an account by default.")
  var venues: [String] = []

  @Flag(help: "Orders that have ended too, as far as they are remembered.")
  var all = false

  @OptionGroup var gateway: GatewayOptions

  var parameters: String { all ? "\"all\":true" : "" }
}
