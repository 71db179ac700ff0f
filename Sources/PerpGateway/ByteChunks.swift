import PerpCore

/// Bytes that wait in pieces of one size, megabytes of them for a reader that does not read: what
/// is there already is never copied to make room for more, as that would take milliseconds.
struct ByteChunks: ~Copyable {
  private static let chunkBytes = 64 << 10
  /// A chunk with less room left than most lines take is full.
  private static let fullAt = chunkBytes - (4 << 10)

  private final class Chunk {
    var buffer = ByteBuffer(capacity: ByteChunks.chunkBytes)
  }

  private var chunks: [Chunk] = []
  /// What has been taken of the first.
  private var taken = 0
  private(set) var count = 0

  /// Returns how many bytes `write` has appended.
  mutating func append(_ write: (inout ByteBuffer) -> Void) -> Int {
    if chunks.last.map({ $0.buffer.count > Self.fullAt }) ?? true { chunks.append(Chunk()) }
    let chunk = chunks[chunks.count - 1]
    let before = chunk.buffer.count
    write(&chunk.buffer)
    let length = chunk.buffer.count - before
    count += length
    return length
  }

  /// Takes the first `length` bytes.
  mutating func move(_ length: Int, to output: inout ByteBuffer) {
    precondition(length <= count)
    count -= length
    var rest = length
    while rest > 0 {
      let waiting = chunks[0].buffer.bytes[taken...]
      let piece = min(rest, waiting.count)
      output.append(UnsafeRawBufferPointer(rebasing: waiting.prefix(piece)))
      rest -= piece
      taken += piece
      guard taken == chunks[0].buffer.count else { return }
      chunks.removeFirst()
      taken = 0
    }
  }
}
