import COpenSSL

/// Bytes that nobody else may have, such as a private key: overwritten when the last reference
/// goes, never copied by assignment, and without a description. They lie in libcrypto's secure
/// heap, whose pages are locked and left out of core files, once the process has set one up.
package final class SecretBytes: Sendable {
  private nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer

  /// `count` bytes for `fill` to write, which are zeros before.
  package init<Failure: Error>(
    count: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    guard let start = CRYPTO_secure_zalloc(max(count, 1), nil, 0) else {
      preconditionFailure("no memory for \(count) bytes of a secret")
    }
    bytes = UnsafeMutableRawBufferPointer(start: start, count: count)
    try fill(bytes)
  }

  deinit { CRYPTO_secure_clear_free(bytes.baseAddress, max(bytes.count, 1), nil, 0) }

  /// Reads `count` bytes of hexadecimal digits of either case, with or without `0x`. No copy of
  /// them stays behind but the caller's own.
  package convenience init(hex text: RawSpan, count: Int) throws(SecretError) {
    let prefix = text.hasHexPrefix ? 2 : 0
    guard text.byteCount - prefix == 2 * count else {
      throw .length(digits: text.byteCount - prefix, expected: 2 * count)
    }
    try self.init(count: count) { (bytes) throws(SecretError) in
      for index in 0..<count {
        let place = prefix + 2 * index
        guard let high = hexDigit(text.byte(place)), let low = hexDigit(text.byte(place + 1))
        else { throw .notHexadecimal }
        bytes[index] = high << 4 | low
      }
    }
  }

  package convenience init(hex text: String, count: Int) throws(SecretError) {
    var text = text
    text.makeContiguousUTF8()
    try self.init(hex: text.utf8Span.span.bytes, count: count)
  }

  package var count: Int { bytes.count }

  /// What `body` is given must not leave it.
  package func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(bytes))
  }
}

extension SecretBytes: CustomStringConvertible, CustomReflectable {
  package var description: String { "(secret)" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a text is no key. It says nothing of the text but its length.
package enum SecretError: Error, Equatable, CustomStringConvertible {
  case length(digits: Int, expected: Int)
  case notHexadecimal
  case outOfRange(String)

  package var description: String {
    switch self {
    case .length(let digits, let expected):
      "the key has \(digits) hexadecimal digits and must have \(expected)"
    case .notHexadecimal: "the key has characters that are not hexadecimal digits"
    case .outOfRange(let range): "the key is not within \(range)"
    }
  }
}

extension RawSpan {
  fileprivate var hasHexPrefix: Bool {
    byteCount >= 2 && byte(0) == UInt8(ascii: "0") && byte(1) | 0x20 == UInt8(ascii: "x")
  }

  fileprivate func byte(_ index: Int) -> UInt8 {
    unsafeLoad(fromByteOffset: index, as: UInt8.self)
  }
}
