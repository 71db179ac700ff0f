import PerpCore

/// What the venue sends as an object of its own.
protocol GRVTRecord: Equatable, Sendable {
  /// Appends to `unknown` what it does not know.
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError)
  func write(to writer: inout GRVTWriter)
}

extension GRVTWire.Mini: GRVTRecord {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    self.init(instrument: ShortText())
    try json.enterObject()
    while let key = try json.nextKey() {
      guard try !take(key, &json) else { continue }
      unknown.append("mini.\(key.text)")
      try json.skip()
    }
    guard !instrument.isEmpty else { throw json.error(.wrongType) }
  }

  /// Reads the value of a key that is one of its own; false for any other.
  @inline(__always)
  mutating func take(
    _ key: borrowing JSONString, _ json: inout JSONReader
  ) throws(JSONError) -> Bool {
    if key == .eventTime {
      time = try json.optionalInteger()
    } else if key == .instrument {
      instrument = try json.shortText()
    } else if key == .bidPrice {
      bidPrice = try json.change()
    } else if key == .bidSize {
      bidSize = try json.change()
    } else if key == .askPrice {
      askPrice = try json.change()
    } else if key == .askSize {
      askSize = try json.change()
    } else if key == .midPrice {
      midPrice = try json.change()
    } else if key == .markPrice {
      markPrice = try json.change()
    } else if key == .indexPrice {
      indexPrice = try json.change()
    } else if key == .lastPrice {
      lastPrice = try json.change()
    } else if key == .lastSize {
      lastSize = try json.change()
    } else {
      return false
    }
    return true
  }
}

extension GRVTWire.Ticker: GRVTRecord {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    self.init(mini: GRVTWire.Mini(instrument: ShortText()))
    try json.enterObject()
    while let key = try json.nextKey() {
      if try mini.take(key, &json) { continue }
      if try takeStatistics(key, &json) { continue }
      if key == .fundingRate {
        fundingRate = try json.change()
      } else if key == .nextFundingTime {
        nextFundingTime = try json.optionalInteger()
      } else if key == .fundingInterval {
        fundingIntervalHours = try json.integer()
      } else if key == .fundingRate8h {
        fundingRate8h = try json.change()
      } else if key == .fundingRate8hAverage {
        fundingRate8hAverage = try json.change()
      } else {
        unknown.append("ticker.\(key.text)")
        try json.skip()
      }
    }
    guard !mini.instrument.isEmpty else { throw json.error(.wrongType) }
  }

  private mutating func takeStatistics(
    _ key: borrowing JSONString, _ json: inout JSONReader
  ) throws(JSONError) -> Bool {
    if key == .openInterest {
      openInterest = try json.change()
    } else if key == .interestRate {
      interestRate = try json.change()
    } else if key == .forwardPrice {
      forwardPrice = try json.change()
    } else if key == .buyVolumeBase {
      buyVolumeBase = try json.change()
    } else if key == .sellVolumeBase {
      sellVolumeBase = try json.change()
    } else if key == .buyVolumeQuote {
      buyVolumeQuote = try json.change()
    } else if key == .sellVolumeQuote {
      sellVolumeQuote = try json.change()
    } else if key == .highPrice {
      highPrice = try json.change()
    } else if key == .lowPrice {
      lowPrice = try json.change()
    } else if key == .openPrice {
      openPrice = try json.change()
    } else if key == .longShortRatio {
      longShortRatio = try json.change()
    } else {
      return false
    }
    return true
  }
}

extension GRVTWire.Book: GRVTRecord {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    self.init(instrument: ShortText(), time: nil, bids: [], asks: [])
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == .bids {
        bids = try Self.levels(&json, &unknown)
      } else if key == .asks {
        asks = try Self.levels(&json, &unknown)
      } else if key == .eventTime {
        time = try json.optionalInteger()
      } else if key == .instrument {
        instrument = try json.shortText()
      } else {
        unknown.append("book.\(key.text)")
        try json.skip()
      }
    }
    guard !instrument.isEmpty else { throw json.error(.wrongType) }
  }

  private static func levels(
    _ json: inout JSONReader, _ unknown: inout [String]
  ) throws(JSONError) -> [Level] {
    var levels: [Level] = []
    guard try !json.null() else { return levels }
    try json.enterArray()
    while try json.nextElement() { levels.append(try level(&json, &unknown)) }
    return levels
  }

  private static func level(
    _ json: inout JSONReader, _ unknown: inout [String]
  ) throws(JSONError) -> Level {
    var price: Decimal?
    var size: Decimal?
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == .price {
        price = try json.decimal()
      } else if key == .size {
        size = try json.decimal()
      } else if key == .orderCount {
        try json.skip()
      } else {
        unknown.append("book.level.\(key.text)")
        try json.skip()
      }
    }
    guard let price, let size, !size.isNegative else { throw json.error(.wrongType) }
    return Level(price: price, size: size)
  }
}

extension GRVTWire.Trade: GRVTRecord {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    var (instrument, id, venue): (ShortText?, ShortText?, GRVTWire.Venue?)
    var (time, isTakerBuyer, isRPI): (Int64?, Bool?, Bool?)
    var (size, price, mark, index): (Decimal?, Decimal?, Decimal?, Decimal?)
    var (interestRate, forwardPrice): (Decimal?, Decimal?)
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == .eventTime {
        time = try json.optionalInteger()
      } else if key == .instrument {
        instrument = try json.shortText()
      } else if key == .isTakerBuyer {
        isTakerBuyer = try json.bool()
      } else if key == .size {
        size = try json.decimal()
      } else if key == .price {
        price = try json.decimal()
      } else if key == .markPrice {
        mark = try json.optionalDecimal()
      } else if key == .indexPrice {
        index = try json.optionalDecimal()
      } else if key == .interestRate {
        interestRate = try json.optionalDecimal()
      } else if key == .forwardPrice {
        forwardPrice = try json.optionalDecimal()
      } else if key == .tradeID {
        id = try json.shortText()
      } else if key == .venue {
        venue = try Self.venue(&json, &unknown)
      } else if key == .isRPI {
        isRPI = try json.bool()
      } else {
        unknown.append("trade.\(key.text)")
        try json.skip()
      }
    }
    guard let instrument, let time, let isTakerBuyer, let size, let price, let id else {
      throw json.error(.wrongType)
    }
    self.init(
      instrument: instrument, time: time, isTakerBuyer: isTakerBuyer, size: size, price: price,
      markPrice: mark, indexPrice: index, interestRate: interestRate, forwardPrice: forwardPrice,
      id: id, venue: venue, isRPI: isRPI)
  }

  private static func venue(
    _ json: inout JSONReader, _ unknown: inout [String]
  ) throws(JSONError) -> GRVTWire.Venue? {
    let text = try json.string()
    if text == "ORDERBOOK" { return .orderBook }
    if text == "RFQ" { return .requestForQuote }
    unknown.append("trade.venue \(text.text)")
    return nil
  }
}

extension JSONReader {
  /// Nil for null and the empty string.
  mutating func optionalInteger() throws(JSONError) -> Int64? {
    guard let value = try optionalDecimal() else { return nil }
    guard let whole = value.rescaled(to: 0), let integer = Int64(exactly: whole.mantissa) else {
      throw error(.outOfRange)
    }
    return integer
  }

  mutating func change() throws(JSONError) -> GRVTWire.Change {
    try optionalDecimal().map { .value($0) } ?? .gone
  }

  mutating func shortText() throws(JSONError) -> ShortText {
    guard let text = try string().shortText else { throw error(.outOfRange) }
    return text
  }
}
