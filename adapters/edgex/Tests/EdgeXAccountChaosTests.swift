import Testing
import VenueTesting

@testable import EdgeX

@Suite struct EdgeXAccountChaosTests {
  private static let swarm = TradingSwarm(EdgeX.descriptor)

  @Test("without faults every order comes to what it is at the venue")
  func calm() async { await Self.swarm.expectCalm() }

  @Test("whatever goes wrong on the way, in the end all is as it is at the venue")
  func sound() async { await Self.swarm.expectSound() }

  @Test("each fault of the path of orders, alone")
  func rows() async { await Self.swarm.expectRows() }

  @Test("the legacy system, whose orders take the same way")
  func legacy() async {
    let swarm = TradingSwarm(EdgeXGeneration.v1.venue, share: 4)
    await swarm.expectCalm()
    await swarm.expectSound()
  }
}
