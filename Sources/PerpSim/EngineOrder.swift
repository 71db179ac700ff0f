import PerpCore

/// An order on its way into a `MatchingEngine`.
package struct IncomingOrder: Equatable, Sendable {
  package enum Kind: Sendable, CaseIterable {
    /// Good till cancelled: what is not filled rests.
    case limit
    /// What is not filled at once is cancelled.
    case immediateOrCancel
    /// Filled whole at once, or not at all.
    case fillOrKill
    /// Refused if any of it would be filled at once.
    case postOnly
    /// Filled at whatever price; the rest is cancelled. `price` does not count.
    case market
  }

  /// What happens when the order meets one of its own owner.
  package enum SelfTrade: Sendable, CaseIterable {
    case allow, cancelTaker, cancelMaker, cancelBoth
  }

  /// Unique among the resting orders of the market.
  package var id: UInt64
  package var owner: UInt32
  package var side: Side
  package var kind: Kind
  /// In ticks.
  package var price: Int64
  /// In lots.
  package var size: Int64
  package var selfTrade: SelfTrade

  package init(
    id: UInt64, owner: UInt32, side: Side, kind: Kind = .limit, price: Int64 = 0, size: Int64,
    selfTrade: SelfTrade = .allow
  ) {
    self.id = id
    self.owner = owner
    self.side = side
    self.kind = kind
    self.price = price
    self.size = size
    self.selfTrade = selfTrade
  }

  /// Whether the order may be filled at a price.
  func accepts(_ price: Int64) -> Bool {
    kind == .market || (side == .buy ? price <= self.price : price >= self.price)
  }
}

/// An order in the book.
package struct RestingOrder: Equatable, Sendable {
  package let id: UInt64
  package let owner: UInt32
  package let side: Side
  package let price: Int64
  /// Still open, in lots.
  package internal(set) var size: Int64
  /// Neighbours in the queue of the level: places in `OrderQueues`.
  var previous = OrderQueues.none
  var next = OrderQueues.none

  init(id: UInt64, owner: UInt32, side: Side, price: Int64, size: Int64) {
    self.id = id
    self.owner = owner
    self.side = side
    self.price = price
    self.size = size
  }
}
