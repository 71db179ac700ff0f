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
  private var recording: RunRecording?
  private let isRecordingOnly: Bool
  private let hello: Hello
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

    /// What the last line says; nil where there is none.
    var reason: String? {
      switch self {
      case .stopped(let reason): reason
      case .elapsed: "duration"
      case .counted, .readerGone, .failed: nil
      }
    }
  }

  /// Where the lines go.
  enum Destination {
    case standardOutput(bareNumbers: Bool, lines: Int?)
    /// Nowhere: they are recorded as events.
    case recording
  }

  init(_ options: FeedOptions, destination: Destination, record: String? = nil) throws {
    channels = try options.parsedChannels()
    let targets = try options.parsedTargets()
    let venues = Registry.venues.filter { venue in targets.contains { $0.venue == venue.id } }
    let configuration = try options.files.load(
      options.endpoints.flags(for: venues) + options.logging.flags)
    log = configuration.log()
    lines =
      switch destination {
      case .standardOutput(let bareNumbers, let count):
        LineOutput(Outlet(bareNumbers: bareNumbers), lines: count)
      case .recording: LineOutput(Outlet())
      }
    isRecordingOnly = if case .recording = destination { true } else { false }
    let descriptor = isRecordingOnly ? nil : StandardOutput.takeOver()
    guard isRecordingOnly || descriptor != nil else {
      throw Failure(.ioError, "stdout is closed")
    }
    if options.sim {
      simulation = try EmbeddedSimulation(
        venues: venues, options: options.simulation, log: configuration.log())
    }
    hello = Hello(mode: options.sim ? .sim : .live, venues: venues)
    if let record {
      recording = try RunRecording(
        into: record, hello: hello, loop: loop, log: log,
        onFailure: { [unowned self] in recordingEnded($0) })
    }
    let network = Network(loop: loop, roots: try trustedRoots())
    for venue in venues {
      let endpoints =
        try simulation?.endpoints(of: venue) ?? configuration.endpoints(of: venue)
      let session = SessionOptions(
        endpoints: endpoints, seed: .random(in: 0 ... .max),
        settings: configuration.settings(of: venue),
        secrets: try Secrets.read(for: venue, in: configuration))
      let feed = Feed(venue, targets: targets.filter { $0.venue == venue.id }, channels: channels)
      feed.driver = SessionDriver(
        session: venue.session(session, isRacing: options.race), network: network,
        outlets: outlets(of: feed),
        recorder: recording?.session(of: venue.id, session, isRacing: options.race))
      feeds.append(feed)
    }
    if let descriptor {
      output = StandardOutput(
        descriptor, loop: loop, onWritable: { [unowned self] in flush() },
        onHangUp: { [unowned self] in end(.readerGone) })
    }
    attend(to: options.duration)
  }

  private func outlets(of feed: Feed) -> SessionDriver.Outlets {
    .init(
      onEvent: { [unowned self] in receive($0) },
      onQuote: { [unowned self] in receive($0) },
      onAnswer: { [unowned self] in lines.outlet.put(answer: $0, at: loop.now()) },
      onMarkets: { [unowned self, unowned feed] in learn($0, feed) },
      onNote: { [unowned self] in log.write($0, at: loop.now()) })
  }

  private func recordingEnded(_ report: ErrorReport) {
    if isRecordingOnly { return end(.failed(Failure(.ioError, report.message))) }
    receive(.error(report))
  }

  private func attend(to duration: Int?) {
    signals = Signals(loop: loop) { [unowned self] number in
      end(.stopped(reason: number == 2 ? "interrupted" : "terminated"))
    }
    if let seconds = duration {
      timer = loop.timer { [unowned self] in end(.elapsed) }
      timer?.deadline = loop.now().monotonic + Nanoseconds.seconds(seconds)
    }
    loop.afterTurn { [unowned self] in flush() }
  }

  /// Returns when the stream has ended; throws a `Failure` when it did not end well.
  func run() throws {
    simulation?.start()
    lines.outlet.put(hello)
    loop.soon { [unowned self] in for feed in feeds { feed.driver?.start() } }
    loop.run()
    for feed in feeds { feed.driver?.stop() }
    simulation?.stop()
    recording?.finish()
    if isRecordingOnly, let rows = recording?.counters.rows {
      log.write(.notice, "recorded \(rows) rows", at: loop.now())
    }
    log.finish(at: loop.now())
    if let reason = ending?.reason {
      lines.outlet.putBye(reason: reason)
      try flushLast()
    }
    switch ending {
    case .elapsed:
      if !hadData { throw Failure(.venueUnavailable, "no data came from any venue") }
    case .failed(let failure): throw failure
    case .stopped, .counted, .readerGone, nil: break
    }
  }

  private func end(_ ending: Ending) {
    loop.stop()
    guard self.ending == nil else { return }
    self.ending = ending
    recording?.seal(ending.reason)
  }

  // MARK: Events

  private func receive(_ event: borrowing Event) {
    guard ending == nil else { return }
    switch event {
    case .bbo, .trade, .book, .funding: hadData = true
    case .error(let report):
      log.write(report.isFatal ? .error : .warning, report.message, at: loop.now())
    case .stream(let status): if isRecordingOnly { tell(status) }
    case .market, .order, .fill, .position, .balance, .account, .limits, .drift: break
    }
    if event.isLossless { sequence += 1 }
    judge(lines.put(event, sequence: sequence, at: loop.now()) { write($0) })
  }

  /// For who records, and sees no lines.
  private func tell(_ status: borrowing StreamStatus) {
    let topic = "\(status.topic.symbol) \(status.topic.channel.rawValue)"
    log.write(
      .notice, "\(status.venue) \(topic) \(status.state.rawValue): \(status.cause)",
      at: loop.now())
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
    isRecordingOnly ? (bytes.count, .all) : output?.write(bytes) ?? (0, .closed)
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
