import PerpCore
import PerpVenue

/// What an order must not exceed, whatever a client says. (`reliability.md` K11.)
package struct OrderLimits: Equatable, Sendable {
  /// Price times size of one order, in quote units.
  package var maxOrderNotional = Decimal(100_000)
  /// Position and working orders of one market and side together, in quote units.
  package var maxPositionNotional = Decimal(500_000)
  /// What an account may lose between one midnight (UTC) and the next, by the balance its venue
  /// tells; 0 for any.
  package var maxDailyLoss = Decimal.zero
  /// Working orders of one account.
  package var maxOpenOrders = 200
  /// Orders of one account within a minute.
  package var ordersPerMinute = 600
  /// How far the price of an order that takes may be from the middle of the market, and of one
  /// that rests, in hundredths of a percent; 0 for any.
  package var takerBand = 500
  package var restingBand = 2_000
  /// Nanoseconds after which a quote is too old to judge by.
  package var quoteAge = Nanoseconds.seconds(10)
  /// A market order is filled no further from the best price than this, in hundredths of a
  /// percent, unless it says otherwise.
  package var slippage = 100

  package init() {}
}

/// Judges an order before anything is made of it.
struct OrderGate {
  let limits: OrderLimits

  /// What an order is judged by.
  struct Situation {
    var market: Market
    /// The newest quote that is sound, and how old it is in nanoseconds.
    var quote: BBO?
    var age: UInt64 = 0
    var openOrders = 0
    /// Of the account on the order's side, in base units, working orders included.
    var exposure: Decimal?
  }

  /// The order with the worst price a market order may be filled at, or why it may not be placed.
  func judge(
    _ intent: OrderIntent, slippage: Int?, in situation: Situation
  ) throws(OrderRefusal) -> OrderIntent {
    if let refusal = intent.refusal(on: situation.market) { throw refusal }
    var intent = intent
    let reference = try reference(for: intent, in: situation)
    if intent.terms.type == .market, let quote = situation.quote {
      intent.bound = bound(
        intent.terms, quote, slippage: slippage ?? limits.slippage, tick: situation.market.tickSize)
    }
    // What only reduces makes nothing worse.
    guard !intent.terms.isReduceOnly else { return intent }
    guard situation.openOrders < limits.maxOpenOrders else {
      throw OrderRefusal(.maxPosition, "\(limits.maxOpenOrders) orders are open, which is the most")
    }
    guard let price = intent.terms.price ?? intent.terms.stopPrice ?? intent.bound ?? reference
    else { return intent }
    guard let notional = price.multiplied(by: intent.terms.size),
      notional <= limits.maxOrderNotional
    else {
      throw OrderRefusal(
        .maxSize, "price times size is more than an order may have, \(limits.maxOrderNotional)")
    }
    let total = situation.exposure?.adding(intent.terms.size)?.multiplied(by: price)
    guard let total, total <= limits.maxPositionNotional else {
      throw OrderRefusal(
        .maxPosition,
        "position and working orders would come to more than \(limits.maxPositionNotional)")
    }
    return intent
  }

  /// The middle of the market, once the order's price is near enough to it.
  private func reference(
    for intent: OrderIntent, in situation: Situation
  ) throws(OrderRefusal) -> Decimal? {
    let terms = intent.terms
    guard let quote = situation.quote, situation.age <= limits.quoteAge, quote.flags.isEmpty,
      let bid = quote.bid?.price, let ask = quote.ask?.price
    else {
      // A resting order can be judged by nothing; where no band is set it need not be.
      if terms.isReduceOnly || (terms.price != nil && limits.restingBand == 0) { return nil }
      throw OrderRefusal(
        .staleMarket, "there is no fresh quote of \(intent.symbol) to judge the order by; retry")
    }
    guard let middle = bid.adding(ask)?.divided(by: Decimal(2), scale: 18),
      let price = terms.price, !terms.type.hasStopPrice
    else { return bid }
    let isTaking = terms.side == .buy ? price >= ask : price <= bid
    // Further out is a mistake only on the side that costs money; a bid far below only rests.
    let worse = terms.side == .buy ? price.subtracting(middle) : middle.subtracting(price)
    let band = isTaking ? limits.takerBand : limits.restingBand
    let distance = isTaking ? worse : worse.map { $0.isNegative ? $0.negated : $0 }
    guard band > 0, let distance,
      let allowed = middle.multiplied(by: Decimal(mantissa: Int128(band), scale: 4)),
      distance > allowed
    else { return middle }
    throw OrderRefusal(
      .priceBand,
      "price \(price) is more than \(Decimal(mantissa: Int128(band), scale: 2)) % "
        + "from the middle of the market, \(middle.trimmed)")
  }

  /// The worst price, on the grid.
  func bound(
    _ terms: OrderTerms, _ quote: BBO, slippage: Int, tick: Decimal
  ) -> Decimal? {
    let isBuy = terms.side == .buy
    guard let best = isBuy ? quote.ask?.price : quote.bid?.price,
      let step = best.multiplied(by: Decimal(mantissa: Int128(slippage), scale: 4)),
      let worst = isBuy ? best.adding(step) : best.subtracting(step),
      let ticks = worst.divided(by: tick, scale: 0),
      let price = ticks.multiplied(by: tick), price > .zero
    else { return nil }
    return price
  }
}
