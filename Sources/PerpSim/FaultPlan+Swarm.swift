import PerpCore

extension FaultPlan {
  /// A plan drawn at random, for runs by the thousand (swarm testing, Groce and others 2012): a
  /// run in which most kinds are absent reaches what a run with everything never does.
  ///
  /// No fault begins after `lasting` nanoseconds, so that a test can ask for recovery.
  package static func swarm(
    seed: UInt64, lasting: UInt64 = Nanoseconds.seconds(60)
  ) -> FaultPlan {
    var random = Random(seed: seed)
    switch random.below(10) {
    case 0: return FaultPlan()
    case 1...3:
      let kind = Kind.inSwarms[random.below(Kind.inSwarms.count)]
      return FaultPlan(
        (0...random.below(4)).map { _ in Clause(kind, drawnFrom: &random, lasting: lasting) })
    default:
      return FaultPlan(
        (0...(1 + random.below(4))).map { _ in
          let kind = Kind.inSwarms[random.below(Kind.inSwarms.count)]
          return Clause(kind, drawnFrom: &random, lasting: lasting)
        })
    }
  }
}

extension FaultPlan.Clause {
  fileprivate init(_ kind: FaultPlan.Kind, drawnFrom random: inout Random, lasting: UInt64) {
    self.init(kind, value: kind.drawValue(&random))
    // In whole milliseconds, so that the plan can be written down.
    let milliseconds = max(2, Int(lasting / 1_000_000))
    let begin = random.below(milliseconds - 1)
    start = Nanoseconds.milliseconds(begin)
    duration = Nanoseconds.milliseconds(1 + random.below(milliseconds - begin))
    if kind.strikesFrames, random.chance(1, in: 3) {
      target = .channel(Channel.allCases[random.below(Channel.allCases.count)])
    }
    // Rare as often as frequent: one in a thousand, in a hundred, in ten.
    let chances = [1_000, 10_000, 100_000]
    let drawn = chances[random.below(3)] * (1 + random.below(9))
    if kind != .freeze, random.chance(2, in: 3) { chance = drawn }
  }
}

extension FaultPlan.Kind {
  /// A clock that is ahead makes no session do anything: it is for those who look at clocks. Nor
  /// does a liquidation, without an account that holds something.
  package static let inSwarms = allCases.filter { ![.skew, .liquidate].contains($0) }

  fileprivate func drawValue(_ random: inout Random) -> FaultPlan.Value {
    switch self {
    case .delay: .number(1 << random.below(12))
    case .fragment: .number(2 + random.below(30))
    case .huge: .number(1 << (4 + random.below(21)))
    case .close: .number([1000, 1001, 1008, 1011, 1012, 1013, 4000, 4031][random.below(8)])
    case .refuse: .number([401, 403, 404, 429, 500, 502, 503][random.below(7)])
    case .rest:
      random.chance(1, in: 3)
        ? .noAnswer : .number([400, 403, 418, 429, 500, 502, 503, 504][random.below(8)])
    case .drip: .drip(bytes: 1 << (3 + random.below(9)), milliseconds: 1 + random.below(10))
    default: .none
    }
  }
}
