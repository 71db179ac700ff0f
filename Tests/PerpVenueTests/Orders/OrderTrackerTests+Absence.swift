import PerpCore
import PerpVenue
import Testing

// MARK: - Orders that nobody finds

extension OrderTrackerTests {
  @Test("O5: an order that is nowhere is rejected after 5 s and 5 rounds over its time")
  func absence() {
    var script = unknown()
    var told: [String] = []
    var rounds = 0
    while rounds < 20, told.isEmpty {
      told = script.answerNothing(script.pass(milliseconds: 100))
      rounds += 1
    }
    #expect(told.isEmpty, "2 s are not enough")
    while told.isEmpty { told = script.answerNothing(script.pass(milliseconds: 100)) }
    #expect(told == ["unfreeze BTC", "order c rejected rejected 0 not_delivered by rest_history"])
    let age = script.now.monotonic - 1_000_000_000_000
    #expect(age >= 5_000_000_000 && age <= 20_000_000_000)
    #expect(script.tracker.counters.notDelivered == 1)
  }

  @Test("O5: an order that is young may still be on its way, however often it was not found")
  func youth() {
    var script = unknown { $0.absenceRounds = 1 }
    var told: [String] = []
    while told.isEmpty { told = script.answerNothing(script.pass(milliseconds: 100)) }
    #expect(script.now.monotonic >= 1_000_000_000_000 + 5_000_000_000)
  }

  /// When `unknown` places its order, in microseconds since the epoch.
  private static let placed: Int64 = 1_795_000_000_000_000

  @Test(
    "O5: a round that leaves a question open, or whose history lacks the order's time, is none",
    arguments: [
      (OrderQuery.Kind.order, OrderFindings.nothingHeard), (.openOrders, .nothingHeard),
      (.history, .nothingHeard), (.fills, .nothingHeard), (.history, .orders([])),
      (.history, .orders([], covering: placed...Int64.max)),
      (.history, .orders([], covering: 0...placed)),
    ])
  func openRounds(kind: OrderQuery.Kind, findings: OrderFindings) {
    var script = unknown()
    for _ in 0..<600 {
      #expect(script.answerNothing(script.pass(milliseconds: 100), but: [kind: findings]) == [])
    }
    #expect(rounds(until: &script) == 5, "none of them counts afterwards")
  }

  @Test("O5: however old the order is, it takes all of the rounds")
  func allRounds() {
    var script = unknown { $0.absenceRounds = 8 }
    #expect(rounds(until: &script) == 8)
  }

  /// Rounds until the order is declared absent, when nothing is found.
  private func rounds(until script: inout TrackerScript) -> Int {
    var rounds = 0
    var told: [String] = []
    for _ in 0..<1_000 where told.isEmpty {
      let words = script.pass(milliseconds: 100)
      rounds += words.count { $0 == "ask order of c" }
      told = script.answerNothing(words)
    }
    return rounds
  }

  @Test("O5: not while a fill waits that may be of it")
  func waitingFill() {
    var script = unknown()
    #expect(script.tell(.filled(Script.fill("t1", 4))) == ["ask order of foreign 9"])
    for _ in 0..<600 { #expect(script.answerNothing(script.pass(milliseconds: 100)) == []) }
    // The id comes with the order at last.
    #expect(
      script.tell(.reported(Script.report(.working, filled: 4))) == [
        "unfreeze BTC", "fill t1 4 of 4", "order c fill partially_filled 4 by ws",
      ])
  }
}
