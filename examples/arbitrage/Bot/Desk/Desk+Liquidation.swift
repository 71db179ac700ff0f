import PerpCore

// MARK: - A position that the venue has closed (X57)

extension Desk {
  /// It is kept like an order that closes, and told to people. Nobody enters any more; who closes
  /// at the end of a run closes all that is left at once.
  mutating func lose(_ fill: FillLine, at now: Moment) {
    let (listing, venue) = (fill.listing, fill.listing.venue)
    let text =
      "\(venue) has liquidated: \(fill.side.rawValue) \(fill.size) \(listing.symbol) "
      + "at \(fill.price)"
    outbox.log(.critical, text)
    if liquidators.insert(venue).inserted {
      outbox.notify(NotificationText.bold("Liquidation") + ": " + NotificationText.escape(text))
    }
    // Others may trade on the account: what this bot holds of the position is in its ledger.
    let held = ledger.inventory[listing] ?? .zero
    let size = held.isNegative == (fill.side == .buy) ? min(held.magnitude, fill.size) : .zero
    guard size > .zero else { return }
    keep(fill, size, at: now)
    exposed[listing.symbol.base] = exposed[listing.symbol.base] ?? now.monotonic
    if settings.closesAtEnd { stop("\(venue) has liquidated", at: now) }
  }

  private mutating func keep(_ fill: FillLine, _ size: Decimal, at now: Moment) {
    let name = orderName("l\(fill.tradeID.suffix(8))", at: now)
    let ticket = OrderTicket(
      fill.listing, clientID: name, side: fill.side, size: size, isReduceOnly: true)
    var result = LegResult(requested: size, clientID: name)
    (result.filled, result.averagePrice) = (size, fill.price)
    (result.fee, result.feeAsset) = (fill.fee.times(size).over(fill.size), fill.feeAsset)
    result.settle()
    let number = ledger.nextTrade(at: now)
    outbox.keep(.order(trade: number, ticket))
    outbox.keep(.result(trade: number, result))
    noteKept()
  }

  /// What a liquidation has left alone is unhedged until all fills of that asset come to nothing.
  mutating func measureExposure(at now: Moment) {
    for (base, since) in exposed.sorted(by: { $0.key < $1.key }) {
      maxUnhedged = max(maxUnhedged, now.monotonic - since)
      let net = ledger.inventory.reduce(Decimal.zero) { sum, held in
        held.key.symbol.base == base ? sum.plus(held.value) : sum
      }
      guard net.isZero else { continue }
      exposed[base] = nil
      let milliseconds = (now.monotonic - since) / 1_000_000
      outbox.log(.warning, "\(base) is hedged again, unhedged_ms=\(milliseconds)")
    }
  }
}
