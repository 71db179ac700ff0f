import PerpCore
import Testing

@testable import PerpSim

@Suite struct OrderFaultsTests {
  private static let now = Moment(monotonic: 1_000_000_000, wall: 0)

  @Test("a list of faults reads as it is written")
  func reads() throws {
    let faults = try OrderFaults("lose-answer%10,late=800%0.5,fail-after=502", seed: 1)
    #expect(
      faults.clauses == [
        .init(kind: .loseAnswer, chance: 100_000), .init(kind: .late, value: 800, chance: 5_000),
        .init(kind: .failAfter, value: 502),
      ])
    for bad in ["", "lose", "late", "late=0", "fail=200", "ignore=1", "late=1%0", "late=1%101"] {
      #expect(throws: OrderFaults.Problem.self) { try OrderFaults(bad, seed: 1) }
    }
  }

  @Test("the first clause that strikes counts, as often as it says")
  func draws() throws {
    var faults = try OrderFaults("lose-answer%25,throttle%50", seed: 3)
    var (lost, throttled) = (0, 0)
    for _ in 0..<4_000 {
      let fate = faults.draw()
      if fate.answer == .none { lost += 1 }
      if fate.answer == .status(429) { throttled += 1 }
    }
    #expect((900..<1_100).contains(lost) && (1_350..<1_650).contains(throttled))
    var chosen = OrderFate()
    chosen.takesEffect = false
    faults.next = [chosen]
    #expect(faults.draw() == chosen)
  }

  @Test("answers and reports come in the order of their fate")
  func delivers() {
    func delivered(_ change: (inout OrderFate) -> Void) -> (now: [String], later: [String]) {
      var fate = OrderFate()
      change(&fate)
      var (held, now, later) = (HeldActions<String>(), [String](), [String]())
      fate.deliver(
        answer: ["a"], reports: ["1", "2"], at: Self.now, holding: &held, into: &now)
      #expect(held.deadline == nil || held.deadline == Self.now.monotonic + fate.answerDelay)
      held.release(at: Self.now.advanced(by: fate.answerDelay), into: &later)
      return (now, later)
    }
    #expect(delivered { _ in }.now == ["a", "1", "2"])
    #expect(delivered { $0.isReportedFirst = true }.now == ["2", "1", "a"])
    #expect(delivered { $0.areReportsDoubled = true }.now == ["a", "1", "1", "2", "2"])
    let late = delivered { $0.answerDelay = 1_000 }
    #expect(late.now == ["1", "2"] && late.later == ["a"])
  }
}
