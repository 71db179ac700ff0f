import PerpCore
import PerpVenue
import Testing

@testable import PerpGateway

// MARK: - What limits orders, and changes of them

extension GatewayOrderTests {
  private static let arm = #"{"id":1,"method":"arm","params":{"confirm":"ENABLE_LIVE_ORDER"}}"#

  private static func modify(_ change: String) -> String {
    #"{"id":1,"method":"order.modify","params":{"client_id":"m-1",\#(change)}}"#
  }

  private static func sell(_ id: String) -> String { place(id).replacing("buy", with: "sell") }

  @Test("a position counts on the side that adds to it; what only reduces does not")
  func sides() {
    let script = script { $0.orders.maxPositionNotional = Decimal(450) }
    script.emit(Self.position(-3))
    script.say(1, Self.place("m-1", more: #","reduce_only":true"#))
    _ = words(script)
    script.say(1, Self.sell("m-2"))
    #expect(words(script) == ["no: max_position"])
    script.say(1, Self.place("m-3", size: "7"))
    #expect(script.takeWishes() == ["place m-1", "place m-3"])
  }

  @Test("an account places so many orders within a minute, and no more")
  func ordersPerMinute() {
    let script = script { $0.orders.ordersPerMinute = 2 }
    for id in ["m-1", "m-2", "m-3"] { script.say(1, Self.place(id)) }
    #expect(words(script).last == "no: rate_limited")
    script.pass(60_000)
    script.quote()
    script.say(1, Self.place("m-4"))
    #expect(script.takeWishes() == ["place m-1", "place m-2", "place m-4"])
  }

  @Test("an order is judged by no quote that is old, or not sound")
  func quotes() {
    let script = script()
    script.pass(10_001)
    script.say(1, Self.place("m-1"))
    #expect(words(script) == ["no: stale_market"])
    guard case .bbo(var quote) = Sample.quote(bid: 101, ask: 99) else { return }
    quote.flags = .crossed
    script.emit(.bbo(quote))
    script.say(1, Self.place("m-2"))
    #expect(words(script).last == "no: stale_market")
    script.quote()
    script.say(1, Self.place("m-3"))
    #expect(script.takeWishes() == ["place m-3"])
  }

  @Test("the worst price of a market order is on the side that costs")
  func bound() {
    guard case .bbo(let quote) = Sample.quote(bid: 99, ask: 101) else { return }
    func bound(_ side: Side) -> Decimal? {
      OrderGate(limits: OrderLimits()).bound(
        OrderTerms(side: side, type: .market, timeInForce: .ioc, size: Decimal(1)), quote,
        slippage: 100, tick: Decimal("0.1")!)
    }
    #expect(bound(.buy) == Decimal("102.0") && bound(.sell) == Decimal("98.0"))
  }

  @Test("what was placed has its answer, though it could not be placed now")
  func placedBefore() {
    let script = script(mode: .live) { $0.allowsLive = true }
    script.say(1, Self.arm)
    script.say(1, Self.place("m-1"))
    script.say(1, #"{"id":1,"method":"disarm"}"#)
    _ = (words(script), script.takeWishes())
    script.say(1, Self.place("m-1"))
    #expect(words(script) == ["client_id m-1, seq 2, status pending"])
    #expect(script.takeWishes() == [])
  }

  @Test("a change is judged as the order it makes, which counts once")
  func changes() {
    let script = script {
      ($0.orders.maxPositionNotional, $0.orders.maxOpenOrders) = (Decimal(450), 1)
    }
    script.say(1, Self.place("m-1", size: "3"))
    script.tell(Self.report(.working))
    _ = (words(script), script.takeWishes())
    script.say(1, Self.modify(#""price":"120""#))
    #expect(words(script) == ["no: price_band"])
    script.say(1, Self.modify(#""size":"5""#))
    #expect(words(script) == ["no: max_position"])
    script.say(1, Self.modify(#""size":"4""#))
    #expect(script.takeWishes() == ["replace m-1"])
  }

  @Test("orders are changed only while armed, which ends by itself")
  func armedFor() {
    let script = script(mode: .live) { $0.allowsLive = true }
    script.say(1, Self.arm)
    script.say(1, Self.place("m-1"))
    script.tell(Self.report(.working))
    script.pass(12 * 3_600_000)
    script.quote()
    _ = (words(script), script.takeWishes())
    for line in [Self.modify(#""size":"1""#), Self.place("m-2")] {
      script.say(1, line)
      #expect(words(script) == ["no: not_armed"])
    }
    #expect(script.takeWishes() == [])
  }

  @Test("a command is answered once, however often its outcome is told")
  func settledTwice() {
    let script = script()
    script.say(1, Self.place("m-1"))
    _ = words(script)
    script.gateway.settled(Ticket(1), .accepted, of: OrderDesk.account, at: script.now)
    #expect(words(script) == [])
  }

  @Test("without a journal no order is taken")
  func failedJournal() {
    let script = script()
    script.gateway.journalFailed("disk full", id: "j-2", at: script.now)
    _ = words(script)
    script.say(1, Self.place("m-1"))
    #expect(words(script) == ["no: internal"])
    #expect(script.takeWishes() == [])
  }
}
