import ArgumentParser
import Glibc
import PerpCore
import PerpGateway

struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check lines against the protocol: each by the schema, and all across lines.",
    discussion: """
      EXAMPLES
        perpwire stream --sim --duration 5 | perpwire validate
        perpwire validate books.jsonl

      Prints what is wrong, with its line, then a count by type. Exits with 65 when a line is
      invalid.
      """)

  /// Problems that are printed; the rest is counted.
  private static let printedProblems = 100
  /// A longer line cannot be one of ours.
  private static let maxLineBytes = 1 << 20

  @Argument(help: "Files to read; standard input without any.")
  var files: [String] = []

  @Flag(help: "Print only what is wrong.")
  var quiet = false

  func run() throws {
    var checker = try LineChecker()
    var printed = 0
    for file in files.isEmpty ? ["-"] : files {
      try Self.eachLine(of: file) { line in
        var problems: [LineProblem] = []
        checker.check(line, into: &problems)
        for problem in problems {
          printed += 1
          if printed <= Self.printedProblems { try Output.write("\(problem)\n") }
        }
      }
    }
    if !quiet {
      for (type, count) in checker.summary { try Output.write("\(count) \(type)\n") }
      try Output.write("\(checker.errors) invalid lines of \(checker.lines)\n")
    }
    if checker.errors > 0 { throw Failure(.badInput, "\(checker.errors) lines are invalid") }
  }

  private static func eachLine(of file: String, _ body: (RawSpan) throws -> Void) throws {
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
