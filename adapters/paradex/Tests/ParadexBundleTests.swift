import PerpCore
import PerpSim
import PerpVenue
import Testing
import VenueTesting

@testable import Paradex

/// Several sessions that act as one, against the simulated venue.
@Suite struct ParadexBundleTests {
  private static func policy(
    copies: Int = 1, maxTopics: Int = .max, maxAge: UInt64? = nil
  ) -> SessionBundle.Policy {
    var policy = SessionBundle.Policy()
    (policy.copies, policy.maxTopics, policy.maxAge) = (copies, maxTopics, maxAge)
    return policy
  }

  /// The states that were told of a topic, once the first data had come.
  private static func states(_ run: FaultRun) -> [String] {
    var states: [String] = []
    for (_, action) in run.log {
      guard case .emit(.stream(let status)) = action, status.state != .connecting else { continue }
      states.append("\(status.topic) \(status.state) \(status.cause)")
    }
    return states.filter { !$0.hasSuffix("live first_data") }
  }

  @Test("N15 racing feeds: one of two connections dies, and nobody notices", arguments: 20..<26)
  func failover(second: Int) throws {
    var run = try FaultRun(.paradex, "", bundle: Self.policy(copies: 2), seed: UInt64(second))
    run.run(to: second)
    run.resetOldest()
    run.run(to: 60)
    #expect(run.attempts.count == 3, "two at first, and one for that which died")
    #expect(Self.states(run) == [])
    #expect(run.oracle.violations == [])
    #expect(run.oracle.booksCompared > 500)
    #expect(run.isAllLive)
  }

  @Test("of two racing feeds each trade and quote is told once, and none is lost")
  func once() throws {
    var single = try FaultRun(.paradex, "")
    var racing = try FaultRun(.paradex, "", bundle: Self.policy(copies: 2))
    single.run(to: 60)
    racing.run(to: 60)
    for symbol in single.venue.symbols {
      let ids = racing.tradeIDs(symbol)
      #expect(Set(ids).count == ids.count)
      #expect(Set(ids).isSuperset(of: single.tradeIDs(symbol).dropLast(3)))
      let sequences = racing.quotes(symbol).map(\.bbo.venueSequence)
      #expect(Set(sequences).count == sequences.count)
    }
    #expect(racing.oracle.violations == [])
  }

  @Test("a connection is replaced before the venue ends it, without a gap")
  func renewal() throws {
    var run = try FaultRun(
      .paradex, "", bundle: Self.policy(maxAge: Nanoseconds.seconds(60)))
    run.run(to: 300)
    #expect((5...7).contains(run.attempts.count), "\(run.attempts)")
    #expect(Self.states(run) == [])
    #expect(run.oracle.violations == [])
    #expect(run.isAllLive)
    #expect(run.oracle.entered[.live] == 8, "each topic once: none was without a connection")
    let opens = run.pair.openConnections
    #expect(opens <= 2, "the old ones are gone")
  }

  @Test("more topics than a connection may carry are spread over several")
  func spread() throws {
    var run = try FaultRun(.paradex, "", bundle: Self.policy(maxTopics: 3))
    run.run(to: 60)
    #expect(run.attempts.count == 3, "eight topics, three a connection")
    #expect(Self.states(run) == [])
    #expect(run.oracle.violations == [])
    #expect(run.isAllLive)
  }

  @Test("under swarms of faults a bundle is as sound as a session")
  func swarm() async {
    let policy = Self.policy(copies: 2, maxTopics: 3, maxAge: Nanoseconds.seconds(20))
    await SeedSwarm(Paradex.descriptor, bundle: policy).expectSound(part: 4)
  }
}

extension FaultRun {
  fileprivate func tradeIDs(_ symbol: Symbol) -> [String] {
    log.compactMap { _, action in
      guard case .emit(.trade(let trade)) = action, trade.header.symbol == symbol else {
        return nil
      }
      return trade.tradeID?.string
    }
  }
}
