import PerpCore
import PerpSim

/// An order as a client writes it: the body of a request, or the parameters of a method.
struct ParadexSimulatorOrder: Equatable, Sendable {
  /// Of the order that is to be modified.
  var id: String?
  var market = ""
  var side = ""
  var type = ""
  /// As it was written, for the signature.
  var size = ""
  /// "Price 0 for MARKET", which some leave out.
  var price = "0"
  var instruction = "GTC"
  var clientID = ""
  var signature = ""
  var timestamp: Int64 = 0
  var window: Int64 = 300_000
  var preventsSelfTrade = "EXPIRE_TAKER"
  var flags: [String] = []
  var triggerPrice: String?

  static let types: [String: OrderType] = [
    "LIMIT": .limit, "MARKET": .market, "STOP_LIMIT": .stopLimit, "STOP_MARKET": .stopMarket,
    "STOP_LOSS_LIMIT": .stopLimit, "STOP_LOSS_MARKET": .stopMarket,
    "TAKE_PROFIT_LIMIT": .takeProfitLimit, "TAKE_PROFIT_MARKET": .takeProfitMarket,
  ]

  init() {}

  init(_ json: inout JSONReader) throws(JSONError) {
    try json.enterObject()
    while let key = try json.nextKey() {
      switch try json.peek() {
      case .null:
        try json.skip()
        continue
      default: break
      }
      switch key.text {
      case "id": id = try json.string().text
      case "market": market = try json.string().text
      case "side": side = try json.string().text
      case "type": type = try json.string().text
      case "size": size = try json.string().text
      case "price": price = try json.string().text
      case "instruction":
        let text = try json.string().text
        if !text.isEmpty { instruction = text }
      case "client_id": clientID = try json.string().text
      case "signature": signature = try json.string().text
      case "signature_timestamp": timestamp = try json.integer()
      case "recv_window": window = try json.integer()
      case "stp": preventsSelfTrade = try json.string().text
      case "trigger_price": triggerPrice = try json.string().text
      case "flags":
        try json.enterArray()
        while try json.nextElement() { flags.append(try json.string().text) }
      default: try json.skip()
      }
    }
  }

  /// What is asked of the exchange; nil where a member makes no sense, which is told.
  func terms() throws(ParadexSimulatorRefusal) -> OrderTerms {
    guard side == "BUY" || side == "SELL" else {
      throw ParadexSimulatorRefusal("VALIDATION_ERROR", "side must be BUY or SELL")
    }
    guard let type = Self.types[type] else {
      throw ParadexSimulatorRefusal("VALIDATION_ERROR", "no such order type")
    }
    guard let size = Decimal(size) else {
      throw ParadexSimulatorRefusal("INVALID_ORDER_SIZE", "size must be a decimal")
    }
    guard let price = Decimal(price) else {
      throw ParadexSimulatorRefusal("VALIDATION_ERROR", "price must be a decimal")
    }
    guard clientID.utf8.count <= 64 else {
      throw ParadexSimulatorRefusal("VALIDATION_ERROR", "client_id is longer than 64")
    }
    var terms = OrderTerms(
      side: side == "BUY" ? .buy : .sell, type: type, price: type.hasPrice ? price : nil,
      stopPrice: triggerPrice.flatMap { Decimal($0) }, size: size,
      isReduceOnly: flags.contains("REDUCE_ONLY"))
    switch instruction {
    case "GTC": terms.timeInForce = type.hasPrice ? .gtc : .ioc
    case "IOC": terms.timeInForce = .ioc
    case "POST_ONLY": (terms.timeInForce, terms.isPostOnly) = (.gtc, true)
    case "RPI":
      throw ParadexSimulatorRefusal(
        "RPI_ACCOUNT_NOT_WHITELISTED", "the account may not place RPI orders")
    default: throw ParadexSimulatorRefusal("VALIDATION_ERROR", "no such instruction")
    }
    return terms
  }

  var selfTrade: IncomingOrder.SelfTrade {
    switch preventsSelfTrade {
    case "EXPIRE_MAKER": .cancelMaker
    case "EXPIRE_BOTH": .cancelBoth
    default: .cancelTaker
    }
  }
}

/// An error of the venue: its code, such as `ORDER_ID_NOT_FOUND`, and a text for people.
struct ParadexSimulatorRefusal: Error, Equatable {
  let code: String
  let message: String
  var status: Int

  init(_ code: String, _ message: String, status: Int = 400) {
    self.code = code
    self.message = message
    self.status = status
  }

  /// What the exchange refuses at once.
  init(_ cause: ExchangeCause) {
    switch cause {
    case .duplicateClientID: self.init("DUPLICATED_CLIENT_ID", "the client id is in use")
    case .sizeOffGrid, .sizeTooSmall, .sizeTooLarge:
      self.init("INVALID_ORDER_SIZE", "the size is off its step or out of range")
    case .unknownOrder: self.init("ORDER_ID_NOT_FOUND", "no such order")
    case .orderClosed: self.init("ORDER_IS_CLOSED", "the order is closed")
    case .notModifiable: self.init("ORDER_IS_NOT_OPEN", "the order is not open")
    default: self.init("VALIDATION_ERROR", "refused: \(cause.rawValue)")
    }
  }
}

/// What the venue shows of an order and the exchange does not know.
struct ParadexSimulatorOrderDetails: Equatable, Sendable {
  var type: String
  var instruction: String
  var preventsSelfTrade: String
  var flags: [String]
  /// Of the signature, in milliseconds.
  var timestamp: Int64
  /// Microseconds.
  var receivedAt: Int64
  /// The connection it was placed through, for its end.
  var connection: Int?
  /// Of the latest request to modify it.
  var request: Request?

  struct Request: Equatable, Sendable {
    var id: String
    var status: String
    var message: String
  }

  init(_ order: ParadexSimulatorOrder, receivedAt: Int64, connection: Int?) {
    type = order.type
    instruction = order.instruction
    preventsSelfTrade = order.preventsSelfTrade
    flags = order.flags
    timestamp = order.timestamp
    self.receivedAt = receivedAt
    self.connection = connection
  }
}
