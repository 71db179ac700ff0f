import Glibc

/// Takes connections from a listening descriptor, which is ours from then on.
final class Acceptor {
  /// Connections for which no descriptor was left.
  private(set) var refused = 0
  private let listener: Int32
  private let take: (Int32) -> Int32
  private var watch: Watch?
  /// Given up to tell a caller that no descriptor is left.
  private var reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
  private var isClosed = false

  /// `take` is the system's `accept` as the kind of socket needs it.
  init(_ listener: Int32, take: @escaping (Int32) -> Int32) {
    self.listener = listener
    self.take = take
  }

  deinit { close() }

  /// Calls `onConnection` with each connection, whose descriptor is then the callee's.
  func accept(on loop: EventLoop, onConnection: @escaping (Int32) -> Void) {
    watch = loop.watch(listener, .read) { [unowned self] _ in
      while true {
        let connection = take(listener)
        guard connection >= 0 else {
          // It waits in the kernel, and would wake us for ever.
          if errno == EMFILE || errno == ENFILE { refuseOne() }
          return
        }
        onConnection(connection)
      }
    }
  }

  private func refuseOne() {
    Glibc.close(reserve)
    let connection = take(listener)
    if connection >= 0 {
      refused += 1
      Glibc.close(connection)
    }
    reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
  }

  /// Nobody is taken any more.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    watch?.cancel()
    Glibc.close(listener)
    Glibc.close(reserve)
  }
}
