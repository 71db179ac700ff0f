import PerpCore

/// "Trading API" and "Trading WebSocket Streams", the tables of fields.
extension GRVTName {
  // Orders.
  static let order = GRVTName("order", "o")
  static let orders = GRVTName("orders", "o")
  static let orderID = GRVTName("order_id", "oi")
  static let clientOrderID = GRVTName("client_order_id", "co")
  static let subAccount = GRVTName("sub_account_id", "sa")
  static let isMarket = GRVTName("is_market", "im")
  static let timeInForce = GRVTName("time_in_force", "ti")
  static let isPostOnly = GRVTName("post_only", "po")
  static let isReduceOnly = GRVTName("reduce_only", "ro")
  static let legs = GRVTName("legs", "l")
  static let limitPrice = GRVTName("limit_price", "lp")
  static let isBuying = GRVTName("is_buying_asset", "ib")
  static let signature = GRVTName("signature", "s")
  static let metadata = GRVTName("metadata", "m")
  static let state = GRVTName("state", "s1")
  static let builder = GRVTName("builder", "b")
  static let builderFee = GRVTName("builder_fee", "bf")

  // Signatures.
  static let signer = GRVTName("signer", "s")
  static let signatureR = GRVTName("r", "r")
  static let signatureS = GRVTName("s", "s1")
  static let signatureV = GRVTName("v", "v")
  static let expiration = GRVTName("expiration", "e")
  static let nonce = GRVTName("nonce", "n")
  static let chainID = GRVTName("chain_id", "ci")

  // What comes with an order.
  static let broker = GRVTName("broker", "b")
  static let trigger = GRVTName("trigger", "t")
  static let triggerType = GRVTName("trigger_type", "tt")
  static let takeProfitStopLoss = GRVTName("tpsl", "t")
  static let triggerBy = GRVTName("trigger_by", "tb")
  static let triggerPrice = GRVTName("trigger_price", "tp")
  static let closesPosition = GRVTName("close_position", "cp")
  /// On the wire though not in the tables.
  static let isPositionTransfer = GRVTName("is_position_transfer", "ip")
  static let allowsCrossing = GRVTName("allow_crossing", "ac")

  // States of orders.
  static let orderState = GRVTName("order_state", "os")
  static let rejectReason = GRVTName("reject_reason", "rr")
  static let bookSize = GRVTName("book_size", "bs")
  static let tradedSize = GRVTName("traded_size", "ts")
  static let updateTime = GRVTName("update_time", "ut")
  static let averageFillPrice = GRVTName("avg_fill_price", "af")

  // Requests.
  static let timeToLive = GRVTName("time_to_live_ms", "tt")
  static let acknowledged = GRVTName("ack", "a")
  static let cancelAcknowledgements = GRVTName("cancel_acks", "ca")
  /// Spelt so by what the documents are made with.
  static let orderIDs = GRVTName("order_i_ds", "oi")
  static let clientOrderIDs = GRVTName("client_order_i_ds", "co")
  static let countdown = GRVTName("countdown_time", "ct")
  static let cancelStatus = GRVTName("cancel_status", "cs")
  static let reason = GRVTName("reason", "r")

  // Fills.
  static let isBuyer = GRVTName("is_buyer", "ib")
  static let isTaker = GRVTName("is_taker", "it")
  static let realizedPnL = GRVTName("realized_pnl", "rp")
  static let fee = GRVTName("fee", "f")
  static let feeRate = GRVTName("fee_rate", "fr")
  static let feeCurrency = GRVTName("fee_currency", "fc")
  static let isLiquidation = GRVTName("is_liquidation", "il")
  static let fillSigner = GRVTName("signer", "s1")
  static let fillBuilder = GRVTName("builder", "b1")
  static let fillBuilderFeeRate = GRVTName("builder_fee_rate", "bf")
  static let fillBuilderFee = GRVTName("builder_fee", "bf1")
}

/// Positions and accounts.
extension GRVTName {
  static let notional = GRVTName("notional", "n")
  static let entryPrice = GRVTName("entry_price", "ep")
  static let exitPrice = GRVTName("exit_price", "ep1")
  static let unrealizedPnL = GRVTName("unrealized_pnl", "up")
  static let totalPnL = GRVTName("total_pnl", "tp")
  static let returnOnInvestment = GRVTName("roi", "r")
  static let quoteIndexPrice = GRVTName("quote_index_price", "qi")
  static let liquidationPrice = GRVTName("est_liquidation_price", "el")
  static let leverage = GRVTName("leverage", "l")
  static let cumulativeFee = GRVTName("cumulative_fee", "cf")
  static let cumulativeFunding = GRVTName("cumulative_realized_funding_payment", "cr")
  static let marginType = GRVTName("margin_type", "mt")

  static let settleCurrency = GRVTName("settle_currency", "sc")
  static let totalEquity = GRVTName("total_equity", "te")
  static let initialMargin = GRVTName("initial_margin", "im")
  static let maintenanceMargin = GRVTName("maintenance_margin", "mm")
  static let availableBalance = GRVTName("available_balance", "ab")
  static let spotBalances = GRVTName("spot_balances", "sb")
  static let positions = GRVTName("positions", "p")
  static let settleIndexPrice = GRVTName("settle_index_price", "si")
  static let deriskMargin = GRVTName("derisk_margin", "dm")
  static let deriskRatio = GRVTName("derisk_to_maintenance_margin_ratio", "dt")
  static let totalCrossEquity = GRVTName("total_cross_equity", "tc")
  static let crossUnrealizedPnL = GRVTName("cross_unrealized_pnl", "cu")
  static let subAccountMode = GRVTName("sub_account_mode", "sa1")
  static let marginBalance = GRVTName("margin_balance", "mb")
  static let currency = GRVTName("currency", "c")
  static let balance = GRVTName("balance", "b")

  static let subAccounts = GRVTName("sub_account_ids", "sa")
  static let mainAccount = GRVTName("main_account_id", "ma")
  static let results = GRVTName("results", "r")
  static let minLeverage = GRVTName("min_leverage", "ml")
  static let maxLeverageHere = GRVTName("max_leverage", "ml1")
  static let success = GRVTName("success", "s")
}

/// The members of an object in one of the two spellings.
struct GRVTFields {
  let fields: JSONFields
  let encoding: GRVTEncoding

  init(_ fields: JSONFields, _ encoding: GRVTEncoding) {
    (self.fields, self.encoding) = (fields, encoding)
  }

  /// Nil for what is no object.
  init?(_ text: [UInt8], _ encoding: GRVTEncoding) {
    guard let fields = try? JSONFields(text.span.bytes) else { return nil }
    self.init(fields, encoding)
  }

  private func key(_ name: GRVTName) -> String {
    (encoding == .full ? name.full : name.lite).description
  }

  func raw(_ name: GRVTName) -> [UInt8]? { fields.raw(key(name)) }
  func text(_ name: GRVTName) -> String? { fields.text(key(name)) }
  func decimal(_ name: GRVTName) -> Decimal? { fields.decimal(key(name)) }
  func integer(_ name: GRVTName) -> Int64? { fields.integer(key(name)) }
  func bool(_ name: GRVTName) -> Bool? { fields.bool(key(name)) }
  func texts(_ name: GRVTName) -> [String]? { fields.texts(key(name)) }

  func object(_ name: GRVTName) -> GRVTFields? {
    fields.object(key(name)).map { GRVTFields($0, encoding) }
  }

  func objects(_ name: GRVTName) -> [GRVTFields]? {
    fields.objects(key(name))?.map { GRVTFields($0, encoding) }
  }

  /// The first of a list of numbers, as an order with one leg has it.
  func first(_ name: GRVTName) -> Decimal? {
    guard let text = raw(name) else { return nil }
    var json = JSONReader(text.span.bytes)
    guard (try? json.enterArray()) != nil, (try? json.nextElement()) == true else { return nil }
    return (try? json.optionalDecimal()) ?? nil
  }
}
