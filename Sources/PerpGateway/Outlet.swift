import PerpCore

/// What stands between the events and one reader.
///
/// While the reader keeps up, an event becomes a line in `ready` at once. When `highWater` bytes
/// wait there, lines queue up behind it, and what is superseded before its turn is left out:
/// - of `bbo`, `funding` and `market` only the newest state is kept, at the place of the oldest;
///   not across a line that tells the health of the same stream, which must keep its place;
/// - books are not kept at all: once the reader has caught up, `takeSnapshotRequests` names those
///   that need a fresh snapshot, and their changes are left out until it comes;
/// - trades queue up to three quarters of `queueBytes` and are left out beyond; those that came
///   while the reader rested are taken from the log of their topic;
/// - what is lossless, `error` and `drift` are never left out: where they do not fit into
///   `queueBytes`, `isOverflowed` says that the reader must be cut off.
///
/// Whatever is left out is counted, and told as `skipped` in the next line of its kind.
package struct Outlet: ~Copyable {
  package private(set) var counters = Counters()
  /// Lossless lines did not fit any more; nothing is accepted from here on.
  package private(set) var isOverflowed = false

  private let limits: Limits
  package var bareNumbers: Bool
  private var output = ByteQueue()
  private var backlog = Backlog()
  private var skippedTrades: [VenueTopic: Int] = [:]
  /// Books of which the reader must get a snapshot before anything else.
  private var brokenBooks: [VenueTopic: BrokenBook] = [:]
  /// Broken books whose snapshot has not been asked for, in the order they broke.
  private var unrequested: [VenueTopic] = []

  /// A book of which the reader lacks updates.
  private struct BrokenBook {
    enum Request {
      case none
      /// Among those that `takeSnapshotRequests` will name.
      case waits
      case made
    }

    var skipped = 0
    var request = Request.none
  }

  package init(limits: Limits = Limits(), bareNumbers: Bool = false) {
    self.limits = limits
    self.bareNumbers = bareNumbers
  }

  /// What to write to the reader next; valid until the next change.
  package var ready: UnsafeRawBufferPointer { output.bytes }

  /// Ready and queued.
  package var bytesWaiting: Int { output.count + backlog.bytes }

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
      write(next.event, 0, skipped: next.skipped, at: now)
    }
    noteLevels()
  }

  /// Takes an event that happens now. `sequence` is the number of a lossless one, `skipped` says
  /// how many older states were left out before.
  package mutating func put(
    _ event: borrowing Event, sequence: UInt64 = 0, skipped: Int = 0, at now: Moment
  ) {
    guard !isOverflowed else {
      counters.refusedEvents += 1
      return
    }
    counters.conflatedStates += UInt64(skipped)
    if !backlog.isEmpty { refill(at: now) }
    if !isFlowing {
      queue(event, sequence, skipped, at: now)
    } else if skipped > 0 {
      write(event, sequence, skipped: skipped, at: now)
    } else {
      flow(event, sequence, at: now)
    }
    noteLevels()
  }

  /// The same with the line that was formed once for all readers, which mostly does for this one.
  package mutating func put(
    _ event: borrowing Event, line: UnsafeRawBufferPointer, sequence: UInt64 = 0, at now: Moment
  ) {
    if !isOverflowed, isFlowing, skippedTrades.isEmpty, brokenBooks.isEmpty {
      output.buffer.append(line)
      counters.events += 1
      return noteLevels()
    }
    put(event, sequence: sequence, at: now)
  }

  /// Takes a state that was asked for. A book that the reader has sound already is not repeated.
  package mutating func put(answer event: borrowing Event, at now: Moment) {
    guard !isOverflowed else { return }
    if !backlog.isEmpty { refill(at: now) }
    switch event {
    case .book(let update):
      let topic = update.header.venueTopic(.book)
      guard let broken = brokenBooks[topic], update.isSnapshot else { return }
      guard isFlowing else { return request(topic) }
      heal(topic)
      // The newest of what was left out is in it.
      write(event, 0, skipped: max(0, broken.skipped - 1), at: now)
    default:
      if isFlowing {
        write(event, 0, skipped: 0, at: now)
      } else {
        // Nothing may take its place: it is no older than what the reader has. What comes later
        // stands behind it.
        if let key = StateKey(copy event) { backlog.seal(key) }
        _ = queueLine(event, 0, skipped: 0, limit: limits.tradeBytes, at: now)
      }
    }
    noteLevels()
  }

  /// A line that may not be left out and is no event, such as a reply. LF included.
  package mutating func put(lossless line: UnsafeRawBufferPointer) {
    if backlog.isEmpty {
      output.buffer.append(line)
    } else if backlog.bytes < limits.queueBytes {
      backlog.appendLines { $0.append(line) }
    } else {
      isOverflowed = true
    }
    noteLevels()
  }

  /// The last line of a reader that is cut off, whatever waits before it.
  package mutating func put(final line: UnsafeRawBufferPointer) {
    isOverflowed = true
    if backlog.isEmpty {
      output.buffer.append(line)
    } else {
      backlog.appendLines { $0.append(line) }
    }
  }

  /// The reader begins with this book, or wants it anew: it gets a snapshot before any change.
  package mutating func expectSnapshot(of topic: VenueTopic) {
    if brokenBooks[topic] == nil { brokenBooks[topic] = BrokenBook() }
    request(topic)
  }

  /// Whether the reader lacks a snapshot of the book.
  package func expects(_ topic: VenueTopic) -> Bool { brokenBooks[topic] != nil }

  /// The reader does not want the topic any more.
  package mutating func forget(_ topic: VenueTopic) {
    skippedTrades[topic] = nil
    heal(topic)
  }

  /// The reader keeps up: what is put becomes a line at once.
  package var isFlowing: Bool { backlog.isEmpty && output.count < limits.highWater }

  /// The same for a quote that is no event yet, which it mostly need not become.
  package mutating func put(_ quote: borrowing BBO, at now: Moment) {
    guard !isOverflowed, isFlowing else {
      return put(.bbo(copy quote), sequence: 0, at: now)
    }
    output.buffer.append(quote, sent: now.wall, style: LineStyle(bareNumbers: bareNumbers))
    counters.events += 1
    noteLevels()
  }

  package mutating func put(_ hello: Hello) {
    var line = ByteBuffer(capacity: 256)
    line.append(hello)
    put(lossless: line.bytes)
  }

  package mutating func putBye(reason: String, openOrders: Int = 0) {
    var line = ByteBuffer(capacity: 128)
    line.append(byeFor: reason, openOrders: openOrders)
    put(lossless: line.bytes)
  }

  /// Books that the reader needs a snapshot of, each named once. None while lines queue up: the
  /// snapshot would only queue up as well.
  package mutating func takeSnapshotRequests() -> [VenueTopic] {
    guard isFlowing, !unrequested.isEmpty else { return [] }
    let requests = unrequested
    unrequested = []
    for topic in requests { brokenBooks[topic]?.request = .made }
    counters.snapshotRequests += UInt64(requests.count)
    return requests
  }
}

// MARK: - The reader keeps up

extension Outlet {
  private mutating func flow(_ event: borrowing Event, _ sequence: UInt64, at now: Moment) {
    if skippedTrades.isEmpty, brokenBooks.isEmpty {
      return write(event, sequence, skipped: 0, at: now)
    }
    switch event {
    case .trade(let trade):
      let skipped = skippedTrades.removeValue(forKey: trade.header.venueTopic(.trade))
      write(event, sequence, skipped: skipped ?? 0, at: now)
    case .book(let update): mend(update, event, at: now)
    default: write(event, sequence, skipped: 0, at: now)
    }
  }

  /// A snapshot mends a broken book; a change of it means nothing.
  private mutating func mend(
    _ update: borrowing BookUpdate, _ event: borrowing Event, at now: Moment
  ) {
    let topic = update.header.venueTopic(.book)
    guard let broken = brokenBooks[topic] else { return write(event, 0, skipped: 0, at: now) }
    guard update.isSnapshot else { return drop(update) }
    heal(topic)
    write(event, 0, skipped: broken.skipped, at: now)
  }

  private mutating func heal(_ topic: VenueTopic) {
    if brokenBooks.removeValue(forKey: topic)?.request == .waits {
      unrequested.removeAll { $0 == topic }
    }
  }

  private mutating func write(
    _ event: borrowing Event, _ sequence: UInt64, skipped: Int, at now: Moment
  ) {
    output.buffer.append(
      event, sequence: sequence, sent: now.wall,
      style: LineStyle(bareNumbers: bareNumbers, skipped: skipped))
    counters.events += 1
  }

  private mutating func noteLevels() {
    counters.mostBytesReady = max(counters.mostBytesReady, output.count)
    counters.mostBytesQueued = max(counters.mostBytesQueued, backlog.bytes)
  }
}

// MARK: - The reader is behind

extension Outlet {
  private mutating func queue(
    _ event: borrowing Event, _ sequence: UInt64, _ skipped: Int, at now: Moment
  ) {
    switch event {
    case .bbo(let bbo): keepNewest(event, StateKey(.bbo, bbo.header), skipped)
    case .funding(let funding): keepNewest(event, StateKey(.funding, funding.header), skipped)
    case .market(let market):
      let key = StateKey(kind: .market, venue: market.venue, symbol: market.symbol)
      keepNewest(event, key, skipped)
    case .book(let update): drop(update)
    case .trade(let trade): queueTrade(trade, event, at: now)
    case .stream(let status):
      queueLossless(event, sequence, at: now)
      if let key = StateKey(status) { backlog.seal(key) }
    case .order, .fill, .position, .balance, .account, .limits, .error, .drift:
      queueLossless(event, sequence, at: now)
    }
  }

  private mutating func keepNewest(
    _ event: borrowing Event, _ key: StateKey, _ skipped: Int
  ) {
    if backlog.keep(copy event, key, skipped: skipped) { counters.conflatedStates += 1 }
  }

  private mutating func drop(_ update: borrowing BookUpdate) {
    leaveOut(1, of: update.header.venueTopic(.book))
  }

  /// So many updates of a book were left out, here or before they came here.
  package mutating func leaveOut(_ count: Int, of book: VenueTopic) {
    counters.droppedBookUpdates += UInt64(count)
    brokenBooks[book, default: BrokenBook()].skipped += count
    request(book)
  }

  /// Takes trades that came while the reader rested; what does not fit of them is left out.
  mutating func put(_ missed: LineLog.Missed, of topic: VenueTopic) {
    guard !isOverflowed else { return }
    var missed = missed
    missed.drop(backlog.bytes + missed.bytes - limits.tradeBytes)
    if missed.lost > 0 {
      counters.droppedTrades += UInt64(missed.lost)
      skippedTrades[topic, default: 0] += missed.lost
    }
    guard missed.lines > 0 else { return }
    counters.events += UInt64(missed.lines)
    if let skipped = skippedTrades.removeValue(forKey: topic) {
      missed.takeFirstLine { line in backlog.appendLines { $0.append(line, skipped: skipped) } }
    }
    for part in missed.parts { backlog.append(part) }
    noteLevels()
  }

  /// Asks for the snapshot of a broken book. Answers come before the next event: if one did not
  /// come, or could not be kept, there was none to be had, and it is asked for again.
  private mutating func request(_ topic: VenueTopic) {
    guard let broken = brokenBooks[topic], broken.request != .waits else { return }
    brokenBooks[topic]!.request = .waits
    unrequested.append(topic)
  }

  private mutating func queueTrade(
    _ trade: borrowing Trade, _ event: borrowing Event, at now: Moment
  ) {
    let topic = trade.header.venueTopic(.trade)
    let skipped = skippedTrades[topic] ?? 0
    if queueLine(event, 0, skipped: skipped, limit: limits.tradeBytes, at: now) {
      if skipped > 0 { skippedTrades[topic] = nil }
    } else {
      skippedTrades[topic] = skipped + 1
      counters.droppedTrades += 1
    }
  }

  private mutating func queueLossless(
    _ event: borrowing Event, _ sequence: UInt64, at now: Moment
  ) {
    if !queueLine(event, sequence, skipped: 0, limit: limits.queueBytes, at: now) {
      isOverflowed = true
    }
  }

  /// False where so much is queued already that the line does not fit.
  private mutating func queueLine(
    _ event: borrowing Event, _ sequence: UInt64, skipped: Int, limit: Int, at now: Moment
  ) -> Bool {
    guard backlog.bytes < limit else { return false }
    let style = LineStyle(bareNumbers: bareNumbers, skipped: skipped)
    backlog.appendLines { buffer in
      buffer.append(event, sequence: sequence, sent: now.wall, style: style)
    }
    counters.events += 1
    return true
  }
}

extension EventHeader {
  fileprivate func venueTopic(_ channel: Channel) -> VenueTopic {
    VenueTopic(venue, Topic(channel, symbol))
  }
}
