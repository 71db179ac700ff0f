import PerpCore

// Private frames. The enumerations stay numbers here; the docs' names are in the README.

extension ParadexWire {
  /// "orders.{market_symbol}", template 20.
  struct Order: Equatable {
    var time: Int64
    var sequence: Int64
    /// 1 NEW, 2 UNTRIGGERED, 3 OPEN, 4 CLOSED.
    var status: UInt8
    var side: UInt8
    var kind: UInt8
    var timeInForce: UInt8
    var price: Decimal?
    var triggerPrice: Decimal?
    var size: Decimal
    var openSize: Decimal
    var averagePrice: Decimal?
    var createdAt: Int64
    var updatedAt: Int64
    var account: String
    var receivedAt: Int64
    var publishedAt: Int64
    var selfTradePrevention: UInt8
    var flags: UInt8
    var requestStatus: UInt8?
    var requestKind: UInt8?
    var id: String
    var clientID: String
    var market: ShortText
    var cancelReason: String
    var requestID: String?
    var requestMessage: String?

    init(_ frame: inout ParadexFrame) throws(ParadexFrame.Failure) {
      time = try frame.int64()
      sequence = try frame.int64()
      status = try frame.byte()
      side = try frame.byte()
      kind = try frame.byte()
      timeInForce = try frame.byte()
      price = try frame.optionalDecimal()
      triggerPrice = try frame.optionalDecimal()
      size = try frame.decimal()
      openSize = try frame.decimal()
      averagePrice = try frame.optionalDecimal()
      createdAt = try frame.int64()
      updatedAt = try frame.int64()
      account = try frame.felt()
      receivedAt = try frame.int64()
      publishedAt = try frame.int64()
      selfTradePrevention = try frame.byte()
      flags = try frame.byte()
      requestStatus = try frame.appendedByte()
      requestKind = try frame.appendedByte()
      id = try frame.longText()
      clientID = try frame.longText()
      market = try frame.text()
      cancelReason = try frame.longText()
      requestID = try frame.appendedLongText()
      requestMessage = try frame.appendedLongText()
    }
  }

  /// "fills.{market_symbol}", template 21.
  struct Fill: Equatable {
    var time: Int64
    /// Nil for transfers of positions.
    var sequence: Int64?
    /// As of public trades: 2 is a liquidation.
    var kind: UInt8
    var side: UInt8
    /// 1 maker, 2 taker.
    var liquidity: UInt8
    var price: Decimal
    var size: Decimal
    var fee: Decimal
    var realizedPnL: Decimal?
    var createdAt: Int64
    var account: String
    var underlyingPrice: Decimal
    var realizedFunding: Decimal
    var flags: UInt8?
    var bookSequence: UInt64?
    var id: String
    var orderID: String
    var clientID: String
    var tradeID: String
    var market: ShortText
    var feeCurrency: String?

    init(_ frame: inout ParadexFrame) throws(ParadexFrame.Failure) {
      time = try frame.int64()
      let sequence = try frame.int64()
      self.sequence = sequence == ParadexFrame.null ? nil : sequence
      kind = try frame.byte()
      side = try frame.byte()
      liquidity = try frame.byte()
      price = try frame.decimal()
      size = try frame.decimal()
      fee = try frame.decimal()
      realizedPnL = try frame.optionalDecimal()
      createdAt = try frame.int64()
      account = try frame.felt()
      underlyingPrice = try frame.decimal()
      realizedFunding = try frame.decimal()
      flags = try frame.appendedByte()
      bookSequence = try frame.appendedInt64().map { UInt64(bitPattern: $0) }
      id = try frame.longText()
      orderID = try frame.longText()
      clientID = try frame.longText()
      tradeID = try frame.longText()
      market = try frame.text()
      feeCurrency = try frame.appendedLongText()
    }
  }

  /// "positions", template 22. The size is unsigned; `side` 1 is long, 2 short.
  struct Position: Equatable {
    var time: Int64
    var sequence: Int64
    var side: UInt8
    var size: Decimal
    var averageEntryPrice: Decimal
    var unrealizedPnL: Decimal
    var realizedPnL: Decimal
    var markPrice: Decimal?
    var liquidationPrice: Decimal?
    var leverage: Decimal
    var updatedAt: Int64
    var account: String
    var averageEntryPriceUSD: Decimal
    var cost: Decimal
    var costUSD: Decimal
    var cachedFundingIndex: Decimal
    var unrealizedFundingPnL: Decimal
    /// 1 OPEN, 2 CLOSED.
    var status: UInt8
    var market: ShortText
    var lastFillID: String

    init(_ frame: inout ParadexFrame) throws(ParadexFrame.Failure) {
      time = try frame.int64()
      sequence = try frame.int64()
      side = try frame.byte()
      size = try frame.decimal()
      averageEntryPrice = try frame.decimal()
      unrealizedPnL = try frame.decimal()
      realizedPnL = try frame.decimal()
      markPrice = try frame.optionalDecimal()
      liquidationPrice = try frame.optionalDecimal()
      leverage = try frame.decimal()
      updatedAt = try frame.int64()
      account = try frame.felt()
      averageEntryPriceUSD = try frame.decimal()
      cost = try frame.decimal()
      costUSD = try frame.decimal()
      cachedFundingIndex = try frame.decimal()
      unrealizedFundingPnL = try frame.decimal()
      status = try frame.byte()
      market = try frame.text()
      lastFillID = try frame.longText()
    }
  }

  /// "account", template 23.
  struct Account: Equatable {
    var time: Int64
    var sequence: Int64
    var totalCollateral: Decimal
    var freeCollateral: Decimal
    var initialMargin: Decimal
    var maintenanceMargin: Decimal
    var value: Decimal
    var unrealizedPnL: Decimal?
    var updatedAt: Int64
    var account: String
    var marginCushion: Decimal
    /// 1 ACTIVE, 2 LIQUIDATION.
    var status: UInt8
    var lastSeenNotification: Int64?
    var settlementAsset: String

    init(_ frame: inout ParadexFrame) throws(ParadexFrame.Failure) {
      time = try frame.int64()
      sequence = try frame.int64()
      totalCollateral = try frame.decimal()
      freeCollateral = try frame.decimal()
      initialMargin = try frame.decimal()
      maintenanceMargin = try frame.decimal()
      value = try frame.decimal()
      unrealizedPnL = try frame.optionalDecimal()
      updatedAt = try frame.int64()
      account = try frame.felt()
      marginCushion = try frame.decimal()
      status = try frame.byte()
      lastSeenNotification = try frame.appendedInt64()
      settlementAsset = try frame.longText()
    }
  }
}
