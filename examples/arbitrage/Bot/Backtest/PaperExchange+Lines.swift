import PerpCore

// MARK: - The line protocol

extension PaperExchange {
  /// A bot's command, as one line. What it does not know it refuses.
  mutating func command(_ line: [UInt8], at now: Moment) {
    guard let command = try? JSONFields(line.span.bytes),
      let id = command.integer("id"), let method = command.text("method")
    else { return }
    let fields = command.object("params")
    switch method {
    case "subscribe": subscribe(id, fields, at: now)
    case "markets": tellMarkets(id, fields, at: now)
    case "positions": answer(id, "positions", positionLines(at: now), at: now)
    case "balances": answer(id, "balances", balanceLines(at: now), at: now)
    case "status": answer(id, "accounts", accountLines, at: now)
    case "orders": answer(id, "orders", working.map { orderLine($0, "status", now) }, at: now)
    case "arm": answer(id, at: now) { $0.put("armed_s", 0) }
    case "order.place": place(id, fields, at: now)
    case "order.query":
      guard let name = fields?.text("client_id"), orders[name] != nil else {
        return refuse(id, "unknown_order", "there is no such order", at: now)
      }
      let line = orderLine(name, "status", now)
      answer(id, at: now) {
        $0.put("order")
        $0.append(line)
      }
    case "order.cancel":
      guard let name = fields?.text("client_id"), working.contains(name) else {
        return refuse(id, "unknown_order", "there is no such order, or it has ended", at: now)
      }
      send(.cancel(name), at: now)
      answer(id, at: now) { $0.put("client_id", text: name) }
    case "order.cancel_all":
      let names = working.filter { name in
        fields?.listing == nil || orders[name]?.ticket.listing == fields?.listing
      }
      for name in names { send(.cancel(name), at: now) }
      answer(id, at: now) { $0.put("cancelling", Int64(names.count)) }
    default: refuse(id, "unsupported", "\(method) is not for backtests", at: now)
    }
  }

  private mutating func subscribe(_ id: Int64, _ fields: JSONFields?, at now: Moment) {
    let venues = fields?.texts("venues")
    let symbols = fields?.texts("symbols") ?? []
    let meant = tape.listings.filter { listing in
      venues?.contains(listing.venue) != false && symbols.contains(listing.symbol.description)
    }
    let topics = meant.flatMap { listing in
      (fields?.texts("channels") ?? []).map { Tape.Topic(listing: listing, channel: $0) }
    }
    guard !topics.isEmpty else {
      return refuse(id, "unknown_symbol", "the recording has no such market", at: now)
    }
    answer(id, at: now) { $0.put("subscribed", Int64(topics.count)) }
    subscribe(topics, at: now)
  }

  private mutating func tellMarkets(_ id: Int64, _ fields: JSONFields?, at now: Moment) {
    let venues = fields?.texts("venues")
    let symbols = fields?.texts("symbols")
    let meant = tape.listings.filter { listing in
      venues?.contains(listing.venue) != false
        && symbols?.contains(listing.symbol.description) != false
    }
    guard !meant.isEmpty else {
      return refuse(id, "unknown_symbol", "the recording has no such market", at: now)
    }
    answer(id, at: now) { $0.put("markets", Int64(meant.count)) }
    for listing in meant { say(marketLine(listing), at: now.monotonic) }
  }

  private mutating func place(_ id: Int64, _ fields: JSONFields?, at now: Moment) {
    guard let ticket = fields.flatMap({ OrderTicket($0) }) else {
      return refuse(id, "malformed", "no order", at: now)
    }
    guard let rules = tape.rules(ticket.listing) else {
      return refuse(id, "unknown_symbol", "the recording has no \(ticket.listing)", at: now)
    }
    guard orders[ticket.clientID] == nil else {
      return refuse(id, "duplicate_client_id", ticket.clientID, at: now)
    }
    let market = markets[ticket.listing]
    guard market?.isTradable == true || (ticket.isReduceOnly && market?.quote != nil) else {
      return refuse(id, "stale_market", "\(ticket.listing) has no fresh quote", at: now)
    }
    guard ticket.size.isMultiple(of: rules.lot), ticket.size > .zero else {
      return refuse(id, "bad_lot", "\(ticket.size) is not on the grid of \(rules.lot)", at: now)
    }
    guard ticket.price?.isMultiple(of: rules.tick) != false else {
      return refuse(id, "bad_tick", "the price is not on the grid of \(rules.tick)", at: now)
    }
    guard ticket.size >= rules.minSize else {
      return refuse(id, "below_min", "the least is \(rules.minSize)", at: now)
    }
    accept(ticket, at: now)
    answer(id, at: now) {
      $0.put("client_id", text: ticket.clientID)
      $0.put("status", text: OrderStatus.pending.rawValue)
    }
  }

  // MARK: Answers

  private mutating func answer(_ id: Int64, at now: Moment, _ write: (inout ByteBuffer) -> Void) {
    let text = object { text in
      text.put("id", id)
      text.put("result")
      text.append(object(write))
    }
    say(text, at: now.monotonic)
  }

  private mutating func answer(
    _ id: Int64, _ key: StaticString, _ objects: [[UInt8]], at now: Moment
  ) {
    answer(id, at: now) { text in
      text.put(key)
      text.append("[")
      for (index, object) in objects.enumerated() {
        if index > 0 { text.append(",") }
        text.append(object)
      }
      text.append("]")
    }
  }

  private mutating func refuse(_ id: Int64, _ reason: String, _ message: String, at now: Moment) {
    let text = object { text in
      text.put("id", id)
      text.put("error")
      text.append(
        object {
          $0.put("code", -32010)
          $0.put("message", text: message)
          $0.put("data")
          $0.append(object { $0.put("reason", text: reason) })
        })
    }
    say(text, at: now.monotonic)
  }

  // MARK: Lines

  var hello: [UInt8] {
    object { text in
      text.put("type", text: "hello")
      text.put("protocol", 1)
      text.put("mode", text: "paper")
      text.put("venues", list: balances.keys.sorted())
      text.put("role", text: "trade")
    }
  }

  private func marketLine(_ listing: Listing) -> [UInt8] {
    object { text in
      guard let rules = tape.rules(listing) else { return }
      text.begin("market", listing)
      text.put("tick_size", rules.tick)
      text.put("lot_size", rules.lot)
      text.put("min_size", rules.minSize)
      if let least = rules.minNotional { text.put("min_notional", least) }
      text.put("status", text: rules.status)
    }
  }

  private var accountLines: [[UInt8]] {
    balances.keys.sorted().map { venue in
      object {
        $0.put("venue", text: venue)
        $0.put("account", text: "main")
        $0.put("state", text: "live")
        $0.put("cause", text: "paper")
      }
    }
  }

  private func positionLines(at now: Moment) -> [[UInt8]] {
    let held = holdings.filter { !$0.value.size.isZero }.keys
    return held.sorted { $0.description < $1.description }.map { positionLine($0, now) }
  }

  private func positionLine(_ listing: Listing, _ now: Moment) -> [UInt8] {
    object { text in
      let held = holdings[listing] ?? CostBasis()
      text.begin("position", listing)
      text.put("size", held.size)
      if !held.size.isZero { text.put("entry_price", held.price) }
      text.put("ts", now.wall)
    }
  }

  private func balanceLines(at now: Moment) -> [[UInt8]] {
    balances.keys.sorted().map { balanceLine($0, now) }
  }

  private func balanceLine(_ venue: String, _ now: Moment) -> [UInt8] {
    object { text in
      text.put("type", text: "balance")
      text.put("venue", text: venue)
      text.put("account", text: "main")
      text.put("asset", text: "USD")
      text.put("total", balances[venue] ?? .zero)
      text.put("available", balances[venue] ?? .zero)
      text.put("ts", now.wall)
    }
  }

  private func orderLine(_ name: String, _ event: String, _ now: Moment) -> [UInt8] {
    object { text in
      guard let order = orders[name] else { return }
      text.begin("order", order.ticket.listing)
      text.put("client_id", text: name)
      text.put("order_id", text: "paper-\(order.number)")
      text.put("event", text: event)
      text.put("status", text: order.status.rawValue)
      text.put("side", text: order.ticket.side.rawValue)
      text.put("order_type", text: order.ticket.price == nil ? "market" : "limit")
      if let price = order.ticket.price { text.put("price", price) }
      text.put("size", order.ticket.size)
      text.put("filled", order.filled)
      text.put("remaining", order.remaining)
      if !order.filled.isZero { text.put("avg_price", order.value.over(order.filled)) }
      if let reason = order.reason { text.put("reason", text: reason) }
      if order.status.isFinal { text.put("evidence", text: "ws") }
      text.put("ts", now.wall)
    }
  }

  mutating func tellOrder(_ name: String, _ event: String, at now: Moment) {
    tell(orderLine(name, event, now), at: now)
  }

  /// The execution, the order that has it, and what the account has by it.
  mutating func tellFill(_ fill: PaperFill, _ order: Order, at now: Moment) {
    let listing = fill.ticket.listing
    let line = object { text in
      text.begin("fill", listing)
      text.put("trade_id", text: "paper-\(fill.number)")
      text.put("client_id", text: fill.ticket.clientID)
      text.put("order_id", text: "paper-\(order.number)")
      text.put("side", text: fill.ticket.side.rawValue)
      text.put("price", fill.price)
      text.put("size", fill.size)
      text.put("fee", fill.fee)
      text.put("fee_asset", text: "USD")
      text.put("liquidity", text: fill.isMaker ? "maker" : "taker")
      text.put("filled", order.filled)
      text.put("remaining", order.remaining)
      text.put("ts", now.wall)
    }
    tell(line, at: now)
    tellOrder(fill.ticket.clientID, "fill", at: now)
    tell(positionLine(listing, now), at: now)
    tellBalance(listing.venue, at: now)
  }

  mutating func tellBalance(_ venue: String, at now: Moment) {
    tell(balanceLine(venue, now), at: now)
  }

  private func object(_ write: (inout ByteBuffer) -> Void) -> [UInt8] {
    var text = ByteBuffer(capacity: 256)
    text.append("{")
    write(&text)
    text.append("}")
    return text.array
  }
}

extension ByteBuffer {
  fileprivate mutating func begin(_ type: String, _ listing: Listing) {
    put("type", text: type)
    put("venue", text: listing.venue)
    put("account", text: "main")
    put("symbol", text: listing.symbol.description)
  }
}
