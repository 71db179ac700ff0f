import ArgumentParser
import PerpCore
import PerpGateway
import PerpIO
import PerpVenue

/// One run of `perpwire stream`: sessions in, lines out.
final class Streaming {
  private let loop = EventLoop()
  private let output: StandardOutput
  private let log: Log
  private let targets: [Target]
  private let channels: [Channel]
  private let limit: Int?
  private let duration: Int?
  private let simulation: Simulation?
  private var outlet: Outlet
  private var feeds: [Feed] = []
  private var signals: Signals?
  private var timer: PerpIO.Timer?
  private var ending: Ending?
  private var hadData = false

  private enum Ending {
    /// Enough lines or seconds, or asked to stop.
    case done(reason: String)
    /// The reader went away: nobody is left to tell.
    case readerGone
    case failed(ExitCode)
  }

  /// One venue: its session and what of it is wanted.
  private final class Feed {
    let venue: VenueDescriptor
    var driver: SessionDriver?
    var targets: [Target]
    var markets: [Symbol: Market] = [:]
    var topics: Set<Topic> = []
    var isResolved = false

    init(venue: VenueDescriptor, targets: [Target]) {
      self.venue = venue
      self.targets = targets
    }
  }

  init(
    targets: [Target], channels: [Channel], stream: Stream, log: Log
  ) throws {
    self.targets = targets
    self.channels = channels
    self.log = log
    limit = stream.count
    duration = stream.duration
    output = try StandardOutput(loop: loop)
    outlet = Outlet()
    let network = Network(loop: loop, roots: try TrustedRoots())
    for venue in Registry.venues {
      let wanted = targets.filter { $0.venue == venue.id }
      if !wanted.isEmpty { feeds.append(Feed(venue: venue, targets: wanted)) }
    }
    simulation =
      stream.sim
      ? try Simulation(venues: feeds.map(\.venue), seed: stream.seed, fault: stream.fault) : nil
    for feed in feeds {
      let endpoints =
        try simulation?.endpoints(of: feed.venue) ?? stream.endpoints.endpoints(of: feed.venue)
      let session = feed.venue.makeSession(
        SessionOptions(
          endpoints: endpoints, seed: .random(in: 0 ... .max),
          settings: try stream.endpoints.settings(of: feed.venue)))
      feed.driver = SessionDriver(
        session: session, network: network,
        outlets: .init(
          onEvent: { [unowned self] in receive($0) },
          onMarkets: { [unowned self] in learn($0, feed) },
          onNote: { [unowned self] in log.note($0) }))
    }
  }
}
