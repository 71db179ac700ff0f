import PerpCore

/// What an exchange demands of orders, and what it takes for them.
package struct ExchangeRules: Sendable {
  package var startingCollateral: Decimal
  package var fees: FeeRates
  /// What marketable orders wait before they come to the book, in nanoseconds.
  package var takerDelay: UInt64 = 0
  /// Of one account in one market.
  package var maxOpenOrders: Int
  /// How far from the mark a limit price may be, as a part of it; nil for any.
  package var priceBand: Decimal?
  /// Whether a client id may come again once its order ended.
  package var reusesClientIDs: Bool
  /// Ended orders and fills that are kept, each; the oldest go first.
  package var maxHistory = 5_000
  /// The venue's id of an order, of its number and the time in microseconds.
  package var orderName: @Sendable (_ number: UInt64, _ time: Int64) -> String

  package init(
    startingCollateral: Decimal = Decimal(100_000),
    fees: FeeRates = FeeRates(
      maker: Decimal(mantissa: 2, scale: 4), taker: Decimal(mantissa: 5, scale: 4)),
    takerDelay: UInt64 = 0, maxOpenOrders: Int = 100, priceBand: Decimal? = nil,
    reusesClientIDs: Bool = true,
    orderName: @escaping @Sendable (_ number: UInt64, _ time: Int64) -> String = { number, _ in
      "\(number)"
    }
  ) {
    self.startingCollateral = startingCollateral
    self.fees = fees
    self.takerDelay = takerDelay
    self.maxOpenOrders = maxOpenOrders
    self.priceBand = priceBand
    self.reusesClientIDs = reusesClientIDs
    self.orderName = orderName
  }
}

/// What an exchange knows of a market besides its book.
package struct ExchangeMarket: Sendable {
  package var tick: Decimal
  package var lot: Decimal
  package var minSize: Decimal
  package var maxSize: Decimal
  /// In quote units, at the price of the order or else the mark.
  package var minValue: Decimal
  /// Of a position, in base units; nil for any.
  package var positionLimit: Decimal?
  package var maxLeverage: Decimal
  /// As of the latest operation.
  package internal(set) var mark: Decimal

  package init(
    _ market: SimulatedMarket, minSize: Decimal? = nil, maxSize: Decimal = Decimal(1_000_000_000),
    minValue: Decimal = .zero, positionLimit: Decimal? = nil
  ) {
    let profile = market.profile
    tick = profile.tick
    lot = profile.lot
    self.minSize = minSize ?? profile.lot
    self.maxSize = maxSize
    self.minValue = minValue
    self.positionLimit = positionLimit
    maxLeverage = Decimal(profile.maxLeverage)
    mark = market.markPrice
  }

  /// Nil where the price is not on the grid, or beyond what a book can hold.
  func ticks(_ price: Decimal) -> Int64? { Self.count(price, of: tick) }
  func lots(_ size: Decimal) -> Int64? { Self.count(size, of: lot) }

  private static func count(_ value: Decimal, of unit: Decimal) -> Int64? {
    guard !value.isNegative, !value.isZero, value.isMultiple(of: unit),
      let count = value.divided(by: unit, scale: 0)?.mantissa,
      count <= Int128(MatchingEngine.maxQuantity)
    else { return nil }
    return Int64(count)
  }
}
