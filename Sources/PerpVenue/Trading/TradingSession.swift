import PerpCore

/// Our side of one account at a venue: signs in, holds the private stream, sends orders and asks
/// questions, and tells what `OrderTracker` concludes. What differs from venue to venue is its
/// dialect's.
///
/// Nothing of an order leaves before the driver has said that its record is durable: what is to
/// be sent waits in `outbox` from `.keep` until `.kept`.
package struct TradingSession<Dialect: TradingDialect>: VenueSession {
  enum Phase: Equatable {
    case stopped
    /// A step of signing in is asked.
    case signingIn(RequestID)
    /// The next attempt to sign in.
    case waiting(until: UInt64)
    /// Everything needed is known; the stream is opened, or open.
    case signedIn
  }

  /// What an answer over HTTP is to.
  enum Pending: Equatable {
    case step
    /// To what must be known before the request can be written.
    case preparation(OrderRequest)
    case order(OrderRequest)
    /// To one request that places them all.
    case together([OrderSubject])
    case question(Asked)
  }

  let account: AccountID
  var dialect: Dialect
  var tracker: OrderTracker
  var holdings: Holdings
  var connection: Connection
  var phase = Phase.stopped
  /// All that happens to the account is heard.
  var isStanding = false
  var status: AccountStatus.State = .down
  var backoff: Backoff
  var lastNumber = 0
  var pending: [RequestID: Pending] = [:]
  /// Requests on the stream that are not answered yet, by their tags.
  var unanswered: [Int64: (request: OrderRequest, due: UInt64)] = [:]
  var outbox: [OrderRequest] = []
  /// Kept, and not sent yet.
  var line = RequestLine()
  /// Written anew, and not answered again.
  var repeated: Set<OrderRequest> = []
  /// To be placed by themselves: with others they were not taken.
  var alone: Set<OrderRequest> = []
  /// Since the last `.keep`.
  var hasNews = false
  var questions = AccountQuestions()
  var questionWindow: RollingWindow
  var windows: [RollingWindow]
  /// Nothing changes anything at the venue before this.
  var limitedUntil: UInt64 = 0
  /// A quarter of each window, as told last.
  var toldQuarters: [Int]
  var ratesDue: UInt64?
  /// An order that the venue took, and when the stream must have said something of orders.
  var echo: (order: OrderKey, due: UInt64)?
  var conflicts = KeyConflicts()
  var standsBy: UInt64?
  var keepAliveDue: UInt64?
  var lookDue: UInt64?
  var deadMan = DeadMan()
  /// Facts of one message, kept for its memory.
  var facts: [TradingFact] = []
  /// What the venue sent that is not known here; each is told once.
  var strange = RecentSet<String>(capacity: 1_000)

  /// `records` are what the journal holds of the account.
  package init(
    _ account: AccountID, dialect: Dialect, replaying records: [OrderRecord] = [],
    seed: UInt64, at now: Moment
  ) {
    self.account = account
    self.dialect = dialect
    tracker = OrderTracker(
      venue: account.venue, account: account.name, settings: dialect.tracking,
      replaying: records, at: now)
    let fills = records.compactMap { if case .fill(let fill) = $0 { fill.symbol } else { nil } }
    holdings = Holdings(of: account, traded: Set(fills))
    connection = Connection(
      request: WebSocketRequest(url: ""), policy: dialect.connectionPolicy, seed: seed)
    backoff = Backoff(
      base: dialect.connectionPolicy.backoffBase, cap: Nanoseconds.seconds(30), seed: seed ^ 1)
    windows = dialect.limits.orders
    toldQuarters = windows.map { _ in 0 }
    questionWindow = dialect.limits.questions
  }

  package var clock: ClockOffset { dialect.clock }
  package var ordersTogether: Int { dialect.ordersTogether }

  package var deadline: UInt64? {
    var earliest: UInt64?
    func consider(_ time: UInt64?) {
      if let time { earliest = min(earliest ?? time, time) }
    }
    if case .waiting(let until) = phase { consider(until) }
    if phase == .signedIn { consider(dialect.renewal) }
    consider(connection.deadline)
    consider(standsBy)
    consider(keepAliveDue)
    consider(lookDue)
    consider(ratesDue)
    consider(echo?.due)
    consider(deadMan.due)
    consider(holdings.deadline)
    consider(unanswered.values.map(\.due).min())
    consider(line.deadline)
    if phase == .signedIn { consider(questions.deadline) }
    if phase != .stopped { consider(tracker.deadline) }
    return earliest
  }

  package mutating func receive(
    _ input: borrowing VenueInput, at now: Moment, into actions: inout VenueActions
  ) {
    switch input {
    case .start: if phase == .stopped { signIn(at: now, into: &actions) }
    case .stop: stop(into: &actions)
    case .wake: wake(at: now, into: &actions)
    case .opened(let id): opened(id, at: now, into: &actions)
    case .text(let id, let bytes):
      guard connection.accepts(id, at: now.monotonic) else { return }
      receive(bytes, isBinary: false, at: now, into: &actions)
    case .binary(let id, let bytes):
      guard connection.accepts(id, at: now.monotonic) else { return }
      receive(bytes, isBinary: true, at: now, into: &actions)
    case .pong(let id): _ = connection.accepts(id, at: now.monotonic)
    case .closed(let id, let reason): closed(id, reason, at: now, into: &actions)
    case .response(let id, let response): answered(id, response, at: now, into: &actions)
    case .failed(let id, let failure): failed(id, failure, at: now, into: &actions)
    case .trading(.command(let ticket, let command)):
      carryOut(command, ticket, at: now, into: &actions)
    case .trading(.place(let intents)): place(intents, at: now, into: &actions)
    case .trading(.kept(let isKept)): kept(isKept, at: now, into: &actions)
    case .trading(.quote): break
    case .subscribe, .unsubscribe, .snapshot: break
    }
    noteConflicts(at: now, into: &actions)
    transmitWhatMay(at: now, into: &actions)
    askWhatMay(at: now, into: &actions)
  }

  mutating func newID() -> RequestID {
    lastNumber += 1
    return RequestID(lastNumber)
  }

  private mutating func stop(into actions: inout VenueActions) {
    connection.shut(into: &actions)
    phase = .stopped
    isStanding = false
    for case .order(let request) in pending.values { dialect.lost(request, wasSent: true) }
    for case .together(let orders) in pending.values {
      for request in orders.compactMap(\.placement) { dialect.lost(request, wasSent: true) }
    }
    for case .preparation(let request) in pending.values { dialect.lost(request, wasSent: false) }
    for entry in unanswered.values { dialect.lost(entry.request, wasSent: true) }
    pending = [:]
    unanswered = [:]
    line = RequestLine()
    (repeated, alone) = ([], [])
    questions = AccountQuestions()
    (standsBy, keepAliveDue, lookDue, echo) = (nil, nil, nil, nil)
    deadMan = DeadMan()
  }

  private mutating func wake(at now: Moment, into actions: inout VenueActions) {
    let time = now.monotonic
    func isDue(_ deadline: UInt64?) -> Bool { deadline.map { $0 <= time } ?? false }
    switch phase {
    case .waiting(let until) where until <= time: signIn(at: now, into: &actions)
    case .signedIn where isDue(dialect.renewal): signIn(at: now, into: &actions)
    default: break
    }
    if case .timedOut(let cause) = connection.wake(at: time, into: &actions) {
      reconnect(cause, at: now, into: &actions)
    }
    if isDue(standsBy) {
      standsBy = nil
      reconnect("login_timeout", at: now, into: &actions)
    }
    if isDue(keepAliveDue), let every = dialect.limits.keepAliveEvery {
      keepAliveDue = time + every
      if let text = dialect.keepAlive(at: now) {
        actions.append(.send(connection.id, text))
      } else {
        actions.append(.ping(connection.id))
      }
    }
    for (tag, entry) in unanswered.sorted(by: { $0.key < $1.key }) where entry.due <= time {
      unanswered[tag] = nil
      settle(entry.request, .none, at: now, into: &actions)
    }
    if isDue(lookDue) { look(at: now) }
    if isDue(deadMan.due) { putOffDeadMan(at: now) }
    if isDue(ratesDue) { tellRates(at: now, into: &actions) }
    if isDue(echo?.due) { missEcho(at: now, into: &actions) }
    holdings.wake(at: now, into: &actions)
    if isDue(tracker.deadline) { track(.wake, at: now, into: &actions) }
  }
}
