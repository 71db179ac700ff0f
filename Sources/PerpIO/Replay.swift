import PerpCore
import PerpVenue

/// Makes the lines of a recording again: the same sessions are given the same inputs at the same
/// moments, and so they say the same.
package final class Replay {
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
    var session: any VenueSession
    var isStopped = false
    var topics: Set<Topic> = []
    var markets: [Symbol: Market] = [:]

    init(_ session: any VenueSession) { self.session = session }
  }

  private let recording: Recording
  private let venue: (String) -> VenueDescriptor?
  private let style: LineStyle
  private var stages: [Int: Stage] = [:]
  private var upcoming: RecordedRow?
  private var actions = VenueActions()
  /// The number of the last lossless line.
  private var sequence: UInt64 = 0

  /// Set once there is nothing more.
  package private(set) var ending: Ending?

  package init(
    _ recording: Recording, bareNumbers: Bool = false,
    venue: @escaping (String) -> VenueDescriptor?
  ) throws(Recording.Failure) {
    self.recording = recording
    self.venue = venue
    style = LineStyle(bareNumbers: bareNumbers)
    try advance()
  }

  /// When the next input is due; nil at the end.
  package var moment: Moment? { ending == nil ? upcoming?.moment : nil }

  /// Lets the next thing happen and appends the lines that come of it.
  package func step(into lines: inout ByteBuffer) throws(Recording.Failure) {
    guard ending == nil, let row = upcoming else { return }
    switch row.kind {
    case .line: row.payload.withUnsafeBytes { lines.append($0) }
    case .gap: ending = .gap(rows: row.head)
    case .end: ending = .complete
    case .next, .open, .send, .ping, .close, .request: break
    default: try give(row, into: &lines)
    }
    if ending == nil { try advance(after: row) }
  }

  private func advance(after row: RecordedRow? = nil) throws(Recording.Failure) {
    upcoming = try recording.next()
    guard upcoming == nil else { return }
    ending = row?.kind == .next ? .continued(in: row?.head ?? "") : .torn
  }

  private func give(
    _ row: RecordedRow, into lines: inout ByteBuffer
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
      case .emit(let event): write(event, at: row.moment, into: &lines)
      case .markets(let markets): learn(markets, stage, at: row.moment, into: &lines)
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
    let stage = Stage(venue.session(recorded.options, isRacing: recorded.isRacing))
    stages[row.session] = stage
    return stage
  }

  /// A line for each market with a stream whose terms have changed.
  private func learn(
    _ markets: [Market], _ stage: Stage, at now: Moment, into lines: inout ByteBuffer
  ) {
    let streamed = Set(stage.topics.map(\.symbol))
    for market in markets {
      let known = stage.markets.updateValue(market, forKey: market.symbol)
      if let known, known != market, streamed.contains(market.symbol) {
        write(.market(market), at: now, into: &lines)
      }
    }
  }

  private func write(_ event: Event, at now: Moment, into lines: inout ByteBuffer) {
    if case .stream = event { sequence += 1 }
    lines.append(event, sequence: sequence, sent: now.wall, style: style)
  }
}
