import PerpCore
import PerpVenue

/// Which faults a `FaultySimulator` commits, and when. `FaultPlan.help` says how to write one.
package struct FaultPlan: Equatable, Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    case stall, drop
    case noAck = "no-ack"
    case duplicate, reorder, delay, drip, fragment, garbage, extra, huge
    case badOpcode = "bad-opcode"
    case rsv, masked
    case bigControl = "big-control"
    case badUTF8 = "bad-utf8"
    case close, abort
    case halfOpen = "half-open"
    case refuse, rest, freeze, skew, liquidate
  }

  /// Which frames a clause strikes.
  package enum Target: Equatable, Sendable {
    case everything
    /// What belongs to a topic.
    case data
    /// What belongs to none: acknowledgements, heartbeats.
    case control
    /// What accounts are told of their orders and all that follows.
    case account
    case channel(Channel)
    case topic(Topic)

    package func contains(_ frame: Frame) -> Bool {
      switch self {
      case .everything: true
      case .data: frame.topic != nil
      case .control: frame.topic == nil && !frame.isOfAccount
      case .account: frame.isOfAccount
      case .channel(let channel): frame.topic?.channel == channel
      case .topic(let own): frame.topic == own
      }
    }
  }

  package enum Value: Equatable, Sendable {
    case none
    case number(Int)
    /// So many bytes, then so many milliseconds of pause.
    case drip(bytes: Int, milliseconds: Int)
    /// REST requests get no answer at all.
    case noAnswer
  }

  package struct Clause: Equatable, Sendable {
    package var kind: Kind
    package var target: Target
    package var value: Value
    /// Nanoseconds after the simulator's start.
    package var start: UInt64
    /// Nanoseconds; nil for ever.
    package var duration: UInt64?
    /// Of a million; nil for the kind's own rule.
    package var chance: Int?

    package init(
      _ kind: Kind, target: Target? = nil, value: Value = .none, start: UInt64 = 0,
      duration: UInt64? = nil, chance: Int? = nil
    ) {
      self.kind = kind
      self.target = target ?? kind.defaultTarget
      self.value = value
      self.start = start
      self.duration = duration
      self.chance = chance
    }

    /// Nanoseconds after the start; nil for never.
    package var end: UInt64? { duration.map { start + $0 } }

    /// It strikes one time only.
    package var isSingle: Bool { kind.strikesOnce && chance == nil }

    /// Whether the clause is in force so many nanoseconds after the start.
    package func covers(_ elapsed: UInt64) -> Bool {
      elapsed >= start && elapsed < (end ?? .max)
    }
  }

  package var clauses: [Clause]

  package init(_ clauses: [Clause] = []) { self.clauses = clauses }

  /// Nanoseconds after the start from when on no fault begins; nil when there is no such time.
  package var end: UInt64? {
    var latest: UInt64 = 0
    for clause in clauses {
      guard let end = clause.end else { return nil }
      latest = max(latest, end)
    }
    return latest
  }
}

extension FaultPlan.Kind {
  /// Without a chance it strikes once: it ends the connection, or all that accounts hold.
  var strikesOnce: Bool {
    switch self {
    case .huge, .badOpcode, .rsv, .masked, .bigControl, .badUTF8, .close, .abort, .halfOpen,
      .liquidate:
      true
    default: false
    }
  }

  /// It strikes frames one by one, and so may have a target.
  var strikesFrames: Bool {
    switch self {
    case .close, .abort, .halfOpen, .refuse, .rest, .freeze, .skew, .liquidate, .noAck: false
    default: true
    }
  }

  /// It strikes connections as they are, not one of their frames.
  var strikesConnections: Bool { self == .close || self == .abort || self == .halfOpen }

  var defaultTarget: FaultPlan.Target {
    switch self {
    case .stall: .data
    case .noAck: .control
    default: .everything
    }
  }
}
