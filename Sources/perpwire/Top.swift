import ArgumentParser
import PerpCore
import PerpGateway
import PerpIO
import PerpSetup
import PerpVenue
import PerpVenues

struct Top: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show quotes of several venues side by side, with their health, as a live table.",
    discussion: """
      EXAMPLES
        perpwire top --sim
        perpwire top paradex:BTC paradex:ETH
        perpwire top --once paradex:BTC | awk 'NR == 2 { print $6 }'

      Below the table: the best spread of each asset when buying on one venue and
      selling on another. Quotes that are stale, flagged or read only from time to
      time (source poll) are left out of that.

      --once waits until every stream is live, prints one table and ends. Where
      stdout is no terminal, tables follow each other and have no control codes.
      A TARGET is venue:SYMBOL, venue:BASE or 'venue:*'. Ctrl-C ends it.
      """)

  @Argument(help: ArgumentHelp("What to show.", valueName: "target"))
  var targets: [String] = []

  @Flag(help: "Show simulated venues inside this process.")
  var sim = false

  @Flag(help: "Print one table and end.")
  var once = false

  @Option(help: "With --once: print it after so many seconds, whatever is missing.")
  var timeout = 10

  @Option(help: "Milliseconds from one table to the next.")
  var interval = 500

  @OptionGroup var simulation: SimulationOptions
  @OptionGroup var endpoints: EndpointOptions
  @OptionGroup var files: ConfigurationOptions
  @OptionGroup var logging: LogOptions

  func validate() throws {
    _ = try parsedTargets()
    guard (1...3_600).contains(timeout) else {
      throw ValidationError("--timeout must be 1 to 3600 seconds")
    }
    guard (50...60_000).contains(interval) else {
      throw ValidationError("--interval must be 50 to 60000 milliseconds")
    }
    if !sim, simulation.fault != nil {
      throw ValidationError("--fault is for simulated venues: add --sim")
    }
    if sim { try endpoints.requireNone() }
  }

  func run() throws { try TopRun(self, targets: parsedTargets()).run() }

  private func parsedTargets() throws -> [Target] { try Target.chosen(targets, sim: sim) }
}

/// One run of `perpwire top`: sessions in, tables out.
private final class TopRun {
  private let command: Top
  private let loop = EventLoop()
  private let log: Log
  private let screen = Screen()
  private var board = QuoteBoard()
  private var feeds: [Feed] = []
  private var simulation: EmbeddedSimulation?
  private var signals: Signals?
  private var timer: PerpIO.Timer?
  /// For the last line of the screen.
  private var lastError = ""
  private var failure: Failure?
  private var isEnding = false

  init(_ command: Top, targets: [Target]) throws {
    self.command = command
    let venues = Registry.venues.filter { venue in targets.contains { $0.venue == venue.id } }
    let configuration = try command.files.load(
      command.endpoints.flags(for: venues) + command.logging.flags)
    log = configuration.log()
    if command.sim {
      simulation = try EmbeddedSimulation(
        venues: venues, options: command.simulation, log: configuration.log())
    }
    let network = Network(loop: loop, roots: try trustedRoots())
    for venue in venues {
      let endpoints =
        try simulation?.endpoints(of: venue) ?? configuration.endpoints(of: venue)
      let feed = Feed(venue, targets: targets.filter { $0.venue == venue.id }, channels: [.bbo])
      feed.driver = SessionDriver(
        session: venue.session(
          SessionOptions(
            endpoints: endpoints, seed: .random(in: 0 ... .max),
            settings: configuration.settings(of: venue),
            secrets: try Secrets.read(for: venue, in: configuration))),
        network: network,
        outlets: .init(
          onEvent: { [unowned self] in receive($0) },
          onMarkets: { [unowned self, unowned feed] in learn($0, feed) },
          onNote: { [unowned self] in tell($0) }))
      feeds.append(feed)
    }
    signals = Signals(loop: loop) { [unowned self] _ in end() }
    timer = loop.timer { [unowned self] in command.once ? printOnce() : show() }
  }

  /// Returns when a signal has come, the reader has gone or the one table is printed.
  func run() throws {
    simulation?.start()
    if !command.once { try screen.enter() }
    let wait =
      command.once
      ? Nanoseconds.seconds(command.timeout) : Nanoseconds.milliseconds(command.interval)
    timer?.deadline = loop.now().monotonic + wait
    loop.soon { [unowned self] in for feed in feeds { feed.driver?.start() } }
    loop.run()
    for feed in feeds { feed.driver?.stop() }
    simulation?.stop()
    try screen.leave()
    log.finish(at: loop.now())
    if let failure { throw failure }
  }

  private func end(_ failure: Failure? = nil) {
    guard !isEnding else { return }
    isEnding = true
    self.failure = failure
    loop.stop()
  }

  // MARK: What comes in

  private func receive(_ event: borrowing Event) {
    board.observe(event, at: loop.now())
    if case .error(let report) = copy event {
      tell(Note(report.isFatal ? .error : .warning, report.message))
    }
    if command.once, board.isLive, feeds.allSatisfy(\.isResolved) { printOnce() }
  }

  private func learn(_ markets: [Market], _ feed: Feed) {
    let news = feed.learn(markets)
    for message in news.unresolved { tell(Note(.error, message)) }
    for topic in news.topics { board.expect(topic.symbol, on: feed.venue.id, at: loop.now()) }
    if !news.topics.isEmpty { feed.driver?.subscribe(news.topics) }
    if feeds.allSatisfy({ $0.isResolved && $0.topics.isEmpty }) {
      end(Failure(.usage, "nothing to show"))
    }
  }

  /// Words on stderr would spoil the screen if they went to the same terminal.
  private func tell(_ note: Note) {
    if note.level == .error || note.level == .warning { lastError = note.text }
    if !screen.isShared { log.write(note, at: loop.now()) }
  }

  // MARK: Tables

  private func printOnce() {
    guard !isEnding else { return }
    do { try Output.write(table(rows: nil)) } catch { return end(error as? Failure) }
    end(board.hasData ? nil : Failure(.venueUnavailable, "no quote came from any venue"))
  }

  private func show() {
    do {
      guard try screen.show(table(rows: screen.rows), status: lastError) else { return end() }
    } catch { return end(error as? Failure) }
    timer?.deadline = loop.now().monotonic + Nanoseconds.milliseconds(command.interval)
  }

  /// As much of the board as `rows` lines hold, the crossings first of all.
  private func table(rows: Int?) -> String {
    let crossings = board.crossingCells()
    let below =
      crossings.isEmpty
      ? ""
      : "\n" + TextTable(rows: [QuoteBoard.crossingHeading] + crossings, numbers: [2, 4, 5]).text
    var cells = board.cells(at: loop.now())
    var hidden = ""
    if let rows {
      // A heading, a line on what is hidden, and one for the status.
      let room = max(1, rows - 3 - below.count { $0 == "\n" })
      if cells.count > room {
        hidden = "and \(cells.count - room) more\n"
        cells.removeLast(cells.count - room)
      }
    }
    return TextTable(rows: [QuoteBoard.heading] + cells, numbers: [3, 4, 5, 6, 7, 8]).text
      + hidden + below
  }
}
