import PerpCore
import PerpSim

// What the venue tells of accounts, each as JSON (REST, and the channels without the binary
// schema) and as a frame.

/// JSON of section "orders.{market_symbol}", template 20.
struct ParadexSimulatorOrderRow {
  let order: ExchangeOrder
  let details: ParadexSimulatorOrderDetails
  let account: String
  let market: String
  let sequence: Int64
  /// Microseconds.
  let publishedAt: Int64

  private static let statuses = ["NEW", "UNTRIGGERED", "OPEN", "CLOSED"]
  private static let types = [
    "LIMIT", "MARKET", "STOP_LIMIT", "STOP_MARKET", "TAKE_PROFIT_LIMIT", "TAKE_PROFIT_MARKET",
    "STOP_LOSS_LIMIT", "STOP_LOSS_MARKET",
  ]
  private static let instructions = ["GTC", "IOC", "POST_ONLY", "RPI"]
  private static let prevention = ["EXPIRE_MAKER", "EXPIRE_TAKER", "EXPIRE_BOTH"]
  private static let flags = [
    "REDUCE_ONLY", "STOP_CONDITION_BELOW_TRIGGER", "STOP_CONDITION_ABOVE_TRIGGER", "INTERACTIVE",
  ]
  private static let requests = ["PENDING", "PROCESSED", "REJECTED", "SUCCESS"]

  var status: String {
    switch order.status {
    case .pending: "NEW"
    case .untriggered: "UNTRIGGERED"
    case .open: "OPEN"
    case .filled, .cancelled, .rejected, .expired: "CLOSED"
    }
  }

  var cancelReason: String {
    switch order.cause {
    case nil: ""
    case .requested, .disconnected: "USER_CANCELED"
    case .remainder, .unfillable: "REMAINING_IOC_CANCEL"
    case .selfTrade: "SELF_TRADE"
    case .expired: "EXPIRED"
    case .insufficientMargin: "NOT_ENOUGH_MARGIN"
    case .postOnlyWouldCross: "POST_ONLY_WOULD_CROSS"
    case .reduceOnlyWouldIncrease: "REDUCE_ONLY_WILL_INCREASE"
    case .positionLimit: "ORDER_EXCEEDS_POSITION_LIMIT"
    case .emptyBook: "EMPTY_MARKET"
    case .liquidated: "IN_LIQUIDATION"
    default: "UNEXPECTED_FAILURE"
    }
  }

  func write(to text: inout ByteBuffer) {
    text.append("{")
    text.put("account", text: account)
    text.put("avg_fill_price", order.averagePrice)
    text.put("cancel_reason", text: cancelReason)
    text.put("client_id", text: order.clientID ?? "")
    text.put("created_at", order.createdAt / 1_000)
    text.put("flags")
    text.append(texts: details.flags)
    text.put("id", text: order.name)
    text.put("instruction", text: details.instruction)
    text.put("last_updated_at", order.updatedAt / 1_000)
    text.put("market", text: market)
    text.put("price", order.terms.price ?? .zero)
    text.put("published_at", publishedAt / 1_000)
    text.put("received_at", details.receivedAt / 1_000)
    text.put("remaining_size", order.unfilled.trimmed)
    text.put("seq_no", sequence)
    text.put("side", text: order.terms.side == .buy ? "BUY" : "SELL")
    text.put("size", order.terms.size)
    text.put("status", text: status)
    text.put("stp", text: details.preventsSelfTrade)
    text.put("timestamp", details.timestamp)
    text.put("trigger_price", order.terms.stopPrice ?? .zero)
    text.put("type", text: details.type)
    if let request = details.request {
      text.put("request_info")
      text.append("{")
      text.put("id", text: request.id)
      text.put("request_type", text: "MODIFY_ORDER")
      text.put("status", text: request.status)
      text.put("message", text: request.message)
      text.append("}")
    }
    text.append("}")
  }

  func frame(version: UInt16) -> [UInt8] {
    var writer = ParadexFrameWriter(.order, version: version)
    writer.put(publishedAt)
    writer.put(sequence)
    writer.put(Self.code(status, in: Self.statuses))
    writer.put(UInt8(order.terms.side == .buy ? 1 : 2))
    writer.put(Self.code(details.type, in: Self.types))
    writer.put(Self.code(details.instruction, in: Self.instructions))
    writer.put(order.terms.price)
    writer.put(order.terms.stopPrice)
    writer.put(order.terms.size)
    writer.put(order.unfilled)
    writer.put(order.averagePrice)
    writer.put(order.createdAt)
    writer.put(order.updatedAt)
    writer.put(felt: account)
    writer.put(details.receivedAt)
    writer.put(publishedAt)
    writer.put(Self.code(details.preventsSelfTrade, in: Self.prevention))
    writer.put(Self.bits(details.flags))
    writer.since(2) { writer in
      writer.put(details.request.map { Self.code($0.status, in: Self.requests) } ?? 0)
      writer.put(UInt8(details.request == nil ? 0 : 1))
    }
    writer.endBlock()
    writer.put(text: order.name)
    writer.put(text: order.clientID ?? "")
    writer.put(text: market)
    writer.put(text: cancelReason)
    writer.since(2) { writer in
      writer.put(text: details.request?.id ?? "")
      writer.put(text: details.request?.message ?? "")
    }
    return writer.frame
  }

  private static func bits(_ names: [String]) -> UInt8 {
    names.compactMap { flags.firstIndex(of: $0) }.reduce(0) { $0 | 1 << UInt8($1) }
  }

  private static func code(_ name: String, in names: [String]) -> UInt8 {
    names.firstIndex(of: name).map { UInt8($0 + 1) } ?? 254
  }
}

/// JSON of section "fills.{market_symbol}", template 21.
struct ParadexSimulatorFillRow: Equatable, Sendable {
  let fill: ExchangeFill
  let id: String
  /// Of the public trade.
  let tradeID: String
  let account: String
  let market: String
  let sequence: Int64
  let underlyingPrice: Decimal
  /// After the execution.
  let bookSequence: Int64
  /// Microseconds.
  let publishedAt: Int64

  func write(to text: inout ByteBuffer) {
    text.append("{")
    text.put("account", text: account)
    text.put("client_id", text: fill.clientID ?? "")
    text.put("created_at", fill.time / 1_000)
    text.put("fee", fill.fee)
    text.put("fee_currency", text: "USDC")
    text.put("fill_type", text: fill.isLiquidation ? "LIQUIDATION" : "FILL")
    text.append(#","flags":[]"#)
    text.put("id", text: id)
    text.put("liquidity", text: fill.liquidity == .maker ? "MAKER" : "TAKER")
    text.put("market", text: market)
    text.put("order_id", text: fill.orderName)
    text.put("orderbook_seq_no", bookSequence)
    text.put("price", fill.price)
    text.put("realized_funding", Decimal.zero)
    text.put("realized_pnl", fill.realizedPnL)
    text.put("remaining_size", fill.remaining.trimmed)
    text.put("side", text: fill.side == .buy ? "BUY" : "SELL")
    text.put("size", fill.size)
    text.put("underlying_price", underlyingPrice)
    text.append("}")
  }

  func frame(version: UInt16) -> [UInt8] {
    var writer = ParadexFrameWriter(.fill, version: version)
    writer.put(publishedAt)
    writer.put(sequence)
    writer.put(UInt8(fill.isLiquidation ? 2 : 1))
    writer.put(UInt8(fill.side == .buy ? 1 : 2))
    writer.put(UInt8(fill.liquidity == .maker ? 1 : 2))
    writer.put(fill.price)
    writer.put(fill.size)
    writer.put(fill.fee)
    writer.put(fill.realizedPnL)
    writer.put(fill.time)
    writer.put(felt: account)
    writer.put(underlyingPrice)
    writer.put(Decimal.zero)
    writer.since(2) { writer in
      writer.put(UInt8(0))
      writer.put(UInt64(bitPattern: bookSequence))
    }
    writer.endBlock()
    writer.put(text: id)
    writer.put(text: fill.orderName)
    writer.put(text: fill.clientID ?? "")
    writer.put(text: tradeID)
    writer.put(text: market)
    writer.since(2) { $0.put(text: "USDC") }
    return writer.frame
  }
}

extension ParadexFrameWriter {
  mutating func put(text: String) {
    let bytes = Array(text.utf8.prefix(255))
    put(UInt8(bytes.count))
    for byte in bytes { put(byte) }
  }

  /// A hexadecimal number of at most 32 bytes, the most significant first.
  mutating func put(felt hex: String) {
    let digits = Array(hex.dropFirst(2))
    let padded = Array(repeating: Character("0"), count: 64 - digits.count) + digits
    for index in stride(from: 0, to: 64, by: 2) {
      put(UInt8(String(padded[index...index + 1]), radix: 16) ?? 0)
    }
  }
}

extension ByteBuffer {
  mutating func append(texts: [String]) {
    append("[")
    for (index, text) in texts.enumerated() {
      if index > 0 { append(UInt8(ascii: ",")) }
      append(json: text)
    }
    append("]")
  }
}
