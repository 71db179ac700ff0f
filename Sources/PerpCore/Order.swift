/// The name a client gives its order: 1–36 of `A-Z a-z 0-9 _ -`.
package struct ClientOrderID: Hashable, Comparable, Sendable, CustomStringConvertible {
  package static let maxLength = 36

  package let text: ShortText

  /// Nil where the text is no such name.
  package init?(_ string: String) {
    guard (1...Self.maxLength).contains(string.utf8.count), string.utf8.allSatisfy(Self.isNameByte),
      let text = ShortText(string)
    else { return nil }
    self.text = text
  }

  package var description: String { text.string }

  package static func < (left: ClientOrderID, right: ClientOrderID) -> Bool {
    left.text < right.text
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

package enum OrderType: String, CaseIterable, Sendable {
  case limit, market
  case stopLimit = "stop_limit"
  case stopMarket = "stop_market"
  case takeProfitLimit = "take_profit_limit"
  case takeProfitMarket = "take_profit_market"

  package var hasPrice: Bool {
    switch self {
    case .limit, .stopLimit, .takeProfitLimit: true
    case .market, .stopMarket, .takeProfitMarket: false
    }
  }

  package var hasStopPrice: Bool { self != .limit && self != .market }
}

package enum TimeInForce: String, CaseIterable, Sendable {
  case gtc, ioc, fok
  /// Until a time that is part of the order.
  case gtt
}

/// What is ordered.
package struct OrderTerms: Equatable, Sendable {
  package var side: Side
  package var type: OrderType
  package var timeInForce: TimeInForce?
  /// Nil of market orders.
  package var price: Decimal?
  /// Of stop and take-profit orders.
  package var stopPrice: Decimal?
  /// In base units.
  package var size: Decimal
  package var isPostOnly: Bool
  package var isReduceOnly: Bool

  package init(
    side: Side, type: OrderType, timeInForce: TimeInForce? = nil, price: Decimal? = nil,
    stopPrice: Decimal? = nil, size: Decimal, isPostOnly: Bool = false, isReduceOnly: Bool = false
  ) {
    self.side = side
    self.type = type
    self.timeInForce = timeInForce
    self.price = price
    self.stopPrice = stopPrice
    self.size = size
    self.isPostOnly = isPostOnly
    self.isReduceOnly = isReduceOnly
  }
}

/// The state of an order.
package enum OrderStatus: String, CaseIterable, Sendable {
  /// In the journal, and sent or about to be.
  case pending
  /// Sent, and what came of it cannot be proven yet; never a guess.
  case unknown
  case open
  case partiallyFilled = "partially_filled"
  case filled, cancelled, rejected, expired

  package var isFinal: Bool {
    switch self {
    case .pending, .unknown, .open, .partiallyFilled: false
    case .filled, .cancelled, .rejected, .expired: true
    }
  }
}

/// What proves the status of an order.
package enum OrderEvidence: String, CaseIterable, Sendable {
  /// The private stream, or an answer over a WebSocket.
  case webSocket = "ws"
  /// The answer to a request about this very order.
  case restOrder = "rest_order"
  /// A list of orders or fills that would have it.
  case restHistory = "rest_history"
  case expiryPassed = "expiry_passed"
  case noncePassed = "nonce_passed"
  /// No byte of it left this machine.
  case notSent = "not_sent"
  case localDeny = "local_deny"
}

/// Where an event of an account comes from and when.
package struct AccountHeader: Equatable, Sendable {
  package var venue: VenueID
  /// The user's name of the account.
  package var account: String
  /// When it happened, by the venue's clock; nil where the venue does not say, or had no part.
  package var venueTime: Int64?
  /// When the bytes were read from the socket; nil of what happened here.
  package var received: Int64?

  package init(venue: VenueID, account: String, venueTime: Int64? = nil, received: Int64? = nil) {
    self.venue = venue
    self.account = account
    self.venueTime = venueTime
    self.received = received
  }
}

/// What happened to an order, and how it is now.
package struct OrderUpdate: Equatable, Sendable {
  package enum Change: String, CaseIterable, Sendable {
    case pendingNew = "pending_new"
    case new, fill
    case pendingCancel = "pending_cancel"
    case cancelled
    case cancelRejected = "cancel_rejected"
    case pendingReplace = "pending_replace"
    case replaced
    case replaceRejected = "replace_rejected"
    case rejected, expired, triggered
    /// A final state, or a figure of it, was wrong: this is proven to be right.
    case restated
    /// Any other change of the status.
    case status
  }

  package var header: AccountHeader
  package var symbol: Symbol
  /// Nil of an order that was not placed here.
  package var clientID: ClientOrderID?
  /// The order this one takes the place of.
  package var originalClientID: ClientOrderID?
  /// The venue's id; nil until it is known.
  package var orderID: ShortText?
  package var change: Change
  package var status: OrderStatus
  /// Nil where the venue does not tell them of an order that was not placed here.
  package var terms: OrderTerms?
  /// In base units, as `remaining`.
  package var filled: Decimal?
  /// What can still be filled: 0 once the status is final.
  package var remaining: Decimal?
  package var averagePrice: Decimal?
  /// One word of snake case.
  package var reason: String?
  package var venueCode: String?
  package var venueMessage: String?
  /// Never nil where the status is final.
  package var evidence: OrderEvidence?
  /// Not placed through this gateway.
  package var isForeign: Bool
  package var isCancelPending: Bool
  package var isReplacePending: Bool
  /// The venue's own words for what kind of order it is; nil where it says nothing of that.
  package var flags: [String]?

  package init(
    header: AccountHeader, symbol: Symbol, clientID: ClientOrderID?, orderID: ShortText?,
    change: Change, status: OrderStatus, terms: OrderTerms? = nil,
    originalClientID: ClientOrderID? = nil, filled: Decimal? = nil, remaining: Decimal? = nil,
    averagePrice: Decimal? = nil, reason: String? = nil, venueCode: String? = nil,
    venueMessage: String? = nil, evidence: OrderEvidence? = nil, isForeign: Bool = false,
    isCancelPending: Bool = false, isReplacePending: Bool = false, flags: [String]? = nil
  ) {
    self.header = header
    self.symbol = symbol
    self.clientID = clientID
    self.originalClientID = originalClientID
    self.orderID = orderID
    self.change = change
    self.status = status
    self.terms = terms
    self.filled = filled
    self.remaining = remaining
    self.averagePrice = averagePrice
    self.reason = reason
    self.venueCode = venueCode
    self.venueMessage = venueMessage
    self.evidence = evidence
    self.isForeign = isForeign
    self.isCancelPending = isCancelPending
    self.isReplacePending = isReplacePending
    self.flags = flags
  }
}
