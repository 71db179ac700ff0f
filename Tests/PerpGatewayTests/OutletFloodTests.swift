import PerpCore
import PerpGateway
import Testing

/// Random floods through an outlet whose reader stops, crawls and catches up again. What the
/// reader got must be right by the rules across lines, and what it lacks must be counted.
@Suite("Outlet under a flood")
struct OutletFloodTests {
  #if DEBUG
    static let events = 6_000
  #else
    static let events = 30_000
  #endif

  @Test(
    "a slow reader gets a true story in bounded memory", arguments: 1...8 as ClosedRange<UInt64>)
  func flood(seed: UInt64) throws {
    var random = Random(seed: seed)
    let limits = Outlet.Limits(highWater: 2_000, queueBytes: 48_000)
    var market = Flood()
    var reader = FloodReader()
    var outlet = Outlet(limits: limits)
    outlet.put(Hello(version: "0", pid: 1, runID: "r", mode: .sim, venues: [Sample.venue]))

    var sequence: UInt64 = 0
    var answers = 0
    for step in 0..<Self.events {
      let now = Sample.moment(step)
      let event = market.next(&random)
      if event.isLossless { sequence += 1 }
      outlet.put(event, sequence: sequence, at: now)
      // Pauses long enough to fill the queue, then reads of every size.
      let isPaused = (step / 900) % 2 == 1
      if !isPaused, random.chance(1, in: 4) {
        reader.read(&outlet, atMost: random.below(6_000), at: now)
      }
      answers += answerRequests(&outlet, &market, at: now)
    }
    #expect(outlet.isOverflowed == false)
    while !outlet.isDrained {
      reader.read(&outlet, atMost: 5_000, at: Sample.moment(Self.events))
      answers += answerRequests(&outlet, &market, at: Sample.moment(Self.events))
    }

    #expect(try reader.problems() == [])
    expectLastStates(reader, market)
    #expect(reader.books == market.books, "each book is the venue's")
    let counters = outlet.counters
    #expect(counters.conflatedStates > 0 && counters.droppedBookUpdates > 0)
    #expect(counters.droppedTrades > 0 && counters.snapshotRequests > 0)
    #expect(counters.mostBytesReady < limits.highWater + 8_000)
    #expect(counters.mostBytesQueued < limits.queueBytes + 8_000)
    // An answer tells nothing new.
    let received = reader.lines.count - 1 - answers
    let left = counters.conflatedStates + counters.droppedTrades + counters.droppedBookUpdates
    #expect(UInt64(received) + left == UInt64(market.count), "every event came or was counted")
  }

  /// How many were told.
  private func answerRequests(
    _ outlet: inout Outlet, _ market: inout Flood, at now: Moment
  ) -> Int {
    var told = 0
    for request in outlet.takeSnapshotRequests() {
      outlet.put(answer: market.repeated(request.topic.symbol), at: now)
      if !outlet.expects(request) { told += 1 }
    }
    return told
  }

  private func expectLastStates(_ reader: borrowing FloodReader, _ market: borrowing Flood) {
    for (key, mseq) in market.sequences where key.hasPrefix("bbo") || key.hasPrefix("funding") {
      #expect(reader.lastSequences[key] == mseq, "\(key)")
    }
  }
}
