import PerpCore
import PerpSim
import PerpVenue

/// Requests about the account, and those that change something ("Order API").
extension EdgeXSimulator {
  private static let changes: Set<String> = [
    "order/createOrder", "order/cancelOrderById", "order/cancelOrderByClientOrderId",
    "order/cancelAllOrder",
  ]

  mutating func answerAccount(
    _ id: RequestID, _ request: HTTPRequest, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    let path = String(request.path.dropFirst((generation.path + "/private/").count))
    do throws(EdgeXSimulatorFailure) {
      let isPost = request.method == .post
      let body =
        isPost
        ? try EdgeXSimulatorGate.text(ofBody: request.body)
        : EdgeXSimulatorGate.text(ofQuery: request)
      try desk.gate.check(
        request, headers: request.fields, body: body, at: publishedTime(now) / 1_000)
      guard desk.mayAsk(at: now) else { throw .limited }
      let fields = isPost ? try? JSONFields(request.body.span.bytes) : nil
      let account =
        isPost
        ? fields?.text("accountId")
        : EdgeXSimulatorGate.query(request).first { $0.name == "accountId" }?.value
      guard account == EdgeXSimulatedAccount.accountID else {
        throw EdgeXSimulatorFailure("INVALID_ACCOUNT_ID", "invalid accountId", status: 400)
      }
      if let fields, Self.changes.contains(path) {
        carryOut(path, fields, id, at: now, into: &actions)
      } else {
        let response =
          if let fields { try set(path, fields, at: now) } else { try look(path, request, at: now) }
        actions.append(.respond(id, response))
      }
    } catch {
      actions.append(.respond(id, failure(error, at: now)))
    }
  }

  /// Does what is asked, unless a fault has it otherwise.
  private mutating func carryOut(
    _ path: String, _ fields: JSONFields, _ id: RequestID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    let fate = desk.faults.draw()
    var result = Consequences()
    var response: HTTPResponse
    do throws(EdgeXSimulatorFailure) {
      response =
        path == "order/createOrder"
        ? try create(fields, isReal: fate.takesEffect, at: now, into: &result)
        : cancel(path, fields, isReal: fate.takesEffect, at: now, into: &result)
    } catch {
      response = failure(error, at: now)
    }
    switch fate.answer {
    case .own, .success, .none: break
    case .status(429): response = failure(.limited, at: now)
    // Somebody between has answered.
    case .status(let status): response = HTTPResponse(status: status)
    }
    let reports = tell(result, at: now).map { EdgeXSimulatorDesk.Delivery.report($0) }
    var deliveries: [EdgeXSimulatorDesk.Delivery] = []
    fate.deliver(
      answer: fate.answer == .none ? [] : [.action(.respond(id, response))], reports: reports,
      at: now, holding: &desk.held, into: &deliveries)
    deliver(deliveries, at: now, into: &actions)
  }

  // MARK: Creating

  /// "This is acceptance only: the order then appears on the private stream."
  private mutating func create(
    _ fields: JSONFields, isReal: Bool, at now: Moment, into result: inout Consequences
  ) throws(EdgeXSimulatorFailure) -> HTTPResponse {
    let order = try EdgeXSimulatorOrder(fields)
    guard let index = ShortText(order.contract).flatMap({ indexes[$0] }) else {
      throw EdgeXSimulatorFailure(
        "GATEWAY_INVALID_CONTRACT_ID", "invalid contractId : \(order.contract)", status: 400)
    }
    try EdgeXSimulatorSignature.check(
      order, as: generation, signer: desk.signer, at: publishedTime(now) / 1_000)
    let placement = OrderPlacement(
      account: EdgeXSimulatorDesk.owner, market: index, clientID: order.clientID,
      terms: order.terms, expiry: (Int64(order.expireTime) ?? 0).microseconds,
      delay: desk.orderDelay)
    try checkBand(of: order.terms, index)
    let name: String
    if isReal {
      // Known before the first event of the order is told.
      desk.orders[exchange.nextNumber] = order
      do throws(ExchangeCause) {
        let number = try exchange.place(
          placement, in: &markets[index].market, at: now, into: &result)
        name = exchange.orders[number]?.name ?? ""
      } catch { throw EdgeXSimulatorFailure(error) }
      forgetOldOrders()
    } else {
      name = exchange.ignore(placement, at: now).name
    }
    return answer(at: now) { text in
      text.append("{")
      text.put("orderId", text: name)
      text.append("}")
    }
  }

  /// "Buy at most oracle x (1 + maxOrderBuyPriceRatio), sell at least oracle x (1 -
  /// minOrderSellPriceRatio)": only what is worse than the market is refused.
  private func checkBand(of terms: OrderTerms, _ index: Int) throws(EdgeXSimulatorFailure) {
    guard let price = terms.price, !terms.type.hasStopPrice else { return }
    let oracle = markets[index].market.markPrice
    let factor = Decimal(mantissa: terms.side == .buy ? 12 : 8, scale: 1)
    guard let bound = oracle.multiplied(by: factor) else { return }
    if terms.side == .buy ? price > bound : price < bound {
      throw .parameter("price is beyond \(bound)")
    }
  }

  /// What the exchange does not know any more.
  private mutating func forgetOldOrders() {
    guard desk.orders.count > 12_000 else { return }
    desk.orders = desk.orders.filter { exchange.orders[$0.key] != nil }
  }

  // MARK: Cancelling

  /// The envelope says success, whatever became of each order.
  private mutating func cancel(
    _ path: String, _ fields: JSONFields, isReal: Bool, at now: Moment,
    into result: inout Consequences
  ) -> HTTPResponse {
    var results: [(name: String, result: String)] = []
    switch path {
    case "order/cancelOrderById":
      for id in fields.texts("orderIdList") ?? [] {
        results.append(
          (id, cancel(exchange.order(named: id), isReal: isReal, at: now, into: &result)))
      }
    case "order/cancelOrderByClientOrderId":
      for id in fields.texts("clientOrderIdList") ?? [] {
        let order = exchange.order(client: id, of: EdgeXSimulatorDesk.owner)
        results.append((id, cancel(order, isReal: isReal, at: now, into: &result)))
      }
    default:
      for order in exchange.openOrders(of: EdgeXSimulatorDesk.owner) where matches(order, fields) {
        results.append((order.name, cancel(order, isReal: isReal, at: now, into: &result)))
      }
    }
    return answer(at: now) { text in
      text.append(#"{"cancelResultMap":{"#)
      for (place, entry) in results.enumerated() {
        if place > 0 { text.append(",") }
        text.append(json: entry.name)
        text.append(":")
        text.append(json: entry.result)
      }
      text.append("}}")
    }
  }

  private mutating func cancel(
    _ order: ExchangeOrder?, isReal: Bool, at now: Moment, into result: inout Consequences
  ) -> String {
    guard let order else { return "FAILED_ORDER_NOT_FOUND" }
    switch order.status {
    case .filled: return "FAILED_ORDER_FILLED"
    case .cancelled, .rejected, .expired: return "SUCCESS_ORDER_CANCELED"
    case .pending, .untriggered, .open: break
    }
    guard isReal else { return "SUCCESS" }
    do throws(ExchangeCause) {
      try exchange.cancel(
        order.number, of: EdgeXSimulatorDesk.owner, in: &markets[order.market].market, at: now,
        into: &result)
    } catch {
      // It has ended in this very moment.
      return exchange.orders[order.number]?.status == .filled
        ? "FAILED_ORDER_FILLED" : "SUCCESS_ORDER_CANCELED"
    }
    return "SUCCESS"
  }

  /// "Every filter optional".
  private func matches(_ order: ExchangeOrder, _ fields: JSONFields) -> Bool {
    func allows(_ name: String, _ value: String) -> Bool {
      guard let wanted = fields.texts(name), !wanted.isEmpty else { return true }
      return wanted.contains(value)
    }
    let status =
      switch order.status {
      case .pending: "PENDING"
      case .untriggered: "UNTRIGGERED"
      default: "OPEN"
      }
    return allows("filterContractIdList", markets[order.market].contract.string)
      && allows("filterCoinIdList", "1000")
      && allows("filterOrderTypeList", desk.orders[order.number]?.type ?? "")
      && allows("filterOrderStatusList", status)
  }
}

extension Int64 {
  /// Milliseconds as microseconds.
  fileprivate var microseconds: Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: 1_000)
    return overflow ? .max : product
  }
}
