import PerpCore
import PerpVenue

/// Rows about an account, on the stream and by REST alike. ("Account all orders", "Account all
/// trades", "Account all positions", "User stats"; REST "account", "trades".)
///
///     {"order_index":844424930131969,"client_order_index":1001,"market_index":1,
///      "initial_base_amount":"0.00100","price":"58300.0","remaining_base_amount":"0.00100",
///      "is_ask":false,"filled_base_amount":"0.00000","filled_quote_amount":"0.000000","side":"",
///      "type":"limit","time_in_force":"post-only","reduce_only":false,"trigger_price":"0.0",
///      "order_expiry":1797552000000,"status":"open","transaction_time":1795132800184833,…}
struct LighterOrderRow {
  var id: ShortText
  /// Nil of orders that were given none.
  var clientIndex: ShortText?
  var market: String
  var isAsk: Bool
  var type: String
  var timeInForce: String
  var price: Decimal?
  var triggerPrice: Decimal?
  var size: Decimal
  var filled: Decimal
  var filledValue: Decimal?
  var isReduceOnly: Bool
  var status: String
  /// Microseconds.
  var time: Int64?
  /// Microseconds, of whole seconds.
  var updatedAt: Int64?

  init?(_ fields: JSONFields) {
    guard let id = fields.text("order_index").flatMap(ShortText.init),
      let market = fields.text("market_index"), let isAsk = fields.bool("is_ask"),
      let size = fields.decimal("initial_base_amount"), let status = fields.text("status")
    else { return nil }
    (self.id, self.market, self.isAsk, self.size, self.status) = (id, market, isAsk, size, status)
    clientIndex = fields.text("client_order_index").flatMap { $0 == "0" ? nil : ShortText($0) }
    type = fields.text("type") ?? ""
    timeInForce = fields.text("time_in_force") ?? ""
    price = fields.decimal("price")
    triggerPrice = fields.decimal("trigger_price")
    filled = fields.decimal("filled_base_amount") ?? .zero
    filledValue = fields.decimal("filled_quote_amount")
    isReduceOnly = fields.bool("reduce_only") ?? false
    time = fields.integer("transaction_time").flatMap { $0 > 0 ? $0 : nil }
    updatedAt = fields.integer("updated_at").flatMap(Self.microseconds)
  }

  /// Seconds on the stream, milliseconds in some documents.
  private static func microseconds(_ time: Int64) -> Int64? {
    guard time > 0, time < 1 << 43 else { return nil }
    return time * (time < 100_000_000_000 ? 1_000_000 : 1_000)
  }

  /// "Canceled" for a reason that says that the order never worked.
  private static let refusals: Set<String> = [
    "post-only", "position-not-allowed", "margin-not-allowed", "too-much-slippage",
    "not-enough-liquidity", "invalid-balance",
  ]

  private static let reasons = [
    "post-only": "post_only_cross", "position-not-allowed": "max_position",
    "margin-not-allowed": "no_margin", "invalid-balance": "no_margin",
    "reduce-only": "reduce_only",
  ]

  /// Of `canceled-post-only` the last two words; nil of other states, empty without a reason.
  private var cancelReason: String? {
    guard status.hasPrefix("canceled") else { return nil }
    return String(status.dropFirst("canceled-".count))
  }

  private var state: OrderReport.State {
    switch status {
    case "in-progress", "pending": return .pending
    case "open": return .working
    case "filled": return .filled
    case "canceled-expired": return .expired
    default:
      guard let reason = cancelReason else { return .unrecognised }
      return Self.refusals.contains(reason) && filled.isZero ? .rejected : .cancelled
    }
  }

  /// Nil of a market that is none of ours, such as a spot market.
  func report(
    _ evidence: OrderEvidence, _ symbols: [String: Symbol], at now: Moment
  ) -> OrderReport? {
    guard let symbol = symbols[market] else { return nil }
    var report = OrderReport(
      symbol: symbol, orderID: id, name: clientIndex, state: state, filled: filled,
      averagePrice: filled.isZero
        ? nil : filledValue?.divided(by: filled, scale: 12)?.trimmed,
      evidence: evidence, venueTime: time, received: now.wall)
    report.terms = terms
    if let reason = cancelReason, !reason.isEmpty {
      report.reason = Self.reasons[reason] ?? reason.replacing("-", with: "_")
      report.venueCode = status
    }
    return report
  }

  private var terms: OrderTerms? {
    let type: OrderType? =
      switch self.type {
      case "limit": .limit
      case "market", "liquidation": .market
      case "stop-loss": .stopMarket
      case "stop-loss-limit": .stopLimit
      case "take-profit": .takeProfitMarket
      case "take-profit-limit": .takeProfitLimit
      default: nil
      }
    guard let type else { return nil }
    return OrderTerms(
      side: isAsk ? .sell : .buy, type: type,
      timeInForce: timeInForce == "immediate-or-cancel" ? .ioc : .gtc,
      price: type.hasPrice ? price : nil, stopPrice: type.hasStopPrice ? triggerPrice : nil,
      size: size, isPostOnly: timeInForce == "post-only", isReduceOnly: isReduceOnly)
  }
}

extension FillReport {
  /// One for each side that is the account's: both where it traded with itself.
  ///
  ///     {"trade_id":26000000007,"type":"trade","market_id":1,"size":"0.00100",
  ///      "price":"91000.4","ask_id":…,"bid_id":…,"ask_client_id":0,"bid_client_id":1001,
  ///      "ask_account_id":1234,"bid_account_id":516,"is_maker_ask":true,"taker_fee":280,
  ///      "transaction_time":1795132800123456,…}
  static func reports(
    lighter fields: JSONFields, of account: Int64, _ evidence: OrderEvidence,
    _ symbols: [String: Symbol], at now: Moment
  ) -> [FillReport] {
    guard let id = fields.text("trade_id").flatMap(ShortText.init),
      let symbol = fields.text("market_id").flatMap({ symbols[$0] }),
      let price = fields.decimal("price"), let size = fields.decimal("size"),
      let isMakerAsk = fields.bool("is_maker_ask")
    else { return [] }
    let time = fields.integer("transaction_time").flatMap { $0 > 0 ? $0 : nil }
    return [Side.buy, .sell].compactMap { side in
      let name = side == .buy ? "bid" : "ask"
      guard fields.integer("\(name)_account_id") == account,
        let order = fields.text("\(name)_id").flatMap(ShortText.init)
      else { return nil }
      let isMaker = isMakerAsk == (side == .sell)
      // In parts of a million; left out where it is none.
      let rate = fields.integer(isMaker ? "maker_fee" : "taker_fee") ?? 0
      let fee = price.multiplied(by: size)?.multiplied(
        by: Decimal(mantissa: Int128(rate), scale: 6))
      return FillReport(
        symbol: symbol, orderID: order,
        name: fields.text("\(name)_client_id").flatMap { $0 == "0" ? nil : ShortText($0) },
        tradeID: id, side: side, price: price, size: size, fee: fee?.trimmed ?? .zero,
        feeAsset: "USDC", liquidity: isMaker ? .maker : .taker,
        isLiquidation: fields.text("type") == "liquidation", evidence: evidence,
        venueTime: time, received: now.wall)
    }
  }
}

extension PositionReport {
  /// The size has no sign; one that is closed may keep that of what it was.
  ///
  ///     {"market_id":1,"symbol":"BTC","initial_margin_fraction":"5.00","sign":-1,
  ///      "position":"0.50000","avg_entry_price":"91000.4","unrealized_pnl":"1.200000",
  ///      "liquidation_price":"101000.0",…}
  init?(lighter fields: JSONFields, _ symbols: [String: Symbol]) {
    guard let symbol = fields.text("market_id").flatMap({ symbols[$0] }),
      let size = fields.decimal("position"), let sign = fields.integer("sign")
    else { return nil }
    let fraction = fields.decimal("initial_margin_fraction")
    let liquidation = fields.decimal("liquidation_price")
    self.init(
      symbol: symbol, size: sign < 0 ? size.negated : size,
      entryPrice: size.isZero ? nil : fields.decimal("avg_entry_price"),
      unrealizedPnL: fields.decimal("unrealized_pnl"),
      liquidationPrice: liquidation.flatMap { $0 > .zero ? $0 : nil },
      leverage: fraction.flatMap {
        $0 > .zero ? Decimal(100).divided(by: $0, scale: 2)?.trimmed : nil
      })
  }
}

extension BalanceReport {
  /// `{"collateral":"40.000000","portfolio_value":"41.500000","available_balance":"40.000000",…}`
  init?(lighterStats fields: JSONFields) {
    guard let total = fields.decimal("portfolio_value") ?? fields.decimal("collateral"),
      let available = fields.decimal("available_balance")
    else { return nil }
    self.init(asset: "USDC", total: total, available: available)
  }

  /// The same of the row of "account", where the value has another name.
  init?(lighterAccount fields: JSONFields) {
    guard let total = fields.decimal("total_asset_value") ?? fields.decimal("collateral"),
      let available = fields.decimal("available_balance")
    else { return nil }
    self.init(asset: "USDC", total: total, available: available)
  }
}
