import PerpCore
import PerpVenue
import Testing

@testable import PerpSim

@Suite struct FaultySimulatorTests {
  /// A run against a toy that publishes at 100, 200, 300 ms; faults are timed in between.
  func pair(
    _ plan: String, _ session: ToySession = ToySession(),
    _ simulator: ToySimulator = ToySimulator(), seed: UInt64 = 1, run milliseconds: Int = 350,
    trace: PairOptions.Trace = .off
  ) throws -> Pair {
    let faulty = FaultySimulator(simulator, plan: try FaultPlan(plan), seed: seed)
    var pair = Pair(
      session: session, simulator: faulty, seed: 1,
      options: .fixed(latency: Nanoseconds.milliseconds(1), trace: trace))
    pair.start()
    pair.run(for: Nanoseconds.milliseconds(milliseconds))
    #expect(pair.failure == nil)
    return pair
  }

  static let broken = "violation(code: 1002, \""

  @Test(arguments: [
    ("drop@5m", ["welcome", "bbo 1", "book 1", "bbo 2", "book 2", "bbo 3", "book 3"]),
    ("stall", ["welcome"]),
    ("stall:book@150ms+100ms", ["welcome", "bbo 1", "book 1", "bbo 2", "bbo 3", "book 3"]),
    ("stall:bbo:BTC-USD-PERP", ["welcome", "book 1", "book 2", "book 3"]),
    (
      "stall:bbo:ETH-USD-PERP@0s+250ms,stall@250ms",
      ["welcome", "bbo 1", "book 1", "bbo 2", "book 2"]
    ),
    ("drop@0s+250ms", ["bbo 3", "book 3"]),
    ("no-ack@0s+50ms,stall@150ms", ["bbo 1", "book 1"]),
    ("duplicate:book,stall@150ms", ["welcome", "bbo 1", "book 1", "book 1"]),
    ("reorder@50ms+100ms,stall@250ms", ["welcome", "book 1", "bbo 2", "bbo 1", "book 2"]),
    ("fragment=3,stall@150ms", ["welcome", "bbo 1", "book 1"]),
    ("huge=20@50ms,stall@150ms", ["welcome", "\"xxxxxxxxxxxxxxxxxx\"", "bbo 1", "book 1"]),
    (
      "huge=17000000@50ms",
      ["welcome", "violation(code: 1009, \"message longer than 16777216 bytes\")"]
    ),
    ("rsv@50ms", ["welcome", broken + "reserved bits set\")"]),
    ("masked@50ms", ["welcome", broken + "masked frame\")"]),
    (
      "big-control:book@50ms",
      ["welcome", "bbo 1", broken + "control frame too long or in pieces\")"]
    ),
    ("bad-utf8@50ms", ["welcome", "violation(code: 1007, \"text that is not UTF-8\")"]),
    ("close=1012@150ms", ["welcome", "bbo 1", "book 1", "closed(code: 1012, reason: \"fault\")"]),
    ("abort@150ms", ["welcome", "bbo 1", "book 1", "lost(\"connection reset\")"]),
    ("abort", ["lost(\"connection reset\")"]),
    ("abort@0s%100", ["lost(\"connection reset\")"]),
    ("half-open@150ms", ["welcome", "bbo 1", "book 1"]),
    (
      "freeze@150ms+100ms",
      ["welcome", "bbo 1", "book 1", "bbo 2 frozen", "book 2 frozen", "bbo 3", "book 3"]
    ),
    (
      "freeze@150ms+50ms,freeze@120ms+200ms",
      [
        "welcome", "bbo 1", "book 1", "bbo 2 frozen", "book 2 frozen", "bbo 3 frozen",
        "book 3 frozen",
      ]
    ),
  ])
  func eachKindDoesWhatItSays(plan: String, heard: [String]) throws {
    #expect(try pair(plan).heard == ["opened 1"] + heard)
  }

  @Test(
    "what accounts are told is a stream of its own",
    arguments: [
      ("stall", ["welcome", "order 1", "order 2"]), ("no-ack", ["order 1", "order 2"]),
      ("stall:account", ["welcome"]), ("drop:control", ["order 1", "order 2"]),
      ("reorder:account", ["welcome", "order 2", "order 1"]),
      ("duplicate:account", ["welcome", "order 1", "order 1", "order 2", "order 2"]),
    ])
  func accounts(plan: String, heard: [String]) throws {
    let orders = ["order 1", "order 2"].map {
      SimulatorAction.send(
        ConnectionID(1), Frame(.text, Array($0.utf8), isOfAccount: true))
    }
    let simulator = ToySimulator(onText: orders)
    #expect(try pair(plan, ToySession(), simulator, run: 50).heard == ["opened 1"] + heard)
  }

  @Test func anUndefinedOpcodeIsRefused() throws {
    let heard = try pair("bad-opcode@50ms").heard
    #expect(heard.count == 3 && heard[2].hasPrefix(Self.broken + "opcode "))
  }

  @Test func aLiquidationIsToldToTheVenueOnce() throws {
    let pair = try pair("liquidate@150ms")
    let faulty = try #require(pair.simulator as? FaultySimulator)
    #expect(faulty.counts == [.liquidate: 1])
    let toy = try #require(faulty.inner as? ToySimulator)
    #expect(toy.heard.filter { $0 == "liquidate" } == ["liquidate"])
    let before = try self.pair("liquidate@150ms", run: 149)
    #expect((before.simulator as? FaultySimulator)?.counts.isEmpty == true)
  }

  @Test func aDelayKeepsTheOrder() throws {
    let pair = try pair("delay:bbo=150@50ms", run: 300, trace: .lines)
    let texts = pair.transcript.filter { $0.contains("session < text") }
    #expect(
      texts == [
        "4000 session < text 1 welcome",
        "252000 session < text 1 bbo 1", "252000 session < text 1 book 1",
      ])
  }

  @Test func aFrameWithoutSuccessorIsASecondLate() throws {
    let session = ToySession()
    let slow = ToySimulator(interval: Nanoseconds.seconds(60))
    #expect(try pair("reorder", session, slow, run: 1_000).heard == ["opened 1"])
    #expect(try pair("reorder", session, slow, run: 1_010).heard == ["opened 1", "welcome"])
  }

  @Test func aDripArrivesWholeAndLate() throws {
    // `welcome` is 9 bytes on the wire: 5 slices, the last one 4 pauses late.
    let pair = try pair("drip=2/10,stall@50ms", trace: .lines)
    let times = pair.transcript.filter { $0.contains("session < text") }
    #expect(times == ["44000 session < text 1 welcome"])
  }

  @Test func aDripThatCannotFollowBecomesABacklog() throws {
    let fast = ToySimulator(interval: Nanoseconds.milliseconds(1))
    let pair = try pair("drip=1/1", ToySession(), fast, run: 1_000)
    let faulty = try #require(pair.simulator as? FaultySimulator)
    let inner = try #require(faulty.inner as? ToySimulator)
    #expect(inner.heard.contains("backlog 1000"))
  }

  @Test func aDelayAloneIsNoBacklog() throws {
    let fast = ToySimulator(interval: Nanoseconds.milliseconds(1))
    let pair = try pair("delay=5", ToySession(), fast, run: 2_000)
    let faulty = try #require(pair.simulator as? FaultySimulator)
    let inner = try #require(faulty.inner as? ToySimulator)
    #expect(inner.heard == ["upgrade /v1?key=1", "hello"])
    #expect(pair.heard.count > 3_900)
  }

  @Test func whatIsHeldBackHasALimit() throws {
    let fast = ToySimulator(interval: Nanoseconds.milliseconds(1))
    let pair = try pair("drip=1/10", ToySession(), fast, run: 5_000)
    let faulty = try #require(pair.simulator as? FaultySimulator)
    #expect(faulty.overruns > 0)
    #expect(pair.heard.contains("lost(\"connection reset\")"))
  }

  /// Fifty million slices would be five gigabytes of memory before the first of them is counted.
  @Test func aHugeMessageIsNotSlicedBeyondTheLimit() throws {
    let pair = try pair("huge=50000000@50ms,drip=1/1", run: 1_000)
    let faulty = try #require(pair.simulator as? FaultySimulator)
    #expect(faulty.overruns == 1)
    #expect(pair.heard.contains("lost(\"connection reset\")"))
  }

  @Test func garbageIsNeverTheTransportsFault() throws {
    let pair = try pair("garbage:data", run: 20_000)
    #expect(pair.heard.contains { $0.hasPrefix("<html>") })
    #expect(pair.heard.contains { $0.hasPrefix("binary of ") })
    #expect(pair.heard.contains("bb"))
    #expect(!pair.heard.contains { $0.hasPrefix("lost") || $0.hasPrefix("closed") })
  }

  @Test func aSilentConnectionEndsByTheSessionsPatience() throws {
    let session = ToySession(patience: Nanoseconds.milliseconds(300))
    let pair = try pair("half-open@150ms", session, run: 1_850)
    #expect(
      pair.heard == [
        "opened 1", "welcome", "bbo 1", "book 1", "closed(code: 1005, reason: \"\")",
        "opened 2", "welcome", "bbo 2", "book 2",
      ])
  }

  @Test func upgradesAreRefusedAsLongAsItLasts() throws {
    let pair = try pair("refuse=503@0s+1500ms", run: 3_000)
    #expect(pair.heard.prefix(3) == ["refused(status: 503)", "refused(status: 503)", "opened 3"])
  }

  @Test(arguments: [
    ("rest=502", ["502 ", "502 "], 0),
    ("rest=none@0s+500ms", ["noAnswer(\"no answer in time\")", "200 time"], 2),
  ])
  func requestsAreAnsweredWronglyOrNotAtAll(plan: String, heard: [String], seen: Int) throws {
    let pair = try pair("stall,no-ack,\(plan)", ToySession(asksEverySecond: true), run: 1_500)
    #expect(pair.heard.filter { $0 != "opened 1" } == heard)
    let faulty = try #require(pair.simulator as? FaultySimulator)
    let inner = try #require(faulty.inner as? ToySimulator)
    #expect(inner.heard.filter { $0 == "request /time" }.count == seen)
  }

  @Test func theInnerSimulatorIsToldOfConnectionsThatFaultsEnd() throws {
    for kind in ["close=1001", "abort", "half-open"] {
      let pair = try pair("\(kind)@150ms")
      let faulty = try #require(pair.simulator as? FaultySimulator)
      let inner = try #require(faulty.inner as? ToySimulator)
      #expect(inner.heard == ["upgrade /v1?key=1", "hello", "closed 1"])
    }
  }

  @Test func faultsAreCountedAndTheFirstIsNoted() throws {
    let pair = try pair("stall:book,drop:bbo@150ms,close=1001@1m")
    let faulty = try #require(pair.simulator as? FaultySimulator)
    #expect(faulty.counts == [.stall: 3, .drop: 2])
    #expect(faulty.summary == "stall 3, drop 2")
    #expect(
      pair.simulatorNotes == [
        Note(.notice, "fault: stall:book"), Note(.notice, "fault: drop:bbo@150ms"),
      ])
  }

  @Test func aChanceIsKeptOnAverage() throws {
    let pair = try pair("drop:data%25", run: 400_000)
    let faulty = try #require(pair.simulator as? FaultySimulator)
    #expect((1_800...2_200).contains(faulty.counts[.drop] ?? 0))
  }

  @Test func theSameSeedsGiveTheSameRun() throws {
    for seed in 0..<30 {
      let plan = "swarm=\(seed)"
      let one = try pair(plan, seed: 1, run: 10_000, trace: .hash)
      let same = try pair(plan, seed: 1, run: 10_000, trace: .hash)
      #expect(one.traceHash == same.traceHash, "\(plan)")
    }
    let one = try pair("drop%50", seed: 1, trace: .hash)
    #expect(try pair("drop%50", seed: 2, trace: .hash).traceHash != one.traceHash)
  }

  @Test(arguments: 0..<100)
  func everySwarmIsSurvived(seed: Int) throws {
    let session = ToySession(patience: Nanoseconds.seconds(2))
    var pair = try pair("swarm=\(seed)", session, run: 75_000)
    let before = pair.heard.count
    pair.run(for: Nanoseconds.seconds(5))
    let after = pair.heard.dropFirst(before)
    #expect(after.count == 100, "seed \(seed), \(FaultPlan.swarm(seed: UInt64(seed)))")
  }
}
