import PerpCore
import PerpSim
import PerpVenue
import Testing
import VenueTesting

@testable import GRVT

@Suite struct GRVTSeedsTests {
  private static let swarm = SeedSwarm(GRVT.descriptor)

  @Test("sessions recover from every swarm of faults, and no book is ever wrong")
  func sound() async { await Self.swarm.expectSound() }

  @Test("a seed repeats its run exactly")
  func repeatable() { Self.swarm.expectRepeatable() }

  @Test("several sessions that act as one are as sound as one")
  func bundle() async {
    var policy = SessionBundle.Policy()
    (policy.copies, policy.maxTopics, policy.maxAge) = (2, 3, Nanoseconds.seconds(20))
    await SeedSwarm(GRVT.descriptor, bundle: policy).expectSound(part: 4)
  }
}
