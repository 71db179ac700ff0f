import PerpCore

@testable import Paradex

/// What our structs hold of one frame, under the names of the venue's schema.
struct FrameFields {
  enum Value {
    case decimal(Decimal?, scale: UInt8 = 8)
    case integer(Int128?)
    case text(String?)
    /// One of an enumeration; nil for codes beyond it.
    case code(UInt8?)
  }

  var template: ParadexFrame.Template
  var values: [String: Value] = [:]
  var bids: [Level]?
  var asks: [Level]?

  init(_ bytes: [UInt8]) throws(ParadexFrame.Failure) {
    var frame = try ParadexFrame(bytes.span.bytes)
    template = frame.template
    switch frame.template {
    case .trade: add(try ParadexWire.Trade(&frame))
    case .bbo: add(try ParadexWire.BBO(&frame))
    case .book: add(try ParadexWire.Book(&frame))
    case .summary: add(try ParadexWire.Summary(&frame))
    case .funding: add(try ParadexWire.Funding(&frame))
    case .fundingComparison: add(try ParadexWire.FundingComparison(&frame))
    case .order: add(try ParadexWire.Order(&frame))
    case .fill: add(try ParadexWire.Fill(&frame))
    case .position: add(try ParadexWire.Position(&frame))
    case .account: add(try ParadexWire.Account(&frame))
    case .heartbeat: try addHead(of: &frame)
    case .subscribed:
      try addHead(of: &frame)
      values["status"] = .code(try frame.byte())
      values["channel"] = .text(try frame.longText())
    }
  }

  private mutating func addHead(of frame: inout ParadexFrame) throws(ParadexFrame.Failure) {
    values["ts"] = .integer(Int128(try frame.int64()))
    values["seq"] = .integer(Int128(try frame.int64()))
  }

  private mutating func add(integers: [String: Int64?]) {
    for (name, value) in integers { values[name] = .integer(value.map { Int128($0) }) }
  }

  private mutating func add(decimals: [String: Decimal?]) {
    for (name, value) in decimals { values[name] = .decimal(value) }
  }

  private mutating func add(codes: [String: UInt8?]) {
    for (name, value) in codes { values[name] = .code(value) }
  }

  private mutating func add(texts: [String: String?]) {
    for (name, value) in texts { values[name] = .text(value) }
  }
}

// MARK: Public frames

extension FrameFields {
  private mutating func add(_ trade: ParadexWire.Trade) {
    add(integers: [
      "ts": trade.time, "seq": trade.sequence, "tradeId": trade.lowID,
      "createdAt": trade.createdAt,
    ])
    add(decimals: ["price": trade.price, "size": trade.size])
    add(codes: ["side": trade.side.map { $0 == .buy ? 1 : 2 }, "tradeType": trade.kind?.rawValue])
    add(texts: ["market": trade.market.string, "tradeIdStr": trade.id?.string])
  }

  private mutating func add(_ bbo: ParadexWire.BBO) {
    add(integers: ["ts": bbo.time, "seq": bbo.sequence])
    add(decimals: [
      "bidPrice": bbo.bid?.price, "bidSize": bbo.bid?.size, "askPrice": bbo.ask?.price,
      "askSize": bbo.ask?.size,
    ])
    add(texts: ["market": bbo.market.string])
  }

  private mutating func add(_ book: ParadexWire.Book) {
    add(integers: ["ts": book.time, "seq": book.sequence])
    add(codes: ["pkgType": book.isSnapshot ? 0 : 1])
    add(decimals: [
      "bestBidPrice": book.bestBid?.price, "bestBidSize": book.bestBid?.size,
      "bestAskPrice": book.bestAsk?.price, "bestAskSize": book.bestAsk?.size,
      "relativeSpread": book.relativeSpread, "bestBidApiPrice": book.bestBidAPI?.price,
      "bestBidApiSize": book.bestBidAPI?.size, "bestAskApiPrice": book.bestAskAPI?.price,
      "bestAskApiSize": book.bestAskAPI?.size,
    ])
    add(texts: ["market": book.market.string])
    (bids, asks) = (book.bids, book.asks)
  }

  private mutating func add(_ summary: ParadexWire.Summary) {
    add(integers: ["ts": summary.time, "seq": summary.sequence])
    add(decimals: [
      "markPrice": summary.markPrice, "indexPrice": summary.indexPrice,
      "lastPrice": summary.lastPrice, "volumeUsd24h": summary.volumeUSD24h,
      "openInterest": summary.openInterest, "fundingRate": summary.fundingRate,
      "bid": summary.bid, "ask": summary.ask, "totalVolume": summary.totalVolume,
      "priceChangeRate24h": summary.priceChangeRate24h,
      "externalFairPrice": summary.externalFairPrice, "bidSize": summary.bidSize,
      "askSize": summary.askSize, "forwardRate": summary.forwardRate,
      "riskFreeRate": summary.riskFreeRate,
      "settlementTwapEstimate": summary.settlementTWAPEstimate,
    ])
    values["fundingRatePrecise"] = .decimal(summary.fundingRatePrecise, scale: 12)
    let names = [
      "markIv", "bidIv", "askIv", "lastIv", "delta", "gamma", "vega", "theta", "rho", "volga",
      "vanna", "futureFundingRate",
    ]
    for (name, value) in zip(names, summary.optionFields) { values[name] = .decimal(value) }
    add(texts: ["market": summary.market.string])
  }

  private mutating func add(_ funding: ParadexWire.Funding) {
    add(integers: [
      "ts": funding.time, "seq": funding.sequence, "createdAt": funding.createdAt,
      "fundingPeriodHours": Int64(funding.periodHours),
    ])
    add(decimals: [
      "fundingRate": funding.rate, "fundingIndex": funding.index,
      "fundingPremium": funding.premium, "fundingRate8h": funding.rate8h,
      "impactPremiumRate": funding.impactPremiumRate,
    ])
    add(texts: ["market": funding.market.string])
  }

  private mutating func add(_ comparison: ParadexWire.FundingComparison) {
    add(integers: ["ts": comparison.time, "lastUpdatedAt": comparison.updatedAt])
    values["hourlyFundingRate"] = .decimal(comparison.hourlyRate, scale: 12)
    add(codes: ["assetKind": comparison.assetKind, "source": comparison.source])
    add(texts: ["market": comparison.market.string])
  }
}

// MARK: Private frames

extension FrameFields {
  private mutating func add(_ order: ParadexWire.Order) {
    add(integers: [
      "ts": order.time, "seq": order.sequence, "createdAt": order.createdAt,
      "updatedAt": order.updatedAt, "receivedAt": order.receivedAt,
      "publishedAt": order.publishedAt,
    ])
    add(codes: [
      "status": order.status, "side": order.side, "orderType": order.kind,
      "timeInForce": order.timeInForce, "stp": order.selfTradePrevention, "flags": order.flags,
      "requestStatus": order.requestStatus, "requestType": order.requestKind,
    ])
    add(decimals: [
      "price": order.price, "triggerPrice": order.triggerPrice, "size": order.size,
      "sizeOpen": order.openSize, "avgFillPrice": order.averagePrice,
    ])
    add(texts: [
      "account": order.account, "orderId": order.id, "clientOrderId": order.clientID,
      "market": order.market.string, "cancelReason": order.cancelReason,
      "requestId": order.requestID, "requestMessage": order.requestMessage,
    ])
  }

  private mutating func add(_ fill: ParadexWire.Fill) {
    add(integers: ["ts": fill.time, "seq": fill.sequence, "createdAt": fill.createdAt])
    values["orderbookSeqNo"] = .integer(fill.bookSequence.map { Int128($0) })
    add(codes: [
      "fillType": fill.kind, "side": fill.side, "liquidity": fill.liquidity, "flags": fill.flags,
    ])
    add(decimals: [
      "price": fill.price, "size": fill.size, "fee": fill.fee, "realizedPnl": fill.realizedPnL,
      "underlyingPrice": fill.underlyingPrice, "realizedFunding": fill.realizedFunding,
    ])
    add(texts: [
      "account": fill.account, "fillId": fill.id, "orderId": fill.orderID,
      "clientOrderId": fill.clientID, "tradeId": fill.tradeID, "market": fill.market.string,
      "feeCurrency": fill.feeCurrency,
    ])
  }

  private mutating func add(_ position: ParadexWire.Position) {
    add(integers: ["ts": position.time, "seq": position.sequence, "updatedAt": position.updatedAt])
    add(codes: ["side": position.side, "status": position.status])
    add(decimals: [
      "size": position.size, "avgEntryPrice": position.averageEntryPrice,
      "unrealizedPnl": position.unrealizedPnL, "realizedPnl": position.realizedPnL,
      "markPrice": position.markPrice, "liquidationPrice": position.liquidationPrice,
      "leverage": position.leverage, "avgEntryPriceUsd": position.averageEntryPriceUSD,
      "cost": position.cost, "costUsd": position.costUSD,
      "cachedFundingIndex": position.cachedFundingIndex,
      "unrealizedFundingPnl": position.unrealizedFundingPnL,
    ])
    add(texts: [
      "account": position.account, "market": position.market.string,
      "lastFillId": position.lastFillID,
    ])
  }

  private mutating func add(_ account: ParadexWire.Account) {
    add(integers: [
      "ts": account.time, "seq": account.sequence, "updatedAt": account.updatedAt,
      "lastSeenNotification": account.lastSeenNotification,
    ])
    add(codes: ["status": account.status])
    add(decimals: [
      "totalCollateral": account.totalCollateral, "freeCollateral": account.freeCollateral,
      "initialMarginReq": account.initialMargin,
      "maintenanceMarginReq": account.maintenanceMargin, "accountValue": account.value,
      "unrealizedPnl": account.unrealizedPnL, "marginCushion": account.marginCushion,
    ])
    add(texts: ["account": account.account, "settlementAsset": account.settlementAsset])
  }
}
