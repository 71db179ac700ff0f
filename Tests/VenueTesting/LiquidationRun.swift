import PerpCore
import PerpSim
import PerpVenue

/// One run of an account's session against its venue's simulator, which liquidates the account amid
/// positions in two markets and an order that rests; then the process is killed and started again.
package struct LiquidationRun {
  private let venue: VenueDescriptor
  private let symbols: [Symbol]
  private var pair: Pair
  private var records: [OrderRecord] = []
  private var own: [ClientOrderID: OrderUpdate] = [:]
  private var foreign: [ShortText: OrderUpdate] = [:]
  private var fills: [Fill] = []
  private var positions: [Symbol: Decimal] = [:]
  private var balance = Decimal.zero
  private var commands = 0
  private var problems: [String] = []

  package init(_ venue: VenueDescriptor) {
    self.venue = venue
    symbols = ["BTC", "ETH"].map { venue.perpetual($0)! }
    let simulator = venue.makeSimulator(
      SimulatorOptions(seed: 1, symbols: symbols, eventsPerSecond: 10))
    let start = PairOptions().start
    pair = Pair(session: Self.session(venue, [], at: start), simulator: simulator, seed: 1)
  }

  private static func session(
    _ venue: VenueDescriptor, _ records: [OrderRecord], at now: Moment
  ) -> any VenueSession {
    let trading = venue.trading!
    let options = TradingOptions(
      account: AccountID(venue.id, "main"),
      endpoints: venue.simulatorEndpoints("127.0.0.1:1"), seed: 1,
      secrets: trading.simulatedAccount.mapValues { Secret($0) }, records: records, now: now)
    do throws(TradingProblem) { return try trading.makeSession(options) } catch {
      preconditionFailure(error.text)
    }
  }

  /// What is not as it must be.
  package mutating func run() -> [String] {
    pair.start()
    pass(5)
    let resting = place("rests", .buy, symbols[0], "0.01", percentAway: 1)
    _ = place("long", .buy, symbols[0], "0.05", percentAway: nil)
    _ = place("short", .sell, symbols[1], "0.5", percentAway: nil)
    pass(5)
    check(positions == [symbols[0]: Decimal("0.05")!, symbols[1]: Decimal("-0.5")!], "before it")
    check(own[resting]?.status == .open, "an order rests")
    check(fills.allSatisfy { !$0.isLiquidation }, "no fill of ours is a liquidation")
    let ours = fills.count
    pair.liquidate()
    pass(2)
    checkLiquidation(after: ours)
    check(
      own[resting]?.status == .cancelled && own[resting]?.reason == "liquidation"
        && own[resting]?.evidence != nil, "what rested is told as cancelled by a liquidation")
    pass(40)
    let truth = pair.exchange?.balance(of: 1, at: 0)?.total ?? .zero
    // Some venues tell six digits.
    let difference = balance.subtracting(truth) ?? truth
    check(max(difference, difference.negated) < Decimal("0.00001")!, "the balance is told")
    restart()
    return problems
  }

  private mutating func checkLiquidation(after ours: Int) {
    check(positions.values.allSatisfy(\.isZero), "positions are zero")
    let theirs = fills[ours...]
    for (symbol, side, size) in [(symbols[0], Side.sell, "0.05"), (symbols[1], .buy, "0.5")] {
      let closing = theirs.filter { $0.symbol == symbol }
      let sum = closing.reduce(Decimal.zero) { $0.adding($1.size) ?? $0 }
      check(
        sum == Decimal(size)! && closing.allSatisfy { $0.side == side && $0.fee.isZero },
        "all of \(symbol) is closed, without a fee")
    }
    check(
      theirs.allSatisfy { $0.isLiquidation && $0.clientID == nil }, "the fills are a liquidation's")
    check(foreign.count == 2, "there are two orders of the venue")
    check(
      foreign.values.allSatisfy { order in
        order.status == .filled && order.evidence != nil && order.terms?.isReduceOnly == true
          && order.filled == order.terms?.size
      }, "the venue's orders are known to be filled")
  }

  /// What was told is told no more.
  private mutating func restart() {
    let before = (fills.count, foreign.count)
    pair.restart(with: Self.session(venue, records, at: pair.now))
    pass(40)
    check((fills.count, foreign.count) == before, "nothing is told twice")
    check(positions.values.allSatisfy(\.isZero), "positions are zero after a restart")
  }

  private mutating func check(_ isSo: Bool, _ what: String) {
    guard !isSo else { return }
    problems.append("\(what): \(positions) \(own) \(foreign) \(fills)")
  }

  private mutating func place(
    _ name: String, _ side: Side, _ symbol: Symbol, _ size: String, percentAway: Int?
  ) -> ClientOrderID {
    let id = ClientOrderID(name)!
    var terms = OrderTerms(
      side: side, type: .market, timeInForce: .ioc, price: nil, size: Decimal(size)!)
    if let percentAway {
      (terms.type, terms.timeInForce) = (.limit, .gtc)
      terms.price = price(symbol, side, percentAway)
    }
    var intent = OrderIntent(clientID: id, symbol: symbol, terms: terms)
    if terms.type == .market { intent.bound = price(symbol, side, -1) }
    commands += 1
    pair.trade(.place(intent), Ticket(UInt64(commands)))
    pass(1)
    return id
  }

  /// So many percent away from the market; negative crosses it.
  private func price(_ symbol: Symbol, _ side: Side, _ percent: Int) -> Decimal? {
    let book = pair.simulator.book(of: symbol)
    let quote = pair.simulator.quote(of: symbol)
    let best = book?.bids.first?.price ?? quote?.bid?.price
    let factor = Decimal(mantissa: Int128(side == .buy ? 100 - percent : 100 + percent), scale: 2)
    return best?.multiplied(by: factor)?.divided(by: Decimal(10), scale: 0)?
      .multiplied(by: Decimal(10))
  }

  private mutating func pass(_ seconds: Int) {
    pair.run(for: Nanoseconds.seconds(seconds))
    for action in pair.drainActions().map(\.action) { take(action) }
  }

  private mutating func take(_ action: VenueAction) {
    switch action {
    case .trading(.record(let record)): records.append(record)
    case .emit(.order(let update)):
      records.append(.order(update))
      if let id = update.clientID {
        own[id] = update
      } else if let id = update.orderID {
        foreign[id] = update
      }
      check(update.status != .unknown, "no order is in doubt")
    case .emit(.fill(let fill)):
      records.append(.fill(fill))
      fills.append(fill)
    case .emit(.position(let position)):
      positions[position.symbol] = position.size
      check(position.reconciledFrom == nil, "the stream tells positions")
    case .emit(.balance(let told)): balance = told.total
    case .emit(.drift(let drift)): check(false, "drift \(drift)")
    case .emit(.error(let report)) where report.reason == "internal":
      check(false, "alarm \(report.message)")
    default: break
    }
  }
}
