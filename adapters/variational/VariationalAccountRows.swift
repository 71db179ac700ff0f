import PerpCore
import PerpVenue

// Rows about an account, in our terms.

/// A row of "GET /orders/v2".
///
///     {"rfq_id":"r-1","order_id":"o-1","instrument":{"underlying":"ABC",…},"side":"buy",
///      "qty":"0.5","order_type":"market","limit_price":null,"price":"12.36","status":"cleared",
///      "clearing_status":"success_trades_booked_into_pool","cancel_reason":null,
///      "failed_risk_checks":[],"is_reduce_only":false,"tif":"fill_or_kill",
///      "created_at":"2026-11-20T10:00:00.123456789Z"}
struct VariationalOrder: Equatable, Sendable {
  enum Status: String, CaseIterable, Sendable {
    case pending, cleared, rejected, canceled
  }

  let id: ShortText
  let symbol: Symbol
  let side: Side
  /// "May be null."
  let size: Decimal?
  /// Nil of a kind that is not placed here.
  let type: OrderType?
  let limitPrice: Decimal?
  /// At which it was filled.
  let price: Decimal?
  /// Nil for a word this version does not know.
  let status: Status?
  let clearingStatus: String?
  let cancelReason: String?
  let isReduceOnly: Bool?
  /// Microseconds since the epoch, by the venue's clock.
  let createdAt: Int64?

  /// Nil where the row lacks what it must have; of other instruments than perpetual futures too.
  init?(_ row: JSONFields) {
    guard let id = row.text("rfq_id").flatMap({ ShortText($0) }),
      let symbol = row.object("instrument").flatMap(Symbol.init(variational:)),
      let side = row.text("side").flatMap(Side.init(rawValue:))
    else { return nil }
    self.id = id
    self.symbol = symbol
    self.side = side
    size = row.decimal("qty")
    type = row.text("order_type").flatMap(OrderType.init(rawValue:))
    limitPrice = row.decimal("limit_price")
    price = row.decimal("price")
    status = row.text("status").flatMap(Status.init(rawValue:))
    clearingStatus = row.text("clearing_status")
    cancelReason = row.text("cancel_reason")
    isReduceOnly = row.bool("is_reduce_only")
    createdAt = row.text("created_at").flatMap {
      VariationalTime.microseconds(Array($0.utf8).span.bytes)
    }
  }

  /// Whether it is of an instrument that is modelled here.
  static func isPerpetual(_ row: JSONFields) -> Bool {
    row.object("instrument")?.text("instrument_type") == "perpetual_future"
  }

  /// "All-or-nothing per order as far as seen."
  var fill: FillReport? {
    guard status == .cleared, let price, let size, !size.isZero else { return nil }
    return FillReport(
      symbol: symbol, orderID: id, name: nil, tradeID: id, side: side, price: price, size: size,
      fee: .zero, feeAsset: VariationalInstrument.settlementAsset, liquidity: .taker,
      evidence: .restHistory, venueTime: createdAt)
  }

  func report(_ evidence: OrderEvidence, of clientID: ClientOrderID? = nil) -> OrderReport {
    let state: OrderReport.State =
      switch status {
      case .pending: type == .market ? .pending : .working
      case .cleared: .filled
      // One that rested was there before it came to nothing.
      case .rejected: type == .market ? .rejected : .cancelled
      case .canceled: .cancelled
      case nil: .unrecognised
      }
    var report = OrderReport(
      symbol: symbol, orderID: id, name: nil, state: state,
      filled: status == .cleared ? size : status == nil ? nil : .zero,
      averagePrice: status == .cleared ? price : nil, terms: terms, evidence: evidence,
      venueTime: createdAt)
    report.clientID = clientID
    if status == .rejected || status == .canceled {
      report.reason = status == .rejected ? "refused" : "cancelled"
      report.venueCode = status == .rejected ? clearingStatus : cancelReason
    }
    return report
  }

  private var terms: OrderTerms? {
    guard let size, let type else { return nil }
    return OrderTerms(
      side: side, type: type, timeInForce: type == .market ? .fok : .gtc,
      price: type == .limit ? limitPrice : nil, size: size, isReduceOnly: isReduceOnly ?? false)
  }
}

extension Symbol {
  /// `{"underlying":"ABC","instrument_type":"perpetual_future",…}`; nil of other instruments.
  init?(variational instrument: JSONFields) {
    guard instrument.text("instrument_type") ?? "perpetual_future" == "perpetual_future",
      let underlying = instrument.text("underlying"),
      let symbol = VariationalInstrument.symbol(underlying)
    else { return nil }
    self = symbol
  }
}

extension PositionReport {
  /// A row of "GET /positions"; nil where it lacks what it must have.
  init?(variational row: JSONFields) {
    guard let info = row.object("position_info"),
      let symbol = info.object("instrument").flatMap(Symbol.init(variational:)),
      let size = info.decimal("qty")
    else { return nil }
    self.init(
      symbol: symbol, size: size, entryPrice: size.isZero ? nil : info.decimal("avg_entry_price"),
      markPrice: row.object("price_info")?.decimal("price"), unrealizedPnL: row.decimal("upnl"),
      liquidationPrice: row.decimal("estimated_liquidation_price"),
      venueTime: info.text("updated_at").flatMap {
        VariationalTime.microseconds(Array($0.utf8).span.bytes)
      })
  }
}

extension BalanceReport {
  /// "GET /portfolio": equity is balance and upnl, of which the initial margin is not available.
  init?(variational fields: JSONFields) {
    guard let balance = fields.decimal("balance"), let unrealized = fields.decimal("upnl"),
      let margin = fields.object("margin_usage")?.decimal("initial_margin"),
      let available = balance.adding(unrealized)?.subtracting(margin)
    else { return nil }
    self.init(
      asset: VariationalInstrument.settlementAsset, total: balance,
      available: max(.zero, available), marginUsed: margin)
  }
}
