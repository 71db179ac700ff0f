import PerpCore

/// Bytes that are appended at one end and taken from the other.
struct ByteQueue: ~Copyable {
  var buffer = ByteBuffer()
  /// What has been taken, at the beginning of the buffer.
  private var taken = 0

  var count: Int { buffer.count - taken }
  var isEmpty: Bool { count == 0 }

  /// Valid until the next change.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer.bytes[taken...]) }

  mutating func removeFirst(_ length: Int) {
    precondition(length <= count)
    taken += length
    // Moving the rest only when it is the smaller part costs a constant time per byte.
    if taken > buffer.count / 2 || taken == buffer.count {
      buffer.removeFirst(taken)
      taken = 0
    }
  }
}
