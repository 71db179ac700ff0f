import PerpCore
import PerpVenue

/// Lets the sessions of a recording live again: they are given the same inputs at the same
/// moments, and so they say the same.
package final class Replay {
  /// What comes of a step.
  package enum Told {
    /// As it was recorded: the first and the last of a run.
    case line([UInt8])
    case event(Event, VenueID)
    /// All markets of a venue, as of now.
    case markets([Market], VenueID)
  }

  package enum Ending: Equatable, Sendable {
    case complete
    /// The recording was cut off, as by a kill or a full disk.
    case torn
    /// It goes on in a file of this name, which was not given.
    case continued(in: String)
    /// So many rows were left out when it was made; nothing after that can be trusted.
    case gap(rows: String)
  }

  /// One session, and what its markets were.
  private final class Stage {
    let venue: VenueID
    var session: any VenueSession
    var isStopped = false
    var topics: Set<Topic> = []
    var markets: [Symbol: Market] = [:]

    init(_ venue: VenueID, _ session: any VenueSession) {
      self.venue = venue
      self.session = session
    }
  }

  private let recording: Recording
  private let venue: (String) -> VenueDescriptor?
  private var stages: [Int: Stage] = [:]
  private var upcoming: RecordedRow?
  private var actions = VenueActions()

  /// Set once there is nothing more.
  package private(set) var ending: Ending?

  package init(
    _ recording: Recording, venue: @escaping (String) -> VenueDescriptor?
  ) throws(Recording.Failure) {
    self.recording = recording
    self.venue = venue
    try advance()
  }

  /// When the next input is due; nil at the end.
  package var moment: Moment? { ending == nil ? upcoming?.moment : nil }

  /// Lets the next thing happen and tells what comes of it.
  package func step(_ tell: (Told) -> Void) throws(Recording.Failure) {
    guard ending == nil, let row = upcoming else { return }
    switch row.kind {
    case .line: tell(.line(row.payload))
    case .gap: ending = .gap(rows: row.head)
    case .end: ending = .complete
    case .next, .open, .send, .ping, .close, .request: break
    default: try give(row, tell)
    }
    if ending == nil { try advance(after: row) }
  }

  private func advance(after row: RecordedRow? = nil) throws(Recording.Failure) {
    upcoming = try recording.next()
    guard upcoming == nil else { return }
    ending = row?.kind == .next ? .continued(in: row?.head ?? "") : .torn
  }

  private func give(
    _ row: RecordedRow, _ tell: (Told) -> Void
  ) throws(Recording.Failure) {
    let stage = try stage(of: row)
    // What it says from its end on is not heard.
    if row.kind == .stop { stage.isStopped = true }
    if stage.isStopped { return }
    if row.kind == .subscribe { stage.topics.formUnion(row.topics ?? []) }
    if row.kind == .unsubscribe { stage.topics.subtract(row.topics ?? []) }
    let isGiven: Void? = row.give { input in
      stage.session.receive(input, at: row.moment, into: &actions)
    }
    guard isGiven != nil else {
      throw Recording.Failure(description: "a row of kind \(row.kind.rawValue) is damaged")
    }
    for action in actions.list {
      switch action {
      case .emit(let event): tell(.event(event, stage.venue))
      case .markets(let markets):
        tell(.markets(markets, stage.venue))
        learn(markets, stage, tell)
      default: break
      }
    }
    actions.list.removeAll(keepingCapacity: true)
  }

  private func stage(of row: RecordedRow) throws(Recording.Failure) -> Stage {
    if let stage = stages[row.session] { return stage }
    guard let recorded = recording.sessions[row.session], let venue = venue(recorded.venue) else {
      throw Recording.Failure(
        description: "a row is of session \(row.session), which this version does not know")
    }
    let stage = Stage(venue.id, venue.session(recorded.options, isRacing: recorded.isRacing))
    stages[row.session] = stage
    return stage
  }

  /// The state of a topic as of now, as the session has it.
  package func snapshot(_ topic: Topic, of venue: VenueID, at now: Moment) -> [Event] {
    var events: [Event] = []
    for stage in stages.values where stage.venue == venue && !stage.isStopped {
      stage.session.receive(.snapshot(topic), at: now, into: &actions)
      for case .answer(let event) in actions.list { events.append(event) }
      actions.list.removeAll(keepingCapacity: true)
    }
    return events
  }

  /// An event for each market with a stream whose terms have changed.
  private func learn(_ markets: [Market], _ stage: Stage, _ tell: (Told) -> Void) {
    let streamed = Set(stage.topics.map(\.symbol))
    for market in markets {
      let known = stage.markets.updateValue(market, forKey: market.symbol)
      if let known, known != market, streamed.contains(market.symbol) {
        tell(.event(.market(market), stage.venue))
      }
    }
  }
}
