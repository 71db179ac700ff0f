import PerpSim

/// Why the simulated venue refuses a request. Names that no public text has are ours; "unknown"
/// says so in the reference ("Error codes").
struct EdgeXSimulatorFailure: Error, Equatable {
  var status = 200
  let code: String
  let message: String

  init(_ code: String, _ message: String, status: Int = 200) {
    (self.code, self.message, self.status) = (code, message, status)
  }

  static func header(_ name: String) -> EdgeXSimulatorFailure {
    EdgeXSimulatorFailure("GATEWAY_HEADER_REQUIRED", "header required : '\(name)'", status: 400)
  }

  static func parameter(_ message: String) -> EdgeXSimulatorFailure {
    EdgeXSimulatorFailure("INVALID_PARAMETER", message)
  }

  static func signature(_ message: String) -> EdgeXSimulatorFailure {
    EdgeXSimulatorFailure("SIGNATURE_ERROR", message)
  }

  static let malformed = EdgeXSimulatorFailure(
    "GATEWAY_PARAM_INVALID", "param invalid", status: 400)
  static let pageSize = EdgeXSimulatorFailure("INVALID_GET_PAGE_SIZE", "invalid page size")
  static let limited = EdgeXSimulatorFailure(
    "RATE_LIMIT_EXCEEDED", "too many requests", status: 429)

  /// What a request makes no order of.
  init(_ cause: ExchangeCause) {
    switch cause {
    case .duplicateClientID:
      self.init("DUPLICATE_CLIENT_ORDER_ID", "clientOrderId was used before")
    case .tooManyOpenOrders: self = .parameter("too many open orders")
    case .sizeOffGrid: self = .parameter("size is no multiple of stepSize")
    case .sizeTooSmall: self = .parameter("size is below minOrderSize")
    case .sizeTooLarge: self = .parameter("size is above maxOrderSize")
    case .priceOffGrid: self = .parameter("price is no multiple of tickSize")
    case .stopPriceOffGrid: self = .parameter("triggerPrice is no multiple of tickSize")
    case .expiryPassed: self = .parameter("expireTime has passed")
    default: self = .parameter("invalid order: \(cause.rawValue)")
    }
  }
}
