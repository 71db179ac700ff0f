import PerpCore
import PerpVenue

/// Paradex: perpetual futures on its own Starknet chain; public data as binary SBE frames.
package enum Paradex {
  package static let id = VenueID("paradex")

  package static let descriptor = VenueDescriptor(
    id: id, title: "Paradex",
    environments: [
      .init(name: "production", endpoints: endpoints(host: "api.prod.paradex.trade")),
      .init(name: "testnet", endpoints: endpoints(host: "api.testnet.paradex.trade")),
    ],
    channels: [
      (.bbo, "bbo.{market}"),
      (.trade, "trades.{market}"),
      (.book, "order_book.{market}.deltas"),
      (.funding, "funding_data.{market}, markets_summary.{market}"),
    ],
    quoteAsset: "USD",
    settings: [
      (
        "sbe_version", "2",
        "version of the binary schema to ask for; after a refusal 1 is tried"
      ),
      ("encoding", "sbe", "sbe, or json for a venue that still speaks it"),
    ],
    simulatorSettings: [
      ("encoding", "sbe", "sbe, or json for the venue as it was before September 2026"),
      ("speedup", "1", "divides the venue's slow timers: ping, heartbeat, idle close"),
      ("private", "sbe", "sbe, or json for what accounts are told on a binary connection"),
      ("accounts", "", "public keys of more accounts, with commas between"),
      ("jwt_lifetime", "300", "seconds that a token lives"),
      ("order_faults", "", "what goes wrong with requests about orders, as lose-answer%10"),
    ],
    secrets: [
      ("private_key", "key of Starknet that signs orders: the account's own, or a subkey"),
      ("account_address", "address of the account, needed with a subkey"),
    ],
    variants: [["encoding": "json"]],
    makeSession: { ParadexSession(options: $0) },
    makeDialect: { ParadexDialect(options: $0) },
    makeSimulator: { ParadexSimulator(options: $0) },
    trading: VenueTrading(
      settings: [
        ("token_usage", "pro", "interactive for a retail token: no fees, and few orders"),
        (
          "batch_size", "10",
          "orders of one order.batch that a request places; 1: each by itself, as of retail tokens"
        ),
        (
          "native_deadman", "false",
          "true: orders go over the private stream, and the venue cancels them when it ends"
        ),
      ],
      required: { _ in ["private_key"] },
      simulatedAccount: ["private_key": ParadexTestKeys.accounts[0]],
      makeDialect: { (options) throws(TradingProblem) in try ParadexTrading(options) }),
    servedWire: ParadexServedWire.wire, samples: ParadexSamples.all,
    simulatorEndpoints: { Endpoints(ws: "ws://\($0)/v1", rest: "http://\($0)/v1") })

  private static func endpoints(host: String) -> Endpoints {
    Endpoints(ws: "wss://ws.\(host)/v1", rest: "https://\(host)/v1")
  }
}
