import PerpCore
import PerpVenue

/// Lighter: a central order book of perpetuals, settled by a zero-knowledge rollup on Ethereum.
package enum Lighter {
  package static let id = VenueID("lighter")

  package static let descriptor = VenueDescriptor(
    id: id, title: "Lighter",
    environments: [
      .init(name: "production", endpoints: endpoints(host: "mainnet.zklighter.elliot.ai")),
      .init(name: "testnet", endpoints: endpoints(host: "testnet.zklighter.elliot.ai")),
      .init(name: "robinhood", endpoints: endpoints(host: "api.rh.lighter.xyz")),
    ],
    channels: [
      (.bbo, "ticker/{market}"),
      (.trade, "trade/{market}"),
      (.book, "order_book/{market}"),
      (.funding, "market_stats/{market}"),
    ],
    quoteAsset: "USDC",
    settings: [
      ("readonly", "false", "true adds ?readonly=true, for regions where trading is refused")
    ],
    simulatorSettings: [
      ("speedup", "1", "divides the venue's slow timers: ping, close of the idle"),
      ("requests_per_minute", "60", "REST requests of one address, as of a standard account"),
      (
        "shutdown", "0",
        "seconds from the opening of a connection to its shutdown notice; 0 for none"
      ),
      ("order_faults", "", "what goes wrong with orders, such as lose-answer%10,late=800%5"),
      ("delay", "0", "milliseconds that orders and cancels wait, takers 100 more: 200 of standard"),
      ("transactions_per_minute", "60", "transactions of one account, as of a standard account"),
      ("accounts", "", "more accounts, each index:slot:public key, commas between"),
    ],
    secrets: [
      ("private_key", "key of one slot of the account, 80 hexadecimal digits"),
      ("account_index", "number of the account"),
      ("api_key_index", "slot of the key, 4 to 254"),
    ],
    // 500 subscriptions a connection; a topic takes up to two of them.
    maxTopics: 240,
    // "Connections are closed after 24 h", in older documents.
    maxConnectionAge: Nanoseconds.seconds(24 * 3_600),
    // A minute's wait after a refusal for asking too often, and some backoff on top.
    recovery: Nanoseconds.seconds(90),
    makeSession: { LighterSession(options: $0) },
    makeDialect: { LighterDialect(options: $0) },
    makeSimulator: { LighterSimulator(options: $0) },
    trading: VenueTrading(
      settings: [
        ("tier", "standard", "premium or plus: how many transactions a minute are allowed"),
        ("orders", "ws", "rest to send transactions by REST instead of the socket"),
        (
          "native_deadman", "false",
          "true: without us the venue cancels all orders of the account within 10 minutes"
        ),
        ("chain_id", "auto", "what is signed for; auto: by the host, 304 on unknown ones"),
        ("token_lifetime", "25200", "seconds, of tokens for private data; 8 h at most"),
        (
          "stop_slippage_bps", "500", "how far behind its trigger a stop_market order may be filled"
        ),
      ],
      required: { _ in ["private_key", "account_index", "api_key_index"] },
      simulatedAccount: LighterSimulatedAccount.secrets,
      makeDialect: { (options) throws(TradingProblem) in try LighterTrading(options) }),
    servedWire: LighterServedWire.wire, samples: LighterSamples.all,
    simulatorEndpoints: { Endpoints(ws: "ws://\($0)/stream", rest: "http://\($0)") })

  private static func endpoints(host: String) -> Endpoints {
    Endpoints(ws: "wss://\(host)/stream", rest: "https://\(host)")
  }
}
