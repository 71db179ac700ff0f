import PerpCore

// Books, trades and quotes as the venue writes them: what matters for speed.

extension EdgeXWire.Depth {
  /// `isSnapshot` is what the message around says, for rows that do not say it themselves.
  init(
    _ json: inout JSONReader, isSnapshot outer: Bool?, _ unknown: inout [String]
  ) throws(JSONError) {
    var contract: ShortText?
    var contractName = ""
    var start: Int64?
    var end: Int64?
    var level: Int64 = 0
    var isSnapshot = outer
    var bids: [Level] = []
    var asks: [Level] = []
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "asks" {
        asks = try EdgeXWire.levels(&json, &unknown)
      } else if key == "bids" {
        bids = try EdgeXWire.levels(&json, &unknown)
      } else if key == "startVersion" {
        start = try json.integer()
      } else if key == "endVersion" {
        end = try json.integer()
      } else if key == "contractId" {
        contract = try json.id()
      } else if key == "depthType" {
        let kind = try json.string()
        isSnapshot = EdgeXWire.isSnapshot(kind) ?? outer
        if EdgeXWire.isSnapshot(kind) == nil { unknown.append("depth.depthType=\(kind.text)") }
      } else if key == "level" {
        level = try json.integer()
      } else if key == "contractName" {
        contractName = try json.string().text
      } else {
        unknown.append("depth.\(key.text)")
        try json.skip()
      }
    }
    guard let contract, let start, let end, let isSnapshot, start <= end else {
      throw json.error(.wrongType)
    }
    // Both sides are documented best first; a change may name its levels in any order.
    bids.sort(ifNeeded: >)
    asks.sort(ifNeeded: <)
    self.init(
      contract: contract, contractName: contractName, startVersion: start, endVersion: end,
      level: level, isSnapshot: isSnapshot, bids: bids, asks: asks)
  }
}

extension [Level] {
  fileprivate mutating func sort(ifNeeded isBefore: (Decimal, Decimal) -> Bool) {
    for index in indices.dropFirst() where isBefore(self[index].price, self[index - 1].price) {
      return sort { isBefore($0.price, $1.price) }
    }
  }
}

extension EdgeXWire {
  /// `SNAPSHOT`, `Snapshot`, `CHANGED`, `Changed`, `changed`: the case differs from place to place.
  /// Nil for any other word.
  static func isSnapshot(_ kind: borrowing JSONString) -> Bool? {
    if kind == "CHANGED" || kind == "changed" { return false }
    if kind == "SNAPSHOT" || kind == "Snapshot" { return true }
    switch kind.text.lowercased() {
    case "changed": return false
    case "snapshot": return true
    default: return nil
    }
  }

  /// `[{"price":"91000.1","size":"0.25"}, …]`, or pairs, which drafts of the documents show.
  fileprivate static func levels(
    _ json: inout JSONReader, _ unknown: inout [String]
  ) throws(JSONError) -> [Level] {
    var levels: [Level] = []
    try json.enterArray()
    while try json.nextElement() {
      levels.append(
        try json.peek() == .array ? try pair(&json) : try level(&json, &unknown))
    }
    return levels
  }

  private static func level(
    _ json: inout JSONReader, _ unknown: inout [String]
  ) throws(JSONError) -> Level {
    var price: Decimal?
    var size: Decimal?
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "price" {
        price = try json.decimal()
      } else if key == "size" {
        size = try json.decimal()
      } else {
        unknown.append("depth.level.\(key.text)")
        try json.skip()
      }
    }
    guard let price, let size else { throw json.error(.wrongType) }
    return Level(price: price, size: size)
  }

  private static func pair(_ json: inout JSONReader) throws(JSONError) -> Level {
    try json.enterArray()
    guard try json.nextElement() else { throw json.error(.wrongType) }
    let price = try json.decimal()
    guard try json.nextElement() else { throw json.error(.wrongType) }
    let size = try json.decimal()
    guard try !json.nextElement() else { throw json.error(.wrongType) }
    return Level(price: price, size: size)
  }
}

extension EdgeXWire.Trade {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    var contract: ShortText?
    var contractName = ""
    var id: ShortText?
    var time: Int64?
    var price: Decimal?
    var size: Decimal?
    var value: Decimal?
    var isBestMatch: Bool?
    var isBuyerMaker: Bool?
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "ticketId" {
        id = try json.id()
      } else if key == "time" {
        time = try json.milliseconds()
      } else if key == "price" {
        price = try json.decimal()
      } else if key == "size" {
        size = try json.decimal()
      } else if key == "value" {
        value = try json.optionalDecimal()
      } else if key == "contractId" {
        contract = try json.id()
      } else if key == "contractName" {
        contractName = try json.string().text
      } else if key == "isBestMatch" {
        isBestMatch = try json.optionalBool()
      } else if key == "isBuyerMaker" {
        isBuyerMaker = try json.optionalBool()
      } else if Self.isOfNoUse(key) {
        try json.skip()
      } else {
        unknown.append("trades.\(key.text)")
        try json.skip()
      }
    }
    guard let contract, let time, let price, let size else { throw json.error(.wrongType) }
    self.init(
      contract: contract, contractName: contractName, id: id, time: time, price: price,
      size: size, value: value, isBestMatch: isBestMatch, isBuyerMaker: isBuyerMaker)
  }

  /// Whose trade it was.
  private static func isOfNoUse(_ key: borrowing JSONString) -> Bool {
    key == "takerOrderId" || key == "makerOrderId" || key == "takerAccountId"
      || key == "makerAccountId"
  }
}

extension EdgeXWire.BookTicker {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    var ticker = EdgeXWire.BookTicker(contract: ShortText())
    var prices: (bid: Decimal?, bidSize: Decimal?, ask: Decimal?, askSize: Decimal?)
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "bestBidPrice" {
        prices.bid = try json.optionalDecimal()
      } else if key == "bestBidSize" {
        prices.bidSize = try json.optionalDecimal()
      } else if key == "bestAskPrice" {
        prices.ask = try json.optionalDecimal()
      } else if key == "bestAskSize" {
        prices.askSize = try json.optionalDecimal()
      } else if key == "contractId" {
        ticker.contract = try json.id()
      } else if key == "contractName" {
        ticker.contractName = try json.string().text
      } else if key == "time" {
        ticker.time = try json.optionalMilliseconds()
      } else {
        unknown.append("bookTicker.\(key.text)")
        try json.skip()
      }
    }
    guard !ticker.contract.isEmpty else { throw json.error(.wrongType) }
    ticker.bid = EdgeXWire.level(prices.bid, prices.bidSize)
    ticker.ask = EdgeXWire.level(prices.ask, prices.askSize)
    self = ticker
  }
}

extension EdgeXWire {
  /// Nil for an empty side, whose price is 0.
  private static func level(_ price: Decimal?, _ size: Decimal?) -> Level? {
    guard let price, let size, !price.isZero, !size.isZero else { return nil }
    return Level(price: price, size: size)
  }
}

// MARK: - Values that are strings in some places and numbers in others

extension JSONReader {
  /// An id: digits, or what else is opaque.
  mutating func id() throws(JSONError) -> ShortText {
    let text =
      switch try peek() {
      case .number: ShortText(try number())
      default: try string().shortText
      }
    guard let text else { throw error(.outOfRange) }
    return text
  }

  /// Nil for null and for the empty string.
  mutating func optionalInteger() throws(JSONError) -> Int64? {
    guard let value = try optionalDecimal() else { return nil }
    guard let whole = value.rescaled(to: 0), let result = Int64(exactly: whole.mantissa) else {
      throw error(.outOfRange)
    }
    return result
  }

  /// A time in milliseconds, read as microseconds; 0 stands for none.
  mutating func optionalMilliseconds() throws(JSONError) -> Int64? {
    guard let value = try optionalInteger(), value != 0 else { return nil }
    let (microseconds, overflow) = value.multipliedReportingOverflow(by: 1_000)
    guard !overflow else { throw error(.outOfRange) }
    return microseconds
  }

  /// A price; 0 stands for none.
  mutating func optionalPrice() throws(JSONError) -> Decimal? {
    guard let price = try optionalDecimal(), !price.isZero else { return nil }
    return price
  }

  mutating func optionalBool() throws(JSONError) -> Bool? {
    try null() ? nil : try bool()
  }
}
