import PerpCore
import PerpVenue
import Testing

@testable import Lighter
@testable import PerpSim

/// Seeded runs of somebody who trades while requests, answers and connections are lost: in the end
/// what the session tells is what the venue has, each order once.
@Suite struct LighterFaultSeedsTests {
  private static let faults =
    "lose-answer%8,lose-request%8,late=3000%4,duplicate-report%5,report-first%5,fail=500%4,"
    + "fail-after=502%4,ignore%4,throttle%2"

  @Test("in the end every order is what it is at the venue", arguments: 0..<20)
  func seeds(part: Int) throws {
    for seed in 0..<10 { try run(UInt64(part * 10 + seed)) }
  }

  private func run(_ seed: UInt64) throws {
    var desk = try LighterDesk.live(
      seed: seed,
      [
        "sim.order_faults": Self.faults, "orders": seed % 3 == 0 ? "rest" : "ws",
        "sim.delay": seed % 4 == 1 ? "200" : "0",
      ])
    var random = Random(seed: seed, named: "trader")
    var names: [String] = []
    for step in 0..<40 {
      let symbol = random.chance(1, in: 3) ? "ETH" : "BTC"
      switch random.below(10) {
      case 0..<5:
        let name = "o\(step)"
        names.append(name)
        let side: Side = random.chance(1, in: 2) ? .buy : .sell
        desk.placeNear(
          name, side, symbol, ticks: 100 - random.below(300),
          tif: random.chance(1, in: 4) ? .ioc : .gtc, isReduceOnly: random.chance(1, in: 8))
      case 5..<8:
        if let name = names.randomElement(using: &random) { desk.cancel(name) }
      case 8:
        if let name = names.randomElement(using: &random) { desk.replace(name, size: "0.5") }
      default:
        if random.chance(1, in: 2) { desk.pair.resetOldest() }
        if random.chance(1, in: 8) {
          desk.pair.loseNetwork(after: 0, for: Nanoseconds.seconds(random.below(6)))
        }
      }
      desk.run(milliseconds: random.below(1_500))
    }
    desk.simulator.orderFaults = OrderFaults(seed: seed)
    desk.run(seconds: 180)
    check(desk, names, seed)
  }

  private func check(_ desk: LighterDesk, _ names: [String], _ seed: UInt64) {
    #expect(desk.pair.failure == nil)
    for name in names {
      guard let order = desk.order(name) else { continue }
      let there = desk.atVenue(name)
      #expect(there.count <= 1, "seed \(seed): \(name) is there \(there.count) times")
      guard let own = there.first, desk.simulator.row(own) != nil else {
        #expect(order.status == .rejected, "seed \(seed): \(name) is \(order.status)")
        continue
      }
      let expected: [OrderStatus] =
        switch own.status {
        case .pending: [.pending]
        case .untriggered: [.pending, .open]
        case .open: own.filled.isZero ? [.open] : [.partiallyFilled]
        case .filled: [.filled]
        case .cancelled, .rejected: [.cancelled, .rejected]
        case .expired: [.expired]
        }
      #expect(
        expected.contains(order.status),
        "seed \(seed): \(name) is \(order.status), \(own.status) there: \(desk.changes(name))"
      )
      #expect(order.filled == own.filled, "seed \(seed): \(name)")
      let fills = desk.fills.filter { $0.clientID == ClientOrderID(name) }
      #expect(
        fills.reduce(Decimal.zero) { $0.adding($1.size)! } == own.filled, "seed \(seed): \(name)")
      #expect(Set(fills.map(\.tradeID)).count == fills.count)
    }
  }
}

extension LighterDesk {
  mutating func placeNear(
    _ id: String, _ side: Side, _ base: String, ticks: Int, tif: TimeInForce, isReduceOnly: Bool
  ) {
    let symbol = Lighter.descriptor.perpetual(base)!
    let market = simulator.markets.first { $0.symbol == symbol }!.market
    guard let best = side == .buy ? market.bestBid : market.bestAsk,
      let step = market.profile.tick.multiplied(by: Decimal(ticks)),
      let price = side == .buy ? best.price.adding(step) : best.price.subtracting(step)
    else { return }
    place(id, side, "0.3", at: price, tif: tif, isReduceOnly: isReduceOnly, on: symbol)
  }
}
