import PerpCore

/// The public market data of GRVT ("Market Data WebSocket Streams"). Times are nanoseconds since
/// the epoch, as the venue writes them. Examples show the full spelling with made-up values.
enum GRVTWire {
  /// What a message says of a value: deltas leave out what stays the same.
  enum Change: Equatable, Sendable {
    case unchanged
    /// Became null, which is written as the empty string.
    case gone
    case value(Decimal)

    var value: Decimal? {
      if case .value(let value) = self { value } else { nil }
    }

    mutating func merge(_ newer: Change) {
      if newer != .unchanged { self = newer }
    }
  }

  /// "Mini Ticker Delta", `v1.mini.d`, and "Mini Ticker Snapshot", `v1.mini.s`.
  ///
  ///     {"event_time":"1795132800123456789","instrument":"BTC_USDT_Perp",
  ///      "mark_price":"91000.250000001","index_price":"90999.1","last_price":"91000.4",
  ///      "last_size":"0.02","mid_price":"91000.25","best_bid_price":"91000.1",
  ///      "best_bid_size":"0.25","best_ask_price":"91000.4","best_ask_size":"0.031"}
  struct Mini: Equatable, Sendable {
    var instrument: ShortText
    var time: Int64?
    var bidPrice = Change.unchanged
    var bidSize = Change.unchanged
    var askPrice = Change.unchanged
    var askSize = Change.unchanged
    var midPrice = Change.unchanged
    var markPrice = Change.unchanged
    var indexPrice = Change.unchanged
    var lastPrice = Change.unchanged
    var lastSize = Change.unchanged
  }

  /// "Ticker Snapshot", `v1.ticker.s`, and "Ticker Delta", `v1.ticker.d`: the fields of a mini
  /// ticker and these.
  ///
  ///     "funding_rate_8h_curr":"0.01","funding_rate_8h_avg":"0.01","interest_rate":"0.0",
  ///     "forward_price":"0.0","buy_volume_24h_b":"310.5","sell_volume_24h_b":"299.1",
  ///     "buy_volume_24h_q":"28255500.1","sell_volume_24h_q":"27218100.9","high_price":"92010.0",
  ///     "low_price":"89001.5","open_price":"90500.1","open_interest":"1914.5",
  ///     "long_short_ratio":"1.2","funding_rate":"0.01","funding_interval_hours":8,
  ///     "next_funding_time":"1795161600000000000"
  struct Ticker: Equatable, Sendable {
    var mini: Mini
    var fundingRate8h = Change.unchanged
    var fundingRate8hAverage = Change.unchanged
    var interestRate = Change.unchanged
    var forwardPrice = Change.unchanged
    var buyVolumeBase = Change.unchanged
    var sellVolumeBase = Change.unchanged
    var buyVolumeQuote = Change.unchanged
    var sellVolumeQuote = Change.unchanged
    var highPrice = Change.unchanged
    var lowPrice = Change.unchanged
    var openPrice = Change.unchanged
    var openInterest = Change.unchanged
    var longShortRatio = Change.unchanged
    /// Percent for one interval: 0.01 is one part in ten thousand.
    var fundingRate = Change.unchanged
    var fundingIntervalHours: Int64?
    var nextFundingTime: Int64?
  }

  /// "Orderbook Delta", `v1.book.d`: after the whole book the levels that changed, size 0 for those
  /// that are gone. "Orderbook Snapshot", `v1.book.s`, has as many levels as its selector asks for.
  /// The time lies on the grid of publishing.
  ///
  ///     {"event_time":"1795132800150000000","instrument":"BTC_USDT_Perp",
  ///      "bids":[{"price":"91000.1","size":"0.25","num_orders":3}],
  ///      "asks":[{"price":"91000.4","size":"0.031","num_orders":1}]}
  struct Book: Equatable, Sendable {
    var instrument: ShortText
    var time: Int64?
    /// Best first.
    var bids: [Level]
    var asks: [Level]
  }

  /// "Trade", `v1.trade`: one a message.
  ///
  ///     {"event_time":"1795132800123456789","instrument":"BTC_USDT_Perp","is_taker_buyer":true,
  ///      "size":"0.02","price":"91000.4","mark_price":"91000.25","index_price":"90999.1",
  ///      "interest_rate":"0.0","forward_price":"0.0","trade_id":"73808524-2",
  ///      "venue":"ORDERBOOK","is_rpi":false}
  struct Trade: Equatable, Sendable {
    var instrument: ShortText
    var time: Int64
    var isTakerBuyer: Bool
    var size: Decimal
    var price: Decimal
    var markPrice: Decimal?
    var indexPrice: Decimal?
    var interestRate: Decimal?
    var forwardPrice: Decimal?
    /// The number of the match and a dash with the place of the fill within it.
    var id: ShortText
    var venue: Venue?
    var isRPI: Bool?
  }

  /// Where a trade was made.
  enum Venue: Sendable {
    case orderBook, requestForQuote

    var name: StaticString {
      switch self {
      case .orderBook: "ORDERBOOK"
      case .requestForQuote: "RFQ"
      }
    }
  }

  /// "Candlestick", `v1.candle`.
  ///
  ///     {"open_time":"1795132800000000000","close_time":"1795132860000000000","open":"91000.1",
  ///      "close":"91000.4","high":"91002.0","low":"90999.0","volume_b":"1.5",
  ///      "volume_q":"136500.6","trades":12,"instrument":"BTC_USDT_Perp"}
  struct Candle: Equatable, Sendable {
    var instrument: ShortText
    var openTime: Int64
    var closeTime: Int64
    var open: Decimal
    var close: Decimal
    var high: Decimal
    var low: Decimal
    var volumeBase: Decimal
    var volumeQuote: Decimal
    var trades: Int64
  }

  /// A row of "Funding Rate", `/funding`.
  ///
  ///     {"instrument":"BTC_USDT_Perp","funding_rate":"0.01",
  ///      "funding_time":"1795132800000000000","mark_price":"91000.25",
  ///      "funding_rate_8_h_avg":"0.01","funding_interval_hours":8}
  struct Funding: Equatable, Sendable {
    var instrument: ShortText
    /// Percent for one interval.
    var rate: Decimal
    var time: Int64
    var markPrice: Decimal?
    var rateAverage: Decimal?
    var intervalHours: Int64?
  }
}

extension GRVTWire.Mini: GRVTMergeable {
  mutating func merge(_ changes: [GRVTWire.Mini]) {
    for change in changes { merge(change) }
  }

  /// What a newer delta says is added to what is known.
  mutating func merge(_ newer: GRVTWire.Mini) {
    time = newer.time ?? time
    bidPrice.merge(newer.bidPrice)
    bidSize.merge(newer.bidSize)
    askPrice.merge(newer.askPrice)
    askSize.merge(newer.askSize)
    midPrice.merge(newer.midPrice)
    markPrice.merge(newer.markPrice)
    indexPrice.merge(newer.indexPrice)
    lastPrice.merge(newer.lastPrice)
    lastSize.merge(newer.lastSize)
  }

  /// Nil on a side that is empty.
  var bid: Level? { Self.level(bidPrice, bidSize) }
  var ask: Level? { Self.level(askPrice, askSize) }

  private static func level(_ price: GRVTWire.Change, _ size: GRVTWire.Change) -> Level? {
    guard let price = price.value, let size = size.value, !size.isZero else { return nil }
    return Level(price: price, size: size)
  }
}

extension GRVTWire.Book: GRVTMergeable {
  /// What newer deltas say is added to a whole book.
  mutating func merge(_ changes: [GRVTWire.Book]) {
    guard !changes.isEmpty else { return }
    var book = Book()
    book.set(self)
    for change in changes {
      book.set(change)
      time = change.time ?? time
    }
    (bids, asks) = (book.bids, book.asks)
  }
}

extension Book {
  mutating func set(_ update: GRVTWire.Book) {
    for level in update.bids { set(level, on: .buy) }
    for level in update.asks { set(level, on: .sell) }
  }
}
