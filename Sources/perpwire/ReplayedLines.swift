import PerpCore
import PerpIO
import PerpVenue

/// A replay to stdout: the lines as a reader who kept up was given them.
final class ReplayedLines: ReplayReader {
  /// Bytes of lines that are written in one piece.
  private static let flushAt = 64 << 10

  private let loop: EventLoop
  private let style: LineStyle
  private let tellsMarkets: Bool
  /// Whose terms were told.
  private var markets: [VenueID: [Symbol: Market]] = [:]
  private var lines = ByteBuffer(capacity: 1 << 20)
  private var output: StandardOutput?
  private var isBehind = false
  private var isFinished = false
  /// The number of the last lossless line.
  private var sequence: UInt64 = 0
  private(set) var failure: Failure?
  var onReady: () -> Void = {}

  init(bareNumbers: Bool, tellsMarkets: Bool, loop: EventLoop) throws {
    (self.loop, self.tellsMarkets) = (loop, tellsMarkets)
    style = LineStyle(bareNumbers: bareNumbers)
    guard let descriptor = StandardOutput.takeOver() else {
      throw Failure(.ioError, "stdout is closed")
    }
    output = StandardOutput(
      descriptor, loop: loop,
      onWritable: { [unowned self] in
        isBehind = false
        flush()
        onReady()
      }, onHangUp: { loop.stop() })
  }

  var isReady: Bool {
    if lines.count >= Self.flushAt { flush() }
    return !isBehind && failure == nil
  }

  func take(_ told: PerpIO.Replay.Told, at moment: Moment) {
    switch told {
    case .line(let line): lines.append(line)
    // All of them are told when they are learned.
    case .event(.market, _) where tellsMarkets: break
    case .event(let event, _):
      if event.isLossless { sequence += 1 }
      lines.append(event, sequence: sequence, sent: moment.wall, style: style)
    case .markets(let list, let venue):
      guard tellsMarkets else { return }
      for market in list
      where markets[venue, default: [:]].updateValue(market, forKey: market.symbol) != market {
        lines.append(.market(market), sequence: sequence, sent: moment.wall, style: style)
      }
    }
  }

  func flush() {
    guard let output, !isBehind else { return }
    switch output.write(&lines) {
    case .all: if isFinished { loop.stop() }
    case .partial: isBehind = true
    case .closed: loop.stop()
    case .failed(let cause):
      failure = Failure(.ioError, "stdout: \(cause)")
      loop.stop()
    }
  }

  func finish() {
    isFinished = true
    flush()
  }

  func stop() { loop.stop() }
}
