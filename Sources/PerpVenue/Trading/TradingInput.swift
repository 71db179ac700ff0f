import PerpCore

/// An account of the user's at a venue, by the name the user gives it.
package struct AccountID: Hashable, Sendable, CustomStringConvertible {
  package let venue: VenueID
  package let name: String

  package init(_ venue: VenueID, _ name: String) {
    self.venue = venue
    self.name = name
  }

  package var description: String { "\(venue)/\(name)" }
}

/// Numbers a command, so that its outcome can be told apart from others'.
package struct Ticket: Hashable, Sendable {
  package let number: UInt64
  package init(_ number: UInt64) { self.number = number }
}

/// What somebody wants of an account.
package enum TradeCommand: Equatable, Sendable {
  case place(OrderIntent)
  case cancel(OrderKey)
  /// All that is open, of one market if one is named, whoever placed it: by the venue's own request
  /// where it has one. What is placed after it is not meant.
  case cancelAll(Symbol?)
  /// Nil leaves as it is.
  case replace(ClientOrderID, price: Decimal?, size: Decimal?)
  /// Ask the venue now how an order stands; what it says comes as events.
  case look(OrderKey)
  /// The program is about to end, and what is open may stay: the venue need not watch over it.
  /// Settled when the venue has been told, or nothing came of it.
  case release
}

/// What becomes of a command at once. What comes of the order is told by events.
package enum TradeOutcome: Equatable, Sendable {
  /// It is recorded, and goes out.
  case accepted
  /// The same was asked for before, or is so already.
  case known(OrderUpdate)
  case refused(OrderRefusal)
}

/// An order that is to be placed with others.
package struct TicketedIntent: Equatable, Sendable {
  package let ticket: Ticket
  package let intent: OrderIntent

  package init(_ ticket: Ticket, _ intent: OrderIntent) {
    (self.ticket, self.intent) = (ticket, intent)
  }
}

/// What a session of an account is told beside what happens on the network.
package enum TradingInput: Equatable, Sendable {
  /// Answered by `.settled` with the same ticket.
  case command(Ticket, TradeCommand)
  /// To be placed by one request; at most `ordersTogether` of the session. Each is answered as if
  /// it had come by itself.
  case place([TicketedIntent])
  /// The answer to `.keep`: all that was recorded so far outlives this process, or cannot be kept.
  case kept(Bool)
  /// The newest quote of a market, for sessions that fill orders themselves.
  case quote(BBO)
}

package enum TradingAction: Equatable, Sendable {
  /// To be put into the journal, with all that is told by `.emit` around it.
  case record(OrderRecord)
  /// The journal need not hold this order any longer.
  case forget(OrderKey)
  /// Make durable what was recorded and told; answered by `.kept` before anything else.
  case keep
  case settled(Ticket, TradeOutcome)
}

/// An order as its request needs it.
package struct OrderSubject: Equatable, Sendable {
  package var key: OrderKey
  package var symbol: Symbol
  /// What it is called at the venue.
  package var name: ShortText?
  package var orderID: ShortText?
  /// As the venue has it, or is to have it; nil of others' orders that came without.
  package var terms: OrderTerms?
  /// What it is to become.
  package var replacement: OrderTerms?
  /// The worst price of a market order; see `OrderIntent`.
  package var bound: Decimal?
  package var filled: Decimal
  package var placed: Moment
}

extension OrderSubject {
  /// One that is about to be placed.
  package init(placing intent: OrderIntent, name: ShortText?, at now: Moment) {
    self.init(
      key: .own(intent.clientID), symbol: intent.symbol, name: name, orderID: nil,
      terms: intent.terms, replacement: nil, bound: intent.bound, filled: .zero, placed: now)
  }
}
