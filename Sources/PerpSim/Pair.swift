import PerpCore
import PerpVenue

/// A session and a simulator joined in memory, on a clock of their own: hours pass in milliseconds,
/// and the same seed gives the same run, byte for byte.
///
/// It stands in for both transports. Messages of one connection keep their order, whatever their
/// latency; pings are answered as a WebSocket library answers them; bytes sent raw are taken apart
/// as strictly as from a socket. A `Pair` is a value: copy it to try two futures.
package struct Pair: Sendable {
  /// What a session did, and when.
  package struct TimedAction: Sendable {
    package let moment: Moment
    package let action: VenueAction
  }

  /// What is on its way.
  enum Delivery: Sendable {
    case toSimulator(ConnectionID, Upstream)
    case toSession(ConnectionID, Downstream)
    case request(RequestID, HTTPRequest, outage: Int)
    case answer(RequestID, HTTPResponse)
    case failure(RequestID, HTTPFailure)
    case timeout(RequestID, serial: Int)
    case network(isDown: Bool)
  }

  enum Upstream: Sendable {
    case upgrade(HTTPRequest)
    case text([UInt8])
    case ping
    case pong
    case backlog(Int)
    case closed
  }

  enum Downstream: Sendable {
    case opened
    case frame(Frame)
    case ping
    case pong
    case closed(CloseReason)
    /// Told by our own transport, whatever the network does.
    case ended(CloseReason)
  }

  /// A REST request without an answer yet.
  struct Pending: Sendable {
    let serial: Int
    let outage: Int
  }

  /// Wake-ups at one instant of one end; more, and its deadline is stuck in the past.
  static let maxWakesAtOnce = 10_000

  package internal(set) var session: any VenueSession
  package internal(set) var simulator: any VenueSimulator
  package internal(set) var now: Moment
  /// Why the pair stopped: one of the ends broke its contract. Nil as long as all is well.
  package internal(set) var failure: String?
  /// What the simulator had to say.
  package internal(set) var simulatorNotes: [Note] = []
  /// Deliveries and wake-ups so far.
  package private(set) var steps = 0
  let options: PairOptions
  var random: Random
  var queue = EventQueue<Delivery>()
  var links: [ConnectionID: PairLink] = [:]
  var pending: [RequestID: Pending] = [:]
  var requests = 0
  /// How many times the network has been lost; what was begun before the latest is lost for good.
  var outages = 0
  var isNetworkDown = false
  /// Of the sessions that came before this one: each numbers its requests from 1.
  var formerRequests = 0
  var trace: PairTrace
  private var kept: [TimedAction] = []
  private var sessionActions: [VenueAction] = []
  private var simulatorActions: [SimulatorAction] = []
  private var wakesAtOnce = 0

  package init(
    session: any VenueSession, simulator: any VenueSimulator, seed: UInt64,
    options: PairOptions = PairOptions()
  ) {
    self.session = session
    self.simulator = simulator
    self.options = options
    now = options.start
    random = Random(seed: seed)
    trace = PairTrace(options.trace, start: options.start)
  }

  /// Nanoseconds since the start.
  package var elapsed: UInt64 { now.monotonic - options.start.monotonic }
  /// Connections that are there for at least one of the two ends.
  package var openConnections: Int { links.values.count { !$0.isOver } }
  /// FNV-1a over all that the two ends were told and did; of use only while tracing.
  package var traceHash: UInt64 { trace.hash }
  /// One line for each of that, while tracing `lines`.
  package var transcript: [String] { trace.lines }

  /// While true, new connections are unreachable, requests are not sent, and the connections that
  /// were there fall silent, for good: when the network is back, it is another one.
  package var isDown: Bool {
    get { isNetworkDown }
    set {
      if newValue, !isNetworkDown { outages += 1 }
      isNetworkDown = newValue
    }
  }

  /// Starts the simulator, then the session.
  package mutating func start() {
    tellSimulator(.start)
    tellSession(.start)
  }

  package mutating func subscribe(_ topics: [Topic]) { tellSession(.subscribe(topics)) }
  package mutating func unsubscribe(_ topics: [Topic]) { tellSession(.unsubscribe(topics)) }
  package mutating func requestSnapshot(_ topic: Topic) { tellSession(.snapshot(topic)) }
  package mutating func stop() { tellSession(.stop) }

  /// Loses the network after so many nanoseconds from now, for so many.
  package mutating func loseNetwork(after delay: UInt64, for duration: UInt64) {
    queue.add(.network(isDown: true), at: now.monotonic + delay)
    queue.add(.network(isDown: false), at: now.monotonic + delay + duration)
  }

  /// The actions of the session since the last call, `.send` and all; the order is theirs.
  package mutating func drainActions() -> [TimedAction] {
    defer { kept = [] }
    return kept
  }

  /// When something happens next, on the monotonic clock; nil when nothing ever will.
  package var deadline: UInt64? {
    guard failure == nil else { return nil }
    let time = min(
      queue.deadline ?? .max, session.deadline ?? .max, simulator.deadline ?? .max)
    return time == .max ? nil : max(time, now.monotonic)
  }

  /// Lets the next thing happen: a delivery, or the wake-up of one end. False when nothing is due
  /// ever again.
  package mutating func step() -> Bool {
    guard let deadline else { return false }
    step(at: deadline)
    return true
  }

  /// Lets everything happen until then; the clock stands there afterwards unless the pair failed.
  package mutating func run(until moment: Moment) {
    while let deadline, deadline <= moment.monotonic { step(at: deadline) }
    if failure == nil, moment.monotonic > now.monotonic { advance(to: moment.monotonic) }
  }

  /// Lets so many nanoseconds pass.
  package mutating func run(for nanoseconds: UInt64) {
    run(until: now.advanced(by: nanoseconds))
  }

  /// Lets time pass until the condition holds; false when it did not within so many nanoseconds.
  package mutating func run(
    for nanoseconds: UInt64, until condition: (borrowing Pair) -> Bool
  ) -> Bool {
    let end = now.advanced(by: nanoseconds)
    while !condition(self) {
      guard let deadline, deadline <= end.monotonic else {
        run(until: end)
        return false
      }
      step(at: deadline)
    }
    return true
  }

  private mutating func step(at time: UInt64) {
    advance(to: time)
    steps += 1
    if let due = queue.deadline, due <= time, let delivery = queue.removeFirst() {
      deliver(delivery)
      return
    }
    wakesAtOnce += 1
    if let due = session.deadline, due <= time {
      tellSession(.wake)
    } else {
      tellSimulator(.wake)
    }
    if wakesAtOnce > Self.maxWakesAtOnce {
      failure = "a deadline stands still in the past, \(elapsed) ns after the start"
    }
  }

  private mutating func advance(to time: UInt64) {
    guard time > now.monotonic else { return }
    now = now.advanced(by: time - now.monotonic)
    wakesAtOnce = 0
  }

  mutating func tellSession(_ input: borrowing VenueInput) {
    trace.session(input, at: now)
    var actions = VenueActions()
    swap(&actions.list, &sessionActions)
    session.receive(input, at: now, into: &actions)
    for action in actions.list {
      trace.session(action, at: now)
      if options.keepsActions { kept.append(TimedAction(moment: now, action: action)) }
      perform(action)
    }
    actions.list.removeAll(keepingCapacity: true)
    swap(&actions.list, &sessionActions)
  }

  mutating func tellSimulator(_ input: borrowing SimulatorInput) {
    trace.simulator(input, at: now)
    simulator.receive(input, at: now, into: &simulatorActions)
    for action in simulatorActions {
      trace.simulator(action, at: now)
      perform(action)
    }
    simulatorActions.removeAll(keepingCapacity: true)
  }
}
