import PerpCore

/// One text message from the venue, decoded. ("WebSocket reference")
///
///     {"session_id":"0f8d3b52-6c1e-4f0a-9d27-5be1c0a4e913","type":"connected"}
///     {"type": "unsubscribed", "channel": "order_book:0"}
///     {"error":{"code":30003,"message":"Already Subscribed to : order_book:0"}}
enum LighterMessage: Equatable {
  case ticker(LighterWire.Ticker)
  indirect case book(LighterWire.Book)
  case trades(LighterWire.Trades)
  case stats([LighterWire.Stats], isFirst: Bool)
  case unsubscribed(LighterChannel)
  case connected, ping, pong
  /// The connection ends soon.
  case shutdown
  case refused(code: Int64, message: String)
  /// Of a kind that this version has no use for: its type, or its channel.
  case other(String)
}

/// A family of channels and the market it is of: asked for as `order_book/0`, told as
/// `order_book:0`.
struct LighterChannel: Equatable {
  enum Family: String {
    case ticker, trade
    case book = "order_book"
    case stats = "market_stats"
  }

  let family: Family
  let market: ShortText

  init(_ family: Family, _ market: ShortText) {
    self.family = family
    self.market = market
  }

  /// Nil for channels of other families.
  init?(_ text: RawSpan) {
    guard let mark = text.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let name = ShortText(text.extracting(0..<mark))?.string
    guard let family = name.flatMap(Family.init),
      let market = ShortText(text.extracting(mark + 1..<text.byteCount))
    else { return nil }
    self.init(family, market)
  }
}

extension RawSpan {
  fileprivate func firstIndex(of byte: UInt8) -> Int? {
    for index in 0..<byteCount
    where unsafeLoad(fromByteOffset: index, as: UInt8.self) == byte { return index }
    return nil
  }
}

/// Decodes text messages and gathers the keys it does not know; those are not errors.
struct LighterDecoder {
  /// Paths of unknown keys and values; empty on most messages.
  var unknown: [String] = []

  private enum Kind {
    case first, update, unsubscribed, connected, ping, pong, error, shutdown
    case other(String)

    var isError: Bool {
      if case .error = self { true } else { false }
    }
  }

  /// The type, which says what to make of the rest, comes last in most messages.
  mutating func decode(_ text: RawSpan) throws(JSONError) -> LighterMessage {
    var json = JSONReader(text)
    var kind: Kind?
    var channel: LighterChannel?
    var name = ""
    var body = Body()
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "channel" {
        let text = try json.string()
        channel = LighterChannel(text.bytes)
        if channel == nil { name = text.text }
      } else if key == "type" {
        kind = Self.kind(try json.string())
      } else if key == "timestamp" {
        body.sentAt = try json.milliseconds()
      } else if key == "nonce" {
        body.nonce = try json.integer()
      } else if key == "last_updated_at" {
        body.changedAt = try json.integer()
      } else if key == "ticker" {
        try body.readTicker(&json, &unknown)
      } else if key == "order_book" {
        try body.readBook(&json, &unknown)
      } else if key == "trades" || key == "liquidation_trades" {
        try body.readTrades(&json, &unknown)
      } else if key == "market_stats" {
        try body.readStats(&json, &unknown)
      } else if key == "error" {
        try body.readError(&json)
      } else if key == "code" {
        body.code = try json.integer()
      } else if key == "message" {
        body.message = try json.string().text
      } else if key == "offset" || key == "session_id" || key == "close_in_ms" || key == "id" {
        try json.skip()
      } else {
        if channel != nil { unknown.append("envelope.\(key.text)") }
        try json.skip()
      }
    }
    try json.finish()
    if let code = body.code, kind == nil || kind?.isError == true {
      return .refused(code: code, message: body.message)
    }
    guard let kind else { throw json.error(.wrongType) }
    return try message(kind, channel, name, body, json.error(.wrongType))
  }

  private func message(
    _ kind: Kind, _ channel: LighterChannel?, _ name: String, _ body: Body, _ malformed: JSONError
  ) throws(JSONError) -> LighterMessage {
    let isFirst: Bool
    switch kind {
    case .connected: return .connected
    case .ping: return .ping
    case .pong: return .pong
    case .shutdown: return .shutdown
    case .error: throw malformed
    case .other(let type): return .other(type)
    case .unsubscribed: return channel.map { .unsubscribed($0) } ?? .other(name)
    case .first: isFirst = true
    case .update: isFirst = false
    }
    guard let channel else { return .other(name) }
    let message =
      switch channel.family {
      case .ticker: body.ticker(channel.market, isFirst)
      case .book: body.book(channel.market, isFirst)
      case .trade: body.trades(channel.market, isFirst)
      case .stats: body.stats(channel.market, isFirst)
      }
    guard let message else { throw malformed }
    return message
  }

  private static func kind(_ type: borrowing JSONString) -> Kind {
    if type == "update/ticker" || type == "update/order_book" || type == "update/trade"
      || type == "update/market_stats"
    {
      return .update
    }
    let text = type.text
    switch text {
    case "connected": return .connected
    case "ping": return .ping
    case "pong": return .pong
    case "error": return .error
    case "shutdown": return .shutdown
    case "unsubscribed": return .unsubscribed
    default:
      if text.hasPrefix("subscribed/") { return .first }
      return text.hasPrefix("update/") ? .update : .other(text)
    }
  }
}
