import PerpCore

/// Pairs that are held and were closed, as the ledger's trades tell: one trade opens a pair, and
/// one or more close it.
package struct PairBook: Equatable, Sendable {
  package struct Held: Equatable, Sendable {
    /// The trade that opened it: milliseconds since the epoch.
    package let id: Int64
    package let direction: String
    package let first: Listing
    package let second: Listing
    /// Base units, now and at first.
    package var size: Decimal
    package let opened: Decimal
    /// Paid or received for one base unit, at both venues.
    package let firstPrice: Decimal
    package let secondPrice: Decimal
    /// Received for what was sold, less paid for what was bought, so far.
    package var cash: Decimal
    package var fees: Decimal
    /// What it was paid for being held, negative of what it has paid, as far as the bot knows.
    package var funding = Decimal.zero

    package var sides: (first: Side, second: Side) {
      (SpreadDirection(rawValue: direction) ?? .long).sides
    }

    /// Base units of it at a market, negative of what was sold.
    package func position(_ listing: Listing) -> Decimal {
      guard listing == first || listing == second else { return .zero }
      let side = listing == first ? sides.first : sides.second
      return side == .buy ? size : size.negated
    }

    /// If it were closed at once, what that costs in fees not taken off.
    package func profit(_ quotes: (first: Quote, second: Quote)) -> Decimal {
      let exit = position(first).times(quotes.first.price(for: sides.first.opposite))
        .plus(position(second).times(quotes.second.price(for: sides.second.opposite)))
      return cash.minus(fees).plus(funding).plus(exit)
    }

    /// At opening, in quote units for one base unit.
    package var openSpread: Decimal {
      direction == SpreadDirection.long.rawValue
        ? secondPrice.minus(firstPrice) : firstPrice.minus(secondPrice)
    }
  }

  package struct Closed: Equatable, Sendable {
    package let pair: Held
    /// Microseconds since the epoch.
    package let at: Int64
    /// By the same formula as at opening; nil where nothing was ever held.
    package let closeSpread: Decimal?
    /// Sells less buys less fees, with funding where that is followed. (S4-13)
    package var profit: Decimal { pair.cash.minus(pair.fees).plus(pair.funding) }
  }

  /// Closed pairs that are remembered.
  package static let kept = 1_000

  package private(set) var held: [Held] = []
  package private(set) var closed: [Closed] = []

  /// What the orders of one trade come to.
  private struct Sums {
    var cash = Decimal.zero
    var fees = Decimal.zero
    var size = Decimal.zero
    var prices = (first: Decimal.zero, second: Decimal.zero)

    init(_ entry: Ledger.Entry) {
      for ticket in entry.tickets {
        guard let result = entry.results[ticket.clientID] else { continue }
        cash = cash.plus(result.cash(ticket.side))
        fees = fees.plus(result.fee)
        if ticket.listing == entry.trade.first.listing {
          size = size.plus(result.signedFill(ticket.side))
        }
      }
      size = size.magnitude
      prices = (Self.price(entry.trade.first, entry), Self.price(entry.trade.second, entry))
    }

    /// Of a leg that may be several orders, weighted by size; what undoes it is of the other side.
    private static func price(_ leg: OrderTicket, _ entry: Ledger.Entry) -> Decimal {
      let results = entry.tickets.filter { $0.listing == leg.listing && $0.side == leg.side }
        .compactMap { entry.results[$0.clientID] }.filter { !$0.filled.isZero }
      guard results.count > 1 else { return results.first?.averagePrice ?? .zero }
      let size = results.reduce(Decimal.zero) { $0.plus($1.filled) }
      return results.reduce(Decimal.zero) { $0.plus($1.cash(.sell)) }.over(size)
    }
  }

  /// `at` in microseconds since the epoch.
  mutating func note(
    _ entry: Ledger.Entry, _ outcome: LedgerRecord.TradeOutcome, at time: Int64
  ) {
    guard let id = entry.trade.pair else { return }
    let sums = Sums(entry)
    if id == entry.trade.id {
      let pair = Held(
        id: id, direction: entry.trade.direction, first: entry.trade.first.listing,
        second: entry.trade.second.listing, size: sums.size, opened: sums.size,
        firstPrice: sums.prices.first, secondPrice: sums.prices.second, cash: sums.cash,
        fees: sums.fees)
      if outcome == .booked {
        held.append(pair)
      } else if !sums.cash.isZero || !sums.fees.isZero {
        // What an entry cost that came to nothing.
        close(pair, at: time, spread: nil)
      }
      return
    }
    guard let index = held.firstIndex(where: { $0.id == id }) else { return }
    held[index].cash = held[index].cash.plus(sums.cash)
    held[index].fees = held[index].fees.plus(sums.fees)
    guard outcome == .booked else { return }
    held[index].size = max(.zero, held[index].size.minus(sums.size))
    guard held[index].size.isZero else { return }
    let (first, second) = sums.prices
    let isLong = held[index].direction == SpreadDirection.long.rawValue
    close(
      held.remove(at: index), at: time, spread: isLong ? second.minus(first) : first.minus(second))
  }

  /// `amount` is in quote units, negative of what the pair has paid.
  mutating func note(funding amount: Decimal, of pair: Int64) {
    guard let index = held.firstIndex(where: { $0.id == pair }) else { return }
    held[index].funding = held[index].funding.plus(amount)
  }

  /// Orders that belong to no pair have closed all of them: each has its part of what they brought
  /// on its markets.
  mutating func flatten(_ orders: [(ticket: OrderTicket, result: LegResult)], at time: Int64) {
    while let pair = held.first {
      let same = held.filter { $0.first == pair.first && $0.second == pair.second }
      let own = orders.filter { [pair.first, pair.second].contains($0.ticket.listing) }
      close(
        same, cash: own.reduce(.zero) { $0.plus($1.result.cash($1.ticket.side)) },
        fees: own.reduce(.zero) { $0.plus($1.result.fee) }, at: time)
      held.removeAll { $0.first == pair.first && $0.second == pair.second }
    }
  }

  private mutating func close(_ pairs: [Held], cash: Decimal, fees: Decimal, at time: Int64) {
    let total = pairs.reduce(Decimal.zero) { $0.plus($1.size) }
    var rest = (cash: cash, fees: fees)
    for (index, pair) in pairs.enumerated() {
      var pair = pair
      let part = pair.size.over(total)
      // The last has what rounding left.
      let own =
        index == pairs.count - 1 ? rest : (cash: cash.times(part), fees: fees.times(part))
      rest = (rest.cash.minus(own.cash), rest.fees.minus(own.fees))
      pair.cash = pair.cash.plus(own.cash)
      pair.fees = pair.fees.plus(own.fees)
      close(pair, at: time, spread: nil)
    }
  }

  private mutating func close(_ pair: Held, at time: Int64, spread: Decimal?) {
    if closed.count == Self.kept { closed.removeFirst() }
    closed.append(Closed(pair: pair, at: time, closeSpread: spread))
  }

  /// Of the UTC day of this time, in microseconds since the epoch.
  package func profit(ofDay time: Int64) -> Decimal {
    let day = time / 86_400_000_000
    return closed.reversed().prefix { $0.at / 86_400_000_000 == day }
      .reduce(Decimal.zero) { $0.plus($1.profit) }
  }
}

extension PairBook {
  /// One JSON object with the trades that are open and those that are closed. (S4-14) `first` and
  /// `second` are the venues' names; times in milliseconds.
  package func history(first: String, second: String, at now: Moment) -> String {
    var text = ByteBuffer(capacity: 4_096)
    text.append("{\"openTrades\":[")
    for (index, pair) in held.enumerated() {
      text.append(index == 0 ? "{" : ",{")
      text.put(pair, first, second)
      text.put("holdTime", now.wall / 1_000 - pair.id)
      text.append("}")
    }
    text.append("],\"closedTrades\":[")
    for (index, trade) in closed.enumerated() {
      text.append(index == 0 ? "{" : ",{")
      text.put(trade.pair, first, second)
      if let spread = trade.closeSpread { text.put("closeSpread", spread) }
      text.put("pnl", trade.profit)
      text.put("totalFee", trade.pair.fees)
      text.put("holdTime", trade.at / 1_000 - trade.pair.id)
      text.append("}")
    }
    text.append("]}\n")
    return text.string
  }
}

extension ByteBuffer {
  fileprivate mutating func put(_ pair: PairBook.Held, _ first: String, _ second: String) {
    put("id", pair.id)
    put("direction", text: pair.direction)
    put("amount", pair.opened)
    for (venue, price) in [(first, pair.firstPrice), (second, pair.secondPrice)] {
      append(",")
      append(json: "\(venue)Price")
      append(":\"")
      append(price)
      append("\"")
    }
    put("openSpread", pair.openSpread)
  }
}
