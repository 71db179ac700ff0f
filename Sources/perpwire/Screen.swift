import Glibc
import PerpIO

/// Standard output as a place where each text replaces the one before: a terminal. Where it is
/// none, texts follow each other, and no control codes are written.
final class Screen {
  /// ECMA-48, and the cursor's visibility as terminals since the VT220 have it.
  private enum Code {
    static let clear = "\u{1B}[2J"
    static let home = "\u{1B}[H"
    static let endOfLine = "\u{1B}[K"
    static let rest = "\u{1B}[J"
    static let hideCursor = "\u{1B}[?25l"
    static let showCursor = "\u{1B}[?25h"
  }

  private let terminal = Terminal(STDOUT_FILENO)
  private var isEntered = false
  private var isFirst = true

  /// What is written to stderr would appear in the middle of it.
  var isShared: Bool { isEntered && Terminal(STDERR_FILENO) != nil }

  /// Nil where there is no limit.
  var rows: Int? { terminal?.size?.rows }

  func enter() throws {
    isEntered = try terminal != nil && Output.write(Code.clear + Code.hideCursor)
  }

  func leave() throws {
    if isEntered { try Output.write("\n" + Code.showCursor) }
    isEntered = false
  }

  /// False when nobody looks any more. The status is for terminals only.
  func show(_ text: String, status: String) throws -> Bool {
    guard isEntered else {
      defer { isFirst = false }
      return try Output.write((isFirst ? "" : "\n") + text)
    }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    lines.append(status.prefix { $0 != "\n" })
    // A longer line would be folded and push the others down.
    let columns = terminal?.size?.columns ?? .max
    let body = lines.map { $0.prefix(columns) + Code.endOfLine }.joined(separator: "\n")
    return try Output.write(Code.home + body + Code.rest)
  }
}
