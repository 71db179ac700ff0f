import PerpVenue
import Testing
import VenueTesting

@testable import Variational

@Suite struct VariationalAccountChaosTests {
  private static let swarm = TradingSwarm(Variational.descriptor.withOrders)

  @Test("without faults every order comes to what it is at the venue")
  func calm() async { await Self.swarm.expectCalm() }

  @Test("whatever goes wrong on the way, in the end all is as it is at the venue")
  func sound() async { await Self.swarm.expectSound() }

  @Test("each fault of the path of orders, alone")
  func rows() async { await Self.swarm.expectRows() }
}

extension VenueDescriptor {
  /// With the setting that lets orders pass.
  var withOrders: VenueDescriptor {
    var descriptor = self
    descriptor.trading?.makeDialect = {
      [make = trading!.makeDialect] options throws(TradingProblem) in
      var options = options
      options.settings["orders"] = "on"
      return try make(options)
    }
    return descriptor
  }
}
