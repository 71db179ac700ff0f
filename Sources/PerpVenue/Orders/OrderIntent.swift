import PerpCore

/// Why an order is refused here: words of the protocol's list of reasons.
package struct OrderRefusal: Error, Equatable, Sendable {
  package enum Reason: String, CaseIterable, Sendable {
    case badTick = "bad_tick"
    case badLot = "bad_lot"
    case belowMin = "below_min"
    case rateLimited = "rate_limited"
    case unknownSymbol = "unknown_symbol"
    case unknownOrder = "unknown_order"
    case duplicateClientID = "duplicate_client_id"
    case reduceOnly = "reduce_only"
    case venueDown = "venue_down"
    case staleMarket = "stale_market"
    case priceBand = "price_band"
    case maxSize = "max_size"
    case maxPosition = "max_position"
    case maxLoss = "max_loss"
    case notArmed = "not_armed"
    case noMargin = "no_margin"
    case auth, frozen, panic, nonce, locked, malformed, unsupported
    case failed = "internal"
  }

  /// The word for each of a venue's codes.
  package static func reasons(_ codes: [Reason: [String]]) -> [String: Reason] {
    Dictionary(
      uniqueKeysWithValues: codes.flatMap { reason, codes in codes.map { ($0, reason) } })
  }

  package let reason: Reason
  package let message: String

  package init(_ reason: Reason, _ message: String) {
    self.reason = reason
    self.message = message
  }
}

/// What a client wants: it goes into the journal before anything of it leaves.
package struct OrderIntent: Equatable, Sendable {
  package var clientID: ClientOrderID
  package var symbol: Symbol
  package var terms: OrderTerms
  /// The order this one takes the place of.
  package var originalClientID: ClientOrderID?
  /// The worst price at which a market order may be filled, on the grid; nil where the venue's own
  /// bound is enough. No part of what the order is.
  package var bound: Decimal?

  package init(
    clientID: ClientOrderID, symbol: Symbol, terms: OrderTerms,
    originalClientID: ClientOrderID? = nil
  ) {
    self.clientID = clientID
    self.symbol = symbol
    self.terms = terms
    self.originalClientID = originalClientID
  }

  /// Why the order makes no sense, or not on this market; nil where it does.
  package func refusal(on market: Market) -> OrderRefusal? {
    guard market.symbol == symbol else {
      return OrderRefusal(.unknownSymbol, "\(symbol) is not \(market.symbol)")
    }
    return terms.contradiction ?? refusal(of: market.status) ?? refusal(onGridOf: market)
  }

  private func refusal(of status: Market.Status) -> OrderRefusal? {
    switch status {
    case .open: nil
    case .halted, .cancelOnly, .quotesOnly, .delisted:
      OrderRefusal(.venueDown, "\(symbol) takes no orders now: \(status.rawValue)")
    case .postOnly:
      terms.isPostOnly
        ? nil : OrderRefusal(.unsupported, "\(symbol) takes post-only orders alone now")
    case .reduceOnly:
      terms.isReduceOnly
        ? nil : OrderRefusal(.reduceOnly, "\(symbol) takes reduce-only orders alone now")
    }
  }

  private func refusal(onGridOf market: Market) -> OrderRefusal? {
    let size = terms.size
    guard size.isMultiple(of: market.lotSize) else {
      return OrderRefusal(.badLot, "size \(size) is no multiple of the lot \(market.lotSize)")
    }
    guard size >= market.minSize else {
      return OrderRefusal(.belowMin, "size \(size) is below the least, \(market.minSize)")
    }
    for (name, price) in [("price", terms.price), ("stop_price", terms.stopPrice)] {
      guard let price, !price.isMultiple(of: market.tickSize) else { continue }
      return OrderRefusal(.badTick, "\(name) \(price) is no multiple of \(market.tickSize)")
    }
    guard let price = terms.price, let least = market.minNotional, !terms.isReduceOnly else {
      return nil
    }
    guard let notional = price.multiplied(by: size) else {
      return OrderRefusal(.malformed, "price \(price) times size \(size) has too many digits")
    }
    guard notional < least else { return nil }
    return OrderRefusal(.belowMin, "price times size is \(notional), below the least, \(least)")
  }
}

extension OrderTerms {
  /// What cannot be meant, on whatever market.
  fileprivate var contradiction: OrderRefusal? {
    func malformed(_ message: String) -> OrderRefusal { OrderRefusal(.malformed, message) }
    guard size > .zero else { return malformed("size \(size) is not positive") }
    if type.hasPrice != (price != nil) {
      return malformed("a \(type.rawValue) order \(type.hasPrice ? "needs a" : "has no") price")
    }
    if type.hasStopPrice != (stopPrice != nil) {
      return malformed(
        "a \(type.rawValue) order \(type.hasStopPrice ? "needs a" : "has no") stop_price")
    }
    if let price, price <= .zero { return malformed("price \(price) is not positive") }
    if let stopPrice, stopPrice <= .zero {
      return malformed("stop_price \(stopPrice) is not positive")
    }
    if isPostOnly, !type.hasPrice || timeInForce == .ioc || timeInForce == .fok {
      return malformed("post_only needs an order that can rest on the book")
    }
    return nil
  }
}
