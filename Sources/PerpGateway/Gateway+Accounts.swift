import PerpCore
import PerpVenue

// MARK: - How accounts stand

extension Gateway {
  /// Keeps what was just told of an account.
  func note(_ event: borrowing Event, at now: Moment) {
    switch event {
    case .order(let update):
      guard let account = account(of: update.header) else { return }
      account.note(update, sequence: journal.last)
      if update.status.isFinal { safety.ended(account.id, update) }
      if let key = update.key { followUp(update, key, in: account, at: now) }
      if safety.isBusy { mustWake(by: now.monotonic) }
    case .position(let position):
      account(of: position.header)?.note(position, sequence: journal.last)
    case .balance(let balance):
      guard let account = account(of: balance.header) else { return }
      account.note(balance, sequence: journal.last, at: now.wall)
      stopLoss(of: account, balance.asset, at: now)
    case .fill(let fill): account(of: fill.header)?.fills += 1
    case .account(let status):
      guard let account = account(of: status.header) else { return }
      (account.state, account.cause) = (status.state, status.cause)
    default: break
    }
  }

  private func account(of header: AccountHeader) -> TradingAccount? {
    accounts[AccountID(header.venue, header.account)]
  }

  /// Orders of an earlier run, as the journal has them: they belong to nobody.
  package func restore(_ update: OrderUpdate, sequence: UInt64) {
    account(of: update.header)?.note(update, sequence: sequence)
  }

  /// Balances of an earlier run, in their order: what a day began with is known across restarts.
  package func restore(_ balance: Balance, at now: Moment) {
    guard let account = account(of: balance.header), let wall = balance.header.received else {
      return
    }
    account.note(balance, sequence: 0, at: wall)
    stopLoss(of: account, balance.asset, at: now)
  }

  // MARK: Answers

  /// A reply is one line; what does not go into it is counted.
  private static let replyBytes = 50_000

  private func chosen(_ filter: Command.AccountFilter) throws(Refusal) -> [TradingAccount] {
    if let venue = filter.venue, let name = filter.account { return [try account(name, at: venue)] }
    return sortedAccounts.filter {
      (filter.venue ?? $0.id.venue) == $0.id.venue && (filter.account ?? $0.id.name) == $0.id.name
    }
  }

  private func tell<Row>(
    _ name: StaticString, _ rows: [Row], _ id: String, to client: Client, at now: Moment,
    _ write: (Row, inout ByteBuffer) -> Void
  ) {
    reply(to: client, id, at: now) { line in
      line.put(name)
      line.append("[")
      var told = 0
      for row in rows where line.count < Self.replyBytes {
        if told > 0 { line.append(",") }
        write(row, &line)
        told += 1
      }
      line.append("]")
      if told < rows.count { line.put("more", Int64(rows.count - told)) }
    }
  }

  func tellOrders(
    _ filter: Command.AccountFilter, _ id: String, to client: Client, at now: Moment
  ) throws(Refusal) {
    let entries = try chosen(filter).flatMap { account in
      account.orders.values.filter { entry in
        (filter.includesFinal || !entry.update.status.isFinal)
          && (filter.symbol?.matches(entry.update.symbol) ?? true)
      }
    }
    let newest = entries.sorted { $0.sequence > $1.sequence }
    tell("orders", newest, id, to: client, at: now) { $1.append($0, client.style) }
  }

  func tellPositions(
    _ filter: Command.AccountFilter, _ id: String, to client: Client, at now: Moment
  ) throws(Refusal) {
    let rows = try chosen(filter).flatMap { account in
      account.positions.values.filter { row in
        (filter.includesFinal || !row.position.size.isZero)
          && (filter.symbol?.matches(row.position.symbol) ?? true)
      }
      .sorted { $0.position.symbol < $1.position.symbol }
    }
    tell("positions", rows, id, to: client, at: now) {
      $1.append(object: .position($0.position), $0.sequence, client.style)
    }
  }

  func tellBalances(
    _ filter: Command.AccountFilter, _ id: String, to client: Client, at now: Moment
  ) throws(Refusal) {
    let rows = try chosen(filter).flatMap { account in
      account.balances.values.sorted { $0.balance.asset < $1.balance.asset }
    }
    tell("balances", rows, id, to: client, at: now) {
      $1.append(object: .balance($0.balance), $0.sequence, client.style)
    }
  }

  func tellLimits(
    _ filter: Command.AccountFilter, _ id: String, to client: Client, at now: Moment
  ) throws(Refusal) {
    tell("limits", try chosen(filter), id, to: client, at: now) { account, line in
      line.append("{")
      line.put("venue", text: account.id.venue.description)
      line.put("account", text: account.id.name)
      line.put("bucket", text: "orders_per_minute")
      line.put("used", Int64(account.window.used(at: now.monotonic)))
      line.put("limit", Int64(account.window.limit))
      line.put("open_orders", Int64(account.live.count))
      line.put("max_open_orders", Int64(orderLimits.maxOpenOrders))
      line.put("max_order_notional", orderLimits.maxOrderNotional)
      line.put("max_position_notional", orderLimits.maxPositionNotional)
      line.put("venue_buckets")
      line.append("[")
      for (index, use) in account.rates.values.sorted(by: { $0.bucket < $1.bucket }).enumerated() {
        line.append(index == 0 ? "{" : ",{")
        line.put("bucket", text: use.bucket)
        line.put("used", Int64(use.used))
        line.put("limit", Int64(use.limit))
        if let reset = use.reset { line.put("reset_ts", reset) }
        line.append("}")
      }
      line.append("]}")
    }
  }

  func writeAccounts(into line: inout ByteBuffer, at now: Moment) {
    guard !accounts.isEmpty else { return }
    line.put("armed")
    line.append(isArmed(at: now) ? "true" : "false")
    if let began = safety.panicBegan { line.put("panic_since", began.wall) }
    line.put("accounts")
    line.append("[")
    for (index, account) in sortedAccounts.enumerated() {
      line.append(index == 0 ? "{" : ",{")
      line.put("venue", text: account.id.venue.description)
      line.put("account", text: account.id.name)
      line.put("state", text: account.state.rawValue)
      line.put("cause", text: account.cause)
      line.put("open_orders", Int64(account.live.count))
      let unknown = account.live.count { account.orders[$0]?.update.status == .unknown }
      line.put("unknown_orders", Int64(unknown))
      line.put(
        "positions", Int64(account.positions.values.count { !$0.position.size.isZero }))
      line.append("}")
    }
    line.append("]")
  }
}

extension Client {
  var style: LineStyle { LineStyle(bareNumbers: bareNumbers) }
}

extension ByteBuffer {
  /// The order's newest line, as a member of a reply.
  mutating func put(order entry: TradingAccount.Entry) {
    put("order")
    append(entry, LineStyle())
  }

  fileprivate mutating func append(_ entry: TradingAccount.Entry, _ style: LineStyle) {
    append(object: .order(entry.update), entry.sequence, style)
  }

  /// A line without its LF.
  fileprivate mutating func append(object event: Event, _ sequence: UInt64, _ style: LineStyle) {
    var line = ByteBuffer(capacity: 512)
    line.append(event, sequence: sequence, sent: event.received, style: style)
    append(Array(line.array.dropLast()))
  }
}

extension Event {
  /// When it was read from the socket, for what is told again; 0 of what happened here.
  fileprivate var received: Int64 {
    switch self {
    case .order(let update): update.header.received ?? 0
    case .position(let position): position.header.received ?? 0
    case .balance(let balance): balance.header.received ?? 0
    default: 0
    }
  }
}
