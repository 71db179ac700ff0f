import PerpCore
import PerpVenue

/// edgeX: perpetual futures of cryptocurrencies, shares and currencies on its own chain.
package enum EdgeX {
  package static let id = VenueID("edgex")

  package static let descriptor = VenueDescriptor(
    id: id, title: "edgeX",
    environments: [
      .init(
        name: "production",
        endpoints: endpoints(
          ws: "edgex-quote-prod-v2.edgex.exchange", rest: "edgex-prod-v2.edgex.exchange")),
      .init(
        name: "v1",
        endpoints: endpoints(ws: "quote.edgex.exchange", rest: "pro.edgex.exchange")),
      .init(
        name: "v1-testnet",
        endpoints: endpoints(ws: "quote-testnet.edgex.exchange", rest: "testnet.edgex.exchange")),
    ],
    channels: [
      (.bbo, "depth.{contract}.15"),
      (.trade, "trades.{contract}"),
      (.book, "depth.{contract}.200"),
      (.funding, "ticker.{contract}"),
    ],
    quoteAsset: "USDC",
    settings: [
      ("generation", "v2", "v2, or v1 for the legacy system of the environments v1"),
      ("book_depth", "200", "levels a side of books: 200 or 15"),
      (
        "depth_versions", "",
        "how changes of books are numbered until the venue shows otherwise: same if one starts at "
          + "the version that ended the last, next if one later; empty for what the generation does"
      ),
    ],
    simulatorSettings: [
      ("generation", "v2", "v2, or v1 for paths, names and ids of the legacy system"),
      ("v1_proof", "stark", "what generation v1 wants private requests proven by: stark or hmac"),
      ("depth_versions", "", "same or next; empty for what the generation does"),
      ("snapshot_every", "0", "seconds between whole books that are sent unasked; 0 for never"),
      ("speedup", "1", "divides the venue's slow timers: ping, close of the inactive"),
      ("order_delay", "0", "milliseconds until an order comes to the book"),
      ("page_rows", "200", "rows of one answer at most"),
      ("requests_per_second", "0", "private requests, more are refused; 0 for no limit"),
      ("order_faults", "", "what goes wrong with orders, such as lose-answer%10,late=800%5"),
    ],
    secrets: [
      ("account_id", "number of the account"),
      ("api_key", "key of the API"),
      ("api_passphrase", "its passphrase"),
      ("api_secret", "its secret, which requests are proven with"),
      ("private_key", "key of the signer of the account: it signs orders"),
      ("stark_private_key", "of generation v1 in place of these: it signs and proves alone"),
    ],
    variants: [["depth_versions": "next"], ["snapshot_every": "3"]],
    // A draft that was withdrawn allowed 100 subscriptions on a connection.
    maxTopics: 80,
    // A minute's wait after a refusal for asking too often, and up to 20 s on top.
    recovery: Nanoseconds.seconds(90),
    makeSession: { EdgeXSession(options: $0) },
    makeDialect: { EdgeXDialect(options: $0) },
    makeSimulator: { EdgeXSimulator(options: $0) },
    trading: VenueTrading(
      settings: [
        ("trigger_by", "LAST_PRICE", "price that triggers go by, or INDEX_PRICE, ORACLE_PRICE"),
        ("orders_per_second", "10", "requests that change something; the venue names no limit"),
        (
          "v1_proof", "stark",
          "how private requests of generation v1 are proven: stark, or hmac, which needs the keys "
            + "of the API as well"
        ),
      ],
      required: { EdgeXCredentials.names($0) },
      simulatedAccount: EdgeXSimulatedAccount.secrets,
      makeDialect: { (options) throws(TradingProblem) in try EdgeXTrading(options) }),
    servedWire: EdgeXServedWire.wire, samples: EdgeXSamples.all,
    simulatorEndpoints: { Endpoints(ws: "ws://\($0)", rest: "http://\($0)") })

  private static func endpoints(ws: String, rest: String) -> Endpoints {
    Endpoints(ws: "wss://\(ws)", rest: "https://\(rest)")
  }
}
