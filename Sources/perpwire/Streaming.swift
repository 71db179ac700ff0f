import Glibc
import PerpCore
import PerpGateway
import PerpIO
import PerpVenue
import PerpVenues

/// One run of `perpwire stream`: sessions in, lines out.
final class Streaming {
  /// The last lines wait so long for a slow reader, in nanoseconds.
  private static let flushLimit = Nanoseconds.seconds(5)

  /// Bytes of lines that are written before the turn has ended.
  private static let flushAt = 64 << 10

  private let loop = EventLoop()
  private let log: Log
  private let channels: [Channel]
  /// Lines that may still be written; nil without a limit.
  private var linesLeft: Int?
  private var outlet: Outlet
  private var output: StandardOutput?
  private var feeds: [Feed] = []
  private var simulation: EmbeddedSimulation?
  private var signals: Signals?
  private var timer: PerpIO.Timer?
  private var hadData = false
  /// The last write did not take everything.
  private var isReaderBehind = false
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
    log = command.logging.log()
    self.channels = channels
    linesLeft = command.count
    outlet = Outlet(bareNumbers: command.numbers)
    let venues = Registry.venues.filter { venue in targets.contains { $0.venue == venue.id } }
    if command.sim {
      simulation = try EmbeddedSimulation(
        venues: venues, options: command.simulation, log: command.logging.log())
    }
    let network = Network(loop: loop, roots: try trustedRoots())
    for venue in venues {
      let endpoints =
        try simulation?.endpoints(of: venue) ?? command.endpoints.endpoints(of: venue)
      let feed = Feed(venue, targets: targets.filter { $0.venue == venue.id }, channels: channels)
      feed.driver = SessionDriver(
        session: venue.session(
          SessionOptions(
            endpoints: endpoints, seed: .random(in: 0 ... .max),
            settings: try command.endpoints.settings(of: venue),
            secrets: try Secrets.read(for: venue)),
          isRacing: command.race),
        network: network,
        outlets: .init(
          onEvent: { [unowned self] in receive($0) },
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
    outlet.put(
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
      outlet.putBye(reason: reason)
      try flushLast()
    case .elapsed:
      outlet.putBye(reason: "duration")
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
    case .market, .stream, .drift: break
    }
    outlet.put(event, at: loop.now())
    // One turn can bring more than the outlet holds before it begins to leave out; a reader that
    // keeps up must not miss anything for that.
    if !isReaderBehind, outlet.ready.count >= Self.flushAt { writeOut() }
    if outlet.isOverflowed {
      end(
        .failed(
          Failure(
            .ioError,
            "the reader of stdout does not keep up, not even with the "
              + "lines that may not be left out")))
    }
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
    for request in outlet.takeSnapshotRequests() {
      feeds.first { $0.venue.id == request.venue }?.driver?.snapshot(request.topic)
    }
    writeOut()
  }

  private func writeOut() {
    guard ending == nil else { return }
    let outcome = write()
    isReaderBehind = outcome == .partial
    switch outcome {
    case .all, .partial: break
    case .closed: end(.readerGone)
    case .failed(let cause): end(.failed(Failure(.ioError, "stdout: \(cause)")))
    }
  }

  /// Writes what is ready, no more lines than are left.
  private func write() -> StandardOutput.Outcome {
    guard let output else { return .closed }
    while !outlet.isDrained {
      var bytes = outlet.ready
      if let linesLeft { bytes = bytes.prefix(lines: linesLeft) }
      let (taken, outcome) = output.write(bytes)
      if let linesLeft {
        let written = UnsafeRawBufferPointer(rebasing: bytes[..<taken])
        self.linesLeft = linesLeft - written.count { $0 == UInt8(ascii: "\n") }
      }
      outlet.consume(taken)
      outlet.refill(at: loop.now())
      if linesLeft == 0 {
        end(.counted)
        return .all
      }
      if outcome != .all { return outcome }
    }
    return .all
  }

  private func flushLast() throws {
    let deadline = Clock.now().monotonic + Self.flushLimit
    while true {
      switch write() {
      case .all, .closed: return
      case .partial: if output?.wait(until: deadline) != true { return }
      case .failed(let cause): throw Failure(.ioError, "stdout: \(cause)")
      }
    }
  }
}

extension UnsafeRawBufferPointer {
  /// The bytes up to and with the last LF of the first so many lines.
  fileprivate func prefix(lines: Int) -> UnsafeRawBufferPointer {
    var left = lines
    for (index, byte) in enumerated() where byte == UInt8(ascii: "\n") {
      left -= 1
      if left <= 0 { return UnsafeRawBufferPointer(rebasing: self[...index]) }
    }
    return self
  }
}
