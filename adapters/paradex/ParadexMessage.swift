import PerpCore

/// One text message from the venue, decoded. ("WebSocket API", JSON-RPC 2.0.)
///
///     {"jsonrpc":"2.0","id":1,"result":{"channel":"bbo.BTC-USD-PERP"},
///      "usIn":1795132800123456,"usDiff":80,"usOut":1795132800123536}
///     {"jsonrpc":"2.0","id":2,"error":{"code":-32600,"message":"invalid subscribe request",
///      "data":"invalid channel"},"usIn":1795132800123456,"usDiff":76,"usOut":1795132800123532}
///     {"jsonrpc":"2.0","method":"subscription",
///      "params":{"channel":"bbo.BTC-USD-PERP","data":{…}}}
enum ParadexMessage: Equatable {
  /// Our request was granted. `serverTime` is when it left, in microseconds.
  case acknowledged(id: Int64?, serverTime: Int64?)
  case refused(id: Int64?, code: Int64, message: String)
  case bbo(ParadexWire.BBO)
  case trade(ParadexWire.Trade)
  // Indirect is what is large and not the most frequent: every message is copied some times.
  indirect case book(ParadexWire.Book)
  indirect case summary(ParadexWire.Summary)
  indirect case funding(ParadexWire.Funding)
  /// A notification of a channel this version has no use for.
  case other(channel: String)
}

/// Decodes text messages and gathers the keys it does not know; those are not errors.
struct ParadexTextDecoder {
  /// Paths of unknown keys and values, such as `bbo.last_price`; empty on most messages.
  var unknown: [String] = []

  mutating func decode(_ text: RawSpan) throws(JSONError) -> ParadexMessage {
    var json = JSONReader(text)
    var id: Int64?
    var serverTime: Int64?
    var isResponse = false
    var failure: (code: Int64, message: String)?
    var notification: ParadexMessage?
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "params" {
        notification = try decodeParameters(&json)
      } else if key == "jsonrpc" || key == "method" || key == "usIn" || key == "usDiff" {
        try json.skip()
      } else if key == "id" {
        id = try Self.identifier(&json)
      } else if key == "result" {
        isResponse = true
        try json.skip()
      } else if key == "error" {
        failure = try decodeError(&json)
      } else if key == "usOut" {
        serverTime = try json.integer()
      } else {
        unknown.append("envelope.\(key.text)")
        try json.skip()
      }
    }
    try json.finish()
    if let notification { return notification }
    if let failure { return .refused(id: id, code: failure.code, message: failure.message) }
    guard isResponse else { throw json.error(.wrongType) }
    return .acknowledged(id: id, serverTime: serverTime)
  }

  /// Ours are numbers; an answer to something else may carry text.
  private static func identifier(_ json: inout JSONReader) throws(JSONError) -> Int64? {
    guard try json.peek() == .number else {
      try json.skip()
      return nil
    }
    return try json.integer()
  }

  private mutating func decodeError(
    _ json: inout JSONReader
  ) throws(JSONError) -> (code: Int64, message: String) {
    var code: Int64 = 0
    var message = ""
    var detail = ""
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "code" {
        code = try json.integer()
      } else if key == "message" {
        message = try json.string().text
      } else if key == "data", try json.peek() == .string {
        detail = try json.string().text
      } else {
        try json.skip()
      }
    }
    return (code, detail.isEmpty ? message : "\(message): \(detail)")
  }

  private mutating func decodeParameters(
    _ json: inout JSONReader
  ) throws(JSONError) -> ParadexMessage {
    var kind: Kind?
    var name = ""
    var message: ParadexMessage?
    // The channel stands first in all that was seen; should it follow, the data wait for it.
    var waiting: [UInt8]?
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "channel" {
        let channel = try json.string()
        kind = Kind(channel)
        if kind == .other { name = channel.text }
      } else if key == "data" {
        if let kind {
          message = try decodeData(of: kind, &json)
        } else {
          waiting = try json.raw().withUnsafeBytes { [UInt8]($0) }
        }
      } else {
        unknown.append("params.\(key.text)")
        try json.skip()
      }
    }
    if let waiting, let kind {
      var rest = JSONReader(waiting.span.bytes)
      message = try decodeData(of: kind, &rest)
    }
    return message ?? .other(channel: name)
  }

  private enum Kind {
    case bbo, trades, book, summary, funding, other

    init(_ channel: borrowing JSONString) {
      if channel.bytes.starts(with: "bbo.") {
        self = .bbo
      } else if channel.bytes.starts(with: "trades.") {
        self = .trades
      } else if channel.bytes.starts(with: "order_book.") {
        self = .book
      } else if channel.bytes.starts(with: "markets_summary") {
        self = .summary
      } else if channel.bytes.starts(with: "funding_data") {
        self = .funding
      } else {
        self = .other
      }
    }
  }

  private mutating func decodeData(
    of kind: Kind, _ json: inout JSONReader
  ) throws(JSONError) -> ParadexMessage? {
    switch kind {
    case .bbo: return .bbo(try ParadexWire.BBO(&json, &unknown))
    case .trades: return .trade(try ParadexWire.Trade(&json, &unknown))
    case .book: return .book(try ParadexWire.Book(&json, &unknown))
    case .summary: return .summary(try ParadexWire.Summary(&json, &unknown))
    case .funding: return .funding(try ParadexWire.Funding(&json, &unknown))
    case .other:
      try json.skip()
      return nil
    }
  }
}

extension RawSpan {
  fileprivate func starts(with literal: StaticString) -> Bool {
    byteCount >= literal.utf8CodeUnitCount
      && extracting(0..<literal.utf8CodeUnitCount).equals(literal)
  }
}
