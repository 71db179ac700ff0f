import PerpCore
import PerpVenue
import Synchronization

/// One venue's part in a run.
struct Feed {
  let venue: VenueDescriptor
  let sample: WireSample
}

/// Venues of a run whose candidate has not come yet.
final class Missing: Sendable {
  let count: Atomic<Int>
  init(_ count: Int) { self.count = Atomic(count) }
}

/// A venue that sends what the traffic plans, and nothing else: its own simulator answers requests
/// and subscriptions, and what that would send of its market is left out.
struct Blaster: VenueSimulator {
  private enum Part {
    case waiting
    case connected
    case onTime(since: UInt64)
    case flood(until: UInt64)
    case over
  }

  /// From the upgrade to the first message: for the subscription to be made.
  private static let settling = Nanoseconds.milliseconds(500)
  /// Made and sent in one turn.
  private static let floodBatch = 100
  /// A candidate that leaves out messages may never tell of the last of a window.
  private static let patience = Nanoseconds.milliseconds(300)

  /// All venues of a run start together.
  private let missing: Missing
  private var simulator: any VenueSimulator
  private let sample: WireSample
  private let traffic: Traffic
  private var part = Part.waiting
  private var connection: ConnectionID?
  private var next = 0
  /// Made beforehand, so that making does not delay those that are sent together.
  private var prepared: [Frame] = []
  private var lastArrived = 0
  private var arrivedAt: UInt64 = 0
  package private(set) var deadline: UInt64?
  private var inner: [SimulatorAction] = []

  init(_ feed: Feed, _ traffic: Traffic, _ missing: Missing) {
    sample = feed.sample
    simulator = feed.venue.makeSimulator(
      SimulatorOptions(
        seed: 1, symbols: [sample.topic.symbol], eventsPerSecond: 1, settings: sample.settings))
    self.traffic = traffic
    self.missing = missing
  }

  mutating func receive(
    _ input: borrowing SimulatorInput, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    switch input {
    case .wake: break
    case .backlog: return
    case .closed(let id) where id == connection: part = .over
    default: forward(input, at: now, into: &actions)
    }
    switch part {
    case .waiting, .over: deadline = nil
    case .connected:
      deadline = now.monotonic + Nanoseconds.milliseconds(1)
      guard missing.count.load(ordering: .relaxed) == 0 else { return }
      part = .onTime(since: now.monotonic + Self.settling)
    case .onTime(let start): sendOnTime(since: start, at: now, into: &actions)
    case .flood(let end): flood(until: end, at: now, into: &actions)
    }
  }

  private mutating func forward(
    _ input: borrowing SimulatorInput, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    simulator.receive(input, at: now, into: &inner)
    for action in inner {
      switch action {
      case .send(_, let frame): if frame.topic == nil { actions.append(action) }
      // Whoever comes is served, also the floor, which knows nothing of the venue.
      case .accept(let id), .refuse(let id, _):
        actions.append(.accept(id))
        if connection == nil { missing.count.subtract(1, ordering: .relaxed) }
        connection = id
        part = .connected
      case .respond, .note: actions.append(action)
      // It would find fault with a client that is served so much and answers so little.
      case .ping, .close, .abort, .silence: break
      }
    }
    inner.removeAll(keepingCapacity: true)
  }

  private mutating func sendOnTime(
    since start: UInt64, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    guard let connection else { return }
    if prepared.isEmpty {
      guard next < traffic.floodStart else {
        part = .flood(until: now.monotonic + Nanoseconds.seconds(traffic.plan.floodSeconds))
        deadline = now.monotonic + traffic.plan.pause
        arrivedAt = now.monotonic
        return
      }
      prepare(since: start, at: now)
    }
    let due = start + traffic.timetable[next]
    guard now.monotonic >= due else {
      deadline = due
      return
    }
    for frame in prepared {
      traffic.noteSent(next, at: now.monotonic)
      actions.append(.send(connection, frame))
      next += 1
    }
    traffic.sent.store(next, ordering: .releasing)
    prepared.removeAll(keepingCapacity: true)
    deadline = now.monotonic + Nanoseconds.milliseconds(1) / 10
  }

  /// All messages that are due together with the next, stamped with the time they will be sent.
  private mutating func prepare(since start: UInt64, at now: Moment) {
    let due = traffic.timetable[next]
    let distance = Int64(start + due) - Int64(now.monotonic)
    for place in next..<traffic.floodStart where traffic.timetable[place] == due {
      prepared.append(sample.make(place, now.wall + distance / 1_000))
      if place + 1 < traffic.floodStart, traffic.timetable[place + 1] != due { break }
    }
  }

  private mutating func flood(
    until end: UInt64, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    guard let connection else { return }
    guard now.monotonic < end, next + Self.floodBatch <= traffic.limit else {
      part = .over
      deadline = nil
      traffic.isOver.store(true, ordering: .releasing)
      return
    }
    let arrived = traffic.arrived.load(ordering: .acquiring)
    if arrived > lastArrived { (lastArrived, arrivedAt) = (arrived, now.monotonic) }
    let isStuck = now.monotonic > arrivedAt + Self.patience
    guard next - arrived + Self.floodBatch <= traffic.plan.floodWindow || isStuck else {
      deadline = now.monotonic + Nanoseconds.milliseconds(1) / 20
      return
    }
    if isStuck { arrivedAt = now.monotonic }
    for _ in 0..<Self.floodBatch {
      traffic.noteSent(next, at: now.monotonic)
      actions.append(.send(connection, sample.make(next, now.wall)))
      next += 1
    }
    traffic.sent.store(next, ordering: .releasing)
    deadline = now.monotonic
  }
}
