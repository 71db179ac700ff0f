import PerpCore
import PerpVenue

// MARK: - What venues tell

extension Gateway {
  package func receive(_ event: borrowing Event, at now: Moment) {
    // Nothing comes after the last line.
    guard !isStopping else { return }
    counters.events += 1
    switch event {
    case .bbo(let bbo):
      if let time = bbo.header.venueTime {
        stages.venueToReceive.record(
          UInt64(max(0, bbo.header.received.saturating(subtracting: time))))
      }
      tell(event, bbo.header, .bbo, at: now)
    case .trade(let trade): tell(event, trade.header, .trade, at: now)
    case .book(let update): tell(event, update, at: now)
    case .funding(let funding): tell(event, funding.header, .funding, at: now)
    case .order, .fill, .position, .balance, .account:
      tell(lossless: event, at: now)
      note(event, at: now)
    case .stream(let status): tell(event, status, at: now)
    case .limits(let use):
      accounts[AccountID(use.header.venue, use.header.account)]?.rates[use.bucket] = use
      for client in active { put(event, to: client, at: now) }
    case .error, .drift: for client in active { put(event, to: client, at: now) }
    case .market: break
    }
  }

  /// The same for a quote that is no event yet.
  package func receive(_ quote: borrowing BBO, at now: Moment) {
    receive(.bbo(copy quote), at: now)
  }

  /// The book that a snapshot was asked for, for those who want it.
  package func receive(answer event: borrowing Event, at now: Moment) {
    guard !isStopping else { return }
    switch event {
    case .book(let update): tell(answer: event, update, at: now)
    // Of the others the newest is held.
    default: break
    }
  }

  private func tell(
    answer event: borrowing Event, _ update: borrowing BookUpdate, at now: Moment
  ) {
    let topic = VenueTopic(update.header.venue, Topic(.book, update.header.symbol))
    for subscription in topics[topic]?.readers ?? [] {
      let client = subscription.client
      guard client.outlet.expects(topic) else { continue }
      if subscription.hasOwnBook {
        guard let own = subscription.narrowed(update, isAnswer: true) else { continue }
        client.outlet.put(answer: own, at: now)
      } else {
        client.outlet.put(answer: event, at: now)
      }
      touched(client, at: now)
    }
  }

  private var active: [Client] { clients.values.filter(\.isActive) }

  func put(_ event: borrowing Event, to client: Client, at now: Moment) {
    client.outlet.put(event, at: now)
    touched(client, at: now)
  }

  // MARK: Market data

  private func tell(
    _ event: borrowing Event, _ header: EventHeader, _ channel: Channel, at now: Moment
  ) {
    let topic = VenueTopic(header.venue, Topic(channel, header.symbol))
    guard let shared = topics[topic] else { return }
    shared.lastData = now.monotonic
    if channel.isState { shared.newest = copy event }
    shared.events += 1
    line.clear()
    var place = 0
    while place < shared.awake {
      let subscription = shared.readers[place]
      if subscription.admits(event, at: now.monotonic) {
        share(event, with: subscription.client, at: now)
      } else {
        noteThrottled(subscription)
      }
      if !restsIfBehind(subscription) { place += 1 }
    }
    if shared.keepsLines {
      formLine(event, at: now)
      shared.keep(line.bytes, in: lineMemory)
    }
  }

  private func tell(
    _ event: borrowing Event, _ update: borrowing BookUpdate, at now: Moment
  ) {
    let topic = VenueTopic(update.header.venue, Topic(.book, update.header.symbol))
    guard let shared = topics[topic] else { return }
    shared.lastData = now.monotonic
    shared.events += 1
    line.clear()
    var place = 0
    while place < shared.awake {
      let subscription = shared.readers[place]
      if !subscription.hasOwnBook {
        share(event, with: subscription.client, at: now)
      } else if let own = subscription.narrowed(update) {
        put(own, to: subscription.client, at: now)
      }
      if !restsIfBehind(subscription) { place += 1 }
    }
  }

  // MARK: Readers that are behind

  /// A reader that is behind is told of market data no more, so that however many stall, an event
  /// costs the others nothing. True if it has left its place.
  private func restsIfBehind(_ subscription: Subscription) -> Bool {
    let client = subscription.client
    // Somebody else has the place of one that was cut off just now.
    guard subscription.place != SharedTopic.nowhere else { return true }
    guard !client.outlet.isFlowing, subscription.mayRest else { return false }
    subscription.shared.rest(subscription)
    if !subscription.isNoted {
      subscription.isNoted = true
      client.resting.append(subscription)
    }
    return true
  }

  /// What was not told while it rested is as if it had been: the newest state takes the place of
  /// the one that waits, trades queue up, and all are counted.
  func settle(_ subscription: Subscription, at now: Moment) {
    // The topic of one that was unsubscribed may be gone.
    guard subscription.isResting else { return }
    let shared = subscription.shared
    guard shared.events > subscription.seen else { return }
    let missed = Int(shared.events - subscription.seen)
    let lines = shared.missed(since: subscription.seen)
    subscription.seen = shared.events
    if shared.name.topic.channel == .book {
      subscription.client.outlet.leaveOut(missed, of: shared.name)
    } else if let lines {
      subscription.client.outlet.put(lines, of: shared.name)
    } else if let newest = shared.newest {
      subscription.client.outlet.put(newest, skipped: missed - 1, at: now)
    }
  }

  func settleResting(of client: Client, at now: Moment) {
    for subscription in client.resting { settle(subscription, at: now) }
  }

  /// The client goes on reading.
  func wakeResting(of client: Client, at now: Moment) {
    guard !client.resting.isEmpty else { return }
    settleResting(of: client, at: now)
    for subscription in client.resting {
      subscription.isNoted = false
      if subscription.isResting { subscription.shared.wake(subscription) }
    }
    client.resting = []
  }

  /// `line`, empty at first, is formed once for all who want it as it is.
  private func share(_ event: borrowing Event, with client: Client, at now: Moment) {
    if client.bareNumbers { return put(event, to: client, at: now) }
    formLine(event, at: now)
    client.outlet.put(event, line: line.bytes, at: now)
    touched(client, at: now)
  }

  private func formLine(_ event: borrowing Event, at now: Moment) {
    if line.isEmpty { line.append(event, sequence: 0, sent: now.wall, style: LineStyle()) }
  }

  private func noteThrottled(_ subscription: Subscription) {
    guard !subscription.isListed else { return }
    subscription.isListed = true
    throttled.append(subscription)
    mustWake(by: subscription.due)
  }

  /// Tells the states whose time has come.
  func releaseThrottled(at now: Moment) {
    guard !throttled.isEmpty else { return }
    for subscription in throttled {
      guard let (event, skipped) = subscription.takeDue(at: now.monotonic) else { continue }
      subscription.client.outlet.put(event, skipped: skipped, at: now)
      touched(subscription.client, at: now)
    }
    throttled.removeAll { subscription in
      if !subscription.isWaiting { subscription.isListed = false }
      return !subscription.isWaiting
    }
  }

  // MARK: Lossless lines

  private func tell(_ event: borrowing Event, _ status: StreamStatus, at now: Moment) {
    let topic = topics[VenueTopic(status.venue, status.topic)]
    // A state that waits for its time was true before this.
    for subscription in topic?.readers ?? [] {
      settle(subscription, at: now)
      guard let (state, skipped) = subscription.takeWaiting(at: now.monotonic) else { continue }
      subscription.client.outlet.put(state, skipped: skipped, at: now)
    }
    streamChanges[status.venue, default: [:]][status.state, default: 0] += 1
    let bytes = tell(lossless: event, at: now)
    topic?.status = (journal.last, bytes, status.state)
  }

  /// Numbers the event and tells it to every client that has all before it; returns its line.
  @discardableResult
  private func tell(lossless event: borrowing Event, at now: Moment) -> [UInt8] {
    journal.last += 1
    counters.losslessLines += 1
    line.clear()
    line.append(event, sequence: journal.last, sent: now.wall, style: LineStyle())
    let bytes = line.array
    unkept.append((journal.last, bytes))
    for client in active where client.next == journal.last {
      client.next += 1
      client.outlet.put(event, line: line.bytes, sequence: journal.last, at: now)
      touched(client, at: now)
    }
    return bytes
  }

  /// Brings a client that lags behind the journal further, as far as it can take.
  func advance(_ client: Client) {
    guard client.isActive, client.next <= journal.last, !client.isReadingJournal,
      client.outlet.isDrained
    else { return }
    client.isReadingJournal = true
    actions.append(.readJournal(client.id, from: client.next, limit: limits.page))
  }

  /// Lines of the journal, from the one that was asked for or, if that is held no more, from the
  /// oldest there is.
  package func receive(
    page: [(sequence: UInt64, line: [UInt8])], for id: ClientID, at now: Moment
  ) {
    guard let client = clients[id], client.isActive, client.isReadingJournal else { return }
    client.isReadingJournal = false
    let end = page.isEmpty ? journal.last : page[0].sequence - 1
    if client.next <= end {
      line.clear()
      line.append(gapFrom: client.next, to: end)
      client.outlet.put(lossless: line.bytes)
      client.next = end + 1
    }
    for (sequence, text) in page where sequence == client.next {
      line.clear()
      line.append(text, isRepeated: sequence <= client.replayed)
      client.outlet.put(lossless: line.bytes)
      client.next += 1
    }
    touched(client, at: now)
    advance(client)
  }

  /// What is told can be kept no more. Lines go on, without a promise beyond this run.
  package func journalFailed(_ cause: String, id: String, at now: Moment) {
    isJournalSafe = false
    journal = JournalRange(id: id, first: journal.last + 1, last: journal.last)
    let report = ErrorReport(
      venue: nil, place: "journal", reason: "internal",
      message: "\(cause); lossless lines are kept in memory from here on", isFatal: true,
      time: now.wall)
    actions.append(.note(Note(.error, "journal: \(cause)")))
    for client in active { put(.error(report), to: client, at: now) }
  }

  // MARK: Markets

  /// The markets of a venue as of now, all of them.
  package func receive(_ list: [Market], of venue: VenueID, at now: Moment) {
    guard !isStopping else { return }
    let known = markets[venue]
    markets[venue] = MarketList(list)
    if let known {
      for market in list {
        guard let old = known[market.symbol], old != market else { continue }
        tell(market, at: now)
      }
    }
    for client in clients.values where !client.wildcards.isEmpty { expand(client, venue, at: now) }
    answerDeferred(at: now)
  }

  /// New terms of a market, for those who read something of it.
  private func tell(_ market: Market, at now: Moment) {
    var told: Set<ClientID> = []
    for channel in Channel.allCases {
      let topic = VenueTopic(market.venue, Topic(channel, market.symbol))
      for subscription in topics[topic]?.readers ?? []
      where told.insert(subscription.client.id).inserted {
        put(.market(market), to: subscription.client, at: now)
      }
    }
  }
}
