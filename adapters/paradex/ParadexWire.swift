import PerpCore

/// The public market data of Paradex, as they come in either encoding: binary frames since
/// September 2026, JSON before. Times are microseconds. Examples show the JSON form with made-up
/// values; `ParadexFrame` describes the binary one.
enum ParadexWire {
  /// "bbo.{market_symbol}", template 2. A side without orders is null, in JSON the empty string.
  ///
  ///     {"market":"BTC-USD-PERP","bid":"91000.1","bid_size":"0.25","ask":"91000.4",
  ///      "ask_size":"0.031","seq_no":700123,"last_updated_at":1795132800123}
  struct BBO: Equatable {
    var market: ShortText
    var time: Int64
    var sequence: Int64
    var bid: Level?
    var ask: Level?
  }

  /// "trades.{market_symbol}", template 1.
  ///
  ///     {"id":"1795132800123201709233240002","market":"BTC-USD-PERP","side":"BUY","size":"0.02",
  ///      "price":"91000.4","created_at":1795132800123,"trade_type":"FILL"}
  struct Trade: Equatable {
    var market: ShortText
    /// Of publishing; nil in JSON.
    var time: Int64?
    /// Of the book after the trade; 0 for block trades and transfers; nil in JSON.
    var sequence: Int64?
    var id: ShortText?
    var side: Side?
    var price: Decimal
    var size: Decimal
    /// Of matching.
    var createdAt: Int64
    var kind: TradeKind?
    /// The low half of the 28-digit id, which frames of every version have; often negative, and no
    /// use but to tell trades apart.
    var lowID: Int64? = nil

    /// What makes it the same trade: the id, the sequence and the kind.
    var key: SIMD4<Int64>? {
      lowID.map { SIMD4($0, sequence ?? .min, Int64(kind?.rawValue ?? 0), 0) }
    }
  }

  enum TradeKind: UInt8, CaseIterable {
    case fill = 1
    case liquidation, unwindTransfer, settleMarket, rpi, blockTrade

    var name: StaticString {
      switch self {
      case .fill: "FILL"
      case .liquidation: "LIQUIDATION"
      case .unwindTransfer: "UNWIND_TRANSFER"
      case .settleMarket: "SETTLE_MARKET"
      case .rpi: "RPI"
      case .blockTrade: "BLOCK_TRADE"
      }
    }
  }

  /// "order_book.{market_symbol}.deltas" and its relatives, template 3.
  ///
  ///     {"seq_no":700123,"market":"BTC-USD-PERP","last_updated_at":1795132800123,
  ///      "update_type":"d","inserts":[{"side":"BUY","price":"91000.1","size":"0.25"}],
  ///      "updates":[],"deletes":[]}
  struct Book: Equatable {
    var market: ShortText
    var time: Int64
    var sequence: Int64
    var isSnapshot: Bool
    var bids: [Level]
    var asks: [Level]
    /// Only on interactive channels.
    var bestBid: Level?
    var bestAsk: Level?
    var relativeSpread: Decimal?
    var bestBidAPI: Level?
    var bestAskAPI: Level?
  }

  /// "markets_summary", template 4.
  ///
  ///     {"symbol":"BTC-USD-PERP","mark_price":"91000.25","underlying_price":"90999.1",
  ///      "last_traded_price":"91000.4","bid":"91000.1","ask":"91000.4","volume_24h":"5815541.39",
  ///      "total_volume":"584031465.52","open_interest":"162.272","funding_rate":"0.00012",
  ///      "price_change_rate_24h":"-0.036863","created_at":1795132800123}
  struct Summary: Equatable {
    var market: ShortText
    var time: Int64
    var sequence: Int64?
    var markPrice: Decimal?
    var indexPrice: Decimal?
    var lastPrice: Decimal?
    var volumeUSD24h: Decimal?
    var openInterest: Decimal?
    /// For the market's own funding period.
    var fundingRate: Decimal?
    var bid: Decimal?
    var ask: Decimal?
    var totalVolume: Decimal?
    var priceChangeRate24h: Decimal?
    /// Implied volatilities and greeks, nil but for options, in the order of the schema: markIv,
    /// bidIv, askIv, lastIv, delta, gamma, vega, theta, rho, volga, vanna, futureFundingRate.
    var optionFields: [Decimal?]
    var externalFairPrice: Decimal?
    var bidSize: Decimal?
    var askSize: Decimal?
    var forwardRate: Decimal?
    var riskFreeRate: Decimal?
    /// `fundingRate` with twelve digits.
    var fundingRatePrecise: Decimal?
    var settlementTWAPEstimate: Decimal?
  }

  /// "funding_data.{market_symbol}", template 5.
  ///
  ///     {"market":"BTC-USD-PERP","funding_index":"-0.551694","funding_premium":"-0.00050991",
  ///      "funding_rate":"-0.00014969","funding_rate_8h":"-0.00014969",
  ///      "funding_period_hours":8,"created_at":1795132800123}
  struct Funding: Equatable {
    var market: ShortText
    var time: Int64
    var sequence: Int64?
    var rate: Decimal
    var index: Decimal?
    var createdAt: Int64
    var premium: Decimal?
    var rate8h: Decimal?
    var periodHours: Int
    var impactPremiumRate: Decimal?
  }

  /// "funding_rate_comparison.ALL@500ms", template 6.
  struct FundingComparison: Equatable {
    var market: ShortText
    var time: Int64
    var updatedAt: Int64
    var hourlyRate: Decimal
    /// 1 perpetual, 2 option, 3 spot.
    var assetKind: UInt8
    /// 1 is Paradex itself; see the docs for the rest.
    var source: UInt8
  }
}
