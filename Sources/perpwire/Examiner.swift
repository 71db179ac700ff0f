import Glibc
import PerpCore
import PerpIO
import PerpSetup
import PerpVenue

/// Does what the examination of one venue asks for.
final class Examiner {
  private let venue: VenueDescriptor
  private let options: SessionOptions
  private let seconds: Int
  private let probe: Probe
  private let dialect: any MarketDataDialect

  init(_ venue: VenueDescriptor, _ options: SessionOptions, seconds: Int, roots: TrustedRoots) {
    self.venue = venue
    self.options = options
    self.seconds = seconds
    probe = Probe(roots: roots, limit: Nanoseconds.seconds(seconds))
    dialect = venue.makeDialect(options)
  }

  /// Tells each finding as it is made.
  func run(tell: (Finding) throws -> Void) throws {
    let ws = WebURL(options.endpoints.ws)
    let rest = WebURL(options.endpoints.rest)
    let proxy = rest.flatMap {
      Proxy(
        host: $0.host, isSecure: $0.isSecure, isLoopback: $0.isLoopback,
        variables: ProcessEnvironment.variables())
    }
    if let proxy {
      var finding = Finding.warn(
        "proxy", .proxyIgnored,
        "REST goes through \(proxy.name) (\(proxy.variable)); WebSockets go directly")
      finding.venue = venue.id
      try tell(finding)
    }
    // Through a proxy it is not for us to look names up and to connect.
    let places = Place.merged(
      [(proxy == nil ? rest : nil).map { $0.place(.rest) }, ws.map { $0.place(.ws) }]
        .compactMap(\.self))
    var examination = Examination(
      venue: venue.id, places: places,
      budget: RateBudget(dialect.limits, topics: venue.maxTopics))
    var told = 0
    while let step = examination.next() {
      examination.learn(fact(of: step))
      for finding in examination.findings[told...] { try tell(finding) }
      told = examination.findings.count
    }
  }

  private func fact(of step: Examination.Step) -> ExaminationFact {
    switch step {
    case .lookUp(let place): probe.lookUp(place)
    case .connect(let place): probe.connect(place)
    case .secure(let place): probe.secure(place)
    case .askMarkets: probe.askMarkets(dialect)
    case .askTime: probe.askTime(dialect)
    case .openWebSocket: probe.openWebSocket(dialect.webSocketRequest)
    case .listen: listen()
    }
  }

  // MARK: First data

  /// The venue's own session, subscribed to every channel of one market.
  private func listen() -> ExaminationFact {
    var ear = Ear(venue, dialect)
    var driver: SessionDriver?
    _ = probe.wait { [probe, venue, options] done in
      let session = venue.session(options)
      driver = SessionDriver(
        session: session, network: probe.network,
        outlets: .init(
          onEvent: {
            ear.hear($0, at: Clock.now())
            if ear.isContent { done() }
          },
          onMarkets: { markets in
            guard let topics = ear.choose(from: markets, at: Clock.now()) else { return }
            driver?.subscribe(topics)
          },
          onNote: { _ in }))
      driver?.start()
    }
    driver?.stop()
    return .listened(ear.facts(seconds: seconds))
  }
}

extension WebURL {
  fileprivate func place(_ way: Place.Way) -> Place {
    Place(host: host, port: port, isSecure: isSecure, isNumeric: isNumeric, ways: [way])
  }
}
