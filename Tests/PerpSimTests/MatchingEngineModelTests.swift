import PerpCore
import Testing

@testable import PerpSim

@Suite struct MatchingEngineModelTests {
  /// Lots by where they went; what came in must be the sum of the rest.
  private struct Flow: Equatable {
    var entered: Int64 = 0
    var traded: Int64 = 0
    var left: Int64 = 0

    mutating func count(_ event: EngineEvent) {
      switch event {
      case .filled(let fill): traded += 2 * fill.size
      case .cancelled(_, _, let size, _): left += size
      case .rested, .reduced, .refused: break
      }
    }
  }

  @Test(arguments: [1, 2, 3, 4])
  func agreesWithTheNaiveModelOverRandomOperations(seed: UInt64) {
    var random = Random(seed: seed)
    var (engine, model) = (MatchingEngine(), NaiveEngine())
    var (outcome, flow) = (EngineOutcome(), Flow())
    var lastID: UInt64 = 0
    for step in 0..<25_000 {
      let expected: [EngineEvent]
      let before = (engine.levels(.buy), engine.levels(.sell))
      let order = randomOrder(&random, &lastID)
      switch random.below(10) {
      case 0...5:
        engine.place(order, into: &outcome)
        expected = model.place(order)
        if case .refused = expected[0] {} else { flow.entered += order.size }
      case 6...7:
        let unknown = random.chance(1, in: 10) || model.orders.isEmpty
        let id = unknown ? order.id + 1 : model.orders[random.below(model.orders.count)].id
        engine.cancel(id, into: &outcome)
        expected = model.cancel(id)
      default:
        guard !model.orders.isEmpty else { continue }
        let old = model.orders[random.below(model.orders.count)]
        var changed = order
        (changed.id, changed.owner, changed.side) = (old.id, old.owner, old.side)
        changed.kind = random.chance(1, in: 2) ? .limit : .postOnly
        engine.modify(
          old.id, price: changed.price, size: changed.size, kind: changed.kind,
          selfTrade: changed.selfTrade, into: &outcome)
        expected = model.modify(changed)
        switch expected[0] {
        case .refused: break
        case .reduced: flow.entered += changed.size - old.size
        default: flow.entered += changed.size
        }
      }
      outcome.events.forEach { flow.count($0) }
      let open = model.orders.reduce(0) { $0 + $1.size }
      guard outcome.events == expected, engine.levels(.buy) == model.levels(.buy),
        engine.levels(.sell) == model.levels(.sell), engine.orderCount == model.orders.count,
        flow.entered == flow.traded + flow.left + open, !isCrossed(engine),
        changes(from: before, to: (engine.levels(.buy), engine.levels(.sell)))
          == sorted(outcome.changes)
      else {
        Issue.record("seed \(seed) step \(step): \(outcome), expected \(expected)")
        return
      }
    }
    #expect(flow.traded > 50_000 && flow.left > 50_000, "the operations met too rarely: \(flow)")
  }

  /// Prices close together and few owners, so that orders meet; now and then an id used twice.
  private func randomOrder(_ random: inout Random, _ lastID: inout UInt64) -> IncomingOrder {
    if !random.chance(1, in: 50) { lastID += 1 }
    let side: Side = random.chance(1, in: 2) ? .buy : .sell
    return IncomingOrder(
      id: lastID, owner: UInt32(random.below(4)), side: side,
      kind: random.chance(1, in: 2) ? .limit : IncomingOrder.Kind.allCases[random.below(5)],
      price: Int64((side == .buy ? 94 : 100) + random.below(10)), size: Int64(1 + random.below(20)),
      selfTrade: IncomingOrder.SelfTrade.allCases[random.below(4)])
  }

  private func isCrossed(_ engine: MatchingEngine) -> Bool {
    guard let bid = engine.bestBid, let ask = engine.bestAsk else { return false }
    return bid.price >= ask.price
  }

  private func changes(
    from old: ([EngineLevel], [EngineLevel]), to new: ([EngineLevel], [EngineLevel])
  ) -> [LevelChange] {
    var found: [LevelChange] = []
    for (side, old, new) in [(Side.buy, old.0, new.0), (.sell, old.1, new.1)] {
      for level in new where !old.contains(level) {
        found.append(LevelChange(side: side, price: level.price, size: level.size))
      }
      for level in old where !new.contains(where: { $0.price == level.price }) {
        found.append(LevelChange(side: side, price: level.price, size: 0))
      }
    }
    return sorted(found)
  }

  private func sorted(_ changes: [LevelChange]) -> [LevelChange] {
    changes.sorted { ($0.side.rawValue, $0.price) < ($1.side.rawValue, $1.price) }
  }
}
