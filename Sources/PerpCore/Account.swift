/// One execution of an order, told once for each trade id of the venue. An `OrderUpdate` that
/// includes it comes next.
package struct Fill: Equatable, Sendable {
  package enum Liquidity: String, CaseIterable, Sendable {
    case maker, taker
  }

  package var header: AccountHeader
  package var symbol: Symbol
  package var tradeID: ShortText
  /// Nil of an order that was not placed here.
  package var clientID: ClientOrderID?
  package var orderID: ShortText
  package var side: Side
  package var price: Decimal
  /// In base units.
  package var size: Decimal
  /// Positive: paid; negative: a rebate.
  package var fee: Decimal
  package var feeAsset: String
  package var liquidity: Liquidity
  /// The venue has closed the position.
  package var isLiquidation: Bool
  /// Of the order, this fill included.
  package var filled: Decimal
  package var remaining: Decimal

  package init(
    header: AccountHeader, symbol: Symbol, tradeID: ShortText, clientID: ClientOrderID?,
    orderID: ShortText, side: Side, price: Decimal, size: Decimal, fee: Decimal, feeAsset: String,
    liquidity: Liquidity, isLiquidation: Bool = false, filled: Decimal, remaining: Decimal
  ) {
    self.header = header
    self.symbol = symbol
    self.tradeID = tradeID
    self.clientID = clientID
    self.orderID = orderID
    self.side = side
    self.price = price
    self.size = size
    self.fee = fee
    self.feeAsset = feeAsset
    self.liquidity = liquidity
    self.isLiquidation = isLiquidation
    self.filled = filled
    self.remaining = remaining
  }
}

package struct Position: Equatable, Sendable {
  package var header: AccountHeader
  package var symbol: Symbol
  /// In base units; negative: short; 0: none.
  package var size: Decimal
  /// The average; nil without a position.
  package var entryPrice: Decimal?
  package var markPrice: Decimal?
  package var unrealizedPnL: Decimal?
  package var liquidationPrice: Decimal?
  package var leverage: Decimal?
  /// The size that the stream had told, where what the venue answers contradicts it and is
  /// believed; nil where there was nothing to settle.
  package var reconciledFrom: Decimal?

  package init(
    header: AccountHeader, symbol: Symbol, size: Decimal, entryPrice: Decimal?,
    markPrice: Decimal? = nil, unrealizedPnL: Decimal? = nil, liquidationPrice: Decimal? = nil,
    leverage: Decimal? = nil, reconciledFrom: Decimal? = nil
  ) {
    self.header = header
    self.symbol = symbol
    self.size = size
    self.entryPrice = entryPrice
    self.markPrice = markPrice
    self.unrealizedPnL = unrealizedPnL
    self.liquidationPrice = liquidationPrice
    self.leverage = leverage
    self.reconciledFrom = reconciledFrom
  }
}

/// What an account has of one asset.
package struct Balance: Equatable, Sendable {
  package var header: AccountHeader
  package var asset: String
  package var total: Decimal
  /// What new orders may use.
  package var available: Decimal
  package var marginUsed: Decimal?

  package init(
    header: AccountHeader, asset: String, total: Decimal, available: Decimal,
    marginUsed: Decimal? = nil
  ) {
    self.header = header
    self.asset = asset
    self.total = total
    self.available = available
    self.marginUsed = marginUsed
  }
}

/// Whether all that happens to an account is heard, told whenever it changes.
package struct AccountStatus: Equatable, Sendable {
  package enum State: String, CaseIterable, Sendable {
    /// Signing in.
    case connecting
    /// Orders can be placed, and the private stream tells what becomes of them.
    case live
    /// Neither; what happened meanwhile is asked for once it is live again.
    case down
  }

  package var header: AccountHeader
  package var state: State
  /// One word of snake case, such as `signed_in`, `auth`, `closed_1006`.
  package var cause: String
  /// Rises with each connection to the venue.
  package var epoch: UInt64

  package init(header: AccountHeader, state: State, cause: String, epoch: UInt64) {
    self.header = header
    self.state = state
    self.cause = cause
    self.epoch = epoch
  }
}

/// How much of what a venue allows an account is used, told when it comes into another quarter of
/// the whole.
package struct RateUse: Equatable, Sendable {
  package var header: AccountHeader
  /// What is counted, and within what time: `requests_1s`, `requests_1250ms`.
  package var bucket: String
  package var used: Int
  package var limit: Int
  /// When the oldest of those counted is counted no more, in microseconds since the epoch; nil
  /// where none is.
  package var reset: Int64?

  package init(header: AccountHeader, bucket: String, used: Int, limit: Int, reset: Int64?) {
    self.header = header
    self.bucket = bucket
    self.used = used
    self.limit = limit
    self.reset = reset
  }
}
