import PerpCore

/// What the venue's messages say, whatever form they had. Times are microseconds.
enum VariationalWire {
  /// Mark and index of one instrument, about once a second, on the WebSocket path `/prices`.
  ///
  ///     {"channel":"instrument_price:P-ABC-USDC-3600","pricing":{"price":"12.34",
  ///      "native_price":"1.0002","delta":"1","gamma":"0","theta":"0","vega":"0","rho":"0",
  ///      "iv":"0","underlying_price":"12.3375","interest_rate":"0.00005",
  ///      "timestamp":"2026-11-20T10:00:00.123456Z"}}
  struct Price: Equatable, Sendable {
    /// The instrument's key, such as `P-ABC-USDC-3600`; nil where it is longer than names can be.
    var instrument: ShortText?
    /// The mark, rounded for display.
    var mark: Decimal
    /// The mark in units of the index; exactly 1 for swaps.
    var ratio: Decimal?
    var index: Decimal?
    var interestRate: Decimal?
    /// Lags, and repeats where nothing is new.
    var time: Int64?
  }

  struct Pair: Equatable, Sendable {
    var bid: Decimal
    var ask: Decimal
  }

  /// The liquidity provider's quotes in the statistics, up to ten minutes old.
  struct Quotes: Equatable, Sendable {
    /// "quotes.updated_at".
    var time: Int64?
    /// Of no stated size.
    var base: Pair?
    /// By their notional in USDC.
    var size1k: Pair?
    var size100k: Pair?
    /// Majors only.
    var size1m: Pair?
  }

  /// One of `listings` of "GET /metadata/stats" (Variational docs, "API").
  ///
  ///     {"ticker":"ABC","name":"Abc","mark_price":"12.34","volume_24h":"1000.5",
  ///      "open_interest":{"long_open_interest":"10.00","short_open_interest":"20.00"},
  ///      "funding_rate":"0.0123","funding_interval_s":28800,"base_spread_bps":"1.5",
  ///      "quotes":{"updated_at":"2026-11-20T09:59:50.123456789Z",
  ///       "base":{"bid":"12.33","ask":"12.35"},"size_1k":{"bid":"12.32","ask":"12.36"},
  ///       "size_100k":{"bid":"12.30","ask":"12.38"},"size_1m":{"bid":"12.20","ask":"12.48"}}}
  struct Listing: Equatable, Sendable {
    var ticker: String
    var name: String
    var markPrice: Decimal
    var volume24h: Decimal?
    var longOpenInterest: Decimal?
    var shortOpenInterest: Decimal?
    /// See the setting `funding_rate` for what it is a rate of.
    var fundingRate: Decimal?
    /// 0 for swaps, which know no funding.
    var fundingInterval: Int
    var baseSpread: Decimal?
    var quotes: Quotes?
  }

  /// "GET /metadata/stats" as a whole; what it says of the venue in sum is not kept.
  struct Statistics: Equatable, Sendable {
    var listings: [Listing]
    /// Tickers of rows that could not be read.
    var unreadable: [String] = []
  }

  /// The answer to "POST /quotes/indicative": prices for exactly this quantity.
  ///
  ///     {"quote_id":"q-1","instrument":{"underlying":"ABC","instrument_type":"perpetual_future",
  ///      "settlement_asset":"USDC","funding_interval_s":3600},"qty":"0.5","bid":"12.32",
  ///      "ask":"12.36","mark_price":"12.34","index_price":"12.33",
  ///      "timestamp":"2026-11-20T10:00:00.123456789Z"}
  struct Quote: Equatable, Sendable {
    var id: String?
    var underlying: String
    var quantity: Decimal
    var bid: Decimal?
    var ask: Decimal?
    var time: Int64?
  }
}

/// A perpetual future, the one kind of instrument that is modelled, in the venue's two notations:
/// an object in what we send, a key in what we get. Mixing them up "gives silent nonsense".
enum VariationalInstrument {
  static let settlementAsset = "USDC"
  /// Part of the name, whatever the market's real interval is.
  static let nominalInterval: Int64 = 3_600

  /// `P-ABC-USDC-3600`
  static func key(_ underlying: String) -> String {
    "P-\(underlying)-\(settlementAsset)-\(nominalInterval)"
  }

  /// Nil for a ticker that fits no unified symbol.
  static func symbol(_ underlying: String) -> Symbol? {
    Symbol("\(underlying)-\(settlementAsset)-PERP")
  }

  /// `{"underlying":"ABC","instrument_type":"perpetual_future","settlement_asset":"USDC",…}`
  static func write(_ underlying: String, to text: inout ByteBuffer) {
    text.append("{")
    text.put("underlying", text: underlying)
    text.put("instrument_type", text: "perpetual_future")
    text.put("settlement_asset", text: settlementAsset)
    text.put("funding_interval_s", nominalInterval)
    text.append("}")
  }
}

/// What the venue says in plain words on its WebSockets; most of it ends the connection.
enum VariationalNotice: Equatable, Sendable {
  /// Of one instrument, by its key; the connection lives if it has others.
  case unsupportedInstrument(String)
  case invalidInstrument
  case unexpectedFormat
  case noSubscriptions
  case unknownPath
  case unauthorized

  static let unsupportedPrefix = "unsupported instrument: "

  private static let fixed: [(notice: VariationalNotice, text: String)] = [
    (.invalidInstrument, "invalid instrument in request"),
    (.unexpectedFormat, "unexpected request format"),
    (.noSubscriptions, "no subscriptions open, closing connection"),
    (
      .unknownPath,
      "unknown path, must be '/events', '/portfolio', '/prices', or '/market_status'"
    ),
    (.unauthorized, "Token timeout: Unauthorized"),
  ]

  /// Nil for words that are not the venue's.
  init?(_ text: String) {
    if text.hasPrefix(Self.unsupportedPrefix) {
      self = .unsupportedInstrument(String(text.dropFirst(Self.unsupportedPrefix.count)))
    } else if text.hasPrefix("unknown path") {
      // The paths that it names may change.
      self = .unknownPath
    } else if let known = Self.fixed.first(where: { $0.text == text }) {
      self = known.notice
    } else {
      return nil
    }
  }

  var text: String {
    if case .unsupportedInstrument(let key) = self { return Self.unsupportedPrefix + key }
    return Self.fixed.first { $0.notice == self }?.text ?? ""
  }
}
