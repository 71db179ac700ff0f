import PerpCore

extension ParadexWire.Summary {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    var market: ShortText?
    var createdAt: Int64?
    var values: [String: Decimal] = [:]
    try json.enterObject()
    while let key = try json.nextKey() {
      let name = key.text
      switch name {
      case "symbol": market = try json.string().shortText
      case "created_at": createdAt = try json.milliseconds()
      // `oracle_price` was the index in answers of 2024; greeks are of options.
      case "oracle_price", "greeks", "delta", "rolling_details", "mark_iv", "bid_iv", "ask_iv",
        "last_iv", "future_funding_rate":
        try json.skip()
      case "mark_price", "underlying_price", "last_traded_price", "bid", "ask", "bid_size",
        "ask_size", "volume_24h", "total_volume", "open_interest", "funding_rate",
        "price_change_rate_24h", "external_fair_price", "forward_rate", "risk_free_rate":
        values[name] = try json.optionalDecimal()
      default:
        unknown.append("markets_summary.\(name)")
        try json.skip()
      }
    }
    guard let market, let createdAt else { throw json.error(.wrongType) }
    self.init(
      market: market, time: createdAt, sequence: nil, markPrice: values["mark_price"],
      indexPrice: values["underlying_price"], lastPrice: values["last_traded_price"],
      volumeUSD24h: values["volume_24h"], openInterest: values["open_interest"],
      fundingRate: values["funding_rate"], bid: values["bid"], ask: values["ask"],
      totalVolume: values["total_volume"], priceChangeRate24h: values["price_change_rate_24h"],
      optionFields: [], externalFairPrice: values["external_fair_price"],
      bidSize: values["bid_size"], askSize: values["ask_size"],
      forwardRate: values["forward_rate"], riskFreeRate: values["risk_free_rate"],
      fundingRatePrecise: nil, settlementTWAPEstimate: nil)
  }
}

/// "GET /v1/markets": `{"results":[…]}` with a row for each market. One row, cut short:
///
///     {"symbol":"BTC-USD-PERP","base_currency":"BTC","quote_currency":"USD",
///      "order_size_increment":"0.00001","price_tick_size":"0.1","min_notional":"10",
///      "asset_kind":"PERP","funding_period_hours":8,"trading_mode":"STANDARD",
///      "delta1_cross_margin_params":{"imf_base":"0.02"}}
enum ParadexREST {
  /// Perpetual markets; rows of other kinds, and rows we cannot read, are left out and named.
  static func markets(
    _ body: RawSpan, venue: VenueID
  ) throws(JSONError) -> (markets: [Market], unreadable: [String]) {
    var markets: [Market] = []
    var unreadable: [String] = []
    var json = JSONReader(body)
    try eachResult(&json) { (row: inout JSONReader) throws(JSONError) in
      // One row of nonsense must not cost all the others.
      var reader = JSONReader(try row.raw())
      guard let fields = try? MarketFields(&reader) else {
        unreadable.append("(malformed)")
        return
      }
      guard fields.text["asset_kind"] == "PERP" else { return }
      if let market = fields.market(venue) {
        markets.append(market)
      } else {
        unreadable.append(fields.text["symbol"] ?? "(no symbol)")
      }
    }
    return (markets, unreadable)
  }

  /// "GET /v1/markets/summary": `{"results":[…]}`, rows as in the channel.
  static func summaries(
    _ body: RawSpan, _ unknown: inout [String]
  ) throws(JSONError) -> [ParadexWire.Summary] {
    var rows: [ParadexWire.Summary] = []
    var found: [String] = []
    var json = JSONReader(body)
    try eachResult(&json) { (row: inout JSONReader) throws(JSONError) in
      rows.append(try ParadexWire.Summary(&row, &found))
    }
    unknown += found
    return rows
  }

  /// "GET /v1/bbo/{market}": the same object as in the channel.
  static func bbo(
    _ body: RawSpan, _ unknown: inout [String]
  ) throws(JSONError) -> ParadexWire.BBO {
    var json = JSONReader(body)
    let bbo = try ParadexWire.BBO(&json, &unknown)
    try json.finish()
    return bbo
  }

  /// "GET /v1/system/time": `{"server_time":"1795132800123"}`; returned in microseconds.
  static func serverTime(_ body: RawSpan) throws(JSONError) -> Int64 {
    var json = JSONReader(body)
    var time: Int64?
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "server_time" { time = try json.milliseconds() } else { try json.skip() }
    }
    guard let time else { throw json.error(.wrongType) }
    return time
  }

  private static func eachResult(
    _ json: inout JSONReader, _ body: (inout JSONReader) throws(JSONError) -> Void
  ) throws(JSONError) {
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "results" {
        try json.enterArray()
        while try json.nextElement() { try body(&json) }
      } else {
        try json.skip()
      }
    }
    try json.finish()
  }
}

/// The fields of one row of "GET /v1/markets" that matter here.
private struct MarketFields {
  var text: [String: String] = [:]
  var decimals: [String: Decimal] = [:]

  init(_ json: inout JSONReader) throws(JSONError) {
    try json.enterObject()
    while let key = try json.nextKey() {
      let name = key.text
      switch name {
      case "symbol", "base_currency", "quote_currency", "asset_kind", "trading_mode":
        text[name] = try json.string().text
      case "order_size_increment", "price_tick_size", "min_notional", "funding_period_hours":
        decimals[name] = try json.optionalDecimal()
      case "delta1_cross_margin_params" where try json.peek() == .object:
        try json.enterObject()
        while let key = try json.nextKey() {
          if key == "imf_base" {
            decimals["imf_base"] = try json.optionalDecimal()
          } else {
            try json.skip()
          }
        }
      default: try json.skip()
      }
    }
  }

  func market(_ venue: VenueID) -> Market? {
    guard let name = text["symbol"], let symbol = Symbol(name),
      let tick = decimals["price_tick_size"], !tick.isZero, !tick.isNegative,
      let lot = decimals["order_size_increment"], !lot.isZero, !lot.isNegative
    else { return nil }
    let hours = decimals["funding_period_hours"]?.rescaled(to: 0).flatMap {
      (1...168).contains($0.mantissa) ? Int($0.mantissa) : nil
    }
    return Market(
      venue: venue, symbol: symbol, venueSymbol: name,
      base: text["base_currency"] ?? String(symbol.base), quote: text["quote_currency"] ?? "USD",
      tickSize: tick, lotSize: lot, minSize: lot, minNotional: decimals["min_notional"],
      // Margin 0.02 of the notional is leverage 50.
      maxLeverage: decimals["imf_base"].flatMap { Decimal(1).divided(by: $0, scale: 2)?.trimmed },
      fundingIntervalSeconds: hours.map { $0 * 3_600 },
      status: text["trading_mode"] == "RFQ_ONLY" ? .quotesOnly : .open)
  }
}
