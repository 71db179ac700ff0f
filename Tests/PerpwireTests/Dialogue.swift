import Foundation
import Testing

/// `perpwire serve --stdio` as its parent sees it.
final class Dialogue {
  let program: Program
  private var writer: Int32
  private var lines: AsyncStream<String>.AsyncIterator
  /// All that it wrote so far.
  private(set) var output: [Line] = []

  init(_ arguments: [String], within seconds: Double = 40) throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    writer = ends[1]
    program = try Program(
      ["serve", "--stdio"] + arguments, input: .descriptor(ends[0]), within: seconds)
    close(ends[0])
    lines = program.lines.makeAsyncIterator()
  }

  deinit { endInput() }

  func endInput() {
    if writer >= 0 { close(writer) }
    writer = -1
  }

  func say(_ line: String) { say(piece: line + "\n") }

  /// A part of a line, or several.
  func say(piece: String) {
    let bytes = Array(piece.utf8)
    #expect(write(writer, bytes, bytes.count) == bytes.count)
  }

  /// The next line that this is true of.
  func line(_ isWanted: (Line) -> Bool = { _ in true }) async throws -> Line {
    while let text = await lines.next() {
      let line = try Line(text)
      output.append(line)
      if isWanted(line) { return line }
    }
    throw POSIXError(.EPIPE)
  }

  func ask(_ id: Int, _ method: String, _ params: String = "{}") async throws -> Line {
    say(#"{"id":\#(id),"method":"\#(method)","params":\#(params)}"#)
    return try await line { $0[number: "id"] == id }
  }
}
