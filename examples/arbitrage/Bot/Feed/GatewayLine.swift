import PerpCore

/// A line of the gateway, as far as bots care. (`PROTOCOL.md`, sections 3 to 6)
package enum GatewayLine: Sendable {
  case hello(Hello)
  case quote(Listing, Quote)
  case trade(TradeLine)
  case book(BookLine)
  case stream(Listing, channel: String, state: String, cause: String)
  case market(Listing, MarketRules)
  case funding(FundingLine)
  case order(OrderLine)
  case fill(FillLine)
  case position(PositionLine)
  case balance(BalanceLine)
  case account(venue: String, state: String, cause: String)
  case error(reason: String, message: String, venue: String?)
  case reply(Int, JSONFields)
  case refusal(Int, Refusal)
  case bye(reason: String)
  /// Of a kind that this version does not know, or does not need.
  case other(String)

  package struct Hello: Equatable, Sendable {
    package var mode: String
    package var role: String?
    package var venues: [String]
  }

  /// Why the gateway did not do what it was told.
  package struct Refusal: Equatable, Sendable {
    /// One word of the protocol's list, such as `below_min`.
    package var reason: String
    package var message: String
  }

  /// `text` is one JSON object, with or without its LF.
  package init(_ text: [UInt8]) throws(JSONError) {
    let line = try JSONFields(text.span.bytes)
    guard let type = line.text("type") else {
      self = try Self.answer(line, length: text.count)
      return
    }
    guard let known = Self.event(type, line) else {
      throw JSONError(cause: .missingMember, offset: text.count)
    }
    self = known
  }

  private static func answer(_ line: JSONFields, length: Int) throws(JSONError) -> GatewayLine {
    guard let id = line.integer("id").flatMap({ Int(exactly: $0) }) else {
      throw JSONError(cause: .missingMember, offset: length)
    }
    if let result = line.object("result") { return .reply(id, result) }
    let error = line.object("error")
    let reason = error?.object("data")?.text("reason") ?? error?.text("code") ?? "malformed"
    return .refusal(id, Refusal(reason: reason, message: error?.text("message") ?? ""))
  }

  /// Nil of a line of a known type that lacks what it must have.
  private static func event(_ type: String, _ line: JSONFields) -> GatewayLine? {
    switch type {
    case "hello":
      line.text("mode").map {
        .hello(Hello(mode: $0, role: line.text("role"), venues: line.texts("venues") ?? []))
      }
    case "bbo": quote(line)
    case "trade": TradeLine(line).map { .trade($0) }
    case "book": BookLine(line).map { .book($0) }
    case "stream":
      line.listing.flatMap { listing in
        guard let channel = line.text("channel"), let state = line.text("state") else { return nil }
        return .stream(listing, channel: channel, state: state, cause: line.text("cause") ?? "")
      }
    case "market": market(line)
    case "funding": FundingLine(line).map { .funding($0) }
    case "order": OrderLine(line).map { .order($0) }
    case "fill": FillLine(line).map { .fill($0) }
    case "position": PositionLine(line).map { .position($0) }
    case "balance": BalanceLine(line).map { .balance($0) }
    case "account":
      line.text("venue").map {
        .account(venue: $0, state: line.text("state") ?? "down", cause: line.text("cause") ?? "")
      }
    case "error":
      .error(
        reason: line.text("reason") ?? "unknown", message: line.text("message") ?? "",
        venue: line.text("venue"))
    case "bye": .bye(reason: line.text("reason") ?? "")
    default: .other(type)
    }
  }

  /// An empty side is a price of zero: such a quote is not sound.
  private static func quote(_ line: JSONFields) -> GatewayLine? {
    guard let listing = line.listing, let received = line.integer("recv_ts") else { return nil }
    return .quote(
      listing,
      Quote(
        bid: line.decimal("bid") ?? .zero, ask: line.decimal("ask") ?? .zero,
        bidSize: line.decimal("bid_size") ?? .zero, askSize: line.decimal("ask_size") ?? .zero,
        received: received, flags: line.texts("flags") ?? []))
  }

  private static func market(_ line: JSONFields) -> GatewayLine? {
    guard let listing = line.listing, let tick = line.decimal("tick_size"),
      let lot = line.decimal("lot_size"), let least = line.decimal("min_size")
    else { return nil }
    return .market(
      listing,
      MarketRules(
        tick: tick, lot: lot, minSize: least, minNotional: line.decimal("min_notional"),
        status: line.text("status") ?? "open", maxLeverage: line.decimal("max_leverage")))
  }
}

extension JSONFields {
  /// The market a line is about.
  var listing: Listing? {
    guard let venue = text("venue"), let symbol = text("symbol").flatMap({ Symbol($0) })
    else { return nil }
    return Listing(venue, symbol)
  }
}
