import PerpCore
import PerpVenue

/// A row of "Get All Instruments", `/all_instruments`.
///
///     {"instrument":"BTC_USDT_Perp","instrument_hash":"0x030501","base":"BTC","quote":"USDT",
///      "kind":"PERPETUAL","venues":["ORDERBOOK","RFQ"],"settlement_period":"PERPETUAL",
///      "base_decimals":9,"quote_decimals":6,"tick_size":"0.1","min_size":"0.001",
///      "create_time":"1768040726362418304","max_position_size":"1000.0",
///      "funding_interval_hours":8,"adjusted_funding_rate_cap":"0.75",
///      "adjusted_funding_rate_floor":"-0.75","min_notional":"100.0"}
struct GRVTInstrument: Equatable, Sendable {
  var name: ShortText
  /// What orders call it when they are signed.
  var hash: String?
  var base: String
  var quote: String
  var kind: String
  var venues: [String] = []
  var settlementPeriod: String?
  /// The scale of sizes in signatures, not their step.
  var baseDecimals: Int64?
  var quoteDecimals: Int64?
  var tickSize: Decimal
  /// The least size, and the step of sizes as well.
  var minSize: Decimal
  var createTime: Int64?
  var maxPositionSize: Decimal?
  var fundingIntervalHours: Int64?
  /// Percent.
  var fundingRateCap: Decimal?
  var fundingRateFloor: Decimal?
  var minNotional: Decimal?
}

extension GRVTInstrument: GRVTRecord {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    self.init(
      name: ShortText(), base: "", quote: "", kind: "", tickSize: .zero, minSize: .zero)
    try json.enterObject()
    while let key = try json.nextKey() {
      if try takeName(key, &json) { continue }
      if try takeNumber(key, &json) { continue }
      unknown.append("instrument.\(key.text)")
      try json.skip()
    }
  }

  private mutating func takeName(
    _ key: borrowing JSONString, _ json: inout JSONReader
  ) throws(JSONError) -> Bool {
    if key == .instrument {
      name = try json.shortText()
    } else if key == .hash {
      hash = try json.string().text
    } else if key == .base {
      base = try json.string().text
    } else if key == .quote {
      quote = try json.string().text
    } else if key == .instrumentKind {
      kind = try json.string().text
    } else if key == .settlementPeriod {
      settlementPeriod = try json.null() ? nil : json.string().text
    } else if key == .venues, try json.peek() == .array {
      try json.enterArray()
      while try json.nextElement() { venues.append(try json.string().text) }
    } else {
      return false
    }
    return true
  }

  private mutating func takeNumber(
    _ key: borrowing JSONString, _ json: inout JSONReader
  ) throws(JSONError) -> Bool {
    if key == .tickSize {
      tickSize = try json.decimal()
    } else if key == .minSize {
      minSize = try json.decimal()
    } else if key == .minNotional {
      minNotional = try json.optionalDecimal()
    } else if key == .maxPositionSize {
      maxPositionSize = try json.optionalDecimal()
    } else if key == .fundingInterval {
      fundingIntervalHours = try json.optionalInteger()
    } else if key == .fundingRateCap {
      fundingRateCap = try json.optionalDecimal()
    } else if key == .fundingRateFloor {
      fundingRateFloor = try json.optionalDecimal()
    } else if key == .baseDecimals {
      baseDecimals = try json.integer()
    } else if key == .quoteDecimals {
      quoteDecimals = try json.integer()
    } else if key == .createTime {
      createTime = try json.optionalInteger()
    } else {
      return false
    }
    return true
  }

  func write(to writer: inout GRVTWriter) {
    writer.object { writer in
      writer.put(.instrument, name)
      if let hash { writer.put(.hash, text: hash) }
      writer.put(.base, text: base)
      writer.put(.quote, text: quote)
      writer.put(.instrumentKind, text: kind)
      writer.put(.venues, texts: venues)
      if let settlementPeriod { writer.put(.settlementPeriod, text: settlementPeriod) }
      if let baseDecimals { writer.put(.baseDecimals, integer: baseDecimals) }
      if let quoteDecimals { writer.put(.quoteDecimals, integer: quoteDecimals) }
      writer.put(.tickSize, tickSize)
      writer.put(.minSize, minSize)
      if let createTime { writer.put(.createTime, number: createTime) }
      writer.put(.maxPositionSize, maxPositionSize)
      if let fundingIntervalHours {
        writer.put(.fundingInterval, integer: fundingIntervalHours)
      }
      writer.put(.fundingRateCap, fundingRateCap)
      writer.put(.fundingRateFloor, fundingRateFloor)
      writer.put(.minNotional, minNotional)
    }
  }

  var isPerpetual: Bool { kind == "PERPETUAL" }

  /// Nil for a row that makes no market. `BTC_USDT_Perp` is `BTC-USDT-PERP`.
  func market(_ venue: VenueID) -> Market? {
    guard let symbol = Symbol("\(base)-\(quote)-PERP"), !name.isEmpty,
      !tickSize.isZero, !tickSize.isNegative, !minSize.isZero, !minSize.isNegative
    else { return nil }
    let hours = fundingIntervalHours.flatMap { (1...168).contains($0) ? Int($0) : nil }
    return Market(
      venue: venue, symbol: symbol, venueSymbol: name.string, base: base, quote: quote,
      tickSize: tickSize, lotSize: minSize, minSize: minSize, minNotional: minNotional,
      maxLeverage: nil, fundingIntervalSeconds: hours.map { $0 * 3_600 },
      status: venues.isEmpty || venues.contains("ORDERBOOK") ? .open : .quotesOnly)
  }
}
