import PerpCore
import PerpVenue

/// Rows about an account, by REST, over the stream as JSON, or as frames: one reading of all.
/// (API documentation, "Account"; WebSocket, "orders", "fills", "positions", "account".)
///
///     {"id":"1795132800000201704028870000","account":"0x1","market":"BTC-USD-PERP","side":"SELL",
///      "type":"LIMIT","size":"0.1","remaining_size":"0.1","price":"60000","status":"OPEN",
///      "created_at":1795132800000,"last_updated_at":1795132800001,"cancel_reason":"",
///      "client_id":"m-1","instruction":"GTC","avg_fill_price":"","flags":[],"trigger_price":"0"}
struct ParadexOrderRow {
  var id: ShortText
  var clientID: ShortText?
  var market: String
  var side: Side
  var type: String
  var instruction: String
  var price: Decimal?
  var triggerPrice: Decimal?
  var size: Decimal
  var open: Decimal
  var averagePrice: Decimal?
  var status: String
  var cancelReason: String
  var flags: [String]
  var updatedAt: Int64?

  init?(_ fields: JSONFields) {
    guard let id = fields.text("id").flatMap(ShortText.init), let market = fields.text("market"),
      let side = fields.text("side").flatMap(Side.init(paradex:)), let type = fields.text("type"),
      let size = fields.decimal("size"), let status = fields.text("status")
    else { return nil }
    (self.id, self.market, self.side, self.type) = (id, market, side, type)
    (self.size, self.status) = (size, status)
    clientID = fields.text("client_id").flatMap { $0.isEmpty ? nil : ShortText($0) }
    instruction = fields.text("instruction") ?? ""
    price = fields.decimal("price")
    triggerPrice = fields.decimal("trigger_price")
    open = fields.decimal("remaining_size") ?? size
    averagePrice = fields.decimal("avg_fill_price")
    cancelReason = fields.text("cancel_reason") ?? ""
    flags = fields.texts("flags") ?? []
    updatedAt = fields.integer("last_updated_at").map { $0 * 1_000 }
  }

  init?(_ order: ParadexWire.Order) {
    guard let id = ShortText(order.id), let side = Side(paradex: order.side) else { return nil }
    (self.id, self.side) = (id, side)
    market = order.market.string
    clientID = order.clientID.isEmpty ? nil : ShortText(order.clientID)
    let types = [
      "", "LIMIT", "MARKET", "STOP_LIMIT", "STOP_MARKET", "TAKE_PROFIT_LIMIT",
      "TAKE_PROFIT_MARKET", "STOP_LOSS_LIMIT", "STOP_LOSS_MARKET",
    ]
    type = types.indices.contains(Int(order.kind)) ? types[Int(order.kind)] : "?"
    let instructions = ["", "GTC", "IOC", "POST_ONLY", "RPI"]
    let index = Int(order.timeInForce)
    instruction = instructions.indices.contains(index) ? instructions[index] : "?"
    (price, triggerPrice, averagePrice) = (order.price, order.triggerPrice, order.averagePrice)
    (size, open) = (order.size, order.openSize)
    let states = ["", "NEW", "UNTRIGGERED", "OPEN", "CLOSED"]
    status = states.indices.contains(Int(order.status)) ? states[Int(order.status)] : "?"
    cancelReason = order.cancelReason
    flags = Self.words(order.flags)
    updatedAt = order.updatedAt
  }

  /// By their bits in frames.
  static let flags = [
    "REDUCE_ONLY", "STOP_CONDITION_BELOW_TRIGGER", "STOP_CONDITION_ABOVE_TRIGGER", "INTERACTIVE",
    "TARGET_STRATEGY_VWAP", "MMP",
  ]

  static func words(_ bits: UInt8) -> [String] {
    flags.enumerated().filter { bits >> $0.offset & 1 != 0 }.map(\.element)
  }

  /// "Refusal reasons": the order never worked.
  private static let refusals: Set<String> = [
    "NOT_ENOUGH_MARGIN", "EMPTY_MARKET", "POST_ONLY_WOULD_CROSS", "UNEXPECTED_FAILURE",
    "ASSET_UNAVAILABLE", "MARKET_NOT_OPEN", "ORDER_TYPE_INVALID", "PRICE_NOT_AVAILABLE",
    "EXCEEDS_MAX_SLIPPAGE", "ORDER_EXCEEDS_POSITION_LIMIT", "REDUCE_ONLY_WILL_INCREASE",
  ]

  private static let reasons = [
    "NOT_ENOUGH_MARGIN": "no_margin", "POST_ONLY_WOULD_CROSS": "post_only_cross",
    "REDUCE_ONLY_WILL_INCREASE": "reduce_only", "MARKET_NOT_OPEN": "venue_down",
    "ORDER_EXCEEDS_POSITION_LIMIT": "max_position", "EXCEEDS_MAX_SLIPPAGE": "price_band",
    "IN_LIQUIDATION": "liquidation",
  ]

  private var state: OrderReport.State {
    switch status {
    case "NEW", "UNTRIGGERED": .pending
    case "OPEN": .working
    case "CLOSED" where open.isZero: .filled
    case "CLOSED" where cancelReason == "EXPIRED" || cancelReason == "ASSET_EXPIRED": .expired
    case "CLOSED" where open == size && Self.refusals.contains(cancelReason): .rejected
    case "CLOSED": .cancelled
    default: .unrecognised
    }
  }

  /// Nil of a market that is none of ours, such as an option.
  func report(_ evidence: OrderEvidence, at now: Moment) -> OrderReport? {
    guard let symbol = Symbol(market) else { return nil }
    var report = OrderReport(
      symbol: symbol, orderID: id, name: clientID, state: state,
      filled: size.subtracting(open), averagePrice: averagePrice, evidence: evidence,
      venueTime: updatedAt, received: now.wall)
    (report.terms, report.flags) = (terms, flags)
    if !cancelReason.isEmpty, cancelReason != "NONE" {
      report.reason = Self.reasons[cancelReason] ?? cancelReason.lowercased()
      report.venueCode = cancelReason
    }
    return report
  }

  private var terms: OrderTerms? {
    let type: OrderType? =
      switch self.type {
      case "LIMIT": .limit
      case "MARKET": .market
      case "STOP_LIMIT", "STOP_LOSS_LIMIT": .stopLimit
      case "STOP_MARKET", "STOP_LOSS_MARKET": .stopMarket
      case "TAKE_PROFIT_LIMIT": .takeProfitLimit
      case "TAKE_PROFIT_MARKET": .takeProfitMarket
      default: nil
      }
    guard let type else { return nil }
    return OrderTerms(
      side: side, type: type, timeInForce: instruction == "IOC" ? .ioc : .gtc,
      price: type.hasPrice ? price : nil, stopPrice: type.hasStopPrice ? triggerPrice : nil,
      size: size, isPostOnly: instruction == "POST_ONLY",
      isReduceOnly: flags.contains("REDUCE_ONLY"))
  }
}

extension Side {
  fileprivate init?(paradex name: String) {
    switch name {
    case "BUY": self = .buy
    case "SELL": self = .sell
    default: return nil
    }
  }

  fileprivate init?(paradex number: UInt8) {
    switch number {
    case 1: self = .buy
    case 2: self = .sell
    default: return nil
    }
  }
}

extension FillReport {
  ///     {"id":"1795132800560201703986670001","side":"BUY","liquidity":"TAKER","size":"0.1",
  ///      "market":"BTC-USD-PERP","order_id":"1795132800000201704028870000","price":"60000",
  ///      "fee":"2.7","fee_currency":"USDC","created_at":1795132800560,"client_id":"m-1",
  ///      "fill_type":"FILL"}
  init?(paradex fields: JSONFields, _ evidence: OrderEvidence, at now: Moment) {
    guard let id = fields.text("id").flatMap(ShortText.init),
      let order = fields.text("order_id").flatMap(ShortText.init),
      let symbol = fields.text("market").flatMap(Symbol.init),
      let side = fields.text("side").flatMap(Side.init(paradex:)),
      let price = fields.decimal("price"), let size = fields.decimal("size")
    else { return nil }
    self.init(
      symbol: symbol, orderID: order,
      name: fields.text("client_id").flatMap { $0.isEmpty ? nil : ShortText($0) }, tradeID: id,
      side: side, price: price, size: size, fee: fields.decimal("fee") ?? .zero,
      feeAsset: fields.text("fee_currency") ?? "USDC",
      liquidity: fields.text("liquidity") == "MAKER" ? .maker : .taker,
      isLiquidation: fields.text("fill_type") == "LIQUIDATION", evidence: evidence,
      venueTime: fields.integer("created_at").map { $0 * 1_000 }, received: now.wall)
  }

  init?(_ fill: ParadexWire.Fill, at now: Moment) {
    guard let id = ShortText(fill.id), let order = ShortText(fill.orderID),
      let symbol = Symbol(fill.market.string), let side = Side(paradex: fill.side)
    else { return nil }
    self.init(
      symbol: symbol, orderID: order, name: fill.clientID.isEmpty ? nil : ShortText(fill.clientID),
      tradeID: id, side: side, price: fill.price, size: fill.size, fee: fill.fee,
      feeAsset: fill.feeCurrency ?? "USDC", liquidity: fill.liquidity == 1 ? .maker : .taker,
      isLiquidation: fill.kind == 2, evidence: .webSocket, venueTime: fill.createdAt,
      received: now.wall)
  }
}

extension PositionReport {
  /// The sign of a JSON size is not reliable: the side decides.
  init?(paradex fields: JSONFields) {
    guard let symbol = fields.text("market").flatMap(Symbol.init),
      let size = fields.decimal("size")
    else { return nil }
    let isShort = fields.text("side") == "SHORT"
    let isClosed = fields.text("status") == "CLOSED"
    self.init(
      symbol: symbol, size: isClosed ? .zero : size.signed(negative: isShort),
      entryPrice: fields.decimal("average_entry_price"),
      unrealizedPnL: fields.decimal("unrealized_pnl"),
      liquidationPrice: fields.decimal("liquidation_price"),
      leverage: fields.decimal("leverage"),
      venueTime: fields.integer("last_updated_at").map { $0 * 1_000 })
  }

  init?(_ position: ParadexWire.Position) {
    guard let symbol = Symbol(position.market.string) else { return nil }
    self.init(
      symbol: symbol,
      size: position.status == 2 ? .zero : position.size.signed(negative: position.side == 2),
      entryPrice: position.averageEntryPrice, unrealizedPnL: position.unrealizedPnL,
      liquidationPrice: position.liquidationPrice, leverage: position.leverage,
      venueTime: position.updatedAt)
  }
}

extension Decimal {
  fileprivate func signed(negative: Bool) -> Decimal {
    let magnitude = isNegative ? negated : self
    return negative ? magnitude.negated : magnitude
  }
}

extension BalanceReport {
  init?(paradex fields: JSONFields) {
    guard let value = fields.decimal("account_value"), let free = fields.decimal("free_collateral")
    else { return nil }
    self.init(
      asset: fields.text("settlement_asset") ?? "USDC", total: value, available: free,
      marginUsed: fields.decimal("initial_margin_requirement"),
      venueTime: fields.integer("updated_at").map { $0 * 1_000 })
  }

  init(_ account: ParadexWire.Account) {
    self.init(
      asset: account.settlementAsset, total: account.value,
      available: account.freeCollateral, marginUsed: account.initialMargin,
      venueTime: account.updatedAt)
  }
}
