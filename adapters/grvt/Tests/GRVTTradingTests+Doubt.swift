import PerpCore
import PerpVenue
import Testing

@testable import GRVT
@testable import PerpSim

/// What is lost, late or twice on the way.
@Suite struct GRVTDoubtTests {
  @Test("the answer is lost: one order, and it is known")
  func answerLost() throws {
    var run = try TradingRun.live()
    run.next(.loseAnswer)
    run.place("a-1", .buy, "0.01", at: run.price(90, of: .buy))
    #expect(run.runs(2) { $0.status("a-1") == .open })
    run.run(20)
    #expect(run.status("a-1") == .open && run.venueOrders.count == 1)
  }

  @Test("answer and stream are lost: unknown, then found by asking")
  func allLost() throws {
    var run = try TradingRun.live()
    run.next(.loseAnswer)
    run.simulator.desk.feeds = run.simulator.desk.feeds.map {
      .init(stream: $0.stream + ".nobody", market: $0.market, number: $0.number)
    }
    run.place("b-1", .buy, "0.01", at: run.price(90, of: .buy))
    #expect(run.runs(8) { $0.status("b-1") == .unknown })
    #expect(run.runs(10) { $0.status("b-1") == .open })
    #expect(run.order("b-1")?.evidence == .restOrder && run.venueOrders.count == 1)
  }

  @Test("the request is lost: rejected as not delivered, and the venue has none")
  func requestLost() throws {
    var run = try TradingRun.live()
    run.next(.loseRequest)
    run.place("c-1", .buy, "0.01", at: run.price(90, of: .buy))
    #expect(run.runs(8) { $0.status("c-1") == .unknown })
    let frozen = run.place("c-2", .buy, "0.01", at: run.price(90, of: .buy))
    guard case .refused(let refusal)? = frozen else { return #expect(Bool(false)) }
    #expect(refusal.reason == .frozen)
    #expect(run.runs(60) { $0.status("c-1") == .rejected })
    #expect(run.order("c-1")?.reason == "not_delivered" && run.venueOrders.isEmpty)
  }

  @Test(
    "a status that proves nothing is not believed",
    arguments: [
      OrderFaults.Kind.fail, .failAfter,
    ])
  func status(kind: OrderFaults.Kind) throws {
    var run = try TradingRun.live()
    run.next(kind, value: 502)
    run.place("d-1", .buy, "0.01", at: run.price(90, of: .buy))
    #expect(run.runs(60) { $0.status("d-1") == (kind == .fail ? .rejected : .open) })
    #expect(run.venueOrders.count == (kind == .fail ? 0 : 1))
  }

  @Test("taken, they say, and nothing comes of it")
  func ignored() throws {
    var run = try TradingRun.live()
    run.next(.ignore)
    run.place("e-1", .buy, "0.01", at: run.price(90, of: .buy))
    #expect(run.runs(60) { $0.status("e-1") == .rejected })
    #expect(run.order("e-1")?.reason == "not_delivered")
  }

  @Test("a cancel that is lost is asked again")
  func cancelLost() throws {
    var run = try TradingRun.live()
    run.place("f-1", .buy, "0.01", at: run.price(90, of: .buy))
    #expect(run.runs(2) { $0.status("f-1") == .open })
    run.next(.loseRequest)
    run.cancel("f-1")
    #expect(run.runs(30) { $0.status("f-1") == .cancelled })
    #expect(run.venueOrder("f-1")?.status == .cancelled)
  }

  @Test("reports before the answer, and twice: each fill once")
  func reportsFirst() throws {
    var run = try TradingRun.live()
    run.next(.reportFirst, .duplicateReport, .late, value: 3_000)
    for id in ["g-1", "g-2", "g-3"] {
      run.place(id, .buy, "0.01", at: run.price(101, of: .buy))
      #expect(run.runs(6) { $0.status(id) == .filled })
    }
    run.run(10)
    #expect(run.venuePosition == Decimal("0.03"))
    let sum = run.fills.reduce(Decimal.zero) { $0.adding($1.size)! }
    #expect(sum == Decimal("0.03") && Set(run.fills.map(\.tradeID)).count == run.fills.count)
  }

  @Test("too many requests: refused, and none is there")
  func throttled() throws {
    var run = try TradingRun.live()
    run.next(.throttle)
    run.place("h-1", .buy, "0.01", at: run.price(90, of: .buy))
    #expect(run.runs(2) { $0.status("h-1") == .rejected })
    #expect(run.order("h-1")?.venueCode == "1006" && run.venueOrders.isEmpty)
    guard case .refused(let refusal)? = run.place("h-2", .buy, "0.01", at: "90000") else {
      return #expect(Bool(false))
    }
    #expect(refusal.reason == .rateLimited)
  }
}

/// Logins that end, sockets that break, processes that do.
@Suite struct GRVTAccountLifeTests {
  @Test(
    "a login is renewed before it ends, and the stream with it",
    arguments: [
      "close", "silent",
    ])
  func renewal(sockets: String) throws {
    var run = try TradingRun.live(["session_seconds": "60", "expired_sockets": sockets])
    run.place("a-1", .buy, "0.01", at: "\(run.bestBid)", postOnly: true)
    run.run(300)
    #expect(run.status("a-1") == .filled && run.errors.isEmpty)
    let states = run.statuses.filter { $0.state == .live }
    #expect(states.count >= 5 && states.count <= 8)
    #expect(run.statuses.filter { $0.state == .down }.allSatisfy { $0.cause == "renewed" })
    run.place("a-2", .sell, "0.01", at: run.price(99, of: .sell))
    #expect(run.runs(3) { $0.status("a-2") == .filled })
    #expect(run.order("a-2")?.evidence == .webSocket)
  }

  @Test("a login that the venue forgets is made anew")
  func revoked() throws {
    var run = try TradingRun.live()
    run.simulator.desk.sessions = [:]
    run.place("b-1", .buy, "0.01", at: run.price(90, of: .buy))
    #expect(run.runs(3) { $0.status("b-1") == .rejected })
    #expect(run.order("b-1")?.venueCode == "1000")
    #expect(run.runs(10) { $0.statuses.last?.state == .live && $0.statuses.count >= 4 })
    run.place("b-2", .buy, "0.01", at: run.price(90, of: .buy))
    #expect(run.runs(3) { $0.status("b-2") == .open })
  }

  @Test("the network is gone while an order is filled")
  func outage() throws {
    var run = try TradingRun.live()
    run.place("c-1", .buy, "0.01", at: "\(run.bestBid)", postOnly: true)
    run.place("c-2", .buy, "0.01", at: run.price(80, of: .buy))
    #expect(run.runs(2) { $0.status("c-2") == .open && $0.order("c-1")?.orderID != nil })
    run.pair.loseNetwork(after: 0, for: Nanoseconds.seconds(60))
    run.run(70)
    let venue = try #require(run.venueOrder("c-1"))
    #expect(venue.status == .filled)
    #expect(run.runs(60) { $0.status("c-1") == .filled })
    #expect(run.fills.map(\.clientID?.description) == ["c-1"] && run.status("c-2") == .open)
    run.run(10)
    #expect(run.positions.last?.size == Decimal("0.01"))
    #expect(run.statuses.contains { $0.state == .down })
  }

  @Test("a hole in the numbers of a private stream: everything is asked for again")
  func hole() throws {
    var run = try TradingRun.live()
    for index in run.simulator.desk.feeds.indices { run.simulator.desk.feeds[index].number += 5 }
    run.place("d-1", .buy, "0.01", at: run.price(101, of: .buy))
    #expect(run.runs(20) { $0.status("d-1") == .filled && $0.statuses.last?.state == .live })
    #expect(run.fills.count == 1 && run.errors.contains { $0.message.contains("has a hole") })
  }

  @Test("from what the journal has, after a crash at any moment", arguments: 0..<24)
  func restart(step: Int) throws {
    var run = try TradingRun.live()
    run.place("e-1", .buy, "0.01", at: "\(run.bestBid)", postOnly: true)
    run.place("e-2", .buy, "0.02", at: run.price(101, of: .buy))
    run.place("e-3", .buy, "0.01", at: run.price(80, of: .buy))
    run.run(Double(step) * 0.02)
    var again = try TradingRun(
      records: run.records, simulator: run.simulator, at: run.pair.now)
    // What was on its way to the venue when we died arrives even so, or never did.
    again.pair.start()
    #expect(again.runs(60) { $0.statuses.last?.state == .live })
    again.run(60)
    for id in ["e-1", "e-2", "e-3"] {
      guard let venue = again.venueOrder(id) else {
        #expect(again.status(id) == .rejected && again.order(id)?.reason == "not_delivered")
        continue
      }
      #expect(again.order(id)?.filled == venue.filled && again.order(id)?.orderID != nil)
      #expect(again.status(id)?.isFinal == venue.status.isFinal)
    }
    let told = (run.fills + again.fills).reduce(Decimal.zero) { $0.adding($1.size)! }
    #expect(told == again.venuePosition)
    #expect(Set(again.venueOrders.compactMap(\.clientID)).count == again.venueOrders.count)
  }

  @Test("a wrong key of the API: it waits, and says why")
  func wrongKey() throws {
    var run = try TradingRun(secrets: ["api_key": "another"])
    run.pair.start()
    run.run(30)
    #expect(run.statuses.last?.state == .down && run.errors.count == 1)
    #expect(run.errors.first?.message.contains("1000") == true)
    #expect(!run.errors.contains { $0.message.contains("another") })
  }

  @Test("another signer: orders are refused, the account is heard")
  func wrongSigner() throws {
    let key = String(repeating: "2", count: 64)
    var run = try TradingRun(secrets: ["private_key": key])
    run.pair.start()
    #expect(run.runs(10) { $0.statuses.last?.state == .live })
    run.place("f-1", .buy, "0.01", at: run.price(90, of: .buy))
    #expect(run.runs(2) { $0.order("f-1")?.venueCode == "2000" })
    #expect(run.status("f-1") == .rejected && run.venueOrders.isEmpty)
  }

  @Test("the number of the account is learnt from the login")
  func subAccount() throws {
    var run = try TradingRun(secrets: ["sub_account_id": ""])
    run.pair.start()
    #expect(run.runs(10) { $0.statuses.last?.state == .live })
    run.place("g-1", .buy, "0.01", at: run.price(90, of: .buy))
    #expect(run.runs(2) { $0.status("g-1") == .open })
  }

  @Test("what has no key, or one that is none, is not begun with")
  func badSecrets() {
    for (name, value) in [
      ("api_key", ""), ("private_key", ""), ("private_key", "0x12"), ("sub_account_id", "x"),
    ] {
      #expect(throws: TradingProblem.self) {
        try TradingRun.dialect(secrets: [name: value], now: Moment(monotonic: 0, wall: 0))
      }
    }
  }

  @Test("answers in pages are read to the end")
  func pages() throws {
    var run = try TradingRun.live(["page_rows": "2"])
    for number in 1...5 { run.place("h-\(number)", .buy, "0.01", bound: run.price(102, of: .buy)) }
    #expect(run.runs(5) { $0.status("h-5") == .filled })
    run.run(1)
    var again = try TradingRun(
      ["page_rows": "2"],
      records: run.records.filter { if case .intent = $0 { true } else { false } },
      simulator: run.simulator, at: run.pair.now)
    again.pair.start()
    #expect(again.runs(60) { again in (1...5).allSatisfy { again.status("h-\($0)") == .filled } })
    again.run(20)
    #expect(again.fills.count == run.fills.count)
  }
}
