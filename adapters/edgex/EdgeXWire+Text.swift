import PerpCore

// Rows as the venue writes them, for the simulator. All numbers are strings; what is not set is
// left out.

/// An element of the list that a message of data, and many an answer, holds.
protocol EdgeXRow {
  func write(to text: inout ByteBuffer, as generation: EdgeXGeneration)
}

extension EdgeXWire {
  /// A message of data: `{"type":"quote-event","channel":"…","content":{…,"data":[…]}}`.
  static func event(
    _ channel: EdgeXChannel, isSnapshot: Bool, _ rows: [any EdgeXRow],
    as generation: EdgeXGeneration
  ) -> [UInt8] {
    let name = channel.name
    var text = ByteBuffer(capacity: 1_024)
    text.append(#"{"type":"quote-event","channel":"#)
    text.append(json: name)
    text.append(#","content":{"channel":"#)
    text.append(json: name)
    text.append(#","dataType":"#)
    text.append(json: isSnapshot ? "Snapshot" : "changed")
    text.append(#","data":"#)
    write(rows, to: &text, as: generation)
    text.append("}}")
    return text.array
  }

  static func write(
    _ rows: [any EdgeXRow], to text: inout ByteBuffer, as generation: EdgeXGeneration
  ) {
    text.append("[")
    for (index, row) in rows.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      row.write(to: &text, as: generation)
    }
    text.append("]")
  }
}

extension EdgeXWire.Depth: EdgeXRow {
  /// V1 says `Snapshot` where V2 says `SNAPSHOT`; both say `CHANGED`.
  func write(to text: inout ByteBuffer, as generation: EdgeXGeneration) {
    text.append("{")
    text.put("startVersion", text: String(startVersion))
    text.put("endVersion", text: String(endVersion))
    text.put("level", level)
    text.put("contractId", text: contract.string)
    text.put("contractName", text: contractName)
    Self.write(asks, "asks", to: &text)
    Self.write(bids, "bids", to: &text)
    let snapshot = generation == .v1 ? "Snapshot" : "SNAPSHOT"
    text.put("depthType", text: isSnapshot ? snapshot : "CHANGED")
    text.append("}")
  }

  private static func write(_ levels: [Level], _ key: StaticString, to text: inout ByteBuffer) {
    text.put(key)
    text.append("[")
    for (index, level) in levels.enumerated() {
      text.append(index == 0 ? "{" : ",{")
      text.put("price", level.price)
      text.put("size", level.size)
      text.append("}")
    }
    text.append("]")
  }
}

extension EdgeXWire.Trade {
  /// `orders` and `accounts` are the taker's and the maker's.
  func write(
    to text: inout ByteBuffer, orders: (taker: String, maker: String),
    accounts: (taker: String, maker: String)
  ) {
    text.append("{")
    text.put("ticketId", text: id?.string ?? "")
    text.put("time", text: String(time / 1_000))
    text.put("price", price)
    text.put("size", size)
    text.put("value", value)
    text.put("takerOrderId", text: orders.taker)
    text.put("makerOrderId", text: orders.maker)
    text.put("takerAccountId", text: accounts.taker)
    text.put("makerAccountId", text: accounts.maker)
    text.put("contractId", text: contract.string)
    text.put("contractName", text: contractName)
    text.put("isBestMatch", isBestMatch ?? false)
    text.put("isBuyerMaker", isBuyerMaker ?? false)
    text.append("}")
  }
}

extension EdgeXWire.BookTicker: EdgeXRow {
  func write(to text: inout ByteBuffer, as generation: EdgeXGeneration) {
    text.append("{")
    text.put("contractId", text: contract.string)
    text.put("contractName", text: contractName)
    text.put("time", text: String((time ?? 0) / 1_000))
    text.put("bestAskPrice", ask?.price ?? .zero)
    text.put("bestAskSize", ask?.size ?? .zero)
    text.put("bestBidPrice", bid?.price ?? .zero)
    text.put("bestBidSize", bid?.size ?? .zero)
    text.append("}")
  }
}

extension EdgeXWire.Ticker: EdgeXRow {
  func write(to text: inout ByteBuffer, as generation: EdgeXGeneration) {
    text.append("{")
    text.put("contractId", text: contract.string)
    text.put("contractName", text: contractName)
    day.write(to: &text)
    text.put("lastPrice", lastPrice ?? .zero)
    text.put("indexPrice", indexPrice ?? .zero)
    text.put("oraclePrice", oraclePrice ?? .zero)
    text.put("markPrice", markPrice ?? .zero)
    text.put("openInterest", openInterest)
    text.put("fundingRate", fundingRate)
    text.put("fundingTime", milliseconds: fundingTime)
    text.put("nextFundingTime", milliseconds: nextFundingTime)
    if let bestAsk { text.put("bestAskPrice", bestAsk) }
    if let bestBid { text.put("bestBidPrice", bestBid) }
    if let isMarketOpen { text.put("marketOpen", isMarketOpen) }
    text.append("}")
  }
}

extension EdgeXWire.Day {
  fileprivate func write(to text: inout ByteBuffer) {
    text.put("priceChange", priceChange)
    text.put("priceChangePercent", priceChangePercent)
    text.put("trades", text: String(trades ?? 0))
    text.put("size", size)
    text.put("value", value)
    text.put("high", high ?? .zero)
    text.put("low", low ?? .zero)
    text.put("open", open ?? .zero)
    text.put("close", close ?? .zero)
    text.put("highTime", milliseconds: highTime)
    text.put("lowTime", milliseconds: lowTime)
    text.put("startTime", milliseconds: startTime)
    text.put("endTime", milliseconds: endTime)
  }
}

extension EdgeXWire.Funding: EdgeXRow {
  func write(to text: inout ByteBuffer, as generation: EdgeXGeneration) {
    text.append("{")
    text.put("contractId", text: contract.string)
    text.put("fundingTime", milliseconds: fundingTime)
    text.put("fundingTimestamp", milliseconds: timestamp)
    text.put("oraclePrice", oraclePrice ?? .zero)
    text.put("markPrice", markPrice ?? .zero)
    text.put("indexPrice", indexPrice ?? .zero)
    text.put("fundingRate", rate)
    text.put("isSettlement", isSettlement ?? false)
    text.put("forecastFundingRate", forecastRate)
    text.put("previousFundingRate", previousRate)
    text.put("previousFundingTimestamp", milliseconds: previousTimestamp)
    text.put("premiumIndex", premiumIndex)
    text.put("avgPremiumIndex", averagePremiumIndex)
    text.put("premiumIndexTimestamp", milliseconds: premiumTimestamp)
    text.put("impactMarginNotional", impactNotional)
    text.put("impactAskPrice", impactAsk ?? .zero)
    text.put("impactBidPrice", impactBid ?? .zero)
    text.put("interestRate", interestRate)
    text.put("predictedFundingRate", predictedRate)
    text.put("fundingRateIntervalMin", text: String(intervalMinutes ?? 0))
    text.put(generation == .v1 ? "starkExFundingIndex" : "fundingIndex", oraclePrice ?? .zero)
    text.append("}")
  }
}

extension EdgeXWire.Candle: EdgeXRow {
  func write(to text: inout ByteBuffer, as generation: EdgeXGeneration) {
    text.append("{")
    text.put("klineId", text: id?.string ?? "0")
    text.put("contractId", text: contract.string)
    text.put("contractName", text: contractName)
    text.put("klineType", text: interval?.rawValue ?? "UNKNOWN_KLINE_TYPE")
    text.put("klineTime", milliseconds: time)
    text.put("priceType", text: priceKind?.rawValue ?? "UNKNOWN_PRICE_TYPE")
    text.put("trades", text: String(trades ?? 0))
    text.put("size", size)
    text.put("value", value)
    text.put("high", high ?? .zero)
    text.put("low", low ?? .zero)
    text.put("open", open ?? .zero)
    text.put("close", close ?? .zero)
    text.put("makerBuySize", makerBuySize)
    text.put("makerBuyValue", makerBuyValue)
    text.append("}")
  }
}

extension ByteBuffer {
  mutating func put(_ key: StaticString, _ value: Bool) {
    put(key)
    append(value ? "true" : "false")
  }

  /// A time in microseconds as milliseconds; none is 0.
  mutating func put(_ key: StaticString, milliseconds time: Int64?) {
    put(key, text: String((time ?? 0) / 1_000))
  }
}
