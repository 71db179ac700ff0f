import PerpCore
import Testing

@testable import PerpGateway

/// Trades that readers have not been told while they rested: kept once for all of them, and told to
/// each from where it was.
@Suite("Line log")
struct LineLogTests {
  /// Numbered, of different lengths, with a hundred of them in some 30 kB.
  private static func line(_ number: UInt64) -> [UInt8] {
    let text = String(repeating: "t", count: 150 + Int(number * 37 % 300))
    return Array("{\"n\":\(number),\"text\":\"\(text)\"}\n".utf8)
  }

  private static func filled(_ numbers: ClosedRange<UInt64>, _ memory: LineMemory) -> LineLog {
    var log = LineLog(after: numbers.lowerBound - 1)
    for number in numbers {
      line(number).withUnsafeBytes { log.append($0, number: number, in: memory) }
    }
    return log
  }

  private static func bytes(_ missed: LineLog.Missed) -> [UInt8] { missed.parts.flatMap(\.bytes) }

  @Test("a reader is told what came after what it has seen", arguments: [10, 11, 150, 699, 700])
  func since(seen: UInt64) {
    let log = Self.filled(11...700, LineMemory())
    let missed = log.missed(since: seen)
    #expect(missed.lost == 0)
    #expect(missed.parts.reduce(0) { $0 + $1.lines } == Int(700 - seen))
    #expect(Self.bytes(missed) == (seen + 1..<701).flatMap(Self.line))
  }

  @Test("a line that was told already is not kept")
  func overlap() {
    var log = LineLog(after: 5)
    let memory = LineMemory()
    Self.line(5).withUnsafeBytes { log.append($0, number: 5, in: memory) }
    #expect(log.missed(since: 5).parts.isEmpty && memory.bytes == 0)
  }

  @Test("the oldest go first, and what is lost is known")
  func oldest() throws {
    let memory = LineMemory()
    let log = Self.filled(1...10_000, memory)
    #expect((900_000..<1_100_000).contains(memory.bytes), "a megabyte of one topic")
    let missed = log.missed(since: 100)
    let kept = missed.parts.reduce(0) { $0 + $1.lines }
    #expect(kept > 2_000 && missed.lost == 10_000 - 100 - kept)
    #expect(Self.bytes(missed) == (UInt64(100 + missed.lost + 1)...10_000).flatMap(Self.line))
  }

  @Test("where all topics together are too many, a topic keeps its newest or none")
  func limit() {
    let memory = LineMemory(limit: 300_000)
    let one = Self.filled(1...10_000, memory)
    #expect(memory.bytes < 301_000)
    let held = one.missed(since: 0)
    #expect(held.lost > 8_000 && Self.bytes(held).count > 150_000)
    let other = Self.filled(1...1_000, memory)
    let missed = other.missed(since: 0)
    #expect(missed.lost + missed.parts.reduce(0) { $0 + $1.lines } == 1_000)
    #expect(memory.bytes < 301_000)
  }

  @Test("many quiet topics keep to the limit as well")
  func quietTopics() {
    let memory = LineMemory(limit: 300_000)
    var logs = (0..<100).map { _ in LineLog(after: 0) }
    for number in 1...20 as ClosedRange<UInt64> {
      for place in logs.indices {
        Self.line(number).withUnsafeBytes { logs[place].append($0, number: number, in: memory) }
      }
    }
    #expect(memory.bytes > 250_000 && memory.bytes < 301_000)
    for log in logs {
      let missed = log.missed(since: 0)
      #expect(missed.lost + missed.lines == 20)
    }
  }

  @Test("memory is given back when the last has it no more")
  func release() {
    let memory = LineMemory()
    do {
      let missed = Self.filled(1...1_000, memory).missed(since: 0)
      #expect(memory.bytes == Self.bytes(missed).count)
    }
    #expect(memory.bytes == 0)
  }
}
