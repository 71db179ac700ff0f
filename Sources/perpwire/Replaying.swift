import PerpCore
import PerpIO
import PerpVenue

/// Where a replay goes: to stdout, or to the clients of a gateway.
protocol ReplayReader: AnyObject {
  /// Whether it takes more now.
  var isReady: Bool { get }
  /// To be called when it does again.
  var onReady: () -> Void { get set }
  func take(_ told: PerpIO.Replay.Told, at moment: Moment)
  /// Nothing more is due for now.
  func flush()
  /// Everything has been told; the loop is to be stopped when all is written.
  func finish()
  /// It was interrupted.
  func stop()
  /// Why it could not be told everything.
  var failure: Failure? { get }
}

/// One run of `perpwire replay`: rows in, what comes of them out, each when its time has come.
///
/// A slow reader holds it up; nothing is left out for it.
final class Replaying {
  /// Rows after which other things may happen.
  private static let rowsPerTurn = 10_000

  private let loop: EventLoop
  private let log: Log
  private let replay: PerpIO.Replay
  /// Nil for as fast as can be.
  private let speed: Double?
  private unowned let reader: any ReplayReader
  private var timer: PerpIO.Timer?
  /// When the first row was played, and when it was recorded, on the monotonic clocks.
  private var start: (now: UInt64, then: UInt64)?
  /// What is wrong with the recording.
  private(set) var failure: Failure?
  private var isFinished = false

  init(
    _ replay: PerpIO.Replay, speed: Double?, to reader: any ReplayReader, loop: EventLoop, log: Log
  ) {
    (self.replay, self.speed, self.reader, self.loop, self.log) = (replay, speed, reader, loop, log)
    timer = loop.timer { [unowned self] in advance() }
    reader.onReady = { [unowned self] in advance() }
    loop.soon { [unowned self] in advance() }
  }

  /// Plays what is due, as long as the reader takes it.
  func advance() {
    guard !isFinished else { return }
    do throws(Recording.Failure) {
      for _ in 0..<Self.rowsPerTurn {
        guard reader.isReady else { return }
        guard let moment = replay.moment else { return finish() }
        if let due = due(moment.monotonic), due > loop.now().monotonic {
          reader.flush()
          timer?.deadline = due
          return
        }
        try replay.step { reader.take($0, at: moment) }
      }
      loop.soon { [weak self] in self?.advance() }
    } catch {
      end(Failure(.badInput, error.description))
    }
  }

  /// When a row of that time is to be played; nil for at once.
  private func due(_ then: UInt64) -> UInt64? {
    guard let speed else { return nil }
    let now = loop.now().monotonic
    let start = start ?? (now, then)
    self.start = start
    return start.now + UInt64(Double(then - min(then, start.then)) / speed)
  }

  private func finish() {
    switch replay.ending {
    case .gap(let rows):
      return end(
        Failure(
          .badInput,
          "the recording has a gap of \(rows) rows here, which the disk was too slow "
            + "for; what comes after it is in the tables, but cannot be replayed"))
    case .continued(let name):
      log.write(.notice, "the recording goes on in \(name)", at: loop.now())
    case .torn:
      log.write(.warning, "the recording was cut off here, without its end", at: loop.now())
    case .complete, nil: break
    }
    end(nil)
  }

  private func end(_ failure: Failure?) {
    self.failure = failure
    isFinished = true
    reader.flush()
    reader.finish()
  }
}
