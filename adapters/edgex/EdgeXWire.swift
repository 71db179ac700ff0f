import PerpCore

/// The public market data of edgeX. Numbers, ids and times are JSON strings of decimal text, in
/// older texts numbers; both are read, strings are written. Times here are microseconds, on the
/// wire milliseconds. Examples have made-up values.
enum EdgeXWire {
  /// "depth.{contractId}.{level}": the best levels, first all of them, then those that changed.
  /// Size zero removes a level, also one that has left the window. No time, no checksum.
  ///
  ///     {"startVersion":"410077","endVersion":"410092","level":15,"contractId":"30000001",
  ///      "contractName":"BTCUSDC","asks":[{"price":"91000.4","size":"0.031"}],
  ///      "bids":[{"price":"91000.1","size":"0.000"}],"depthType":"CHANGED"}
  struct Depth: Equatable {
    var contract: ShortText
    var contractName = ""
    /// The version before the first change, or, in older systems, that of the first change.
    var startVersion: Int64
    var endVersion: Int64
    var level: Int64
    var isSnapshot: Bool
    /// Best first.
    var bids: [Level]
    /// Best first.
    var asks: [Level]
  }

  /// "trades.{contractId}". The taker sold if the buyer was the maker.
  ///
  ///     {"ticketId":"0f8d3b52-6c1e-4f0a-9d27-5be1c0a4e913","time":"1795132800123",
  ///      "price":"91000.4","size":"0.020","value":"1820.0080",
  ///      "takerOrderId":"790000000000000001","makerOrderId":"790000000000000002",
  ///      "takerAccountId":"710000000000000001","makerAccountId":"710000000000000002",
  ///      "contractId":"30000001","contractName":"BTCUSDC","isBestMatch":true,
  ///      "isBuyerMaker":false}
  struct Trade: Equatable {
    var contract: ShortText
    var contractName = ""
    /// A UUID, in older texts a number: opaque.
    var id: ShortText?
    var time: Int64
    var price: Decimal
    var size: Decimal
    var value: Decimal?
    /// Not documented.
    var isBestMatch: Bool?
    var isBuyerMaker: Bool?
  }

  /// "bookTicker.{contractId}" and its `.all` forms. An empty side is price 0, or left out.
  ///
  ///     {"contractId":"30000001","contractName":"BTCUSDC","time":"1795132800123",
  ///      "bestAskPrice":"91000.4","bestAskSize":"0.031","bestBidPrice":"91000.1",
  ///      "bestBidSize":"0.250"}
  struct BookTicker: Equatable {
    var contract: ShortText
    var contractName = ""
    var time: Int64?
    var bid: Level?
    var ask: Level?
  }

  /// "ticker.{contractId}", its `.all` forms, and "Get 24-Hour Quotes": everything about a market
  /// but sizes at the top. REST rows lack the last three.
  ///
  ///     {"contractId":"30000001","contractName":"BTCUSDC","priceChange":"910.0",
  ///      "priceChangePercent":"0.010101","trades":"52000","size":"4100.250",
  ///      "value":"371000000.0000","high":"91400.0","low":"89800.0","open":"90090.4",
  ///      "close":"91000.4","highTime":"1795130000000","lowTime":"1795060000000",
  ///      "startTime":"1795046400000","endTime":"1795132800000","lastPrice":"91000.4",
  ///      "indexPrice":"90999.1","oraclePrice":"91000.250000001","markPrice":"91000.250000001",
  ///      "openInterest":"162.272","fundingRate":"0.00005754","fundingTime":"1795132800000",
  ///      "nextFundingTime":"1795147200000","bestAskPrice":"91000.4","bestBidPrice":"91000.1",
  ///      "marketOpen":true}
  struct Ticker: Equatable {
    var contract = ShortText()
    var contractName = ""
    /// Of the last 24 hours.
    var day = Day()
    var lastPrice: Decimal?
    var indexPrice: Decimal?
    var oraclePrice: Decimal?
    /// The same as the oracle price in all that was seen of V2.
    var markPrice: Decimal?
    /// In base units.
    var openInterest: Decimal?
    /// The running estimate for `nextFundingTime`, for one interval.
    var fundingRate: Decimal?
    /// Of the last settlement.
    var fundingTime: Int64?
    var nextFundingTime: Int64?
    /// Prices without sizes.
    var bestBid: Decimal?
    var bestAsk: Decimal?
    /// False outside the trading hours of what the market is about.
    var isMarketOpen: Bool?
  }

  /// A day's trading: of a ticker.
  struct Day: Equatable {
    var priceChange: Decimal?
    var priceChangePercent: Decimal?
    var trades: Int64?
    var size: Decimal?
    var value: Decimal?
    var open: Decimal?
    var high: Decimal?
    var low: Decimal?
    var close: Decimal?
    var highTime: Int64?
    var lowTime: Int64?
    var startTime: Int64?
    var endTime: Int64?
  }

  /// "fundingRate.{contractId}", `fundingRate.all`, and "Get Latest Funding Rate".
  ///
  ///     {"contractId":"30000001","fundingTime":"1795132800000",
  ///      "fundingTimestamp":"1795136400000","oraclePrice":"91000.25","markPrice":"91000.25",
  ///      "indexPrice":"90999.1","fundingRate":"0.00005","isSettlement":false,
  ///      "forecastFundingRate":"0.00005754","previousFundingRate":"0.00005",
  ///      "previousFundingTimestamp":"1795132740000","premiumIndex":"0.0001",
  ///      "avgPremiumIndex":"0.0001","premiumIndexTimestamp":"1795136400000",
  ///      "impactMarginNotional":"500","impactAskPrice":"91000.9","impactBidPrice":"90999.8",
  ///      "interestRate":"0.0003","predictedFundingRate":"0.00005",
  ///      "fundingRateIntervalMin":"240","fundingIndex":"91000.25"}
  struct Funding: Equatable {
    var contract = ShortText()
    /// Of the settlement that `rate` is of.
    var fundingTime: Int64?
    /// Of this row.
    var timestamp: Int64?
    var rate: Decimal?
    /// The running estimate for the next settlement; empty in rows of settlements.
    var forecastRate: Decimal?
    /// Interest by frequency: not a forecast, whatever its name.
    var predictedRate: Decimal?
    var previousRate: Decimal?
    var previousTimestamp: Int64?
    var isSettlement: Bool?
    var oraclePrice: Decimal?
    var markPrice: Decimal?
    var indexPrice: Decimal?
    var premiumIndex: Decimal?
    var averagePremiumIndex: Decimal?
    var premiumTimestamp: Int64?
    var impactNotional: Decimal?
    var impactBid: Decimal?
    var impactAsk: Decimal?
    var interestRate: Decimal?
    var intervalMinutes: Int64?
  }

  /// "kline.{priceType}.{contractId}.{interval}" and "Get K-Line".
  ///
  ///     {"klineId":"690000000000000001","contractId":"30000001","contractName":"BTCUSDC",
  ///      "klineType":"MINUTE_1","klineTime":"1795132800000","priceType":"LAST_PRICE",
  ///      "trades":"31","size":"1.250","value":"113750.2500","high":"91010.0","low":"90990.0",
  ///      "open":"91000.0","close":"91000.4","makerBuySize":"0.500","makerBuyValue":"45500.1000"}
  struct Candle: Equatable {
    var id: ShortText?
    var contract = ShortText()
    var contractName = ""
    var interval: EdgeXChannel.Interval?
    var priceKind: EdgeXChannel.PriceKind?
    /// When it opens.
    var time: Int64?
    var trades: Int64?
    var size: Decimal?
    var value: Decimal?
    var open: Decimal?
    var high: Decimal?
    var low: Decimal?
    var close: Decimal?
    /// Of the trades whose buyer was the maker.
    var makerBuySize: Decimal?
    var makerBuyValue: Decimal?
  }
}
