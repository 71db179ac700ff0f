import CPerpIO
import Glibc
import PerpCore

/// The stream that our reader is on, written from the loop without ever blocking it and without
/// a thread in between.
///
/// `O_NONBLOCK` is never set on what we inherited: the flag belongs to the open file description,
/// which the parent and its other children share. A pipe or terminal is opened anew instead, with
/// a flag of our own; a socket takes the wish with each call.
package final class StandardOutput {
  package enum Outcome: Equatable, Sendable {
    case all
    /// The reader is slow; `onWritable` will tell when it has made room.
    case partial
    /// Nobody reads any more.
    case closed
    /// Such as a full disk, in words.
    case failed(String)
  }

  private enum Kind {
    /// Non-blocking by a flag of our own.
    case own
    case socket
    /// A regular file or device: always ready.
    case file
    /// A blocking description we share: written in pieces that are known to fit.
    case shared
  }

  /// What a pipe takes in one piece whenever it says that it is writable (`PIPE_BUF`).
  private static let certainPiece = 4096
  /// Asked of the kernel for a pipe, which otherwise holds 64 KiB.
  private static let pipeSize: Int32 = 1 << 20

  private let descriptor: Int32
  private let kind: Kind
  private var watch: Watch?
  private let onWritable: () -> Void
  private let onHangUp: () -> Void

  /// Duplicates standard output for ourselves and points descriptor 1 at standard error, so that
  /// no library can write into the stream. Nil when standard output is closed.
  package static func takeOver() -> Int32? {
    let own = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
    guard own >= 0 else { return nil }
    dup2(STDERR_FILENO, STDOUT_FILENO)
    return own
  }

  /// Owns the descriptor from now on. `onHangUp` comes at most once, also while nothing is written.
  package init(
    _ descriptor: Int32, loop: EventLoop, onWritable: @escaping () -> Void,
    onHangUp: @escaping () -> Void
  ) {
    (self.descriptor, kind) = Self.open(descriptor)
    self.onWritable = onWritable
    self.onHangUp = onHangUp
    if kind != .file {
      watch = loop.watch(self.descriptor, []) { [unowned self] in serve($0) }
    }
  }

  deinit {
    watch?.cancel()
    close(descriptor)
  }

  /// Writes what can be written now; says how many bytes were taken and why not all.
  package func write(_ bytes: UnsafeRawBufferPointer) -> (taken: Int, outcome: Outcome) {
    var taken = 0
    while taken < bytes.count {
      let count = writeSome(UnsafeRawBufferPointer(rebasing: bytes[taken...]))
      if count >= 0 {
        taken += count
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        watch?.want(.write)
        return (taken, .partial)
      case EPIPE, ECONNRESET: return (taken, .closed)
      default: return (taken, .failed(errorText(errno)))
      }
    }
    return (taken, .all)
  }

  /// Takes from the buffer what can be written now.
  package func write(_ buffer: inout ByteBuffer) -> Outcome {
    let (taken, outcome) = write(buffer.bytes)
    buffer.removeFirst(taken)
    return outcome
  }

  /// The last words: waits for a slow reader until the deadline, on the monotonic clock.
  package func flush(_ buffer: inout ByteBuffer, until deadline: UInt64) -> Outcome {
    while true {
      let outcome = write(&buffer)
      guard outcome == .partial, wait(until: deadline) else { return outcome }
    }
  }

  /// Blocks until the reader has made room, or something else can be said of it; false once the
  /// deadline is over. For the end of the program only.
  package func wait(until deadline: UInt64) -> Bool {
    let now = Clock.now().monotonic
    guard now < deadline else { return false }
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    poll(&entry, 1, Int32(clamping: (deadline - now) / 1_000_000 + 1))
    return true
  }

  private func writeSome(_ bytes: UnsafeRawBufferPointer) -> Int {
    switch kind {
    case .own, .file: return Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    case .socket:
      let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
      return send(descriptor, bytes.baseAddress, bytes.count, flags)
    case .shared:
      var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      guard poll(&entry, 1, 0) > 0 else {
        errno = EAGAIN
        return -1
      }
      return Glibc.write(descriptor, bytes.baseAddress, min(bytes.count, Self.certainPiece))
    }
  }

  private func serve(_ ready: Readiness) {
    if !ready.isDisjoint(with: [.hungUp, .failed]) {
      watch?.cancel()
      return onHangUp()
    }
    watch?.want([])
    onWritable()
  }

  private static func open(_ inherited: Int32) -> (Int32, Kind) {
    var status = stat()
    guard fstat(inherited, &status) == 0 else { return (inherited, .file) }
    let isPipe = status.st_mode & S_IFMT == S_IFIFO
    if status.st_mode & S_IFMT == S_IFSOCK { return (inherited, .socket) }
    guard isPipe || isatty(inherited) == 1 else { return (inherited, .file) }
    let flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    let own = Glibc.open("/proc/self/fd/\(inherited)", flags)
    guard own >= 0 else { return (inherited, .shared) }
    close(inherited)
    if isPipe { _ = perp_set_pipe_size(own, pipeSize) }
    return (own, .own)
  }
}
