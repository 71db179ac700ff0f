import PerpCore

/// Looks at an account and says what there is: it trades nothing. (S3-71)
package struct AccountBot: Bot {
  /// Nanoseconds between looks, and how long it looks for an account that is signed in.
  private static let interval = Nanoseconds.seconds(1)
  private static let patience = Nanoseconds.seconds(20)

  private let listing: Listing
  package private(set) var desk: Desk
  private var orders: [OrderLine]?
  private var nextLook: UInt64
  private let until: UInt64

  package init(_ listing: Listing, ledger: Ledger = Ledger(), at now: Moment) {
    self.listing = listing
    var settings = Desk.Settings(name: "mm-balance", listings: [listing])
    settings.sendsOrders = false
    desk = Desk(settings, ledger: ledger, at: now)
    (nextLook, until) = (now.monotonic, now.monotonic + Self.patience)
  }

  package var deadline: UInt64? {
    desk.phase == .finished ? nil : min(desk.deadline ?? .max, nextLook)
  }

  package mutating func receive(
    _ input: BotInput, at now: Moment, into actions: inout [BotAction]
  ) {
    for case .orders(let lines) in desk.receive(input, at: now) { orders = lines }
    if desk.phase != .finished { look(at: now) }
    actions += desk.take()
  }

  private mutating func look(at now: Moment) {
    let isKnown = desk.isRunning && desk.view.balance(listing.venue) != nil
    if isKnown, let orders {
      desk.outbox.log(.info, report(orders))
      return desk.end("done", code: 0, at: now)
    }
    guard now.monotonic >= nextLook else { return }
    nextLook = now.monotonic + Self.interval
    guard now.monotonic < until else {
      let cause = desk.view.accountCause(listing.venue) ?? "the gateway tells of no account there"
      desk.outbox.log(.error, "\(listing.venue) tells no balance: \(cause)")
      return desk.end("no account", code: 1, at: now)
    }
    guard desk.isRunning else { return }
    _ = desk.askForPositions()
    desk.outbox.send(.balances, for: .balances)
    desk.outbox.send(.orders(venue: listing.venue), for: .orders)
  }

  private func report(_ orders: [OrderLine]) -> String {
    var lines = ["System: \(listing) is \(desk.view.rules(listing)?.status ?? "unknown")"]
    lines += desk.view.balances(listing.venue).map { line in
      let used = line.marginUsed.map { ", margin used \($0.text(places: 2))" } ?? ""
      return "Balance: \(line.asset) equity \(line.total.text(places: 2)), available "
        + line.available.text(places: 2) + used
    }
    let positions = desk.view.positions(of: listing.venue).filter { !$0.size.isZero }
    lines += positions.map { line in
      "Position: \(line.listing.symbol) \(line.size)"
        + (line.entryPrice.map { " at \($0)" } ?? "")
    }
    if positions.isEmpty { lines.append("Position: none") }
    let open = orders.filter { !$0.status.isFinal }
    lines += open.map { line in
      "Order: \(line.listing.symbol) \(line.side?.rawValue ?? "") \(line.size ?? .zero) "
        + "\(line.clientID ?? line.orderID ?? "") \(line.status.rawValue)"
    }
    if open.isEmpty { lines.append("Order: none") }
    return lines.joined(separator: "\n")
  }
}
