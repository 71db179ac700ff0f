import PerpCore

// Rows of many fields that come once a second or by REST: brevity before speed.

extension EdgeXWire.Ticker {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    var row = EdgeXWire.Ticker()
    try json.enterObject()
    while let key = try json.nextKey() {
      let name = key.text
      switch name {
      case "contractId": row.contract = try json.id()
      case "contractName": row.contractName = try json.string().text
      case "lastPrice": row.lastPrice = try json.optionalPrice()
      case "indexPrice": row.indexPrice = try json.optionalPrice()
      case "oraclePrice": row.oraclePrice = try json.optionalPrice()
      case "markPrice": row.markPrice = try json.optionalPrice()
      case "openInterest": row.openInterest = try json.optionalDecimal()
      case "fundingRate": row.fundingRate = try json.optionalDecimal()
      case "fundingTime": row.fundingTime = try json.optionalMilliseconds()
      case "nextFundingTime": row.nextFundingTime = try json.optionalMilliseconds()
      case "bestBidPrice": row.bestBid = try json.optionalPrice()
      case "bestAskPrice": row.bestAsk = try json.optionalPrice()
      case "marketOpen": row.isMarketOpen = try json.optionalBool()
      // `"HIGH"` and the like, in some rows.
      case "liquidity": try json.skip()
      default:
        guard try !row.day.read(name, &json) else { continue }
        unknown.append("ticker.\(name)")
        try json.skip()
      }
    }
    guard !row.contract.isEmpty else { throw json.error(.wrongType) }
    self = row
  }
}

extension EdgeXWire.Day {
  /// False for a member that is not of the day.
  fileprivate mutating func read(
    _ name: String, _ json: inout JSONReader
  ) throws(JSONError) -> Bool {
    switch name {
    case "priceChange": priceChange = try json.optionalDecimal()
    case "priceChangePercent": priceChangePercent = try json.optionalDecimal()
    case "trades": trades = try json.optionalInteger()
    case "size": size = try json.optionalDecimal()
    case "value": value = try json.optionalDecimal()
    case "open": open = try json.optionalPrice()
    case "high": high = try json.optionalPrice()
    case "low": low = try json.optionalPrice()
    case "close": close = try json.optionalPrice()
    case "highTime": highTime = try json.optionalMilliseconds()
    case "lowTime": lowTime = try json.optionalMilliseconds()
    case "startTime": startTime = try json.optionalMilliseconds()
    case "endTime": endTime = try json.optionalMilliseconds()
    default: return false
    }
    return true
  }
}

extension EdgeXWire.Funding {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    var row = EdgeXWire.Funding()
    try json.enterObject()
    while let key = try json.nextKey() {
      let name = key.text
      switch name {
      case "contractId": row.contract = try json.id()
      case "fundingTime": row.fundingTime = try json.optionalMilliseconds()
      case "fundingTimestamp": row.timestamp = try json.optionalMilliseconds()
      case "fundingRate": row.rate = try json.optionalDecimal()
      case "forecastFundingRate": row.forecastRate = try json.optionalDecimal()
      case "predictedFundingRate": row.predictedRate = try json.optionalDecimal()
      case "previousFundingRate": row.previousRate = try json.optionalDecimal()
      case "previousFundingTimestamp": row.previousTimestamp = try json.optionalMilliseconds()
      case "isSettlement": row.isSettlement = try json.optionalBool()
      case "oraclePrice": row.oraclePrice = try json.optionalPrice()
      case "markPrice": row.markPrice = try json.optionalPrice()
      case "indexPrice": row.indexPrice = try json.optionalPrice()
      case "premiumIndex": row.premiumIndex = try json.optionalDecimal()
      case "avgPremiumIndex": row.averagePremiumIndex = try json.optionalDecimal()
      case "premiumIndexTimestamp": row.premiumTimestamp = try json.optionalMilliseconds()
      case "impactMarginNotional": row.impactNotional = try json.optionalDecimal()
      case "impactBidPrice": row.impactBid = try json.optionalPrice()
      case "impactAskPrice": row.impactAsk = try json.optionalPrice()
      case "interestRate": row.interestRate = try json.optionalDecimal()
      case "fundingRateIntervalMin": row.intervalMinutes = try json.optionalInteger()
      // A price with many digits, of the chain.
      case "contractName", "fundingIndex", "starkExFundingIndex": try json.skip()
      default:
        unknown.append("fundingRate.\(name)")
        try json.skip()
      }
    }
    guard !row.contract.isEmpty else { throw json.error(.wrongType) }
    self = row
  }
}

extension EdgeXWire.Candle {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    var row = EdgeXWire.Candle()
    try json.enterObject()
    while let key = try json.nextKey() {
      let name = key.text
      switch name {
      case "klineId": row.id = try json.id()
      case "contractId": row.contract = try json.id()
      case "contractName": row.contractName = try json.string().text
      case "klineType":
        let kind = try json.string().text
        row.interval = EdgeXChannel.Interval(rawValue: kind)
        if row.interval == nil { unknown.append("kline.klineType=\(kind)") }
      case "priceType":
        let kind = try json.string().text
        row.priceKind = EdgeXChannel.PriceKind(rawValue: kind)
        if row.priceKind == nil { unknown.append("kline.priceType=\(kind)") }
      case "klineTime": row.time = try json.optionalMilliseconds()
      case "trades": row.trades = try json.optionalInteger()
      case "size": row.size = try json.optionalDecimal()
      case "value": row.value = try json.optionalDecimal()
      case "open": row.open = try json.optionalPrice()
      case "high": row.high = try json.optionalPrice()
      case "low": row.low = try json.optionalPrice()
      case "close": row.close = try json.optionalPrice()
      case "makerBuySize": row.makerBuySize = try json.optionalDecimal()
      case "makerBuyValue": row.makerBuyValue = try json.optionalDecimal()
      default:
        unknown.append("kline.\(name)")
        try json.skip()
      }
    }
    guard !row.contract.isEmpty else { throw json.error(.wrongType) }
    self = row
  }
}
