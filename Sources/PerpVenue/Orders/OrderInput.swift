import PerpCore

/// An order as the tracker knows it: ours by the client's name, others by the venue's id.
package enum OrderKey: Hashable, Sendable, CustomStringConvertible {
  case own(ClientOrderID)
  case foreign(ShortText)

  package var description: String {
    switch self {
    case .own(let id): id.description
    case .foreign(let id): id.string
    }
  }
}

/// What the venue says of an order, over whichever way.
package struct OrderReport: Equatable, Sendable {
  package enum State: Sendable {
    /// Accepted, and not on the book yet; triggers that wait for their price too.
    case pending
    case working, filled, cancelled, rejected, expired
    /// A word this version does not know.
    case unrecognised
  }

  package var symbol: Symbol
  package var orderID: ShortText?
  /// What the order is called at the venue by its owner, if that came with it.
  package var name: ShortText?
  /// Whose order it is found to be, by its terms and its time, where the venue has no names.
  package var clientID: ClientOrderID?
  package var state: State
  /// Cumulative, in base units; nil where the venue does not say.
  package var filled: Decimal?
  package var averagePrice: Decimal?
  /// As the venue has them; needed of orders that are not ours, and to see a replacement.
  package var terms: OrderTerms?
  package var reason: String?
  package var venueCode: String?
  package var venueMessage: String?
  /// The venue's own words for what kind of order it is; nil where they did not come with it.
  package var flags: [String]?
  package var evidence: OrderEvidence
  package var venueTime: Int64?
  package var received: Int64?

  package init(
    symbol: Symbol, orderID: ShortText?, name: ShortText?, state: State, filled: Decimal?,
    averagePrice: Decimal? = nil, terms: OrderTerms? = nil, reason: String? = nil,
    venueCode: String? = nil, venueMessage: String? = nil, evidence: OrderEvidence,
    venueTime: Int64? = nil, received: Int64? = nil
  ) {
    self.symbol = symbol
    self.orderID = orderID
    self.name = name
    self.state = state
    self.filled = filled
    self.averagePrice = averagePrice
    self.terms = terms
    self.reason = reason
    self.venueCode = venueCode
    self.venueMessage = venueMessage
    self.evidence = evidence
    self.venueTime = venueTime
    self.received = received
  }
}

/// One execution, over whichever way; the same trade id and order id is the same execution.
package struct FillReport: Equatable, Sendable {
  package var symbol: Symbol
  package var orderID: ShortText
  package var name: ShortText?
  package var tradeID: ShortText
  package var side: Side
  package var price: Decimal
  package var size: Decimal
  package var fee: Decimal
  package var feeAsset: String
  package var liquidity: Fill.Liquidity
  /// The venue calls the execution a liquidation, whichever side of it was closed.
  package var isLiquidation: Bool
  package var evidence: OrderEvidence
  package var venueTime: Int64?
  package var received: Int64?

  package init(
    symbol: Symbol, orderID: ShortText, name: ShortText?, tradeID: ShortText, side: Side,
    price: Decimal, size: Decimal, fee: Decimal, feeAsset: String, liquidity: Fill.Liquidity,
    isLiquidation: Bool = false, evidence: OrderEvidence, venueTime: Int64? = nil,
    received: Int64? = nil
  ) {
    self.symbol = symbol
    self.orderID = orderID
    self.name = name
    self.tradeID = tradeID
    self.side = side
    self.price = price
    self.size = size
    self.fee = fee
    self.feeAsset = feeAsset
    self.liquidity = liquidity
    self.isLiquidation = isLiquidation
    self.evidence = evidence
    self.venueTime = venueTime
    self.received = received
  }
}

/// What goes to the venue and changes something there.
package enum OrderRequest: Hashable, Sendable {
  case place(ClientOrderID)
  /// Others than ours are cancelled too, where somebody asks for it.
  case cancel(OrderKey)
  case replace(ClientOrderID)
  case account(AccountRequest)

  /// The order it is about; nil where it is about the whole account.
  package var key: OrderKey? {
    switch self {
    case .place(let id), .replace(let id): .own(id)
    case .cancel(let key): key
    case .account: nil
    }
  }
}

/// What some venues do for all orders of an account at once.
package enum AccountRequest: Hashable, Sendable {
  /// Cancels all that is open, of one market if one is named, whoever placed it.
  case cancelAll(Symbol?)
  /// Cancels all that is open unless it is told so again in time; `false`: no more.
  case deadMan(isArmed: Bool)
}

package enum OrderAnswer: Equatable, Sendable {
  /// Taken; that the order stands is told by a report.
  case accepted(orderID: ShortText?)
  case refused(code: String, message: String, evidence: OrderEvidence)
  /// The venue has no such order, or it has ended.
  case notFound
  /// The venue has an order of this name already.
  case duplicate
  /// No answer, a closed connection, or an answer that proves nothing, such as status 500.
  case none
}

/// What the tracker wants to know of the venue.
package struct OrderQuery: Hashable, Sendable {
  package enum Kind: Int, CaseIterable, Sendable {
    /// This one order, by the venue's id or by its name, also after its end.
    case order
    /// All that are open.
    case openOrders
    /// Those that have ended, from `since` on.
    case history
    /// Executions from `since` on.
    case fills
  }

  package let kind: Kind
  /// On whose behalf; nil of the regular look at all that is open.
  package let order: OrderKey?
  /// Microseconds since the epoch.
  package let since: Int64

  package init(kind: Kind, order: OrderKey?, since: Int64) {
    self.kind = kind
    self.order = order
    self.since = since
  }
}

package enum OrderFindings: Equatable, Sendable {
  /// `covering` is the time, in microseconds since the epoch, of which all orders are there.
  case orders([OrderReport], covering: ClosedRange<Int64>? = nil)
  case fills([FillReport])
  /// No answer, or none that could be read.
  case nothingHeard
}

package enum OrderInput: Equatable, Sendable {
  case place(OrderIntent)
  case cancel(OrderKey)
  /// All that is open, of one market if one is named, whoever placed it.
  case cancelAll(Symbol?)
  /// Nil leaves as it is.
  case replace(ClientOrderID, price: Decimal?, size: Decimal?)
  /// Asks the venue how it stands.
  case look(OrderKey)

  /// A request is on its way: its bytes were handed to the transport.
  case sent(OrderRequest)
  /// No byte of a request left; `reason` is one word of snake case.
  case notSent(OrderRequest, reason: String)
  case answered(OrderRequest, OrderAnswer)
  case reported(OrderReport)
  case filled(FillReport)
  case found(OrderQuery, OrderFindings)
  /// The private streams stand again, after a start or a loss: what is known must be proven.
  case reconcile
  case wake
}

package enum OrderAction: Equatable, Sendable {
  /// To be kept before anything that follows is carried out.
  case record(OrderRecord)
  /// An `order` or `fill`: lossless, so kept before it is told.
  case emit(Event)
  case send(OrderRequest)
  case ask(OrderQuery)
  /// No more exposure on this market until the outcome of an order is proven.
  case freeze(Symbol)
  case unfreeze(Symbol)
  /// The client has asked for this before, or for what is so already: it is told how it stands.
  case known(OrderUpdate)
  case refuse(OrderKey, OrderRefusal)
  /// The venue contradicts itself: for people.
  case alarm(String)
  /// The order is followed no more: its records are of no use any longer.
  case forget(OrderKey)
}

/// What a journal must hold for the tracker to be rebuilt: what was meant, and all that was told.
package enum OrderRecord: Equatable, Sendable {
  /// `name` is the order's at the venue; `at` in microseconds since the epoch.
  case intent(OrderIntent, name: ShortText?, at: Int64)
  /// What an order is to become.
  case replacement(OrderIntent)
  case order(OrderUpdate)
  case fill(Fill)

  /// The order it is about; nil where it does not tell, and is of no use.
  package var key: OrderKey? {
    switch self {
    case .intent(let intent, _, _), .replacement(let intent): .own(intent.clientID)
    case .order(let update):
      update.clientID.map(OrderKey.own) ?? update.orderID.map(OrderKey.foreign)
    case .fill(let fill): fill.clientID.map(OrderKey.own) ?? .foreign(fill.orderID)
    }
  }
}
