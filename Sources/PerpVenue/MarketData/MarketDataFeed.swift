import PerpCore

/// The market data of one venue over one connection, all but the reading of its messages: markets
/// by REST, subscriptions and their health, what becomes of quotes, trades, books and funding.
///
/// A venue's session holds one, gives it every input that is no message of the venue's, and tells
/// it what the messages say. The `dialect` is how it asks for things.
package struct MarketDataFeed: Sendable {
  enum Timer: Int, CaseIterable, Sendable {
    /// Read the markets (again).
    case markets
    /// Ask the venue for its time.
    case clock
    /// Send what waits in the queues.
    case queues
    /// Subscribe again to what the venue refused.
    case refused
    /// Look at the health of the streams.
    case health
    /// Give the connection a sign of life.
    case keepAlive
    /// The venue has not greeted in time: its greeting may be lost, and we begin without.
    case greeting
    /// The connection's own deadline.
    case connection
  }

  struct Subscription: Equatable, Sendable {
    var index: Int
    var channel: WireChannel
    /// Subscribe, or unsubscribe.
    var isWanted: Bool
  }

  static let clockRetryAfter = Nanoseconds.seconds(30)

  package let dialect: any MarketDataDialect
  let limits: MarketDataLimits
  package var connection: Connection
  /// Subscriptions may be sent: the connection is open, and the venue has greeted if it does.
  package internal(set) var isReady = false
  package var drift: DriftWatch
  package internal(set) var clock = ClockOffset()
  package internal(set) var markets: [MarketState] = []

  var deadlines = Deadlines<Timer>()
  /// Of the questions for the markets.
  var backoff: Backoff
  var decodeErrors: RollingWindow
  /// Of what is put off.
  var random: Random
  /// Places in `markets`, which never shrinks.
  var indexes = NameIndex()
  var indexesBySymbol: [Symbol: Int] = [:]

  var subscriptions: PacedQueue<Subscription>
  /// Subscriptions and their ends that the venue has not answered yet, oldest first.
  var unanswered: [(id: Int64, subscription: Subscription, sent: UInt64)] = []
  var lastMessage: Int64 = 0
  var questions: PacedQueue<Question>
  /// Questions that are not answered yet, and when they were asked.
  var requests: [RequestID: (question: Question, sent: Moment)] = [:]
  var lastRequest = 0
  private var isStopped = false
  /// The venue does not want us, and is left alone until the next start.
  package internal(set) var isConnectionBarred = false
  package internal(set) var areQuestionsBarred = false

  package init(dialect: any MarketDataDialect, options: SessionOptions) {
    self.dialect = dialect
    limits = dialect.limits
    var seeds = Random(seed: options.seed)
    backoff = Backoff(
      base: Nanoseconds.milliseconds(500), cap: Nanoseconds.seconds(30), seed: seeds.next())
    connection = Connection(
      request: dialect.webSocketRequest, policy: dialect.connectionPolicy, seed: seeds.next())
    random = seeds.fork()
    drift = DriftWatch(venue: dialect.venue)
    decodeErrors = RollingWindow(limit: limits.decodeErrors, per: Nanoseconds.seconds(10))
    subscriptions = PacedQueue(rate: limits.subscriptions.part(options.share))
    questions = PacedQueue(rate: limits.questions.part(options.share))
  }

  package var deadline: UInt64? { deadlines.earliest }

  /// Everything but messages, which only the venue's session can read.
  package mutating func receive(
    _ input: borrowing VenueInput, at now: Moment, into actions: inout VenueActions
  ) {
    guard !isStopped || input.isStart else { return }
    switch input {
    case .start:
      isStopped = false
      (isConnectionBarred, areQuestionsBarred) = (false, false)
      deadlines[.markets] = now.monotonic
      deadlines[.clock] = now.monotonic
      wake(at: now, into: &actions)
    case .stop: return stop(into: &actions)
    case .wake: wake(at: now, into: &actions)
    case .subscribe(let topics): subscribe(topics, at: now, into: &actions)
    case .unsubscribe(let topics): unsubscribe(topics, at: now, into: &actions)
    case .snapshot(let topic): snapshot(topic, at: now, into: &actions)
    case .opened(let id): opened(id, at: now, into: &actions)
    case .closed(let id, let reason): closed(id, reason, at: now, into: &actions)
    case .pong(let id): _ = accepts(id, at: now)
    case .trading: break
    case .text, .binary: break
    case .response(let id, let response):
      guard let (question, sent) = requests.removeValue(forKey: id) else { return }
      receive(response, to: question, sent: sent, at: now, into: &actions)
    case .failed(let id, let failure):
      guard let (question, _) = requests.removeValue(forKey: id) else { return }
      receive(failure, to: question, at: now, into: &actions)
    }
    setTimers()
  }

  /// Whether a message of `id` is of the connection that stands; notes that the venue is alive.
  @inline(__always)
  package mutating func accepts(_ id: ConnectionID, at now: Moment) -> Bool {
    !isStopped && connection.accepts(id, at: now.monotonic)
  }

  /// What was asked with this request; nil for requests that are not ours or answered already.
  package func question(of id: RequestID) -> Question? { requests[id]?.question }

  /// Nil for a market that the venue does not have.
  package func market(of symbol: Symbol) -> Market? {
    indexesBySymbol[symbol].map { markets[$0].market }
  }

  /// The place of the market that messages call so; nil if there is none.
  package func index(of name: ShortText) -> Int? { indexes[name] }

  /// After everything but data: those only put the connection's deadline off, and a timer that
  /// fires too early finds nothing to do and is set again.
  mutating func setTimers() {
    deadlines[.connection] = connection.deadline
    // What waits for answers is sent when they come.
    let next = unanswered.count < limits.maxUnanswered ? subscriptions.deadline : nil
    deadlines[.queues] = min(next ?? .max, questions.deadline ?? .max)
  }

  /// Nothing is wanted any more, and what still comes is ignored.
  private mutating func stop(into actions: inout VenueActions) {
    isStopped = true
    for index in markets.indices { markets[index].forgetAll() }
    forgetPending()
    requests.removeAll()
    connection.shut(into: &actions)
    deadlines = Deadlines()
  }

  private mutating func wake(at now: Moment, into actions: inout VenueActions) {
    if deadlines.fires(.markets, at: now.monotonic) {
      ask(.markets, at: now, into: &actions)
    }
    if deadlines.fires(.clock, at: now.monotonic) {
      ask(.clock, at: now, into: &actions)
      deadlines[.clock] = now.monotonic + limits.clockEvery
    }
    if deadlines.fires(.connection, at: now.monotonic),
      case .timedOut(let cause) = connection.wake(at: now.monotonic, into: &actions)
    {
      reconnect(cause: cause, at: now, into: &actions)
    }
    if deadlines.fires(.greeting, at: now.monotonic) { greeted(at: now, into: &actions) }
    if deadlines.fires(.keepAlive, at: now.monotonic) { keepAlive(at: now, into: &actions) }
    if deadlines.fires(.refused, at: now.monotonic) {
      retryRefused(at: now, into: &actions)
    }
    if deadlines.fires(.health, at: now.monotonic) { checkHealth(at: now, into: &actions) }
    if deadlines.fires(.queues, at: now.monotonic) { drainQueues(at: now, into: &actions) }
  }

  private mutating func keepAlive(at now: Moment, into actions: inout VenueActions) {
    guard isReady, let interval = limits.keepAliveEvery else { return }
    if let text = dialect.keepAlive(at: now) {
      actions.append(.send(connection.id, text))
    } else {
      actions.append(.ping(connection.id))
    }
    deadlines[.keepAlive] = now.monotonic + interval
  }
}

extension VenueInput {
  fileprivate var isStart: Bool {
    switch self {
    case .start: true
    default: false
    }
  }
}
