import PerpCore
import PerpIO
import PerpVenue
import PerpVenues

/// One run of `perpwire replay`: rows in, lines out, each when its time has come.
///
/// A slow reader holds it up; nothing is left out for it.
final class Replaying {
  /// Bytes of lines that are written in one piece.
  private static let flushAt = 64 << 10
  /// Rows after which other things may happen.
  private static let rowsPerTurn = 10_000

  private let loop = EventLoop()
  private let log: Log
  private let replay: PerpIO.Replay
  private let speed: Double?
  private var lines = ByteBuffer(capacity: 1 << 20)
  private var output: StandardOutput?
  private var signals: Signals?
  private var timer: PerpIO.Timer?
  private var isReaderBehind = false
  /// When the first row was played, and when it was recorded, on the monotonic clocks.
  private var start: (now: UInt64, then: UInt64)?
  private var failure: Failure?

  init(_ command: Replay, _ recording: Recording) throws {
    log = try command.files.load(command.logging.flags).log()
    speed = try command.pace()
    guard let descriptor = StandardOutput.takeOver() else {
      throw Failure(.ioError, "stdout is closed")
    }
    do throws(Recording.Failure) {
      replay = try PerpIO.Replay(
        recording, bareNumbers: command.numbers, venue: { Registry.venue($0) })
    } catch {
      throw Failure(.badInput, error.description)
    }
    if let version = recording.facts["version"], version != Perpwire.version {
      log.write(
        .warning, "recorded by perpwire \(version), so the lines may differ from those of then",
        at: loop.now())
    }
    output = StandardOutput(
      descriptor, loop: loop,
      onWritable: { [unowned self] in
        isReaderBehind = false
        advance()
      }, onHangUp: { [unowned self] in loop.stop() })
    signals = Signals(loop: loop) { [unowned self] _ in loop.stop() }
    timer = loop.timer { [unowned self] in advance() }
  }

  func run() throws {
    loop.soon { [unowned self] in advance() }
    loop.run()
    log.finish(at: loop.now())
    if let failure { throw failure }
  }

  /// Plays what is due, as long as the reader takes it.
  private func advance() {
    do throws(Recording.Failure) {
      for _ in 0..<Self.rowsPerTurn {
        if lines.count >= Self.flushAt { write() }
        if isReaderBehind || failure != nil { return }
        guard let moment = replay.moment else { return finish() }
        if let due = due(moment.monotonic), due > loop.now().monotonic {
          write()
          timer?.deadline = due
          return
        }
        try replay.step(into: &lines)
      }
      loop.soon { [unowned self] in advance() }
    } catch {
      write()
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

  private func write() {
    guard let output, !isReaderBehind else { return }
    switch output.write(&lines) {
    case .all: break
    case .partial: isReaderBehind = true
    case .closed: loop.stop()
    case .failed(let cause): end(Failure(.ioError, "stdout: \(cause)"))
    }
  }

  private func finish() {
    write()
    guard !isReaderBehind, failure == nil else { return }
    switch replay.ending {
    case .gap(let rows):
      end(
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
    loop.stop()
  }

  private func end(_ failure: Failure) {
    if self.failure == nil { self.failure = failure }
    loop.stop()
  }
}
