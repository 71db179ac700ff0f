import PerpCore

/// Reads the texts of the WebSocket path `/prices`.
struct VariationalDecoder {
  enum Message: Equatable {
    case price(VariationalWire.Price)
    /// `{"timestamp":"2026-11-20T10:00:00.123456789Z","type":"heartbeat"}`, every 5 s.
    case heartbeat
    case notice(VariationalNotice)
    /// A channel or type that this version does not know.
    case other(String)
  }

  /// Paths of what the last message had that this version does not know.
  private(set) var unknown: [String] = []

  mutating func decode(_ bytes: RawSpan) throws(JSONError) -> Message {
    unknown.removeAll(keepingCapacity: true)
    var json = JSONReader(bytes)
    guard bytes.byteCount > 0,
      bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self) == UInt8(ascii: "{")
    else {
      let text = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
      guard let notice = VariationalNotice(text) else { throw json.error(.syntax) }
      return .notice(notice)
    }
    var instrument: ShortText?
    var channel: String?
    var type: String?
    var price: VariationalWire.Price?
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "channel" {
        let name = try json.string()
        instrument = name.instrument
        if instrument == nil { channel = name.text }
      } else if key == "pricing" {
        price = try VariationalWire.Price(&json, &unknown)
      } else if key == "type" {
        type = try json.string().text
      } else if key == "timestamp" {
        try json.skip()
      } else {
        unknown.append(key.text)
        try json.skip()
      }
    }
    try json.finish()
    if type == "heartbeat" { return .heartbeat }
    if let name = channel ?? type, !name.hasPrefix(Self.pricePrefix.description) {
      return .other(name)
    }
    guard var price, instrument != nil || channel != nil else { throw json.error(.wrongType) }
    price.instrument = instrument
    return .price(price)
  }

  static let pricePrefix: StaticString = "instrument_price:"
}

extension JSONString {
  /// What follows the prefix of the price channels; nil for other channels, and for a longer name
  /// than any market of ours has.
  fileprivate var instrument: ShortText? {
    let prefix = VariationalDecoder.pricePrefix
    guard !hasEscapes, bytes.byteCount > prefix.utf8CodeUnitCount else { return nil }
    for index in 0..<prefix.utf8CodeUnitCount
    where bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self) != prefix.utf8Start[index] {
      return nil
    }
    return ShortText(bytes.extracting(prefix.utf8CodeUnitCount..<bytes.byteCount))
  }
}

extension VariationalWire.Price {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    var (mark, ratio, index, interest) = (
      Decimal?.none, Decimal?.none, Decimal?.none, Decimal?.none
    )
    var time: Int64?
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "price" {
        mark = try json.decimal()
      } else if key == "native_price" {
        ratio = try json.optionalDecimal()
      } else if key == "underlying_price" {
        index = try json.optionalDecimal()
      } else if key == "interest_rate" {
        interest = try json.optionalDecimal()
      } else if key == "timestamp" {
        time = try json.time()
      } else if key.isGreek {
        try json.skip()
      } else {
        unknown.append("pricing.\(key.text)")
        try json.skip()
      }
    }
    guard let mark else { throw json.error(.wrongType) }
    self.init(
      instrument: nil, mark: mark, ratio: ratio, index: index, interestRate: interest, time: time)
  }
}

extension JSONString {
  /// Of options, and of no meaning for what is traded here.
  fileprivate var isGreek: Bool {
    self == "delta" || self == "gamma" || self == "theta" || self == "vega" || self == "rho"
      || self == "iv"
  }
}

extension JSONReader {
  /// A time of the venue's in microseconds; nil for null.
  mutating func time() throws(JSONError) -> Int64? {
    if try null() { return nil }
    let text = try string()
    guard let time = VariationalTime.microseconds(text.bytes) else { throw error(.outOfRange) }
    return time
  }
}
