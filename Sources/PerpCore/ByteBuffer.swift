/// A growing buffer of bytes that is cleared and used again: no allocation once it has reached the
/// size of its work.
package struct ByteBuffer: ~Copyable {
  private var base: UnsafeMutableRawPointer
  private var capacity: Int
  package private(set) var count = 0

  package init(capacity: Int = 4096) {
    self.capacity = max(capacity, 64)
    base = .allocate(byteCount: self.capacity, alignment: 16)
  }

  deinit { base.deallocate() }

  package var isEmpty: Bool { count == 0 }

  package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }
  package var array: [UInt8] { [UInt8](bytes) }
  package var string: String { String(decoding: bytes, as: UTF8.self) }

  /// Forgets the content, keeps the memory.
  package mutating func clear() { count = 0 }

  /// Forgets the first `length` bytes, those that have been written out.
  package mutating func removeFirst(_ length: Int) {
    precondition(length <= count)
    if length == count {
      count = 0
    } else if length > 0 {
      base.copyMemory(from: base + length, byteCount: count - length)
      count -= length
    }
  }

  /// Cuts the content back to its first `length` bytes.
  package mutating func truncate(to length: Int) {
    precondition(length <= count)
    count = length
  }

  /// Room for `length` more bytes, and where they go. `advance` says how many were written.
  @inline(__always)
  package mutating func room(_ length: Int) -> UnsafeMutableRawPointer {
    if length > capacity &- count { grow(by: length) }
    return base + count
  }

  @inline(__always)
  package mutating func advance(_ length: Int) {
    assert(length <= capacity - count)
    count &+= length
  }

  @inline(never)
  private mutating func grow(by length: Int) {
    capacity = max(capacity * 2, count + length)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    larger.copyMemory(from: base, byteCount: count)
    base.deallocate()
    base = larger
  }
}

extension ByteBuffer {
  @inline(__always)
  package mutating func append(_ byte: UInt8) {
    room(1).storeBytes(of: byte, as: UInt8.self)
    advance(1)
  }

  @inline(__always)
  package mutating func append(_ text: StaticString) {
    let length = text.utf8CodeUnitCount
    room(length).copyMemory(from: text.utf8Start, byteCount: length)
    advance(length)
  }

  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    room(bytes.count).copyMemory(from: base, byteCount: bytes.count)
    advance(bytes.count)
  }

  package mutating func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { append($0) }
  }

  package mutating func append(_ bytes: RawSpan) {
    bytes.withUnsafeBytes { append($0) }
  }

  /// For text that is not known beforehand: a literal is meant as the `StaticString` it can be,
  /// which is copied without a detour.
  @_disfavoredOverload
  package mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  @inline(__always)
  package mutating func append(_ text: ShortText) {
    // All 40 bytes at once, then only those that count: cheaper than a copy of varying length.
    withUnsafeBytes(of: text) { own in
      room(40).copyMemory(from: own.baseAddress.unsafelyUnwrapped, byteCount: 40)
    }
    advance(text.count)
  }
}
