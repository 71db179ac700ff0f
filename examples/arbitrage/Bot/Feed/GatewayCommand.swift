import PerpCore

/// What a bot asks of the gateway. (`PROTOCOL.md`, sections 6 and 7)
package enum GatewayCommand: Equatable, Sendable {
  /// `depth`: of books so many levels on each side.
  case subscribe(Listing, channels: [String] = ["bbo"], depth: Int? = nil)
  case markets(Listing)
  case allMarkets(venues: [String])
  case positions
  case balances
  case status
  case place(OrderTicket)
  case cancel(String)
  /// Cancels what this client has open on a market, or all that the account has.
  case cancelAll(Listing, wholeAccount: Bool = false)
  case query(String)
  /// What is open at a venue.
  case orders(venue: String)
  case arm(confirm: String)

  /// One line, LF included; `id` comes back with the answer.
  package func line(id: Int) -> [UInt8] {
    var text = ByteBuffer(capacity: 256)
    text.append("{")
    text.put("id", Int64(id))
    text.put("method", text: method)
    text.put("params")
    text.append("{")
    writeParameters(into: &text)
    text.append("}}\n")
    return text.array
  }

  private var method: String {
    switch self {
    case .subscribe: "subscribe"
    case .markets, .allMarkets: "markets"
    case .positions: "positions"
    case .balances: "balances"
    case .status: "status"
    case .place: "order.place"
    case .cancel: "order.cancel"
    case .cancelAll: "order.cancel_all"
    case .query: "order.query"
    case .orders: "orders"
    case .arm: "arm"
    }
  }

  private func writeParameters(into text: inout ByteBuffer) {
    switch self {
    case .subscribe(let listing, let channels, let depth):
      text.put("channels", list: channels)
      text.put("symbols", list: [listing.symbol.description])
      text.put("venues", list: [listing.venue])
      if let depth { text.put("depth", Int64(depth)) }
    case .allMarkets(let venues): text.put("venues", list: venues)
    case .markets(let listing):
      text.put("symbols", list: [listing.symbol.description])
      text.put("venues", list: [listing.venue])
    case .positions, .balances, .status: break
    case .place(let ticket): ticket.write(into: &text)
    case .cancel(let id), .query(let id): text.put("client_id", text: id)
    case .cancelAll(let listing, let wholeAccount):
      text.put("venue", text: listing.venue)
      text.put("symbol", text: listing.symbol.description)
      if wholeAccount { text.put("scope", text: "account") }
    case .orders(let venue): text.put("venue", text: venue)
    case .arm(let confirm): text.put("confirm", text: confirm)
    }
  }
}

/// An order as it is sent, and kept in the ledger before that.
package struct OrderTicket: Equatable, Sendable {
  package var listing: Listing
  package var clientID: String
  package var side: Side
  /// In base units.
  package var size: Decimal
  /// Nil of a market order.
  package var price: Decimal?
  package var timeInForce: TimeInForce?
  package var isPostOnly = false
  package var isReduceOnly = false
  /// Of market orders, hundredths of a percent.
  package var maxSlippage: Int?

  package init(
    _ listing: Listing, clientID: String, side: Side, size: Decimal, price: Decimal? = nil,
    timeInForce: TimeInForce? = nil, isReduceOnly: Bool = false, maxSlippage: Int? = nil
  ) {
    (self.listing, self.clientID, self.side, self.size) = (listing, clientID, side, size)
    (self.price, self.timeInForce) = (price, timeInForce)
    (self.isReduceOnly, self.maxSlippage) = (isReduceOnly, maxSlippage)
  }

  /// It stands until it is filled or cancelled; otherwise its end comes by itself.
  var mayRest: Bool { price != nil && timeInForce == nil }

  /// The members of `order.place`, into an object that is open.
  func write(into text: inout ByteBuffer) {
    text.put("venue", text: listing.venue)
    text.put("symbol", text: listing.symbol.description)
    text.put("client_id", text: clientID)
    text.put("side", text: side.rawValue)
    text.put("order_type", text: price == nil ? "market" : "limit")
    text.put("size", size)
    if let price { text.put("price", price) }
    if let timeInForce { text.put("tif", text: timeInForce.rawValue) }
    if isPostOnly { text.put("post_only", true) }
    if isReduceOnly { text.put("reduce_only", true) }
    if let maxSlippage { text.put("max_slippage_bps", Int64(maxSlippage)) }
  }

  /// Reads what `write` wrote.
  package init?(_ object: JSONFields) {
    guard let listing = object.listing, let id = object.text("client_id"),
      let side = object.text("side").flatMap({ Side(rawValue: $0) }),
      let size = object.decimal("size")
    else { return nil }
    self.init(
      listing, clientID: id, side: side, size: size, price: object.decimal("price"),
      timeInForce: object.text("tif").flatMap { TimeInForce(rawValue: $0) },
      isReduceOnly: object.bool("reduce_only") ?? false,
      maxSlippage: object.integer("max_slippage_bps").map { Int($0) })
    isPostOnly = object.bool("post_only") ?? false
  }
}

extension ByteBuffer {
  mutating func put(_ key: StaticString, _ value: Bool) {
    put(key)
    append(value ? "true" : "false")
  }

  mutating func put(_ key: StaticString, list: [String]) {
    put(key)
    append("[")
    for (index, text) in list.enumerated() {
      if index > 0 { append(",") }
      append(json: text)
    }
    append("]")
  }
}
