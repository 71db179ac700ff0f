import PerpCore
import Testing

@testable import PerpSim

@Suite struct FaultPlanTests {
  @Test func aClauseHasKindTargetValueTimesAndChance() throws {
    #expect(
      try FaultPlan("delay:book:BTC-USD-PERP=250@10s+1500ms%0.25").clauses == [
        FaultPlan.Clause(
          .delay, target: .topic(.book), value: .number(250), start: Nanoseconds.seconds(10),
          duration: Nanoseconds.milliseconds(1_500), chance: 2_500)
      ])
  }

  @Test func aStallMeansDataUnlessItSays() throws {
    #expect(try FaultPlan("stall").clauses[0].target == .data)
    #expect(try FaultPlan("stall:control").clauses[0].target == .control)
    #expect(try FaultPlan("drop").clauses[0].target == .everything)
  }

  @Test(arguments: [
    "stall", "stall:bbo", "stall:book:BTC-USD-PERP@10s+5s", "drop:control%0.0001",
    "duplicate%12.5", "drip=16/5@1m,fragment=3", "rest=none%50,rest=503", "refuse=429@250ms",
    "close=1001@10s+1s%100", "half-open", "bad-utf8@2s", "freeze@1s+1s", "no-ack",
    "skew=30000@1s", "liquidate@10s",
  ])
  func whatIsWrittenReadsBack(text: String) throws {
    let plan = try FaultPlan(text)
    #expect(plan.description == text.replacing("@1m", with: "@60s"))
    #expect(try FaultPlan(plan.description) == plan)
  }

  @Test(arguments: [
    ("", "fault \"\": no kind; allowed: stall, drop, no-ack, duplicate, "),
    ("drop,", "fault \"\": no kind; "),
    ("dleay=5", "fault \"dleay=5\": no kind is named \"dleay\"; allowed: stall, "),
    (
      "stall:depth",
      "\"depth\" is no target; allowed: data, control, account, bbo, trade, book, funding,"
    ),
    ("stall:bbo:BTC", "\"BTC\" is no symbol; allowed: BASE-QUOTE-PERP"),
    ("close:bbo=1001", "it has no target; allowed: close=CODE"),
    ("delay", "the value is missing; allowed: delay=MS"),
    ("delay=0", "\"0\" is out of range; allowed: delay=MS with 1 to 600000"),
    ("delay=1e3", "\"1e3\" is out of range"),
    ("stall=3", "it has no value; allowed: stall"),
    ("close=99", "with 1000 to 4999"),
    ("rest=200", "rest=STATUS|none with 400 to 599"),
    ("drip=5", "\"5\" is not two numbers; allowed: drip=BYTES/MS"),
    ("drop@ten", "\"ten\" is no time; allowed: a whole number of ms, s or m"),
    ("drop@5", "\"5\" is no time"),
    ("drop@9999999999s", "\"9999999999s\" is no time"),
    ("drop@1s+0s", "it lasts no time"),
    ("drop%0", "\"0\" is no percentage; allowed: 0.0001 to 100"),
    ("drop%100.1", "\"100.1\" is no percentage"),
    ("drop%-1", "\"-1\" is no percentage"),
    ("drop%5@10s", "\"5@10s\" is no percentage"),
    ("drop@1s:bbo", "\"1s:bbo\" is no time"),
    ("freeze%5", "it has no percentage"),
    ("liquidate%5", "it has no percentage"),
    ("liquidate:bbo", "it has no target"),
    ("drop=5:bbo", "it has no value"),
    ("swarm=x", "the seed is not a number; allowed: swarm=SEED"),
  ])
  func aProblemNamesTheClauseTheCauseAndWhatIsAllowed(text: String, message: String) {
    let problem = #expect(throws: FaultPlan.Problem.self) { try FaultPlan(text) }
    #expect(problem?.description.contains(message) == true, "\(problem?.description ?? "")")
  }

  @Test func theHelpKnowsEveryKindAndItsExamplesAreRight() throws {
    for kind in FaultPlan.Kind.allCases { #expect(FaultPlan.help.contains("\n  \(kind.usage) ")) }
    let lines = FaultPlan.help.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 100 })
    let examples = lines.drop { $0 != "Examples:" }.dropFirst()
    #expect(examples.count == 3)
    for line in examples { _ = try FaultPlan(String(line.split(separator: " ")[0])) }
  }

  @Test func aSwarmIsMixedEndsAndCanBeWrittenDown() throws {
    var kinds: [FaultPlan.Kind: Int] = [:]
    var (faultless, single) = (0, 0)
    for seed in 0..<1_000 {
      let plan = FaultPlan.swarm(seed: UInt64(seed))
      #expect(plan.end.map { $0 <= Nanoseconds.seconds(60) } == true)
      #expect(plan == FaultPlan.swarm(seed: UInt64(seed)))
      if plan.clauses.isEmpty {
        faultless += 1
        continue
      }
      #expect(try FaultPlan(plan.description) == plan)
      let own = Set(plan.clauses.map(\.kind))
      if own.count == 1 { single += 1 }
      for kind in own { kinds[kind, default: 0] += 1 }
    }
    #expect((50..<150).contains(faultless))
    #expect((200..<500).contains(single))
    #expect(FaultPlan.Kind.inSwarms.allSatisfy { kinds[$0, default: 0] > 30 })
    #expect(try FaultPlan("swarm=17") == FaultPlan.swarm(seed: 17))
  }
}
