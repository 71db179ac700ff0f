extension ByteBuffer {
  /// Appends `text` as a JSON string, quotes included.
  package mutating func append(json text: String) {
    append(UInt8(ascii: "\""))
    for byte in text.utf8 { append(escaping: byte) }
    append(UInt8(ascii: "\""))
  }

  /// Appends the content of a JSON string, without quotes.
  mutating func append(escaped text: ShortText) {
    let start = count
    append(text)
    let isPlain = text.withBytes { bytes in
      bytes.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }
    guard !isPlain else { return }
    truncate(to: start)
    text.withBytes { bytes in for byte in bytes { append(escaping: byte) } }
  }

  private mutating func append(escaping byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): append(#"\""#)
    case UInt8(ascii: "\\"): append(#"\\"#)
    case UInt8(ascii: "\n"): append(#"\n"#)
    case UInt8(ascii: "\r"): append(#"\r"#)
    case UInt8(ascii: "\t"): append(#"\t"#)
    case 0..<0x20:
      append(#"\u00"#)
      for digit in [byte >> 4, byte & 0xF] {
        append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      }
    default: append(byte)
    }
  }
}

/// Members of a JSON object, with a comma in front unless an object begins.
extension ByteBuffer {
  /// `"key":"0.25"`, or the empty string for what does not exist.
  package mutating func put(_ key: StaticString, _ value: Decimal?) {
    put(key)
    append(UInt8(ascii: "\""))
    if let value { append(value) }
    append(UInt8(ascii: "\""))
  }

  package mutating func put(_ key: StaticString, _ value: Int64) {
    put(key)
    append(value)
  }

  package mutating func put(_ key: StaticString, text value: String) {
    put(key)
    append(json: value)
  }

  /// Begins a member whose value is still to be appended.
  package mutating func put(_ key: StaticString) {
    if let last = bytes.last, last != UInt8(ascii: "{") { append(UInt8(ascii: ",")) }
    append(UInt8(ascii: "\""))
    append(key)
    append("\":")
  }
}
