import PerpCore
import PerpVenue

/// Variational Omni: perpetual futures by request for quote on Arbitrum. It has no book and no
/// trades to see, and documents one public address only.
package enum Variational {
  package static let id = VenueID("variational")

  package static let descriptor = VenueDescriptor(
    id: id, title: "Variational (experimental)",
    environments: [
      .init(name: "production", endpoints: endpoints("prod")),
      .init(name: "testnet", endpoints: endpoints("testnet")),
    ],
    channels: [
      (.bbo, "GET /metadata/stats every 20 s; POST /quotes/indicative where a size is set"),
      (.funding, "/prices instrument_price:{market}; rate of GET /metadata/stats"),
    ],
    quoteAsset: VariationalInstrument.settlementAsset,
    settings: [
      ("poll_s", "20", "seconds between two readings of the public statistics, 15 to 300"),
      ("size", "size_1k", "which of their quotes: size_1k, size_100k or size_1m (majors only)"),
      ("funding_rate", "annual", "what their rate is for: annual, or interval"),
      ("quotes", "", "sizes to ask quotes for, such as BTC=0.01,ETH=0.2; needs your session"),
      ("quote_every_ms", "2000", "milliseconds between two quotes of a market, 500 to 60000"),
      ("address", "", "your account's address, where the venue wants it beside the session"),
      ("app_url", "", "where quotes are asked for; by default the venue's own application"),
    ],
    simulatorSettings: [
      ("blocked", "", "what is answered with an HTML page and 403: rest, app or ws"),
      ("session", "", "the only session that is known; by default any will do for quotes"),
      ("session_seconds", "", "how long sessions are good for; by default for ever"),
      ("address", "", "the only wallet whose vr-connected-address is taken; by default any"),
      ("quote_life_ms", "5000", "milliseconds until a quote expires"),
      ("clearing_ms", "300", "milliseconds until a market order is cleared"),
      ("declined", "0", "percent of market orders that the provider declines in the end"),
      ("order_lists", "paged", "paged, or bare for lists of orders without a count"),
      ("order_faults", "", "what goes wrong with orders, such as lose-answer%10,late=800%5"),
      ("quote_age_s", "0", "seconds by which the quotes of the statistics are older"),
      ("unsupported", "", "tickers that /prices does not know, such as BTC,ETH"),
    ],
    secrets: [
      ("session", "your session with the venue, the value of its cookie vr-token")
    ],
    sharesSequences: false, recovery: Nanoseconds.seconds(240),
    makeSession: { VariationalSession(options: $0) },
    makeDialect: { VariationalDialect(options: $0) },
    makeSimulator: { VariationalSimulator(options: $0) },
    trading: VenueTrading(
      settings: [
        ("orders", "off", "on lets orders be placed with your session; read the venue's terms"),
        ("max_slippage", "0.005", "how far from its quote a market order may be filled, of 1"),
      ],
      required: { _ in ["session"] },
      simulatedAccount: VariationalSimulatedAccount.secrets,
      makeDialect: { (options) throws(TradingProblem) in try VariationalTrading(options) }),
    servedWire: VariationalServedWire.wire, samples: VariationalSamples.all,
    simulatorEndpoints: { Endpoints(ws: "ws://\($0)", rest: "http://\($0)") })

  /// The application's own host, to which only a user's session gives access.
  static let application = "https://omni.variational.io/api"

  static func endpoints(_ stage: String) -> Endpoints {
    let host = "\(stage).ap-northeast-1.variational.io"
    return Endpoints(
      ws: "wss://omni-ws-server.\(host)", rest: "https://omni-client-api.\(host)")
  }
}
