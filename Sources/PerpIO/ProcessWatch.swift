import CPerpIO
import Glibc

/// Tells when another process has ended, however it did.
package final class ProcessWatch {
  private let descriptor: Int32
  private var watch: Watch?

  /// Nil if it has ended already, or never was.
  package init?(_ process: Int32, loop: EventLoop, onEnd: @escaping () -> Void) {
    descriptor = perp_process(process)
    guard descriptor >= 0 else { return nil }
    watch = loop.watch(descriptor, .read) { [unowned self] _ in
      watch?.cancel()
      onEnd()
    }
  }

  deinit {
    watch?.cancel()
    close(descriptor)
  }
}
