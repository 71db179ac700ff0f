import CPerpIO
import Glibc

/// What systemd, or whoever speaks its protocol, gives us and wants to know (sd_listen_fds(3),
/// sd_notify(3)). Its variables are taken out of the environment: they are not for children.
package struct Systemd {
  /// A socket that listens already.
  package let listener: Int32?
  /// Nanoseconds between two signs of life; half of what systemd waits.
  package let watchdog: UInt64?
  private let notifications: String?

  package init() {
    listener = Self.takeListener()
    notifications = Self.take("NOTIFY_SOCKET")
    let period = Self.take("WATCHDOG_USEC").flatMap { UInt64($0) }
    let process = Self.take("WATCHDOG_PID").flatMap { Int32($0) }
    watchdog = process == nil || process == getpid() ? period.map { $0 * 1_000 / 2 } : nil
  }

  /// Such as `READY=1`. Nothing happens where nobody wants to know.
  package func tell(_ state: String) {
    guard let notifications else { return }
    _ = perp_unix_send(notifications, state)
  }

  private static func takeListener() -> Int32? {
    let process = take("LISTEN_PID").flatMap { Int32($0) }
    let count = take("LISTEN_FDS").flatMap { Int32($0) }
    _ = take("LISTEN_FDNAMES")
    guard process == getpid(), let count, count >= 1 else { return nil }
    for descriptor in 3..<3 + count {
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      if descriptor > 3 { close(descriptor) }
    }
    _ = fcntl(3, F_SETFL, fcntl(3, F_GETFL) | O_NONBLOCK)
    return 3
  }

  private static func take(_ name: String) -> String? {
    defer { unsetenv(name) }
    return getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}
