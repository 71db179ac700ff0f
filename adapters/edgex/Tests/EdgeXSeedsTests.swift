import Testing
import VenueTesting

@testable import EdgeX

@Suite struct EdgeXSeedsTests {
  private static let swarm = SeedSwarm(EdgeX.descriptor)

  @Test("sessions recover from every swarm of faults, and no book is ever wrong")
  func sound() async { await Self.swarm.expectSound() }

  @Test("a seed repeats its run exactly")
  func repeatable() { Self.swarm.expectRepeatable() }
}
