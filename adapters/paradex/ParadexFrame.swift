import PerpCore

/// One binary message of Paradex: Simple Binary Encoding, schema id 1, little-endian.
/// (Paradex docs, "WebSocket binary encoding (SBE)", September 2026.)
///
///     header: u16 blockLength | u16 templateId | u16 schemaId | u16 version
///     root block of blockLength bytes, then groups, then strings (u8 length, UTF-8)
///
/// Prices, sizes and rates are i64 mantissas of 10^-8; the smallest i64 stands for null; times are
/// i64 microseconds. Readers advance by the lengths the frame states, never by their own, so that
/// frames of later versions can be read by earlier readers and the reverse.
struct ParadexFrame: ~Escapable {
  enum Template: UInt16 {
    case trade = 1
    case bbo = 2
    case book = 3
    case summary = 4
    case funding = 5
    case fundingComparison = 6
    case order = 20
    case fill = 21
    case position = 22
    case account = 23
    case heartbeat = 40
    case subscribed = 41
  }

  enum Failure: Error, Equatable {
    case shorterThanHeader
    case schema(UInt16)
    case unknownTemplate(UInt16)
    case truncated
    /// The root block lacks fields that its version must have.
    case shortBlock
    /// A string that is not printable ASCII, which all of the venue's ids are.
    case invalidText
    /// A required number is null.
    case missingValue
  }

  static let headerLength = 8
  static let null = Int64.min

  let template: Template
  let version: UInt16
  let blockLength: Int
  private let bytes: RawSpan
  /// Where the next field of the root block stands.
  private var field: Int
  /// Where the next group or string stands.
  private var tail: Int

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan) throws(Failure) {
    guard bytes.byteCount >= Self.headerLength else { throw .shorterThanHeader }
    let blockLength = Int(bytes.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt16.self))
    let templateID = bytes.unsafeLoadUnaligned(fromByteOffset: 2, as: UInt16.self)
    let schema = bytes.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt16.self)
    guard schema == 1 else { throw .schema(schema) }
    guard bytes.byteCount >= Self.headerLength + blockLength else { throw .truncated }
    guard let template = Template(rawValue: templateID) else {
      throw .unknownTemplate(templateID)
    }
    self.bytes = bytes
    self.template = template
    self.blockLength = blockLength
    version = bytes.unsafeLoadUnaligned(fromByteOffset: 6, as: UInt16.self)
    field = Self.headerLength
    tail = Self.headerLength + blockLength
  }

  // MARK: Root block, field by field

  mutating func int64() throws(Failure) -> Int64 {
    guard field + 8 <= Self.headerLength + blockLength else { throw .shortBlock }
    defer { field += 8 }
    return bytes.unsafeLoadUnaligned(fromByteOffset: field, as: Int64.self)
  }

  mutating func byte() throws(Failure) -> UInt8 {
    guard field + 1 <= Self.headerLength + blockLength else { throw .shortBlock }
    defer { field += 1 }
    return bytes.unsafeLoad(fromByteOffset: field, as: UInt8.self)
  }

  mutating func int16() throws(Failure) -> Int16 {
    guard field + 2 <= Self.headerLength + blockLength else { throw .shortBlock }
    defer { field += 2 }
    return bytes.unsafeLoadUnaligned(fromByteOffset: field, as: Int16.self)
  }

  /// 32 bytes, big-endian, as `0x` and lower-case hexadecimal digits without leading zeros.
  mutating func felt() throws(Failure) -> String {
    guard field + 32 <= Self.headerLength + blockLength else { throw .shortBlock }
    var digits = ""
    for index in field..<field + 32 {
      let byte = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
      for nibble in [byte >> 4, byte & 15] where !(digits.isEmpty && nibble == 0) {
        digits += String(nibble, radix: 16)
      }
    }
    field += 32
    return "0x" + (digits.isEmpty ? "0" : digits)
  }

  mutating func decimal(scale: UInt8 = 8) throws(Failure) -> Decimal {
    guard let value = try optionalDecimal(scale: scale) else { throw .missingValue }
    return value
  }

  mutating func optionalDecimal(scale: UInt8 = 8) throws(Failure) -> Decimal? {
    let mantissa = try int64()
    return mantissa == Self.null ? nil : Decimal(trimming: mantissa, scale: scale)
  }

  /// A field that came with a later version: nil where the block does not cover it.
  mutating func appendedDecimal(scale: UInt8 = 8) throws(Failure) -> Decimal? {
    isBlockEnd(8) ? nil : try optionalDecimal(scale: scale)
  }

  mutating func appendedInt64() throws(Failure) -> Int64? {
    isBlockEnd(8) ? nil : try int64()
  }

  mutating func appendedByte() throws(Failure) -> UInt8? {
    isBlockEnd(1) ? nil : try byte()
  }

  private func isBlockEnd(_ length: Int) -> Bool {
    field + length > Self.headerLength + blockLength
  }

  /// Bytes of the root block that this reader knows nothing of.
  var unreadBlockBytes: Int { Self.headerLength + blockLength - field }

  // MARK: Groups and strings, in their order

  /// `u16 entryLength | u16 count | count × { i64 price | i64 size }`
  mutating func levels() throws(Failure) -> [Level] {
    guard tail + 4 <= bytes.byteCount else { throw .truncated }
    let entryLength = Int(bytes.unsafeLoadUnaligned(fromByteOffset: tail, as: UInt16.self))
    let count = Int(bytes.unsafeLoadUnaligned(fromByteOffset: tail + 2, as: UInt16.self))
    guard entryLength >= 16 || count == 0 else { throw .shortBlock }
    guard tail + 4 + entryLength * count <= bytes.byteCount else { throw .truncated }
    var levels: [Level] = []
    levels.reserveCapacity(count)
    for index in 0..<count {
      let entry = tail + 4 + index * entryLength
      let price = bytes.unsafeLoadUnaligned(fromByteOffset: entry, as: Int64.self)
      let size = bytes.unsafeLoadUnaligned(fromByteOffset: entry + 8, as: Int64.self)
      guard price != Self.null, size != Self.null else { throw .missingValue }
      levels.append(
        Level(price: Decimal(trimming: price, scale: 8), size: Decimal(trimming: size, scale: 8)))
    }
    tail += 4 + entryLength * count
    return levels
  }

  mutating func text() throws(Failure) -> ShortText {
    let slice = try string()
    guard slice.isPrintableASCII, let text = ShortText(slice) else { throw .invalidText }
    return text
  }

  mutating func longText() throws(Failure) -> String { String(copying: try string()) }

  /// A string that came with a later version: nil where no bytes remain.
  mutating func appendedText() throws(Failure) -> ShortText? {
    tail == bytes.byteCount ? nil : try text()
  }

  mutating func appendedLongText() throws(Failure) -> String? {
    tail == bytes.byteCount ? nil : try longText()
  }

  @_lifetime(copy self)
  private mutating func string() throws(Failure) -> RawSpan {
    guard tail < bytes.byteCount else { throw .truncated }
    let length = Int(bytes.unsafeLoad(fromByteOffset: tail, as: UInt8.self))
    guard tail + 1 + length <= bytes.byteCount else { throw .truncated }
    let start = tail + 1
    tail = start + length
    return bytes.extracting(start..<tail)
  }
}

extension RawSpan {
  fileprivate var isPrintableASCII: Bool {
    for index in 0..<byteCount {
      let byte = unsafeLoad(fromByteOffset: index, as: UInt8.self)
      if byte < 0x20 || byte > 0x7E { return false }
    }
    return true
  }
}
