import PerpCore

/// The public market data of Lighter. Markets are numbers, written as text here because that is
/// how channels name them. Times are microseconds. Examples have made-up values.
enum LighterWire {
  /// "Ticker channel". A side without orders has empty strings.
  ///
  ///     {"channel":"ticker:1","last_updated_at":1795132800123456,"nonce":18000000001,
  ///      "ticker":{"s":"BTC","a":{"price":"91000.4","size":"0.03100"},
  ///       "b":{"price":"91000.1","size":"0.25000"},"last_updated_at":1795132800123456},
  ///      "timestamp":1795132800125,"type":"update/ticker"}
  struct Ticker: Equatable {
    var market: ShortText
    var isFirst: Bool
    /// Of the matching engine, in one series with those of books and trades.
    var nonce: Int64
    /// Of the last change.
    var changedAt: Int64?
    /// Of sending.
    var sentAt: Int64?
    var bid: Level?
    var ask: Level?
  }

  /// "Order book channel": everything first, then every 50 ms what has changed.
  ///
  ///     {"channel":"order_book:1","last_updated_at":1795132800123456,"offset":415806,
  ///      "order_book":{"code":0,"asks":[{"price":"91000.4","size":"0.03100"}],
  ///       "bids":[{"price":"91000.1","size":"0.00000"}],"offset":415806,"nonce":18000000009,
  ///       "last_updated_at":1795132800123456,"begin_nonce":18000000001},
  ///      "timestamp":1795132800125,"type":"update/order_book"}
  struct Book: Equatable {
    var market: ShortText
    var isFirst: Bool
    /// Nil in messages of 2025.
    var nonce: Int64?
    /// The nonce of the message before; 0 in the first, nil in messages of 2025.
    var beginNonce: Int64?
    var changedAt: Int64?
    var bids: [Level]
    var asks: [Level]
  }

  /// "Trade channel": the last fifty first, newest first, then what happens.
  ///
  ///     {"channel":"trade:1","liquidation_trades":[],"nonce":18000000004,"trades":[
  ///      {"trade_id":26000000001,"type":"trade","market_id":1,"size":"0.00080",
  ///       "price":"91000.4","is_maker_ask":true,"timestamp":1795132800125,
  ///       "transaction_time":1795132800123456,…}],"type":"update/trade"}
  struct Trades: Equatable {
    var market: ShortText
    var isFirst: Bool
    /// In the order of their ids, liquidations among them.
    var trades: [Trade]
  }

  struct Trade: Equatable {
    var id: Int64
    var price: Decimal
    var size: Decimal
    /// The resting order was the ask, so that the taker bought.
    var isMakerAsk: Bool
    var kind: Kind?
    /// Of matching; of sending where that is not told.
    var time: Int64?

    enum Kind: String {
      case trade, liquidation, deleverage
      case settlement = "market-settlement"
    }
  }

  /// "Market stats channel", one market or all of them.
  ///
  ///     {"channel":"market_stats:1","market_stats":{"symbol":"BTC","market_id":1,
  ///      "index_price":"90999.8","mark_price":"91000.2","best_ask_price":"91000.4",
  ///      "best_bid_price":"91000.1","open_interest":"86000000.000000",
  ///      "current_funding_rate":"0.0012","funding_rate":"0.0011",
  ///      "funding_timestamp":1795132800001,…},"timestamp":1795132800125,
  ///      "type":"update/market_stats"}
  struct Stats: Equatable {
    var market: ShortText
    var bestBid: Decimal?
    var bestAsk: Decimal?
    var indexPrice: Decimal?
    var markPrice: Decimal?
    /// In percent for an hour: the estimate for the next settlement.
    var currentFundingRate: Decimal?
    /// The same of the last settlement, and when that was.
    var fundingRate: Decimal?
    var fundingTime: Int64?
    var sentAt: Int64?
  }
}
