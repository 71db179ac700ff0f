import PerpCore

/// Checks a recording of lines, in their order: each against the schema, and all against what
/// PROTOCOL.md promises across lines. Numbers run on, nothing is missing but what is said to be,
/// books can be rebuilt and are never crossed unless they say so, and orders never go back on what
/// was final or filled.
package struct LineChecker {
  package private(set) var lines = 0
  package private(set) var errors = 0
  package private(set) var warnings = 0
  /// Lines by type; replies and commands, which have none, under these names.
  package private(set) var counts: [String: Int] = [:]

  private var validator: LineValidator
  private var books = BookChecker()
  private var orders = OrderChecker()
  private var lastSequence: Int64?
  private var lastMarketSequence: [String: Int64] = [:]

  package init() throws { validator = try LineValidator() }

  /// Checks the next line, given without its LF, and appends what is wrong with it.
  package mutating func check(_ line: RawSpan, into problems: inout [LineProblem]) {
    lines += 1
    let first = problems.count
    if let (path, cause) = validator.problem(in: line) {
      report(.error, path, cause, &problems)
    } else {
      checkAcross(length: line.byteCount, into: &problems)
    }
    for problem in problems[first...] {
      if problem.severity == .error { errors += 1 } else { warnings += 1 }
    }
  }

  /// `counts` in the order of their names.
  package var summary: [(type: String, count: Int)] {
    counts.sorted { $0.key < $1.key }.map { (type: $0.key, count: $0.value) }
  }

  private mutating func checkAcross(length: Int, into problems: inout [LineProblem]) {
    let tree = validator.tree
    let type = tree.string(tree.member("type", of: 0))
    let isCommand = type == nil && tree.member("method", of: 0) != nil
    counts[type ?? (isCommand ? "command" : "reply"), default: 0] += 1
    if !isCommand, length >= ByteBuffer.maxLineBytes {
      report(.error, "$", "is longer than \(ByteBuffer.maxLineBytes) bytes", &problems)
    }
    guard let type else {
      if let result = tree.member("result", of: 0), tree.member("unsubscribed", of: result) != nil {
        // What is subscribed to again later begins anew.
        lastMarketSequence = [:]
      }
      return
    }

    if type == "hello" {
      // Another run begins.
      (lastSequence, lastMarketSequence) = (nil, [:])
      (books, orders) = (BookChecker(), OrderChecker())
    } else if lines == 1 {
      report(.warning, "$", "is the first line and not hello", &problems)
    }
    if let cause = sequenceFault(tree) { report(.error, "$.seq", cause, &problems) }
    if let cause = marketSequenceFault(tree, type) { report(.error, "$.mseq", cause, &problems) }
    if let cause = books.fault(tree, type) { report(.error, "$", cause, &problems) }
    if let cause = orders.fault(tree, type) { report(.error, "$", cause, &problems) }
  }

  /// Lossless lines are numbered without a hole; those sent again keep their number.
  private mutating func sequenceFault(_ tree: borrowing JSONTree) -> String? {
    guard let sequence = tree.integer(tree.member("seq", of: 0)),
      tree.bool(tree.member("dup", of: 0)) != true
    else { return nil }
    defer { lastSequence = sequence }
    guard let lastSequence, sequence != lastSequence + 1 else { return nil }
    return "is \(sequence) after \(lastSequence)"
  }

  private mutating func marketSequenceFault(
    _ tree: borrowing JSONTree, _ type: String
  ) -> String? {
    guard let sequence = tree.integer(tree.member("mseq", of: 0)) else { return nil }
    let key = "\(type) \(tree.market)"
    let skipped = tree.integer(tree.member("skipped", of: 0)) ?? 0
    let isContinued = (tree.integer(tree.member("part", of: 0)) ?? 1) > 1
    defer { lastMarketSequence[key] = sequence }
    guard let last = lastMarketSequence[key] else { return nil }
    if isContinued {
      return sequence == last ? nil : "is \(sequence) in a later part of \(last)"
    }
    guard sequence != last + 1 + skipped else { return nil }
    // A state that was asked for is told once more.
    if sequence == last, skipped == 0, type != "trade" { return nil }
    return "is \(sequence) after \(last) with \(skipped) skipped"
  }

  private func report(
    _ severity: LineProblem.Severity, _ path: String, _ cause: String,
    _ problems: inout [LineProblem]
  ) {
    problems.append(LineProblem(severity: severity, line: lines, path: path, cause: cause))
  }
}

extension JSONTree {
  /// Venue and symbol of a line.
  var market: String {
    "\(string(member("venue", of: 0)) ?? "") \(string(member("symbol", of: 0)) ?? "")"
  }

  func flags() -> Set<String> {
    guard let list = member("flags", of: 0) else { return [] }
    return Set(children(of: list).compactMap { string($0) })
  }
}
