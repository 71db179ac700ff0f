import PerpCore
import PerpVenue

/// Our side of Paradex's public data: markets by REST, then one WebSocket for every topic.
package struct ParadexSession: VenueSession {
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
    /// The connection's own deadline.
    case connection
  }

  /// What is kept of one market. A stream is there while its topic is wanted.
  struct MarketState: Sendable {
    var market: Market
    var bbo: Stream?
    var trade: Stream?
    var book: Stream?
    var funding: Stream?
    /// The newest quote, to compare a probe with; its frames must rise in sequence.
    var quote: ParadexWire.BBO?
    var builder = BookBuilder()
    /// Sequence of the last delta that was emitted.
    var emittedSequence: Int64?
    var trades = RecentKeys(capacity: 64)
    /// Summary and funding data come apart and make one event.
    var summary: ParadexWire.Summary?
    var fundingData: ParadexWire.Funding?
  }

  enum Purpose: Equatable, Sendable {
    case markets
    case clock
    /// A first quote: one frame may be long in coming on a quiet market.
    case quote(index: Int)
    /// Is the market just quiet?
    case probe(index: Int)
    case summary(index: Int)
  }

  struct Subscription: Equatable, Sendable {
    var index: Int
    var channel: Channel
    /// Subscribe, or unsubscribe.
    var isWanted: Bool
  }

  static let marketsEvery = Nanoseconds.seconds(300)
  static let clockEvery = Nanoseconds.seconds(300)
  static let clockRetryAfter = Nanoseconds.seconds(30)

  let options: SessionOptions
  var connection: Connection
  var deadlines = Deadlines<Timer>()
  var backoff: Backoff
  var drift = DriftWatch(venue: Paradex.id)
  var clock = ClockOffset()
  /// Decode errors of this connection; one more than these in ten seconds, the fifth, and it is
  /// given up (`reliability.md` X09).
  var decodeErrors = RollingWindow(limit: 4, per: Nanoseconds.seconds(10))

  var markets: [MarketState] = []
  /// The venue's name of a market → index in `markets`, which never shrinks.
  var indexes: [ShortText: Int] = [:]

  /// Subscriptions and their ends, fifty in 100 ms.
  var subscriptions = PacedQueue<Subscription>(
    rate: RollingWindow(limit: 50, per: Nanoseconds.milliseconds(100)))
  /// Subscriptions that the venue has not answered yet, by message id.
  var unanswered: [Int64: (subscription: Subscription, sent: UInt64)] = [:]
  var lastMessage: Int64 = 0
  /// What to ask by REST: half of the 1,500 a minute that the venue allows one address.
  var questions = PacedQueue<Purpose>(
    rate: RollingWindow(limit: 12, per: Nanoseconds.seconds(1)))
  /// Questions that are not answered yet, and when they were asked.
  var requests: [RequestID: (purpose: Purpose, sent: Moment)] = [:]
  var lastRequest = 0
  var isStopped = false

  package init(options: SessionOptions) {
    self.options = options
    var seeds = Random(seed: options.seed)
    backoff = Backoff(
      base: Nanoseconds.milliseconds(500), cap: Nanoseconds.seconds(30), seed: seeds.next())
    connection = Connection(
      request: Self.webSocketRequest(options, version: nil), seed: seeds.next())
  }

  static func webSocketRequest(_ options: SessionOptions, version: String?) -> WebSocketRequest {
    let version = version ?? options.settings["sbe_version"] ?? "2"
    let isJSON = options.settings["encoding"] == "json"
    return WebSocketRequest(
      url: options.endpoints.ws + (isJSON ? "" : "?sbeSchemaId=1&sbeSchemaVersion=\(version)"))
  }

  package var deadline: UInt64? { deadlines.earliest }

  package mutating func receive(
    _ input: borrowing VenueInput, at now: Moment, into actions: inout [VenueAction]
  ) {
    guard !isStopped || input.isStart else { return }
    switch input {
    case .start:
      isStopped = false
      deadlines[.markets] = now.monotonic
      deadlines[.clock] = now.monotonic
      wake(at: now, into: &actions)
    case .binary(let id, let bytes):
      guard connection.accepts(id, at: now.monotonic) else { return }
      return receive(frame: bytes, at: now, into: &actions)
    case .text(let id, let bytes):
      guard connection.accepts(id, at: now.monotonic) else { return }
      return receive(text: bytes, at: now, into: &actions)
    case .pong(let id):
      _ = connection.accepts(id, at: now.monotonic)
    case .stop: return stop(into: &actions)
    case .wake: wake(at: now, into: &actions)
    case .subscribe(let topics): subscribe(topics, at: now, into: &actions)
    case .unsubscribe(let topics): unsubscribe(topics, at: now, into: &actions)
    case .snapshot(let topic): snapshot(topic, at: now, into: &actions)
    case .opened(let id):
      guard connection.opened(id, at: now.monotonic) else { return }
      connected(at: now, into: &actions)
    case .closed(let id, let reason): closed(id, reason, at: now, into: &actions)
    case .response(let id, let response):
      guard let question = requests.removeValue(forKey: id) else { return }
      receive(response, to: question.purpose, sent: question.sent, at: now, into: &actions)
    case .failed(let id, let failure):
      guard let question = requests.removeValue(forKey: id) else { return }
      receive(failure, to: question.purpose, at: now, into: &actions)
    }
    setTimers()
  }

  /// After everything but data: those only put the connection's deadline off, and a timer that
  /// fires too early finds nothing to do and is set again.
  mutating func setTimers() {
    deadlines[.connection] = connection.deadline
    deadlines[.queues] = min(subscriptions.deadline ?? .max, questions.deadline ?? .max)
  }

  /// Nothing is wanted any more, and what still comes is ignored.
  private mutating func stop(into actions: inout [VenueAction]) {
    isStopped = true
    for index in markets.indices { markets[index].forgetAll() }
    forgetPending()
    requests.removeAll()
    connection.shut(into: &actions)
    deadlines = Deadlines()
  }

  private mutating func wake(at now: Moment, into actions: inout [VenueAction]) {
    if deadlines.fires(.markets, at: now.monotonic) {
      ask(.markets, at: now, into: &actions)
    }
    if deadlines.fires(.clock, at: now.monotonic) {
      ask(.clock, at: now, into: &actions)
      deadlines[.clock] = now.monotonic + Self.clockEvery
    }
    if deadlines.fires(.connection, at: now.monotonic),
      case .timedOut(let cause) = connection.wake(at: now.monotonic, into: &actions)
    {
      reconnect(cause: cause, at: now, into: &actions)
    }
    if deadlines.fires(.refused, at: now.monotonic) {
      retryRefused(at: now, into: &actions)
    }
    if deadlines.fires(.health, at: now.monotonic) { checkHealth(at: now, into: &actions) }
    if deadlines.fires(.queues, at: now.monotonic) { drainQueues(at: now, into: &actions) }
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
