import PerpCore

/// What the ledger's lines come to: trades that are not over, and the sums of those that are.
package struct Ledger: Sendable {
  package struct Entry: Equatable, Sendable {
    package var trade: LedgerRecord.TradeRecord
    /// Those of its beginning and all after, in the order of the ledger.
    package var tickets: [OrderTicket]
    package var results: [String: LegResult] = [:]
    package var outcome: LedgerRecord.TradeOutcome?

    init(_ trade: LedgerRecord.TradeRecord) {
      self.trade = trade
      tickets = trade.tickets
    }
  }

  /// Trades that are not over, the oldest first.
  package private(set) var open: [Entry] = []
  package private(set) var pairs = PairBook()
  package private(set) var bookedTrades = 0
  package private(set) var otherTrades = 0
  /// Received for what was sold, less paid for what was bought, fees not counted.
  package private(set) var cash = Decimal.zero
  package private(set) var fees = Decimal.zero
  /// What pairs were paid for being held, less what they have paid, where that is followed.
  package private(set) var funding = Decimal.zero
  /// Base units that all fills together come to, by market.
  package private(set) var inventory: [Listing: Decimal] = [:]
  /// Milliseconds since the epoch of every trade of the latest day, oldest first.
  package private(set) var recentTrades: [Int64] = []
  private static let remembered = 1_000
  /// Orders of no trade: quotes, and what closes the rest at the end.
  private var closing: [String: (ticket: OrderTicket, result: LegResult?)] = [:]
  /// Milliseconds since the epoch; 0 before the first.
  package private(set) var lastTrade: Int64 = 0
  /// A run began to close all positions, and has not told that they are.
  package private(set) var isClosing = false
  /// Lines that were none.
  package private(set) var unreadable = 0

  package init() {}

  package init(lines: [[UInt8]]) {
    for line in lines {
      if let record = LedgerRecord(line: line) { note(record) } else { unreadable += 1 }
    }
  }

  package mutating func note(_ record: LedgerRecord) {
    switch record {
    case .trade(let trade):
      lastTrade = max(lastTrade, trade.id)
      recentTrades.removeAll { $0 <= trade.id - 86_400_000 }
      recentTrades.append(trade.id)
      open.append(Entry(trade))
    case .order(let trade, let ticket):
      if let index = open.firstIndex(where: { $0.trade.id == trade }) {
        open[index].tickets.append(ticket)
      } else {
        lastTrade = max(lastTrade, trade)
        closing[ticket.clientID] = (ticket, nil)
      }
    case .result(let trade, let result): note(result, of: trade)
    case .outcome(let trade, let outcome, _, let at):
      guard let index = open.firstIndex(where: { $0.trade.id == trade }) else { return }
      pairs.note(open.remove(at: index), outcome, at: at)
      if outcome == .booked { bookedTrades += 1 } else { otherTrades += 1 }
    case .flattened(let at):
      pairs.flatten(
        closing.values.compactMap { order in order.result.map { (order.ticket, $0) } }, at: at)
      closing = [:]
    case .funding(let pair, let amount, _):
      pairs.note(funding: amount, of: pair)
      funding = funding.plus(amount)
    case .closing: isClosing = true
    case .closed: isClosing = false
    }
  }

  /// A later result of the same order takes the place of the earlier one.
  private mutating func note(_ result: LegResult, of trade: Int64) {
    let ticket: OrderTicket
    let before: LegResult?
    if let index = open.firstIndex(where: { $0.trade.id == trade }),
      let own = open[index].tickets.first(where: { $0.clientID == result.clientID })
    {
      ticket = own
      before = open[index].results.updateValue(result, forKey: result.clientID)
    } else if let own = closing[result.clientID] {
      (ticket, before) = own
      closing[result.clientID]?.result = result
      // Most quotes come to nothing, and there are many of them.
      if closing.count > Self.remembered {
        closing = closing.filter { $0.value.result?.state != LegResult.State.none }
      }
    } else {
      return
    }
    fees = fees.plus(result.fee).minus(before?.fee ?? .zero)
    cash = cash.plus(result.cash(ticket.side)).minus(before?.cash(ticket.side) ?? .zero)
    let change = result.signedFill(ticket.side).minus(before?.signedFill(ticket.side) ?? .zero)
    inventory[ticket.listing] = (inventory[ticket.listing] ?? .zero).plus(change)
  }

  /// Orders of no trade whose end is not known.
  package var unresolved: [OrderTicket] {
    closing.values.filter { $0.result == nil }.map(\.ticket).sorted { $0.clientID < $1.clientID }
  }

  /// Markets of what is held, and of what may still be filled.
  package var listings: [Listing] {
    let trades = open.flatMap { [$0.trade.first.listing, $0.trade.second.listing] }
    let held = inventory.filter { !$0.value.isZero }.keys
    return Set(trades + held + unresolved.map(\.listing)).sorted { $0.description < $1.description }
  }

  /// Whether what is held in pairs is what all fills together come to.
  package var isConsistent: Bool {
    let markets = Set(inventory.keys).union(pairs.held.flatMap { [$0.first, $0.second] })
    return markets.allSatisfy { listing in
      (inventory[listing] ?? .zero)
        == pairs.held.reduce(.zero) { $0.plus($1.position(listing)) }
    }
  }

  /// What a trade that begins now is called: milliseconds since the epoch, later than any before.
  /// (S0-34)
  package func nextTrade(at now: Moment) -> Int64 { max(now.wall / 1_000, lastTrade + 1) }
}

extension LegResult {
  /// What it brought; negative of what it cost.
  func cash(_ side: Side) -> Decimal {
    let value = filled.times(averagePrice ?? .zero)
    return side == .sell ? value : value.negated
  }

  /// Base units, negative of sells.
  func signedFill(_ side: Side) -> Decimal { side == .buy ? filled : filled.negated }
}
