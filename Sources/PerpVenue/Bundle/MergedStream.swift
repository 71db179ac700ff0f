import PerpCore

/// One topic as several lanes tell it, made into one stream without repetitions: the first to tell
/// something new is heard. Where numbers do not compare between connections, only one lane is
/// heard, and another when that fails.
struct MergedStream: Sendable {
  enum Verdict: Equatable {
    case pass
    case drop
    /// Its data cannot be joined to what was told: it must begin with a snapshot.
    case needsSnapshot
  }

  let topic: Topic
  let sharesSequences: Bool
  /// The lane that was heard last.
  private(set) var leader: Int?
  private(set) var state: StreamStatus.State?
  private var states: [(lane: Int, state: StreamStatus.State)] = []
  private var epoch: UInt64 = 0
  /// The number of the last event that was told.
  private(set) var mseq: UInt64 = 0
  /// Of the venue, as last told; nil while nothing that counts has been.
  private(set) var sequence: Int64?
  /// The leader was asked for its state, to be heard from there on.
  private var isJoining = false
  private var trades = RecentKeys(capacity: 256)

  init(topic: Topic, sharesSequences: Bool) {
    self.topic = topic
    self.sharesSequences = sharesSequences
  }

  func state(of lane: Int) -> StreamStatus.State? {
    states.first { $0.lane == lane }?.state
  }

  // MARK: States

  /// What a change of a lane's state means for the stream.
  struct Change {
    /// To be told, if the stream as a whole has changed.
    var status: StreamStatus?
    /// Another lane is heard from now on: its state, as one event, is to be asked for.
    var isNewlyLed: Bool
  }

  mutating func receive(_ status: StreamStatus, from lane: Int, epoch: UInt64) -> Change {
    if let place = states.firstIndex(where: { $0.lane == lane }) {
      states[place].state = status.state
    } else {
      states.append((lane, status.state))
    }
    self.epoch = max(self.epoch, epoch)
    return settle(status)
  }

  /// The lane is gone.
  mutating func forget(_ lane: Int, at now: Moment, venue: VenueID) -> Change {
    states.removeAll { $0.lane == lane }
    guard !states.isEmpty, let state else { return Change(status: nil, isNewlyLed: false) }
    return settle(
      StreamStatus(
        venue: venue, topic: topic, state: state, cause: "renewed", epoch: epoch, time: now.wall))
  }

  /// The stream is as healthy as its healthiest lane.
  private mutating func settle(_ status: StreamStatus) -> Change {
    guard let best = states.min(by: { $0.state.rank < $1.state.rank }) else {
      return Change(status: nil, isNewlyLed: false)
    }
    var isNewlyLed = false
    if leader.flatMap(state) != best.state {
      isNewlyLed = leader != nil && best.state == state
      leader = best.lane
    }
    isJoining = isJoining || isNewlyLed
    guard best.state != state else { return Change(status: nil, isNewlyLed: isNewlyLed) }
    state = best.state
    // Nothing that follows continues what was told before.
    if best.state != .live, best.state != .stale { (sequence, isJoining) = (nil, false) }
    var told = status
    (told.state, told.epoch) = (best.state, epoch)
    return Change(status: told, isNewlyLed: false)
  }

  // MARK: Data

  /// The number of the next event that is told.
  mutating func number() -> UInt64 {
    mseq += 1
    return mseq
  }

  mutating func receive(_ bbo: BBO, from lane: Int) -> Verdict {
    guard isSound(lane) else { return .drop }
    guard sharesSequences, let new = bbo.venueSequence else { return lead(lane) }
    if let sequence, new < sequence || (new == sequence && (lane != leader || isJoining)) {
      if lane == leader { isJoining = false }
      return .drop
    }
    (sequence, leader, isJoining) = (new, lane, false)
    return .pass
  }

  mutating func receive(_ trade: Trade, from lane: Int) -> Verdict {
    guard let id = trade.tradeID else { return lead(lane) }
    return trades.insert(id.key) ? .pass : .drop
  }

  mutating func receive(_ funding: Funding, from lane: Int) -> Verdict { lead(lane) }

  mutating func receive(_ update: BookUpdate, from lane: Int) -> Verdict {
    guard isSound(lane), let new = update.venueSequence else { return .drop }
    if update.isSnapshot {
      // That of another lane only makes it ready to be heard.
      guard lane == leader else { return .drop }
      // What was asked for to join a lane to what was told may be no news.
      let isNews = !isJoining || !sharesSequences || new > sequence ?? .min
      isJoining = false
      if isNews { sequence = new }
      return isNews ? .pass : .drop
    }
    if update.previousVenueSequence == sequence, sharesSequences || lane == leader {
      (sequence, leader, isJoining) = (new, lane, false)
      return .pass
    }
    guard lane == leader, !isJoining, new > sequence ?? .min || !sharesSequences else {
      return .drop
    }
    isJoining = true
    return .needsSnapshot
  }

  private mutating func lead(_ lane: Int) -> Verdict {
    if lane == leader { isJoining = false }
    return lane == leader ? .pass : .drop
  }

  /// A lane in a worse state than the stream has nothing to say.
  private func isSound(_ lane: Int) -> Bool { state(of: lane) == state }
}

extension StreamStatus.State {
  /// The healthier, the lower.
  fileprivate var rank: Int {
    switch self {
    case .live: 0
    case .stale: 1
    case .resync: 2
    case .gap: 3
    case .connecting: 4
    case .down: 5
    }
  }
}
