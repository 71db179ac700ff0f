import PerpCore

// The JSON forms as the venue writes them, for the simulator: data of channels and rows of REST.

extension ParadexWire.BBO {
  func write(to text: inout ByteBuffer) {
    text.append("{")
    text.put("market", text: market.string)
    text.put("bid", bid?.price)
    text.put("bid_size", bid?.size)
    text.put("ask", ask?.price)
    text.put("ask_size", ask?.size)
    text.put("seq_no", sequence)
    text.put("last_updated_at", time / 1_000)
    text.append("}")
  }
}

extension ParadexWire.Trade {
  func write(to text: inout ByteBuffer) {
    text.append("{")
    text.put("id", text: id?.string ?? "")
    text.put("market", text: market.string)
    text.put("side", text: side == .sell ? "SELL" : "BUY")
    text.put("size", size)
    text.put("price", price)
    text.put("created_at", createdAt / 1_000)
    text.put("trade_type", text: (kind ?? .fill).name.description)
    text.append("}")
  }
}

extension ParadexWire.Book {
  /// The channel's form: one list for each operation.
  func write(to text: inout ByteBuffer) {
    text.append("{")
    text.put("seq_no", sequence)
    text.put("market", text: market.string)
    text.put("last_updated_at", time / 1_000)
    text.put("update_type", text: isSnapshot ? "s" : "d")
    let levels = bids.map { (Side.buy, $0) } + asks.map { (Side.sell, $0) }
    Self.write(levels.filter { isSnapshot && !$1.size.isZero }, "inserts", to: &text)
    Self.write(levels.filter { !isSnapshot && !$1.size.isZero }, "updates", to: &text)
    Self.write(levels.filter { $1.size.isZero }, "deletes", to: &text)
    text.append("}")
  }

  private static func write(
    _ levels: [(Side, Level)], _ key: StaticString, to text: inout ByteBuffer
  ) {
    text.append(",\"")
    text.append(key)
    text.append("\":[")
    for (index, (side, level)) in levels.enumerated() {
      text.append(index == 0 ? "{" : ",{")
      text.put("side", text: side == .buy ? "BUY" : "SELL")
      text.put("price", level.price)
      text.put("size", level.size)
      text.append("}")
    }
    text.append("]")
  }

  /// The REST form: pairs.
  func writePairs(to text: inout ByteBuffer) {
    text.append("{")
    text.put("market", text: market.string)
    text.put("seq_no", sequence)
    text.put("last_updated_at", time / 1_000)
    for (key, levels) in [("bids", bids), ("asks", asks)] as [(StaticString, [Level])] {
      text.append(",\"")
      text.append(key)
      text.append("\":[")
      for (index, level) in levels.enumerated() {
        text.append(index == 0 ? "[\"" : ",[\"")
        text.append(level.price)
        text.append("\",\"")
        text.append(level.size)
        text.append("\"]")
      }
      text.append("]")
    }
    text.append("}")
  }
}

extension ParadexWire.Summary {
  func write(to text: inout ByteBuffer) {
    text.append("{")
    text.put("symbol", text: market.string)
    text.put("mark_price", markPrice)
    text.put("last_traded_price", lastPrice)
    text.put("bid", bid)
    text.put("ask", ask)
    text.put("bid_size", bidSize)
    text.put("ask_size", askSize)
    text.put("volume_24h", volumeUSD24h)
    text.put("total_volume", totalVolume)
    text.put("created_at", time / 1_000)
    text.put("underlying_price", indexPrice)
    text.put("open_interest", openInterest)
    text.put("funding_rate", fundingRate)
    text.put("price_change_rate_24h", priceChangeRate24h)
    text.put("external_fair_price", externalFairPrice)
    text.append("}")
  }
}

extension ParadexWire.Funding {
  func write(to text: inout ByteBuffer) {
    text.append("{")
    text.put("market", text: market.string)
    text.put("funding_index", index)
    text.put("funding_premium", premium)
    text.put("funding_rate", rate)
    text.put("funding_rate_8h", rate8h)
    text.put("funding_period_hours", Int64(periodHours))
    text.put("created_at", createdAt / 1_000)
    text.append("}")
  }
}
