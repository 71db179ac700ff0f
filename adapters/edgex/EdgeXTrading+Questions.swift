import PerpCore
import PerpVenue

// MARK: - Questions

extension EdgeXTrading {
  /// Lists go by when orders and fills were made: they are asked for from a little before. In
  /// microseconds.
  private static let slack: Int64 = 2_000_000
  /// "A time range may not exceed 90 days": in microseconds, with a day to spare.
  private static let longest: Int64 = 89 * 86_400_000_000

  mutating func write(
    _ question: AccountQuestion, page: String?, at now: Moment
  ) throws(TradingProblem) -> TradingQuery {
    func list(_ path: String, since: Int64) -> TradingQuery {
      let start = since.saturating(adding: clock.microseconds - Self.slack)
      let first = max(start, venueTime(now) - Self.longest) / 1_000
      return .request(
        get(
          path,
          [
            "size": "100", "offsetData": page ?? "", "filterStartCreatedTimeInclusive": "\(first)",
          ], at: now))
    }
    switch question {
    case .order(let order):
      if let id = order.orderID {
        return .request(get("order/getOrderById", ["orderIdList": id.string], at: now))
      }
      guard let name = order.name else { return .impossible }
      return .request(
        get("order/getOrderByClientOrderId", ["clientOrderIdList": name.string], at: now))
    case .openOrders:
      return .request(
        get("order/getActiveOrderPage", ["size": "200", "offsetData": page ?? ""], at: now))
    case .history(let since): return list("order/getHistoryOrderPage", since: since)
    case .fills(let since):
      return list("order/getHistoryOrderFillTransactionPage", since: since)
    case .positions, .balances: return .request(get("account/getAccountAsset", at: now))
    }
  }

  mutating func read(
    _ response: HTTPResponse, answering question: AccountQuestion, at now: Moment,
    into facts: inout [TradingFact]
  ) throws(TradingProblem) -> AnswerPage {
    let answer = EdgeXAnswer(response)
    if case .order = question, answer.saysNotFound {
      // It may be on its way still: that it is not found proves nothing alone.
      return AnswerPage()
    }
    guard answer.isSuccess else { throw problem(answer, response) }
    switch question {
    case .order:
      guard let rows = answer.list else { throw .again("the answer about an order is no list") }
      for row in rows { facts.append(.order(try order(row, .restOrder, at: now))) }
      return AnswerPage()
    case .positions, .balances:
      guard let asset = answer.object, let contracts else {
        throw .again("the answer about \(options.account) is no object")
      }
      facts += try Self.holdings(asset, contracts, answering: question)
      return AnswerPage()
    case .openOrders, .history, .fills: break
    }
    guard let data = answer.object, let rows = data.objects("dataList") else {
      throw .again("the answer about \(options.account) has no dataList")
    }
    for row in rows {
      if case .fills = question {
        guard let fill = fill(row, .restHistory, at: now) else {
          throw .again("a fill lacks what it must have")
        }
        facts.append(.fill(fill))
      } else {
        facts.append(.order(try order(row, .restHistory, at: now)))
      }
    }
    let next = data.text("nextPageOffsetData").flatMap { $0.isEmpty ? nil : $0 }
    var page = AnswerPage(next: next)
    if case .history(let since) = question { page.covering = since...max(since, now.wall) }
    return page
  }

  private static func holdings(
    _ asset: JSONFields, _ contracts: EdgeXContracts, answering question: AccountQuestion
  ) throws(TradingProblem) -> [TradingFact] {
    if question == .balances {
      guard let rows = asset.objects("collateralAssetModelList") else {
        throw .again("the account has no collateralAssetModelList")
      }
      let balances = rows.compactMap { BalanceReport(edgeX: $0, contracts) }
      if balances.count < rows.count { throw .again("a balance lacks what it must have") }
      return balances.map { .balance($0) }
    }
    guard let rows = asset.objects("positionList") else {
      throw .again("the account has no positionList")
    }
    let details = asset.objects("positionAssetList") ?? []
    var facts: [TradingFact] = []
    for row in rows {
      guard var position = PositionReport(edgeX: row, contracts) else {
        throw .again("a position lacks what it must have")
      }
      if position.size.isZero { continue }
      let name = row.text("contractId")
      if let detail = details.first(where: { $0.text("contractId") == name }) {
        position.complete(edgeX: detail)
      }
      facts.append(.position(position))
    }
    return facts
  }
}
