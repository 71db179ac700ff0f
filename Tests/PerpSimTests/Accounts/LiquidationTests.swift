import PerpCore
import Testing

@testable import PerpSim

@Suite struct LiquidationTests {
  @Test("an account with less than its maintenance loses orders and position, and pays no fee")
  func overdrawn() throws {
    var script = ExchangeScript(rate: 1_000)
    _ = try script.place(.buy, "0.1")
    _ = try script.place(.buy, "0.01", at: script.floor)
    // The price has to fall by little.
    let before = try #require(script.exchange.balance(of: 1, at: 0))
    let spare = before.equity.minus(before.maintenance)
    script.exchange.accounts[1]!.balance = before.total.minus(spare).plus(Decimal("0.5")!)
    let held = script.exchange.accounts[1]!.balance
    for _ in 0..<6_000 where script.position() > .zero {
      script.wait(10)
      let balance = try #require(script.exchange.balance(of: 1, at: 0))
      try #require(script.position().isZero || balance.equity >= balance.maintenance)
    }
    #expect(script.position().isZero)
    #expect(script.story.contains("2 cancelled") && script.order(2).cause == .liquidated)
    let fills = script.fills
    #expect(!fills.isEmpty && fills.allSatisfy { $0.isLiquidation && $0.fee.isZero })
    #expect(fills.reduce(Decimal.zero) { $0.plus($1.size) } == Decimal("0.1")!)
    for fill in fills {
      let place = script.result.published[fill.event].event.executions[fill.execution]
      #expect(place.isLiquidation && place.price == fill.price && place.side == .sell)
    }
    let order = script.order(try #require(fills.first).order)
    #expect(order.status == .filled && order.placement.isLiquidation && order.clientID == nil)
    #expect(script.exchange.openOrders(of: 1).isEmpty)
    #expect(script.exchange.accounts[1]!.balance < held)
    // It was taken in time: nobody but the account has paid.
    #expect(script.exchange.accounts[1]!.balance > .zero)
  }

  @Test("what an account needs is half of the margin at the greatest leverage, for all positions")
  func maintenance() throws {
    var script = ExchangeScript()
    _ = try script.place(.buy, "0.5")
    let isSet = script.exchange.setLeverage(Decimal(2), of: 1, market: 0)
    #expect(isSet)
    let balance = try #require(script.exchange.balance(of: 1, at: 0))
    let value = script.exchange.markets[0].mark.times(Decimal("0.5")!)
    let most = script.exchange.markets[0].maxLeverage
    #expect(balance.maintenance == value.divided(by: most.times(Decimal(2)), scale: 12)!.trimmed)
    #expect(balance.maintenance < balance.marginUsed)
  }

  @Test("the number that was promised is the order's, though the venue has placed one meanwhile")
  func promisedNumber() throws {
    var script = ExchangeScript(rate: 1_000)
    _ = try script.place(by: 1, .buy, "0.1")
    script.exchange.accounts[1]!.balance = Decimal(1)
    // The crowd acts before the order comes.
    script.now = script.now.advanced(by: Nanoseconds.seconds(1))
    let promised = script.exchange.nextNumber
    let number = try script.place(by: 2, .buy, "0.01", at: script.floor)
    #expect(number == promised && script.order(number).account == 2)
    #expect(script.position(1).isZero)
    #expect(script.exchange.orders[promised + 1]?.placement.isLiquidation == true)
  }

  @Test("asked for, all accounts lose what they hold in the market, and nothing else")
  func onDemand() throws {
    var script = ExchangeScript()
    let resting = try script.place(by: 1, .buy, "0.01", at: script.floor)
    _ = try script.place(by: 1, .buy, "0.2")
    _ = try script.place(by: 2, .sell, "0.3")
    let elsewhere = try script.place(
      OrderPlacement(
        account: 1, market: 1,
        terms: OrderTerms(side: .buy, type: .market, timeInForce: .ioc, size: Decimal(1))))
    script.result = Consequences()
    script.exchange.liquidateAll(
      in: &script.markets[0], 0, at: script.now, into: &script.result)
    #expect(script.position(1).isZero && script.position(2).isZero)
    #expect(script.order(resting).cause == .liquidated)
    #expect(script.fills.allSatisfy { $0.isLiquidation })
    #expect(Set(script.fills.map(\.account)) == [1, 2])
    #expect(script.order(elsewhere).status == .filled)
    #expect(script.exchange.accounts[1]!.positions[1].size == Decimal(1))
    script.result = Consequences()
    script.exchange.liquidateAll(
      in: &script.markets[0], 0, at: script.now, into: &script.result)
    #expect(script.story.isEmpty, "nothing is left to take")
  }
}

extension ExchangeScript {
  /// A price that nobody sells at.
  fileprivate var floor: Decimal {
    markets[0].bids.last!.price.minus(markets[0].profile.tick.times(Decimal(1_000)))
  }
  fileprivate var fills: [ExchangeFill] {
    result.events.compactMap { if case .fill(let fill) = $0 { fill } else { nil } }
  }
}
