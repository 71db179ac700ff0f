import Foundation

/// The whole lines of a pipe or a socket, without their LF, until it ends.
package final class Lines: Sequence, IteratorProtocol {
  private let stream: UnsafeMutablePointer<FILE>?

  /// Takes the descriptor over, and closes it.
  package init(descriptor: Int32) { stream = fdopen(descriptor, "r") }

  deinit {
    if let stream { fclose(stream) }
  }

  package func next() -> String? {
    guard let stream else { return nil }
    var (text, size) = (UnsafeMutablePointer<CChar>?.none, 0)
    defer { free(text) }
    let count = getline(&text, &size, stream)
    guard count > 0, let text, text[count - 1] == 10 else { return nil }
    return String(decoding: UnsafeRawBufferPointer(start: text, count: count - 1), as: UTF8.self)
  }
}

/// Ends the program, and says why.
package func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data((message + "\n").utf8))
  exit(1)
}
