import ArgumentParser
import PerpCore

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
