import PerpCore
import PerpVenue

@testable import PerpGateway

/// An account's orders at a venue that does what a test says.
struct OrderDesk {
  static let account = AccountID(GatewayScript.paradex, "main")

  private var tracker = OrderTracker(
    venue: account.venue, account: account.name,
    settings: OrderTracker.Settings(naming: .text, definiteRefusals: ["MARGIN"]))

  mutating func receive(
    _ input: OrderInput, at now: Moment
  ) -> (outcome: TradeOutcome, events: [Event], sent: [String]) {
    var actions: [OrderAction] = []
    tracker.receive(input, at: now, into: &actions)
    var outcome = TradeOutcome.accepted
    var events: [Event] = []
    var sent: [String] = []
    for action in actions {
      switch action {
      case .emit(let event): events.append(event)
      case .send(.place(let id)): sent.append("place \(id)")
      case .send(.cancel(let key)): sent.append("cancel \(key)")
      case .send(.account(.cancelAll(let symbol))): sent.append("cancel \(symbol?.base ?? "all")")
      case .send(.replace(let id)): sent.append("replace \(id)")
      case .known(let update): outcome = .known(update)
      case .refuse(_, let refusal): outcome = .refused(refusal)
      default: break
      }
    }
    return (outcome, events, sent)
  }
}
