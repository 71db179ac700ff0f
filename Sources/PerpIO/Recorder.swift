import PerpCore
import PerpVenue

/// Writes a recording on a thread of its own: what sessions were given, sent and said, in tables
/// that RECORDING.md describes.
///
/// It never delays the loop. Rows wait in a queue; where that is full they are left out and
/// counted, and the recording says so at that place. When the disk fails the recording ends, and
/// the program goes on.
package final class Recorder {
  package struct Limits: Sendable {
    /// Rows and bytes that may wait to be written.
    package var rows = 200_000
    package var bytes = 128 << 20

    package init() {}
  }

  package struct Counters: Equatable, Sendable {
    /// Rows that were written.
    package var rows = 0
    /// Rows that found the queue full.
    package var dropped = 0
  }

  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  private let queue: RecordingQueue
  private let worker: Worker
  private var isFinished = false
  private var sessions = 0

  /// `path` is a folder, for one file a day, or the name of a file that is not there yet, ending
  /// in `.sqlite` or `.db`. `facts` are told in the table `recording`. `onFailure` is called once,
  /// on the loop, when nothing more can be written.
  package init(
    into path: String, facts: [(name: String, value: String)], loop: EventLoop,
    limits: Limits = Limits(), onFailure: @escaping (Failure) -> Void
  ) throws(Failure) {
    let failures: Mailbox<Failure> = loop.mailbox("recorder", limit: 1, receive: onFailure)
    let queue = RecordingQueue(limits)
    var writer: RecordingWriter
    do throws(Database.Failure) {
      writer = try RecordingWriter(into: path, facts: facts, at: Clock.now())
    } catch {
      throw Failure(description: error.description)
    }
    self.queue = queue
    // From here on it belongs to the worker.
    nonisolated(unsafe) let own = writer
    worker = Worker("recorder") {
      do throws(Database.Failure) {
        while true {
          let items = queue.take(waiting: 100)
          let isMore = try own.write(items)
          queue.count(written: items.count)
          if !isMore { break }
        }
      } catch {
        queue.close()
        failures.post(Failure(description: "the recording ends here: \(error)"))
      }
    }
  }

  deinit { finish() }

  package var counters: Counters { queue.counters }

  /// For the driver of a session that is made with these options.
  package func session(
    of venue: VenueID, _ options: SessionOptions, isRacing: Bool = false
  ) -> SessionRecorder {
    sessions += 1
    let session = RecordedSession(
      id: sessions, venue: venue, options: options, isRacing: isRacing)
    queue.add(.session(session))
    return SessionRecorder(session.id, queue, secrets: options.secrets.values.map(\.value))
  }

  /// A line of the output that no session said, such as the first and the last.
  package func line(_ line: UnsafeRawBufferPointer, at now: Moment) {
    queue.add(.raw(RecordedRow(.line, at: now, payload: [UInt8](line))))
  }

  /// Nothing is recorded from here on.
  package func seal(at now: Moment) { queue.finish(at: now) }

  /// The same, and returns when all is written.
  package func finish() {
    guard !isFinished else { return }
    isFinished = true
    queue.finish(at: Clock.now())
    worker.join()
  }
}

/// Sees what one session is given, sends and says.
package final class SessionRecorder {
  private let id: Int
  private let queue: RecordingQueue
  /// What must not be written, whatever message it is in.
  private let secrets: [[UInt8]]
  private var known: [Symbol: Market] = [:]

  init(_ id: Int, _ queue: RecordingQueue, secrets: [String]) {
    self.id = id
    self.queue = queue
    self.secrets = secrets.map { Array($0.utf8) }.filter { !$0.isEmpty }
  }

  func given(_ input: borrowing VenueInput, at now: Moment) {
    queue.add(.raw(RecordedRow(input, of: id, at: now)))
  }

  func did(_ action: borrowing VenueAction, at now: Moment) {
    switch action {
    case .emit(let event): queue.add(.event(copy event, now))
    case .markets(let markets):
      for market in markets where known.updateValue(market, forKey: market.symbol) != market {
        queue.add(.event(.market(market), now))
      }
    case .send, .open, .ping, .close, .request:
      guard var row = RecordedRow(action, of: id, at: now) else { return }
      if secrets.contains(where: { row.payload.contains($0) || Array(row.head.utf8).contains($0) })
      {
        row.head = "withheld"
        row.payload = []
      }
      queue.add(.raw(row))
    default: break
    }
  }

  func said(_ quote: borrowing BBO, at now: Moment) { queue.add(.event(.bbo(copy quote), now)) }
}
