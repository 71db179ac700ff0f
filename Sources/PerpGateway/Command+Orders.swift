import PerpCore
import PerpVenue

extension Command {
  /// What a client has said of one order to place.
  package struct Placement: Equatable, Sendable {
    /// Nil where the venue has one account.
    package var account: String?
    package var venue: VenueID
    package var symbol: MarketName
    package var clientID: ClientOrderID
    package var terms: OrderTerms
    /// Nanoseconds after which it is cancelled.
    package var lifetime: UInt64?
    /// Of a market order, in hundredths of a percent.
    package var slippage: Int?
  }

  /// One order, by the client's name for it or by the venue's id.
  package struct OrderReference: Equatable, Sendable {
    package var account: String?
    package var venue: VenueID?
    package var clientID: ClientOrderID?
    package var orderID: ShortText?
  }

  package struct Modification: Equatable, Sendable {
    package var order: OrderReference
    /// The order is cancelled, and placed anew under this name.
    package var newID: ClientOrderID?
    package var price: Decimal?
    package var size: Decimal?
  }

  /// Whose orders are meant.
  package enum Scope: String, CaseIterable, Sendable {
    /// The client's own.
    case mine
    /// All of the account, also those that were not placed here.
    case account
  }

  /// Orders, positions or balances; nil for all.
  package struct AccountFilter: Equatable, Sendable {
    package var account: String?
    package var venue: VenueID?
    package var symbol: MarketName?
    package var scope = Scope.mine
    /// Orders that have ended too.
    package var includesFinal = false
  }

  /// What becomes of a client's orders when it vanishes.
  package struct DeadMan: Equatable, Sendable {
    package var scope = Scope.mine
    /// Nanoseconds in which it may come back.
    package var grace: UInt64 = 0
  }
}
