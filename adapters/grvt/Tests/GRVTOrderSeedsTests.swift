import Foundation
import PerpCore
import Testing

@testable import GRVT
@testable import PerpSim
@testable import PerpVenue

/// Orders in chaos: after the faults end, what is told of each order is what the venue has.
@Suite struct GRVTOrderSeedsTests {
  private static let faults =
    "lose-answer%6,lose-request%3,late=1500%6,duplicate-report%8,report-first%8,fail=500%2,"
    + "fail-after=502%5,ignore%2,throttle%1"

  private static var count: UInt64 {
    let text = ProcessInfo.processInfo.environment["PERPWIRE_ORDER_SEEDS"]
    return text.flatMap { UInt64($0) } ?? 200
  }

  private static var first: UInt64 {
    let text = ProcessInfo.processInfo.environment["PERPWIRE_ORDER_SEED"]
    return text.flatMap { UInt64($0) } ?? 1
  }

  @Test("each order once, and no end that is not the venue's")
  func sound() async throws {
    let runs = try await withThrowingTaskGroup(of: (orders: Int, fills: Int, lost: Int).self) {
      group in
      for worker in UInt64(1)...2 {
        group.addTask {
          var sums = (orders: 0, fills: 0, lost: 0)
          for seed in stride(from: worker + Self.first - 1, to: Self.first + Self.count, by: 2) {
            let found = try Self.run(seed)
            sums = (
              sums.orders + found.orders, sums.fills + found.fills, sums.lost + found.lost
            )
          }
          return sums
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let sums = runs.reduce((0, 0, 0)) { ($0.0 + $1.orders, $0.1 + $1.fills, $0.2 + $1.lost) }
    print("orders of grvt: \(Self.count) runs, \(sums.0) orders, \(sums.1) fills, \(sums.2) lost")
    let runCount = Int(Self.count)
    #expect(sums.0 > runCount * 8 && sums.1 > runCount * 5 && sums.2 > runCount)
  }

  private static func run(_ seed: UInt64) throws -> (orders: Int, fills: Int, lost: Int) {
    var run = try TradingRun(
      [
        "order_faults": faults, "session_seconds": seed.isMultiple(of: 3) ? "45" : "86400",
        "page_rows": seed.isMultiple(of: 2) ? "3" : "1000",
        "encoding": seed.isMultiple(of: 5) ? "lite" : "full",
      ], seed: seed)
    var random = Random(seed: seed, named: "orders")
    run.pair.start()
    _ = run.runs(60) { $0.statuses.last?.state == .live }
    var ids: [String] = []
    for step in 0..<60 {
      act(&run, &ids, step, &random)
      run.run(Double(random.below(2_000)) / 1_000)
    }
    run.simulator.desk.faults = OrderFaults(seed: 0)
    run.pair.isDown = false
    run.run(90)
    for id in ids where run.status(id)?.isFinal == false { run.cancel(id) }
    run.run(90)
    return try judge(&run, ids, seed)
  }

  private static func act(
    _ run: inout TradingRun, _ ids: inout [String], _ step: Int, _ random: inout Random
  ) {
    let side = random.chance(1, in: 2) ? Side.buy : .sell
    let size = "0.0\(1 + random.below(5))"
    let passive =
      side == .buy ? run.price(98 + random.below(2), of: .buy) : run.price(102, of: .sell)
    let taking = side == .buy ? run.price(101, of: .buy) : run.price(99, of: .sell)
    let best = side == .buy ? "\(run.bestBid)" : "\(run.bestAsk)"
    let id = "o-\(step)"
    switch random.below(12) {
    case 0, 1: run.place(id, side, size, at: passive)
    case 2, 3: run.place(id, side, size, at: best, postOnly: true)
    case 4: run.place(id, side, size, at: taking)
    case 5: run.place(id, side, size, at: best, .ioc)
    case 6: run.place(id, side, size, at: taking, .fok)
    case 7: run.place(id, side, size, bound: taking)
    case 8: run.place(id, side, size, at: taking, .ioc, reduceOnly: true)
    case 9:
      if let other = ids.randomElement(using: &random) { run.cancel(other) }
      return
    case 10: return run.pair.resetOldest()
    default:
      let seconds = 1 + random.below(8)
      return run.pair.loseNetwork(after: 0, for: Nanoseconds.seconds(seconds))
    }
    if run.order(id) != nil { ids.append(id) }
  }

  private static func judge(
    _ run: inout TradingRun, _ ids: [String], _ seed: UInt64
  ) throws -> (orders: Int, fills: Int, lost: Int) {
    let venueOrders = run.venueOrders
    var lost = 0
    func wrong(_ what: String) { Issue.record("seed \(seed): \(what)") }
    if Set(venueOrders.compactMap(\.clientID)).count != venueOrders.count { wrong("one twice") }
    for id in ids {
      guard let order = run.order(id) else {
        wrong("\(id) is forgotten")
        continue
      }
      guard let venue = run.venueOrder(id) else {
        if order.status != .rejected { wrong("\(id) is \(order.status), and is not there") }
        lost += 1
        continue
      }
      let status: OrderStatus =
        switch venue.status {
        case .filled: .filled
        case .cancelled: .cancelled
        case .rejected: .rejected
        case .expired: .expired
        case .pending, .untriggered, .open: .open
        }
      if order.status != status { wrong("\(id) is \(order.status), there \(venue.status)") }
      if order.filled != venue.filled { wrong("\(id) \(order.filled!) not \(venue.filled)") }
      if order.orderID?.string != venue.name { wrong("\(id) has another id") }
    }
    let fills = run.fills
    let venueFills = run.simulator.exchange.accounts[1]?.fills ?? []
    let told = Set(fills.map { "\($0.orderID.string) \($0.tradeID.string)" })
    if told.count != fills.count { wrong("a fill is told twice") }
    if fills.count != venueFills.count { wrong("\(fills.count) fills of \(venueFills.count)") }
    let held = run.positions.last?.size ?? .zero
    if held != run.venuePosition { wrong("holds \(held), there \(run.venuePosition)") }
    let counters = run.session.tracker.counters
    if counters.contradictions != 0 { wrong("\(counters.contradictions) contradictions") }
    if let failure = run.pair.failure { wrong(failure) }
    for key in run.session.tracker.liveOrders {
      let order = run.session.tracker.order(key)
      wrong("\(key) is not settled: \(order.map { "\($0.status) \($0.filled!)" } ?? "unknown")")
    }
    return (venueOrders.count, fills.count, lost)
  }

  @Test("a seed repeats its run exactly")
  func repeatable() throws {
    let first = try Self.run(7)
    let second = try Self.run(7)
    #expect(first == second)
  }
}
