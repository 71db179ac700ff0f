import PerpCore

/// A topic of one venue.
package struct VenueTopic: Hashable, Sendable {
  package let venue: VenueID
  package let topic: Topic

  package init(_ venue: VenueID, _ topic: Topic) {
    self.venue = venue
    self.topic = topic
  }
}

/// What stands between the events and one reader.
///
/// While the reader keeps up, an event becomes a line in `ready` at once. When `highWater` bytes
/// wait there, lines queue up behind it, and what is superseded before its turn is left out:
/// - of `bbo`, `funding` and `market` only the newest state is kept, at the place of the oldest;
///   not across a line that tells the health of the same stream, which must keep its place;
/// - books are not kept at all: once the reader has caught up, `takeSnapshotRequests` names those
///   that need a fresh snapshot, and their changes are left out until it comes;
/// - trades queue up to three quarters of `queueBytes` and are left out beyond;
/// - `stream`, `error` and `drift` are never left out: where they do not fit into `queueBytes`,
///   `isOverflowed` says that the reader must be cut off.
///
/// Whatever is left out is counted, and told as `skipped` in the next line of its kind.
package struct Outlet: ~Copyable {
  package struct Limits: Equatable, Sendable {
    /// Bytes ready for the reader from which on lines queue up.
    package var highWater: Int
    /// Bytes that may queue up behind them.
    package var queueBytes: Int

    /// The last quarter is for lines that may not be left out.
    var tradeBytes: Int { queueBytes / 4 * 3 }

    package init(highWater: Int = 256 << 10, queueBytes: Int = 8 << 20) {
      self.highWater = highWater
      self.queueBytes = queueBytes
    }
  }

  package struct Counters: Equatable, Sendable {
    /// Events that became lines; a book in parts is one.
    package var events: UInt64 = 0
    package var conflatedStates: UInt64 = 0
    package var droppedTrades: UInt64 = 0
    package var droppedBookUpdates: UInt64 = 0
    package var snapshotRequests: UInt64 = 0
    /// Events that came after the overflow.
    package var refusedEvents: UInt64 = 0
    package var mostBytesReady = 0
    package var mostBytesQueued = 0
  }

  package private(set) var counters = Counters()
  /// Lossless lines did not fit any more; nothing is accepted from here on.
  package private(set) var isOverflowed = false

  private let limits: Limits
  private let bareNumbers: Bool
  /// The number of the last lossless line.
  private var sequence: UInt64 = 0
  private var output = ByteQueue()
  private var backlog = Backlog()
  private var skippedTrades: [VenueTopic: Int] = [:]
  private var brokenBooks: [VenueTopic: BrokenBook] = [:]
  /// Broken books whose snapshot has not been asked for, in the order they broke.
  private var unrequested: [VenueTopic] = []

  /// A book of which the reader lacks updates.
  private struct BrokenBook {
    var skipped = 0
    var isRequested = false
  }

  package init(limits: Limits = Limits(), bareNumbers: Bool = false) {
    self.limits = limits
    self.bareNumbers = bareNumbers
  }

  /// What to write to the reader next; valid until the next change.
  package var ready: UnsafeRawBufferPointer { output.bytes }

  /// Nothing waits any more, neither ready nor queued.
  package var isDrained: Bool { output.isEmpty && backlog.isEmpty }

  /// The reader has taken the first `length` bytes of `ready`. `refill` comes after.
  package mutating func consume(_ length: Int) { output.removeFirst(length) }

  /// Moves on what is queued, now that the reader has taken something.
  package mutating func refill(at now: Moment) {
    while output.count < limits.highWater,
      let next = backlog.removeFirst(
        movingLinesTo: &output.buffer, atMost: limits.highWater - output.count)
    {
      write(next.event, skipped: next.skipped, at: now)
    }
    noteLevels()
  }

  /// Takes an event that happens now.
  package mutating func put(_ event: borrowing Event, at now: Moment) {
    guard !isOverflowed else {
      counters.refusedEvents += 1
      return
    }
    if !backlog.isEmpty { refill(at: now) }
    if backlog.isEmpty, output.count < limits.highWater {
      flow(event, at: now)
    } else {
      queue(event, at: now)
    }
    noteLevels()
  }

  /// The same for a quote that is no event yet, which it mostly need not become.
  package mutating func put(_ quote: borrowing BBO, at now: Moment) {
    guard !isOverflowed, backlog.isEmpty, output.count < limits.highWater else {
      return put(.bbo(copy quote), at: now)
    }
    output.buffer.append(quote, sent: now.wall, style: LineStyle(bareNumbers: bareNumbers))
    counters.events += 1
    noteLevels()
  }

  package mutating func put(_ hello: Hello) {
    var line = ByteBuffer(capacity: 256)
    line.append(hello)
    putLossless(line)
  }

  package mutating func putBye(reason: String, openOrders: Int = 0) {
    var line = ByteBuffer(capacity: 128)
    line.append(byeFor: reason, openOrders: openOrders)
    putLossless(line)
  }

  /// Books that the reader needs a snapshot of, each named once. None while lines queue up: the
  /// snapshot would only queue up as well.
  package mutating func takeSnapshotRequests() -> [VenueTopic] {
    guard backlog.isEmpty, output.count < limits.highWater, !unrequested.isEmpty else { return [] }
    let requests = unrequested
    unrequested = []
    for topic in requests { brokenBooks[topic]?.isRequested = true }
    counters.snapshotRequests += UInt64(requests.count)
    return requests
  }
}

// MARK: - The reader keeps up

extension Outlet {
  private mutating func flow(_ event: borrowing Event, at now: Moment) {
    if skippedTrades.isEmpty, brokenBooks.isEmpty { return write(event, skipped: 0, at: now) }
    switch event {
    case .trade(let trade):
      let skipped = skippedTrades.removeValue(forKey: trade.header.venueTopic(.trade))
      write(event, skipped: skipped ?? 0, at: now)
    case .book(let update): mend(update, event, at: now)
    default: write(event, skipped: 0, at: now)
    }
  }

  /// A snapshot mends a broken book; a change of it means nothing.
  private mutating func mend(
    _ update: borrowing BookUpdate, _ event: borrowing Event, at now: Moment
  ) {
    let topic = update.header.venueTopic(.book)
    guard let broken = brokenBooks[topic] else { return write(event, skipped: 0, at: now) }
    guard update.isSnapshot else { return drop(update) }
    brokenBooks[topic] = nil
    if !broken.isRequested { unrequested.removeAll { $0 == topic } }
    write(event, skipped: broken.skipped, at: now)
  }

  private mutating func write(_ event: borrowing Event, skipped: Int, at now: Moment) {
    output.buffer.append(
      event, sequence: number(event), sent: now.wall,
      style: LineStyle(bareNumbers: bareNumbers, skipped: skipped))
    counters.events += 1
  }

  private mutating func number(_ event: borrowing Event) -> UInt64 {
    switch event {
    case .stream(_): sequence += 1
    default: break
    }
    return sequence
  }

  private mutating func noteLevels() {
    counters.mostBytesReady = max(counters.mostBytesReady, output.count)
    counters.mostBytesQueued = max(counters.mostBytesQueued, backlog.bytes)
  }
}

// MARK: - The reader is behind

extension Outlet {
  private mutating func queue(_ event: borrowing Event, at now: Moment) {
    switch event {
    case .bbo(let bbo): keepNewest(event, bbo.header.stateKey(.bbo))
    case .funding(let funding): keepNewest(event, funding.header.stateKey(.funding))
    case .market(let market):
      keepNewest(event, StateKey(kind: .market, venue: market.venue, symbol: market.symbol))
    case .book(let update): drop(update)
    case .trade(let trade): queueTrade(trade, event, at: now)
    case .stream(let status):
      queueLossless(event, at: now)
      backlog.seal(status)
    case .error, .drift: queueLossless(event, at: now)
    }
  }

  private mutating func keepNewest(_ event: borrowing Event, _ key: StateKey) {
    if backlog.keep(copy event, key) { counters.conflatedStates += 1 }
  }

  private mutating func drop(_ update: borrowing BookUpdate) {
    let topic = update.header.venueTopic(.book)
    counters.droppedBookUpdates += 1
    var broken = brokenBooks[topic] ?? BrokenBook()
    // A snapshot that was asked for and could not be kept must be asked for again.
    if broken.skipped == 0 || (broken.isRequested && update.isSnapshot) {
      broken.isRequested = false
      unrequested.append(topic)
    }
    broken.skipped += 1
    brokenBooks[topic] = broken
  }

  private mutating func queueTrade(
    _ trade: borrowing Trade, _ event: borrowing Event, at now: Moment
  ) {
    let topic = trade.header.venueTopic(.trade)
    let skipped = skippedTrades[topic] ?? 0
    if queueLine(event, skipped: skipped, limit: limits.tradeBytes, at: now) {
      if skipped > 0 { skippedTrades[topic] = nil }
    } else {
      skippedTrades[topic] = skipped + 1
      counters.droppedTrades += 1
    }
  }

  private mutating func queueLossless(_ event: borrowing Event, at now: Moment) {
    if !queueLine(event, skipped: 0, limit: limits.queueBytes, at: now) { isOverflowed = true }
  }

  /// False where so much is queued already that the line does not fit.
  private mutating func queueLine(
    _ event: borrowing Event, skipped: Int, limit: Int, at now: Moment
  ) -> Bool {
    guard backlog.bytes < limit else { return false }
    let sequence = number(event)
    let style = LineStyle(bareNumbers: bareNumbers, skipped: skipped)
    backlog.appendLines { buffer in
      buffer.append(event, sequence: sequence, sent: now.wall, style: style)
    }
    counters.events += 1
    return true
  }

  private mutating func putLossless(_ line: borrowing ByteBuffer) {
    if backlog.isEmpty {
      output.buffer.append(line.bytes)
    } else if backlog.bytes < limits.queueBytes {
      backlog.appendLines { $0.append(line.bytes) }
    } else {
      isOverflowed = true
    }
    noteLevels()
  }
}

extension EventHeader {
  fileprivate func venueTopic(_ channel: Channel) -> VenueTopic {
    VenueTopic(venue, Topic(channel, symbol))
  }

  fileprivate func stateKey(_ kind: StateKey.Kind) -> StateKey {
    StateKey(kind: kind, venue: venue, symbol: symbol)
  }
}
