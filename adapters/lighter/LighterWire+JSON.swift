import PerpCore

extension LighterDecoder {
  /// What a message holds, until its channel and type are known.
  struct Body {
    var nonce: Int64?
    var changedAt: Int64?
    var sentAt: Int64?
    var code: Int64?
    var message = ""
    private var sides: (bid: Level?, ask: Level?)?
    private var levels: (bids: [Level], asks: [Level])?
    private var bookNonce: Int64?
    private var beginNonce: Int64?
    private var trades: [LighterWire.Trade]?
    private var stats: [LighterWire.Stats]?

    // MARK: What it makes; nil where something is missing

    func ticker(_ market: ShortText, _ isFirst: Bool) -> LighterMessage? {
      guard let sides, let nonce else { return nil }
      return .ticker(
        LighterWire.Ticker(
          market: market, isFirst: isFirst, nonce: nonce, changedAt: changedAt, sentAt: sentAt,
          bid: sides.bid, ask: sides.ask))
    }

    func book(_ market: ShortText, _ isFirst: Bool) -> LighterMessage? {
      guard var (bids, asks) = levels else { return nil }
      bids.sort(bestFirst: .buy)
      asks.sort(bestFirst: .sell)
      return .book(
        LighterWire.Book(
          market: market, isFirst: isFirst, nonce: bookNonce, beginNonce: beginNonce,
          changedAt: changedAt, bids: bids, asks: asks))
    }

    func trades(_ market: ShortText, _ isFirst: Bool) -> LighterMessage? {
      guard var trades else { return nil }
      if trades.count > 1 { trades.sort { $0.id < $1.id } }
      return .trades(LighterWire.Trades(market: market, isFirst: isFirst, trades: trades))
    }

    func stats(_ market: ShortText, _ isFirst: Bool) -> LighterMessage? {
      guard var stats else { return nil }
      for index in stats.indices {
        if stats[index].market.isEmpty { stats[index].market = market }
        stats[index].sentAt = sentAt
      }
      return .stats(stats, isFirst: isFirst)
    }

    // MARK: Reading

    mutating func readTicker(
      _ json: inout JSONReader, _ unknown: inout [String]
    ) throws(JSONError) {
      var sides: (bid: Level?, ask: Level?) = (nil, nil)
      try json.enterObject()
      while let key = try json.nextKey() {
        if key == "a" {
          sides.ask = try Self.side(&json)
        } else if key == "b" {
          sides.bid = try Self.side(&json)
        } else if key == "last_updated_at" {
          changedAt = try json.integer()
        } else {
          if !(key == "s") { unknown.append("ticker.\(key.text)") }
          try json.skip()
        }
      }
      self.sides = sides
    }

    /// A best level, nil where both its strings are empty.
    private static func side(_ json: inout JSONReader) throws(JSONError) -> Level? {
      var price: Decimal?
      var size: Decimal?
      try json.enterObject()
      while let key = try json.nextKey() {
        if key == "price" {
          price = try json.optionalDecimal()
        } else if key == "size" {
          size = try json.optionalDecimal()
        } else {
          try json.skip()
        }
      }
      guard let price, let size, !size.isZero else { return nil }
      return Level(price: price, size: size)
    }

    mutating func readBook(
      _ json: inout JSONReader, _ unknown: inout [String]
    ) throws(JSONError) {
      var levels: (bids: [Level], asks: [Level]) = ([], [])
      try json.enterObject()
      while let key = try json.nextKey() {
        if key == "asks" {
          levels.asks = try Self.levels(&json)
        } else if key == "bids" {
          levels.bids = try Self.levels(&json)
        } else if key == "nonce" {
          bookNonce = try json.integer()
        } else if key == "begin_nonce" {
          beginNonce = try json.integer()
        } else if key == "last_updated_at" {
          changedAt = try json.integer()
        } else {
          // `offset` counts what one of the venue's servers has sent: no use, for it jumps.
          if !(key == "code" || key == "offset") { unknown.append("order_book.\(key.text)") }
          try json.skip()
        }
      }
      self.levels = levels
    }

    private static func levels(_ json: inout JSONReader) throws(JSONError) -> [Level] {
      var levels: [Level] = []
      if try json.peek() == .null {
        _ = try json.null()
        return levels
      }
      try json.enterArray()
      while try json.nextElement() {
        var price: Decimal?
        var size: Decimal?
        try json.enterObject()
        while let key = try json.nextKey() {
          if key == "price" {
            price = try json.decimal()
          } else if key == "size" {
            size = try json.decimal()
          } else {
            try json.skip()
          }
        }
        guard let price, let size else { throw json.error(.wrongType) }
        levels.append(Level(price: price, size: size))
      }
      return levels
    }

    mutating func readTrades(
      _ json: inout JSONReader, _ unknown: inout [String]
    ) throws(JSONError) {
      var trades = self.trades ?? []
      if try json.peek() == .null {
        _ = try json.null()
      } else {
        try json.enterArray()
        while try json.nextElement() { trades.append(try LighterWire.Trade(&json, &unknown)) }
      }
      self.trades = trades
    }

    /// One market's, or an object of them by number.
    mutating func readStats(
      _ json: inout JSONReader, _ unknown: inout [String]
    ) throws(JSONError) {
      var all: [LighterWire.Stats] = []
      var one: LighterWire.Stats?
      try json.enterObject()
      while let key = try json.nextKey() {
        if try json.peek() == .object {
          let market = key.shortText ?? ShortText()
          var stats = LighterWire.Stats(market: market)
          try json.enterObject()
          while let key = try json.nextKey() { try stats.read(key, &json, &unknown) }
          all.append(stats)
        } else {
          one = one ?? LighterWire.Stats(market: ShortText())
          try one!.read(key, &json, &unknown)
        }
      }
      stats = one.map { all + [$0] } ?? all
    }

    mutating func readError(_ json: inout JSONReader) throws(JSONError) {
      try json.enterObject()
      while let key = try json.nextKey() {
        if key == "code" {
          code = try json.integer()
        } else if key == "message" {
          message = try json.string().text
        } else {
          try json.skip()
        }
      }
    }
  }
}

extension LighterWire.Stats {
  init(market: ShortText) { self.market = market }

  fileprivate mutating func read(
    _ key: borrowing JSONString, _ json: inout JSONReader, _ unknown: inout [String]
  ) throws(JSONError) {
    if key == "index_price" {
      indexPrice = try json.optionalDecimal()
    } else if key == "mark_price" {
      markPrice = try json.optionalDecimal()
    } else if key == "best_bid_price" {
      bestBid = try json.optionalDecimal()
    } else if key == "best_ask_price" {
      bestAsk = try json.optionalDecimal()
    } else if key == "current_funding_rate" {
      currentFundingRate = try json.optionalDecimal()
    } else if key == "funding_rate" {
      fundingRate = try json.optionalDecimal()
    } else if key == "funding_timestamp" {
      fundingTime = try json.milliseconds()
    } else {
      if !Self.unread.contains(key.text) { unknown.append("market_stats.\(key.text)") }
      try json.skip()
    }
  }

  private static let unread: Set<String> = [
    "symbol", "market_id", "mid_price", "open_interest",
    "open_interest_limit", "funding_clamp_small", "funding_clamp_big", "last_trade_price",
    "daily_base_token_volume", "daily_quote_token_volume", "daily_price_low", "daily_price_high",
    "daily_price_change", "base_interest_rate",
  ]
}

extension LighterWire.Trade {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    var id: Int64?
    var price: Decimal?
    var size: Decimal?
    var isMakerAsk: Bool?
    var kind: Kind?
    var matchedAt: Int64?
    var sentAt: Int64?
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "trade_id" {
        id = try json.integer()
      } else if key == "price" {
        price = try json.decimal()
      } else if key == "size" {
        size = try json.decimal()
      } else if key == "is_maker_ask" {
        isMakerAsk = try json.bool()
      } else if key == "type" {
        let text = try json.string().text
        kind = Kind(rawValue: text)
        if kind == nil { unknown.append("trade.type=\(text)") }
      } else if key == "transaction_time" {
        matchedAt = try json.integer()
      } else if key == "timestamp" {
        sentAt = try json.integer()
      } else {
        if !Self.isUnread(key) { unknown.append("trade.\(key.text)") }
        try json.skip()
      }
    }
    guard let id, let price, let size, let isMakerAsk else { throw json.error(.wrongType) }
    self.init(
      id: id, price: price, size: size, isMakerAsk: isMakerAsk, kind: kind,
      time: matchedAt.flatMap { $0 > 0 ? $0 : nil } ?? sentAt.flatMap(Self.microseconds))
  }

  /// Milliseconds, and seconds in one old example.
  private static func microseconds(_ timestamp: Int64) -> Int64? {
    let unit: Int64 = timestamp < 100_000_000_000 ? 1_000_000 : 1_000
    let (time, overflow) = timestamp.multipliedReportingOverflow(by: unit)
    return overflow ? nil : time
  }

  private static func isUnread(_ key: borrowing JSONString) -> Bool {
    let text = key.text
    return unread.contains(text)
      || [
        "_str", "_position_size_before", "_entry_quote_before",
        "_initial_margin_fraction_before", "_position_sign_changed",
      ].contains { text.hasSuffix($0) }
  }

  private static let unread: Set<String> = [
    "tx_hash", "market_id", "usd_amount", "ask_id", "bid_id", "ask_client_id", "bid_client_id",
    "ask_account_id", "bid_account_id", "block_height", "taker_fee", "maker_fee",
  ]
}
