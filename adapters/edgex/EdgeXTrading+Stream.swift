import PerpCore
import PerpVenue

/// Orders as the stream and the lists have told of them: what rows of fills and of ended orders
/// leave out.
struct EdgeXAccountEvents: Sendable {
  struct Known: Equatable, Sendable {
    var symbol: Symbol
    var side: Side
    var name: ShortText?
    /// It was in the book.
    var wasOpen = false
  }

  private static let capacity = 10_000

  /// Of what was applied last; nil before the first on a connection.
  private var version: Int64?
  private var known: [ShortText: Known] = [:]
  private var recent = RecentSet<ShortText>(capacity: Self.capacity)

  /// A connection is open.
  mutating func begin() { version = nil }

  /// False for what is older than what was applied. "A jump is not proven to be a loss": what is
  /// open is looked at anyway, again and again.
  mutating func take(version new: Int64, isSnapshot: Bool) -> Bool {
    if let version, !isSnapshot, new <= version { return false }
    version = new
    return true
  }

  subscript(id: ShortText) -> Known? { known[id] }

  mutating func note(_ id: ShortText, _ order: Known) {
    if let old = recent.insert(id) { known[old] = nil }
    let wasOpen = known[id]?.wasOpen ?? false
    known[id] = order
    known[id]?.wasOpen = wasOpen || order.wasOpen
  }
}

extension EdgeXTrading {
  /// Groups of a private event that tell nothing that is told here. What is in `collateral` is no
  /// balance: balances are asked for.
  private static let quietGroups: Set<String> = [
    "account", "collateral", "collateralTransaction", "positionTransaction", "deposit", "withdraw",
    "transferIn", "transferOut",
  ]

  mutating func read(
    _ message: RawSpan, isBinary: Bool, at now: Moment, into facts: inout [TradingFact]
  ) throws(TradingProblem) {
    guard !isBinary, let fields = try? JSONFields(message), let type = fields.text("type") else {
      throw .again("a message is no JSON object with a type")
    }
    switch type {
    case "ping":
      let time = fields.text("time").flatMap { ShortText($0) } ?? ShortText()
      facts.append(.send(EdgeXRequest.beat("pong", time: time)))
    case "connected", "pong": break
    case "trade-event":
      guard let content = fields.object("content") else { throw .again("an event has no content") }
      try readEvent(content, at: now, into: &facts)
    case "error":
      let content = fields.object("content")
      let code = content?.text("code") ?? "error"
      let text = "\(code) \(shown(content?.text("msg") ?? ""))"
      if ["AUTH", "SIGNATURE", "API_KEY"].contains(where: code.contains) {
        throw .credentials("the private stream is refused: \(text)")
      }
      throw .expired("the private stream is refused: \(text)")
    default: facts.append(.unknown(channel: "private", path: "type", sample: type))
    }
  }

  /// ("Private WebSocket".) Any event may carry any group.
  ///
  ///     {"event":"ORDER_UPDATE","version":916,"time":1773833120269,"accountId":0,
  ///      "data":{"order":[…],"orderFillTransaction":[…],"position":[…],"collateral":[…]}}
  private mutating func readEvent(
    _ content: JSONFields, at now: Moment, into facts: inout [TradingFact]
  ) throws(TradingProblem) {
    let isSnapshot = content.text("event") == "Snapshot"
    guard let version = content.integer("version"), let data = content.object("data") else {
      throw .again("an event has no version or no data")
    }
    guard events.take(version: version, isSnapshot: isSnapshot) else { return }
    func rows(_ group: String) throws(TradingProblem) -> [JSONFields] {
      guard data.raw(group) != nil else { return [] }
      if let rows = data.objects(group) { return rows }
      throw .again("\(group) of an event is no list")
    }
    // Orders are read first, and fills are told first: their rows lack what those of orders have.
    var orders: [TradingFact] = []
    for row in try rows("order") { orders.append(.order(try order(row, .webSocket, at: now))) }
    for row in try rows("orderFillTransaction") {
      // One of an order that was never seen is found in the list of fills.
      if let fill = fill(row, .webSocket, at: now) { facts.append(.fill(fill)) }
    }
    facts += orders
    for row in try rows("position") {
      guard let contracts, let position = PositionReport(edgeX: row, contracts) else {
        throw .again("a position of an event lacks what it must have")
      }
      facts.append(.position(position))
    }
    for name in data.names
    where !Self.quietGroups.contains(name)
      && !["order", "orderFillTransaction", "position"].contains(name)
    {
      facts.append(.unknown(channel: "private", path: name, sample: ""))
    }
    if isSnapshot { facts.append(.standing) }
  }

  /// Reads an order and remembers it.
  mutating func order(
    _ row: JSONFields, _ evidence: OrderEvidence, at now: Moment
  ) throws(TradingProblem) -> OrderReport {
    guard let contracts, let id = row.text("id").flatMap({ ShortText($0) }),
      let report = OrderReport(
        edgeX: row, contracts, evidence, wasOpen: events[id]?.wasOpen ?? false, at: now)
    else { throw .again("an order lacks its id, contract or status") }
    if let side = Side(edgeX: row.text("side")) {
      events.note(
        id,
        EdgeXAccountEvents.Known(
          symbol: report.symbol, side: side, name: report.name, wasOpen: report.state == .working))
    }
    return report
  }

  func fill(_ row: JSONFields, _ evidence: OrderEvidence, at now: Moment) -> FillReport? {
    guard let contracts, let order = row.text("orderId").flatMap({ ShortText($0) }) else {
      return nil
    }
    return FillReport(edgeX: row, of: order, events[order], contracts, evidence, at: now)
  }
}
