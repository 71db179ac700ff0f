import PerpCore
import PerpVenue

/// "orderBookDetails": `{"code":200,"order_book_details":[…],"spot_order_book_details":[…]}`, and
/// "orderBooks", which has lighter rows. One row, cut short:
///
///     {"symbol":"BTC","market_id":1,"market_type":"perp","status":"active",
///      "min_base_amount":"0.00020","min_quote_amount":"10.000000","supported_size_decimals":5,
///      "supported_price_decimals":1,"min_initial_margin_fraction":200,
///      "market_config":{"force_reduce_only":false,…}}
struct LighterMarkets {
  private(set) var listed: [ListedMarket] = []
  /// Symbols of perpetuals that make no market, and rows that are malformed.
  private(set) var unreadable: [String] = []

  init(_ body: RawSpan, venue: VenueID) throws(JSONError) {
    var json = JSONReader(body)
    try json.enterObject()
    while let key = try json.nextKey() {
      guard key == "order_book_details" || key == "order_books" else {
        try json.skip()
        continue
      }
      try json.enterArray()
      while try json.nextElement() {
        // One row of nonsense must not cost all the others.
        var reader = JSONReader(try json.raw())
        guard let row = try? Row(&reader) else {
          unreadable.append("(malformed)")
          continue
        }
        guard row.isPerpetual else { continue }
        if let market = row.market(venue) {
          listed.append(market)
        } else {
          unreadable.append(row.symbol)
        }
      }
    }
    try json.finish()
  }

  private struct Row {
    var symbol = ""
    private var id: Int64?
    private var type: String?
    private var status = ""
    private var minSize: Decimal?
    private var minNotional: Decimal?
    private var sizeDecimals: Int64?
    private var priceDecimals: Int64?
    private var marginFraction: Int64?
    private var isReduceOnly = false

    init(_ json: inout JSONReader) throws(JSONError) {
      try json.enterObject()
      while let key = try json.nextKey() {
        switch key.text {
        case "symbol": symbol = try json.string().text
        case "market_id": id = try json.integer()
        case "market_type": type = try json.string().text
        case "status": status = try json.string().text
        case "min_base_amount": minSize = try json.optionalDecimal()
        case "min_quote_amount": minNotional = try json.optionalDecimal()
        case "supported_size_decimals": sizeDecimals = try json.integer()
        case "supported_price_decimals": priceDecimals = try json.integer()
        case "min_initial_margin_fraction": marginFraction = try json.integer()
        case "market_config": try readConfiguration(&json)
        default: try json.skip()
        }
      }
      guard !symbol.isEmpty, id != nil else { throw json.error(.wrongType) }
    }

    /// Rows of 2025 have no type; spot markets are told by their pair.
    var isPerpetual: Bool { type.map { $0 == "perp" } ?? !symbol.contains("/") }

    private mutating func readConfiguration(_ json: inout JSONReader) throws(JSONError) {
      try json.enterObject()
      while let key = try json.nextKey() {
        if key == "force_reduce_only" {
          isReduceOnly = try json.bool()
        } else {
          try json.skip()
        }
      }
    }

    func market(_ venue: VenueID) -> ListedMarket? {
      guard let id, let name = ShortText(String(id)), let unified = Symbol("\(symbol)-USDC-PERP"),
        let sizeDecimals, let priceDecimals, (0...18).contains(sizeDecimals),
        (0...18).contains(priceDecimals)
      else { return nil }
      let lot = Decimal(mantissa: 1, scale: UInt8(sizeDecimals))
      let fraction = marginFraction.flatMap { $0 > 0 ? Decimal(Int($0)) : nil }
      return ListedMarket(
        name: name,
        market: Market(
          venue: venue, symbol: unified, venueSymbol: name.string, base: symbol, quote: "USDC",
          tickSize: Decimal(mantissa: 1, scale: UInt8(priceDecimals)), lotSize: lot,
          minSize: minSize ?? lot, minNotional: minNotional,
          // Margins are in parts of 10,000.
          maxLeverage: fraction.flatMap { Decimal(10_000).divided(by: $0, scale: 2)?.trimmed },
          fundingIntervalSeconds: 3_600, status: marketStatus))
    }

    private var marketStatus: Market.Status {
      switch status {
      case "active": isReduceOnly ? .reduceOnly : .open
      case "inactive": .halted
      default: .delisted
      }
    }
  }
}
