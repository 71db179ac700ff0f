import PerpCore
import PerpSim
import PerpVenue

/// What accounts are told on their private channels.
extension ParadexSimulator {
  /// Actions that an operation led to: what the public sees goes out at once, what accounts are
  /// told in the order of a fate.
  struct Told {
    var published: [SimulatorAction] = []
    var reports: [SimulatorAction] = []

    mutating func flush(into actions: inout [SimulatorAction]) {
      actions += published
      actions += reports
      published = []
      reports = []
    }
  }

  mutating func tell(_ consequences: Consequences, at now: Moment, into told: inout Told) {
    // The venue stamps whole milliseconds.
    let time = publishedTime(now) / 1_000 * 1_000
    var trades: [[String]] = []
    var sequences: [Int64] = []
    for published in consequences.published {
      let update = markets[published.market].publish(published.event, at: time)
      trades.append(update.trades.map { $0.id?.string ?? "" })
      sequences.append(markets[published.market].sequence)
      send(update, of: published.market, at: now, into: &told.published)
      markDue(published.market)
    }
    for event in consequences.events {
      switch event {
      case .order(let order, let change): report(order, change, at: now, into: &told)
      case .fill(let fill):
        report(
          fill, trade: trades[fill.event][fill.execution], book: sequences[fill.event], at: now,
          into: &told)
      case .position(let position): report(position, at: now, into: &told)
      case .balance(let balance): report(balance, at: now, into: &told)
      }
    }
  }

  private mutating func report(
    _ order: ExchangeOrder, _ change: ExchangeEvent.OrderChange, at now: Moment,
    into told: inout Told
  ) {
    switch change {
    case .modified: details[order.number]?.request?.status = "SUCCESS"
    case .modifyRefused(let cause):
      details[order.number]?.request?.status = "REJECTED"
      details[order.number]?.request?.message = cause.rawValue
    default: break
    }
    let row = row(order, at: now)
    send(
      .orders(market: row.market), of: order.account, frame: row.frame, at: now, into: &told,
      data: row.write)
    switch change {
    case .modified, .modifyRefused: details[order.number]?.request = nil
    default: break
    }
  }

  private mutating func report(
    _ fill: ExchangeFill, trade: String, book: Int64, at now: Moment, into told: inout Told
  ) {
    let row = ParadexSimulatorFillRow(
      fill: fill, id: Self.longID(fill.time, fill.number), tradeID: trade,
      account: addressText(fill.account), market: markets[fill.market].name,
      sequence: nextSequence(now), underlyingPrice: markets[fill.market].market.indexPrice,
      bookSequence: book, publishedAt: now.wall)
    fills[fill.account, default: []].append(row)
    if fills[fill.account, default: []].count > 5_000 { fills[fill.account]?.removeFirst() }
    send(
      .fills(market: row.market), of: fill.account, frame: row.frame, at: now, into: &told,
      data: row.write)
    reportBalanceEvent(row, at: now, into: &told)
  }

  /// JSON on all connections.
  private mutating func reportBalanceEvent(
    _ row: ParadexSimulatorFillRow, at now: Moment, into told: inout Told
  ) {
    let after = exchange.accounts[row.fill.account]?.balance ?? .zero
    let before = after.adding(row.fill.fee)?.subtracting(row.fill.realizedPnL) ?? after
    send(.balanceEvents, of: row.fill.account, frame: nil, at: now, into: &told) { text in
      text.append("{")
      text.put("fill_id", text: row.id)
      text.put("market", text: row.market)
      text.put("type", text: "TRANSACTION_FILL")
      text.put("status", text: "SUCCESS")
      text.put("realized_pnl", row.fill.realizedPnL)
      text.put("realized_funding", Decimal.zero)
      text.put("fees", row.fill.fee)
      text.put("funding_index", Decimal("12.5"))
      text.put("settlement_asset_name", text: "USDC")
      text.put("settlement_asset_address", text: "0x7061726164657875736463")
      text.put("settlement_asset_price", Decimal(1))
      text.put("settlement_asset_balance_before", before.trimmed)
      text.put("settlement_asset_balance_after", after.trimmed)
      text.put("created_at", row.fill.time / 1_000)
      text.append("}")
    }
  }

  private mutating func report(
    _ position: ExchangePosition, at now: Moment, into told: inout Told
  ) {
    let row = row(position, at: now)
    send(
      .positions, of: position.account, frame: row.frame, at: now, into: &told,
      data: row.write)
  }

  private mutating func report(
    _ balance: ExchangeBalance, at now: Moment, into told: inout Told
  ) {
    let row = row(balance, at: now)
    send(
      .account, of: balance.account, frame: row.frame, at: now, into: &told,
      data: row.write)
  }

  /// To the connections of the account that subscribed to the channel. Without a frame it is JSON
  /// everywhere.
  private mutating func send(
    _ channel: ParadexSimulatorPrivateChannel, of account: UInt32,
    frame: ((UInt16) -> [UInt8])?, at now: Moment, into told: inout Told,
    data: (inout ByteBuffer) -> Void
  ) {
    for id in clients.ids {
      guard let client = clients[id], let token = client.token,
        accounts[token.account].number == account
      else { continue }
      for (name, wanted) in client.privateChannels where wanted.covers(channel) {
        let message: Frame
        if let frame, case .sbe(let version) = client.encoding, !sendsPrivateJSON {
          message = Frame(.binary, frame(version), isOfAccount: true)
        } else {
          var text = ByteBuffer(capacity: 1_024)
          text.append(#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"#)
          text.append(json: name)
          text.append(#","data":"#)
          data(&text)
          text.append("}}\n")
          message = Frame(.text, text.array, isOfAccount: true)
        }
        send(message, to: id, at: now, into: &told.reports)
      }
    }
  }

  // MARK: Rows

  mutating func row(_ order: ExchangeOrder, at now: Moment) -> ParadexSimulatorOrderRow {
    var unasked = ParadexSimulatorOrder()
    if order.placement.isLiquidation {
      (unasked.type, unasked.instruction, unasked.flags) = ("MARKET", "IOC", ["REDUCE_ONLY"])
    }
    return ParadexSimulatorOrderRow(
      order: order,
      details: details[order.number]
        ?? ParadexSimulatorOrderDetails(unasked, receivedAt: order.createdAt, connection: nil),
      account: addressText(order.account), market: markets[order.market].name,
      sequence: nextSequence(now), publishedAt: now.wall)
  }

  mutating func row(_ position: ExchangePosition, at now: Moment) -> ParadexSimulatorPositionRow {
    ParadexSimulatorPositionRow(
      position: position, account: addressText(position.account),
      market: markets[position.market].name,
      lastFillID: Self.longID(position.updatedAt, position.lastFill), sequence: nextSequence(now),
      fundingIndex: Decimal(mantissa: 125, scale: 1), publishedAt: now.wall)
  }

  mutating func row(_ balance: ExchangeBalance, at now: Moment) -> ParadexSimulatorAccountRow {
    ParadexSimulatorAccountRow(
      balance: balance, account: addressText(balance.account), sequence: nextSequence(now),
      publishedAt: now.wall)
  }

  func addressText(_ account: UInt32) -> String { accounts[Int(account) - 1].address.hex }

  /// "Strictly increasing per order update, not contiguous": nanoseconds.
  private mutating func nextSequence(_ now: Moment) -> Int64 {
    privateSequence = max(privateSequence + 1, now.wall * 1_000)
    return privateSequence
  }
}

/// A private channel as the venue reads its name.
enum ParadexSimulatorPrivateChannel: Equatable, Sendable {
  /// Nil for all.
  case orders(market: String?)
  case fills(market: String?)
  case positions, account, balanceEvents
  /// `funding_payments`, `tradebusts`, `transaction`, `transfers`: granted, and nothing happens.
  case quiet

  init?(_ name: String, markets: Set<String>) {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let isAll = parts.count == 2 && parts[1] == "ALL"
    let isListed = parts.count == 2 && (isAll || markets.contains(parts[1]))
    switch parts[0] {
    case "orders" where isListed: self = .orders(market: isAll ? nil : parts[1])
    case "fills" where isListed: self = .fills(market: isAll ? nil : parts[1])
    case "positions" where parts.count == 1: self = .positions
    case "account" where parts.count == 1: self = .account
    case "balance_events" where parts.count == 1: self = .balanceEvents
    case "funding_payments" where isListed: self = .quiet
    case "tradebusts" where parts.count == 1: self = .quiet
    case "transaction" where parts.count == 1: self = .quiet
    case "transfers" where parts.count == 1: self = .quiet
    default: return nil
    }
  }

  func covers(_ other: ParadexSimulatorPrivateChannel) -> Bool {
    self == other || (self == .orders(market: nil) && other.isOrders)
      || (self == .fills(market: nil) && other.isFills)
  }

  private var isOrders: Bool { if case .orders = self { true } else { false } }
  private var isFills: Bool { if case .fills = self { true } else { false } }
}
