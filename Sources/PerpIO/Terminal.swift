import CPerpIO
import Glibc

/// A descriptor that somebody may look at.
package struct Terminal: Sendable {
  private let descriptor: Int32

  /// Nil for what is no terminal.
  package init?(_ descriptor: Int32) {
    guard isatty(descriptor) == 1 else { return nil }
    self.descriptor = descriptor
  }

  /// As of now: people change it. Nil where the terminal does not say.
  package var size: (rows: Int, columns: Int)? {
    var (rows, columns): (Int32, Int32) = (0, 0)
    guard perp_terminal_size(descriptor, &rows, &columns) == 0, rows > 0, columns > 0 else {
      return nil
    }
    return (Int(rows), Int(columns))
  }
}
