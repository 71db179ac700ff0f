import PerpCore

/// Bytes on their way out, with a limit. Cheap also when a slow reader takes a long queue in small
/// pieces: the rest is not moved each time.
struct OutputQueue: ~Copyable {
  var buffer = ByteBuffer(capacity: 4096)
  private var sent = 0

  var count: Int { buffer.count - sent }
  var isEmpty: Bool { count == 0 }
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer.bytes[sent...]) }

  mutating func removeFirst(_ length: Int) {
    sent += length
    if sent == buffer.count {
      buffer.clear()
      sent = 0
    } else if sent > buffer.count / 2 {
      buffer.removeFirst(sent)
      sent = 0
    }
  }

  mutating func clear() {
    buffer.clear()
    sent = 0
  }
}

/// How many messages a number of queued bytes is.
struct LengthQueue {
  private var lengths: [Int] = []
  private var first = 0

  var count: Int { lengths.count - first }

  mutating func append(_ length: Int) { if length > 0 { lengths.append(length) } }

  mutating func remove(bytes: Int) {
    var left = bytes
    while left > 0, first < lengths.count {
      let step = min(left, lengths[first])
      lengths[first] -= step
      left -= step
      if lengths[first] == 0 { first += 1 }
    }
    if first == lengths.count {
      lengths.removeAll(keepingCapacity: true)
      first = 0
    } else if first > 4096 {
      lengths.removeFirst(first)
      first = 0
    }
  }
}
