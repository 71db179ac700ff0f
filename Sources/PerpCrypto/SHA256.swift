import COpenSSL

/// SHA-256 by libcrypto (FIPS 180-4).
package struct SHA256: Sendable {
  private var context = SHA256_CTX()

  package init() { SHA256_Init(&context) }

  /// The hash, as the number whose most significant byte comes first.
  package static func hash(_ bytes: [UInt8]) -> UInt256 {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }

  package mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { _ = SHA256_Update(&context, $0.baseAddress, $0.count) }
  }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    SHA256_Update(&context, bytes.baseAddress, bytes.count)
  }

  mutating func update(_ word: UInt256) {
    var bytes = (word.w3.bigEndian, word.w2.bigEndian, word.w1.bigEndian, word.w0.bigEndian)
    withUnsafeBytes(of: &bytes) { _ = SHA256_Update(&context, $0.baseAddress, 32) }
  }

  mutating func update(byte: UInt8) {
    var byte = byte
    SHA256_Update(&context, &byte, 1)
  }

  package consuming func finish() -> UInt256 {
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &words) { buffer in
      _ = SHA256_Final(buffer.assumingMemoryBound(to: UInt8.self).baseAddress, &context)
    }
    return UInt256(
      words.3.bigEndian, words.2.bigEndian, words.1.bigEndian, words.0.bigEndian)
  }
}

/// HMAC with SHA-256 (RFC 2104). A value that has its key and nothing more may be copied, to spare
/// the key's blocks the next time.
package struct HMACSHA256: Sendable {
  private static let blockSize = 64

  private var inner = SHA256()
  private var outer = SHA256()

  private init() {}

  package init(key: UnsafeRawBufferPointer) {
    self.init()
    if key.count > Self.blockSize {
      var hash = SHA256()
      hash.update(key)
      self = HMACSHA256(key: hash.finish())
      return
    }
    for index in 0..<Self.blockSize {
      let byte = index < key.count ? key[index] : 0
      inner.update(byte: byte ^ 0x36)
      outer.update(byte: byte ^ 0x5c)
    }
  }

  /// A key of 32 bytes, the most significant first.
  init(key: UInt256) {
    self.init()
    let words = (key.w3.bigEndian, key.w2.bigEndian, key.w1.bigEndian, key.w0.bigEndian)
    Self.absorb(words, pad: 0x3636_3636_3636_3636, into: &inner)
    Self.absorb(words, pad: 0x5c5c_5c5c_5c5c_5c5c, into: &outer)
  }

  private static func absorb(
    _ words: (UInt64, UInt64, UInt64, UInt64), pad: UInt64, into hash: inout SHA256
  ) {
    let block: InlineArray<8, UInt64> = [
      words.0 ^ pad, words.1 ^ pad, words.2 ^ pad, words.3 ^ pad, pad, pad, pad, pad,
    ]
    block.span.withUnsafeBytes { hash.update($0) }
  }

  package static func code(_ bytes: [UInt8], key: [UInt8]) -> UInt256 {
    var code = key.withUnsafeBytes { HMACSHA256(key: $0) }
    code.update(bytes)
    return code.finish()
  }

  package mutating func update(_ bytes: [UInt8]) { inner.update(bytes) }
  mutating func update(_ word: UInt256) { inner.update(word) }
  mutating func update(byte: UInt8) { inner.update(byte: byte) }

  package consuming func finish() -> UInt256 {
    let hash = inner.finish()
    outer.update(hash)
    return outer.finish()
  }
}
