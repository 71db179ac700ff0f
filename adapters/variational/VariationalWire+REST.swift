import PerpCore

/// Reads the answers of the public REST host and of quotes.
enum VariationalREST {
  /// "GET /metadata/stats". Rows we cannot read are left out and named: the catalogue grows
  /// without notice.
  static func statistics(
    _ body: RawSpan, _ unknown: inout [String]
  ) throws(JSONError) -> VariationalWire.Statistics {
    var statistics: VariationalWire.Statistics?
    var json = JSONReader(body)
    try json.enterObject()
    while let key = try json.nextKey() {
      let name = key.text
      switch name {
      case "listings": statistics = try listings(&json, &unknown)
      case "total_volume_24h", "cumulative_volume", "tvl", "open_interest", "num_markets",
        "loss_refund":
        try json.skip()
      default:
        unknown.append("stats.\(name)")
        try json.skip()
      }
    }
    try json.finish()
    guard let statistics else { throw json.error(.wrongType) }
    return statistics
  }

  private static func listings(
    _ json: inout JSONReader, _ unknown: inout [String]
  ) throws(JSONError) -> VariationalWire.Statistics {
    var statistics = VariationalWire.Statistics(listings: [])
    // The same unknown key in each of hundreds of rows is one finding.
    var found: Set<String> = []
    try json.enterArray()
    while try json.nextElement() {
      let row = try json.raw()
      var unknownInRow: [String] = []
      do throws(JSONError) {
        var reader = JSONReader(row)
        statistics.listings.append(try VariationalWire.Listing(&reader, &unknownInRow))
      } catch {
        statistics.unreadable.append(ticker(of: row) ?? "(no ticker)")
      }
      for path in unknownInRow where found.insert(path).inserted { unknown.append(path) }
    }
    return statistics
  }

  private static func ticker(of row: RawSpan) -> String? {
    var json = JSONReader(row)
    do throws(JSONError) {
      try json.enterObject()
      while let key = try json.nextKey() {
        if key == "ticker" { return try json.string().text }
        try json.skip()
      }
    } catch {
      // The row is no object, or its ticker no text: then it has no name.
    }
    return nil
  }

  /// "GET /status": `{"server_ts_ns":1795168800123456789}`; returned in microseconds.
  static func serverTime(_ body: RawSpan) throws(JSONError) -> Int64 {
    var time: Int64?
    var json = JSONReader(body)
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "server_ts_ns" { time = try json.integer() / 1_000 } else { try json.skip() }
    }
    try json.finish()
    guard let time else { throw json.error(.wrongType) }
    return time
  }

  /// "POST /quotes/indicative".
  static func quote(
    _ body: RawSpan, _ unknown: inout [String]
  ) throws(JSONError) -> VariationalWire.Quote {
    var json = JSONReader(body)
    let quote = try VariationalWire.Quote(&json, &unknown)
    try json.finish()
    return quote
  }
}

extension VariationalWire.Listing {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    var (ticker, mark, interval) = (String?.none, Decimal?.none, Int64?.none)
    var listing = VariationalWire.Listing(
      ticker: "", name: "", markPrice: .zero, fundingInterval: 0)
    try json.enterObject()
    while let key = try json.nextKey() {
      let name = key.text
      switch name {
      case "ticker": ticker = try json.string().text
      case "name": listing.name = try json.null() ? "" : json.string().text
      case "mark_price": mark = try json.decimal()
      case "volume_24h": listing.volume24h = try json.optionalDecimal()
      case "funding_rate": listing.fundingRate = try json.optionalDecimal()
      case "funding_interval_s": interval = try json.integer()
      case "base_spread_bps": listing.baseSpread = try json.optionalDecimal()
      case "open_interest": try listing.readOpenInterest(&json, &unknown)
      case "quotes":
        listing.quotes = try json.null() ? nil : VariationalWire.Quotes(&json, &unknown)
      default:
        unknown.append("listings.\(name)")
        try json.skip()
      }
    }
    try json.finish()
    guard let ticker, let mark, mark > .zero, let interval, (0...604_800).contains(interval) else {
      throw json.error(.wrongType)
    }
    listing.ticker = ticker
    listing.markPrice = mark
    listing.fundingInterval = Int(interval)
    self = listing
  }

  private mutating func readOpenInterest(
    _ json: inout JSONReader, _ unknown: inout [String]
  ) throws(JSONError) {
    if try json.null() { return }
    try json.enterObject()
    while let key = try json.nextKey() {
      let name = key.text
      switch name {
      case "long_open_interest": longOpenInterest = try json.optionalDecimal()
      case "short_open_interest": shortOpenInterest = try json.optionalDecimal()
      default:
        unknown.append("listings.open_interest.\(name)")
        try json.skip()
      }
    }
  }
}

extension VariationalWire.Quotes {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    self.init()
    try json.enterObject()
    while let key = try json.nextKey() {
      let name = key.text
      switch name {
      case "updated_at": time = try json.time()
      case "base": base = try VariationalWire.Pair(optional: &json)
      case "size_1k": size1k = try VariationalWire.Pair(optional: &json)
      case "size_100k": size100k = try VariationalWire.Pair(optional: &json)
      case "size_1m": size1m = try VariationalWire.Pair(optional: &json)
      default:
        unknown.append("listings.quotes.\(name)")
        try json.skip()
      }
    }
  }
}

extension VariationalWire.Pair {
  /// Nil for null, and where a side is missing.
  fileprivate init?(optional json: inout JSONReader) throws(JSONError) {
    if try json.null() { return nil }
    var (bid, ask) = (Decimal?.none, Decimal?.none)
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "bid" {
        bid = try json.optionalDecimal()
      } else if key == "ask" {
        ask = try json.optionalDecimal()
      } else {
        try json.skip()
      }
    }
    guard let bid, let ask else { return nil }
    self.init(bid: bid, ask: ask)
  }
}

extension VariationalWire.Quote {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    var (id, underlying, quantity) = (String?.none, String?.none, Decimal?.none)
    var (bid, ask, time) = (Decimal?.none, Decimal?.none, Int64?.none)
    try json.enterObject()
    while let key = try json.nextKey() {
      let name = key.text
      switch name {
      case "quote_id": id = try json.null() ? nil : json.string().text
      case "instrument": underlying = try Self.underlying(&json)
      case "qty": quantity = try json.decimal()
      case "bid": bid = try json.optionalDecimal()
      case "ask": ask = try json.optionalDecimal()
      case "timestamp": time = try json.time()
      case "mark_price", "index_price", "qty_limits", "margin_requirements": try json.skip()
      default:
        unknown.append("quote.\(name)")
        try json.skip()
      }
    }
    guard let underlying, let quantity else { throw json.error(.wrongType) }
    self.init(
      id: id, underlying: underlying, quantity: quantity, bid: bid, ask: ask, time: time)
  }

  private static func underlying(_ json: inout JSONReader) throws(JSONError) -> String? {
    var underlying: String?
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "underlying" { underlying = try json.string().text } else { try json.skip() }
    }
    return underlying
  }
}
