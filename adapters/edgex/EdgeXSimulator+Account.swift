import PerpCore
import PerpSim
import PerpVenue

/// What the account can ask of itself ("Order API", "Account API").
extension EdgeXSimulator {
  private static let owner = EdgeXSimulatorDesk.owner

  mutating func look(
    _ path: String, _ request: HTTPRequest, at now: Moment
  ) throws(EdgeXSimulatorFailure) -> HTTPResponse {
    var query: [String: String] = [:]
    for (name, value) in EdgeXSimulatorGate.query(request) { query[name] = value }
    func names(_ name: String) -> [String] {
      (query[name] ?? "").split(separator: ",").map(String.init)
    }
    switch path {
    case "account/getAccountById":
      return answer(at: now) { [self] in writeAccount(to: &$0) }
    case "account/getAccountAsset":
      return answer(at: now) { [self] in writeAsset(at: now, to: &$0) }
    case "account/getCollateralByCoinId":
      return answer(at: now) { [self] text in
        text.list([0]) { _, text in writeCollateral(at: now, to: &text) }
      }
    case "account/getPositionByContractId":
      let wanted = names("contractIdList")
      let rows = positions.filter { wanted.contains(markets[$0.market].contract.string) }
      return answer(at: now) { [self] text in text.list(rows) { write($0, to: &$1) } }
    case "order/getOrderById":
      return list(names("orderIdList").compactMap { exchange.order(named: $0) }, at: now)
    case "order/getOrderByClientOrderId":
      let orders = names("clientOrderIdList").compactMap {
        exchange.order(client: $0, of: Self.owner)
      }
      return list(orders, at: now)
    case "order/getActiveOrderPage":
      let orders = exchange.openOrders(of: Self.owner).reversed().filter { matches($0, query) }
      return try page(orders, query, most: 200, at: now) { simulator, order, text in
        simulator.row(of: order)?.write(to: &text)
      }
    case "order/getHistoryOrderPage":
      let orders = exchange.history(of: Self.owner).filter { matches($0, query) }
        .sorted { $0.number > $1.number }
      return try page(orders, query, most: 100, at: now) { simulator, order, text in
        simulator.row(of: order)?.write(to: &text)
      }
    case "order/getHistoryOrderFillTransactionPage":
      let fills = (exchange.accounts[Self.owner]?.fills ?? []).reversed().filter {
        matches($0, query)
      }
      return try page(fills, query, most: 100, at: now) { $0.write($1, to: &$2) }
    case "account/getCollateralTransactionPage", "account/getPositionTransactionPage",
      "account/getPositionTermPage":
      return try page([Int](), query, most: 100, at: now) { _, _, _ in }
    default: return HTTPResponse(status: 404)
    }
  }

  /// What changes no orders.
  mutating func set(
    _ path: String, _ fields: JSONFields, at now: Moment
  ) throws(EdgeXSimulatorFailure) -> HTTPResponse {
    guard let index = fields.text("contractId").flatMap({ ShortText($0) }).flatMap({ indexes[$0] })
    else { throw .parameter("invalid contractId") }
    switch path {
    case "order/getMaxCreateOrderSize":
      let (ask, bid) = (markets[index].market.bestAsk, markets[index].market.bestBid)
      let lot = markets[index].market.profile.lot
      let margin = exchange.balance(of: Self.owner, at: now.wall)?.available ?? .zero
      let leverage = exchange.position(of: Self.owner, market: index)?.leverage ?? Decimal(1)
      let size = fields.decimal("price").flatMap { price in
        margin.multiplied(by: leverage)?.divided(by: price, scale: Int(lot.scale))
      }
      return answer(at: now) { text in
        text.append("{")
        text.put("maxBuySize", size ?? .zero)
        text.put("maxSellSize", size ?? .zero)
        text.put("ask1Price", ask?.price ?? .zero)
        text.put("bid1Price", bid?.price ?? .zero)
        text.append("}")
      }
    case "account/updateLeverageSetting":
      guard exchange.openOrders(of: Self.owner, market: index).isEmpty else {
        throw EdgeXSimulatorFailure(
          "ACCOUNT_UPDATE_LEVERAGE_FAILED_ORDER", "the contract has open orders")
      }
      guard let leverage = fields.decimal("leverage"),
        exchange.setLeverage(leverage, of: Self.owner, market: index)
      else { throw .parameter("invalid leverage") }
      return answer(at: now) { $0.append("null") }
    default: return HTTPResponse(status: 404)
    }
  }

  // MARK: Lists and pages

  private mutating func list(_ orders: [ExchangeOrder], at now: Moment) -> HTTPResponse {
    let rows = orders.compactMap { row(of: $0) }
    return answer(at: now) { $0.list(rows) { $0.write(to: &$1) } }
  }

  private mutating func page<Row>(
    _ rows: [Row], _ query: [String: String], most: Int, at now: Moment,
    _ write: (EdgeXSimulator, Row, inout ByteBuffer) -> Void
  ) throws(EdgeXSimulatorFailure) -> HTTPResponse {
    let size = query["size"].map { Int($0) ?? 0 } ?? most
    guard (1...most).contains(size) else { throw .pageSize }
    let start = min(max(0, query["offsetData"].flatMap { Int($0, radix: 36) } ?? 0), rows.count)
    let end = min(start + min(size, desk.pageRows), rows.count)
    let simulator = self
    return answer(at: now) { text in
      text.append(#"{"dataList":"#)
      text.list(Array(rows[start..<end])) { write(simulator, $0, &$1) }
      text.put("nextPageOffsetData", text: end < rows.count ? String(end, radix: 36) : "")
      text.append("}")
    }
  }

  private func matches(_ order: ExchangeOrder, _ query: [String: String]) -> Bool {
    let status = row(of: order)?.status ?? ""
    return Self.allows(query, "filterContractIdList", markets[order.market].contract.string)
      && Self.allows(query, "filterTypeList", desk.orders[order.number]?.type ?? "")
      && Self.allows(query, "filterStatusList", status)
      && Self.allows(query, "filterOrderIdList", order.name)
      && Self.isWithin(query, order.createdAt)
  }

  private func matches(_ fill: ExchangeFill, _ query: [String: String]) -> Bool {
    Self.allows(query, "filterContractIdList", markets[fill.market].contract.string)
      && Self.allows(query, "filterOrderIdList", fill.orderName)
      && Self.isWithin(query, fill.time)
  }

  private static func allows(_ query: [String: String], _ name: String, _ value: String) -> Bool {
    let wanted = (query[name] ?? "").split(separator: ",")
    return wanted.isEmpty || wanted.contains(value[...])
  }

  /// "0" is no bound; `time` in microseconds.
  private static func isWithin(_ query: [String: String], _ time: Int64) -> Bool {
    let start = query["filterStartCreatedTimeInclusive"].flatMap { Int64($0) } ?? 0
    let end = query["filterEndCreatedTimeExclusive"].flatMap { Int64($0) } ?? 0
    return time / 1_000 >= start && (end == 0 || time / 1_000 < end)
  }

  // MARK: Rows

  func writeAccount(to text: inout ByteBuffer) {
    text.append("{")
    text.put("id", text: EdgeXSimulatedAccount.accountID)
    text.put("userId", text: EdgeXSimulatedAccount.userID)
    text.put("clientAccountId", text: "main")
    text.put("isSystemAccount", false)
    text.put("createOrderPerMinuteLimit", Int64(0))
    text.put("createOrderDelayMillis", Int64(0))
    text.put("status", text: "NORMAL")
    text.put("isLiquidating", false)
    text.put("createdTime", text: "1790000000000")
    text.put("updatedTime", text: "1790000000000")
    text.append("}")
  }

  /// "legacyAmount = amount + sum(openValue)": what is paid for positions is not in the amount.
  func writeCollateral(at now: Moment, to text: inout ByteBuffer) {
    let legacy = exchange.accounts[Self.owner]?.balance ?? .zero
    let amount = positions.reduce(legacy) { $0.subtracting($1.cost) ?? $0 }
    text.append("{")
    EdgeXSimulatorDesk.putOwner(to: &text)
    text.put("amount", amount.trimmed)
    text.put("legacyAmount", legacy)
    text.put("cumDepositAmount", exchange.rules.startingCollateral)
    for name: StaticString in ["cumWithdrawAmount", "cumTransferInAmount", "cumTransferOutAmount"] {
      text.put(name, text: "0")
    }
    text.put("cumPositionBuyAmount", desk.bought.negated)
    text.put("cumPositionSellAmount", desk.sold)
    text.put("cumFillFeeAmount", desk.paid.negated)
    text.put("cumFundingFeeAmount", text: "0")
    text.put("cumFillFeeIncomeAmount", text: "0")
    text.put("createdTime", text: "1790000000000")
    text.put("updatedTime", milliseconds: now.wall)
    text.append("}")
  }

  func write(_ position: ExchangePosition, to text: inout ByteBuffer) {
    text.append("{")
    EdgeXSimulatorDesk.putOwner(to: &text)
    text.put("contractId", text: markets[position.market].contract.string)
    text.put("openSize", position.size)
    text.put("openValue", position.cost)
    text.put("openFee", position.fees.negated)
    text.put("fundingFee", text: "0")
    text.put("longTermCount", Int64(position.size > .zero ? 1 : 0))
    text.put("shortTermCount", Int64(position.size.isNegative ? 1 : 0))
    text.put("createdTime", milliseconds: position.openedAt)
    text.put("updatedTime", milliseconds: position.updatedAt)
    text.append("}")
  }

  func write(_ fill: ExchangeFill, to text: inout ByteBuffer) {
    text.append("{")
    text.put("id", text: "\(796_000_000_000_000_000 + fill.number * 15_485)")
    EdgeXSimulatorDesk.putOwner(to: &text)
    text.put("contractId", text: markets[fill.market].contract.string)
    text.put("orderId", text: fill.orderName)
    text.put("orderSide", text: fill.side == .buy ? "BUY" : "SELL")
    text.put("fillSize", fill.size)
    text.put("fillValue", fill.price.multiplied(by: fill.size)?.trimmed)
    text.put("fillFee", fill.fee)
    text.put("fillPrice", fill.price)
    text.put("liquidateFee", text: "0")
    text.put("realizePnl", fill.realizedPnL.subtracting(fill.fee))
    text.put("direction", text: fill.liquidity == .maker ? "MAKER" : "TAKER")
    text.put("isLiquidate", fill.isLiquidation)
    for name: StaticString in ["isPositionTpsl", "isDeleverage", "isWithoutMatch"] {
      text.put(name, false)
    }
    text.put("matchSequenceId", text: "\(fill.number)")
    text.put("matchIndex", Int64(fill.execution))
    text.put("matchTime", milliseconds: fill.time)
    text.put("matchFillId", text: desk.trades[fill.number]?.string ?? "")
    text.put("censorStatus", text: "CENSOR_SUCCESS")
    text.put("createdTime", milliseconds: fill.time)
    text.put("updatedTime", milliseconds: fill.time)
    text.append("}")
  }

  private func writeAsset(at now: Moment, to text: inout ByteBuffer) {
    let open = positions.filter { !$0.size.isZero }
    text.append(#"{"account":"#)
    writeAccount(to: &text)
    text.put("collateralList")
    text.list([0]) { _, text in writeCollateral(at: now, to: &text) }
    text.put("positionList")
    text.list(open) { write($0, to: &$1) }
    text.put("version", text: "\(desk.version)")
    text.put("positionAssetList")
    text.list(open) { writeAsset(of: $0, to: &$1) }
    text.put("collateralAssetModelList")
    text.list([exchange.balance(of: Self.owner, at: now.wall)].compactMap { $0 }) {
      Self.write($0, to: &$1)
    }
    text.append(#","oraclePriceList":[]}"#)
  }

  private func writeAsset(of position: ExchangePosition, to text: inout ByteBuffer) {
    let value = position.mark.multiplied(by: position.size) ?? .zero
    text.append("{")
    EdgeXSimulatorDesk.putOwner(to: &text)
    text.put("contractId", text: markets[position.market].contract.string)
    text.put("positionValue", value)
    text.put("maxLeverage", position.leverage)
    text.put("avgEntryPrice", position.entryPrice ?? .zero)
    text.put("liquidatePrice", text: "0")
    text.put("bankruptPrice", text: "0")
    text.put("unrealizePnl", position.unrealizedPnL)
    text.put("termRealizePnl", position.realizedPnL)
    text.put("totalRealizePnl", position.realizedPnL)
    text.append("}")
  }

  private static func write(_ balance: ExchangeBalance, to text: inout ByteBuffer) {
    text.append("{")
    EdgeXSimulatorDesk.putOwner(to: &text)
    text.put("totalEquity", balance.equity)
    text.put("initialMarginRequirement", balance.marginUsed)
    text.put("pendingWithdrawAmount", text: "0")
    text.put("pendingTransferOutAmount", text: "0")
    text.put("orderFrozenAmount", text: "0")
    text.put("availableAmount", balance.available)
    text.append("}")
  }
}
