import PerpCore
import PerpVenue

// MARK: - Commands about orders

extension Gateway {
  /// Who waits for what becomes of a command to an account.
  enum Errand {
    case reply(ClientID, id: String, OrderKey)
    case batch(BatchReply, Int, OrderKey)
    case succession(Succession, OrderKey)
    /// Nobody: the gateway's own.
    case own
    /// The gateway's end.
    case release

    /// The order it is about.
    var key: OrderKey? {
      switch self {
      case .reply(_, _, let key), .batch(_, _, let key), .succession(_, let key): key
      case .own, .release: nil
      }
    }
  }

  /// The answers to the orders of a batch, which is answered once all are there.
  final class BatchReply {
    let client: ClientID
    let id: String
    var results: [[UInt8]]
    var missing: Int

    init(_ client: ClientID, id: String, count: Int) {
      (self.client, self.id, missing) = (client, id, count)
      results = Array(repeating: [], count: count)
    }
  }

  func carryOutOrder(
    _ command: Command, _ id: String, for client: Client, at now: Moment
  ) {
    do throws(Refusal) {
      switch command {
      case .place(let placement): try place(placement, id, for: client, at: now)
      case .batch(let placements): try place(placements, id, for: client, at: now)
      case .cancel(let order):
        let (account, key) = try find(order, for: client)
        abandon(key, in: account, "\(key) was to be cancelled", at: now)
        send(.cancel(key), to: account, .reply(client.id, id: id, key))
      case .modify(let change): try modify(change, id, for: client, at: now)
      case .query(let order):
        let (account, key) = try find(order, for: nil)
        send(.look(key), to: account, .own)
        reply(to: client, id, at: now) { $0.put(order: account.orders[key]!) }
      case .cancelAll(let filter):
        try requireTrader(client)
        let count = cancelAll(filter, for: client, at: now)
        reply(to: client, id, at: now) { $0.put("cancelling", Int64(count)) }
      case .orders(let filter): try tellOrders(filter, id, to: client, at: now)
      case .positions(let filter): try tellPositions(filter, id, to: client, at: now)
      case .balances(let filter): try tellBalances(filter, id, to: client, at: now)
      case .accountLimits(let filter): try tellLimits(filter, id, to: client, at: now)
      case .arm(let confirmation): try arm(confirmation, id, for: client, at: now)
      case .disarm:
        try requireTrader(client)
        armedUntil = nil
        reply(to: client, id, at: now) { _ in }
      case .panic(let flatten): try panic(flatten, id, for: client, at: now)
      default: preconditionFailure("no command about orders")
      }
    } catch {
      refuse(client, id, error, at: now)
    }
  }

  func requireTrader(_ client: Client) throws(Refusal) {
    guard client.role == .trade else {
      throw Refusal(Refusal.refused, "auth", "this client may read, not trade")
    }
  }

  // MARK: Place

  private func place(
    _ placement: Command.Placement, _ id: String, for client: Client, at now: Moment
  ) throws(Refusal) {
    let (account, intent) = try judge(placement, for: client, at: now)
    claim(placement, intent, in: account, for: client, at: now)
    send(.place(intent), to: account, .reply(client.id, id: id, .own(intent.clientID)))
  }

  private func place(
    _ placements: [Command.Placement], _ id: String, for client: Client, at now: Moment
  ) throws(Refusal) {
    try requireTrader(client)
    let batch = BatchReply(client.id, id: id, count: placements.count)
    for (index, placement) in placements.enumerated() {
      do throws(Refusal) {
        let (account, intent) = try judge(placement, for: client, at: now)
        claim(placement, intent, in: account, for: client, at: now)
        send(.place(intent), to: account, .batch(batch, index, .own(intent.clientID)))
      } catch {
        counters.refusals += 1
        settle(batch, index, Self.result(.own(placement.clientID), error), at: now)
      }
    }
  }

  func claim(
    _ placement: Command.Placement, _ intent: OrderIntent, in account: TradingAccount,
    for client: Client, at now: Moment
  ) {
    let expires = placement.lifetime.map { now.monotonic + $0 }
    if let expires { mustWake(by: expires) }
    account.claim(.own(intent.clientID), for: client.id, expires: expires)
  }

  /// The order as it goes out, or why it may not.
  func judge(
    _ placement: Command.Placement, for client: Client, at now: Moment
  ) throws(Refusal) -> (TradingAccount, OrderIntent) {
    try requireTrader(client)
    let account = try account(placement.account, at: placement.venue)
    let market = try market(placement.symbol, at: placement.venue)
    let intent = OrderIntent(
      clientID: placement.clientID, symbol: market.symbol, terms: placement.terms)
    // What was asked for before has its answer, whatever is allowed now.
    if account.orders[.own(placement.clientID)] != nil { return (account, intent) }
    try requireOpenDoors(for: placement.terms, at: now)
    guard !account.isStoppedForLoss(at: now.wall) || intent.terms.isReduceOnly else {
      throw Refusal(
        Refusal.refused, "max_loss",
        "\(account.id) has lost \(orderLimits.maxDailyLoss) today; only what reduces is placed")
    }
    guard take(orderOf: account, at: now) else {
      throw Refusal(
        Refusal.refused, "rate_limited",
        "\(account.id) has placed \(orderLimits.ordersPerMinute) orders within a minute")
    }
    do throws(OrderRefusal) {
      let situation = situation(of: intent, in: account, market, at: now)
      let judged = try OrderGate(limits: orderLimits)
        .judge(intent, slippage: placement.slippage, in: situation)
      return (account, judged)
    } catch {
      throw Refusal(error)
    }
  }

  private func situation(
    of intent: OrderIntent, in account: TradingAccount, _ market: Market, at now: Moment
  ) -> OrderGate.Situation {
    let topic = watch(intent.symbol, at: account.id.venue)
    var situation = OrderGate.Situation(market: market)
    if topic.state == .live, case .bbo(let quote) = topic.newest { situation.quote = quote }
    situation.age = now.monotonic - min(topic.lastData ?? 0, now.monotonic)
    situation.openOrders = account.live.count
    situation.exposure = account.exposure(of: intent.symbol, intent.terms.side)
    return situation
  }

  /// The quotes of a market somebody trades are read for as long as we live.
  func watch(_ symbol: Symbol, at venue: VenueID) -> SharedTopic {
    let name = VenueTopic(venue, Topic(.bbo, symbol))
    let topic = topics[name] ?? SharedTopic(name)
    if topics[name] == nil {
      topics[name] = topic
      actions.append(.subscribe(venue, [name.topic]))
    }
    topic.isWatched = true
    return topic
  }

  private func modify(
    _ change: Command.Modification, _ id: String, for client: Client, at now: Moment
  ) throws(Refusal) {
    let (account, key) = try find(change.order, for: client)
    guard case .own(let clientID) = key, let entry = account.orders[key],
      var terms = entry.update.terms
    else {
      throw Refusal(Refusal.refused, "unknown_order", "only orders placed here can be changed")
    }
    try requireOpenDoors(for: terms, at: now)
    let market = try market(.symbol(entry.update.symbol), at: account.id.venue)
    terms.price = change.price ?? terms.price
    terms.size = change.size ?? terms.size
    var intent = OrderIntent(clientID: clientID, symbol: entry.update.symbol, terms: terms)
    do throws(OrderRefusal) {
      var situation = situation(of: intent, in: account, market, at: now)
      // The order itself is among what works already.
      situation.exposure = situation.exposure?.subtracting(entry.update.remaining ?? .zero)
      situation.openOrders -= 1
      intent = try OrderGate(limits: orderLimits).judge(intent, slippage: nil, in: situation)
    } catch {
      throw Refusal(error)
    }
    if let newID = change.newID {
      return try supersede(
        entry, key, by: terms, as: newID, in: account, id, for: client, at: now)
    }
    send(
      .replace(clientID, price: change.price, size: change.size), to: account,
      .reply(client.id, id: id, key))
  }

  // MARK: Finding

  func account(_ name: String?, at venue: VenueID) throws(Refusal) -> TradingAccount {
    let there = accounts.values.filter { $0.id.venue == venue }.sorted { $0.id.name < $1.id.name }
    guard let name else {
      if there.count == 1 { return there[0] }
      guard there.isEmpty else {
        let names = there.map(\.id.name).joined(separator: ", ")
        throw Refusal(Refusal.invalidParams, "\(venue) has several accounts: \(names); name one")
      }
      throw Refusal(
        Refusal.refused, "auth", "there is no account at \(venue): give its credentials first")
    }
    if let account = there.first(where: { $0.id.name == name }) { return account }
    let names = there.map(\.id.name).joined(separator: ", ")
    throw Refusal(
      Refusal.refused, "auth",
      "\(venue) has no account '\(name)'; there \(there.isEmpty ? "are none" : "is \(names)")")
  }

  private func market(_ name: MarketName, at venue: VenueID) throws(Refusal) -> Market {
    guard let known = markets[venue] else {
      throw Refusal(Refusal.refused, "venue_down", "the markets of \(venue) are not known yet")
    }
    switch name.resolve(in: known, of: venue) {
    case .success(let symbols) where symbols.count == 1: return known[symbols[0]]!
    case .success:
      throw Refusal(Refusal.refused, "unknown_symbol", "an order is of one market, not of \(name)")
    case .failure(let unresolved):
      throw Refusal(Refusal.refused, "unknown_symbol", unresolved.message)
    }
  }

  /// An order that is known; for a client that may trade.
  private func find(
    _ order: Command.OrderReference, for client: Client?
  ) throws(Refusal) -> (TradingAccount, OrderKey) {
    if let client { try requireTrader(client) }
    for account in sortedAccounts where order.matches(account.id) {
      if let id = order.clientID, account.orders[.own(id)] != nil { return (account, .own(id)) }
      if order.clientID == nil, let id = order.orderID, let key = account.key(ofOrder: id) {
        return (account, key)
      }
    }
    let name = order.clientID?.description ?? order.orderID?.string ?? ""
    throw Refusal(Refusal.refused, "unknown_order", "there is no order \(name)")
  }

  var sortedAccounts: [TradingAccount] {
    accounts.values.sorted {
      ($0.id.venue.description, $0.id.name) < ($1.id.venue.description, $1.id.name)
    }
  }

  private func take(orderOf account: TradingAccount, at now: Moment) -> Bool {
    account.window.take(at: now.monotonic)
  }

  // MARK: What becomes of them

  func send(_ command: TradeCommand, to account: TradingAccount, _ errand: Errand) {
    lastTicket += 1
    let ticket = Ticket(lastTicket)
    errands[ticket] = errand
    actions.append(.trade(account.id, ticket, command))
  }

  /// A session has taken a command, or refused it; what it is told comes as events.
  package func settled(
    _ ticket: Ticket, _ outcome: TradeOutcome, of id: AccountID, at now: Moment
  ) {
    guard let errand = errands.removeValue(forKey: ticket), let account = accounts[id] else {
      return
    }
    // What was not placed is nobody's.
    if case .refused = outcome, let key = errand.key {
      account.disclaim(key)
      account.successions[key] = nil
    }
    switch errand {
    case .own: break
    case .release:
      safety.unreleased = safety.unreleased.map { $0 - 1 }
      endIfClear(at: now)
    case .reply(let clientID, let requestID, let key):
      guard let client = clients[clientID], !client.isCut else { return }
      switch outcome {
      case .refused(let refusal): refuse(client, requestID, Refusal(refusal), at: now)
      case .accepted, .known:
        reply(to: client, requestID, at: now) { $0.append(result(key, account, outcome)) }
      }
    case .succession(let succession, _):
      if case .refused(let refusal) = outcome { tell(succession, was: Refusal(refusal), at: now) }
    case .batch(let batch, let index, let key):
      if case .refused(let refusal) = outcome {
        settle(batch, index, Self.result(key, Refusal(refusal)), at: now)
      } else {
        settle(batch, index, result(key, account, outcome), at: now)
      }
    }
  }

  /// `"client_id":"m-1","seq":43,"status":"pending"`: the first line of the order, and how it is.
  func result(
    _ key: OrderKey, _ account: TradingAccount, _ outcome: TradeOutcome = .accepted
  ) -> [UInt8] {
    var text = ByteBuffer(capacity: 128)
    let entry = account.orders[key]
    text.put(key)
    // The line of a new order comes next.
    text.put("seq", Int64(clamping: entry?.first ?? journal.last + 1))
    var status = entry?.update.status ?? .pending
    if case .known(let update) = outcome { status = update.status }
    text.put("status", text: status.rawValue)
    return text.array
  }

  private static func result(_ key: OrderKey, _ refusal: Refusal) -> [UInt8] {
    var text = ByteBuffer(capacity: 128)
    text.put(key)
    text.put("error")
    text.append(refusal)
    return text.array
  }

  private func settle(
    _ batch: BatchReply, _ index: Int, _ result: [UInt8], at now: Moment
  ) {
    batch.results[index] = result
    batch.missing -= 1
    guard batch.missing == 0, let client = clients[batch.client], !client.isCut else { return }
    reply(to: client, batch.id, at: now) { line in
      line.put("orders")
      line.append("[")
      for (place, result) in batch.results.enumerated() {
        line.append(place == 0 ? "{" : ",{")
        line.append(result)
        line.append("}")
      }
      line.append("]")
    }
  }
}

extension Command.OrderReference {
  fileprivate func matches(_ id: AccountID) -> Bool {
    (venue ?? id.venue) == id.venue && (account ?? id.name) == id.name
  }
}

extension ByteBuffer {
  fileprivate mutating func put(_ key: OrderKey) {
    switch key {
    case .own(let id): put("client_id", text: id.description)
    case .foreign(let id): put("order_id", text: id.string)
    }
  }
}

extension Refusal {
  package init(_ refusal: OrderRefusal) {
    self.init(Refusal.refused, refusal.reason.rawValue, refusal.message)
  }
}
