import Glibc

/// The lines that a command reads.
enum InputLines {
  /// A longer line cannot be one of ours.
  private static let maxLineBytes = 1 << 20

  /// Those of a file, or of standard input for `-`, without their LF.
  static func each(of file: String, _ body: (RawSpan) throws -> Void) throws {
    let descriptor = file == "-" ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure(.badInput, "\(file): \(String(cString: strerror(errno)))")
    }
    defer { if descriptor != STDIN_FILENO { close(descriptor) } }
    var pending: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw Failure(.badInput, "\(file): \(String(cString: strerror(errno)))")
      }
      if count == 0 { break }
      pending += chunk[..<count]
      var start = 0
      while let end = pending[start...].firstIndex(of: UInt8(ascii: "\n")) {
        try body(pending.span.bytes.extracting(start..<end))
        start = end + 1
      }
      pending.removeFirst(start)
      guard pending.count <= maxLineBytes else {
        throw Failure(.badInput, "\(file): a line is longer than \(maxLineBytes) bytes")
      }
    }
    if !pending.isEmpty { try body(pending.span.bytes) }
  }
}
