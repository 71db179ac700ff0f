import Glibc
import PerpCore
import PerpGateway
import PerpIO
import PerpSetup
import PerpVenue

/// The recording of one run of `stream`, `record` or `serve`: its sessions, and the first and the
/// last line, which no session says.
final class RunRecording {
  private let recorder: Recorder
  private let loop: EventLoop
  private let log: Log

  /// `onFailure` is told once why it ends early.
  init(
    into path: String, hello: Hello, loop: EventLoop, log: Log,
    onFailure: @escaping (ErrorReport) -> Void
  ) throws {
    (self.loop, self.log) = (loop, log)
    do {
      recorder = try Recorder(
        into: path, facts: [("version", hello.version), ("run_id", hello.runID)], loop: loop,
        onFailure: { failure in
          onFailure(
            ErrorReport(
              venue: nil, place: "record", reason: "internal", message: failure.description,
              time: loop.now().wall))
        })
    } catch {
      throw Failure(.ioError, error.description)
    }
    write { $0.put(hello) }
  }

  var counters: Recorder.Counters { recorder.counters }

  func session(
    of venue: VenueID, _ options: SessionOptions, isRacing: Bool
  ) -> SessionRecorder {
    recorder.session(of: venue, options, isRacing: isRacing)
  }

  /// Nothing is recorded from here on but, with a reason, the last line.
  func seal(_ reason: String?) {
    if let reason { write { $0.putBye(reason: reason) } }
    recorder.seal(at: loop.now())
  }

  /// Returns when all is written.
  func finish() {
    recorder.finish()
    guard counters.dropped > 0 else { return }
    log.write(
      .error, "\(counters.dropped) rows could not be recorded: the disk is too slow",
      at: loop.now())
  }

  private func write(_ line: (inout Outlet) -> Void) {
    var outlet = Outlet()
    line(&outlet)
    recorder.line(outlet.ready, at: loop.now())
  }
}
