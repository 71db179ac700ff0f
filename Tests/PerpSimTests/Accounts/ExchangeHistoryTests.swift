import PerpCore
import Testing

@testable import PerpSim

/// Random histories: whatever happens, the books of an exchange agree with each other.
@Suite struct ExchangeHistoryTests {
  @Test(arguments: 1...10)
  func manyOperations(seed: Int) throws {
    var script = ExchangeScript(seed: UInt64(seed), rate: 300)
    var random = Random(seed: UInt64(seed), named: "operations")
    var ledger = Ledger()
    for step in 0..<10_000 {
      operate(&script, &random)
      ledger.take(script.result)
      if step.isMultiple(of: 50) {
        try ledger.check(script)
      }
    }
    try ledger.check(script)
    #expect(ledger.fills > 500 && ledger.changes.count >= 12)
  }

  private func operate(_ script: inout ExchangeScript, _ random: inout Random) {
    let account = UInt32(1 + random.below(3))
    let open = script.exchange.openOrders(of: account)
    switch random.below(10) {
    case 0...5:
      _ = try? script.place(placement(account, script, &random))
    case 6 where !open.isEmpty:
      try? script.cancel(open[random.below(open.count)].number, of: account)
    case 7 where !open.isEmpty:
      let order = open[random.below(open.count)]
      let tick = script.markets[order.market].profile.tick
      let shift = tick.multiplied(by: Decimal(random.below(41) - 20))!
      let size = order.terms.size.multiplied(by: Decimal(1 + random.below(2)))!
      try? script.modify(
        order.number, price: order.terms.price?.adding(shift), size: size.description)
    case 8 where random.chance(1, in: 20):
      script.result = Consequences()
      let market = random.below(2)
      script.exchange.cancelAll(
        of: account, in: &script.markets[market], market, at: script.now, into: &script.result)
    default: script.wait(1 + random.below(30))
    }
  }

  private func placement(
    _ account: UInt32, _ script: ExchangeScript, _ random: inout Random
  ) -> OrderPlacement {
    let market = random.below(2)
    let (tick, lot) = (script.markets[market].profile.tick, script.markets[market].profile.lot)
    func price() -> Decimal {
      let shift = tick.multiplied(by: Decimal(random.below(101) - 50))!
      return (script.markets[market].bestBid?.price ?? tick).adding(shift)!
    }
    let type: OrderType =
      random.chance(3, in: 4) ? .limit : OrderType.allCases[random.below(6)]
    let timeInForce: TimeInForce = [.gtc, .gtc, .ioc, .fok, .gtt][random.below(5)]
    let terms = OrderTerms(
      side: random.chance(1, in: 2) ? .buy : .sell, type: type, timeInForce: timeInForce,
      price: type.hasPrice ? price() : nil, stopPrice: type.hasStopPrice ? price() : nil,
      size: lot.multiplied(by: Decimal(1 + random.below(30_000)))!,
      isPostOnly: random.chance(1, in: 5), isReduceOnly: random.chance(1, in: 5))
    return OrderPlacement(
      account: account, market: market,
      clientID: random.chance(1, in: 2) ? "c\(random.below(500))" : nil, terms: terms,
      expiry: timeInForce == .gtt ? script.now.wall + Int64(random.below(500_000)) : nil,
      selfTrade: IncomingOrder.SelfTrade.allCases[random.below(4)],
      delay: random.chance(1, in: 10) ? Nanoseconds.milliseconds(random.below(50)) : 0)
  }
}

/// Keeps its own count of what an exchange tells.
private struct Ledger {
  private var positions: [Int: Decimal] = [:]
  /// What trades brought in: less what was bought, plus what was sold.
  private var cash: [UInt32: Decimal] = [:]
  private var fees: [UInt32: Decimal] = [:]
  private var filled: [UInt64: Decimal] = [:]
  private(set) var fills = 0
  private(set) var changes: Set<String> = []
  private var statuses: [UInt64: ExchangeOrder.Status] = [:]

  private func key(_ account: UInt32, _ market: Int) -> Int { Int(account) * 10 + market }

  mutating func take(_ result: Consequences) {
    for event in result.events {
      switch event {
      case .fill(let fill):
        fills += 1
        let signed = fill.side == .buy ? fill.size : fill.size.negated
        positions[key(fill.account, fill.market), default: .zero] =
          (positions[key(fill.account, fill.market)] ?? .zero).adding(signed)!
        cash[fill.account] = (cash[fill.account] ?? .zero)
          .subtracting(signed.multiplied(by: fill.price)!)!
        fees[fill.account] = (fees[fill.account] ?? .zero).adding(fill.fee)!
        filled[fill.order] = (filled[fill.order] ?? .zero).adding(fill.size)!
        #expect(filled[fill.order] == fill.filled)
        let execution = result.published[fill.event].event.executions[fill.execution]
        #expect(execution.price == fill.price && execution.size == fill.size)
        #expect(result.published[fill.event].market == fill.market)
        #expect(execution.side == (fill.liquidity == .taker ? fill.side : fill.side.opposite))
      case .order(let order, let change):
        changes.insert("\(change)".prefix { $0 != "(" }.description)
        #expect(statuses[order.number]?.isFinal != true || change == .filledInPart)
        statuses[order.number] = order.status
      default: break
      }
    }
  }

  func check(_ script: ExchangeScript) throws {
    let exchange = script.exchange
    for account in exchange.accounts.values {
      var open = Decimal.zero
      for position in account.positions {
        let own = positions[key(account.number, position.market)] ?? .zero
        #expect(own == position.size)
        #expect(!position.size.isZero || position.cost.isZero)
        open = open.adding(position.cost)!
        try check(account, position, script)
      }
      // Start + cash of trades + cost of what is open - fees, to the last digit.
      let balance = exchange.rules.startingCollateral.adding(cash[account.number] ?? .zero)!
        .adding(open)!.subtracting(fees[account.number] ?? .zero)!
      #expect(balance == account.balance)
    }
    for order in exchange.orders.values {
      #expect(order.filled == filled[order.number] ?? .zero && order.filled <= order.terms.size)
      #expect((order.status == .filled) == order.unfilled.isZero)
    }
  }

  /// The book has of an account exactly its open orders.
  private func check(
    _ account: ExchangeAccount, _ position: ExchangePosition, _ script: ExchangeScript
  ) throws {
    let market = script.markets[position.market]
    let resting = market.engine.orders(of: account.number)
    let open = script.exchange.openOrders(of: account.number, market: position.market)
      .filter { $0.status == .open }
    #expect(Set(resting.map(\.id)) == Set(open.map(\.number)))
    var reducing = Decimal.zero
    for order in open {
      let lots = resting.first { $0.id == order.number }.map(\.size) ?? 0
      #expect(market.profile.lot.multiplied(by: Decimal(Int(lots))) == order.remaining)
      if order.terms.isReduceOnly { reducing = reducing.adding(order.remaining)! }
    }
    #expect(reducing <= max(position.size, position.size.negated))
  }
}
