import Testing
import VenueTesting

@testable import Paradex

@Suite struct ParadexSeedsTests {
  private static let swarm = SeedSwarm(Paradex.descriptor)

  @Test("sessions recover from every swarm of faults, and no book is ever wrong")
  func sound() async { await Self.swarm.expectSound() }

  @Test("a seed repeats its run exactly")
  func repeatable() { Self.swarm.expectRepeatable() }
}
