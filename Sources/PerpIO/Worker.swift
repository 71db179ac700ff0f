import CPerpIO
import Glibc

/// A thread. Signals are left to the main one.
package struct Worker: Sendable {
  private let thread: pthread_t

  package init(_ name: String, _ body: @escaping @Sendable () -> Void) {
    let start = Unmanaged.passRetained(Start(name: name, body: body))
    var thread = pthread_t()
    let result = pthread_create(
      &thread, nil,
      { pointer in
        let start = Unmanaged<Start>.fromOpaque(pointer.unsafelyUnwrapped).takeRetainedValue()
        perp_block_signals()
        perp_name_thread(start.name)
        start.body()
        return nil
      }, start.toOpaque())
    precondition(result == 0, "no thread to be had")
    self.thread = thread
  }

  /// Waits for its end. Either this or `detach`, once.
  package func join() { pthread_join(thread, nil) }

  /// Leaves it to end by itself.
  package func detach() { pthread_detach(thread) }

  private final class Start: Sendable {
    /// The kernel keeps 15 bytes of it.
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }
}
