import PerpCore

/// Several sessions of one venue that act as one: more topics than one connection may carry are
/// spread over several, a connection is replaced before the venue ends it for its age, and, when
/// asked for, two connections carry the same data and the first to bring news is heard.
///
/// Each of the sessions is a lane. It numbers its connections and requests by itself; the bundle
/// tells them apart by the lane's id.
package struct SessionBundle: VenueSession {
  package struct Policy: Sendable {
    /// Lanes that carry each topic: 1, or 2 for racing feeds.
    package var copies = 1
    /// Topics that one lane may carry.
    package var maxTopics = Int.max
    /// Nanoseconds after which the venue closes a connection; nil where it does not.
    package var maxAge: UInt64?
    /// Whether a sequence number means the same on every connection.
    package var sharesSequences = true

    package init() {}
  }

  /// One lane at a time is renewed, and each so much earlier than it must be: a tenth of the age.
  private static let marginParts: UInt64 = 10

  let venue: VenueID
  private let policy: Policy
  private let makeSession: @Sendable (_ seed: UInt64) -> any VenueSession
  private var random: Random
  /// Oldest first.
  var lanes: [Lane] = []
  private var lastLane = -1
  var streams: [Topic: MergedStream] = [:]
  /// Connections so far, of all lanes, by their number: the epochs of what is told.
  var epochs: [ConnectionID: UInt64] = [:]
  var lastEpoch: UInt64 = 0
  private var isRunning = false
  /// What a lane answers is for whoever asked the bundle; else the bundle itself has asked.
  private(set) var isAnswering = false
  private var scratch: [VenueAction] = []

  /// `makeSession` makes the session of a lane.
  package init(
    venue: VenueID, policy: Policy, seed: UInt64,
    makeSession: @escaping @Sendable (_ seed: UInt64) -> any VenueSession
  ) {
    self.venue = venue
    self.policy = policy
    self.makeSession = makeSession
    random = Random(seed: seed)
  }

  /// The lanes' clocks are the same.
  package var clock: ClockOffset { lanes.first?.session.clock ?? ClockOffset() }

  package var deadline: UInt64? {
    var earliest = isRenewing ? UInt64.max : lanes.reduce(.max) { min($0, $1.renewAt) }
    for lane in lanes { earliest = min(earliest, lane.session.deadline ?? .max) }
    return earliest == .max ? nil : earliest
  }

  package mutating func receive(
    _ input: borrowing VenueInput, at now: Moment, into actions: inout VenueActions
  ) {
    switch input {
    case .start:
      isRunning = true
      if lanes.isEmpty { addLane(copy: 0) }
      for index in lanes.indices { give(index, .start, at: now, into: &actions) }
    case .stop:
      isRunning = false
      for index in lanes.indices { give(index, .stop, at: now, into: &actions) }
      lanes.removeAll()
      streams.removeAll()
    case .wake:
      for index in lanes.indices { give(index, .wake, at: now, into: &actions) }
      renewOldest(at: now, into: &actions)
    case .subscribe(let topics): subscribe(topics, at: now, into: &actions)
    case .unsubscribe(let topics): unsubscribe(topics, at: now, into: &actions)
    case .snapshot(let topic):
      guard let leader = streams[topic]?.leader, let index = place(of: leader) else { return }
      isAnswering = true
      give(index, .snapshot(topic), at: now, into: &actions)
      isAnswering = false
    default: deliver(input, at: now, into: &actions)
    }
    if isRenewing { retirePredecessors(at: now, into: &actions) }
  }

  /// Brings a lane what happened to its connection or its question.
  private mutating func deliver(
    _ input: borrowing VenueInput, at now: Moment, into actions: inout VenueActions
  ) {
    switch input {
    case .opened(let id):
      guard let index = place(of: Lane.of(id.number)) else { return }
      opened(id, index, at: now)
      give(index, .opened(Lane.inner(id)), at: now, into: &actions)
    case .text(let id, let bytes):
      guard let index = place(of: Lane.of(id.number)) else { return }
      give(index, .text(Lane.inner(id), bytes), at: now, into: &actions)
    case .binary(let id, let bytes):
      guard let index = place(of: Lane.of(id.number)) else { return }
      give(index, .binary(Lane.inner(id), bytes), at: now, into: &actions)
    case .pong(let id):
      guard let index = place(of: Lane.of(id.number)) else { return }
      give(index, .pong(Lane.inner(id)), at: now, into: &actions)
    case .closed(let id, let reason):
      guard let index = place(of: Lane.of(id.number)) else { return }
      give(index, .closed(Lane.inner(id), reason), at: now, into: &actions)
      lanes[index].renewAt = .max
    case .response(let id, let response):
      guard let index = place(of: Lane.of(id.number)) else { return }
      give(index, .response(Lane.inner(id), response), at: now, into: &actions)
    case .failed(let id, let failure):
      guard let index = place(of: Lane.of(id.number)) else { return }
      give(index, .failed(Lane.inner(id), failure), at: now, into: &actions)
    case .start, .stop, .wake, .subscribe, .unsubscribe, .snapshot, .trading: break
    }
  }

  /// Its index in `lanes`; nil when it is gone.
  func place(of lane: Int) -> Int? { lanes.firstIndex { $0.id == lane } }

  /// Gives one lane an input and passes on what is new of what it does.
  mutating func give(
    _ index: Int, _ input: borrowing VenueInput, at now: Moment,
    into actions: inout VenueActions
  ) {
    var done = VenueActions()
    swap(&done.list, &scratch)
    lanes[index].session.receive(input, at: now, into: &done)
    let lane = lanes[index].id
    for action in done.list { pass(action, from: lane, at: now, into: &actions) }
    done.list.removeAll(keepingCapacity: true)
    swap(&done.list, &scratch)
  }

  // MARK: Lanes

  @discardableResult
  private mutating func addLane(copy: Int, predecessor: Int? = nil) -> Int {
    lastLane += 1
    lanes.append(
      Lane(
        id: lastLane, copy: copy, predecessor: predecessor, session: makeSession(random.next())))
    return lanes.count - 1
  }

  private mutating func subscribe(
    _ topics: [Topic], at now: Moment, into actions: inout VenueActions
  ) {
    var wanted: [Int: [Topic]] = [:]
    for topic in topics where streams[topic] == nil {
      streams[topic] = MergedStream(topic: topic, sharesSequences: policy.sharesSequences)
      for copy in 0..<policy.copies {
        let index = placeWithRoom(copy, at: now, into: &actions)
        lanes[index].topics.insert(topic)
        wanted[lanes[index].id, default: []].append(topic)
      }
    }
    for lane in lanes.map(\.id) {
      guard let topics = wanted[lane], let index = place(of: lane), lanes[index].isReady else {
        continue
      }
      give(index, .subscribe(topics), at: now, into: &actions)
    }
  }

  private mutating func placeWithRoom(
    _ copy: Int, at now: Moment, into actions: inout VenueActions
  ) -> Int {
    let place = lanes.firstIndex {
      $0.copy == copy && $0.topics.count < policy.maxTopics && $0.predecessor == nil
    }
    if let place { return place }
    let index = addLane(copy: copy)
    give(index, .start, at: now, into: &actions)
    return index
  }

  private mutating func unsubscribe(
    _ topics: [Topic], at now: Moment, into actions: inout VenueActions
  ) {
    for topic in topics { streams[topic] = nil }
    for index in lanes.indices {
      let gone = topics.filter { lanes[index].topics.remove($0) != nil }
      guard !gone.isEmpty else { continue }
      give(index, .unsubscribe(gone), at: now, into: &actions)
    }
    // One lane stays, for the markets.
    for lane in lanes.dropFirst().filter(\.topics.isEmpty).map(\.id) {
      retire(lane, at: now, into: &actions)
    }
  }

  private mutating func opened(_ id: ConnectionID, _ index: Int, at now: Moment) {
    lastEpoch += 1
    epochs = epochs.filter { Lane.of($0.key.number) != lanes[index].id }
    epochs[id] = lastEpoch
    guard let age = policy.maxAge else { return }
    // Up to a tenth earlier still, so that lanes opened together do not end together.
    let margin = age / Self.marginParts
    let jitter = UInt64(random.below(Int(max(margin, 1))))
    lanes[index].renewAt = now.monotonic + age - margin - jitter
  }

  // MARK: Planned reconnects

  private var isRenewing: Bool { lanes.contains { $0.predecessor != nil } }

  private mutating func renewOldest(at now: Moment, into actions: inout VenueActions) {
    guard !isRenewing, let old = lanes.first(where: { $0.renewAt <= now.monotonic }) else { return }
    renew(old.id, at: now, into: &actions)
  }

  /// Opens a lane that is to take the place of this one.
  mutating func renew(_ old: Int, at now: Moment, into actions: inout VenueActions) {
    guard isRunning, let index = place(of: old),
      !lanes.contains(where: { $0.predecessor == old })
    else { return }
    lanes[index].renewAt = .max
    let successor = addLane(copy: lanes[index].copy, predecessor: old)
    lanes[successor].topics = lanes[index].topics
    give(successor, .start, at: now, into: &actions)
  }

  /// Ends the lanes whose successors know all that they know; one that has failed knows nothing.
  private mutating func retirePredecessors(at now: Moment, into actions: inout VenueActions) {
    for lane in lanes where lane.isReady {
      guard let old = lane.predecessor else { continue }
      let isLevel = lane.topics.allSatisfy { topic in
        streams[topic]?.state(of: old) != .live || streams[topic]?.state(of: lane.id) == .live
      }
      guard isLevel, let index = place(of: lane.id) else { continue }
      lanes[index].predecessor = nil
      retire(old, at: now, into: &actions)
    }
  }

  private mutating func retire(_ lane: Int, at now: Moment, into actions: inout VenueActions) {
    guard let index = place(of: lane) else { return }
    let topics = lanes[index].topics.sorted { $0.description < $1.description }
    give(index, .stop, at: now, into: &actions)
    lanes.remove(at: index)
    for topic in topics {
      guard let change = streams[topic]?.forget(lane, at: now, venue: venue) else { continue }
      follow(change, of: topic, at: now, into: &actions)
    }
  }
}
