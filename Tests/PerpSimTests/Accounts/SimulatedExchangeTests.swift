import PerpCore
import Testing

@testable import PerpSim

@Suite struct SimulatedExchangeTests {
  @Test("an order rests in the public book, and leaves it when it is cancelled")
  func restsInTheBook() throws {
    var script = ExchangeScript()
    let price = script.bid.adding(script.markets[0].profile.tick)!
    let number = try script.place(.buy, "0.5", at: price, client: "a")
    #expect(script.story == ["1 accepted", "1 opened", "balance"])
    #expect(script.markets[0].bestBid == Level(price: price, size: Decimal("0.5")!))
    #expect(script.result.published.map(\.event.bids.first?.price) == [price])
    #expect(script.order(number).status == .open)
    #expect(script.exchange.order(client: "a", of: 1)?.number == number)
    try script.cancel(number)
    #expect(script.story == ["1 cancelled", "balance"])
    #expect(script.bid < price && script.order(number).cause == .requested)
    #expect(throws: ExchangeCause.orderClosed) { try script.cancel(number) }
    #expect(throws: ExchangeCause.unknownOrder) { try script.cancel(99) }
    #expect(throws: ExchangeCause.unknownOrder) { try script.cancel(number, of: 2) }
  }

  @Test("both sides of a trade between accounts get their fill, fee and position")
  func bothSides() throws {
    var script = ExchangeScript()
    let price = script.bid.adding(script.markets[0].profile.tick)!
    let maker = try script.place(by: 1, .buy, "0.5", at: price)
    let taker = try script.place(by: 2, .sell, "0.2", at: price, timeInForce: .ioc)
    #expect(
      script.story == [
        "2 accepted", "1 maker", "1 filledInPart", "position", "2 taker", "2 filled", "position",
        "balance", "balance",
      ])
    #expect(script.order(maker).remaining == Decimal("0.3")!)
    #expect(script.order(taker).status == .filled && script.order(taker).averagePrice == price)
    let fills = script.result.events.compactMap { event -> ExchangeFill? in
      if case .fill(let fill) = event { fill } else { nil }
    }
    let value = price.multiplied(by: Decimal("0.2")!)!
    #expect(fills[0].fee == value.multiplied(by: Decimal("0.0002")!))
    #expect(fills[1].fee == value.multiplied(by: Decimal("0.0005")!))
    let place = script.result.published[fills[0].event].event.executions[fills[0].execution]
    #expect(place.size == fills[0].size && place.price == price && place.side == .sell)
    #expect(script.position(1) == Decimal("0.2")! && script.position(2) == Decimal("-0.2")!)
  }

  @Test("closing realizes the difference; flipping opens at the new price")
  func realizes() throws {
    var position = ExchangePosition(account: 1, market: 0, leverage: Decimal(10))
    func apply(_ side: Side, _ size: String, _ price: String) -> Decimal {
      position.apply(
        side: side, price: Decimal(price)!, size: Decimal(size)!, fee: .zero, number: 1, at: 0)
    }
    #expect(apply(.buy, "1", "100") == .zero)
    #expect(apply(.buy, "2", "103") == .zero)
    #expect(position.entryPrice == Decimal(102))
    #expect(apply(.sell, "1", "110") == Decimal(8))
    #expect(apply(.sell, "5", "104") == Decimal(4))
    #expect(position.size == Decimal(-3) && position.entryPrice == Decimal(104))
    #expect(apply(.buy, "3", "100") == Decimal(12))
    #expect(position.size.isZero && position.cost.isZero && position.realizedPnL == Decimal(24))
  }

  @Test("what makes no order is thrown, and nothing happens")
  func refusedAtOnce() throws {
    var script = ExchangeScript()
    let bid = script.bid
    _ = try script.place(.buy, "0.01", at: bid, client: "a")
    let before = script.markets[0].bids
    func refusal(
      _ side: Side = .buy, _ size: String = "1", at price: Decimal? = nil, type: OrderType? = nil,
      timeInForce: TimeInForce? = nil, postOnly: Bool = false, client: String? = nil,
      by account: UInt32 = 1
    ) -> ExchangeCause? {
      do throws(ExchangeCause) {
        _ = try script.place(
          by: account, side, size, at: price, type: type, timeInForce: timeInForce,
          postOnly: postOnly, client: client)
      } catch { return error }
      return nil
    }
    #expect(refusal(at: bid, client: "a") == .duplicateClientID)
    #expect(refusal(at: bid, by: 9) == .unknownAccount)
    #expect(refusal(.buy, "0.000001", at: bid) == .sizeOffGrid)
    #expect(refusal(.buy, "0", at: bid) == .sizeOffGrid)
    #expect(refusal(at: bid.adding(Decimal(mantissa: 1, scale: 3))!) == .priceOffGrid)
    #expect(refusal(type: .limit) == .priceMissing)
    #expect(refusal(type: .stopMarket) == .stopPriceMissing)
    #expect(refusal(at: bid, timeInForce: .gtt) == .expiryMissing)
    #expect(refusal(postOnly: true) == .contradiction)
    #expect(script.markets[0].bids == before && script.exchange.orders.count == 1)
  }

  @Test("an order may come to nothing after it was taken in")
  func refusedLater() throws {
    var script = ExchangeScript()
    func ending(_ body: (inout ExchangeScript) throws -> UInt64) throws -> ExchangeCause? {
      let number = try body(&script)
      return script.order(number).cause
    }
    let (bid, ask) = (script.bid, script.ask)
    #expect(try ending { try $0.place(.buy, "1", at: ask, postOnly: true) } == .postOnlyWouldCross)
    #expect(try ending { try $0.place(.buy, "100", at: bid) } == .insufficientMargin)
    #expect(try ending { try $0.place(.buy, "1", reduceOnly: true) } == .reduceOnlyWouldIncrease)
    #expect(try ending { try $0.place(.buy, "50", at: ask, timeInForce: .fok) } == .unfillable)
    #expect(try ending { try $0.place(.buy, "50", at: ask, timeInForce: .ioc) } == .remainder)
    #expect(try ending { try $0.place(.buy, "0.1", at: bid, timeInForce: .ioc) } == .remainder)
  }

  @Test("reduce-only orders shrink with the position and go with it")
  func reduceOnly() throws {
    var script = ExchangeScript()
    _ = try script.place(.buy, "0.3")
    let high = script.ask.adding(Decimal(50))!
    let first = try script.place(.sell, "0.2", at: high, reduceOnly: true)
    let second = try script.place(.sell, "0.2", at: high, reduceOnly: true)
    #expect(script.story == ["3 accepted", "3 capped", "3 opened", "balance"])
    #expect(script.order(second).terms.size == Decimal("0.1")!)
    _ = try script.place(.sell, "0.15")
    #expect(script.order(first).remaining == Decimal("0.15")!)
    #expect(script.order(second).cause == .reduceOnlyWouldIncrease)
    _ = try script.place(.sell, "1")
    #expect(script.order(first).status == .cancelled)
    #expect(script.position() == Decimal("-0.85")!)
  }

  @Test("stop and take-profit orders wait for the mark")
  func triggers() throws {
    var script = ExchangeScript(rate: 2_000)
    script.wait(50)
    let mark = script.markets[0].markPrice
    let tick = script.markets[0].profile.tick
    let near = mark.divided(by: tick, scale: 0)!.multiplied(by: tick)!
    let stop = try script.place(
      .buy, "0.1", stop: near.adding(Decimal(1))!, type: .stopMarket)
    let profit = try script.place(
      .buy, "0.1", at: near.adding(Decimal(500))!, stop: near.subtracting(Decimal(1))!,
      type: .takeProfitLimit)
    let far = try script.place(
      .sell, "0.1", stop: near.subtracting(Decimal(20_000))!, type: .stopMarket)
    #expect(script.order(stop).status == .untriggered)
    for _ in 0..<600 { script.wait(100) }
    for number in [stop, profit] {
      #expect(script.order(number).isTriggered && script.order(number).status == .filled)
    }
    #expect(script.order(far).status == .untriggered)
    try script.cancel(far)
    #expect(script.order(far).status == .cancelled)
  }

  @Test("orders end on the clock, and delayed ones act after their delay")
  func clock() throws {
    var script = ExchangeScript()
    let bid = script.bid
    let short = try script.place(
      .buy, "0.1", at: bid, timeInForce: .gtt, expiry: script.now.wall + 1_000_000)
    #expect(
      script.exchange.deadline(of: script.markets[0], 0) == script.now.monotonic + 1_000_000_000)
    script.wait(999)
    #expect(script.order(short).status == .open)
    script.wait(1)
    #expect(script.story == ["1 expired", "balance"])
    let late = try script.place(.buy, "0.1", delay: Nanoseconds.milliseconds(300))
    #expect(script.story == ["2 accepted"] && script.order(late).status == .pending)
    script.wait(299)
    #expect(script.order(late).status == .pending)
    script.wait(1)
    #expect(script.order(late).status == .filled)
  }

  @Test("the bump of takers spares makers")
  func bump() throws {
    var script = ExchangeScript(
      rules: ExchangeRules(takerDelay: Nanoseconds.milliseconds(200)))
    let maker = try script.place(.buy, "0.1", at: script.bid)
    let taker = try script.place(.buy, "0.1", at: script.ask)
    #expect(script.order(maker).status == .open && script.order(taker).status == .pending)
    script.wait(200)
    #expect(script.order(taker).status == .filled)
  }

  @Test("modifying keeps the place when smaller, and says why it does not")
  func modifies() throws {
    var script = ExchangeScript()
    let (bid, ask) = (script.bid, script.ask)
    let number = try script.place(.buy, "0.5", at: bid, postOnly: true)
    try script.modify(number, size: "0.4")
    #expect(script.story == ["1 modified", "balance"] || script.story == ["1 modified"])
    #expect(script.order(number).remaining == Decimal("0.4")!)
    try script.modify(number, price: ask)
    #expect(script.story == ["1 modifyRefused(PerpSim.ExchangeCause.postOnlyWouldCross)"])
    try script.modify(number, size: "200")
    #expect(script.story == ["1 modifyRefused(PerpSim.ExchangeCause.insufficientMargin)"])
    #expect(script.order(number).terms.price == bid)
    let own = script.exchange.openOrders(of: 1).map(\.remaining)
    #expect(own == [Decimal("0.4")!])
  }
}
