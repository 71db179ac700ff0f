import PerpCore

// MARK: - Two orders that are to leave together

extension Desk {
  /// The orders of a trade on both markets, on the grid and of the same size, priced to take at
  /// once; the first of a `maker_taker` one by `resting`. `closing` is the pair that it closes; one
  /// that opens a pair `opensPair`.
  /// `markets` are the first two of the desk unless they are told.
  package func plan(
    _ direction: SpreadDirection, _ sides: (first: Side, second: Side), _ size: Decimal,
    _ quotes: (first: Quote, second: Quote), on markets: (first: Listing, second: Listing)? = nil,
    opensPair: Bool = false, closing: Int64? = nil, isReducing: Bool = false,
    style: LegStyle = .takerTaker, resting: Resting? = nil, at now: Moment
  ) throws(MarketRules.Refusal) -> LedgerRecord.TradeRecord {
    let (first, second) = markets ?? (settings.listings[0], settings.listings[1])
    guard let rules = view.rules(first), let otherRules = view.rules(second) else {
      throw MarketRules.Refusal(description: "the markets' rules are not known")
    }
    // The same size on both, on the coarser grid.
    let common = size.floored(to: rules.lot).floored(to: otherRules.lot)
    let size = try rules.size(common, at: quotes.first.price(for: sides.first))
    _ = try otherRules.size(size, at: quotes.second.price(for: sides.second))
    let id = ledger.nextTrade(at: now)
    let name = "\(settings.trade.prefix)_\(id)"
    let isClosing = closing != nil || isReducing
    var order = try ticket(first, "\(name)_a", sides.first, size, quotes.first, rules, isClosing)
    if style == .makerTaker {
      let resting = resting ?? settings.trade.resting
      order.price = try resting.price(sides.first, quotes.first, rules)
      (order.isPostOnly, order.timeInForce, order.maxSlippage) = (true, nil, nil)
    }
    return LedgerRecord.TradeRecord(
      id: id, direction: direction.rawValue, first: order,
      second: try ticket(
        second, "\(name)_b", sides.second, size, quotes.second, otherRules, isClosing),
      positions: [view.position(first), view.position(second)],
      pair: opensPair ? id : closing, style: style)
  }

  /// The orders that close what is left of a pair.
  package func plan(
    closing pair: PairBook.Held, _ quotes: (first: Quote, second: Quote),
    style: LegStyle = .takerTaker, resting: Resting? = nil, at now: Moment
  ) throws(MarketRules.Refusal) -> LedgerRecord.TradeRecord {
    try plan(
      SpreadDirection(rawValue: pair.direction) ?? .long,
      (pair.sides.first.opposite, pair.sides.second.opposite), pair.size, quotes,
      on: (pair.first, pair.second), closing: pair.id, style: style, resting: resting, at: now)
  }

  private func ticket(
    _ listing: Listing, _ name: String, _ side: Side, _ size: Decimal, _ quote: Quote,
    _ rules: MarketRules, _ isClosing: Bool
  ) throws(MarketRules.Refusal) -> OrderTicket {
    // Pairs of both directions may have left too little of a position to be reduced.
    let position = view.position(listing)
    let reduces = (side == .sell ? position : position.negated) >= size
    var ticket = OrderTicket(
      listing, clientID: name, side: side, size: size, isReduceOnly: isClosing && reduces)
    if settings.quoted.contains(listing) {
      ticket.maxSlippage = settings.maxSlippage
    } else {
      ticket.price = try rules.emulatedMarket(side, against: quote, offset: settings.trade.offset)
      ticket.timeInForce = .ioc
    }
    return ticket
  }
}
