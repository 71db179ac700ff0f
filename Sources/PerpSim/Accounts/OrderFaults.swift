import PerpCore

/// What goes wrong between a client and an exchange with one request about orders.
package struct OrderFate: Equatable, Sendable {
  package enum Answer: Equatable, Sendable {
    /// What the venue has to say.
    case own
    /// As if all went well, whatever became of it.
    case success
    /// This HTTP status, or its like on a WebSocket.
    case status(Int)
    /// Never.
    case none
  }

  /// Whether the exchange gets to see the request.
  package var takesEffect = true
  package var answer = Answer.own
  /// Nanoseconds.
  package var answerDelay: UInt64 = 0
  /// Reports on the private stream come before the answer, and last things first.
  package var isReportedFirst = false
  package var areReportsDoubled = false

  package init() {}
}

/// Faults of the path of orders, drawn for each request about them. Written as `FaultPlan`s are:
/// `kind[=value][%percent]`, several with commas between, such as `lose-answer%10,late=800%5`.
/// Without a percentage a clause strikes always; of several the first that strikes counts.
package struct OrderFaults: Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    /// It takes effect, and nobody says so.
    case loseAnswer = "lose-answer"
    /// It never arrives.
    case loseRequest = "lose-request"
    /// The answer comes so many milliseconds later.
    case late
    /// Reports on the private stream come twice.
    case duplicateReport = "duplicate-report"
    /// Reports come before the answer, the last one first.
    case reportFirst = "report-first"
    /// This HTTP status, and no effect.
    case fail
    /// This HTTP status, and yet it took effect.
    case failAfter = "fail-after"
    /// Answered as if it were taken, and nothing comes of it.
    case ignore
    /// HTTP status 429, and no effect.
    case throttle
  }

  package struct Clause: Equatable, Sendable {
    package var kind: Kind
    /// Milliseconds, or an HTTP status.
    package var value = 0
    /// Of a million; nil for always.
    package var chance: Int?
  }

  /// What is wrong with a list of faults.
  package struct Problem: Error, Equatable, CustomStringConvertible {
    package let description: String
  }

  package let clauses: [Clause]
  /// What becomes of the next requests, before chance has its turn.
  package var next: [OrderFate] = []
  private var random: Random

  package init(_ clauses: [Clause] = [], seed: UInt64) {
    self.clauses = clauses
    random = Random(seed: seed, named: "order faults")
  }

  package init(_ text: String, seed: UInt64) throws(Problem) {
    var clauses: [Clause] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      clauses.append(try Self.clause(part))
    }
    self.init(clauses, seed: seed)
  }

  package mutating func draw() -> OrderFate {
    if !next.isEmpty { return next.removeFirst() }
    for clause in clauses where clause.chance.map({ random.chance($0, in: 1_000_000) }) ?? true {
      return OrderFate(clause)
    }
    return OrderFate()
  }

  private static func clause(_ text: Substring) throws(Problem) -> Clause {
    let halves = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    let parts = halves[0].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let kind = Kind(rawValue: String(parts[0])) else {
      let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw Problem(description: "order fault \"\(text)\": no kind; allowed: \(kinds)")
    }
    var clause = Clause(kind: kind)
    if let range = kind.values {
      guard parts.count == 2, let value = Int(parts[1]), range.contains(value) else {
        throw Problem(
          description: "order fault \"\(text)\": its value must be \(range.lowerBound) to "
            + "\(range.upperBound), as in \(kind.rawValue)=\(range.lowerBound)")
      }
      clause.value = value
    } else if parts.count == 2 {
      throw Problem(description: "order fault \"\(text)\": it has no value")
    }
    if halves.count == 2 {
      guard let percent = Decimal(halves[1]), !percent.isNegative, percent <= Decimal(100),
        let parts = percent.multiplied(by: Decimal(10_000))?.rescaled(to: 0), !parts.isZero
      else {
        throw Problem(
          description: "order fault \"\(text)\": no percentage; allowed: 0.0001 to 100")
      }
      clause.chance = Int(parts.mantissa)
    }
    return clause
  }
}

extension OrderFaults.Kind {
  fileprivate var values: ClosedRange<Int>? {
    switch self {
    case .late: 1...600_000
    case .fail, .failAfter: 400...599
    default: nil
    }
  }
}

extension OrderFate {
  package init(_ clause: OrderFaults.Clause) {
    switch clause.kind {
    case .loseAnswer: answer = .none
    case .loseRequest: (takesEffect, answer) = (false, .none)
    case .late: answerDelay = Nanoseconds.milliseconds(clause.value)
    case .duplicateReport: areReportsDoubled = true
    case .reportFirst: isReportedFirst = true
    case .fail: (takesEffect, answer) = (false, .status(clause.value))
    case .failAfter: answer = .status(clause.value)
    case .ignore: (takesEffect, answer) = (false, .success)
    case .throttle: (takesEffect, answer) = (false, .status(429))
    }
  }

  /// Puts what a venue has to say in the order of this fate: `answer` as it is after
  /// `OrderFate.answer` was heeded, `reports` as they happened. What comes later waits in `held`.
  package func deliver<Action: Sendable>(
    answer: [Action], reports: [Action], at now: Moment, holding held: inout HeldActions<Action>,
    into actions: inout [Action]
  ) {
    var reports = isReportedFirst ? reports.reversed() : reports
    if areReportsDoubled { reports = reports.flatMap { [$0, $0] } }
    if isReportedFirst {
      actions += reports
      actions += answer
    } else if answerDelay > 0 {
      actions += reports
      held.hold(answer, until: now.monotonic + answerDelay)
    } else {
      actions += answer
      actions += reports
    }
  }
}

/// What is to be sent later, each at its time.
package struct HeldActions<Action: Sendable>: Sendable {
  private var queue = EventQueue<[Action]>()

  package init() {}

  /// On the monotonic clock; nil when nothing is held.
  package var deadline: UInt64? { queue.deadline }

  package mutating func hold(_ actions: [Action], until time: UInt64) {
    if !actions.isEmpty { queue.add(actions, at: time) }
  }

  package mutating func release(at now: Moment, into actions: inout [Action]) {
    while let deadline = queue.deadline, deadline <= now.monotonic {
      actions += queue.removeFirst() ?? []
    }
  }
}
