import PerpCore

/// One message from the venue, decoded. ("WebSocket API", Public WebSocket.)
///
///     {"sid":"f0a1c2d3-0000-4000-8000-00000000000a","type":"connected"}
///     {"type":"ping","time":"1795132800000"}
///     {"type":"subscribed","channel":"depth.30000001.15",
///      "request":"{\"type\":\"subscribe\",\"channel\":\"depth.30000001.15\"}"}
///     {"type":"error","request":"{\"type\":\"subscribe\",\"channel\":\"depth.1.15\"}",
///      "content":{"code":"GATEWAY_INVALID_CONTRACT_ID","msg":"invalid contractId : 1"}}
///     {"type":"quote-event","channel":"depth.30000001.15",
///      "content":{"channel":"depth.30000001.15","dataType":"changed","data":[…]}}
enum EdgeXMessage: Equatable {
  /// The venue speaks first.
  case connected
  /// To be answered with a pong of the same time.
  case ping(time: ShortText)
  /// The answer to a ping of ours, with its time.
  case pong(time: ShortText?)
  case acknowledged(EdgeXChannel, isWanted: Bool)
  /// Older systems do not say of what.
  case refused(EdgeXChannel?, code: String, message: String)
  case depth([EdgeXWire.Depth])
  /// A snapshot repeats trades of the past.
  case trades([EdgeXWire.Trade], of: ShortText, isSnapshot: Bool)
  case tickers([EdgeXWire.Ticker])
  case bookTickers([EdgeXWire.BookTicker])
  case fundings([EdgeXWire.Funding])
  case candles([EdgeXWire.Candle])
  case metadata
  /// Of the private channel.
  case account
  /// A type, or a channel, that this version does not know.
  case other(String)
}

/// Decodes messages and gathers what it does not know; that is no error.
struct EdgeXDecoder {
  private enum Kind {
    case quoteEvent, ping, pong, connected, subscribed, unsubscribed, error, tradeEvent, other
  }

  /// Paths of unknown keys and values, such as `ticker.newField`; empty on most messages.
  var unknown: [String] = []
  private var kind: Kind?
  private var otherName = ""
  private var channel: EdgeXChannel?
  private var isSnapshot: Bool?
  private var rows: EdgeXMessage?
  /// Rows that stood before what says how to read them.
  private var waiting: [UInt8]?
  private var request: String?
  private var time: ShortText?
  private var failure = (code: "", message: "")

  init() {}

  mutating func decode(_ text: RawSpan) throws(JSONError) -> EdgeXMessage {
    var json = JSONReader(text)
    try json.enterObject()
    while let key = try json.nextKey() {
      // Older texts have members that are null.
      if try json.null() { continue }
      if key == "type" {
        readKind(try json.string())
      } else if key == "channel" {
        readChannel(try json.string())
      } else if key == "content" {
        try readContent(&json)
      } else if key == "time" {
        time = try json.id()
      } else if key == "request" {
        request = try json.string().text
      } else if key == "sid" {
        try json.skip()
      } else {
        unknown.append("envelope.\(key.text)")
        try json.skip()
      }
    }
    try json.finish()
    guard let kind else { throw json.error(.wrongType) }
    return try message(kind, json.error(.wrongType))
  }

  private mutating func message(
    _ kind: Kind, _ incomplete: JSONError
  ) throws(JSONError) -> EdgeXMessage {
    switch kind {
    case .quoteEvent:
      if let rows { return rows }
      guard let channel else {
        guard !otherName.isEmpty else { throw incomplete }
        return .other(otherName)
      }
      guard let waiting else { throw incomplete }
      var json = JSONReader(waiting.span.bytes)
      return try readRows(of: channel, &json)
    case .ping:
      guard let time else { throw incomplete }
      return .ping(time: time)
    case .pong: return .pong(time: time)
    case .connected: return .connected
    case .subscribed, .unsubscribed:
      guard let channel else { return .other(otherName) }
      return .acknowledged(channel, isWanted: kind == .subscribed)
    case .error: return .refused(requested, code: failure.code, message: failure.message)
    case .tradeEvent: return .account
    case .other: return .other(otherName)
    }
  }

  /// The channel of the request that an error is about.
  private var requested: EdgeXChannel? {
    guard let bytes = request.map({ Array($0.utf8) }),
      let name = (try? EdgeXRequest(bytes.span.bytes))?.channel
    else { return nil }
    return EdgeXChannel(text: name)
  }

  private mutating func readKind(_ name: borrowing JSONString) {
    if name == "quote-event" {
      kind = .quoteEvent
    } else if name == "ping" {
      kind = .ping
    } else if name == "pong" {
      kind = .pong
    } else if name == "connected" {
      kind = .connected
    } else if name == "subscribed" {
      kind = .subscribed
    } else if name == "unsubscribed" {
      kind = .unsubscribed
    } else if name == "error" {
      kind = .error
    } else if name == "trade-event" {
      kind = .tradeEvent
    } else {
      kind = .other
      otherName = name.text
    }
  }

  private mutating func readChannel(_ name: borrowing JSONString) {
    channel = EdgeXChannel(name)
    if channel == nil { otherName = name.text }
  }

  /// Of a quote event, or of an error.
  private mutating func readContent(_ json: inout JSONReader) throws(JSONError) {
    if kind == .tradeEvent { return try json.skip() }
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "data" {
        if let channel, isSnapshot != nil {
          rows = try readRows(of: channel, &json)
        } else {
          waiting = try json.raw().withUnsafeBytes { [UInt8]($0) }
        }
      } else if key == "channel" {
        readChannel(try json.string())
      } else if key == "dataType" {
        let type = try json.string()
        isSnapshot = EdgeXWire.isSnapshot(type)
        if isSnapshot == nil { unknown.append("content.dataType=\(type.text)") }
      } else if key == "code" {
        failure.code = try json.string().text
      } else if key == "msg" {
        failure.message = try json.string().text
      } else {
        unknown.append("content.\(key.text)")
        try json.skip()
      }
    }
  }

  private mutating func readRows(
    of channel: EdgeXChannel, _ json: inout JSONReader
  ) throws(JSONError) -> EdgeXMessage {
    switch channel {
    case .depth(_, let levels):
      var rows: [EdgeXWire.Depth] = []
      try json.enterArray()
      while try json.nextElement() {
        var row = try EdgeXWire.Depth(&json, isSnapshot: isSnapshot, &unknown)
        row.level = Int64(levels)
        rows.append(row)
      }
      return .depth(rows)
    case .trades(let contract):
      var rows: [EdgeXWire.Trade] = []
      try json.enterArray()
      while try json.nextElement() { rows.append(try EdgeXWire.Trade(&json, &unknown)) }
      return .trades(rows, of: contract, isSnapshot: isSnapshot ?? false)
    case .ticker:
      var rows: [EdgeXWire.Ticker] = []
      try json.enterArray()
      while try json.nextElement() { rows.append(try EdgeXWire.Ticker(&json, &unknown)) }
      return .tickers(rows)
    case .bookTicker:
      var rows: [EdgeXWire.BookTicker] = []
      try json.enterArray()
      while try json.nextElement() { rows.append(try EdgeXWire.BookTicker(&json, &unknown)) }
      return .bookTickers(rows)
    case .fundingRate:
      var rows: [EdgeXWire.Funding] = []
      try json.enterArray()
      while try json.nextElement() { rows.append(try EdgeXWire.Funding(&json, &unknown)) }
      return .fundings(rows)
    case .kline:
      var rows: [EdgeXWire.Candle] = []
      try json.enterArray()
      while try json.nextElement() { rows.append(try EdgeXWire.Candle(&json, &unknown)) }
      return .candles(rows)
    case .metadata:
      try json.skip()
      return .metadata
    }
  }
}
