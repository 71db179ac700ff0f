/// Errors of the venue ("Error Codes"): number, HTTP status and text.
enum GRVTFailure: Int64, Error, CaseIterable {
  case unauthenticated = 1000
  case unauthorized = 1001
  case serverError = 1002
  case malformed = 1003
  case notFound = 1004
  case rateLimited = 1006
  case chainID = 1012
  case selectorFormat = 1101
  case primaryCount = 1102
  case secondaryCount = 1103
  case tradePermission = 1400
  case unknownSigner = 2000
  case signatureExpired = 2001
  case signatureMismatch = 2002
  case foreignSubAccount = 2003
  case signatureV = 2005
  case signatureLength = 2006
  case signatureHighS = 2007
  case signatureTooFarAhead = 2008
  case orderIDGiven = 2010
  case clientIDMissing = 2011
  case clientIDTaken = 2012
  case marketOrderPriced = 2020
  case limitOrderUnpriced = 2021
  case timeInForce = 2030
  case postOnlyTimeInForce = 2032
  case noLeg = 2040
  case severalLegs = 2042
  case stateGiven = 2050
  case unsupportedInstrument = 2061
  case sizeTooSmall = 2062
  case priceTick = 2064
  case sizeStep = 2065
  case notionalTooSmall = 2066
  case notionalTooSmallToReduce = 2067
  case margin = 2080
  case positionLimit = 2081
  case tooManyOrders = 2090
  case leverage = 2100
  case triggerBy = 2110
  case unsupportedTriggerBy = 2111
  case triggerOrder = 2112
  case triggerPrice = 2113
  case bothIDLists = 2233
  case bulkInstruments = 2234
  case bulkCount = 2235
  case cancelLifetime = 2301
  case reduceOnlyWithoutPosition = 2400
  case reduceOnlyIncreases = 2401
  case instrument = 3000
  case limitRange = 3011
  case limitValue = 3013
  case subAccountFormat = 3020
  case orderUnnamed = 3021
  case rate = 3030
  case depth = 3031
  case candleInterval = 3040
  case candleKind = 3041
  case countdown = 6000
  case priceBand = 7201
  case builder = 7504
}

extension GRVTFailure {
  var status: Int {
    switch self {
    case .unauthenticated: 401
    case .unauthorized, .tradePermission, .unknownSigner, .signatureExpired, .signatureMismatch,
      .foreignSubAccount, .signatureV, .signatureLength, .signatureHighS, .signatureTooFarAhead:
      403
    case .notFound: 404
    case .rateLimited, .tooManyOrders: 429
    case .serverError: 500
    default: 400
    }
  }

  var text: String { Self.texts[self] ?? "" }

  private static let texts: [GRVTFailure: String] = [
    .unauthenticated: "You need to authenticate prior to using this functionality",
    .unauthorized: "You are not authorized to access this functionality",
    .serverError: "Internal Server Error",
    .malformed: "Request could not be processed due to malformed syntax",
    .notFound: "Data Not Found",
    .rateLimited: "You have surpassed the allocated rate limit for your tier",
    .chainID: "Invalid signature chain ID",
    .selectorFormat: "Feed Format must be in the format of <primary>@<secondary>",
    .primaryCount: "Wrong number of primary selectors",
    .secondaryCount: "Wrong number of secondary selectors",
    .tradePermission: "Signer does not have trade permission",
    .unknownSigner: "Signature is from an unauthorized signer",
    .signatureExpired: "Signature has expired",
    .signatureMismatch: "Signature does not match payload",
    .foreignSubAccount: "Order sub account does not match logged in user",
    .signatureV: "Signature V must be 27/28",
    .signatureLength: "Signature R/S must have exactly 64 characters long without 0x prefix",
    .signatureHighS: "Signature S must be in the lower half of the curve",
    .signatureTooFarAhead: "Signature exceeds maximum allowed duration.",
    .orderIDGiven: "Order ID should be empty when creating an order",
    .clientIDMissing: "Client Order ID should be supplied when creating an order",
    .clientIDTaken: "Client Order ID overlaps with existing active order",
    .marketOrderPriced: "Market Order must always be supplied without a limit price",
    .limitOrderUnpriced: "Limit Order must always be supplied with a limit price",
    .timeInForce: "Orderbook Orders must have a TimeInForce of GTT/IOC/FOK",
    .postOnlyTimeInForce: "Post Only can only be set to true for GTT/AON orders",
    .noLeg: "Order must contain at least one leg",
    .severalLegs: "Orderbook Orders must contain only one leg",
    .stateGiven: "Order state must be empty upon creation",
    .unsupportedInstrument: "Unsupported Instrument Requested",
    .sizeTooSmall: "Order size smaller than min size",
    .priceTick: "Invalid limit price tick",
    .sizeStep: "Order size too granular",
    .notionalTooSmall:
      "Order below minimum notional. Please try again with a higher price or size.",
    .notionalTooSmallToReduce: "Order below minimum notional. "
      + "Please try reducing your position again with a higher price or size.",
    .margin: "Insufficient margin to create order",
    .positionLimit: "Order Fill would result in exceeding maximum position size",
    .tooManyOrders: "Max open orders exceeded",
    .leverage: "Invalid initial leverage",
    .triggerBy: "Invalid trigger by",
    .unsupportedTriggerBy: "Unsupported trigger by",
    .triggerOrder: "Invalid trigger order",
    .triggerPrice: "Trigger price must be non-zero",
    .bothIDLists: "Both order ID and client order ID cannot be provided",
    .bulkInstruments: "Bulk create orders must have the same instrument",
    .bulkCount: "Bulk orders count exceeds the maximum allowed",
    .cancelLifetime: "Order cancel time-to-live exceeds maximum allowed value.",
    .reduceOnlyWithoutPosition: "Reduce only order with no position",
    .reduceOnlyIncreases: "Reduce only order must not increase position size",
    .instrument: "Instrument is invalid",
    .limitRange: "Limit exceeds min or max value",
    .limitValue: "Exact limit value is not supported",
    .subAccountFormat: "Sub account ID must be an uint64 integer",
    .orderUnnamed: "Either order ID or client order ID must be supplied",
    .rate: "Feed rate is invalid",
    .depth: "Depth is invalid",
    .candleInterval: "Candlestick interval is invalid",
    .candleKind: "Candlestick type is invalid",
    .countdown: "Countdown time is bigger than 300s supported",
    .priceBand: "Attempted to create a limit order at a price outside of asset's price "
      + "protection band.",
    .builder: "Builder is not authorized for the specified user.",
  ]
}
