import PerpCore

// Root blocks and strings in the order of the schema ("SBE schema 1:2" and the fields of 1:3).

extension ParadexWire.BBO {
  init(_ frame: inout ParadexFrame) throws(ParadexFrame.Failure) {
    time = try frame.int64()
    sequence = try frame.int64()
    bid = try frame.optionalLevel()
    ask = try frame.optionalLevel()
    market = try frame.text()
  }
}

extension ParadexWire.Trade {
  init(_ frame: inout ParadexFrame) throws(ParadexFrame.Failure) {
    time = try frame.int64()
    sequence = try frame.int64()
    lowID = try frame.int64()
    side = ParadexWire.side(try frame.byte())
    price = try frame.decimal()
    size = try frame.decimal()
    createdAt = try frame.int64()
    kind = ParadexWire.TradeKind(rawValue: try frame.byte())
    market = try frame.text()
    id = try frame.appendedText()
  }
}

extension ParadexWire.Book {
  init(_ frame: inout ParadexFrame) throws(ParadexFrame.Failure) {
    time = try frame.int64()
    sequence = try frame.int64()
    isSnapshot = try frame.byte() == 0
    bestBid = try frame.optionalLevel()
    bestAsk = try frame.optionalLevel()
    relativeSpread = try frame.optionalDecimal()
    bestBidAPI = try frame.optionalLevel()
    bestAskAPI = try frame.optionalLevel()
    bids = try frame.levels()
    asks = try frame.levels()
    market = try frame.text()
  }
}

extension ParadexWire.Summary {
  init(_ frame: inout ParadexFrame) throws(ParadexFrame.Failure) {
    time = try frame.int64()
    sequence = try frame.int64()
    markPrice = try frame.optionalDecimal()
    indexPrice = try frame.optionalDecimal()
    lastPrice = try frame.optionalDecimal()
    volumeUSD24h = try frame.optionalDecimal()
    openInterest = try frame.optionalDecimal()
    fundingRate = try frame.optionalDecimal()
    bid = try frame.optionalDecimal()
    ask = try frame.optionalDecimal()
    totalVolume = try frame.optionalDecimal()
    priceChangeRate24h = try frame.optionalDecimal()
    optionFields = []
    for _ in 0..<12 { optionFields.append(try frame.optionalDecimal()) }
    externalFairPrice = try frame.optionalDecimal()
    bidSize = try frame.optionalDecimal()
    askSize = try frame.optionalDecimal()
    forwardRate = try frame.appendedDecimal()
    riskFreeRate = try frame.appendedDecimal()
    fundingRatePrecise = try frame.appendedDecimal(scale: 12)
    settlementTWAPEstimate = try frame.appendedDecimal()
    market = try frame.text()
  }
}

extension ParadexWire.Funding {
  init(_ frame: inout ParadexFrame) throws(ParadexFrame.Failure) {
    time = try frame.int64()
    sequence = try frame.int64()
    rate = try frame.decimal()
    index = try frame.optionalDecimal()
    createdAt = try frame.int64()
    premium = try frame.optionalDecimal()
    rate8h = try frame.optionalDecimal()
    periodHours = Int(try frame.int16())
    impactPremiumRate = try frame.appendedDecimal()
    market = try frame.text()
  }
}

extension ParadexWire.FundingComparison {
  init(_ frame: inout ParadexFrame) throws(ParadexFrame.Failure) {
    time = try frame.int64()
    updatedAt = try frame.int64()
    hourlyRate = try frame.decimal(scale: 12)
    assetKind = try frame.byte()
    source = try frame.byte()
    market = try frame.text()
  }
}

extension ParadexFrame {
  /// A price and a size that are null together when there are no orders.
  mutating func optionalLevel() throws(Failure) -> Level? {
    let price = try optionalDecimal()
    let size = try optionalDecimal()
    guard let price, let size else { return nil }
    return Level(price: price, size: size)
  }
}

extension ParadexWire {
  static func side(_ byte: UInt8) -> Side? {
    switch byte {
    case 1: .buy
    case 2: .sell
    default: nil
    }
  }
}
