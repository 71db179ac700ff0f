import PerpCore
import PerpSim
import PerpVenue

/// One run of an account's session against its venue's simulator in which all that is open is
/// cancelled at once, and more is placed right behind that.
package struct CancelAllRun {
  private let btc: Symbol
  private let eth: Symbol
  private var pair: Pair
  private var told: [ClientOrderID: OrderUpdate] = [:]
  private var names: [ClientOrderID: String] = [:]
  private var count = 0
  private let isOfAll: (String) -> Bool
  private let isOfOne: (String) -> Bool
  /// Requests to cancel all, and to cancel one order.
  private var requests = [0, 0]

  /// The closures are told what is sent: a method, a URL and a body, or a message.
  package init(
    _ venue: VenueDescriptor, isOfAll: @escaping (String) -> Bool,
    isOfOne: @escaping (String) -> Bool
  ) {
    (btc, eth) = (venue.perpetual("BTC")!, venue.perpetual("ETH")!)
    (self.isOfAll, self.isOfOne) = (isOfAll, isOfOne)
    let now = PairOptions().start
    let trading = venue.trading!
    let options = TradingOptions(
      account: AccountID(venue.id, "main"),
      endpoints: venue.simulatorEndpoints("127.0.0.1:1"), seed: 1,
      secrets: trading.simulatedAccount.mapValues { Secret($0) }, now: now)
    let simulator = venue.makeSimulator(
      SimulatorOptions(seed: 1, symbols: [btc, eth], eventsPerSecond: 10))
    do throws(TradingProblem) {
      pair = Pair(session: try trading.makeSession(options), simulator: simulator, seed: 1)
    } catch { preconditionFailure(error.text) }
  }

  /// What is not as it must be. Wanted is the end of all orders, or of those of one market; `fault`
  /// is what happens to the request, such as `fail=503`.
  package mutating func run(ofOneMarket: Bool = false, fault: String? = nil) -> [String] {
    pair.start()
    pass(5)
    let before = (0..<12).map { _ in place(btc) }
    let elsewhere = place(eth)
    pass(3)
    var problems: [String] = []
    for id in before + [elsewhere] where status(id) != .open {
      problems.append("\(id) is \(words(id)) before the cancel")
    }
    command(.cancelAll(ofOneMarket ? btc : nil), fault: fault)
    let after = place(btc)
    let wanted = before + (ofOneMarket ? [] : [elsewhere])
    for _ in 0..<30 {
      pass(1)
      // As the gateway does.
      for id in wanted {
        guard let order = told[id], !order.status.isFinal, !order.isCancelPending else { continue }
        command(.cancel(.own(id)))
      }
    }
    for id in wanted where status(id) != .cancelled || told[id]?.status != .cancelled {
      problems.append("\(id) is \(words(id))")
    }
    // Where the answer does not come in time, what waits for it is given up.
    let isGivenUp = fault != nil && status(after) == nil && told[after]?.status == .rejected
    for id in (isGivenUp ? [] : [after]) + (ofOneMarket ? [elsewhere] : [])
    where status(id) != .open || told[id]?.status != .open {
      problems.append("\(id) is \(words(id)), and was not meant")
    }
    if requests[0] != 1 { problems.append("\(requests[0]) requests to cancel all") }
    if fault == nil, requests[1] != 0 { problems.append("\(requests[1]) to cancel one") }
    return problems
  }

  private mutating func place(_ symbol: Symbol) -> ClientOrderID {
    let id = ClientOrderID("c-\(count)")!
    let bid =
      pair.simulator.book(of: symbol)?.bids.first?.price
      ?? pair.simulator.quote(of: symbol)?.bid?.price
    let price = bid?.multiplied(by: Decimal(mantissa: 98, scale: 2))?
      .divided(by: Decimal(10), scale: 0)?.multiplied(by: Decimal(10))
    command(
      .place(
        OrderIntent(
          clientID: id, symbol: symbol,
          terms: OrderTerms(
            side: .buy, type: .limit, timeInForce: .gtc, price: price,
            size: Decimal(mantissa: symbol == btc ? 1 : 10, scale: 2)))))
    return id
  }

  private mutating func command(_ command: TradeCommand, fault: String? = nil) {
    if let fault, let clauses = try? OrderFaults(fault, seed: 1).clauses {
      var faults = OrderFaults(seed: 1)
      faults.next = clauses.map { OrderFate($0) }
      pair.setOrderFaults(faults)
    }
    count += 1
    pair.trade(command, Ticket(UInt64(count)))
    take()
    // No faster than any venue allows.
    if case .place = command { pass(1) }
  }

  private mutating func pass(_ seconds: Int) {
    pair.run(for: Nanoseconds.seconds(seconds))
    take()
  }

  private mutating func take() {
    for action in pair.drainActions().map(\.action) {
      switch action {
      case .trading(.record(.intent(let intent, let name, _))):
        names[intent.clientID] = name?.string
      case .emit(.order(let update)): if let id = update.clientID { told[id] = update }
      case .send(_, let text): note(String(decoding: text, as: UTF8.self))
      case .request(_, let request):
        note("\(request.method) \(request.url) \(String(decoding: request.body, as: UTF8.self))")
      default: break
      }
    }
  }

  private mutating func note(_ sent: String) {
    if isOfAll(sent) { requests[0] += 1 }
    if isOfOne(sent) { requests[1] += 1 }
  }

  private func words(_ id: ClientOrderID) -> String {
    "\(status(id).map { "\($0)" } ?? "not there"), told as \(told[id]?.status.rawValue ?? "none")"
  }

  private func status(_ id: ClientOrderID) -> ExchangeOrder.Status? {
    names[id].flatMap { name in pair.exchange?.orders.values.first { $0.clientID == name } }?.status
  }
}
