import CPerpIO
import Glibc

/// Brings SIGINT, SIGTERM and SIGHUP to the loop. The second one ends the process at once, also
/// when the loop is stuck, with status 128 + number. One for the process.
package final class Signals {
  private let reading: Int32
  private let writing: Int32
  private var watch: Watch?

  package init(loop: EventLoop, onSignal: @escaping (Int32) -> Void) {
    var ends: [Int32] = [-1, -1]
    let result = perp_pipe(&ends)
    precondition(result == 0, "no pipe")
    (reading, writing) = (ends[0], ends[1])
    watch = loop.watch(reading, .read) { [unowned self] _ in
      var number: UInt8 = 0
      while read(reading, &number, 1) == 1 { onSignal(Int32(number)) }
    }
    let watched = perp_watch_signals(writing)
    precondition(watched == 0, "signals cannot be handled")
  }

  /// Signals take their usual effect again.
  deinit {
    perp_unwatch_signals()
    watch?.cancel()
    close(reading)
    close(writing)
  }
}
