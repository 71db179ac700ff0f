import PerpCore

/// Cuts what a client sends into lines, whatever pieces it comes in.
package struct LineSplitter: ~Copyable {
  package enum Next: ~Escapable {
    /// Without its LF; valid until the next call.
    case line(RawSpan)
    /// A line longer than the limit has begun; the rest of it is passed over.
    case tooLong
  }

  /// The longest line, in bytes, without its LF.
  package static let limit = 1 << 20

  private let limit: Int
  private var bytes = ByteQueue()
  /// Bytes at the beginning in which there is no LF.
  private var searched = 0
  /// The rest of a line that is too long is passed over.
  package private(set) var isPassingOver = false

  package init(limit: Int = LineSplitter.limit) { self.limit = limit }

  package mutating func append(_ more: UnsafeRawBufferPointer) {
    guard isPassingOver else { return bytes.buffer.append(more) }
    guard let end = more.firstIndex(of: UInt8(ascii: "\n")) else { return }
    isPassingOver = false
    bytes.buffer.append(UnsafeRawBufferPointer(rebasing: more[(end + 1)...]))
  }

  /// Whether `take` will bring something.
  package mutating func hasNext() -> Bool { endOfLine() != nil || bytes.count > limit }

  /// Gives `body` the next line, or that there was one too long; false when there is none yet.
  package mutating func take(_ body: (borrowing Next) -> Void) -> Bool {
    guard let end = endOfLine(), end <= limit else {
      guard let length = endOfLine() ?? (bytes.count > limit ? bytes.count : nil) else {
        return false
      }
      isPassingOver = endOfLine() == nil
      bytes.removeFirst(isPassingOver ? length : length + 1)
      searched = 0
      body(.tooLong)
      return true
    }
    body(.line(bytes.bytes.bytes.extracting(0..<end)))
    bytes.removeFirst(end + 1)
    searched = 0
    return true
  }

  /// Nothing more comes: what came last is a line also without its LF.
  package mutating func finish() {
    if !bytes.isEmpty, !isPassingOver { bytes.buffer.append(UInt8(ascii: "\n")) }
  }

  private mutating func endOfLine() -> Int? {
    let rest = bytes.bytes[searched...]
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
      searched = bytes.count
      return nil
    }
    searched = end
    return end
  }
}
