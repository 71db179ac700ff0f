import PerpCore

/// One line of the ledger: what a bot means to do before it does it, and what came of it. A file of
/// these lines is all that a bot remembers. (C-14)
package enum LedgerRecord: Equatable, Sendable {
  /// Two orders that belong together, before either is sent.
  case trade(TradeRecord)
  /// One more order of a trade, before it is sent.
  case order(trade: Int64, OrderTicket)
  /// How an order of a trade came out.
  case result(trade: Int64, LegResult)
  /// The trade is over; `net` is what is left unhedged, in base units.
  case outcome(trade: Int64, TradeOutcome, net: Decimal, at: Int64)
  /// What a pair was paid at a settlement of one venue, in quote units, negative of what it has
  /// paid: as venues tell rates, not as they book it.
  case funding(pair: Int64, Decimal, at: Int64)

  /// All positions were closed, at microseconds since the epoch: pairs that were held are no more.
  case flattened(at: Int64)
  /// All positions are being closed; a run that is killed meanwhile leaves that to the next.
  case closing(at: Int64)
  case closed(at: Int64)

  package struct TradeRecord: Equatable, Sendable {
    /// Milliseconds since the epoch, made unique.
    package var id: Int64
    package var direction: String
    package var first: OrderTicket
    package var second: OrderTicket
    /// Positions of both markets before it, in base units.
    package var positions: [Decimal]
    /// The pair it opens, which has its own number, or closes; nil where pairs are not followed.
    package var pair: Int64?
    package var style = LegStyle.takerTaker

    /// What leaves first. A second order that follows the first is named and sized when it leaves:
    /// until then it tells the market and the side alone.
    var tickets: [OrderTicket] { style == .takerTaker ? [first, second] : [first] }
  }

  package enum TradeOutcome: String, CaseIterable, Sendable {
    /// Both legs are filled.
    case booked
    /// What stood alone was undone.
    case unwound
    /// Nothing was filled.
    case nothing
    /// Something is left that could be neither undone nor made up for.
    case residual
  }

  /// LF included.
  package var line: [UInt8] {
    var text = ByteBuffer(capacity: 512)
    text.append("{")
    switch self {
    case .trade(let record):
      text.put("kind", text: "trade")
      text.put("trade", record.id)
      text.put("direction", text: record.direction)
      if let pair = record.pair { text.put("pair", pair) }
      if record.style != .takerTaker { text.put("style", text: record.style.rawValue) }
      text.put("positions", list: record.positions.map(\.description))
      text.put("orders")
      text.append("[")
      text.append(object: record.first)
      text.append(",")
      text.append(object: record.second)
      text.append("]")
    case .order(let trade, let ticket):
      text.put("kind", text: "order")
      text.put("trade", trade)
      text.put("order")
      text.append(object: ticket)
    case .result(let trade, let result):
      text.put("kind", text: "result")
      text.put("trade", trade)
      text.put(result)
    case .outcome(let trade, let outcome, let net, let at):
      text.put("kind", text: "outcome")
      text.put("trade", trade)
      text.put("outcome", text: outcome.rawValue)
      text.put("net", net)
      text.put("at", at)
    case .funding(let pair, let amount, let at):
      text.put("kind", text: "funding")
      text.put("trade", pair)
      text.put("amount", amount)
      text.put("at", at)
    case .flattened(let at):
      text.put("kind", text: "flattened")
      text.put("at", at)
    case .closing(let at):
      text.put("kind", text: "closing")
      text.put("at", at)
    case .closed(let at):
      text.put("kind", text: "closed")
      text.put("at", at)
    }
    text.append("}\n")
    return text.array
  }

  /// Those that are of no trade.
  private static func moment(_ kind: String?, _ at: Int64) -> LedgerRecord? {
    switch kind {
    case "flattened": .flattened(at: at)
    case "closing": .closing(at: at)
    case "closed": .closed(at: at)
    default: nil
    }
  }

  /// Nil of a line that is none: what a crash left half written, or another program's.
  package init?(line: [UInt8]) {
    guard let object = try? JSONFields(line.span.bytes) else { return nil }
    if let at = object.integer("at"), let record = Self.moment(object.text("kind"), at) {
      self = record
      return
    }
    guard let trade = object.integer("trade") else { return nil }
    switch object.text("kind") {
    case "trade":
      guard let tickets = object.objects("orders")?.compactMap({ OrderTicket($0) }),
        tickets.count == 2, let direction = object.text("direction"),
        let positions = object.texts("positions")?.compactMap({ Decimal($0) }),
        positions.count == 2
      else { return nil }
      self = .trade(
        TradeRecord(
          id: trade, direction: direction, first: tickets[0], second: tickets[1],
          positions: positions, pair: object.integer("pair"),
          style: object.text("style").flatMap { LegStyle(rawValue: $0) } ?? .takerTaker))
    case "order":
      guard let ticket = object.object("order").flatMap({ OrderTicket($0) }) else { return nil }
      self = .order(trade: trade, ticket)
    case "result":
      guard let result = LegResult(object) else { return nil }
      self = .result(trade: trade, result)
    case "outcome":
      guard let outcome = object.text("outcome").flatMap({ TradeOutcome(rawValue: $0) }),
        let net = object.decimal("net"), let at = object.integer("at")
      else { return nil }
      self = .outcome(trade: trade, outcome, net: net, at: at)
    case "funding":
      guard let amount = object.decimal("amount"), let at = object.integer("at") else { return nil }
      self = .funding(pair: trade, amount, at: at)
    default: return nil
    }
  }
}

extension ByteBuffer {
  fileprivate mutating func append(object ticket: OrderTicket) {
    append("{")
    ticket.write(into: &self)
    append("}")
  }

  fileprivate mutating func put(_ result: LegResult) {
    put("client_id", text: result.clientID)
    put("state", text: result.state.rawValue)
    put("requested", result.requested)
    put("filled", result.filled)
    if let price = result.averagePrice { put("avg_price", price) }
    put("fee", result.fee)
    if let asset = result.feeAsset { put("fee_asset", text: asset) }
    if let liquidity = result.liquidity { put("liquidity", text: liquidity) }
    if let id = result.orderID { put("order_id", text: id) }
    if let error = result.error { put("error", text: error) }
  }
}

extension LegResult {
  fileprivate init?(_ object: JSONFields) {
    guard let id = object.text("client_id"), let requested = object.decimal("requested"),
      let state = object.text("state").flatMap({ State(rawValue: $0) }),
      let filled = object.decimal("filled")
    else { return nil }
    self.init(requested: requested, clientID: id)
    (self.state, self.filled) = (state, filled)
    averagePrice = object.decimal("avg_price")
    fee = object.decimal("fee") ?? .zero
    feeAsset = object.text("fee_asset")
    liquidity = object.text("liquidity")
    orderID = object.text("order_id")
    error = object.text("error")
  }
}
