import PerpCore

/// What a client asks on the WebSocket.
///
///     {"jsonrpc":"2.0","method":"subscribe",
///      "params":{"stream":"v1.mini.d","selectors":["BTC_USDT_Perp@0"]},"id":1}
struct GRVTRequest: Equatable, Sendable {
  var id: Int64?
  var method: String
  var stream: String
  var selectors: [String]
  /// Numbers of the whole venue instead of those of one gateway.
  var usesGlobalSequence = false
}

extension GRVTRequest {
  init(_ text: RawSpan) throws(JSONError) {
    self.init(id: nil, method: "", stream: "", selectors: [])
    var json = JSONReader(text)
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == .method {
        method = try json.string().text
      } else if key == .id, try json.peek() == .number {
        id = try json.integer()
      } else if key == .parameters, try json.peek() == .object {
        try takeParameters(&json)
      } else {
        try json.skip()
      }
    }
    try json.finish()
  }

  private mutating func takeParameters(_ json: inout JSONReader) throws(JSONError) {
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == .stream, try json.peek() == .string {
        stream = try json.string().text
      } else if key == .selectors, try json.peek() == .array {
        try json.enterArray()
        while try json.nextElement() { selectors.append(try json.string().text) }
      } else if key == .useGlobalSequence {
        usesGlobalSequence = try json.bool()
      } else {
        try json.skip()
      }
    }
  }

  func text(_ encoding: GRVTEncoding) -> [UInt8] {
    var writer = GRVTWriter(encoding, capacity: 192)
    writer.object { writer in
      writer.put(.version, text: "2.0")
      writer.put(.method, text: method)
      writer.object(.parameters) { writer in
        writer.put(.stream, text: stream)
        writer.put(.selectors, texts: selectors)
        if usesGlobalSequence { writer.put(.useGlobalSequence, true) }
      }
      if let id { writer.put(.id, integer: id) }
    }
    return writer.text.array
  }
}
