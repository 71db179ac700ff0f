import PerpCore
import PerpSim

/// An order as a client asked for it, as texts: what is signed of it, and what the venue repeats in
/// whatever it tells of the order. ("Create Order".)
struct EdgeXSimulatorOrder: Sendable {
  private static let types = [
    "LIMIT", "MARKET", "STOP_LIMIT", "STOP_MARKET", "TAKE_PROFIT_LIMIT", "TAKE_PROFIT_MARKET",
  ]
  private static let timesInForce = [
    "GOOD_TIL_CANCEL", "IMMEDIATE_OR_CANCEL", "FILL_OR_KILL", "POST_ONLY",
  ]
  private static let triggers = ["LAST_PRICE", "INDEX_PRICE", "ORACLE_PRICE"]

  let contract: String
  let side: String
  let type: String
  let timeInForce: String
  let price: String
  let size: String
  let clientID: String
  let isReduceOnly: Bool
  let triggerPrice: String
  let triggerPriceType: String
  /// Milliseconds, as the next.
  let expireTime: String
  let l2ExpireTime: String
  let l2Nonce: String
  let l2Value: String
  let l2Size: String
  let l2LimitFee: String
  let l2Signature: String
  let terms: OrderTerms

  /// Throws for what is wrong with its shape.
  init(_ fields: JSONFields) throws(EdgeXSimulatorFailure) {
    func text(_ name: String) throws(EdgeXSimulatorFailure) -> String {
      if let text = fields.text(name), !text.isEmpty { return text }
      throw .parameter("\(name) is required")
    }
    func one(_ name: String, of words: [String]) throws(EdgeXSimulatorFailure) -> String {
      let word = try text(name)
      if words.contains(word) { return word }
      throw .parameter("invalid \(name) : \(word)")
    }
    contract = try text("contractId")
    side = try one("side", of: ["BUY", "SELL"])
    type = try one("type", of: Self.types)
    timeInForce = try one("timeInForce", of: Self.timesInForce)
    (price, size) = (try text("price"), try text("size"))
    clientID = try text("clientOrderId")
    isReduceOnly = fields.bool("reduceOnly") ?? false
    triggerPrice = fields.text("triggerPrice") ?? ""
    triggerPriceType = fields.text("triggerPriceType") ?? ""
    (expireTime, l2ExpireTime) = (try text("expireTime"), try text("l2ExpireTime"))
    (l2Nonce, l2Value) = (try text("l2Nonce"), try text("l2Value"))
    (l2Size, l2LimitFee) = (try text("l2Size"), try text("l2LimitFee"))
    l2Signature = try text("l2Signature")
    for name in ["isPositionTpsl", "isSetOpenTp", "isSetOpenSl"] where fields.bool(name) == true {
      throw .parameter("\(name) is not simulated")
    }
    terms = try Self.terms(
      type: type, timeInForce, isBuy: side == "BUY", price: price, size: size,
      trigger: triggerPrice, isReduceOnly: isReduceOnly)
    if terms.type.hasStopPrice, !Self.triggers.contains(triggerPriceType) {
      throw .parameter("invalid triggerPriceType : \(triggerPriceType)")
    }
  }

  /// What the venue places to close a position: nobody has signed it.
  init(liquidating order: ExchangeOrder, contract: String) {
    self.contract = contract
    terms = order.terms
    side = terms.side == .buy ? "BUY" : "SELL"
    (type, timeInForce, isReduceOnly) = ("MARKET", "IMMEDIATE_OR_CANCEL", true)
    (price, size) = ("0", "\(terms.size)")
    (clientID, triggerPrice, triggerPriceType) = ("", "", "")
    (expireTime, l2ExpireTime, l2Nonce) = ("0", "0", "0")
    (l2Value, l2Size, l2LimitFee, l2Signature) = ("0", "0", "0", "")
  }

  private static func terms(
    type name: String, _ timeInForce: String, isBuy: Bool, price: String, size: String,
    trigger: String, isReduceOnly: Bool
  ) throws(EdgeXSimulatorFailure) -> OrderTerms {
    guard let type = OrderType(rawValue: name.lowercased()) else {
      throw .parameter("invalid type : \(name)")
    }
    guard let size = Decimal(size), size > .zero else { throw .parameter("invalid size") }
    guard let price = Decimal(price), !price.isNegative, price.isZero != type.hasPrice else {
      throw .parameter("invalid price")
    }
    if !type.hasPrice, timeInForce != "IMMEDIATE_OR_CANCEL" {
      throw .parameter("timeInForce of a market order must be IMMEDIATE_OR_CANCEL")
    }
    let stop = Decimal(trigger).flatMap { $0 > .zero ? $0 : nil }
    if type.hasStopPrice, stop == nil { throw .parameter("invalid triggerPrice") }
    let time: TimeInForce =
      switch timeInForce {
      case "IMMEDIATE_OR_CANCEL": .ioc
      case "FILL_OR_KILL": .fok
      default: .gtc
      }
    return OrderTerms(
      side: isBuy ? .buy : .sell, type: type, timeInForce: time,
      price: type.hasPrice ? price : nil, stopPrice: type.hasStopPrice ? stop : nil, size: size,
      isPostOnly: timeInForce == "POST_ONLY", isReduceOnly: isReduceOnly)
  }
}

/// What the venue tells of an order.
struct EdgeXSimulatorOrderRow {
  let request: EdgeXSimulatorOrder
  let order: ExchangeOrder
  /// Matched, and not yet booked.
  var unbooked: ExchangeFill?
  let generation: EdgeXGeneration

  var status: String {
    switch order.status {
    case .pending: "PENDING"
    case .untriggered: "UNTRIGGERED"
    case .open: "OPEN"
    case .filled: "FILLED"
    case .cancelled, .rejected, .expired: "CANCELED"
    }
  }

  private var cancelReason: String {
    switch order.cause {
    case nil: "UNKNOWN_ORDER_CANCEL_REASON"
    case .requested: "USER_CANCELED"
    case .expired: "EXPIRE_CANCELED"
    case .insufficientMargin: "MARGIN_NOT_ENOUGH"
    case .reduceOnlyWouldIncrease: "REDUCE_ONLY_CANCELED"
    case .liquidated: "LIQUIDATE_CANCELED"
    case .positionLimit, .bookFull: "SYSTEM_LIMIT_EVICTED"
    // What a crossing post-only order gets is not known.
    default: "COULD_NOT_FILL"
    }
  }

  func write(to text: inout ByteBuffer) {
    let isMarket = !order.terms.type.hasPrice
    text.append("{")
    text.put("id", text: order.name)
    EdgeXSimulatorDesk.putOwner(to: &text)
    text.put("contractId", text: request.contract)
    text.put("side", text: request.side)
    if isMarket {
      text.put("price", text: "0.00")
    } else {
      text.put("price", order.terms.price)
    }
    text.put("size", order.terms.size)
    text.put("clientOrderId", text: request.clientID)
    text.put("type", text: request.type)
    text.put("timeInForce", text: request.timeInForce)
    text.put("reduceOnly", request.isReduceOnly)
    text.put("triggerPrice", text: request.triggerPrice.isEmpty ? "0" : request.triggerPrice)
    text.put(
      "triggerPriceType",
      text: request.triggerPriceType.isEmpty ? "UNKNOWN_PRICE_TYPE" : request.triggerPriceType)
    text.put("expireTime", text: request.expireTime)
    text.put("sourceKey", text: "")
    text.put("isPositionTpsl", false)
    text.put("isLiquidate", order.placement.isLiquidation)
    text.put("isDeleverage", false)
    text.put("openTpslParentOrderId", text: "0")
    text.put("isSetOpenTp", false)
    text.put("isSetOpenSl", false)
    text.put("isWithoutMatch", false)
    text.put("maxLeverage", text: "50")
    text.put("takerFeeRate", EdgeXSimulatorDesk.fees.taker)
    text.put("makerFeeRate", EdgeXSimulatorDesk.fees.maker)
    text.put("l2Nonce", text: request.l2Nonce)
    text.put("l2Value", text: request.l2Value)
    text.put("l2Size", text: request.l2Size)
    text.put("l2LimitFee", text: request.l2LimitFee)
    text.put("l2ExpireTime", text: request.l2ExpireTime)
    putSignature(to: &text)
    text.put("extraType", text: "")
    text.put("extraDataJson", text: "")
    text.put("status", text: status)
    text.put("matchSequenceId", text: "\(order.number)")
    text.put("triggerTime", text: order.isTriggered ? "\(order.updatedAt / 1_000)" : "0")
    text.put("cancelReason", text: cancelReason)
    putSums(to: &text)
    text.put("createdTime", milliseconds: order.createdAt)
    text.put("updatedTime", milliseconds: order.updatedAt)
    text.append("}")
  }

  /// In its parts where the generation shows those.
  private func putSignature(to text: inout ByteBuffer) {
    let signature = request.l2Signature
    guard generation == .v1 else { return text.put("l2Signature", text: signature) }
    text.put("l2Signature")
    text.append("{")
    text.put("r", text: "0x" + signature.suffix(128).prefix(64))
    text.put("s", text: "0x" + signature.suffix(64))
    text.put("v", text: "")
    text.append("}")
  }

  /// What is booked, and what is matched.
  private func putSums(to text: inout ByteBuffer) {
    func less(_ sum: Decimal, _ part: Decimal?) -> Decimal {
      part.flatMap(sum.subtracting)?.trimmed ?? sum
    }
    let value = unbooked.flatMap { $0.price.multiplied(by: $0.size) }
    text.put("cumFillSize", less(order.filled, unbooked?.size))
    text.put("cumFillValue", less(order.filledValue, value))
    text.put("cumFillFee", less(order.fees, unbooked?.fee))
    text.put("cumMatchSize", order.filled)
    text.put("cumMatchValue", order.filledValue)
    text.put("cumMatchFee", order.fees)
    for name: StaticString in ["cumFailSize", "cumFailValue", "cumFailFee"] {
      text.put(name, text: "0")
    }
  }
}
