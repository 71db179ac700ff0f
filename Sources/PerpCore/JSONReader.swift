/// A strict reader of RFC 8259 that copies nothing: a caller pulls keys and values in the order
/// they come, and what it does not want it skips, checked all the same.
///
///     var json = JSONReader(bytes)
///     try json.enterObject()
///     while let key = try json.nextKey() {
///       if key == "price" { price = try json.decimal() } else { try json.skip() }
///     }
///     try json.finish()
///
/// Every method throws `JSONError`; after an error the reader must not be used further.
package struct JSONReader: ~Escapable {
  /// Containers within containers (`reliability.md` K09).
  package static let maxDepth = 64

  package enum Kind: Sendable {
    case object, array, string, number, bool, null
  }

  private let bytes: RawSpan
  private var offset = 0
  private var depth = 0
  /// One bit for each open container: whether a member was read already.
  private var hasMember: UInt64 = 0

  @_lifetime(copy bytes)
  package init(_ bytes: RawSpan) { self.bytes = bytes }

  /// The kind of the next value, judged by its first byte.
  package mutating func peek() throws(JSONError) -> Kind {
    switch try nextByte() {
    case UInt8(ascii: "{"): .object
    case UInt8(ascii: "["): .array
    case UInt8(ascii: "\""): .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
    case UInt8(ascii: "n"): .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): .number
    default: throw error(.syntax)
    }
  }

  package mutating func enterObject() throws(JSONError) { try enter(UInt8(ascii: "{")) }
  package mutating func enterArray() throws(JSONError) { try enter(UInt8(ascii: "[")) }

  /// The next key of the object, its colon consumed; nil at the object's end.
  @_lifetime(copy self)
  package mutating func nextKey() throws(JSONError) -> JSONString? {
    guard try nextMember(closing: UInt8(ascii: "}")) else { return nil }
    guard try nextByte() == UInt8(ascii: "\"") else { throw error(.syntax) }
    let key = try scanString()
    guard try nextByte() == UInt8(ascii: ":") else { throw error(.syntax) }
    offset += 1
    return key
  }

  /// Whether the array has another element, which the caller must then read or skip.
  package mutating func nextElement() throws(JSONError) -> Bool {
    try nextMember(closing: UInt8(ascii: "]"))
  }

  @_lifetime(copy self)
  package mutating func string() throws(JSONError) -> JSONString {
    guard try nextByte() == UInt8(ascii: "\"") else { throw error(.wrongType) }
    return try scanString()
  }

  /// Most values are strings: this is the shortest way to one. Nil where something else is next.
  @_lifetime(copy self)
  mutating func stringIfNext() throws(JSONError) -> JSONString? {
    try nextByte() == UInt8(ascii: "\"") ? try scanString() : nil
  }

  /// The text of a number, as it stands.
  @_lifetime(copy self)
  package mutating func number() throws(JSONError) -> RawSpan {
    let start = try nextByte()
    guard start == UInt8(ascii: "-") || Self.isDigit(start) else { throw error(.wrongType) }
    return try scanNumber()
  }

  package mutating func bool() throws(JSONError) -> Bool {
    switch try nextByte() {
    case UInt8(ascii: "t"):
      try expect("true")
      return true
    case UInt8(ascii: "f"):
      try expect("false")
      return false
    default: throw error(.wrongType)
    }
  }

  /// Consumes a null if one comes next.
  package mutating func null() throws(JSONError) -> Bool {
    guard try nextByte() == UInt8(ascii: "n") else { return false }
    try expect("null")
    return true
  }

  /// The number that comes next if it is the usual kind of integer: digits alone, at most 18.
  /// Otherwise nil, and nothing is consumed.
  mutating func plainInteger() throws(JSONError) -> Int64? {
    let first = try nextByte()
    guard first != UInt8(ascii: "0") else { return nil }
    var value: Int64 = 0
    var index = offset
    let end = min(bytes.byteCount, offset + 19)
    while index + 8 <= end, let eight = eightDigits(at: index) {
      value = value &* 100_000_000 &+ eight
      index += 8
    }
    while index < end {
      let digit = bytes.byte(unchecked: index) &- UInt8(ascii: "0")
      guard digit <= 9 else { break }
      value = value &* 10 &+ Int64(digit)
      index += 1
    }
    guard index > offset, index < end else { return nil }
    switch bytes.byte(unchecked: index) {
    case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): return nil
    default:
      offset = index
      return value
    }
  }

  /// Eight digits at once; nil where one of the bytes is none. Neighbours are put together three
  /// times: digits to tens, those to hundreds, and those to halves. (Johnny Lee, 2016.)
  @inline(__always)
  private func eightDigits(at index: Int) -> Int64? {
    let text = UInt64(
      littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self))
    let digits = text ^ 0x3030_3030_3030_3030
    // Above 9, adding 118 sets the high bit; a byte that had it already is none either.
    let marks = (digits &+ 0x7676_7676_7676_7676) | digits
    guard marks & 0x8080_8080_8080_8080 == 0 else { return nil }
    let tens = (digits &* 10 &+ digits >> 8) & 0x00FF_00FF_00FF_00FF
    let hundreds = (tens &* 100 &+ tens >> 16) & 0x0000_FFFF_0000_FFFF
    return Int64((hundreds &* 10_000 &+ hundreds >> 32) & 0xFFFF_FFFF)
  }

  /// Passes over one value of any kind, checking it as strictly as if it were wanted.
  package mutating func skip() throws(JSONError) {
    let floor = depth
    var objects: UInt64 = 0
    repeat {
      if depth > floor {
        if objects & (1 << UInt64(depth - 1)) != 0 {
          guard try nextKey() != nil else { continue }
        } else {
          guard try nextElement() else { continue }
        }
      }
      if try stringIfNext() != nil { continue }
      switch try peek() {
      case .object:
        try enterObject()
        objects |= 1 << UInt64(depth - 1)
      case .array:
        try enterArray()
        objects &= ~(1 << UInt64(depth - 1))
      case .number: _ = try number()
      case .bool: _ = try bool()
      case .null: _ = try null()
      case .string: break
      }
    } while depth > floor
  }

  /// Passes over one value and returns its bytes as they stand.
  @_lifetime(copy self)
  package mutating func raw() throws(JSONError) -> RawSpan {
    _ = try nextByte()
    let start = offset
    try skip()
    return bytes.extracting(start..<offset)
  }

  /// Makes sure that only white space remains.
  package mutating func finish() throws(JSONError) {
    skipWhiteSpace()
    guard offset == bytes.byteCount else { throw error(.trailingBytes) }
  }

  package func error(_ cause: JSONError.Cause) -> JSONError {
    JSONError(cause: cause, offset: offset)
  }
}

// MARK: - Scanning

extension JSONReader {
  private mutating func enter(_ opening: UInt8) throws(JSONError) {
    guard try nextByte() == opening else { throw error(.wrongType) }
    guard depth < Self.maxDepth else { throw error(.tooDeep) }
    offset += 1
    hasMember &= ~(1 << UInt64(depth))
    depth += 1
  }

  /// Consumes the comma before a member, or the container's end.
  @inline(__always)
  private mutating func nextMember(closing: UInt8) throws(JSONError) -> Bool {
    precondition(depth > 0, "no container is open")
    let bit: UInt64 = 1 << UInt64(depth - 1)
    let byte = try nextByte()
    if byte == closing {
      offset += 1
      depth -= 1
      return false
    }
    if hasMember & bit != 0 {
      guard byte == UInt8(ascii: ",") else { throw error(.syntax) }
      // A closing bracket after it is refused by whoever reads the member.
      offset += 1
    }
    hasMember |= bit
    return true
  }

  @inline(__always)
  private mutating func nextByte() throws(JSONError) -> UInt8 {
    if offset < bytes.byteCount {
      let byte = bytes.byte(unchecked: offset)
      if byte > 0x20 { return byte }
    }
    return try nextByteAfterWhiteSpace()
  }

  @inline(never)
  private mutating func nextByteAfterWhiteSpace() throws(JSONError) -> UInt8 {
    skipWhiteSpace()
    guard offset < bytes.byteCount else { throw error(.truncated) }
    return bytes.byte(offset)
  }

  private mutating func skipWhiteSpace() {
    while offset < bytes.byteCount {
      switch bytes.byte(unchecked: offset) {
      case 0x20, 0x0A, 0x0D, 0x09: offset += 1
      default: return
      }
    }
  }

  private mutating func expect(_ literal: StaticString) throws(JSONError) {
    for index in 0..<literal.utf8CodeUnitCount {
      guard offset < bytes.byteCount else { throw error(.truncated) }
      guard bytes.byte(offset) == literal.utf8Start[index] else { throw error(.syntax) }
      offset += 1
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }

  @_lifetime(copy self)
  private mutating func scanNumber() throws(JSONError) -> RawSpan {
    let start = offset
    if bytes.byte(offset) == UInt8(ascii: "-") { offset += 1 }
    if offset < bytes.byteCount, bytes.byte(offset) == UInt8(ascii: "0") {
      offset += 1
    } else {
      try scanDigits()
    }
    if offset < bytes.byteCount, bytes.byte(offset) == UInt8(ascii: ".") {
      offset += 1
      try scanDigits()
    }
    if offset < bytes.byteCount, bytes.byte(offset) | 0x20 == UInt8(ascii: "e") {
      offset += 1
      if offset < bytes.byteCount,
        bytes.byte(offset) == UInt8(ascii: "+") || bytes.byte(offset) == UInt8(ascii: "-")
      {
        offset += 1
      }
      try scanDigits()
    }
    guard offset - start <= Decimal.maxTextLength else { throw error(.numberTooLong) }
    return bytes.extracting(start..<offset)
  }

  private mutating func scanDigits() throws(JSONError) {
    guard offset < bytes.byteCount else { throw error(.truncated) }
    guard Self.isDigit(bytes.byte(offset)) else { throw error(.syntax) }
    while offset < bytes.byteCount, Self.isDigit(bytes.byte(unchecked: offset)) { offset += 1 }
  }

  /// From the opening quote, at `offset`, to behind the closing one.
  @_lifetime(copy self)
  @inline(__always)
  private mutating func scanString() throws(JSONError) -> JSONString {
    let start = offset + 1
    offset = endOfPlainBytes(from: start)
    guard offset < bytes.byteCount, bytes.byte(unchecked: offset) == UInt8(ascii: "\"") else {
      return try scanRest(ofString: start)
    }
    let content = bytes.extracting(unchecked: start..<offset)
    offset += 1
    return JSONString(content, hasEscapes: false)
  }

  /// The content began at `start` and was plain as far as `offset`.
  @_lifetime(copy self)
  @inline(never)
  private mutating func scanRest(ofString start: Int) throws(JSONError) -> JSONString {
    var hasEscapes = false
    while true {
      offset = endOfPlainBytes(from: offset)
      guard offset < bytes.byteCount else { throw error(.truncated) }
      let byte = bytes.byte(unchecked: offset)
      if byte == UInt8(ascii: "\"") {
        let content = bytes.extracting(unchecked: start..<offset)
        offset += 1
        return JSONString(content, hasEscapes: hasEscapes)
      } else if byte == UInt8(ascii: "\\") {
        hasEscapes = true
        try scanEscape()
      } else if byte < 0x20 {
        throw error(.syntax)
      } else if byte < 0x80 {
        offset += 1
      } else {
        try scanMultibyteCharacter()
      }
    }
  }

  /// Goes on, eight bytes at a time, until one of them needs a closer look: a quote, a backslash,
  /// a control character or a byte beyond ASCII. (Zero-byte test of Mycroft, 1987.)
  @inline(__always)
  private func endOfPlainBytes(from start: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var index = start
    while index + 8 <= bytes.byteCount {
      let word = UInt64(
        littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self))
      let quote = word ^ (ones &* 0x22)
      let slash = word ^ (ones &* 0x5C)
      let special =
        ((quote &- ones) & ~quote) | ((slash &- ones) & ~slash)
        | ((word &- ones &* 0x20) & ~word) | word
      let marks = special & (ones &* 0x80)
      if marks != 0 { return index + marks.trailingZeroBitCount / 8 }
      index += 8
    }
    return index
  }

  private mutating func scanEscape() throws(JSONError) {
    guard offset + 1 < bytes.byteCount else { throw error(.truncated) }
    switch bytes.byte(offset + 1) {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      offset += 2
    case UInt8(ascii: "u"):
      let (_, length) = try JSONString.unicodeEscape(in: bytes, at: offset)
      offset += length
    default: throw error(.invalidEscape)
    }
  }

  /// One character of two to four bytes, shortest form only, no surrogates (Unicode table 3-7).
  private mutating func scanMultibyteCharacter() throws(JSONError) {
    let first = bytes.byte(offset)
    let (length, second): (Int, ClosedRange<UInt8>) =
      switch first {
      case 0xC2...0xDF: (2, 0x80...0xBF)
      case 0xE0: (3, 0xA0...0xBF)
      case 0xED: (3, 0x80...0x9F)
      case 0xE1...0xEF: (3, 0x80...0xBF)
      case 0xF0: (4, 0x90...0xBF)
      case 0xF1...0xF3: (4, 0x80...0xBF)
      case 0xF4: (4, 0x80...0x8F)
      default: throw error(.invalidUTF8)
      }
    guard offset + length <= bytes.byteCount else { throw error(.truncated) }
    guard second.contains(bytes.byte(offset + 1)) else { throw error(.invalidUTF8) }
    for index in 2..<max(length, 2) where bytes.byte(offset + index) & 0xC0 != 0x80 {
      throw error(.invalidUTF8)
    }
    offset += length
  }
}
