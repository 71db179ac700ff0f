import Testing
import VenueTesting

@testable import Lighter

@Suite struct LighterAccountChaosTests {
  private static let swarm = TradingSwarm(Lighter.descriptor)

  @Test("without faults every order comes to what it is at the venue")
  func calm() async { await Self.swarm.expectCalm(refusesSilently: true) }

  @Test("whatever goes wrong on the way, in the end all is as it is at the venue")
  func sound() async { await Self.swarm.expectSound() }

  @Test("each fault of the path of orders, alone")
  func rows() async { await Self.swarm.expectRows() }
}
