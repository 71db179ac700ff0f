import PerpCore
import PerpCrypto
import PerpSim

/// An order as a client asked for it: what is signed of it as text, and all that the venue repeats
/// in whatever it tells of the order.
struct GRVTSimulatorOrder: Sendable {
  struct Trigger: Equatable, Sendable {
    var type: String
    var by: String
    var price: Decimal
  }

  var subAccount: String
  var isMarket: Bool
  var timeInForce: String
  var isPostOnly: Bool
  var isReduceOnly: Bool
  var instrument: ShortText
  var size: String
  var price: String
  var isBuying: Bool
  var signer: EthereumAddress
  var r: String
  var s: String
  var v: Int64
  /// Nanoseconds since the epoch.
  var expiration: Int64
  var nonce: UInt32
  /// Empty where the request has none.
  var chainID: String
  var clientID: String
  var trigger: Trigger?

  /// Reads an order to be created. Throws for what is wrong with its shape alone.
  init(_ fields: GRVTFields) throws(GRVTFailure) {
    guard let account = fields.text(.subAccount), let timeInForce = fields.text(.timeInForce),
      let legs = fields.objects(.legs), let signature = fields.object(.signature)
    else { throw .malformed }
    if let id = fields.text(.orderID), !["", "0x00"].contains(id) { throw .orderIDGiven }
    guard fields.raw(.state) == nil else { throw .stateGiven }
    if let builder = fields.text(.builder), !builder.allSatisfy({ "0x".contains($0) }) {
      throw .builder
    }
    guard legs.count <= 1 else { throw .severalLegs }
    guard let leg = legs.first else { throw .noLeg }
    guard UInt64(account) != nil else { throw .subAccountFormat }
    (subAccount, self.timeInForce) = (account, timeInForce)
    isMarket = fields.bool(.isMarket) ?? false
    isPostOnly = fields.bool(.isPostOnly) ?? false
    isReduceOnly = fields.bool(.isReduceOnly) ?? false
    guard let instrument = leg.text(.instrument).flatMap({ ShortText($0) }),
      let size = leg.text(.size), leg.decimal(.size) != nil, let isBuying = leg.bool(.isBuying),
      leg.raw(.limitPrice) == nil || leg.text(.limitPrice) == "" || leg.decimal(.limitPrice) != nil
    else { throw .malformed }
    (self.instrument, self.size, self.isBuying) = (instrument, size, isBuying)
    price = leg.text(.limitPrice) ?? ""
    guard let signer = signature.text(.signer).flatMap({ EthereumAddress($0) }),
      let r = signature.text(.signatureR), let s = signature.text(.signatureS),
      let v = signature.integer(.signatureV), let expiration = signature.integer(.expiration),
      let nonce = signature.integer(.nonce).flatMap({ UInt32(exactly: $0) })
    else { throw .malformed }
    (self.signer, self.r, self.s, self.v) = (signer, r, s, v)
    (self.expiration, self.nonce) = (expiration, nonce)
    chainID = signature.text(.chainID) ?? ""
    let metadata = fields.object(.metadata)
    guard let client = metadata?.text(.clientOrderID), UInt64(client) != nil else {
      throw .clientIDMissing
    }
    clientID = client
    trigger = try Self.trigger(metadata?.object(.trigger))
    try checkKind(of: leg)
  }

  /// What the venue places to close a position: nobody has signed it, and nobody has named it.
  init(liquidating order: ExchangeOrder, _ instrument: ShortText) {
    (subAccount, self.instrument) = (GRVTSimulatedAccount.subAccount, instrument)
    (isMarket, timeInForce) = (true, "IMMEDIATE_OR_CANCEL")
    (isPostOnly, isReduceOnly) = (false, true)
    (size, price, isBuying) = ("\(order.terms.size)", "0", order.terms.side == .buy)
    (signer, r, s, v) = (.zero, "0x00", "0x00", 0)
    (expiration, nonce, chainID, clientID) = (0, 0, "", "0")
  }

  private func checkKind(of leg: GRVTFields) throws(GRVTFailure) {
    guard ["GOOD_TILL_TIME", "IMMEDIATE_OR_CANCEL", "FILL_OR_KILL"].contains(timeInForce) else {
      throw .timeInForce
    }
    if isPostOnly, isMarket || timeInForce != "GOOD_TILL_TIME" { throw .postOnlyTimeInForce }
    let isPriced = leg.decimal(.limitPrice).map { !$0.isZero } ?? false
    if isMarket, isPriced { throw .marketOrderPriced }
    if !isMarket, !isPriced { throw .limitOrderUnpriced }
  }

  private static func trigger(_ fields: GRVTFields?) throws(GRVTFailure) -> Trigger? {
    guard let fields, let type = fields.text(.triggerType), type != "UNSPECIFIED" else {
      return nil
    }
    guard type == "TAKE_PROFIT" || type == "STOP_LOSS",
      let condition = fields.object(.takeProfitStopLoss), let by = condition.text(.triggerBy),
      condition.bool(.closesPosition) != true
    else { throw .triggerOrder }
    guard ["INDEX", "LAST", "MID", "MARK"].contains(by) else { throw .triggerBy }
    // The simulated exchange knows the mark price alone.
    guard by == "MARK" else { throw .unsupportedTriggerBy }
    guard let price = condition.decimal(.triggerPrice), price > .zero else { throw .triggerPrice }
    return Trigger(type: type, by: by, price: price)
  }

  /// As the exchange has it. What must not be late or early is checked before.
  var terms: OrderTerms {
    let type: OrderType =
      switch (trigger?.type, isMarket) {
      case ("STOP_LOSS"?, true): .stopMarket
      case ("STOP_LOSS"?, false): .stopLimit
      case (_?, true): .takeProfitMarket
      case (_?, false): .takeProfitLimit
      case (nil, true): .market
      case (nil, false): .limit
      }
    let timeInForce: TimeInForce? =
      switch self.timeInForce {
      case "IMMEDIATE_OR_CANCEL": .ioc
      case "FILL_OR_KILL": .fok
      default: isMarket ? nil : .gtc
      }
    return OrderTerms(
      side: isBuying ? .buy : .sell, type: type, timeInForce: timeInForce,
      price: type.hasPrice ? Decimal(price) : nil, stopPrice: trigger?.price,
      size: Decimal(size) ?? .zero, isPostOnly: isPostOnly, isReduceOnly: isReduceOnly)
  }
}

// MARK: - What the venue tells

/// How an order stands, as the venue's `state` has it.
struct GRVTSimulatorOrderState: Sendable {
  var status = "PENDING"
  var reason = "UNSPECIFIED"
  var book: Decimal
  var traded = Decimal.zero
  var average = Decimal.zero
  /// Nanoseconds since the epoch.
  var time: Int64

  /// Right after it was taken.
  init(receiptOf order: GRVTSimulatorOrder, at time: Int64) {
    (book, self.time) = (Decimal(order.size) ?? .zero, time)
  }

  init(_ order: ExchangeOrder) {
    book = order.remaining
    traded = order.filled
    average = order.averagePrice ?? .zero
    time = order.updatedAt * 1_000
    switch order.status {
    case .pending, .untriggered: status = "PENDING"
    case .open: status = "OPEN"
    case .filled: status = "FILLED"
    case .cancelled, .expired: status = "CANCELLED"
    case .rejected: status = "REJECTED"
    }
    if let cause = order.cause { reason = Self.reason(cause, of: order.terms) }
  }

  /// "Order Reject Reason".
  private static func reason(_ cause: ExchangeCause, of terms: OrderTerms) -> String {
    switch cause {
    case .requested: "CLIENT_CANCEL"
    case .disconnected: "CLIENT_CANCEL_ON_DISCONNECT_TRIGGERED"
    case .expired: "EXPIRED"
    case .postOnlyWouldCross: "FAIL_POST_ONLY"
    case .reduceOnlyWouldIncrease: "FAIL_REDUCE_ONLY"
    case .insufficientMargin: "BELOW_MARGIN"
    case .positionLimit: "EXCEED_MAX_POSITION_SIZE"
    case .unfillable: "FOK_CANCEL"
    case .remainder, .emptyBook: terms.type.hasPrice ? "IOC_CANCEL" : "MARKET_CANCEL"
    case .selfTrade: "SELF_TRADE_PROTECTION"
    case .bookFull: "TOO_MANY_MAKER_ORDERS"
    case .liquidated: "LIQUIDATION"
    default: "UNSPECIFIED"
    }
  }

  func write(to writer: inout GRVTWriter) {
    writer.object { writer in
      writer.put(.status, text: status)
      writer.put(.rejectReason, text: reason)
      writer.put(.bookSize, texts: ["\(book.spelt)"])
      writer.put(.tradedSize, texts: ["\(traded.spelt)"])
      writer.put(.updateTime, number: time)
      writer.put(.averageFillPrice, texts: ["\(average.spelt)"])
    }
  }
}

extension GRVTSimulatorOrder {
  /// The whole order. Decimals are written anew, addresses in lower case.
  func write(
    id: String, createdAt time: Int64, _ state: GRVTSimulatorOrderState,
    to writer: inout GRVTWriter
  ) {
    writer.object { writer in
      writer.put(.orderID, text: id)
      writer.put(.subAccount, text: subAccount)
      writer.put(.isMarket, isMarket)
      writer.put(.timeInForce, text: timeInForce)
      writer.put(.isPostOnly, isPostOnly)
      writer.put(.isReduceOnly, isReduceOnly)
      writer.list(.legs, [0]) { _, writer in
        writer.object { writer in
          writer.put(.instrument, instrument)
          writer.put(.size, Decimal(size)?.spelt)
          writer.put(.limitPrice, (Decimal(price) ?? .zero).spelt)
          writer.put(.isBuying, isBuying)
        }
      }
      writer.object(.signature) { writer in
        writer.put(.signer, text: signer.hex)
        writer.put(.signatureR, text: r)
        writer.put(.signatureS, text: s)
        writer.put(.signatureV, integer: v)
        writer.put(.expiration, number: expiration)
        writer.put(.nonce, integer: Int64(nonce))
        writer.put(.chainID, text: chainID.isEmpty ? "0" : chainID)
      }
      writeMetadata(createdAt: time, to: &writer)
      writer.key(.state)
      state.write(to: &writer)
      writer.put(.builder, text: "0x00")
      writer.put(.builderFee, text: "0.0")
    }
  }

  private func writeMetadata(createdAt time: Int64, to writer: inout GRVTWriter) {
    writer.object(.metadata) { writer in
      writer.put(.clientOrderID, text: clientID)
      writer.put(.createTime, number: time)
      writer.object(.trigger) { writer in
        writer.put(.triggerType, text: trigger?.type ?? "UNSPECIFIED")
        writer.object(.takeProfitStopLoss) { writer in
          writer.put(.triggerBy, text: trigger?.by ?? "UNSPECIFIED")
          writer.put(.triggerPrice, (trigger?.price ?? .zero).spelt)
          writer.put(.closesPosition, false)
        }
      }
      writer.put(.broker, text: "UNSPECIFIED")
      writer.put(.isPositionTransfer, false)
      writer.put(.allowsCrossing, false)
    }
  }
}
