import PerpCore
import PerpVenue
import Testing

@Suite("Life of an order")
struct OrderTrackerTests {
  typealias Script = TrackerScript
  let c = TrackerScript.id("c")

  /// An order that was placed, sent and is on the book.
  func working(
    _ change: (inout OrderTracker.Settings) -> Void = { _ in }
  ) -> TrackerScript {
    var script = Script(change)
    _ = script.tell(.place(Script.intent("c")))
    _ = script.tell(.sent(.place(c)))
    _ = script.tell(.reported(Script.report(.working)))
    return script
  }

  /// An order of which nothing was heard after it was sent.
  func unknown(
    _ change: (inout OrderTracker.Settings) -> Void = { _ in }
  ) -> TrackerScript {
    var script = Script(change)
    _ = script.tell(.place(Script.intent("c")))
    _ = script.tell(.sent(.place(c)))
    _ = script.tell(.answered(.place(c), .none))
    return script
  }

  @Test("it is in the journal before it is told, and told before it is sent")
  func placing() {
    var script = Script()
    #expect(
      script.tell(.place(Script.intent("c"))) == [
        "record c as c", "order c pending_new pending 0", "send place(c)",
      ])
    #expect(script.tell(.answered(.place(c), .accepted(orderID: ShortText("9")))) == [])
    #expect(script.tell(.reported(Script.report(.working))) == ["order c new open 0 by ws"])
    #expect(
      script.tell(.filled(Script.fill("t1", 4)))
        == ["fill t1 4 of 4", "order c fill partially_filled 4 by ws"])
    #expect(
      script.tell(.filled(Script.fill("t2", 6)))
        == ["fill t2 6 of 10", "order c fill filled 10 by ws"])
    #expect(script.tracker.liveOrders.isEmpty && script.tracker.deadline == nil)
  }

  @Test("the same again is the same order, another under its name is refused")
  func duplicates() {
    var script = working()
    #expect(script.tell(.place(Script.intent("c"))) == ["known c open"])
    #expect(script.tell(.place(Script.intent("c", size: 11))) == ["refuse c duplicate_client_id"])
  }

  @Test("O3: a refusal counts if its code promises that there is no order")
  func refusals() {
    var script = Script()
    _ = script.tell(.place(Script.intent("c")))
    let margin = OrderAnswer.refused(code: "MARGIN", message: "", evidence: .restOrder)
    #expect(
      script.tell(.answered(.place(c), margin))
        == ["order c rejected rejected 0 refused by rest_order"])

    script = Script()
    _ = script.tell(.place(Script.intent("c")))
    let busy = OrderAnswer.refused(code: "BUSY", message: "", evidence: .restOrder)
    #expect(
      script.tell(.answered(.place(c), busy))
        == ["freeze BTC", "order c status unknown 0 unproven_refusal"])

    script = Script()
    _ = script.tell(.place(Script.intent("c")))
    #expect(
      script.tell(.notSent(.place(c), reason: "no_connection"))
        == ["order c rejected rejected 0 no_connection by not_sent"])
  }

  @Test("a refusal of an order that was seen contradicts it")
  func lateRefusal() {
    var script = working()
    let margin = OrderAnswer.refused(code: "MARGIN", message: "", evidence: .restOrder)
    #expect(
      script.tell(.answered(.place(c), margin)) == ["alarm toy a order c: refused MARGIN"])
    #expect(script.tracker.order(.own(c))?.status == .open)
  }

  @Test("a name the venue has already means that the order may be there: it is looked up")
  func duplicateAtVenue() {
    var script = Script()
    _ = script.tell(.place(Script.intent("c")))
    #expect(
      script.tell(.answered(.place(c), .duplicate))
        == ["freeze BTC", "order c status unknown 0 duplicate_client_id"])
    #expect(script.pass(milliseconds: 0) == ["ask order of c"])
    #expect(
      script.tell(.found(query(.order), .orders([Script.report(.working, evidence: .restOrder)])))
        == ["unfreeze BTC", "order c new open 0 by rest_order"])
  }

  @Test("O6: an unknown outcome freezes its market, for all but what reduces")
  func freezing() {
    var script = Script()
    _ = script.tell(.place(Script.intent("c")))
    _ = script.tell(.sent(.place(c)))
    #expect(
      script.pass(milliseconds: 2_000) == [
        "freeze BTC", "order c status unknown 0 ack_timeout", "ask order of c",
      ])
    #expect(script.tell(.place(Script.intent("d"))) == ["refuse d frozen"])
    #expect(script.tell(.place(Script.intent("e", reduceOnly: true))).count == 3)
    #expect(
      script.tell(.found(query(.order), .orders([Script.report(.working, evidence: .restOrder)])))
        == ["unfreeze BTC", "order c new open 0 by rest_order"])
    #expect(script.tell(.place(Script.intent("d"))).count == 3)
  }

  @Test("O6: a market stays frozen until the last of its outcomes is proven")
  func freezingTwo() {
    var script = Script()
    let d = Script.id("d")
    for id in [c, d] {
      _ = script.tell(.place(Script.intent(id.description)))
      _ = script.tell(.sent(.place(id)))
    }
    #expect(script.tell(.answered(.place(c), .none)).first == "freeze BTC")
    #expect(script.tell(.answered(.place(d), .none)) == ["order d status unknown 0 no_answer"])
    #expect(script.tell(.reported(Script.report(.working))) == ["order c new open 0 by ws"])
    #expect(script.tracker.isFrozen(Script.symbol))
    #expect(
      script.tell(.reported(Script.report(.working, name: "d", orderID: "10")))
        == ["unfreeze BTC", "order d new open 0 by ws"])
    #expect(!script.tracker.isFrozen(Script.symbol))
  }

  private func query(_ kind: OrderQuery.Kind) -> OrderQuery {
    OrderQuery(kind: kind, order: .own(c), since: 0)
  }

  @Test("O4: it is asked for by its name, among the open ones, in history, in fills; in this order")
  func inquiry() {
    var script = unknown()
    #expect(script.pass(milliseconds: 0) == ["ask order of c"])
    #expect(script.tell(.found(query(.order), .orders([]))) == ["ask openOrders of c"])
    #expect(script.tell(.found(query(.openOrders), .orders([]))) == ["ask history of c"])
    #expect(script.tell(.found(query(.history), .nothingHeard)) == ["ask fills of c"])
    #expect(script.tell(.found(query(.fills), .fills([]))) == [])
    #expect(script.pass(milliseconds: 499) == [])
    #expect(script.pass(milliseconds: 1) == ["ask order of c"])
    // No answer: asked again, and the round proves nothing.
    #expect(script.pass(milliseconds: 5_000) == ["ask openOrders of all", "ask order of c"])
  }

  @Test("an order seen after it was declared absent lives again, as restated")
  func restated() {
    var script = unknown()
    var told: [String] = []
    while told.isEmpty { told = script.answerNothing(script.pass(milliseconds: 100)) }
    #expect(
      script.tell(.reported(Script.report(.working))) == ["order c restated open 0 by ws"])
    #expect(script.tracker.counters.restated == 1 && script.tracker.liveOrders.count == 1)
  }

  @Test("O2: late news of an order that has ended is counted and left out")
  func lateNews() {
    for end in [OrderReport.State.filled, .cancelled, .expired] {
      var script = working()
      _ = script.tell(.reported(Script.report(end, filled: end == .filled ? 10 : 0)))
      #expect(script.tell(.reported(Script.report(.working))) == [])
      #expect(script.tell(.reported(Script.report(.pending))) == [])
      #expect(script.tracker.counters.lateReports == 2)
    }
    var script = working()
    _ = script.tell(.reported(Script.report(.cancelled)))
    #expect(
      script.tell(.reported(Script.report(.expired)))
        == ["alarm toy a order c: expired after cancelled"])
  }

  @Test("a fill before the acknowledgement, and repeated ones")
  func earlyFill() {
    var script = Script()
    _ = script.tell(.place(Script.intent("c")))
    #expect(script.tell(.filled(Script.fill("t1", 10))) == ["ask order of foreign 9"])
    #expect(
      script.tell(.answered(.place(c), .accepted(orderID: ShortText("9"))))
        == ["fill t1 10 of 10", "order c fill filled 10 by ws"])
    #expect(script.tell(.filled(Script.fill("t1", 10))) == [])
    #expect(script.tell(.reported(Script.report(.working))) == [])
    #expect(script.tracker.counters.repeatedFills == 1)
  }

  @Test("a liquidation is the taker's: the venue's order, which nobody here has placed")
  func liquidation() throws {
    func isTold(_ liquidity: Fill.Liquidity) throws -> Bool {
      var script = Script()
      var fill = Script.fill("t1", 10)
      (fill.isLiquidation, fill.liquidity) = (true, liquidity)
      #expect(script.tell(.filled(fill)) == ["ask order of foreign 9"])
      var actions: [OrderAction] = []
      var report = Script.report(.filled, filled: 10)
      report.name = nil
      script.tracker.receive(.reported(report), at: script.now, into: &actions)
      let fills = actions.compactMap { action in
        if case .emit(.fill(let fill)) = action { fill } else { nil }
      }
      #expect(fills.count == 1 && fills.first?.clientID == nil)
      #expect(script.tracker.liveOrders.isEmpty, "it has ended")
      return try #require(fills.first).isLiquidation
    }
    #expect(try isTold(.taker))
    #expect(try !isTold(.maker))
  }

  @Test("O7: fills that are missing at the end are fetched")
  func missingFills() {
    var script = working()
    #expect(
      script.tell(.reported(Script.report(.cancelled, filled: 4)))
        == ["order c cancelled cancelled 4 by ws"])
    #expect(script.pass(milliseconds: 0) == ["ask fills of c"])
    #expect(
      script.tell(.found(query(.fills), .fills([Script.fill("t1", 4)])))
        == ["fill t1 4 of 4", "order c fill cancelled 4 by ws"])
    #expect(script.tracker.liveOrders.isEmpty)
  }

  @Test("a fill after the cancel is told, and fills of the whole size make it filled")
  func fillAfterCancel() {
    var script = working()
    _ = script.tell(.reported(Script.report(.cancelled)))
    #expect(
      script.tell(.filled(Script.fill("t1", 4)))
        == ["fill t1 4 of 4", "order c fill cancelled 4 by ws"])
    #expect(
      script.tell(.filled(Script.fill("t2", 6)))
        == ["fill t2 6 of 10", "order c restated filled 10 by ws"])
    #expect(
      script.tell(.filled(Script.fill("t3", 1)))
        == ["alarm toy a order c: fill t3 goes beyond its size"])
  }

  @Test("a cancel that finds no order is no end: the order is looked up")
  func cancelNotFound() {
    var script = working()
    #expect(
      script.tell(.cancel(.own(c))) == ["order c pending_cancel open 0 by ws", "send cancel(c)"])
    #expect(script.tell(.cancel(.own(c))) == ["known c open"], "once is enough")
    #expect(script.tell(.answered(.cancel(.own(c)), .notFound)) == [])
    #expect(script.pass(milliseconds: 0) == ["ask order of c"])
    let end = Script.report(.filled, filled: 10, evidence: .restOrder)
    #expect(
      script.tell(.found(query(.order), .orders([end])))
        == ["order c fill filled 10 by rest_order"])
    #expect(script.pass(milliseconds: 0) == ["ask fills of c"])
    #expect(script.tell(.cancel(.own(c))) == ["known c filled"])
  }

  @Test("a cancel without an end is sent again while the order works")
  func cancelLost() {
    var script = working()
    _ = script.tell(.cancel(.own(c)))
    #expect(script.pass(milliseconds: 2_000) == ["ask order of c"])
    #expect(
      script.tell(.found(query(.order), .orders([Script.report(.working)]))) == ["send cancel(c)"])
    #expect(
      script.tell(.reported(Script.report(.cancelled))) == ["order c cancelled cancelled 0 by ws"])
  }

  @Test("where orders have no names a cancel waits for the venue's id")
  func namelessCancel() {
    var script = Script { $0.naming = .none }
    _ = script.tell(.place(Script.intent("c")))
    #expect(script.tell(.cancel(.own(c))) == ["order c pending_cancel pending 0"])
    #expect(
      script.tell(.answered(.place(c), .accepted(orderID: ShortText("9"))))
        == ["record", "send cancel(c)"])
  }

  @Test("a refused cancel is told, and the truth looked up")
  func cancelRefused() {
    var script = working()
    _ = script.tell(.cancel(.own(c)))
    let late = OrderAnswer.refused(code: "TOO_LATE", message: "", evidence: .restOrder)
    #expect(
      script.tell(.answered(.cancel(.own(c)), late))
        == ["order c cancel_rejected open 0 refused by ws"])
    #expect(script.pass(milliseconds: 0) == ["ask order of c"])
  }

  @Test("a replacement keeps the order and its fills, under a new id too")
  func replacing() {
    var script = working()
    _ = script.tell(.filled(Script.fill("t1", 4)))
    #expect(
      script.tell(.replace(c, price: Decimal(101), size: nil))
        == [
          "record c to be 10", "order c pending_replace partially_filled 4 by ws",
          "send replace(c)",
        ])
    #expect(script.tell(.reported(Script.report(.cancelled, filled: 4))) == [], "by cancelling")
    var terms = Script.intent("c").terms
    terms.price = Decimal(101)
    let new = Script.report(.working, filled: 4, orderID: "10", terms: terms)
    #expect(
      script.tell(.reported(new)) == ["order c replaced partially_filled 4 by ws"])
    #expect(script.tell(.reported(Script.report(.cancelled, filled: 4))) == [], "the old id")
    #expect(
      script.tell(.filled(Script.fill("t2", 6, orderID: "10")))
        == ["fill t2 6 of 10", "order c fill filled 10 by ws"])
  }

  @Test("an order is changed to no less than is filled, and not again before that is known")
  func unchangeable() {
    var script = working()
    _ = script.tell(.filled(Script.fill("t1", 4)))
    #expect(script.tell(.replace(c, price: nil, size: Decimal(4))) == ["refuse c malformed"])
    #expect(script.tell(.replace(c, price: nil, size: Decimal(20))).last == "send replace(c)")
    #expect(script.tell(.replace(c, price: nil, size: Decimal(30))) == ["refuse c unknown_order"])
  }

  @Test("orders of others are told as theirs, and as ours once the id is known to be")
  func foreign() {
    var script = Script()
    let report = Script.report(
      .working, name: nil, orderID: "7", terms: Script.intent("x").terms)
    #expect(script.tell(.reported(report)) == ["order foreign new open 0 by ws"])
    #expect(!script.tracker.isFrozen(Script.symbol))
    _ = script.tell(.place(Script.intent("c")))
    #expect(
      script.tell(.answered(.place(c), .accepted(orderID: ShortText("7"))))
        == ["order c status open 0 by ws"])
    #expect(script.tracker.liveOrders == [.own(c)])
  }

  @Test("what is open is looked at regularly, and what is not there any more is asked for")
  func looking() {
    var script = working()
    #expect(script.pass(milliseconds: 5_000) == ["ask openOrders of all"])
    let all = OrderQuery(kind: .openOrders, order: nil, since: 0)
    #expect(script.tell(.found(all, .orders([Script.report(.working)]))) == [])
    #expect(script.pass(milliseconds: 5_000) == ["ask openOrders of all"])
    #expect(script.tell(.found(all, .orders([]))) == [])
    #expect(script.pass(milliseconds: 0) == ["ask order of c"])
  }

  @Test("after the private streams were gone the whole account is looked at, until it answers")
  func sweeping() {
    var script = Script()
    let both = ["ask openOrders of all", "ask fills of all"]
    #expect(script.tell(.reconcile) == both)
    let open = OrderQuery(kind: .openOrders, order: nil, since: 0)
    let fills = OrderQuery(kind: .fills, order: nil, since: 0)
    #expect(script.tell(.found(open, .nothingHeard)) == [])
    #expect(script.pass(milliseconds: 5_000) == both)
    #expect(script.tell(.found(open, .orders([]))) == [])
    #expect(script.pass(milliseconds: 5_000) == ["ask fills of all"])
    #expect(script.tell(.found(fills, .fills([]))) == [])
    #expect(script.tracker.deadline == nil)
  }

  @Test("a status this version does not know is unknown, and frozen")
  func unrecognised() {
    var script = working()
    #expect(
      script.tell(.reported(Script.report(.unrecognised)))
        == ["freeze BTC", "order c status unknown 0 unrecognised_status by ws"])
  }

  @Test("memory is bounded: orders, trades and strays")
  func bounds() {
    var script = Script {
      ($0.maxLive, $0.keptFinal, $0.keptTrades, $0.keptStrays) = (2, 3, 4, 2)
    }
    for index in 0..<20 {
      // Later than a restart would read fills again.
      script.now = script.now.advanced(by: Nanoseconds.seconds(70))
      let id = Script.id("o\(index)")
      _ = script.tell(.place(Script.intent("o\(index)")))
      _ = script.tell(.answered(.place(id), .accepted(orderID: ShortText("v\(index)"))))
      _ = script.tell(.filled(Script.fill("t\(index)", 10, orderID: "v\(index)")))
    }
    #expect(script.tracker.counters.forgottenOrders == 17)
    #expect(script.tracker.counters.forgottenTrades == 16)
    for index in 0..<5 { _ = script.tell(.filled(Script.fill("s\(index)", 1, orderID: "w"))) }
    #expect(script.tracker.counters.droppedStrays == 3)
    _ = script.tell(.place(Script.intent("a")))
    _ = script.tell(.place(Script.intent("b")))
    #expect(script.tell(.place(Script.intent("z"))) == ["refuse z rate_limited"])
  }
}
