import PerpVenue
import Testing
import VenueTesting

@testable import Variational

@Suite struct VariationalSeedsTests {
  private static let swarm = SeedSwarm(Variational.descriptor)

  @Test("sessions recover from every swarm of faults that does not bar them")
  func sound() async { await Self.swarm.expectSound(compared: 10) }

  @Test("so do those that ask for quotes with a session of the user's")
  func soundWithSession() async {
    await SeedSwarm(.variationalWithSession).expectSound(part: 4, compared: 10)
  }

  @Test("a seed repeats its run exactly")
  func repeatable() { Self.swarm.expectRepeatable() }
}
