import PerpCore
import PerpSim
import PerpVenue

/// The private stream ("Private WebSocket"), and what happens that it tells.
extension EdgeXSimulator {
  private static let owner = EdgeXSimulatorDesk.owner

  /// Why a private connection is not granted; nil where it is.
  mutating func refusal(ofPrivate request: HTTPRequest, at now: Moment) -> HTTPResponse? {
    do throws(EdgeXSimulatorFailure) {
      let query = EdgeXSimulatorGate.query(request)
      func value(_ name: String) -> String? { query.first { $0.name == name }?.value }
      let headers = EdgeXSimulatorGate.headers(of: request)
      try desk.gate.check(
        request, headers: headers, body: EdgeXSimulatorGate.text(ofQuery: request),
        at: publishedTime(now) / 1_000)
      guard value("accountId") == EdgeXSimulatedAccount.accountID else {
        throw EdgeXSimulatorFailure("INVALID_ACCOUNT_ID", "invalid accountId", status: 400)
      }
      return nil
    } catch {
      return failure(error, at: now)
    }
  }

  // MARK: What happens

  /// Lets the markets run until now, and tells the account what became of its orders.
  mutating func advance(at now: Moment, into actions: inout [SimulatorAction]) {
    var due: [EdgeXSimulatorDesk.Delivery] = []
    desk.held.release(at: now, into: &due)
    for index in markets.indices
    where exchange.deadline(of: markets[index].market, index) <= now.monotonic {
      var result = Consequences()
      exchange.advance(&markets[index].market, index, to: now, into: &result)
      due += tell(result, at: now).map { .report($0) }
    }
    deliver(due, at: now, into: &actions)
  }

  mutating func liquidate(at now: Moment, into actions: inout [SimulatorAction]) {
    var due: [EdgeXSimulatorDesk.Delivery] = []
    for index in markets.indices {
      var result = Consequences()
      exchange.liquidateAll(in: &markets[index].market, index, at: now, into: &result)
      due += tell(result, at: now).map { .report($0) }
    }
    deliver(due, at: now, into: &actions)
  }

  /// Gives the markets what happened in them, to be published, and returns what the account is to
  /// be told.
  mutating func tell(_ result: Consequences, at now: Moment) -> [EdgeXSimulatorDesk.Report] {
    let published = publishedTime(now)
    var sides: [[Int]: [ExchangeFill]] = [:]
    for case .fill(let fill) in result.events {
      sides[[fill.event, fill.execution], default: []].append(fill)
    }
    var trades: [[ShortText]] = []
    for (place, happened) in result.published.enumerated() {
      let age = now.monotonic - min(happened.event.time, now.monotonic)
      let stamp = published - Int64(age / 1_000)
      let matches = markets[happened.market].take(happened.event, at: stamp) { execution, match in
        for fill in sides[[place, execution]] ?? [] {
          if fill.liquidity == .taker {
            match.orders.taker = fill.orderName
            match.accounts.taker = EdgeXSimulatedAccount.accountID
          } else {
            match.orders.maker = fill.orderName
            match.accounts.maker = EdgeXSimulatedAccount.accountID
          }
        }
      }
      trades.append(matches.map { $0.trade.id ?? ShortText() })
    }
    return reports(of: result.events, trades)
  }

  /// A fill makes two events: one when it is matched, and one when it is booked.
  private mutating func reports(
    of events: [ExchangeEvent], _ trades: [[ShortText]]
  ) -> [EdgeXSimulatorDesk.Report] {
    var reports: [EdgeXSimulatorDesk.Report] = []
    var fill: ExchangeFill?
    var order: ExchangeOrder?
    for event in events where event.account == Self.owner {
      switch event {
      case .fill(let new):
        desk.note(new, trade: trades[new.event][new.execution])
        fill = new
      case .order(let new, _):
        if new.placement.isLiquidation, desk.orders[new.number] == nil {
          desk.orders[new.number] = EdgeXSimulatorOrder(
            liquidating: new, contract: markets[new.market].contract.string)
        }
        if let match = fill, match.order == new.number {
          reports.append(.matched(new, match))
          order = new
        } else {
          reports.append(.order(new))
        }
      case .position(let position):
        if let match = fill, let filled = order {
          reports.append(.booked(filled, match, position))
        }
        (fill, order) = (nil, nil)
      case .balance: break
      }
    }
    return reports
  }

  mutating func deliver(
    _ deliveries: [EdgeXSimulatorDesk.Delivery], at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    for delivery in deliveries {
      switch delivery {
      case .action(let action): actions.append(action)
      case .report(let report):
        desk.version += 1
        let frame = frame("ORDER_UPDATE", at: now) { text, simulator in
          simulator.write(report, at: now, to: &text)
        }
        for id in clients.ids where clients[id]?.isPrivate == true {
          actions.append(.send(id, frame))
        }
      }
    }
  }

  /// All that is open: "it replaces local state; it does not contain past fills or orders that
  /// ended".
  mutating func sendSnapshot(
    to id: ConnectionID, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    let frame = frame("Snapshot", at: now) { text, simulator in
      let positions = simulator.positions.filter { !$0.size.isZero }
      simulator.writeGroups(
        account: true, orders: simulator.exchange.openOrders(of: Self.owner).map { ($0, nil) },
        fills: [], positions: positions, at: now, to: &text)
    }
    actions.append(.send(id, frame))
  }

  // MARK: Messages

  /// `version` and `time` are numbers here, and `accountId` is 0 whoever it is.
  private func frame(
    _ event: String, at now: Moment, _ data: (inout ByteBuffer, EdgeXSimulator) -> Void
  ) -> Frame {
    var text = ByteBuffer(capacity: 2_048)
    text.append(#"{"type":"trade-event","content":{"event":"#)
    text.append(json: event)
    text.put("version", desk.version)
    text.put("time", publishedTime(now) / 1_000)
    text.put("accountId", Int64(0))
    text.put("data")
    data(&text, self)
    text.append("}}")
    return Frame(.text, text.array, isOfAccount: true)
  }

  private func write(
    _ report: EdgeXSimulatorDesk.Report, at now: Moment, to text: inout ByteBuffer
  ) {
    switch report {
    case .order(let order):
      writeGroups(orders: [(order, nil)], fills: [], positions: nil, at: now, to: &text)
    case .matched(let order, let fill):
      writeGroups(orders: [(order, fill)], fills: [], positions: nil, at: now, to: &text)
    case .booked(let order, let fill, let position):
      writeGroups(
        orders: [(order, nil)], fills: [fill], positions: [position], at: now, to: &text)
    }
  }

  /// "Groups are present as arrays". Without positions nothing is booked.
  private func writeGroups(
    account: Bool = false, orders: [(ExchangeOrder, unbooked: ExchangeFill?)],
    fills: [ExchangeFill], positions: [ExchangePosition]?, at now: Moment,
    to text: inout ByteBuffer
  ) {
    text.append("{")
    text.put("account")
    text.list(account ? [0] : []) { _, text in writeAccount(to: &text) }
    text.put("collateral")
    text.list(positions == nil ? [] : [0]) { _, text in writeCollateral(at: now, to: &text) }
    for name: StaticString in ["collateralTransaction", "positionTransaction", "deposit"] {
      text.put(name)
      text.append("[]")
    }
    text.put("position")
    text.list(positions ?? []) { write($0, to: &$1) }
    for name: StaticString in ["withdraw", "transferIn", "transferOut"] {
      text.put(name)
      text.append("[]")
    }
    text.put("order")
    text.list(orders) { entry, text in
      row(of: entry.0, unbooked: entry.unbooked)?.write(to: &text)
    }
    text.put("orderFillTransaction")
    text.list(fills) { write($0, to: &$1) }
    text.append("}")
  }

  func row(of order: ExchangeOrder, unbooked: ExchangeFill? = nil) -> EdgeXSimulatorOrderRow? {
    desk.orders[order.number].map {
      EdgeXSimulatorOrderRow(
        request: $0, order: order, unbooked: unbooked, generation: generation)
    }
  }

  var positions: [ExchangePosition] {
    markets.indices.compactMap { exchange.position(of: Self.owner, market: $0) }
  }
}

extension ByteBuffer {
  /// A list of what `write` makes of each.
  mutating func list<Row>(_ rows: [Row], _ write: (Row, inout ByteBuffer) -> Void) {
    append("[")
    for (index, row) in rows.enumerated() {
      if index > 0 { append(UInt8(ascii: ",")) }
      write(row, &self)
    }
    append("]")
  }
}
