import ArgumentParser
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
  @Argument(help: "Files to read; standard input without any.")
  var files: [String] = []

  @Flag(help: "Print only what is wrong.")
  var quiet = false

  func run() throws {
    var checker = try LineChecker()
    var printed = 0
    for file in files.isEmpty ? ["-"] : files {
      try InputLines.each(of: file) { line in
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
}
