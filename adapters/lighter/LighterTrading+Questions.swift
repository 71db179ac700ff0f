import PerpCore
import PerpVenue

// MARK: - Questions

extension LighterTrading {
  /// The page of the question about one order that asks by its client's index, where its
  /// transaction is void and not known.
  private static let byClientIndex = "client"
  private static let pageSize = 100

  mutating func write(
    _ question: AccountQuestion, page: String?, at now: Moment
  ) throws(TradingProblem) -> TradingQuery {
    renewToken(at: now)
    let account = "account_index=\(signer.account)"
    let cursor = page.map { "&cursor=\(LighterTransactionForm.encoded($0))" } ?? ""
    let path: String
    switch question {
    case .order(let order):
      guard let name = order.name else { return .impossible }
      if page == nil, let attempt = attempts[name] {
        path = "tx?by=hash&value=\(attempt.hash)"
      } else {
        path = "accountOrders?\(account)&client_order_indexes=\(name.string)"
      }
    case .openOrders: path = "accountActiveOrders?\(account)"
    case .history: path = "accountInactiveOrders?\(account)&limit=\(Self.pageSize)\(cursor)"
    case .fills:
      path = "trades?\(account)&sort_by=timestamp&sort_dir=desc&limit=\(Self.pageSize)\(cursor)"
    case .positions, .balances: path = "account?by=index&value=\(signer.account)"
    }
    return .request(get("/api/v1/\(path)", isPrivate: true))
  }

  mutating func read(
    _ response: HTTPResponse, answering question: AccountQuestion, at now: Moment,
    into facts: inout [TradingFact]
  ) throws(TradingProblem) -> AnswerPage {
    let fields = try? JSONFields(response.body.span.bytes)
    if case .order(let order) = question, response.status == 400 || response.status == 404 {
      return unknown(order, code: fields?.integer("code") ?? 0, at: now, into: &facts)
    }
    guard response.status == 200 else {
      if fields?.integer("code") == 20_013 { forgetToken() }
      throw problem(response)
    }
    guard let fields else { throw .again("the answer about \(options.account) is no JSON object") }
    switch question {
    case .order(let order) where fields.raw("hash") != nil:
      return try readTransaction(fields, of: order, at: now, into: &facts)
    case .order, .openOrders, .history:
      return try readOrders(fields, question, at: now, into: &facts)
    case .fills(let since): return try readFills(fields, since: since, at: now, into: &facts)
    case .positions, .balances:
      let row = fields.objects("accounts")?.first { $0.integer("index") == signer.account }
      guard let row else { throw .again("the answer does not have the account") }
      if question == .balances {
        if let report = BalanceReport(lighterAccount: row) { facts.append(.balance(report)) }
      } else {
        for position in row.objects("positions") ?? [] {
          guard let report = PositionReport(lighter: position, symbols), !report.size.isZero else {
            continue
          }
          facts.append(.position(report))
        }
      }
      return AnswerPage()
    }
  }

  private mutating func readOrders(
    _ fields: JSONFields, _ question: AccountQuestion, at now: Moment,
    into facts: inout [TradingFact]
  ) throws(TradingProblem) -> AnswerPage {
    // No list is written as null where nothing is in it.
    let rows = fields.raw("orders") == nil ? [] : fields.objects("orders")
    guard let rows else { throw .again("the answer has no orders") }
    var oldest = Int64.max
    for row in rows {
      guard let row = LighterOrderRow(row) else { throw .again("an order lacks its members") }
      oldest = min(oldest, row.updatedAt ?? row.time ?? .max)
      if let name = row.clientIndex { attempts[name] = nil }
      let evidence: OrderEvidence =
        if case .order = question { .restOrder } else { .restHistory }
      if let report = row.report(evidence, symbols, at: now) { facts.append(.order(report)) }
    }
    if case .order(let order) = question, rows.isEmpty, let name = order.name,
      let attempt = attempts[name], isVoid(attempt, at: now)
    {
      facts.append(.order(absence(of: order, name, .expiryPassed, at: now)))
    }
    guard case .history(let since) = question else { return AnswerPage() }
    // The latest first, by whole seconds.
    let isEnough = !rows.isEmpty && oldest < since - 1_000_000
    let next = fields.text("next_cursor").flatMap { $0.isEmpty ? nil : $0 }
    return AnswerPage(
      next: isEnough || rows.isEmpty ? nil : next, covering: since...max(since, now.wall))
  }

  private func readFills(
    _ fields: JSONFields, since: Int64, at now: Moment, into facts: inout [TradingFact]
  ) throws(TradingProblem) -> AnswerPage {
    let rows = fields.raw("trades") == nil ? [] : fields.objects("trades")
    guard let rows else { throw .again("the answer has no trades") }
    var oldest = Int64.max
    for row in rows {
      let reports = FillReport.reports(
        lighter: row, of: signer.account, .restHistory, symbols, at: now)
      let time = row.integer("transaction_time") ?? row.integer("timestamp").map { $0 * 1_000 }
      oldest = min(oldest, time ?? .max)
      facts += reports.map { .fill($0) }
    }
    let next = fields.text("next_cursor").flatMap { $0.isEmpty ? nil : $0 }
    return AnswerPage(next: rows.isEmpty || oldest < since ? nil : next)
  }

  // MARK: Transactions

  /// What came of the transaction that was to make the order: `event_info` is JSON in a text, and
  /// its member `ae`, if there was something to refuse, JSON in a text again.
  ///
  ///     {"code":200,"hash":"…","type":14,"status":2,
  ///      "event_info":"{…,\"ae\":\"{\\\"code\\\":21728,…}\"}",…}
  private mutating func readTransaction(
    _ fields: JSONFields, of order: OrderSubject, at now: Moment, into facts: inout [TradingFact]
  ) throws(TradingProblem) -> AnswerPage {
    guard let name = order.name,
      let event = fields.text("event_info").map({ Array($0.utf8) }), !event.isEmpty,
      let event = try? JSONFields(event.span.bytes), let verdict = event.text("ae")
    else { return AnswerPage() }
    attempts[name] = nil
    // It made the order, which is among those that are open or have ended.
    guard !verdict.isEmpty else { return AnswerPage() }
    let text = Array(verdict.utf8)
    guard let refusal = try? JSONFields(text.span.bytes), let code = refusal.integer("code") else {
      throw .again("the verdict on a transaction cannot be read")
    }
    // An order of the same name lives: what made it is not proven by this.
    guard code != 21_728 else { return AnswerPage() }
    facts.append(.order(rejection(of: order, name, code, refusal.text("message"), at: now)))
    return AnswerPage()
  }

  /// The venue does not know the transaction, or no order of this name. Both may come to be yet;
  /// but not where another transaction has used the number up, nor long after it was void.
  private mutating func unknown(
    _ order: OrderSubject, code: Int64, at now: Moment, into facts: inout [TradingFact]
  ) -> AnswerPage {
    guard code == 21_500, let name = order.name, let attempt = attempts[name] else {
      return AnswerPage()
    }
    guard attempt.isPassed else {
      return AnswerPage(next: isVoid(attempt, at: now) ? Self.byClientIndex : nil)
    }
    facts.append(.order(absence(of: order, name, .noncePassed, at: now)))
    return AnswerPage()
  }

  private func isVoid(_ attempt: Attempt, at now: Moment) -> Bool {
    venueTime(now) / 1_000 > attempt.expiredAt + Self.settlingTime
  }

  private mutating func absence(
    of order: OrderSubject, _ name: ShortText, _ evidence: OrderEvidence, at now: Moment
  ) -> OrderReport {
    attempts[name] = nil
    var report = rejection(of: order, name, nil, nil, at: now)
    (report.reason, report.evidence) = ("not_delivered", evidence)
    return report
  }

  private func rejection(
    of order: OrderSubject, _ name: ShortText, _ code: Int64?, _ message: String?, at now: Moment
  ) -> OrderReport {
    var report = OrderReport(
      symbol: order.symbol, orderID: nil, name: name, state: .rejected, filled: nil,
      evidence: .restOrder, received: now.wall)
    switch code {
    case 21_732, 21_738, 21_740: report.reason = "reduce_only"
    case 21_301, 21_507, 21_508, 21_739: report.reason = "no_margin"
    default: report.reason = "refused"
    }
    report.venueCode = code.map { "\($0)" }
    report.venueMessage = message.map { String($0.prefix(200)) }
    return report
  }
}
