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
    servedWire: LighterServedWire.wire, samples: LighterSamples.all,
    simulatorEndpoints: { Endpoints(ws: "ws://\($0)/stream", rest: "http://\($0)") })

  private static func endpoints(host: String) -> Endpoints {
    Endpoints(ws: "wss://\(host)/stream", rest: "https://\(host)")
  }
}
