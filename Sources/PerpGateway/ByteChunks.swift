import PerpCore

/// The lines that wait for a reader, megabytes of them where it does not read: its own, and what it
/// shares with others that wait for the same.
struct ByteChunks: ~Copyable {
  private struct Piece {
    let chunk: LineChunk
    var start: Int
    var end: Int
  }

  private var pieces: [Piece] = []
  /// Pieces that have been taken, at the beginning.
  private var head = 0
  /// Where its own lines go.
  private var own: LineChunk?
  private(set) var count = 0

  /// Returns how many bytes `write` has appended.
  mutating func append(_ write: (inout ByteBuffer) -> Void) -> Int {
    let chunk: LineChunk
    if let own, !own.isFull { chunk = own } else { chunk = LineChunk() }
    own = chunk
    let start = chunk.count
    chunk.append(write)
    append(chunk, from: start, to: chunk.count)
    return chunk.count - start
  }

  /// Takes the lines where they are.
  mutating func append(_ part: LineLog.Part) { append(part.chunk, from: part.start, to: part.end) }

  private mutating func append(_ chunk: LineChunk, from start: Int, to end: Int) {
    count += end - start
    if let last = pieces.last, last.chunk === chunk, last.end == start {
      pieces[pieces.count - 1].end = end
    } else {
      pieces.append(Piece(chunk: chunk, start: start, end: end))
    }
  }

  /// Takes the first `length` bytes.
  mutating func move(_ length: Int, to output: inout ByteBuffer) {
    precondition(length <= count)
    count -= length
    var rest = length
    while rest > 0 {
      let piece = pieces[head]
      let end = min(piece.end, piece.start + rest)
      output.append(piece.chunk[piece.start..<end])
      rest -= end - piece.start
      pieces[head].start = end
      if end == piece.end { removeHead() }
    }
    if count == 0 { own = nil }
  }

  /// What is gone holds its chunk until half of all are gone.
  private mutating func removeHead() {
    head += 1
    guard head > pieces.count / 2 || head == pieces.count else { return }
    pieces.removeFirst(head)
    head = 0
  }
}
