import ArgumentParser
import Glibc
import PerpCore
import PerpGateway
import PerpIO
import PerpVenue
import PerpVenues

/// Every venue's every market for a long time: what leaks, grows or goes missing shows.
struct Soak: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Stream everything of all venues for minutes: memory, descriptors, missing lines.",
    discussion: """
      Starts `perpwire sim` and `perpwire stream` as processes of their own, checks every line as
      `perpwire validate` does, and prints a row of numbers at intervals. Fails when a line is
      invalid or missing, a stream is not live, descriptors change after the first minute, or
      memory grows by more than a twentieth after it. Only the
      one mark that Variational lists and refuses may be missing; it is named.
      """)

  @Option(help: "How long.")
  var minutes = 20

  @Option(help: "Order events of each venue, a second; 2600 make about 6,000 lines of all.")
  var rate = 2_600

  @Option(help: "Seconds between two rows.")
  var every = 30

  @Option(help: "Comma-separated; all by default.")
  var channels = "bbo,trade,book,funding"

  func validate() throws {
    guard (1...10_000).contains(minutes), (1...3_600).contains(every), rate > 0 else {
      throw ValidationError("--minutes, --every and --rate must be positive")
    }
  }

  func run() throws {
    let program = String(ownProgram().dropLast("-bench".count))
    let simulator = try Candidate(
      "sim", [program, "sim", "--print-endpoints", "--rate", "\(rate)", "--log-level", "error"])
    defer { simulator.end() }
    let endpoints = try simulator.endpoints()
    let stream = try Candidate(
      "stream",
      [program, "stream"] + Registry.venues.map { "\($0.id):*" } + ["--channels", channels]
        + endpoints.flatMap { ["--endpoint", $0] } + ["--log-level", "error"])
    defer { stream.end() }
    try watch(stream, simulator)
  }

  private func watch(_ stream: Candidate, _ simulator: Candidate) throws {
    var lines = try CheckedLines()
    var rows: [Row] = []
    let start = Clock.now().monotonic
    print("minute    lines   lines/s   CPU %   memory KB   descriptors   bad   not live")
    while rows.count < minutes * 60 / every {
      let due = start + Nanoseconds.seconds(every * (rows.count + 1))
      guard try lines.read(stream.output, until: due) else {
        throw Unmeasurable("perpwire stream ended after \(rows.count * every) s")
      }
      let row = Row(
        lines: lines.count, processorTime: stream.processorTime, memory: stream.memory,
        descriptors: stream.descriptors, bad: lines.bad, sick: lines.sick.count)
      print(text(row, after: rows.last, number: rows.count + 1))
      rows.append(row)
    }
    try judge(rows, lines)
  }

  private func judge(_ rows: [Row], _ lines: CheckedLines) throws {
    for problem in lines.problems { print(problem) }
    for topic in lines.sick.sorted() { print("not live: \(topic)") }
    for topic in lines.refused.sorted() { print("refused by the venue: \(topic)") }
    let settled = rows.dropFirst(60 / every)
    guard let first = settled.first, let last = settled.last else { return }
    guard lines.bad == 0 else { throw Unmeasurable("\(lines.bad) lines are invalid or missing") }
    guard lines.sick.isEmpty else { throw Unmeasurable("\(lines.sick.count) streams not live") }
    guard first.descriptors == last.descriptors else {
      throw Unmeasurable("descriptors went from \(first.descriptors) to \(last.descriptors)")
    }
    guard last.memory <= first.memory + first.memory / 20 else {
      throw Unmeasurable("memory grew from \(first.memory) to \(last.memory) KB")
    }
    print("sound: \(lines.count) lines, 0 invalid, 0 missing, memory and descriptors flat")
  }

  private struct Row {
    var lines: Int
    var processorTime: UInt64
    var memory: Int
    var descriptors: Int
    var bad: Int
    var sick: Int
  }

  private func text(_ row: Row, after last: Row?, number: Int) -> String {
    let rate = (row.lines - (last?.lines ?? 0)) / every
    let busy = (row.processorTime - (last?.processorTime ?? 0)) / UInt64(every) / 10_000_000
    let cells = [
      (Float(number * every) / 60).text(1), "\(row.lines)", "\(rate)", "\(busy)", "\(row.memory)",
      "\(row.descriptors)", "\(row.bad)", "\(row.sick)",
    ]
    return zip(cells, [6, 9, 10, 8, 12, 14, 6, 11]).map { text, width in
      String(repeating: " ", count: max(0, width - text.count)) + text
    }.joined()
  }
}

/// Lines of the protocol as they come, checked one by one.
private struct CheckedLines {
  private static let keptProblems = 20

  private(set) var count = 0
  private(set) var bad = 0
  private(set) var problems: [LineProblem] = []
  /// Topics that are not live by their last `stream` line; trades may be long in coming.
  private(set) var sick: Set<String> = []
  /// Variational lists equities and refuses their marks; any other refusal is a fault.
  private static let unavailable = "variational GOOGL-USDC-PERP funding"
  private(set) var refused: Set<String> = []
  private var checker: LineChecker
  private var pending: [UInt8] = []
  private var chunk = [UInt8](repeating: 0, count: 1 << 18)

  init() throws { checker = try LineChecker() }

  /// False when the other side has ended.
  mutating func read(_ descriptor: Int32, until due: UInt64) throws -> Bool {
    while Clock.now().monotonic < due {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let left = (due - min(due, Clock.now().monotonic)) / 1_000_000 + 1
      guard poll(&waiting, 1, Int32(left)) > 0 else { continue }
      let length = Glibc.read(descriptor, &chunk, chunk.count)
      guard length > 0 else { return false }
      pending += chunk[..<length]
      take()
    }
    return true
  }

  private mutating func take() {
    var start = 0
    while let end = pending[start...].firstIndex(of: UInt8(ascii: "\n")) {
      check(start..<end)
      start = end + 1
    }
    pending.removeFirst(start)
  }

  private mutating func check(_ range: Range<Int>) {
    count += 1
    var found: [LineProblem] = []
    let line = Array(pending[range])
    checker.check(line.span.bytes, into: &found)
    bad += found.count
    problems += found.prefix(Self.keptProblems - problems.count)
    guard line.starts(with: Array(#"{"type":"stream""#.utf8)) else { return }
    let words = String(decoding: line, as: UTF8.self).split(separator: "\"").map(String.init)
    let topic = ["venue", "symbol", "channel"].map { words.value(of: $0) }.joined(separator: " ")
    switch words.value(of: "state") {
    case "live": sick.remove(topic)
    case "connecting" where words.value(of: "channel") == "trade": break
    case "down" where topic == Self.unavailable && words.value(of: "cause") == "refused":
      sick.remove(topic)
      refused.insert(topic)
    default: sick.insert(topic)
    }
  }
}

extension [String] {
  /// Of a line of plain strings that is split at its quotation marks.
  fileprivate func value(of key: String) -> String {
    guard let place = firstIndex(of: key), place + 2 < count else { return "" }
    return self[place + 2]
  }
}
