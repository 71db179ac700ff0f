import ArgumentParser
import PerpCore
import PerpIO
import PerpSetup
import PerpVenue
import PerpVenues

struct Markets: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List a venue's markets with tick, lot and limits.",
    discussion: """
      EXAMPLES
        perpwire markets paradex
        perpwire markets paradex --json | jq -r '[.symbol, .tick_size, .lot_size] | @tsv'
        perpwire markets --sim

      Exits with 69 when a venue cannot be reached.
      """)

  @Argument(help: "Venues; all by default.")
  var venues: [String] = []

  @Flag(help: "One JSON object per market instead of a table.")
  var json = false

  @Flag(help: "Ask simulated venues inside this process.")
  var sim = false

  @Option(help: "Give up after so many seconds.")
  var timeout = 10

  @OptionGroup var simulation: SimulationOptions
  @OptionGroup var endpoints: EndpointOptions
  @OptionGroup var files: ConfigurationOptions
  @OptionGroup var logging: LogOptions

  func validate() throws {
    _ = try chosen()
    guard (1...3_600).contains(timeout) else {
      throw ValidationError("--timeout must be 1 to 3600 seconds")
    }
    if sim { try endpoints.requireNone() }
  }

  private func chosen() throws -> [VenueDescriptor] {
    try venues.isEmpty ? Registry.venues : venues.map(Registry.required)
  }

  func run() throws {
    let venues = try chosen()
    let configuration = try files.load(endpoints.flags(for: venues) + logging.flags)
    let simulated =
      try sim
      ? EmbeddedSimulation(venues: venues, options: simulation, log: configuration.log()) : nil
    simulated?.start()
    defer { simulated?.stop() }
    var answers: [[Market]] = []
    for venue in venues {
      let endpoints = try simulated?.endpoints(of: venue) ?? configuration.endpoints(of: venue)
      answers.append(try Self.ask(venue, endpoints, seconds: timeout))
    }
    let markets = answers.flatMap { $0.sorted { $0.symbol < $1.symbol } }
    try Output.write(json ? Self.lines(markets) : Self.table(markets))
  }

  /// The first answer, or a `Failure` with the first reason there is none.
  private static func ask(
    _ venue: VenueDescriptor, _ endpoints: Endpoints, seconds: Int
  ) throws -> [Market] {
    let loop = EventLoop()
    let network = Network(loop: loop, roots: try trustedRoots())
    var markets: [Market]?
    var cause = "no answer within \(seconds) s"
    let driver = SessionDriver(
      session: venue.makeSession(SessionOptions(endpoints: endpoints, seed: 0)),
      network: network,
      outlets: .init(
        onEvent: {
          guard case .error(let report) = $0 else { return }
          cause = report.message
          loop.stop()
        },
        onMarkets: {
          markets = $0
          loop.stop()
        },
        onNote: { _ in }))
    let timer = loop.timer { loop.stop() }
    timer.deadline = loop.now().monotonic + Nanoseconds.seconds(seconds)
    loop.soon { driver.start() }
    loop.run()
    driver.stop()
    guard let markets else { throw Failure(.venueUnavailable, "\(venue.id): \(cause)") }
    return markets
  }

  private static func lines(_ markets: [Market]) -> String {
    var text = ByteBuffer()
    let sent = Clock.now().wall
    for market in markets {
      text.append(.market(market), sequence: 0, sent: sent, style: LineStyle())
    }
    return text.string
  }

  private static func table(_ markets: [Market]) -> String {
    let heading = [
      "VENUE", "SYMBOL", "TICK", "LOT", "MIN SIZE", "MIN NOTIONAL", "LEVERAGE", "STATUS",
    ]
    let rows = markets.map { market in
      [
        market.venue.description, market.symbol.description, market.tickSize.description,
        market.lotSize.description, market.minSize.description,
        market.minNotional?.description ?? "", market.maxLeverage?.description ?? "",
        market.status.rawValue,
      ]
    }
    return TextTable(rows: [heading] + rows).text
  }
}
