import PerpCore

/// What a client asks of a `SimulatedExchange`.
package struct OrderPlacement: Equatable, Sendable {
  package var account: UInt32
  /// The place of the market among those of the exchange.
  package var market: Int
  package var clientID: String?
  package var terms: OrderTerms
  /// Microseconds since the epoch; of `gtt`.
  package var expiry: Int64?
  package var selfTrade: IncomingOrder.SelfTrade
  /// Instead of the rates of the account.
  package var fees: FeeRates?
  /// Nanoseconds until it comes to the book, whatever it is; the exchange's own bump of takers
  /// comes on top.
  package var delay: UInt64
  /// For the venue; the exchange does not read it.
  package var note: String
  /// Placed by the venue itself, to close a position that the account cannot bear any more.
  package internal(set) var isLiquidation = false

  package init(
    account: UInt32, market: Int, clientID: String? = nil, terms: OrderTerms,
    expiry: Int64? = nil, selfTrade: IncomingOrder.SelfTrade = .cancelTaker,
    fees: FeeRates? = nil, delay: UInt64 = 0, note: String = ""
  ) {
    self.account = account
    self.market = market
    self.clientID = clientID
    self.terms = terms
    self.expiry = expiry
    self.selfTrade = selfTrade
    self.fees = fees
    self.delay = delay
    self.note = note
  }
}

/// Parts of the traded value; negative: a rebate.
package struct FeeRates: Equatable, Sendable {
  package var maker: Decimal
  package var taker: Decimal

  package init(maker: Decimal, taker: Decimal) {
    self.maker = maker
    self.taker = taker
  }
}

/// An order of an account, as it stands.
package struct ExchangeOrder: Equatable, Sendable {
  package enum Status: Sendable, CaseIterable {
    /// Taken in, not in the book yet.
    case pending
    /// A stop or take-profit order that waits for its price.
    case untriggered
    case open
    case filled, cancelled, rejected, expired

    package var isFinal: Bool {
      switch self {
      case .pending, .untriggered, .open: false
      case .filled, .cancelled, .rejected, .expired: true
      }
    }
  }

  /// Its number in the book; counts up from 1 over all markets.
  package let number: UInt64
  /// The venue's id.
  package let name: String
  /// With terms as they are now: changed by request, or by what a reduce-only order may still do.
  package internal(set) var placement: OrderPlacement
  package internal(set) var status: Status = .pending
  package internal(set) var filled = Decimal.zero
  /// The sum of price × size of its fills.
  package internal(set) var filledValue = Decimal.zero
  package internal(set) var fees = Decimal.zero
  /// Why it ended; nil while it lives and when it was filled.
  package internal(set) var cause: ExchangeCause?
  /// Its price came.
  package internal(set) var isTriggered = false
  /// Microseconds since the epoch, as `updatedAt`.
  package let createdAt: Int64
  package internal(set) var updatedAt: Int64
  /// When `placement.expiry` is on the monotonic clock.
  var expiryDue: UInt64 = .max

  package var terms: OrderTerms { placement.terms }
  package var account: UInt32 { placement.account }
  package var market: Int { placement.market }
  package var clientID: String? { placement.clientID }

  /// What is not filled, also of an order that ended.
  package var unfilled: Decimal { terms.size.minus(filled) }
  /// What can still be filled.
  package var remaining: Decimal { status.isFinal ? .zero : unfilled }
  /// Cut to 12 digits after the point; nil without fills.
  package var averagePrice: Decimal? { filledValue.divided(by: filled, scale: 12)?.trimmed }

  init(number: UInt64, name: String, _ placement: OrderPlacement, at time: Int64) {
    self.number = number
    self.name = name
    self.placement = placement
    createdAt = time
    updatedAt = time
  }
}

/// Why something was refused, or an order ended. Venues have their own code for each.
package enum ExchangeCause: String, Error, CaseIterable, Sendable {
  // Of requests that make no order.
  case unknownAccount, duplicateClientID, tooManyOpenOrders
  /// Not a multiple of the step, or not above zero.
  case sizeOffGrid, priceOffGrid, stopPriceOffGrid
  case sizeTooSmall, sizeTooLarge, valueTooSmall
  /// Further from the mark price than allowed.
  case priceOutOfBand
  case priceMissing, stopPriceMissing, expiryMissing, expiryPassed
  /// Such as a post-only market order.
  case contradiction

  // Of orders.
  case insufficientMargin, postOnlyWouldCross, reduceOnlyWouldIncrease, positionLimit
  /// A market order finds nobody.
  case emptyBook
  case bookFull
  /// A fill-or-kill order cannot be filled whole.
  case unfillable
  /// The rest of an immediate-or-cancel or market order.
  case remainder
  case selfTrade
  case requested, disconnected, expired, liquidated

  // Of requests about orders.
  case unknownOrder, orderClosed
  /// An order in this state cannot be changed so.
  case notModifiable
}

/// What happened at an exchange, in order; orders are told as they stood right after it.
package enum ExchangeEvent: Equatable, Sendable {
  package enum OrderChange: Equatable, Sendable {
    /// Taken in; whether it lasts is told next.
    case accepted
    /// Waits for its price.
    case waiting
    case triggered
    /// Rests in the book, perhaps filled in part before.
    case opened
    case filledInPart, filled
    /// Price or size are others, by request.
    case modified
    /// The request to modify came to nothing.
    case modifyRefused(ExchangeCause)
    /// Smaller, because the position a reduce-only order may close is.
    case capped
    case cancelled, rejected, expired
  }

  case order(ExchangeOrder, OrderChange)
  /// The `order` that includes it comes next.
  case fill(ExchangeFill)
  case position(ExchangePosition)
  case balance(ExchangeBalance)

  package var account: UInt32 {
    switch self {
    case .order(let order, _): order.account
    case .fill(let fill): fill.account
    case .position(let position): position.account
    case .balance(let balance): balance.account
    }
  }
}

/// One side of a trade.
package struct ExchangeFill: Equatable, Sendable {
  /// Counts up from 1 over all markets; both sides of a trade have their own.
  package let number: UInt64
  package let account: UInt32
  package let market: Int
  package let order: UInt64
  package let orderName: String
  package let clientID: String?
  package let side: Side
  package let price: Decimal
  package let size: Decimal
  package let fee: Decimal
  /// Without the fee.
  package let realizedPnL: Decimal
  package let liquidity: Fill.Liquidity
  /// The venue has closed the position; whoever was the maker of it was not liquidated.
  package let isLiquidation: Bool
  /// Microseconds since the epoch.
  package let time: Int64
  /// Of the order, this fill included.
  package let filled: Decimal
  package let remaining: Decimal
  /// Where the public trade is: `published[event].executions[execution]` of its `Consequences`.
  package let event: Int
  package let execution: Int
}

package struct ExchangePosition: Equatable, Sendable {
  package let account: UInt32
  package let market: Int
  /// Negative: short.
  package internal(set) var size = Decimal.zero
  /// Price × signed size of what is open: exact, the average entry is made of it.
  package internal(set) var cost = Decimal.zero
  /// Since the account was opened, without fees.
  package internal(set) var realizedPnL = Decimal.zero
  package internal(set) var fees = Decimal.zero
  package internal(set) var leverage: Decimal
  package internal(set) var mark = Decimal.zero
  /// Microseconds since the epoch, as `updatedAt`; of the position that is open now.
  package internal(set) var openedAt: Int64 = 0
  package internal(set) var updatedAt: Int64 = 0
  /// The latest `ExchangeFill.number`.
  package internal(set) var lastFill: UInt64 = 0

  /// Cut to 12 digits after the point; nil without a position.
  package var entryPrice: Decimal? { cost.divided(by: size, scale: 12)?.trimmed }
  package var unrealizedPnL: Decimal { mark.times(size).minus(cost) }

  init(account: UInt32, market: Int, leverage: Decimal) {
    self.account = account
    self.market = market
    self.leverage = leverage
  }
}

package struct ExchangeBalance: Equatable, Sendable {
  package let account: UInt32
  /// Microseconds since the epoch.
  package let time: Int64
  /// Collateral: what was paid in, realized profits and fees.
  package let total: Decimal
  /// With what positions would realize at the mark price.
  package let equity: Decimal
  /// Held for positions and open orders.
  package let marginUsed: Decimal
  /// What positions need to stay: with less equity the account is liquidated.
  package let maintenance: Decimal
  /// What new orders may use; not below zero.
  package let available: Decimal
}

/// All that one operation brought about.
package struct Consequences: Equatable, Sendable {
  /// What the public sees of it, each with its market, in order.
  package internal(set) var published: [Published] = []
  package internal(set) var events: [ExchangeEvent] = []

  package struct Published: Equatable, Sendable {
    package let market: Int
    package let event: SimulatedMarket.Event
  }

  package init() {}
}

extension Decimal {
  // Prices, sizes and rates have few digits and are bounded: 38 digits hold all of these.
  func plus(_ other: Decimal) -> Decimal { adding(other)! }
  func minus(_ other: Decimal) -> Decimal { subtracting(other)! }
  func times(_ other: Decimal) -> Decimal { multiplied(by: other)!.trimmed }
  var magnitude: Decimal { isNegative ? negated : self }
}
