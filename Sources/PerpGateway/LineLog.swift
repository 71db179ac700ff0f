import PerpCore

/// The newest lines of a topic, for readers who rest: they are kept once, however many wait. Copies
/// for each would take fresh memory for all of them at the same moment, and hold up those who keep
/// up.
struct LineLog {
  /// Lines in one piece, at least one.
  struct Part {
    let chunk: LineChunk
    fileprivate(set) var start: Int
    let end: Int
    fileprivate(set) var lines: Int

    var count: Int { end - start }
    var bytes: UnsafeRawBufferPointer { chunk[start..<end] }

    /// LF included.
    fileprivate var firstLine: UnsafeRawBufferPointer {
      let length = bytes.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
      return UnsafeRawBufferPointer(rebasing: bytes[..<length])
    }
  }

  /// What a reader has not been told.
  struct Missed {
    /// So many lines before the others are kept no more.
    fileprivate(set) var lost = 0
    fileprivate(set) var parts: [Part] = []

    var bytes: Int { parts.reduce(0) { $0 + $1.count } }
    var lines: Int { parts.reduce(0) { $0 + $1.lines } }

    /// Loses the oldest lines, so many bytes of them or a little more.
    mutating func drop(_ bytes: Int) {
      var bytes = bytes
      while bytes > 0, let part = parts.first {
        if part.count <= bytes {
          bytes -= part.count
          lost += parts.removeFirst().lines
        } else {
          lost += 1
          takeFirstLine { bytes -= $0.count }
        }
      }
    }

    mutating func takeFirstLine(_ body: (UnsafeRawBufferPointer) -> Void) {
      guard let line = parts.first?.firstLine else { return }
      body(line)
      parts[0].start += line.count
      parts[0].lines -= 1
      if parts[0].lines == 0 { parts.removeFirst() }
    }
  }

  private struct Kept {
    let chunk: LineChunk
    /// Where its lines end.
    var ends: [Int] = []
  }

  /// Of one topic, a megabyte.
  private static let mostChunks = 16

  private var kept: [Kept] = []
  /// Numbers of the first line that is kept and of the last there was.
  private var (first, last): (UInt64, UInt64)

  /// Begins after the line of that number.
  init(after last: UInt64) { (first, self.last) = (last + 1, last) }

  /// Takes the next line, unless the log begins after it.
  mutating func append(_ line: UnsafeRawBufferPointer, number: UInt64, in memory: LineMemory) {
    guard number > last else { return }
    last = number
    let wantsChunk = kept.last?.chunk.isFull ?? true
    while !kept.isEmpty, memory.isFull || (wantsChunk && kept.count >= Self.mostChunks) {
      first += UInt64(kept.removeFirst().ends.count)
    }
    guard !memory.isFull else { return first = last + 1 }
    if wantsChunk || kept.isEmpty { kept.append(Kept(chunk: LineChunk(memory))) }
    let chunk = kept[kept.count - 1].chunk
    chunk.append { $0.append(line) }
    kept[kept.count - 1].ends.append(chunk.count)
  }

  /// What came after the line of that number.
  func missed(since seen: UInt64) -> Missed {
    let start = max(first, seen + 1)
    var missed = Missed()
    missed.lost = Int(start - seen - 1)
    var told = Int(start - first)
    for kept in kept {
      let count = min(told, kept.ends.count)
      told -= count
      guard count < kept.ends.count, let end = kept.ends.last else { continue }
      missed.parts.append(
        Part(
          chunk: kept.chunk, start: count > 0 ? kept.ends[count - 1] : 0, end: end,
          lines: kept.ends.count - count))
    }
    return missed
  }
}
