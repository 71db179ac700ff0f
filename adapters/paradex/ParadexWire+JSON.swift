import PerpCore

// The JSON forms, which REST answers with to this day. JSON times are milliseconds.

extension ParadexWire.BBO {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    var market: ShortText?
    var time: Int64?
    var sequence: Int64?
    var prices: (bid: Decimal?, bidSize: Decimal?, ask: Decimal?, askSize: Decimal?)
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "bid" {
        prices.bid = try json.optionalDecimal()
      } else if key == "bid_size" {
        prices.bidSize = try json.optionalDecimal()
      } else if key == "ask" {
        prices.ask = try json.optionalDecimal()
      } else if key == "ask_size" {
        prices.askSize = try json.optionalDecimal()
      } else if key == "market" {
        market = try json.string().shortText
      } else if key == "seq_no" {
        sequence = try json.integer()
      } else if key == "last_updated_at" {
        time = try json.milliseconds()
      } else {
        unknown.append("bbo.\(key.text)")
        try json.skip()
      }
    }
    guard let market, let time, let sequence else { throw json.error(.wrongType) }
    self.init(
      market: market, time: time, sequence: sequence,
      bid: Level(price: prices.bid, size: prices.bidSize),
      ask: Level(price: prices.ask, size: prices.askSize))
  }
}

extension ParadexWire.Trade {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    var market: ShortText?
    var id: ShortText?
    var side: Side?
    var price: Decimal?
    var size: Decimal?
    var createdAt: Int64?
    var kind: ParadexWire.TradeKind?
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "id" {
        id = try json.string().shortText
      } else if key == "market" {
        market = try json.string().shortText
      } else if key == "side" {
        side = ParadexWire.side(try json.string(), "trades", &unknown)
      } else if key == "price" {
        price = try json.decimal()
      } else if key == "size" {
        size = try json.decimal()
      } else if key == "created_at" {
        createdAt = try json.milliseconds()
      } else if key == "trade_type" {
        let name = try json.string()
        kind = ParadexWire.TradeKind.allCases.first { name == $0.name }
        if kind == nil { unknown.append("trades.trade_type=\(name.text)") }
      } else {
        unknown.append("trades.\(key.text)")
        try json.skip()
      }
    }
    guard let market, let price, let size, let createdAt else { throw json.error(.wrongType) }
    self.init(
      market: market, time: nil, sequence: nil, id: id, side: side, price: price, size: size,
      createdAt: createdAt, kind: kind, lowID: id.flatMap { ParadexWire.lowID($0.string) })
  }
}

extension ParadexWire.Book {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    var market: ShortText?
    var time: Int64?
    var sequence: Int64?
    var isSnapshot: Bool?
    var bids: [Level] = []
    var asks: [Level] = []
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "inserts" || key == "updates" {
        try Self.read(&json, removing: false, &bids, &asks, &unknown)
      } else if key == "deletes" {
        try Self.read(&json, removing: true, &bids, &asks, &unknown)
      } else if key == "market" {
        market = try json.string().shortText
      } else if key == "seq_no" {
        sequence = try json.integer()
      } else if key == "last_updated_at" {
        time = try json.milliseconds()
      } else if key == "update_type" {
        isSnapshot = try json.string() == "s"
      } else if key == "bids" {
        try Self.readPairs(&json, &bids)
      } else if key == "asks" {
        try Self.readPairs(&json, &asks)
      } else if Self.isExtra(key) {
        try json.skip()
      } else {
        unknown.append("order_book.\(key.text)")
        try json.skip()
      }
    }
    guard let market, let time, let sequence else { throw json.error(.wrongType) }
    bids.sort { $0.price > $1.price }
    asks.sort { $0.price < $1.price }
    self.init(
      market: market, time: time, sequence: sequence, isSnapshot: isSnapshot ?? true,
      bids: bids, asks: asks)
  }

  /// Best prices of the interactive book and the one without it; the book itself tells as much.
  private static func isExtra(_ key: borrowing JSONString) -> Bool {
    key == "best_bid_api" || key == "best_ask_api" || key == "best_bid_interactive"
      || key == "best_ask_interactive" || key == "relative_spread"
  }

  /// `[{"side":"BUY","price":"0.4159","size":"4120.8"}, …]`
  private static func read(
    _ json: inout JSONReader, removing: Bool, _ bids: inout [Level], _ asks: inout [Level],
    _ unknown: inout [String]
  ) throws(JSONError) {
    try json.enterArray()
    while try json.nextElement() {
      var side: Side?
      var price: Decimal?
      var size: Decimal?
      try json.enterObject()
      while let key = try json.nextKey() {
        if key == "side" {
          side = ParadexWire.side(try json.string(), "order_book", &unknown)
        } else if key == "price" {
          price = try json.decimal()
        } else if key == "size" {
          size = try json.decimal()
        } else {
          unknown.append("order_book.level.\(key.text)")
          try json.skip()
        }
      }
      guard let side, let price, let size = removing ? Decimal.zero : size else {
        throw json.error(.wrongType)
      }
      let level = Level(price: price, size: size)
      if side == .buy { bids.append(level) } else { asks.append(level) }
    }
  }

  /// `[["91000.1","0.25"], …]`, the REST form.
  private static func readPairs(
    _ json: inout JSONReader, _ levels: inout [Level]
  ) throws(JSONError) {
    try json.enterArray()
    while try json.nextElement() {
      try json.enterArray()
      guard try json.nextElement() else { throw json.error(.wrongType) }
      let price = try json.decimal()
      guard try json.nextElement() else { throw json.error(.wrongType) }
      let size = try json.decimal()
      guard try !json.nextElement() else { throw json.error(.wrongType) }
      levels.append(Level(price: price, size: size))
    }
  }
}

extension ParadexWire.Funding {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    var market: ShortText?
    var rate: Decimal?
    var periodHours: Int64?
    var createdAt: Int64?
    var others: (index: Decimal?, premium: Decimal?, rate8h: Decimal?, impact: Decimal?)
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "market" {
        market = try json.string().shortText
      } else if key == "funding_rate" {
        rate = try json.decimal()
      } else if key == "funding_period_hours" {
        periodHours = try json.integer()
      } else if key == "created_at" {
        createdAt = try json.milliseconds()
      } else if key == "funding_index" {
        others.index = try json.optionalDecimal()
      } else if key == "funding_premium" {
        others.premium = try json.optionalDecimal()
      } else if key == "funding_rate_8h" {
        others.rate8h = try json.optionalDecimal()
      } else if key == "impact_premium_rate" {
        others.impact = try json.optionalDecimal()
      } else {
        unknown.append("funding_data.\(key.text)")
        try json.skip()
      }
    }
    guard let market, let rate, let createdAt else { throw json.error(.wrongType) }
    self.init(
      market: market, time: createdAt, sequence: nil, rate: rate, index: others.index,
      createdAt: createdAt, premium: others.premium, rate8h: others.rate8h,
      periodHours: Int(periodHours ?? 8), impactPremiumRate: others.impact)
  }
}

extension ParadexWire {
  static func side(
    _ name: borrowing JSONString, _ channel: String, _ unknown: inout [String]
  ) -> Side? {
    if name == "BUY" { return .buy }
    if name == "SELL" { return .sell }
    unknown.append("\(channel).side=\(name.text)")
    return nil
  }
}

extension ParadexWire {
  /// The low 64 bits of a decimal id.
  static func lowID(_ id: String) -> Int64? {
    UInt128(id).map { Int64(truncatingIfNeeded: $0) }
  }
}

extension Level {
  /// Nil unless both are there.
  init?(price: Decimal?, size: Decimal?) {
    guard let price, let size else { return nil }
    self.init(price: price, size: size)
  }
}
