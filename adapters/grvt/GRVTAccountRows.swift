import PerpCore
import PerpVenue

/// Instruments by their names at the venue, as rows about an account need them.
struct GRVTInstruments: Sendable {
  struct Row: Sendable {
    let symbol: Symbol
    let instrument: GRVTInstrument
  }

  private var byName: [ShortText: Row] = [:]
  private var bySymbol: [Symbol: Row] = [:]

  var isEmpty: Bool { byName.isEmpty }

  mutating func add(_ instrument: GRVTInstrument) {
    guard let symbol = Symbol("\(instrument.base)-\(instrument.quote)-PERP") else { return }
    let row = Row(symbol: symbol, instrument: instrument)
    byName[instrument.name] = row
    bySymbol[symbol] = row
  }

  subscript(name: String) -> Row? { ShortText(name).flatMap { byName[$0] } }
  subscript(symbol: Symbol) -> Row? { bySymbol[symbol] }
}

extension OrderReport {
  /// An order, by REST or over `v1.order`. ("Order", "OrderState".) Nil for what lacks what it must
  /// have.
  ///
  ///     {"order_id":"0x0101010503a1b2c30000000066000001","sub_account_id":"8312704915528173",
  ///      "is_market":false,"time_in_force":"GOOD_TILL_TIME","post_only":false,"reduce_only":false,
  ///      "legs":[{"instrument":"BTC_USDT_Perp","size":"0.01","limit_price":"91000.0",
  ///      "is_buying_asset":true}],"signature":{…},
  ///      "metadata":{"client_order_id":"9223372036854775809","create_time":"…","trigger":{…}},
  ///      "state":{"status":"OPEN","reject_reason":"UNSPECIFIED","book_size":["0.01"],
  ///      "traded_size":["0.0"],"update_time":"1795132800000000000","avg_fill_price":["0.0"]}}
  init?(
    grvt fields: GRVTFields, _ instruments: GRVTInstruments, _ evidence: OrderEvidence,
    at now: Moment
  ) {
    guard let leg = fields.objects(.legs)?.first,
      let row = leg.text(.instrument).flatMap({ instruments[$0] }), let size = leg.decimal(.size),
      let isBuying = leg.bool(.isBuying), let state = fields.object(.state),
      let status = state.text(.status)
    else { return nil }
    let traded = state.first(.tradedSize)
    let reason = state.text(.rejectReason) ?? "UNSPECIFIED"
    self.init(
      symbol: row.symbol, orderID: Self.orderID(fields.text(.orderID)),
      name: fields.object(.metadata)?.text(.clientOrderID).flatMap { ShortText($0) },
      state: Self.state(status, reason), filled: traded,
      averagePrice: state.first(.averageFillPrice).flatMap { $0.isZero ? nil : $0 },
      evidence: evidence, venueTime: state.integer(.updateTime).map { $0 / 1_000 },
      received: now.wall)
    terms = Self.terms(fields, leg, size, isBuying ? .buy : .sell)
    if reason != "UNSPECIFIED" {
      self.reason = Self.reasons[reason] ?? reason.lowercased()
      venueCode = reason
    }
  }

  /// An order that is not in the book yet has no id: `0x00`.
  static func orderID(_ text: String?) -> ShortText? {
    guard let text, text.contains(where: { $0 != "0" && $0 != "x" }) else { return nil }
    return ShortText(text)
  }

  /// "Order Status".
  private static func state(_ status: String, _ reason: String) -> State {
    switch status {
    case "PENDING": .pending
    case "OPEN": .working
    case "FILLED": .filled
    case "REJECTED": .rejected
    case "CANCELLED": reason == "EXPIRED" ? .expired : .cancelled
    default: .unrecognised
    }
  }

  /// "Order Reject Reason", where the protocol has a word for it.
  private static let reasons = [
    "BELOW_MARGIN": "no_margin", "FAIL_POST_ONLY": "post_only_cross",
    "FAIL_REDUCE_ONLY": "reduce_only", "REDUCE_ONLY_LIMIT": "reduce_only",
    "EXCEED_MAX_POSITION_SIZE": "max_position", "INSTRUMENT_DEACTIVATED": "venue_down",
    "OVERLAPPING_CLIENT_ORDER_ID": "duplicate_client_id", "UNAUTHORISED": "auth",
    "NO_TRADE_PERMISSION": "auth", "SESSION_KEY_EXPIRED": "auth",
  ]

  private static func terms(
    _ fields: GRVTFields, _ leg: GRVTFields, _ size: Decimal, _ side: Side
  ) -> OrderTerms {
    let isMarket = fields.bool(.isMarket) ?? false
    let trigger = fields.object(.metadata)?.object(.trigger)
    let type: OrderType =
      switch trigger?.text(.triggerType) {
      case "STOP_LOSS": isMarket ? .stopMarket : .stopLimit
      case "TAKE_PROFIT": isMarket ? .takeProfitMarket : .takeProfitLimit
      default: isMarket ? .market : .limit
      }
    let timeInForce: TimeInForce =
      switch fields.text(.timeInForce) {
      case "IMMEDIATE_OR_CANCEL": .ioc
      case "FILL_OR_KILL", "ALL_OR_NONE": .fok
      default: .gtc
      }
    return OrderTerms(
      side: side, type: type, timeInForce: timeInForce,
      price: type.hasPrice ? leg.decimal(.limitPrice) : nil,
      stopPrice: type.hasStopPrice
        ? trigger?.object(.takeProfitStopLoss)?.decimal(.triggerPrice) : nil,
      size: size, isPostOnly: fields.bool(.isPostOnly) ?? false,
      isReduceOnly: fields.bool(.isReduceOnly) ?? false)
  }
}

extension FillReport {
  /// An execution, by REST or over `v1.fill`. ("Fill".) The rate of the fee is rounded, the fee is
  /// not.
  ///
  ///     {"event_time":"1795132800560000000","sub_account_id":"8312704915528173",
  ///      "instrument":"BTC_USDT_Perp","is_buyer":true,"is_taker":true,"size":"0.01",
  ///      "price":"91000.0","fee":"0.4095","fee_rate":"0.045","trade_id":"73808524-1",
  ///      "order_id":"0x0101010503a1b2c30000000066000001","client_order_id":"9223372036854775809"}
  init?(
    grvt fields: GRVTFields, _ instruments: GRVTInstruments, _ evidence: OrderEvidence,
    at now: Moment
  ) {
    guard let row = fields.text(.instrument).flatMap({ instruments[$0] }),
      let order = OrderReport.orderID(fields.text(.orderID)),
      let trade = fields.text(.tradeID).flatMap({ ShortText($0) }),
      let isBuyer = fields.bool(.isBuyer), let price = fields.decimal(.price),
      let size = fields.decimal(.size)
    else { return nil }
    self.init(
      symbol: row.symbol, orderID: order,
      name: fields.text(.clientOrderID).flatMap { ShortText($0) }, tradeID: trade,
      side: isBuyer ? .buy : .sell, price: price, size: size, fee: fields.decimal(.fee) ?? .zero,
      feeAsset: fields.text(.feeCurrency) ?? row.instrument.quote,
      liquidity: fields.bool(.isTaker) == false ? .maker : .taker,
      isLiquidation: fields.bool(.isLiquidation) ?? false, evidence: evidence,
      venueTime: fields.integer(.eventTime).map { $0 / 1_000 }, received: now.wall)
  }
}

extension PositionReport {
  /// ("Positions".) The size of a short one is negative.
  init?(grvt fields: GRVTFields, _ instruments: GRVTInstruments) {
    guard let row = fields.text(.instrument).flatMap({ instruments[$0] }),
      let size = fields.decimal(.size)
    else { return nil }
    func known(_ name: GRVTName) -> Decimal? {
      fields.decimal(name).flatMap { $0.isZero ? nil : $0 }
    }
    self.init(
      symbol: row.symbol, size: size, entryPrice: known(.entryPrice), markPrice: known(.markPrice),
      unrealizedPnL: fields.decimal(.unrealizedPnL), liquidationPrice: known(.liquidationPrice),
      leverage: known(.leverage), venueTime: fields.integer(.eventTime).map { $0 / 1_000 })
  }
}

extension BalanceReport {
  /// What `account_summary` says of the whole sub account. ("SubAccount".)
  init?(grvt fields: GRVTFields) {
    guard let total = fields.decimal(.totalEquity),
      let available = fields.decimal(.availableBalance)
    else { return nil }
    self.init(
      asset: fields.text(.settleCurrency) ?? "USDT", total: total, available: available,
      marginUsed: fields.decimal(.initialMargin),
      venueTime: fields.integer(.eventTime).map { $0 / 1_000 })
  }
}
