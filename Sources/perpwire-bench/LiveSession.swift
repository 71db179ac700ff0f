import PerpCore
import PerpGateway
import PerpIO
import PerpSim
import PerpVenue

/// A session that is subscribed and has its first data, and the outlet behind it.
struct LiveSession: ~Copyable, Measured {
  private var session: any VenueSession
  private let gateway: Gateway
  private var actions: VenueActions
  private let connection: ConnectionID
  private let sample: WireSample
  private var batch: [Frame] = []
  private var deadline: UInt64?
  /// Messages made so far; the first are for the session to find its way into their numbers, which
  /// may make it tell of a gap, or wait for a state.
  private var made = 0
  private var firstLines: UInt64 = 0
  private static let firstMessages = 16
  /// Messages so far, and the lines they gave, without the first.
  var messages: Int { made - Self.firstMessages }
  var lines: Int { Int(gateway.outlet.counters.events - firstLines) }

  /// What quotes go straight to.
  private final class Gateway {
    var outlet = Outlet()
    var now = Clock.now()
  }

  /// The venue's own simulator brings the session there, on a virtual clock that begins so long
  /// ago that it does not run ahead of the real one.
  init(_ venue: VenueDescriptor, _ sample: WireSample) throws {
    self.sample = sample
    var options = PairOptions.fixed(latency: Nanoseconds.milliseconds(1))
    let now = Clock.now()
    options.start = Moment(
      monotonic: now.monotonic - Nanoseconds.seconds(10), wall: now.wall - 10_000_000)
    var pair = Pair(
      session: venue.makeSession(
        SessionOptions(
          endpoints: venue.simulatorEndpoints("127.0.0.1:1"), seed: 1, settings: sample.settings)),
      simulator: venue.makeSimulator(SimulatorOptions(seed: 1, settings: sample.settings)),
      seed: 1, options: options)
    pair.start()
    var opened: ConnectionID?
    var isLive = false
    while !isLive, pair.elapsed < Nanoseconds.seconds(9), pair.step() {
      for timed in pair.drainActions() {
        switch timed.action {
        case .markets: pair.subscribe([sample.topic])
        case .open(let id, _): opened = id
        case .emit(.stream(let status)): isLive = status.state == .live
        default: break
        }
      }
    }
    guard isLive, let opened else {
      throw Unmeasurable("\(venue.id): the session does not come alive for \(sample.name)")
    }
    connection = opened
    let gateway = Gateway()
    self.gateway = gateway
    actions = VenueActions(onQuote: { gateway.outlet.put($0, at: gateway.now) })
    session = pair.session
    prepare(Self.firstMessages)
    run()
    firstLines = gateway.outlet.counters.events
  }

  /// Messages that are stamped with the present.
  mutating func prepare(_ count: Int) {
    batch.removeAll(keepingCapacity: true)
    let time = Clock.now().wall
    for _ in 0..<count {
      batch.append(sample.make(made, time))
      made += 1
    }
  }

  /// As the driver and the gateway do in one turn of the loop. Never inlined, so that a profiler
  /// can be told to count this and nothing else.
  @inline(never)
  mutating func run() {
    let now = Clock.now()
    gateway.now = now
    for message in batch {
      let bytes = message.bytes.span.bytes
      if message.kind == .binary {
        session.receive(.binary(connection, bytes), at: now, into: &actions)
      } else {
        session.receive(.text(connection, bytes), at: now, into: &actions)
      }
      if !actions.list.isEmpty {
        for action in actions.list {
          if case .emit(let event) = action { gateway.outlet.put(event, at: now) }
        }
        actions.list.removeAll(keepingCapacity: true)
      }
      deadline = session.deadline
    }
    gateway.outlet.consume(gateway.outlet.ready.count)
  }
}

/// A measurement that would be of something else than it claims.
struct Unmeasurable: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
