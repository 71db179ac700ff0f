import PerpCore
import Testing

@testable import PerpVenue

@Suite("A cancel of all orders")
struct CancelAllTests {
  private typealias Script = TrackerScript
  private static let all = OrderRequest.account(.cancelAll(nil))

  /// `c` is open at the venue, `d` on its way to it.
  private func script() -> Script {
    var script = Script()
    _ = script.tell(.place(Script.intent("c")))
    _ = script.tell(.reported(Script.report(.working)))
    _ = script.tell(.place(Script.intent("d")))
    _ = script.tell(.sent(.place(Script.id("d"))))
    return script
  }

  @Test("what is open goes by one request, what the venue has not shown by one of its own")
  func requests() {
    var script = script()
    let cancel = script.tell(.cancelAll(nil))
    #expect(
      cancel == [
        "send cancel of all", "order c pending_cancel open 0 by ws",
        "order d pending_cancel pending 0", "send cancel(d)",
      ])
    #expect(
      script.tell(.reported(Script.report(.cancelled)))
        == ["order c cancelled cancelled 0 by ws"])
    #expect(script.tell(.cancelAll(nil)) == ["send cancel of all"], "both are under way already")
  }

  @Test("the answer proves nothing: what still works is cancelled by itself")
  func leftOver() {
    var script = script()
    _ = script.tell(.cancelAll(Script.symbol))
    let request = OrderRequest.account(.cancelAll(Script.symbol))
    _ = script.tell(.sent(request))
    #expect(script.tell(.answered(request, .accepted(orderID: nil))) == [])
    #expect(script.pass(milliseconds: 1_900).filter { $0.hasSuffix(" of c") } == [])
    #expect(script.pass(milliseconds: 200).contains("ask order of c"))
    let query = OrderQuery(kind: .order, order: .own(Script.id("c")), since: 0)
    let found = Script.report(.working, evidence: .restOrder)
    #expect(script.tell(.found(query, .orders([found]))).contains("send cancel(c)"))
  }

  @Test("what came to nothing is made good one by one, but not for what was placed since")
  func failed() {
    for input in [
      OrderInput.notSent(Self.all, reason: "unsupported"), .answered(Self.all, .none),
      .answered(Self.all, .refused(code: "NO", message: "", evidence: .restOrder)),
    ] {
      var script = script()
      _ = script.tell(.cancelAll(nil))
      _ = script.tell(.place(Script.intent("e")))
      _ = script.tell(
        .reported(Script.report(.working, name: "e", orderID: "10")))
      let words = script.tell(input)
      #expect(words == ["send cancel(c)"])
      #expect(script.tell(input) == [], "once")
    }
  }

  @Test("orders of other markets stay, those of others go")
  func markets() {
    var script = script()
    #expect(script.tell(.cancelAll(Symbol("ETH-USD-PERP"))) == ["send cancel of ETH"])
    let terms = OrderTerms(
      side: .buy, type: .limit, timeInForce: .gtc, price: Decimal(100), size: Decimal(1))
    let foreign = Script.report(.working, name: nil, orderID: "77", terms: terms)
    _ = script.tell(.reported(foreign))
    #expect(script.tell(.cancelAll(nil)).contains("order foreign pending_cancel open 0 by ws"))
  }
}
