import PerpCore
import PerpVenue
import Testing

@Suite("Orders after a crash")
struct OrderRestartTests {
  private typealias Script = TrackerScript
  private let c = TrackerScript.id("c")

  /// The tracker as the journal's bytes make it again.
  private func restarted(
    _ script: TrackerScript, _ change: (inout OrderTracker.Settings) -> Void = { _ in }
  ) throws -> TrackerScript {
    let records = try script.records.compactMap {
      try OrderRow($0, venue: Script.venue, account: "a")?.record(of: Script.venue)
    }
    #expect(records == script.records)
    var again = script
    again.tracker = OrderTracker(
      venue: Script.venue, account: "a", settings: Script.settings(change), replaying: records,
      at: script.now)
    return again
  }

  private func working() -> TrackerScript {
    var script = Script()
    _ = script.tell(.place(Script.intent("c")))
    _ = script.tell(.reported(Script.report(.working)))
    return script
  }

  @Test("a replacement under way is known, and told once the venue shows it")
  func replacement() throws {
    var script = working()
    #expect(
      script.tell(.replace(c, price: nil, size: Decimal(20))) == [
        "record c to be 20", "order c pending_replace open 0 by ws", "send replace(c)",
      ])
    script = try restarted(script)
    #expect(script.tracker.subject(of: .own(c))?.replacement?.size == Decimal(20))
    #expect(script.tracker.order(.own(c))?.isReplacePending == true)
    let new = Script.report(.working, filled: 15, terms: Script.intent("c", size: 20).terms)
    #expect(
      script.tell(.reported(new)) == [
        "order c replaced open 0 by ws", "order c fill partially_filled 15 by ws",
      ])
    script = try restarted(script)
    #expect(script.tracker.subject(of: .own(c))?.replacement == nil)
    #expect(script.tracker.order(.own(c))?.terms?.size == Decimal(20))
  }

  @Test("what was taken for an order of somebody else stays ours, with its fills")
  func adopted() throws {
    var script = Script()
    let report = Script.report(.working, name: nil, orderID: "7", terms: Script.intent("x").terms)
    _ = script.tell(.reported(report))
    _ = script.tell(.filled(Script.fill("t1", 4, orderID: "7")))
    _ = script.tell(.place(Script.intent("c")))
    _ = script.tell(.answered(.place(c), .accepted(orderID: ShortText("7"))))
    let before = script.tracker.order(.own(c))
    script = try restarted(script)
    #expect(script.tracker.order(.own(c)) == before)
    #expect(script.tracker.liveOrders == [.own(c)])
    #expect(script.tell(.filled(Script.fill("t1", 4, orderID: "7"))) == [])
    #expect(
      script.tell(.filled(Script.fill("t2", 6, orderID: "7")))
        == ["fill t2 6 of 10", "order c fill filled 10 by ws"])
    #expect(script.tracker.liveOrders == [], "no fill is missing")
  }

  @Test("an order without a name is found by the id that came with the answer")
  func nameless() throws {
    let change: (inout OrderTracker.Settings) -> Void = { $0.naming = .none }
    var script = Script(change)
    _ = script.tell(.place(Script.intent("c")))
    #expect(
      script.tell(.answered(.place(c), .accepted(orderID: ShortText("7")))) == ["record"])
    script = try restarted(script, change)
    #expect(script.tracker.order(.own(c))?.orderID == ShortText("7"))
    let report = Script.report(.working, name: nil, orderID: "7")
    #expect(script.tell(.reported(report)) == ["order c new open 0 by ws"])
  }

  @Test("an end that was seen is not undone by what comes late, one that was concluded is")
  func ends() throws {
    var seen = Script()
    _ = seen.tell(.place(Script.intent("c")))
    _ = seen.tell(.reported(Script.report(.cancelled)))
    seen = try restarted(seen)
    #expect(seen.tell(.reported(Script.report(.working))) == [])
    // Whatever the word for the refusal.
    for (reasons, word) in [([:], "refused"), (["MARGIN": .noMargin], "no_margin")]
      as [([String: OrderRefusal.Reason], String)]
    {
      let change: (inout OrderTracker.Settings) -> Void = { $0.refusalReasons = reasons }
      var concluded = Script(change)
      _ = concluded.tell(.place(Script.intent("c")))
      let told = concluded.tell(
        .answered(.place(c), .refused(code: "MARGIN", message: "no", evidence: .restOrder)))
      #expect(told.contains("order c rejected rejected 0 \(word) by rest_order"))
      concluded = try restarted(concluded, change)
      #expect(
        concluded.tell(.reported(Script.report(.working))) == ["order c restated open 0 by ws"])
    }
  }

  @Test("why a cancel was refused is not said of the order later")
  func refusedCancel() throws {
    for answer in [
      OrderInput.answered(
        .cancel(.own(c)), .refused(code: "X", message: "no", evidence: .restOrder)),
      .notSent(.cancel(.own(c)), reason: "no_connection"),
    ] {
      var script = working()
      _ = script.tell(.cancel(.own(c)))
      _ = script.tell(answer)
      let before = script.tracker.order(.own(c))
      #expect(before?.reason == nil)
      #expect(try restarted(script).tracker.order(.own(c)) == before)
    }
  }

  @Test("fills are read again from shortly before the last record on, of whatever kind it is")
  func sweep() throws {
    var script = working()
    script.now = script.now.advanced(by: Nanoseconds.seconds(500))
    var fill = Script.fill("t1", 4)
    fill.received = script.now.wall
    _ = script.tell(.filled(fill))
    let last = script.now.wall
    script.now = script.now.advanced(by: Nanoseconds.seconds(900))
    script = try restarted(script)
    var actions: [OrderAction] = []
    script.tracker.receive(.reconcile, at: script.now, into: &actions)
    let fills = OrderQuery(kind: .fills, order: nil, since: last - 65_000_000)
    #expect(actions.contains(.ask(fills)))
  }

  @Test("an order is forgotten, and the journal told so, when no restart can need it")
  func forgetting() throws {
    let change: (inout OrderTracker.Settings) -> Void = { $0.keptFinal = 1 }
    var script = Script(change)
    /// Places an order that is filled at once, and adopts another for the first.
    func trade(_ index: Int) -> [String] {
      let (name, id) = ("o\(index)", ShortText("v\(index)")!)
      if index == 0 {
        _ = script.tell(
          .reported(
            Script.report(
              .working, name: nil, orderID: "v0", terms: Script.intent("x").terms)))
      }
      var words = script.tell(.place(Script.intent(name)))
      words += script.tell(.answered(.place(Script.id(name)), .accepted(orderID: id)))
      words += script.tell(.filled(Script.fill("t\(index)", 10, orderID: "v\(index)")))
      return words.filter { $0.hasPrefix("forget") }
    }
    #expect(trade(0) == [])
    #expect(trade(1) == [], "a restart would read its fills again")
    script.now = script.now.advanced(by: Nanoseconds.seconds(66))
    #expect(trade(2) == ["forget o0", "forget foreign v0", "forget o1"])
    script.now = script.now.advanced(by: Nanoseconds.seconds(66))
    script = try restarted(script, change)
    // Those that were forgotten are in these records still: they are forgotten again, and told.
    let words = trade(3).filter { $0.hasPrefix("forget") }
    #expect(words == [], "their end is new to this process")
    script.now = script.now.advanced(by: Nanoseconds.seconds(66))
    #expect(
      trade(4) == ["forget o0", "forget foreign v0", "forget o1", "forget o2", "forget o3"])
  }
}
