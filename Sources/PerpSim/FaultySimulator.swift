import PerpCore
import PerpVenue

/// A simulator that commits the faults of a plan on what another one sends.
///
/// The inner simulator knows nothing of it, but for time stamps that stand still and liquidations:
/// a connection that a fault ends is to it one that its client closed.
package struct FaultySimulator: VenueSimulator {
  private struct ClauseState: Sendable {
    var count = 0
    /// It will do nothing any more.
    var isSpent = false
    /// Its time came: a freeze is on, a connection is owed its end.
    var isOn = false
  }

  /// What the inner simulator must be told, after what it is being asked.
  private enum News: Sendable {
    case closed(ConnectionID)
    case backlog(ConnectionID, Int)
  }

  /// Actions that wait on one connection; with more it is dropped, as a venue would.
  package static let heldLimit = 50_000
  private static let backlogStep = 1_000

  package private(set) var inner: any VenueSimulator
  package let plan: FaultPlan
  /// How often `heldLimit` was reached.
  package private(set) var overruns = 0
  private var states: [ClauseState]
  private var random: Random
  /// Those whose inner end is alive, in the order they came.
  private var links: [FaultyLink] = []
  /// Requests whose answers are to be lost.
  private var unanswered: Set<RequestID> = []
  private var began: UInt64?
  private var isFrozen = false
  private var news: [News] = []
  private var innerActions: [SimulatorAction] = []

  package init(_ inner: any VenueSimulator, plan: FaultPlan, seed: UInt64) {
    self.inner = inner
    self.plan = plan
    states = Array(repeating: ClauseState(), count: plan.clauses.count)
    random = Random(seed: seed)
  }

  /// How often faults of each kind were committed; kinds that were not are absent.
  package var counts: [FaultPlan.Kind: Int] {
    var counts: [FaultPlan.Kind: Int] = [:]
    for (clause, state) in zip(plan.clauses, states) where state.count > 0 {
      counts[clause.kind, default: 0] += state.count
    }
    return counts
  }

  /// The counts for people, such as `drop 12, close 1`; empty without faults.
  package var summary: String {
    let counts = counts
    return FaultPlan.Kind.allCases
      .compactMap { kind in counts[kind].map { "\(kind.rawValue) \($0)" } }
      .joined(separator: ", ")
  }

  package func book(of symbol: Symbol) -> NumberedBook? { inner.book(of: symbol) }
  package func quote(of symbol: Symbol) -> QuoteFacts? { inner.quote(of: symbol) }

  package var deadline: UInt64? {
    var time = inner.deadline ?? .max
    for link in links { time = min(time, link.deadline ?? .max) }
    if let began {
      for (clause, state) in zip(plan.clauses, states) {
        if let due = ownDeadline(of: clause, state) { time = min(time, began + due) }
      }
    }
    return time == .max ? nil : time
  }

  package mutating func receive(
    _ input: borrowing SimulatorInput, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    if case .start = copy input {
      began = now.monotonic
      tellInner(.start, at: now, into: &actions)
    }
    freezeOrThaw(at: now, into: &actions)
    strikeConnections(at: now, into: &actions)
    liquidate(at: now, into: &actions)
    if isForInner(input, at: now, into: &actions) { tellInner(input, at: now, into: &actions) }
    for index in links.indices { links[index].release(now: now.monotonic, into: &actions) }
    while !news.isEmpty {
      switch news.removeFirst() {
      case .closed(let id): tellInner(.closed(id), at: now, into: &actions)
      case .backlog(let id, let count):
        tellInner(.backlog(id, messages: count), at: now, into: &actions)
      }
    }
  }

  // MARK: What comes in

  /// False when it has been dealt with.
  private mutating func isForInner(
    _ input: borrowing SimulatorInput, at now: Moment, into actions: inout [SimulatorAction]
  ) -> Bool {
    switch copy input {
    case .start: return false
    case .freezeTime, .liquidate: return true
    case .wake: return inner.deadline.map { $0 <= now.monotonic } ?? false
    case .upgrade(let id, _):
      if case .number(let status)? = strike(.refuse, at: now, into: &actions) {
        actions.append(.refuse(id, HTTPResponse(status: status)))
        return false
      }
      links.append(FaultyLink(id))
      return true
    case .text(let id, _), .binary(let id, _), .pong(let id), .backlog(let id, _):
      return index(of: id) != nil
    case .closed(let id):
      guard let index = index(of: id) else { return false }
      links.remove(at: index)
      return true
    case .request(let id, _):
      switch strike(.rest, at: now, into: &actions) {
      case .number(let status)?:
        actions.append(.respond(id, HTTPResponse(status: status)))
        return false
      case .noAnswer?: unanswered.insert(id)
      default: break
      }
      return true
    }
  }

  private mutating func tellInner(
    _ input: borrowing SimulatorInput, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    inner.receive(input, at: skewed(now, into: &actions), into: &innerActions)
    for action in innerActions { pass(action, at: now, into: &actions) }
    innerActions.removeAll(keepingCapacity: true)
  }

  /// What the inner simulator takes for the time.
  private mutating func skewed(_ now: Moment, into actions: inout [SimulatorAction]) -> Moment {
    guard case .number(let milliseconds)? = strike(.skew, at: now, into: &actions) else {
      return now
    }
    var moment = now
    moment.wall = moment.wall.saturating(adding: Int64(milliseconds) * 1_000)
    return moment
  }

  private func index(of id: ConnectionID) -> Int? { links.firstIndex { $0.id == id } }

  // MARK: What goes out

  private mutating func pass(
    _ action: SimulatorAction, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    switch action {
    case .send(let id, let frame): send(frame, on: id, at: now, into: &actions)
    case .ping(let id), .close(let id, _, _):
      guard let index = index(of: id) else { break }
      links[index].sendSwapped(now: now.monotonic, into: &actions)
      links[index].send(action, at: now.monotonic, now: now.monotonic, into: &actions)
    case .refuse(let id, _), .abort(let id), .silence(let id):
      guard let index = index(of: id) else { break }
      links.remove(at: index)
      actions.append(action)
      if case .abort = action { news.append(.closed(id)) }
    case .respond(let id, _):
      if unanswered.remove(id) == nil { actions.append(action) }
    case .accept(let id):
      guard let index = index(of: id) else { break }
      links[index].isAccepted = true
      actions.append(action)
    case .note: actions.append(action)
    }
  }

  private mutating func send(
    _ frame: Frame, on id: ConnectionID, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    guard let link = index(of: id) else { return }
    var frames = [frame]
    var delay: UInt64 = 0
    var drip: Drip?
    var isSwapped = false
    for index in plan.clauses.indices where strikesFrame(index, frame, at: now) {
      let clause = plan.clauses[index]
      count(index, into: &actions)
      switch (clause.kind, clause.value) {
      case (.close, _), (.abort, _), (.halfOpen, _):
        return end(link, by: clause, into: &actions)
      case (.delay, .number(let milliseconds)):
        delay = max(delay, Nanoseconds.milliseconds(milliseconds))
      case (.drip, .drip(let bytes, let milliseconds)):
        drip = Drip(
          bytes: bytes, pause: Nanoseconds.milliseconds(milliseconds),
          end: clause.end.map { $0 + (began ?? now.monotonic) } ?? .max)
      case (.reorder, _): isSwapped = true
      default:
        frames = frames.flatMap { FrameMangler.mangle($0, by: clause, &random) }
      }
    }
    guard !frames.isEmpty else { return }
    if isSwapped, frames.count == 1, links[link].swap(frames[0], now: now.monotonic) { return }
    hold(frames, on: link, for: delay, drip, at: now, into: &actions)
  }

  private struct Drip {
    var bytes: Int
    var pause: UInt64
    /// From then on the line is fast again, and what has piled up comes at once.
    var end: UInt64
  }

  private mutating func hold(
    _ frames: [Frame], on link: Int, for delay: UInt64, _ drip: Drip?, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    let id = links[link].id
    let before = links[link].messages
    var due = now.monotonic + delay
    for frame in frames {
      guard let drip else {
        links[link].send(.send(id, frame), at: due, now: now.monotonic, into: &actions)
        continue
      }
      if let latest = links[link].latestDue { due = max(due, min(latest + drip.pause, drip.end)) }
      let slices = FrameMangler.slices(of: frame, bytes: drip.bytes)
      for (index, slice) in slices.enumerated() {
        if isFull(link) { break }
        links[link].send(
          .send(id, slice), at: due, now: now.monotonic, isWhole: index == slices.count - 1,
          into: &actions)
        due = max(due, min(due + drip.pause, drip.end))
      }
    }
    if let frame = frames.first, frame.topic != nil || frame.isOfAccount {
      links[link].sendSwapped(after: frame, now: now.monotonic, into: &actions)
    }
    let after = links[link].messages
    if isFull(link) {
      dropFull(link, into: &actions)
    } else if after / Self.backlogStep > before / Self.backlogStep {
      news.append(.backlog(id, after / Self.backlogStep * Self.backlogStep))
    }
  }

  private func isFull(_ link: Int) -> Bool { links[link].count > Self.heldLimit }

  private mutating func dropFull(_ link: Int, into actions: inout [SimulatorAction]) {
    overruns += 1
    let id = links.remove(at: link).id
    news.append(.closed(id))
    actions.append(.abort(id))
    actions.append(.note(Note(.warning, "fault: too much is held back; connection dropped")))
  }

  // MARK: Striking

  private func elapsed(at now: Moment) -> UInt64 { now.monotonic - (began ?? now.monotonic) }

  private mutating func strikesFrame(_ index: Int, _ frame: Frame, at now: Moment) -> Bool {
    let clause = plan.clauses[index]
    guard clause.covers(elapsed(at: now)), !states[index].isSpent else { return false }
    switch clause.kind {
    case .refuse, .rest, .freeze, .skew, .liquidate: return false
    case .close, .abort, .halfOpen: break
    case .noAck:
      guard frame.topic == nil, !frame.isOfAccount, frame.kind == .text else { return false }
    default: guard clause.target.contains(frame) else { return false }
    }
    return isLucky(clause)
  }

  private mutating func isLucky(_ clause: FaultPlan.Clause) -> Bool {
    clause.chance.map { random.chance($0, in: 1_000_000) } ?? true
  }

  /// The value of the first clause of the kind that strikes.
  private mutating func strike(
    _ kind: FaultPlan.Kind, at now: Moment, into actions: inout [SimulatorAction]
  ) -> FaultPlan.Value? {
    for index in plan.clauses.indices where plan.clauses[index].kind == kind {
      let clause = plan.clauses[index]
      guard clause.covers(elapsed(at: now)), isLucky(clause) else { continue }
      count(index, into: &actions)
      return clause.value
    }
    return nil
  }

  private mutating func count(_ index: Int, into actions: inout [SimulatorAction]) {
    states[index].count += 1
    if plan.clauses[index].isSingle { states[index].isSpent = true }
    if states[index].count == 1 {
      actions.append(.note(Note(.notice, "fault: \(plan.clauses[index])")))
    }
  }

  /// When a clause acts by itself, not on what is sent; nanoseconds after the start.
  private func ownDeadline(of clause: FaultPlan.Clause, _ state: ClauseState) -> UInt64? {
    guard !state.isSpent else { return nil }
    if clause.kind == .freeze { return state.isOn ? clause.end : clause.start }
    let actsByItself = clause.kind.strikesConnections || clause.kind == .liquidate
    guard clause.isSingle, actsByItself, !state.isOn else { return nil }
    return clause.start
  }

  private mutating func freezeOrThaw(at now: Moment, into actions: inout [SimulatorAction]) {
    let elapsed = elapsed(at: now)
    var shouldFreeze = false
    for index in plan.clauses.indices where plan.clauses[index].kind == .freeze {
      let isOn = plan.clauses[index].covers(elapsed)
      if isOn, !states[index].isOn { count(index, into: &actions) }
      states[index].isOn = isOn
      states[index].isSpent = elapsed >= plan.clauses[index].end ?? .max
      shouldFreeze = shouldFreeze || isOn
    }
    guard shouldFreeze != isFrozen else { return }
    isFrozen = shouldFreeze
    tellInner(.freezeTime(shouldFreeze), at: now, into: &actions)
  }

  private mutating func liquidate(at now: Moment, into actions: inout [SimulatorAction]) {
    for index in plan.clauses.indices where plan.clauses[index].kind == .liquidate {
      let isDue = elapsed(at: now) >= plan.clauses[index].start
      guard isDue, !states[index].isSpent else { continue }
      count(index, into: &actions)
      tellInner(.liquidate, at: now, into: &actions)
    }
  }

  /// When the time of a clause has come all connections end; if there are none, the next that
  /// sends something does.
  private mutating func strikeConnections(at now: Moment, into actions: inout [SimulatorAction]) {
    for index in plan.clauses.indices where plan.clauses[index].kind.strikesConnections {
      let clause = plan.clauses[index]
      guard clause.isSingle, !states[index].isOn, elapsed(at: now) >= clause.start else { continue }
      states[index].isOn = true
      guard clause.covers(elapsed(at: now)), links.contains(where: \.isAccepted) else { continue }
      count(index, into: &actions)
      while let link = links.firstIndex(where: \.isAccepted) {
        end(link, by: clause, into: &actions)
      }
    }
  }

  private mutating func end(
    _ link: Int, by clause: FaultPlan.Clause, into actions: inout [SimulatorAction]
  ) {
    let id = links.remove(at: link).id
    news.append(.closed(id))
    switch (clause.kind, clause.value) {
    case (.close, .number(let code)):
      actions.append(.close(id, code: code, reason: "fault"))
    case (.halfOpen, _): actions.append(.silence(id))
    default: actions.append(.abort(id))
    }
  }
}
