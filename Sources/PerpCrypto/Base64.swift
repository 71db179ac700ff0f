/// Base64 with the standard alphabet (RFC 4648, section 4).
package enum Base64 {
  private static let alphabet: InlineArray<64, UInt8> = {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    return InlineArray { letters[$0] }
  }()

  /// With its padding.
  package static func encode(_ bytes: [UInt8]) -> String {
    String(unsafeUninitializedCapacity: encodedCount(bytes.count)) { text in
      bytes.withUnsafeBytes { encode($0, into: UnsafeMutableRawBufferPointer(text)) }
      return encodedCount(bytes.count)
    }
  }

  package static func encodedCount(_ count: Int) -> Int { (count + 2) / 3 * 4 }

  /// Writes `encodedCount` characters.
  package static func encode(
    _ bytes: UnsafeRawBufferPointer, into text: UnsafeMutableRawBufferPointer
  ) {
    var place = 0
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = (0..<3).reduce(UInt32(0)) { group, offset in
        group << 8 | (start + offset < bytes.count ? UInt32(bytes[start + offset]) : 0)
      }
      for offset in 0..<4 {
        let isPadding = offset > bytes.count - start
        let index = Int(group >> UInt32(18 - 6 * offset) & 63)
        text[place] = isPadding ? UInt8(ascii: "=") : alphabet[index]
        place += 1
      }
    }
  }
}
