import PerpCore
import PerpGateway
import PerpIO
import PerpVenue

/// A replay to the clients of a Unix socket, who subscribe as they do to a gateway. It begins with
/// the first command of the first client, so that it misses nothing.
final class ReplayedGateway: ReplayReader {
  private let replay: PerpIO.Replay
  private let loop: EventLoop
  private let driver: GatewayDriver
  /// Removed with us.
  private let socket: ClientSocket
  private var hasBegun = false
  /// The replay waits for us.
  private var isAwaited = false
  var onReady: () -> Void = {}
  let failure: Failure? = nil

  init(
    _ replay: PerpIO.Replay, of venues: [VenueDescriptor], at path: String, loop: EventLoop,
    log: Log
  ) throws {
    (self.replay, self.loop) = (replay, loop)
    do throws(ClientSocket.Problem) { socket = try ClientSocket(path) } catch {
      throw Failure(.cannotCreate, error.description)
    }
    let journal = Journal(inMemoryAfter: 0, id: "replay")
    var limits = Gateway.Limits()
    // They would come by another clock than all else.
    limits.heartbeat = 0
    let gateway = Gateway(
      Hello(mode: .sim, venues: venues),
      venues: venues.map { .init(id: $0.id, channels: Set($0.channels.map(\.channel))) },
      journal: journal.range, limits: limits, at: loop.now())
    driver = GatewayDriver(
      gateway, journal: journal, loop: loop, newID: { "replay" },
      onNote: { log.write($0, at: loop.now()) })
    for venue in venues { driver.sources[venue.id] = Source(venue.id, self) }
    socket.accept(on: loop) { [unowned self] peer in
      guard let cause = driver.add(socket: peer.descriptor, role: .read) else { return }
      log.write(.warning, "process \(peer.process): \(cause)", at: loop.now())
    }
    loop.afterTurn { [unowned self] in
      hasBegun = hasBegun || gateway.counters.commands > 0
      guard isAwaited, takesMore else { return }
      isAwaited = false
      loop.soon { [unowned self] in onReady() }
    }
  }

  var isReady: Bool {
    if !takesMore { isAwaited = true }
    return takesMore
  }

  private var takesMore: Bool { hasBegun && !driver.gateway.isAnyoneBehind }

  func take(_ told: PerpIO.Replay.Told, at moment: Moment) {
    switch told {
    case .markets(let markets, let venue): driver.receive(markets, of: venue)
    case .event(.market, _), .line: break
    case .event(let event, _): driver.receive(event, at: stamped(moment))
    }
  }

  /// What is told has the time it had; what follows from it is by the clock that runs.
  private func stamped(_ moment: Moment) -> Moment {
    Moment(monotonic: loop.now().monotonic, wall: moment.wall)
  }

  func flush() {}

  func finish() { driver.stop(reason: "recording_ended") }

  func stop() { driver.stop(reason: "terminated") }

  /// A recorded session has what it subscribed to then; a book that a client lacks is asked for.
  private final class Source: TopicSource {
    private let venue: VenueID
    private unowned let gateway: ReplayedGateway

    init(_ venue: VenueID, _ gateway: ReplayedGateway) {
      (self.venue, self.gateway) = (venue, gateway)
    }

    func start() {}
    func stop() {}
    func subscribe(_ topics: [Topic]) {}
    func unsubscribe(_ topics: [Topic]) {}

    func snapshot(_ topic: Topic) {
      guard let moment = gateway.replay.moment else { return }
      for event in gateway.replay.snapshot(topic, of: venue, at: moment) {
        gateway.driver.receive(answer: event)
      }
    }
  }
}
