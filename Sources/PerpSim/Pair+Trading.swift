import PerpCore
import PerpVenue

/// A simulator with accounts, which tests may look into.
package protocol TradingSimulator: VenueSimulator {
  var exchange: SimulatedExchange { get }
  var orderFaults: OrderFaults { get set }
}

/// A session of an account and its venue. The pair keeps every record at once.
extension Pair {
  /// What is true at the venue; nil where it has no accounts.
  package var exchange: SimulatedExchange? { (simulator as? any TradingSimulator)?.exchange }

  /// Gives a command to the session; what comes of it is among the actions.
  package mutating func trade(_ command: TradeCommand, _ ticket: Ticket) {
    tellSession(.trading(.command(ticket, command)))
  }

  /// Orders for one request, where the venue has such.
  package mutating func place(_ intents: [TicketedIntent]) {
    tellSession(.trading(.place(intents)))
  }

  /// From here on requests about orders go wrong as these say.
  package mutating func setOrderFaults(_ faults: OrderFaults) {
    guard var trading = simulator as? any TradingSimulator else { return }
    trading.orderFaults = faults
    simulator = trading
  }

  /// The venue closes all that its accounts hold.
  package mutating func liquidate() { tellSimulator(.liquidate) }

  /// The process of the session ends, and another begins: all that was on its way is lost.
  package mutating func restart(with session: any VenueSession) {
    for (id, link) in links.sorted(by: { $0.key.number < $1.key.number })
    where link.isKnownToSimulator {
      tellSimulator(.closed(id))
    }
    links = [:]
    pending = [:]
    // More than any session asks in a run.
    formerRequests += 1_000_000
    queue = EventQueue()
    isNetworkDown = false
    self.session = session
    tellSession(.start)
  }
}
