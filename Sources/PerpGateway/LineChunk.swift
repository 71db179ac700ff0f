import PerpCore

/// A part of the memory that lines wait in. What is there is never copied to make room for more, as
/// megabytes of it would take milliseconds.
final class LineChunk {
  static let size = 64 << 10

  private var buffer = ByteBuffer(capacity: size)
  private let memory: LineMemory?

  /// Of `memory`, where several readers share it.
  init(_ memory: LineMemory? = nil) { self.memory = memory }

  deinit { memory?.bytes -= buffer.count }

  var count: Int { buffer.count }
  /// There is less room left than most lines take.
  var isFull: Bool { buffer.count > Self.size - (4 << 10) }

  /// Valid until the next change.
  subscript(range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: buffer.bytes[range])
  }

  func append(_ write: (inout ByteBuffer) -> Void) {
    let before = buffer.count
    write(&buffer)
    memory?.bytes += buffer.count - before
  }
}

/// The memory of lines that readers share.
final class LineMemory {
  let limit: Int
  fileprivate(set) var bytes = 0

  init(limit: Int = 64 << 20) { self.limit = limit }

  var isFull: Bool { bytes >= limit }
}
