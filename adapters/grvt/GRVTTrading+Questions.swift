import PerpCore
import PerpVenue

// MARK: - Questions

extension GRVTTrading {
  /// Whether lists go by the beginning or the end of an order is not said: they are asked for from
  /// a little before. In microseconds.
  private static let slack: Int64 = 2_000_000

  mutating func write(
    _ question: AccountQuestion, page: String?, at now: Moment
  ) throws(TradingProblem) -> TradingQuery {
    guard let subAccount else { throw .expired("the account is not signed in") }
    func ask(_ route: String, _ members: (inout GRVTWriter) -> Void) -> TradingQuery {
      .request(
        post(hosts.trading, "v1/\(route)", isPrivate: true) { writer in
          writer.put(.subAccount, text: subAccount)
          members(&writer)
        })
    }
    func askRows(_ route: String, since: Int64) -> TradingQuery {
      let start = since.saturating(adding: clock.microseconds - Self.slack)
      return ask(route) { writer in
        writer.put(.instrumentKind, texts: ["PERPETUAL"])
        writer.put(.startTime, number: max(0, start) * 1_000)
        writer.put(.limit, integer: 1_000)
        if let page { writer.put(.cursor, text: page) }
      }
    }
    switch question {
    case .order(let order):
      guard order.orderID != nil || order.name != nil else { return .impossible }
      return ask("order") { writer in
        if let id = order.orderID {
          writer.put(.orderID, id)
        } else if let name = order.name {
          writer.put(.clientOrderID, name)
        }
      }
    case .openOrders: return ask("open_orders") { $0.put(.instrumentKind, texts: ["PERPETUAL"]) }
    case .history(let since): return askRows("order_history", since: since)
    case .fills(let since): return askRows("fill_history", since: since)
    case .positions: return ask("positions") { $0.put(.instrumentKind, texts: ["PERPETUAL"]) }
    case .balances: return ask("account_summary") { _ in }
    }
  }

  mutating func read(
    _ response: HTTPResponse, answering question: AccountQuestion, at now: Moment,
    into facts: inout [TradingFact]
  ) throws(TradingProblem) -> AnswerPage {
    if case .order = question, response.status == 404, error(in: response).code == "1004" {
      // It may be on its way still: that it is not found proves nothing alone.
      return AnswerPage()
    }
    guard response.status == 200 else { throw problem(response) }
    guard let fields = GRVTFields(response.body, encoding) else {
      throw .again("the answer about \(options.account) is no JSON object")
    }
    switch question {
    case .order, .balances:
      guard let result = fields.object(.result),
        let fact = fact(result, answering: question, at: now)
      else { throw .again("the answer about \(options.account) lacks what it must have") }
      facts.append(fact)
      return AnswerPage()
    case .openOrders, .history, .fills, .positions: break
    }
    guard let rows = fields.objects(.result) else { throw .again("the answer has no list") }
    for row in rows {
      guard let fact = fact(row, answering: question, at: now) else {
        throw .again("a row about \(options.account) lacks what it must have")
      }
      if case .position(let position) = fact, position.size.isZero { continue }
      facts.append(fact)
    }
    var page = AnswerPage(next: fields.text(.next).flatMap { $0.isEmpty ? nil : $0 })
    if case .history(let since) = question { page.covering = since...max(since, now.wall) }
    return page
  }

  private func fact(
    _ row: GRVTFields, answering question: AccountQuestion, at now: Moment
  ) -> TradingFact? {
    switch question {
    case .order: OrderReport(grvt: row, instruments, .restOrder, at: now).map { .order($0) }
    case .openOrders, .history:
      OrderReport(grvt: row, instruments, .restHistory, at: now).map { .order($0) }
    case .fills: FillReport(grvt: row, instruments, .restHistory, at: now).map { .fill($0) }
    case .positions: PositionReport(grvt: row, instruments).map { .position($0) }
    case .balances: BalanceReport(grvt: row).map { .balance($0) }
    }
  }
}
