import PerpCore

// The messages as the venue writes them, for the simulator. Prices and sizes have exactly the
// market's digits.

/// Digits after the point that a market's numbers are written with.
struct LighterDigits: Equatable, Sendable {
  let price: Int
  let size: Int

  func price(_ value: Decimal) -> Decimal { value.rescaled(to: price) ?? value }
  func size(_ value: Decimal) -> Decimal { value.rescaled(to: size) ?? value }
}

extension LighterWire.Ticker {
  func message(_ symbol: String, _ digits: LighterDigits) -> [UInt8] {
    var text = ByteBuffer(capacity: 320)
    text.append("{")
    text.put("channel", text: "ticker:\(market.string)")
    if let changedAt { text.put("last_updated_at", changedAt) }
    text.put("nonce", nonce)
    text.put("ticker")
    text.append("{")
    text.put("s", text: symbol)
    for (key, level) in [("a" as StaticString, ask), ("b", bid)] {
      text.put(key)
      text.append("{")
      text.put("price", level.map { digits.price($0.price) })
      text.put("size", level.map { digits.size($0.size) })
      text.append("}")
    }
    if let changedAt { text.put("last_updated_at", changedAt) }
    text.append("}")
    if let sentAt { text.put("timestamp", sentAt / 1_000) }
    text.put("type", text: isFirst ? "subscribed/ticker" : "update/ticker")
    text.append("}")
    return text.array
  }
}

extension LighterWire.Book {
  /// `offset` is what the server has counted.
  func message(offset: Int64, sentAt: Int64, _ digits: LighterDigits) -> [UInt8] {
    var text = ByteBuffer(capacity: 1_024)
    text.append("{")
    text.put("channel", text: "order_book:\(market.string)")
    if let changedAt { text.put("last_updated_at", changedAt) }
    text.put("offset", offset)
    text.put("order_book")
    text.append("{")
    text.put("code", 0)
    text.put("asks")
    text.append(asks, digits)
    text.put("bids")
    text.append(bids, digits)
    text.put("offset", offset)
    if let nonce { text.put("nonce", nonce) }
    if let changedAt { text.put("last_updated_at", changedAt) }
    if let beginNonce { text.put("begin_nonce", beginNonce) }
    text.append("}")
    text.put("timestamp", sentAt / 1_000)
    text.put("type", text: isFirst ? "subscribed/order_book" : "update/order_book")
    text.append("}")
    return text.array
  }
}

extension ByteBuffer {
  fileprivate mutating func append(_ levels: [Level], _ digits: LighterDigits) {
    append("[")
    for (index, level) in levels.enumerated() {
      if index > 0 { append(",") }
      append("{")
      put("price", digits.price(level.price))
      put("size", digits.size(level.size))
      append("}")
    }
    append("]")
  }

  /// The rows as an array.
  mutating func append(_ trades: [LighterSimulatorMarket.Print], _ digits: LighterDigits) {
    append("[")
    for (index, trade) in trades.enumerated() {
      if index > 0 { append(",") }
      trade.write(to: &self, digits)
    }
    append("]")
  }
}

extension LighterSimulatorMarket.Print {
  func write(to text: inout ByteBuffer, _ digits: LighterDigits) {
    text.append("{")
    text.put("trade_id", trade.id)
    text.put("trade_id_str", text: String(trade.id))
    text.put("tx_hash", text: transaction)
    text.put("type", text: (trade.kind ?? .trade).rawValue)
    text.put("market_id", market)
    text.put("size", digits.size(trade.size))
    text.put("price", digits.price(trade.price))
    text.put("usd_amount", trade.price.multiplied(by: trade.size)?.rescaled(to: 6) ?? .zero)
    for (name, id) in [("ask_id" as StaticString, askID), ("bid_id", bidID)] { text.put(name, id) }
    text.put("ask_client_id", askClientID)
    text.put("bid_client_id", bidClientID)
    text.put("ask_account_id", askAccount ?? 1_000 + askID % 97)
    text.put("bid_account_id", bidAccount ?? 2_000 + bidID % 89)
    text.put("is_maker_ask")
    text.append(trade.isMakerAsk ? "true" : "false")
    text.put("block_height", 300_000_000 + trade.id % 1_000_000)
    let time = trade.time ?? 0
    text.put("timestamp", time / 1_000)
    // Left out where there is none.
    if trade.kind != .liquidation { text.put("taker_fee", 196) }
    text.put("maker_fee", 28)
    text.put("transaction_time", time)
    text.append("}")
  }
}

extension LighterWire.Trades {
  /// The newest first where it is the first message.
  static func message(
    _ market: ShortText, isFirst: Bool, nonce: Int64, _ prints: [LighterSimulatorMarket.Print],
    _ digits: LighterDigits
  ) -> [UInt8] {
    var text = ByteBuffer(capacity: 1_024)
    let prints = isFirst ? prints.reversed() : prints
    text.append("{")
    text.put("channel", text: "trade:\(market.string)")
    text.put("liquidation_trades")
    text.append(prints.filter { $0.trade.kind == .liquidation }, digits)
    text.put("nonce", nonce)
    text.put("trades")
    text.append(prints.filter { $0.trade.kind != .liquidation }, digits)
    text.put("type", text: isFirst ? "subscribed/trade" : "update/trade")
    text.append("}")
    return text.array
  }
}
