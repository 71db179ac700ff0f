import Glibc
import PerpCore
import PerpGateway
import PerpVenue

/// Runs the gateway: brings it clients' lines and venues' events, keeps its journal, and writes
/// what it has for each client, all on one loop.
package final class GatewayDriver {
  /// Commands of all clients in one turn, and topics that they change: so much is done within some
  /// hundred microseconds, and what venues have sent meanwhile comes before the rest.
  private static let loadPerTurn = 16
  /// Pages of the journal that one turn may write.
  private static let roundsPerTurn = 4
  /// A client that was not heard for a while is asked again after this, in nanoseconds.
  private static let pause = Nanoseconds.milliseconds(5)
  /// The last lines wait so long for slow clients.
  private static let flushLimit = Nanoseconds.seconds(5)

  package let gateway: Gateway
  package private(set) var journal: Journal
  package var sources: [VenueID: any TopicSource] = [:]
  package var accounts: [AccountID: SessionDriver] = [:]
  /// Accounts whose orders are filled here, by the quotes of their venues.
  package var paperAccounts: [VenueID: AccountID] = [:]
  /// The newest of this turn, for those.
  private var quotes: [VenueTopic: BBO] = [:]
  private let loop: EventLoop
  private let onNote: (Note) -> Void
  private let newID: () -> String
  private var streams: [ClientID: ClientStream] = [:]
  private var parents: [ClientID: ProcessWatch] = [:]
  private var lastClient = 0
  /// Clients that have sent something in this turn.
  private var heard: [ClientID] = []
  private var paused: Set<ClientID> = []
  private var timer: Timer?
  private var isPerforming = false
  /// Since the turn began.
  private var commands = 0
  private var topicsBefore = 0
  private var stopsAt: UInt64?
  /// The client whose end is the end of everything.
  private var soleClient: ClientID?

  /// `newID` names a journal that takes the place of one that has failed.
  package init(
    _ gateway: Gateway, journal: Journal, loop: EventLoop, newID: @escaping () -> String,
    onNote: @escaping (Note) -> Void
  ) {
    self.gateway = gateway
    self.journal = journal
    self.loop = loop
    self.newID = newID
    self.onNote = onNote
    timer = loop.timer { [unowned self] in wake() }
    loop.afterTurn { [unowned self] in endTurn() }
  }

  // MARK: Venues

  package func receive(_ event: borrowing Event) { receive(event, at: loop.now()) }

  /// What happens at another time than the loop's.
  package func receive(_ event: borrowing Event, at now: Moment) {
    gateway.receive(event, at: now)
    if !paperAccounts.isEmpty, case .bbo(let quote) = copy event { note(quote) }
    carryOn()
  }

  /// On the short way: the session must not be called from here, so nothing is carried out yet.
  package func receive(_ quote: borrowing BBO) {
    gateway.receive(quote, at: loop.now())
    if !paperAccounts.isEmpty { note(quote) }
    if gateway.isUrgent { flush() }
  }

  private func note(_ quote: borrowing BBO) {
    let topic = Topic(.bbo, quote.header.symbol)
    quotes[VenueTopic(quote.header.venue, topic)] = copy quote
  }

  /// Paper accounts see each market once a turn.
  private func tellQuotes() {
    guard !quotes.isEmpty else { return }
    let newest = quotes.sorted { $0.key < $1.key }
    quotes.removeAll(keepingCapacity: true)
    for (topic, quote) in newest {
      guard let account = paperAccounts[topic.venue] else { continue }
      accounts[account]?.receive(.quote(quote))
    }
  }

  package func receive(answer event: borrowing Event) {
    gateway.receive(answer: event, at: loop.now())
    carryOn()
  }

  package func receive(_ markets: [Market], of venue: VenueID) {
    gateway.receive(markets, of: venue, at: loop.now())
    carryOn()
  }

  /// An account, and its orders of earlier runs.
  package func add(_ account: AccountID, _ records: [OrderRecord]) throws(Journal.Problem) {
    gateway.add(account)
    for case .order(let update) in records { gateway.restore(update, sequence: 0) }
    try journal.eachBalance(venue: account.venue, account: account.name) { balance in
      gateway.restore(balance, at: loop.now())
    }
  }

  /// What the session of an account tells: of its orders and fills a record is kept as well.
  package func receive(_ event: borrowing Event, of account: AccountID) {
    switch event {
    // What an order is at its beginning its intent has said.
    case .order(let update) where update.change != .pendingNew: keep(.order(update), of: account)
    case .fill(let fill): keep(.fill(fill), of: account)
    default: break
    }
    receive(event)
  }

  private func keep(_ record: OrderRecord, of account: AccountID) {
    attempt { () throws(Journal.Problem) in
      try journal.keep(record, venue: account.venue, account: account.name)
    }
  }

  /// What the session of an account wants kept, and how commands to it came out.
  package func receive(_ action: borrowing TradingAction, of account: AccountID) {
    switch action {
    case .record(let record):
      let record = record
      attempt { () throws(Journal.Problem) in
        try journal.keep(record, venue: account.venue, account: account.name)
      }
    case .forget(let key):
      let key = key
      attempt { () throws(Journal.Problem) in
        try journal.forget(key, venue: account.venue, account: account.name)
      }
    case .keep:
      commit()
      accounts[account]?.receive(.kept(gateway.isJournalSafe))
    case .settled(let ticket, let outcome):
      gateway.settled(ticket, outcome, of: account, at: loop.now())
    }
  }

  // MARK: Clients

  /// Takes a client in; both descriptors are ours from then on. False when there are too many.
  @discardableResult
  package func add(
    reading: Int32, writing: Int32, role: Role, isSole: Bool = false
  ) -> Bool {
    lastClient += 1
    let id = ClientID(lastClient)
    guard gateway.open(id, role: role, at: loop.now()) else { return false }
    if isSole { soleClient = id }
    streams[id] = ClientStream(
      id, reading: reading, writing: writing, loop: loop,
      onInput: { [unowned self] in heard.append(id) },
      onWritable: { [unowned self] in
        commit()
        write(id)
      },
      onHangUp: { [unowned self] in remove(id) })
    return true
  }

  package func stop(reason: String) {
    gateway.stop(reason: reason, at: loop.now())
    carryOn()
  }

  private func serve(_ id: ClientID) {
    guard let stream = streams[id] else { return }
    paused.remove(id)
    while stream.hasLine(), stopsAt == nil {
      let now = loop.now()
      guard load < Self.loadPerTurn, gateway.listens(to: id, at: now) else {
        paused.insert(id)
        return stream.reads(false)
      }
      commands += 1
      _ = stream.take { next in
        switch next {
        case .line(let text): gateway.receive(text, from: id, at: now)
        case .tooLong: gateway.receiveTooLong(limit: LineSplitter.limit, from: id, at: now)
        }
      }
      carryOn()
    }
    if stream.isEndless { paused.insert(id) }
    stream.reads(!stream.isEndless)
    guard stream.isAtEnd else { return }
    if load < Self.loadPerTurn { inputEnded(id) } else { paused.insert(id) }
  }

  private func resume(_ id: ClientID) {
    guard let stream = streams[id], stream.isEndless else { return serve(id) }
    paused.remove(id)
    stream.reads(true)
  }

  private var load: Int { commands + gateway.topicChanges - topicsBefore }

  private func inputEnded(_ id: ClientID) {
    if id == soleClient {
      stop(reason: "input_ended")
    } else {
      gateway.inputEnded(id, at: loop.now())
      carryOn()
    }
  }

  private func remove(_ id: ClientID) {
    gateway.close(id, at: loop.now())
    streams.removeValue(forKey: id)?.close()
    parents[id] = nil
    paused.remove(id)
    carryOn()
    if id == soleClient { stop(reason: "client_gone") }
  }

  // MARK: What the gateway wants

  /// Does what it wants, and writes what should not wait for the end of the turn.
  private func carryOn() {
    perform()
    guard gateway.isUrgent else { return }
    flush()
    perform()
  }

  private func perform() {
    guard !isPerforming else { return }
    isPerforming = true
    while !gateway.actions.isEmpty {
      var batch = gateway.actions[...]
      gateway.actions = []
      while !batch.isEmpty {
        let placed = place(batch)
        if placed == 0 { perform(batch.removeFirst()) } else { batch.removeFirst(placed) }
      }
    }
    isPerforming = false
  }

  /// The orders at the beginning of these that their venue takes in one request, and how many they
  /// are; 0 where the first is nothing of that kind.
  private func place(_ actions: ArraySlice<Gateway.Action>) -> Int {
    guard case .trade(let account, _, .place) = actions.first, let driver = accounts[account],
      driver.ordersTogether > 1
    else { return 0 }
    var intents: [TicketedIntent] = []
    for action in actions.prefix(driver.ordersTogether) {
      guard case .trade(account, let ticket, .place(let intent)) = action else { break }
      intents.append(TicketedIntent(ticket, intent))
    }
    guard intents.count > 1 else { return 0 }
    driver.receive(.place(intents))
    gateway.stages.commandToSend.record(Clock.now().monotonic - loop.now().monotonic)
    return intents.count
  }

  private func perform(_ action: Gateway.Action) {
    switch action {
    case .readJournal(let id, let from, let limit):
      keep()
      var page: [(sequence: UInt64, line: [UInt8])] = []
      attempt { () throws(Journal.Problem) in
        page = try journal.read(from: from, limit: limit)
      }
      gateway.receive(page: page, for: id, at: loop.now())
    case .subscribe(let venue, let topics): sources[venue]?.subscribe(topics)
    case .unsubscribe(let venue, let topics): sources[venue]?.unsubscribe(topics)
    case .snapshot(let topic): sources[topic.venue]?.snapshot(topic.topic)
    case .trade(let account, let ticket, let command):
      accounts[account]?.receive(.command(ticket, command))
      if case .place = command {
        let read = loop.now().monotonic
        gateway.stages.commandToSend.record(Clock.now().monotonic - read)
      }
    case .watch(let id, let parent):
      parents[id] = ProcessWatch(parent, loop: loop) { [unowned self] in parentEnded(id) }
      if parents[id] == nil { loop.soon { [weak self] in self?.parentEnded(id) } }
    case .close(let id): remove(id)
    case .stop: stopsAt = loop.now().monotonic + Self.flushLimit
    case .note(let note): onNote(note)
    }
  }

  private func parentEnded(_ id: ClientID) {
    if id == soleClient { return stop(reason: "parent_gone") }
    gateway.parentEnded(id, at: loop.now())
    carryOn()
  }

  /// What is lossless goes to the journal.
  private func keep() {
    guard !gateway.unkept.isEmpty else { return }
    let lines = gateway.unkept
    gateway.unkept.removeAll(keepingCapacity: true)
    attempt { () throws(Journal.Problem) in
      for (sequence, line) in lines { try journal.append(sequence, line) }
      gateway.journalHolds(from: journal.range.first)
    }
  }

  /// Lines that cannot be kept go on in memory, under another name.
  private func attempt(_ body: () throws(Journal.Problem) -> Void) {
    do throws(Journal.Problem) { try body() } catch {
      journal.close()
      let id = newID()
      journal = Journal(inMemoryAfter: gateway.lastSequence, id: id)
      gateway.journalFailed(error.description, id: id, at: loop.now())
    }
  }

  // MARK: Time and lines

  private func wake() {
    gateway.wake(at: loop.now())
    servePaused()
    carryOn()
  }

  private func servePaused() { for id in paused { resume(id) } }

  /// What venues have sent is written first, then clients are heard.
  private func endTurn() {
    tellQuotes()
    settle()
    if !heard.isEmpty {
      let ids = heard
      heard.removeAll(keepingCapacity: true)
      for id in ids { serve(id) }
      settle()
    }
    if !gateway.actions.isEmpty { loop.soon {} }
    if let stopsAt {
      if gateway.isDrained || loop.now().monotonic >= stopsAt { return loop.stop() }
    }
    if load >= Self.loadPerTurn, !paused.isEmpty {
      loop.soon { [weak self] in self?.servePaused() }
    }
    (commands, topicsBefore) = (0, gateway.topicChanges)
    var deadline = min(gateway.deadline ?? .max, stopsAt ?? .max)
    if !paused.isEmpty { deadline = min(deadline, loop.now().monotonic + Self.pause) }
    timer?.deadline = deadline == .max ? nil : deadline
  }

  private func settle() {
    for _ in 0..<Self.roundsPerTurn {
      perform()
      guard flush() else { break }
    }
  }

  /// What is lossless is kept before anybody is told of it: this comes before every write. False
  /// when there was nothing to keep.
  @discardableResult
  private func commit() -> Bool {
    keep()
    let before = journal.commits
    attempt { () throws(Journal.Problem) in try journal.commit() }
    return journal.commits != before
  }

  /// False when there was nothing to write.
  @discardableResult
  private func flush() -> Bool {
    let formed = Clock.now().monotonic
    let committed = commit() ? Clock.now().monotonic : formed
    let ids = gateway.takeDirty()
    guard !ids.isEmpty else { return false }
    for id in ids { write(id) }
    gateway.stages.record(
      received: loop.now().monotonic, formed: formed, committed: committed,
      written: Clock.now().monotonic)
    return true
  }

  private func write(_ id: ClientID) {
    while let stream = streams[id], let ready = gateway.ready(for: id), !ready.isEmpty {
      let (taken, outcome) = stream.output.write(ready)
      gateway.consume(id, taken, isBlocked: outcome == .partial, at: loop.now())
      switch outcome {
      case .all: continue
      case .partial: return
      case .closed: return remove(id)
      case .failed(let cause):
        onNote(Note(.warning, "client \(id.number): \(cause)"))
        return remove(id)
      }
    }
  }
}
