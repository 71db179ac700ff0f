import PerpCore
import PerpVenue

// Rows about an account: the same by REST and on the private stream, where they may be cut short.
// ("Order API", "Account API", "Private WebSocket".) Numbers are strings, times milliseconds.

extension Side {
  init?(edgeX text: String?) {
    switch text {
    case "BUY": self = .buy
    case "SELL": self = .sell
    default: return nil
    }
  }
}

extension OrderReport {
  /// An order. Nil for what lacks its id, contract or status. What is matched is filled once it is
  /// booked: then its fills come as well.
  ///
  ///     {"id":"790…","contractId":"30000001","side":"BUY","price":"97463.4","size":"0.001",
  ///      "clientOrderId":"m-1","type":"LIMIT","timeInForce":"GOOD_TIL_CANCEL","reduceOnly":false,
  ///      "triggerPrice":"0","status":"OPEN","cancelReason":"UNKNOWN_ORDER_CANCEL_REASON",
  ///      "cumFillSize":"0","cumFillValue":"0","cumMatchSize":"0","cumMatchValue":"0",
  ///      "cumFailSize":"0","createdTime":"1795132800870","updatedTime":"1795132800876"}
  init?(
    edgeX row: JSONFields, _ contracts: EdgeXContracts, _ evidence: OrderEvidence, wasOpen: Bool,
    at now: Moment
  ) {
    guard let id = row.text("id").flatMap({ ShortText($0) }), !id.isEmpty,
      let contract = row.text("contractId").flatMap({ contracts[$0] }),
      let status = row.text("status")
    else { return nil }
    let matched = row.decimal("cumMatchSize")
    let booked = row.decimal("cumFillSize") ?? matched
    self.init(
      symbol: contract.symbol, orderID: id,
      name: row.text("clientOrderId").flatMap { $0.isEmpty ? nil : ShortText($0) },
      state: .unrecognised, filled: booked, averagePrice: Self.average(row), evidence: evidence,
      venueTime: row.integer("updatedTime").map { $0 * 1_000 }, received: now.wall)
    terms = Self.terms(row)
    switch status {
    case "PENDING", "UNTRIGGERED": state = .pending
    // A cancel that is under way changes nothing yet.
    case "OPEN", "CANCELING": state = .working
    case "FILLED": setFilled(matched ?? .zero, booked ?? .zero, row.decimal("cumFailSize") ?? .zero)
    case "CANCELED":
      filled = [matched, booked].compactMap { $0 }.max()
      setCancelled(row, wasOpen: wasOpen)
    default: break
    }
  }

  /// All is matched; what is booked, or could not be, tells whether it is over.
  private mutating func setFilled(_ matched: Decimal, _ booked: Decimal, _ failed: Decimal) {
    let settled = booked.adding(failed) ?? booked
    if settled < matched {
      state = .working
    } else if failed > .zero {
      (state, reason) = (.cancelled, "settlement_failed")
    } else {
      state = .filled
    }
  }

  /// "Order cancel reason". Who never came to the book was rejected, whatever the status says.
  private mutating func setCancelled(_ row: JSONFields, wasOpen: Bool) {
    let code = row.text("cancelReason") ?? "UNKNOWN_ORDER_CANCEL_REASON"
    let isPostOnly = row.text("timeInForce") == "POST_ONLY"
    var isRefusal = false
    state = .cancelled
    switch code {
    case "UNKNOWN_ORDER_CANCEL_REASON": return
    case "USER_CANCELED": break
    case "EXPIRE_CANCELED": state = .expired
    case "COULD_NOT_FILL":
      reason = isPostOnly ? "post_only_cross" : "could_not_fill"
      isRefusal = isPostOnly
    case "MARGIN_NOT_ENOUGH": (reason, isRefusal) = ("no_margin", true)
    case "LIQUIDATE_CANCELED": reason = "liquidation"
    case "REDUCE_ONLY_CANCELED": (reason, isRefusal) = ("reduce_only", true)
    case "INTERNAL_FAILED", "SYSTEM_LIMIT_EVICTED":
      (reason, isRefusal) = (code.lowercased(), true)
    default: reason = code.lowercased()
    }
    venueCode = code
    let isAtOnce =
      if let created = row.integer("createdTime"), let updated = row.integer("updatedTime") {
        updated - created < 1_000
      } else {
        false
      }
    if isRefusal, isAtOnce, !wasOpen, filled?.isZero ?? true { state = .rejected }
  }

  private static func average(_ row: JSONFields) -> Decimal? {
    for (value, size) in [("cumMatchValue", "cumMatchSize"), ("cumFillValue", "cumFillSize")] {
      if let size = row.decimal(size), !size.isZero, let value = row.decimal(value) {
        return value.divided(by: size, scale: 18)?.trimmed
      }
    }
    return nil
  }

  /// Nil of rows that are cut short.
  private static func terms(_ row: JSONFields) -> OrderTerms? {
    guard let side = Side(edgeX: row.text("side")), let size = row.decimal("size"),
      let type = row.text("type").flatMap({ OrderType(rawValue: $0.lowercased()) })
    else { return nil }
    let timeInForce: TimeInForce =
      switch row.text("timeInForce") {
      case "IMMEDIATE_OR_CANCEL": .ioc
      case "FILL_OR_KILL": .fok
      default: .gtc
      }
    return OrderTerms(
      side: side, type: type, timeInForce: timeInForce,
      price: type.hasPrice ? row.decimal("price") : nil,
      stopPrice: type.hasStopPrice ? row.decimal("triggerPrice") : nil, size: size,
      isPostOnly: row.text("timeInForce") == "POST_ONLY",
      isReduceOnly: row.bool("reduceOnly") ?? false)
  }
}

extension FillReport {
  /// An execution. On the stream it may lack side and contract, which the order has.
  ///
  ///     {"id":"790…","contractId":"30000001","orderId":"790…","orderSide":"BUY",
  ///      "fillSize":"0.001","fillValue":"97.4445","fillFee":"0.017540","fillPrice":"97444.5",
  ///      "direction":"MAKER","matchTime":"1795132800982"}
  init?(
    edgeX row: JSONFields, of order: ShortText, _ known: EdgeXAccountEvents.Known?,
    _ contracts: EdgeXContracts, _ evidence: OrderEvidence, at now: Moment
  ) {
    let contract = row.text("contractId").flatMap { contracts[$0] }
    guard let symbol = contract?.symbol ?? known?.symbol,
      let side = Side(edgeX: row.text("orderSide")) ?? known?.side,
      let id = row.text("id").flatMap({ ShortText($0) }), let size = row.decimal("fillSize"),
      !size.isZero, let price = Self.price(row, size)
    else { return nil }
    let coin = row.text("coinId").flatMap { contracts.coins[$0] }
    self.init(
      symbol: symbol, orderID: order, name: known?.name, tradeID: id, side: side, price: price,
      size: size, fee: row.decimal("fillFee") ?? .zero,
      feeAsset: coin ?? String(symbol.description.split(separator: "-").dropFirst().first ?? ""),
      liquidity: row.text("direction") == "MAKER" ? .maker : .taker,
      isLiquidation: row.bool("isLiquidate") ?? false, evidence: evidence,
      venueTime: row.integer("matchTime").map { $0 * 1_000 }, received: now.wall)
  }

  /// "fillPrice is for display, rounded": the value is exact.
  private static func price(_ row: JSONFields, _ size: Decimal) -> Decimal? {
    let shown = row.decimal("fillPrice")
    guard let value = row.decimal("fillValue") else { return shown }
    if let shown, shown.multiplied(by: size) == value { return shown }
    return value.divided(by: size, scale: 18)?.trimmed
  }
}

extension PositionReport {
  /// A position; a short one has a negative size and a negative value.
  ///
  ///     {"contractId":"30000001","openSize":"-0.001","openValue":"-97.4445",
  ///      "updatedTime":"1795132800992"}
  init?(edgeX row: JSONFields, _ contracts: EdgeXContracts) {
    guard let contract = row.text("contractId").flatMap({ contracts[$0] }),
      let size = row.decimal("openSize")
    else { return nil }
    self.init(
      symbol: contract.symbol, size: size,
      entryPrice: row.decimal("openValue").flatMap { $0.divided(by: size, scale: 12)?.trimmed },
      venueTime: row.integer("updatedTime").map { $0 * 1_000 })
  }

  /// What the row of `positionAssetList` for the same contract has beside.
  mutating func complete(edgeX asset: JSONFields) {
    unrealizedPnL = asset.decimal("unrealizePnl")
    liquidationPrice = asset.decimal("liquidatePrice").flatMap { $0 > .zero ? $0 : nil }
  }
}

extension BalanceReport {
  /// A row of `collateralAssetModelList`.
  ///
  ///     {"coinId":"1000","totalEquity":"15.791238","initialMarginRequirement":"1.954688",
  ///      "orderFrozenAmount":"0","availableAmount":"13.836550"}
  init?(edgeX row: JSONFields, _ contracts: EdgeXContracts) {
    guard let coin = row.text("coinId"), let total = row.decimal("totalEquity"),
      let available = row.decimal("availableAmount")
    else { return nil }
    let margin = row.decimal("initialMarginRequirement")
    let frozen = row.decimal("orderFrozenAmount") ?? .zero
    self.init(
      asset: contracts.coins[coin] ?? coin, total: total, available: available,
      marginUsed: margin.flatMap { $0.adding(frozen) })
  }
}
