import ArgumentParser
import PerpCore
import PerpVenue
import PerpVenues

/// What a command about accounts asks for, and how it shows it.
protocol AccountListing: ParsableCommand {
  static var columns: [String] { get }
  /// The gateway's method, and the member of its answer.
  static var method: String { get }
  var venues: [String] { get }
  var gateway: GatewayOptions { get }
  var parameters: String { get }
}

extension AccountListing {
  func run() throws {
    let chosen = try venues.map { try Registry.required($0).id }
    let link = try gateway.connect(chosen)
    defer { try? link.close() }
    try link.awaitAccounts(
      of: chosen.isEmpty ? try link.venuesWithAccounts() : chosen, seconds: gateway.timeout)
    // What the venue holds comes right after the account is signed in.
    if gateway.socket == nil {
      _ = try link.event(seconds: 5) { $0.text("type") == "balance" }
    }
    var rows: [JSONFields] = []
    for venue in chosen.isEmpty ? [nil] : chosen.map({ Optional($0) }) {
      let filter = venue.map { "\"venue\":\"\($0)\"" }
      let words = [filter, parameters.isEmpty ? nil : parameters].compactMap { $0 }
      let answer = try link.ask(Self.method, "{\(words.joined(separator: ","))}")
      rows += answer.objects(Self.method) ?? []
    }
    if gateway.json {
      for row in rows { try Output.write(row.line) }
    } else {
      let cells = rows.map { row in Self.columns.map { row.text($0) ?? "" } }
      try Output.write(TextTable(rows: [Self.columns] + cells).text)
    }
  }
}

extension GatewayLink {
  fileprivate func venuesWithAccounts() throws -> [VenueID] {
    let names = try ask("status").objects("accounts")?.compactMap { $0.text("venue") } ?? []
    guard !names.isEmpty else {
      throw Failure(
        .configuration,
        "no venue has an account: give credentials; `perpwire doctor --config-only` shows where "
          + "they are looked for")
    }
    return names.compactMap { Registry.venue($0)?.id }
  }
}

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

struct Balances: AccountListing {
  static let configuration = CommandConfiguration(abstract: "List balances.")
  static let method = "balances"
  static let columns = ["venue", "account", "asset", "total", "available", "margin_used"]

  @Argument(help: "Venues; all with an account by default.")
  var venues: [String] = []

  @OptionGroup var gateway: GatewayOptions

  var parameters: String { "" }
}

struct Panic: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Stop all trading: cancel everything and, if wanted, close all positions.",
    discussion: """
      EXAMPLES
        perpwire panic --socket "$XDG_RUNTIME_DIR/perpwire.sock" --flatten
        perpwire panic

      A gateway that is told so places nothing more until somebody arms it again. Ends with 0 only
      when no order is open and, with --flatten, no position is left.
      """)

  @Flag(help: "Close all positions by market orders that can only reduce them.")
  var flatten = false

  @OptionGroup var gateway: GatewayOptions

  func run() throws {
    let link = try gateway.connect([])
    defer { try? link.close() }
    if gateway.socket == nil {
      try link.awaitAccounts(of: try link.venuesWithAccounts(), seconds: gateway.timeout)
      _ = try link.event(seconds: 5) { $0.text("type") == "balance" }
    }
    try link.ask("panic", "{\"flatten\":\(flatten)}")
    for _ in 0..<gateway.timeout * 4 {
      let accounts = try link.ask("status").objects("accounts") ?? []
      let open = accounts.reduce(0) { $0 + ($1.integer("open_orders") ?? 0) }
      let positions = accounts.reduce(0) { $0 + ($1.integer("positions") ?? 0) }
      try Output.write("open orders \(open), positions \(positions)\n")
      if open == 0, positions == 0 || !flatten { return }
      _ = try link.event(seconds: 1) { _ in false }
    }
    throw Failure(
      .venueUnavailable,
      "orders or positions are left after \(gateway.timeout) s; the gateway goes on trying")
  }
}
