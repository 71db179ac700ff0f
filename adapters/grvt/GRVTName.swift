import PerpCore

/// The two spellings of the same interface: `/full/…` and `/ws/full`, `/lite/…` and `/ws/lite`.
enum GRVTEncoding: String, Sendable {
  case full, lite

  init(_ settings: [String: String]) {
    self = settings["encoding"] == "lite" ? .lite : .full
  }
}

/// The name of a field in both spellings. Short names mean different things in different objects,
/// long ones never look like short ones: within an object either is read.
struct GRVTName: Sendable {
  let full: StaticString
  let lite: StaticString

  init(_ full: StaticString, _ lite: StaticString) {
    self.full = full
    self.lite = lite
  }
}

extension JSONString {
  @inline(__always)
  static func == (string: borrowing JSONString, name: GRVTName) -> Bool {
    string == name.full || string == name.lite
  }
}

/// "Market Data API" and "Market Data WebSocket Streams", the tables of fields.
extension GRVTName {
  // Envelopes of JSON-RPC.
  static let version = GRVTName("jsonrpc", "j")
  static let method = GRVTName("method", "m")
  static let parameters = GRVTName("params", "p")
  static let result = GRVTName("result", "r")
  static let error = GRVTName("error", "e")
  static let id = GRVTName("id", "i")
  static let useGlobalSequence = GRVTName("use_global_sequence_number", "ug")
  static let selectors = GRVTName("selectors", "s1")

  // Answers to subscriptions.
  static let subscribed = GRVTName("subs", "s1")
  static let unsubscribed = GRVTName("unsubs", "u")
  static let snapshotCounts = GRVTName("num_snapshots", "ns")
  static let firstNumbers = GRVTName("first_sequence_number", "fs")
  static let latestNumbers = GRVTName("latest_sequence_number", "ls")

  // Errors.
  static let requestID = GRVTName("request_id", "ri")
  static let code = GRVTName("code", "c")
  static let message = GRVTName("message", "m")
  static let status = GRVTName("status", "s")

  // The envelope of data.
  static let stream = GRVTName("stream", "s")
  static let selector = GRVTName("selector", "s1")
  static let number = GRVTName("sequence_number", "sn")
  static let feed = GRVTName("feed", "f")
  static let previousNumber = GRVTName("prev_sequence_number", "ps")

  // Common to most data.
  static let eventTime = GRVTName("event_time", "et")
  static let instrument = GRVTName("instrument", "i")
  static let price = GRVTName("price", "p")
  static let size = GRVTName("size", "s")
  static let next = GRVTName("next", "n")

  // Tickers.
  static let markPrice = GRVTName("mark_price", "mp")
  static let indexPrice = GRVTName("index_price", "ip")
  static let lastPrice = GRVTName("last_price", "lp")
  static let lastSize = GRVTName("last_size", "ls")
  static let midPrice = GRVTName("mid_price", "mp1")
  static let bidPrice = GRVTName("best_bid_price", "bb")
  static let bidSize = GRVTName("best_bid_size", "bb1")
  static let askPrice = GRVTName("best_ask_price", "ba")
  static let askSize = GRVTName("best_ask_size", "ba1")
  static let fundingRate8h = GRVTName("funding_rate_8h_curr", "fr")
  static let fundingRate8hAverage = GRVTName("funding_rate_8h_avg", "fr1")
  static let interestRate = GRVTName("interest_rate", "ir")
  static let forwardPrice = GRVTName("forward_price", "fp")
  static let buyVolumeBase = GRVTName("buy_volume_24h_b", "bv")
  static let sellVolumeBase = GRVTName("sell_volume_24h_b", "sv")
  static let buyVolumeQuote = GRVTName("buy_volume_24h_q", "bv1")
  static let sellVolumeQuote = GRVTName("sell_volume_24h_q", "sv1")
  static let highPrice = GRVTName("high_price", "hp")
  static let lowPrice = GRVTName("low_price", "lp1")
  static let openPrice = GRVTName("open_price", "op")
  static let openInterest = GRVTName("open_interest", "oi")
  static let longShortRatio = GRVTName("long_short_ratio", "ls1")
  static let fundingRate = GRVTName("funding_rate", "fr2")
  static let nextFundingTime = GRVTName("next_funding_time", "nf")
  /// In tickers it is on the wire though not in the tables, so its short name there is not known.
  static let fundingInterval = GRVTName("funding_interval_hours", "fi")

  // Books.
  static let bids = GRVTName("bids", "b")
  static let asks = GRVTName("asks", "a")
  static let orderCount = GRVTName("num_orders", "no")
  static let depth = GRVTName("depth", "d")

  // Trades.
  static let isTakerBuyer = GRVTName("is_taker_buyer", "it")
  static let tradeID = GRVTName("trade_id", "ti")
  static let venue = GRVTName("venue", "v")
  static let isRPI = GRVTName("is_rpi", "ir1")
  static let limit = GRVTName("limit", "l")
  static let startTime = GRVTName("start_time", "st")
  static let endTime = GRVTName("end_time", "et")
  static let cursor = GRVTName("cursor", "c")

  // Candles.
  static let interval = GRVTName("interval", "i1")
  static let kind = GRVTName("type", "t")
  static let openTime = GRVTName("open_time", "ot")
  static let closeTime = GRVTName("close_time", "ct")
  static let open = GRVTName("open", "o")
  static let close = GRVTName("close", "c")
  static let high = GRVTName("high", "h")
  static let low = GRVTName("low", "l")
  static let volumeBase = GRVTName("volume_b", "vb")
  static let volumeQuote = GRVTName("volume_q", "vq")
  static let tradeCount = GRVTName("trades", "t")

  // Settled funding.
  static let settledRate = GRVTName("funding_rate", "fr")
  static let fundingTime = GRVTName("funding_time", "ft")
  /// Spelt so in this place only.
  static let settledRateAverage = GRVTName("funding_rate_8_h_avg", "fr1")
}

/// Instruments, currencies and margin rules.
extension GRVTName {
  static let hash = GRVTName("instrument_hash", "ih")
  static let base = GRVTName("base", "b")
  static let quote = GRVTName("quote", "q")
  static let instrumentKind = GRVTName("kind", "k")
  static let venues = GRVTName("venues", "v")
  static let settlementPeriod = GRVTName("settlement_period", "sp1")
  static let baseDecimals = GRVTName("base_decimals", "bd")
  static let quoteDecimals = GRVTName("quote_decimals", "qd")
  static let tickSize = GRVTName("tick_size", "ts")
  static let minSize = GRVTName("min_size", "ms")
  static let createTime = GRVTName("create_time", "ct")
  static let maxPositionSize = GRVTName("max_position_size", "mp")
  static let fundingRateCap = GRVTName("adjusted_funding_rate_cap", "af")
  static let fundingRateFloor = GRVTName("adjusted_funding_rate_floor", "af1")
  static let minNotional = GRVTName("min_notional", "mn")
  static let isActive = GRVTName("is_active", "ia")

  static let symbol = GRVTName("symbol", "s")
  static let balanceDecimals = GRVTName("balance_decimals", "bd")
  static let quantityMultiplier = GRVTName("quantity_multiplier", "qm")

  static let riskBrackets = GRVTName("risk_brackets", "rb")
  static let tier = GRVTName("tier", "t")
  static let notionalFloor = GRVTName("notional_floor", "nf")
  static let maintenanceRate = GRVTName("maintenance_margin_rate", "mm")
  static let initialRate = GRVTName("initial_margin_rate", "im")
  static let maxLeverage = GRVTName("max_leverage", "ml")
  static let maintenanceAmount = GRVTName("cumulative_maintenance_amount", "cm")
}
