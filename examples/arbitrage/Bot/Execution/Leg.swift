import PerpCore

/// One order of a trade from its intent to its end.
package struct Leg: Equatable, Sendable {
  package let ticket: OrderTicket
  package private(set) var result: LegResult
  /// Nil until it was sent; nanoseconds on the monotonic clock.
  var sent: UInt64?
  /// When its cancel was sent first; nil until then.
  var cancelSent: UInt64?
  /// Base units of the executions that were told one by one.
  package private(set) var executed = Decimal.zero
  private var trades: Set<String> = []

  init(_ ticket: OrderTicket) {
    self.ticket = ticket
    result = LegResult(requested: ticket.size, clientID: ticket.clientID)
  }

  /// Of an earlier run, with all that its ledger says of it.
  init(_ ticket: OrderTicket, result: LegResult?) {
    self.init(ticket)
    if let result { self.result = result }
  }

  package var isSettled: Bool { result.state != .unknown }
  /// Base units, negative of sells.
  package var signedFill: Decimal {
    ticket.side == .buy ? result.filled : result.filled.negated
  }

  /// False when it tells nothing new of this order.
  mutating func note(_ line: OrderLine) -> Bool {
    guard line.clientID == ticket.clientID else { return false }
    let before = result
    result.orderID = line.orderID ?? result.orderID
    result.filled = max(result.filled, line.filled)
    result.averagePrice = line.averagePrice ?? result.averagePrice
    if line.status.isFinal {
      // Only `restated` changes a final state, and it is the truth.
      result.filled = line.filled
      if line.status != .filled { result.error = line.cause }
      result.settle()
    }
    return result != before
  }

  /// False when this execution is known already.
  mutating func note(_ fill: FillLine) -> Bool {
    guard fill.clientID == ticket.clientID, trades.insert(fill.tradeID).inserted else {
      return false
    }
    executed = executed.plus(fill.size)
    result.fee = result.fee.plus(fill.fee)
    (result.feeAsset, result.liquidity) = (fill.feeAsset, fill.liquidity)
    return true
  }

  /// It is proven that it never left.
  mutating func fail(_ error: String) {
    guard !isSettled else { return }
    result.error = error
    result.settle()
  }
}
