import Glibc
import PerpCore

/// A file that is written anew at intervals, whole or not at all, by a thread of its own: the disk
/// never delays the loop.
package final class StatusFile {
  private let path: String
  private let interval: UInt64
  private let loop: EventLoop
  private let text: () -> [UInt8]
  private let done: Mailbox<String?>
  private let state: State
  private var timer: Timer?

  /// `text` is asked for what to write, every `interval` nanoseconds and now. `onFailure` is told
  /// why nothing could be written.
  package init(
    _ path: String, every interval: UInt64, loop: EventLoop, text: @escaping () -> [UInt8],
    onFailure: @escaping (String) -> Void
  ) {
    self.path = path
    self.interval = interval
    self.loop = loop
    self.text = text
    let state = State()
    done = loop.mailbox("status file", limit: 4) { failure in
      state.isWriting = false
      if let failure, failure != state.lastFailure { onFailure(failure) }
      state.lastFailure = failure
    }
    self.state = state
    timer = loop.timer { [unowned self] in write() }
    timer?.deadline = loop.now().monotonic
  }

  private final class State {
    var isWriting = false
    /// Told once, until it is another.
    var lastFailure: String?
  }

  package func stop() { timer?.end() }

  private func write() {
    timer?.deadline = loop.now().monotonic + interval
    // A disk that hangs has one thread waiting for it, not more.
    guard !state.isWriting else { return }
    state.isWriting = true
    let (path, bytes, done) = (path, text(), done)
    Worker("status file") { done.post(Self.replace(path, with: bytes)) }.detach()
  }

  /// Nil when it went well.
  package static func replace(_ path: String, with bytes: [UInt8]) -> String? {
    let new = "\(path).\(getpid()).new"
    let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { return "\(new): \(errorText(errno))" }
    var failure: String?
    var rest = bytes[...]
    while !rest.isEmpty, failure == nil {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        failure = "\(new): \(errorText(errno))"
      }
    }
    close(descriptor)
    if failure == nil, rename(new, path) != 0 { failure = "\(path): \(errorText(errno))" }
    if failure != nil { unlink(new) }
    return failure
  }
}
