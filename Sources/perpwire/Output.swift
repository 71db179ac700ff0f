import Glibc
import PerpCore
import PerpIO

/// Standard output of the commands that print and end.
enum Output {
  /// Writes all of it, waiting for a slow reader. False when the reader has gone away, which is no
  /// failure.
  @discardableResult
  static func write(_ text: String) throws -> Bool {
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes {
        Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count)
      }
      if count >= 0 {
        done += count
      } else if errno == EPIPE {
        return false
      } else if errno != EINTR {
        throw Failure(.ioError, "stdout: \(String(cString: strerror(errno)))")
      }
    }
    return true
  }
}
