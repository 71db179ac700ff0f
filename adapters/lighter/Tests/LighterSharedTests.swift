import PerpVenue
import Testing
import VenueTesting

@testable import Lighter

// What every venue's session must stand; see Tests/VenueTesting.

@Suite struct LighterFaultEvidence {
  @Test(arguments: FaultRow.all)
  func row(_ row: FaultRow) throws { #expect(try row.holds(on: .lighter)) }
}

@Suite struct LighterSeedsTests {
  private static let swarm = SeedSwarm(Lighter.descriptor)

  @Test("sessions recover from every swarm of faults, and no book is ever wrong")
  func sound() async { await Self.swarm.expectSound() }

  @Test("a seed repeats its run exactly")
  func repeatable() { Self.swarm.expectRepeatable() }
}

@Suite struct LighterBooksTests {
  @Test("a million random changes, and every book is the venue's own")
  func marathon() { BookMarathon.run(.lighter) }
}

@Suite struct LighterRotationTests {
  @Test("a shutdown is announced, and another connection takes over without a gap")
  func shutdown() throws {
    var policy = SessionBundle.Policy()
    policy.maxAge = Lighter.descriptor.maxConnectionAge
    var run = try FaultRun(.lighter, "", settings: ["shutdown": "20"], bundle: policy)
    run.run(to: 120)
    #expect(run.attempts.count >= 5)
    #expect(run.oracle.entered[.live] == 8, "each topic once")
    #expect(run.oracle.entered[.down] == nil && run.oracle.entered[.gap] == nil)
    #expect(run.oracle.violations == [])
    #expect(run.isAllLive)
  }
}
