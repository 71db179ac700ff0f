/// A growing buffer of bytes that is cleared and used again: no allocation once it has reached the
/// size of its work.
package struct ByteBuffer: ~Copyable {
  private var storage: UnsafeMutableRawBufferPointer
  package private(set) var count = 0

  package init(capacity: Int = 4096) {
    storage = .allocate(byteCount: max(capacity, 64), alignment: 16)
  }

  deinit { storage.deallocate() }

  package var isEmpty: Bool { count == 0 }

  package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage[..<count]) }
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
      let rest = UnsafeRawBufferPointer(rebasing: storage[length..<count])
      storage.copyMemory(from: rest)
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
    if count + length > storage.count { grow(by: length) }
    return storage.baseAddress.unsafelyUnwrapped + count
  }

  @inline(__always)
  package mutating func advance(_ length: Int) {
    assert(count + length <= storage.count)
    count &+= length
  }

  @inline(never)
  private mutating func grow(by length: Int) {
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(storage.count * 2, count + length), alignment: 16)
    larger.copyMemory(from: bytes)
    storage.deallocate()
    storage = larger
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
