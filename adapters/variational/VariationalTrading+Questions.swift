import PerpCore
import PerpVenue

// MARK: - Questions

extension VariationalTrading {
  /// Times of the venue may differ a little from what we make of ours. In microseconds.
  private static let slack: Int64 = 2_000_000
  private static let rows = 100
  private static let positionsPage = "positions"
  private static let portfolio = "/portfolio?compute_margin=true"

  /// When an order that was recorded at a time of ours may have come to be, at the earliest.
  func earliest(_ ours: Int64) -> Int64 {
    venueTime(ours).saturating(adding: -Self.slack)
  }

  /// A page of a list of one status, or of any, from so many rows on; written `cleared:100`.
  struct Page: Equatable, Sendable {
    var status: VariationalOrder.Status?
    var offset = 0

    init(_ status: VariationalOrder.Status?, offset: Int = 0) {
      self.status = status
      self.offset = offset
    }

    init?(_ text: String) {
      let parts = text.split(separator: ":")
      guard parts.count == 2, let offset = Int(parts[1]) else { return nil }
      self.init(VariationalOrder.Status(rawValue: String(parts[0])), offset: offset)
    }

    var text: String { "\(status?.rawValue ?? "any"):\(offset)" }
  }

  /// What is being read page by page.
  enum List: Hashable, Sendable {
    case order(OrderKey)
    case openOrders, history, fills
    /// Positions, and then what is pending: orders of others are told by nobody else.
    case positions
  }

  struct Reading: Sendable {
    /// Nil of the positions that a fill has led to.
    var page: Page?
    /// When its first page was asked for, in microseconds since the epoch.
    var began: Int64
    var rows: [VariationalOrder] = []
  }

  /// Only `status=pending` is in a source. A venue that does not know the other words refuses them:
  /// then nothing is proven. What is pending comes first, so that no row slips through on its way
  /// to another list.
  ///
  /// Whether a list without a status has all is not said either: what is found in it is there, and
  /// what is not is looked for in the others.
  private static func statuses(of list: List) -> [VariationalOrder.Status?] {
    switch list {
    case .order: [nil, .pending, .cleared, .rejected, .canceled]
    case .openOrders, .positions: [.pending]
    case .history: [.pending, .cleared, .rejected, .canceled]
    case .fills: [.cleared]
    }
  }

  private static func list(of question: AccountQuestion) -> List? {
    switch question {
    case .order(let order): .order(order.key)
    case .openOrders: .openOrders
    case .history: .history
    case .fills: .fills
    case .positions: .positions
    case .balances: nil
    }
  }

  mutating func write(
    _ question: AccountQuestion, page: String?, at now: Moment
  ) throws(TradingProblem) -> TradingQuery {
    if let bar { throw .barred(bar) }
    guard let list = Self.list(of: question) else { return .request(get(Self.portfolio)) }
    if page == Self.positionsPage || (question == .positions && page == nil) {
      readings[list] = Reading(page: nil, began: now.wall)
      return .request(get("/positions"))
    }
    let first = Page(Self.statuses(of: list)[0])
    let asked = page.flatMap(Page.init) ?? first
    if page == nil { readings[list] = Reading(page: first, began: now.wall) }
    readings[list]?.page = asked
    var path = "/orders/v2?" + (asked.status.map { "status=\($0.rawValue)&" } ?? "")
    switch question {
    case .order(let order):
      guard order.orderID != nil else {
        admit(order)
        readings[list] = nil
        return .impossible
      }
      path += "instrument=\(VariationalInstrument.key(String(order.symbol.base)))&"
      if case .own = order.key { path += "created_at_gte=\(time(order.placed.wall))&" }
    case .history(let since), .fills(let since): path += "created_at_gte=\(time(since))&"
    case .openOrders, .positions, .balances: break
    }
    path += "order_by=created_at&order=desc&limit=\(Self.rows)&offset=\(asked.offset)"
    return .request(get(path))
  }

  /// Without its id an order is found in lists alone. Of an earlier run's nothing is known yet.
  private mutating func admit(_ order: OrderSubject) {
    guard case .own(let id) = order.key, !claims.isKnown(id), let terms = order.terms else {
      return
    }
    claims.sent(
      id, order.symbol, terms, from: earliest(order.placed.wall),
      until: venueTime(order.placed.wall), isAwaited: false)
  }

  private func time(_ ours: Int64) -> String { VariationalTime.text(max(0, earliest(ours))) }

  // MARK: Answers

  mutating func read(
    _ response: HTTPResponse, answering question: AccountQuestion, at now: Moment,
    into facts: inout [TradingFact]
  ) throws(TradingProblem) -> AnswerPage {
    let list = Self.list(of: question)
    if case .order(let order) = question, let list, readings[list]?.page == nil {
      readings[list] = nil
      readPosition(response, of: order.symbol, into: &facts)
      return AnswerPage()
    }
    if response.status == 400, let list, let page = readings[list]?.page, page.status == nil {
      return AnswerPage(next: Page(Self.statuses(of: list)[1]).text)
    }
    guard response.status == 200, !response.isRefusalOfClient else {
      let problem = problem(response)
      // Signing in anew tells what the matter is.
      if case .barred(let text) = problem { throw .expired(text) }
      throw problem
    }
    if let list, readings[list]?.page != nil {
      return try readOrders(response, question, list, at: now, into: &facts)
    }
    if question == .positions {
      guard let reports = Self.positions(response) else {
        throw .again("the positions of \(options.account) cannot be read")
      }
      for report in reports where !report.size.isZero { facts.append(.position(report)) }
      return AnswerPage(next: Page(.pending).text)
    } else {
      guard let fields = try? JSONFields(response.body.span.bytes),
        let report = BalanceReport(variational: fields)
      else { throw .again("the portfolio of \(options.account) lacks what it must have") }
      facts.append(.balance(report))
    }
    return AnswerPage()
  }

  /// What a fill has led to; a regular look makes up for what cannot be read.
  private mutating func readPosition(
    _ response: HTTPResponse, of symbol: Symbol, into facts: inout [TradingFact]
  ) {
    guard response.status == 200, let reports = Self.positions(response) else {
      _ = problem(response)
      return
    }
    let none = PositionReport(symbol: symbol, size: .zero, entryPrice: nil)
    facts.append(.position(reports.first { $0.symbol == symbol } ?? none))
  }

  /// Nil for what is no list of positions; those of other instruments are left out.
  private static func positions(_ response: HTTPResponse) -> [PositionReport]? {
    JSONFields.list(response.body)?.compactMap { PositionReport(variational: $0) }
  }

  private mutating func readOrders(
    _ response: HTTPResponse, _ question: AccountQuestion, _ list: List, at now: Moment,
    into facts: inout [TradingFact]
  ) throws(TradingProblem) -> AnswerPage {
    // "Either a bare array or an object."
    let found =
      JSONFields.list(response.body)
      ?? (try? JSONFields(response.body.span.bytes))?.objects("result")
    guard let found else { throw .again("the answer about orders has no list") }
    guard var reading = readings[list], let page = reading.page else { return AnswerPage() }
    for row in found where VariationalOrder.isPerpetual(row) {
      guard let order = VariationalOrder(row) else {
        throw .again("a row about an order lacks what it must have")
      }
      reading.rows.append(order)
    }
    readings[list] = reading
    if case .order(let order) = question,
      let row = reading.rows.last(where: { $0.id == order.orderID })
    {
      append(row, .restOrder, to: &facts)
      return AnswerPage(next: row.fill == nil ? nil : Self.positionsPage)
    }
    if found.count == Self.rows, page.status != nil {
      return AnswerPage(next: Page(page.status, offset: page.offset + Self.rows).text)
    }
    let statuses = Self.statuses(of: list)
    if let place = statuses.firstIndex(of: page.status), place + 1 < statuses.count {
      return AnswerPage(next: Page(statuses[place + 1]).text)
    }
    readings[list] = nil
    return conclude(reading, question, into: &facts)
  }

  /// All pages are there.
  private mutating func conclude(
    _ reading: Reading, _ question: AccountQuestion, into facts: inout [TradingFact]
  ) -> AnswerPage {
    // One order may have been in two lists, the later one last.
    var latest: [ShortText: VariationalOrder] = [:]
    for row in reading.rows { latest[row.id] = row }
    let rows = latest.values.sorted { ($0.createdAt ?? 0, $0.id) < ($1.createdAt ?? 0, $1.id) }
    var owners: [ShortText: ClientOrderID] = [:]
    if case .history = question { owners = claims.resolve(rows) }
    var isWhole = true
    for row in rows {
      if owners[row.id] == nil, claims.mayBeOurs(row) {
        isWhole = false
        continue
      }
      append(row, .restHistory, of: owners[row.id], to: &facts)
    }
    guard case .history(let since) = question, isWhole else { return AnswerPage() }
    return AnswerPage(covering: since...max(since, reading.began))
  }

  private func append(
    _ row: VariationalOrder, _ evidence: OrderEvidence, of owner: ClientOrderID? = nil,
    to facts: inout [TradingFact]
  ) {
    if let fill = row.fill { facts.append(.fill(fill)) }
    facts.append(.order(row.report(evidence, of: owner)))
  }
}
