import PerpCore
import PerpVenue

/// GRVT: perpetual futures quoted in USDT on a ZKsync chain of its own, matched off the chain.
package enum GRVT {
  package static let id = VenueID("grvt")

  package static let descriptor = VenueDescriptor(
    id: id, title: "GRVT",
    environments: [
      .init(name: "production", endpoints: endpoints(host: "market-data.grvt.io")),
      .init(name: "testnet", endpoints: endpoints(host: "market-data.testnet.grvt.io")),
    ],
    channels: [
      (.bbo, "v1.mini.d {instrument}@0"),
      (.trade, "v1.trade {instrument}@50"),
      (.book, "v1.book.d {instrument}@50"),
      (.funding, "v1.ticker.s {instrument}@500"),
    ],
    quoteAsset: "USDT",
    settings: [
      ("encoding", "full", "full, or lite for short field names"),
      ("quote_rate", "0", "milliseconds between quotes: 0 for each change, 50, 100, 200, 500, …"),
      ("book_rate", "50", "milliseconds between changes of the book: 50, 100, 500 or 1000"),
      ("book_stream", "v1.book.d", "or v1.rpi.book.d, which the venue's own pages use"),
      ("ticker_rate", "500", "milliseconds between tickers: 500, 1000 or 5000"),
      ("sequence", "gateway", "numbers of one gateway, or global for those of the whole venue"),
    ],
    simulatorSettings: [
      ("ack_delay", "0", "milliseconds by which acknowledgements come after the first data"),
      ("extra_fields", "no", "yes adds a field that nobody knows to every object"),
      ("requests_per_second", "0", "more of one client are refused with 1006; 0 for no limit"),
      ("restart_every", "0", "seconds after which all numbers begin anew without a word"),
      ("selector", "whole", "primary leaves @ and the rest out of the selectors of data"),
      ("trade_numbers", "live", "live trades count from 1, or with zero are all 0"),
      ("session_seconds", "86400", "how long a login is good for"),
      ("expired_sockets", "close", "close, or silent: a socket hears no more when its login ends"),
      ("rates", "tier", "calls a second as the lowest tier has them, or none for any number"),
      ("page_rows", "1000", "rows of one answer at most"),
      ("chain_id", "325", "of the chain that signatures are for"),
      ("order_faults", "", "what goes wrong with orders, such as lose-answer%10,late=800%5"),
    ],
    secrets: [
      ("api_key", "key of the API, for the login"),
      ("private_key", "key of the signer that the API key was made with: it signs orders"),
      ("sub_account_id", "number of the trading account, where the login does not say it"),
    ],
    variants: [
      ["encoding": "lite"], ["ack_delay": "300"], ["extra_fields": "yes", "selector": "primary"],
      ["trade_numbers": "zero"], ["book_stream": "v1.rpi.book.d"],
    ],
    // Numbers are of one gateway, and nobody says which one a connection reaches.
    sharesSequences: false,
    // A minute's wait after a refusal for asking too often, and some backoff on top.
    recovery: Nanoseconds.seconds(90),
    makeSession: { GRVTSession(options: $0) },
    makeDialect: { GRVTDialect(options: $0) },
    makeSimulator: { GRVTSimulator(options: $0) },
    trading: VenueTrading(
      settings: [
        ("trigger_by", "MARK", "price that triggers go by: MARK, LAST, INDEX or MID"),
        (
          "native_deadman", "false",
          "true: without us the venue cancels all orders of the sub account within 30 s"
        ),
        ("trading_ws", "", "another address of the private stream"),
        ("trading_rest", "", "another address for orders"),
        ("login_rest", "", "another address for the login"),
        ("chain_id", "", "of the chain that signatures are for; by default the environment's"),
      ],
      required: { _ in ["api_key", "private_key"] },
      simulatedAccount: GRVTSimulatedAccount.secrets,
      makeDialect: { (options) throws(TradingProblem) in try GRVTTrading(options) }),
    servedWire: GRVTServedWire.wire, samples: GRVTSamples.all,
    simulatorEndpoints: { Endpoints(ws: "ws://\($0)", rest: "http://\($0)") })

  private static func endpoints(host: String) -> Endpoints {
    Endpoints(ws: "wss://\(host)", rest: "https://\(host)")
  }
}
