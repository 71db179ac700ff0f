import Glibc
import PerpCore
import PerpGateway
import PerpIO
import PerpSetup
import PerpVenue
import PerpVenues

/// One run of `perpwire stream`: sessions in, lines out.
final class Streaming {
  /// The last lines wait so long for a slow reader, in nanoseconds.
  private static let flushLimit = Nanoseconds.seconds(5)

  private let loop = EventLoop()
  private let log: Log
  private let channels: [Channel]
  private var lines: LineOutput
  private var output: StandardOutput?
  private var feeds: [Feed] = []
  private var simulation: EmbeddedSimulation?
  private var signals: Signals?
  private var timer: PerpIO.Timer?
  /// The number of the last lossless line.
  private var sequence: UInt64 = 0
  private var hadData = false
  private var ending: Ending?

  private enum Ending {
    /// Enough lines.
    case counted
    /// Enough seconds.
    case elapsed
    /// Asked to stop by a signal, which is never a failure.
    case stopped(reason: String)
    /// The reader has gone away: nobody is left to tell.
    case readerGone
    case failed(Failure)
  }

  init(_ command: Stream, targets: [Target], channels: [Channel]) throws {
    guard let descriptor = StandardOutput.takeOver() else {
      throw Failure(.ioError, "stdout is closed")
    }
    self.channels = channels
    lines = LineOutput(Outlet(bareNumbers: command.numbers), lines: command.count)
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
      let feed = Feed(venue, targets: targets.filter { $0.venue == venue.id }, channels: channels)
      feed.driver = SessionDriver(
        session: venue.session(
          SessionOptions(
            endpoints: endpoints, seed: .random(in: 0 ... .max),
            settings: configuration.settings(of: venue),
            secrets: try Secrets.read(for: venue, in: configuration)),
          isRacing: command.race),
        network: network,
        outlets: .init(
          onEvent: { [unowned self] in receive($0) },
          onQuote: { [unowned self] in receive($0) },
          onAnswer: { [unowned self] in lines.outlet.put(answer: $0, at: loop.now()) },
          onMarkets: { [unowned self, unowned feed] in learn($0, feed) },
          onNote: { [unowned self] in log.write($0, at: loop.now()) }))
      feeds.append(feed)
    }
    output = StandardOutput(
      descriptor, loop: loop, onWritable: { [unowned self] in flush() },
      onHangUp: { [unowned self] in end(.readerGone) })
    signals = Signals(loop: loop) { [unowned self] number in
      end(.stopped(reason: number == 2 ? "interrupted" : "terminated"))
    }
    if let seconds = command.duration {
      timer = loop.timer { [unowned self] in end(.elapsed) }
      timer?.deadline = loop.now().monotonic + Nanoseconds.seconds(seconds)
    }
    loop.afterTurn { [unowned self] in flush() }
  }

  /// Returns when the stream has ended; throws a `Failure` when it did not end well.
  func run() throws {
    simulation?.start()
    lines.outlet.put(
      Hello(
        version: Perpwire.version, pid: Int(getpid()),
        runID: "r-" + String(UInt64.random(in: 0 ... .max), radix: 36),
        mode: simulation == nil ? .live : .sim, venues: feeds.map { $0.venue.id }))
    loop.soon { [unowned self] in for feed in feeds { feed.driver?.start() } }
    loop.run()
    for feed in feeds { feed.driver?.stop() }
    simulation?.stop()
    log.finish(at: loop.now())
    switch ending {
    case .stopped(let reason):
      lines.outlet.putBye(reason: reason)
      try flushLast()
    case .elapsed:
      lines.outlet.putBye(reason: "duration")
      try flushLast()
      if !hadData { throw Failure(.venueUnavailable, "no data came from any venue") }
    case .counted: break
    case .readerGone, nil: break
    case .failed(let failure): throw failure
    }
  }

  private func end(_ ending: Ending) {
    if self.ending == nil { self.ending = ending }
    loop.stop()
  }

  // MARK: Events

  private func receive(_ event: borrowing Event) {
    guard ending == nil else { return }
    switch event {
    case .bbo, .trade, .book, .funding: hadData = true
    case .error(let report):
      log.write(report.isFatal ? .error : .warning, report.message, at: loop.now())
    case .stream: sequence += 1
    case .market, .drift: break
    }
    judge(lines.put(event, sequence: sequence, at: loop.now()) { write($0) })
  }

  private func receive(_ quote: borrowing BBO) {
    guard ending == nil else { return }
    hadData = true
    judge(lines.put(quote, at: loop.now()) { write($0) })
  }

  private func learn(_ markets: [Market], _ feed: Feed) {
    let news = feed.learn(markets)
    for message in news.unresolved { log.write(.error, message, at: loop.now()) }
    for market in news.changed { receive(.market(market)) }
    if !news.topics.isEmpty { feed.driver?.subscribe(news.topics) }
    if feeds.allSatisfy({ $0.isResolved && $0.topics.isEmpty }) {
      end(.failed(Failure(.usage, "nothing to stream")))
    }
  }

  // MARK: Lines

  private func flush() {
    guard ending == nil else { return }
    for request in lines.outlet.takeSnapshotRequests() {
      feeds.first { $0.venue.id == request.venue }?.driver?.snapshot(request.topic)
    }
    judge(lines.flush(at: loop.now()) { write($0) })
  }

  private func write(
    _ bytes: UnsafeRawBufferPointer
  ) -> (taken: Int, outcome: StandardOutput.Outcome) {
    output?.write(bytes) ?? (0, .closed)
  }

  private func judge(_ outcome: LineOutput.Outcome) {
    switch outcome {
    case .goesOn: break
    case .enough: end(.counted)
    case .readerGone: end(.readerGone)
    case .readerTooSlow:
      end(
        .failed(
          Failure(
            .ioError,
            "the reader of stdout does not keep up, not even with the "
              + "lines that may not be left out")))
    case .failed(let cause): end(.failed(Failure(.ioError, "stdout: \(cause)")))
    }
  }

  private func flushLast() throws {
    let deadline = Clock.now().monotonic + Self.flushLimit
    repeat {
      let outcome = lines.flush(at: loop.now()) { write($0) }
      if case .failed(let cause) = outcome { throw Failure(.ioError, "stdout: \(cause)") }
      guard outcome == .goesOn, lines.isReaderBehind else { return }
    } while output?.wait(until: deadline) == true
  }
}
